# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API that refuses to change the tasks of a person who is assigned: removed, assigned anew, and what if that fails.

What matters is that nobody silently ends up with less than they had.
"""

from __future__ import annotations

import typing as t

import pytest
from cases import GRAPH_ERROR_FIELDS, MARIA, Case, Cases, Json, Played, Task, task
from sandbox import Fault
from sandbox.seed import OWN_USER


def _retask(user_id: str = MARIA, name: str = "re-task", **options: object) -> Task:
    wanted = {"user_id": user_id, "tasks": ["DEVELOP"], "retries": 0, "max_retry_wait": 0, **options}
    return task(name, "waba_assigned_user", wanted)


def _denied(nth: int, times: int, method: str = "POST") -> Fault:
    return Fault("status", on=method, nth=nth, times=times, status=403, code=200, message="Permission denied")


REJECT: Json = {"on_assigned": "reject"}
# The first POST is the one that the API refuses, the second assigns anew, the third puts the former tasks back.
CASES = [
    Case("second assignment refused", [_retask()], [_denied(2, 1)], REJECT),
    Case("putting back refused, too", [_retask(), _retask(name="again")], [_denied(2, 2)], REJECT),
    Case("second assignment cut off, applied", [_retask(retries=1)], [Fault("reset_after", on="POST", nth=2)], REJECT),
    Case("removal refused", [_retask()], behaviours={**REJECT, "protected": [MARIA]}),
    Case(
        "removal cut off, applied",
        [_retask(retries=1)],
        [Fault("close_after", on="DELETE")],
        REJECT,
    ),
    Case(
        "own user",
        [_retask(OWN_USER, tasks=["FULL_CONTROL"])],
        behaviours=REJECT,
        assigned={OWN_USER: ["MANAGE", "DEVELOP"]},
    ),
    Case("own user with allow_lockout", [_retask(OWN_USER, allow_lockout=True)], behaviours=REJECT),
    Case("own user not known", [_retask()], behaviours=REJECT, token="no-me"),
    Case("own user not known with allow_lockout", [_retask(allow_lockout=True)], behaviours=REJECT, token="no-me"),
    Case("hidden tasks", [_retask(unreadable_tasks="apply")], behaviours={**REJECT, "tasks": "never"}),
]


@pytest.fixture(scope="module")
def cases() -> t.Iterator[Cases]:
    with Cases(CASES) as all_cases:
        yield all_cases


def _assert_nothing_changed(case: Played) -> None:
    assert case.result.status == "failed"
    assert case.result.result["changed"] is False
    assert case.sandbox.assigned() == case.before
    assert case.result.result["diff"]["before"] == case.result.result["diff"]["after"]
    assert set(case.result.result["graph_error"]) == GRAPH_ERROR_FIELDS


def test_former_tasks_are_put_back_when_the_second_assignment_is_refused(cases: Cases) -> None:
    """The server is as it was, and the message says what happened and how it stands."""
    case = cases["second assignment refused"]
    _assert_nothing_changed(case)
    assert case.methods == ["GET", "POST", "GET", "DELETE", "POST", "POST", "GET"]
    assert "(MESSAGING, VIEW_TEMPLATES) were assigned again" in case.result.message
    assert "permission" in case.result.message.lower()
    assert f"{MARIA} Maria Garcia now holds MESSAGING, VIEW_TEMPLATES." in case.result.message
    assert case.result.result["graph_error"]["code"] == 200
    assert case.result.result["assigned_user"]["tasks"] == ["MESSAGING", "VIEW_TEMPLATES"]


def test_a_person_left_without_access_is_reported_and_mended_by_another_run(cases: Cases) -> None:
    """Nothing could be put back: it is said so, and `changed` tells the truth; the next run assigns them."""
    case = cases["putting back refused, too"]
    failed, again = case.results
    assert failed.status == "failed"
    assert "has no access now" in failed.message
    assert "Assigning the former tasks (MESSAGING, VIEW_TEMPLATES) again failed as well" in failed.message
    assert "Run this again" in failed.message
    assert failed.result["changed"] is True
    assert failed.result["assigned_user"] == {}
    assert failed.result["diff"]["after"] == ""
    assert set(failed.result["graph_error"]) == GRAPH_ERROR_FIELDS
    assert (again.status, again.result["changed"]) == ("ok", True)
    assert case.sandbox.assigned() == {**case.before, MARIA: {"DEVELOP"}}


@pytest.mark.parametrize("name", ["second assignment cut off, applied", "removal cut off, applied"])
def test_a_write_that_worked_without_an_answer_counts(cases: Cases, name: str) -> None:
    """The further try is told that there is nothing left to do, which is no failure."""
    case = cases[name]
    assert case.result.status == "ok", case.result.message
    assert case.result.result["changed"] is True
    assert case.sandbox.assigned() == {**case.before, MARIA: {"DEVELOP"}}


def test_nobody_is_assigned_anew_who_cannot_be_removed(cases: Cases) -> None:
    """The API refuses the removal as well: nothing has happened."""
    case = cases["removal refused"]
    _assert_nothing_changed(case)
    assert case.methods == ["GET", "POST", "GET", "DELETE"]
    assert "business asset group" in case.result.message


@pytest.mark.parametrize("name", ["own user", "own user with allow_lockout"])
def test_the_tokens_own_user_is_never_removed_for_a_re_task(cases: Cases, name: str) -> None:
    """They could not assign themselves again, whatever allow_lockout says."""
    case = cases[name]
    _assert_nothing_changed(case)
    assert [request.method for request in case.writes] == ["POST"]
    assert "access token's own user" in case.result.message


def test_a_person_who_may_be_the_tokens_own_user_is_not_removed_either(cases: Cases) -> None:
    """Whose the token is, the API does not tell; allow_lockout says that it does not matter."""
    case = cases["own user not known"]
    _assert_nothing_changed(case)
    assert [request.method for request in case.writes] == ["POST"]
    assert "allow_lockout" in case.result.message
    allowed = cases["own user not known with allow_lockout"]
    assert (allowed.result.status, allowed.result.result["changed"]) == ("ok", True)
    assert allowed.sandbox.assigned() == {**allowed.before, MARIA: {"DEVELOP"}}


def test_a_person_whose_tasks_cannot_be_put_back_is_not_removed(cases: Cases) -> None:
    """The API hides the tasks: there would be nothing to put back."""
    case = cases["hidden tasks"]
    assert case.result.status == "failed"
    assert case.result.result["changed"] is False
    assert [request.method for request in case.writes] == ["POST"]
    assert "could not be assigned again" in case.result.message
    assert case.sandbox.assigned() == case.before

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps people from locking themselves, or everybody, out of an account."""

from __future__ import annotations

import typing as t

import pytest
from cases import AHMED, JOHN, MARIA, Case, Cases, Json, Task, task
from sandbox.seed import OWN_USER


def _both(name: str, options: Json) -> list[Task]:
    """The same in check mode and for real."""
    return [
        task(f"{name} in check mode", "waba_assigned_user", options, check_mode=True),
        task(name, "waba_assigned_user", options),
    ]


REMOVE_SELF: Json = {"user_id": OWN_USER, "state": "absent"}
DEMOTE_SELF: Json = {"user_id": OWN_USER, "tasks": ["DEVELOP"]}
REMOVE_JOHN: Json = {"user_id": JOHN, "state": "absent"}
DEMOTE_JOHN: Json = {"user_id": JOHN, "tasks": ["MANAGE_USERS", "DEVELOP"]}
NOT_OWN: Json = {OWN_USER: None}  # the token's user manages the account from outside of the list
REFUSED = [
    Case("own user removed", _both("remove", REMOVE_SELF)),
    Case("own user demoted", _both("demote", DEMOTE_SELF)),
    Case(
        "own user loses MANAGE_USERS",
        _both("demote", {"user_id": OWN_USER, "tasks": ["MANAGE"]}),
        assigned={OWN_USER: ["MANAGE", "MANAGE_USERS"]},
    ),
    Case("last manager removed", _both("remove", REMOVE_JOHN), assigned=NOT_OWN),
    Case("last manager demoted", _both("demote", DEMOTE_JOHN), assigned=NOT_OWN),
    Case("last manager removed, own user hidden", _both("remove", REMOVE_JOHN), assigned=NOT_OWN, token="no-me"),
    Case(
        "last manager removed, many pages", _both("remove", REMOVE_JOHN), behaviours={"page_size": 1}, assigned=NOT_OWN
    ),
]
WORDS = {
    "own user removed": ["access token's own user", OWN_USER, "Automation Bot"],
    "own user demoted": ["access token's own user", "FULL_CONTROL"],
    "own user loses MANAGE_USERS": ["access token's own user", "lose MANAGE_USERS"],
    "last manager removed": ["Nobody with MANAGE or FULL_CONTROL would be left", JOHN, "John Smith"],
    "last manager demoted": ["Nobody with MANAGE or FULL_CONTROL would be left", JOHN],
    "last manager removed, own user hidden": ["Nobody with MANAGE or FULL_CONTROL would be left"],
    "last manager removed, many pages": ["Nobody with MANAGE or FULL_CONTROL would be left"],
}
ALLOWED = [
    Case("allowed: own user removed", [task("do", "waba_assigned_user", {**REMOVE_SELF, "allow_lockout": True})]),
    Case("allowed: own user demoted", [task("do", "waba_assigned_user", {**DEMOTE_SELF, "allow_lockout": True})]),
    Case(
        "allowed: last manager removed",
        [task("do", "waba_assigned_user", {**REMOVE_JOHN, "allow_lockout": True})],
        assigned=NOT_OWN,
    ),
]
OTHERS = [
    Case("own user hidden", _both("remove", {"user_id": MARIA, "state": "absent"}), token="no-me"),
    Case(
        "a manager on a later page",
        [task("remove", "waba_assigned_user", REMOVE_JOHN)],
        behaviours={"page_size": 1},
        # One a page: John, then Maria, the reporter, and Ahmed, who manages the account as well.
        assigned={OWN_USER: None, AHMED: ["MANAGE"]},
    ),
    Case(
        "a manager gains tasks",
        [task("add", "waba_assigned_user", {"user_id": JOHN, "tasks": ["DEVELOP"], "purge_tasks": False})],
        assigned=NOT_OWN,
    ),
    Case(
        "own user is given everything",
        [task("add", "waba_assigned_user", {"user_id": OWN_USER, "tasks": ["FULL_CONTROL"]})],
        assigned={OWN_USER: ["MANAGE"]},
    ),
]


@pytest.fixture(scope="module")
def cases() -> t.Iterator[Cases]:
    with Cases([*REFUSED, *ALLOWED, *OTHERS]) as all_cases:
        yield all_cases


@pytest.mark.parametrize("name", [case.name for case in REFUSED])
def test_a_lockout_is_refused_before_any_write(cases: Cases, name: str) -> None:
    """In check mode as well, in the same words."""
    case = cases[name]
    in_check, in_run = case.results
    assert in_check.message == in_run.message
    for result in case.results:
        assert result.status == "failed"
        assert result.result["changed"] is False
        assert result.result["graph_error"] is None
        assert "Nothing was changed" in result.message
        assert "allow_lockout" in result.message
        for words in WORDS[name]:
            assert words in result.message
    assert case.writes == []
    assert case.sandbox.assigned() == case.before


@pytest.mark.parametrize(
    ("name", "user_id", "held"),
    [
        ("allowed: own user removed", OWN_USER, None),
        ("allowed: own user demoted", OWN_USER, {"DEVELOP"}),
        ("allowed: last manager removed", JOHN, None),
    ],
)
def test_allow_lockout_overrides_the_guard(cases: Cases, name: str, user_id: str, held: set[str] | None) -> None:
    """It is done, and nobody asks whose the token is."""
    case = cases[name]
    assert (case.result.status, case.result.result["changed"]) == ("ok", True)
    assert case.sandbox.tasks_of(user_id) == held
    assert len(case.log) == 3
    assert not [request for request in case.log if request.path.endswith("/me")]


def test_a_token_that_cannot_be_asked_for_its_user_is_warned_of(cases: Cases) -> None:
    """The rest is checked and done."""
    case = cases["own user hidden"]
    for result in case.results:
        assert (result.status, result.result["changed"]) == ("ok", True)
        assert "Could not find out which user the access token belongs to" in result.warnings
        assert "own user keeps their access" in result.warnings
    assert case.sandbox.tasks_of(MARIA) is None
    assert [request.status for request in case.log if request.path.endswith("/me")] == [403, 403]


def test_another_manager_is_looked_for_on_later_pages(cases: Cases) -> None:
    """The person in question is on the first page; it is read on until somebody else is found who manages."""
    case = cases["a manager on a later page"]
    assert (case.result.status, case.result.result["changed"]) == ("ok", True), case.result.result
    assert case.sandbox.tasks_of(JOHN) is None
    before_the_write = case.methods.index("DELETE")
    pages = [request for request in case.log[:before_the_write] if request.path.endswith("/assigned_users")]
    assert len(pages) == 4
    assert case.result.result["api_calls"] == len(case.log)


def test_reading_on_ends_where_nobody_else_is_found(cases: Cases) -> None:
    """All four pages are read before it is refused, not only the one with the person in question."""
    case = cases["last manager removed, many pages"]
    pages = [request for request in case.log if request.path.endswith("/assigned_users")]
    assert len(pages) == 2 * len(case.before)


@pytest.mark.parametrize("name", ["a manager gains tasks", "own user is given everything"])
def test_giving_more_is_no_lockout(cases: Cases, name: str) -> None:
    """Nobody asks whose the token is: three calls."""
    case = cases[name]
    assert (case.result.status, case.result.result["changed"]) == ("ok", True)
    assert case.methods == ["GET", "POST", "GET"]

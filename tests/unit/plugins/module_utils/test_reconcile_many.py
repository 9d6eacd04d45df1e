# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many people at once: in batches, or by plain calls."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.outcome import Outcome
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]
Wishes = t.Mapping[str, t.Optional[t.Iterable[str]]]

OWN = "100081234567890123"  # FULL_CONTROL
JANE = "3456789012345678"  # of the business, not assigned
LI = "6789012345678901"  # of the business, not assigned
JOHN = "2345678901234567"  # MANAGE, MANAGE_USERS, MANAGE_TEMPLATES
MARIA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES
AHMED = "5678901234567890"  # DEVELOP, MANAGE_TEMPLATES, VIEW_TEMPLATES
REPORTER = "122100123456789013"  # VIEW_INSIGHTS, VIEW_COST
WISHES: Wishes = {JANE: ["DEVELOP"], LI: ["MESSAGING"], MARIA: ["MESSAGING"], AHMED: None}


def run(bench: Bench, wishes: Wishes, *, check_mode: bool = False, batch_size: int = 50, **rules: t.Any) -> Outcome:
    bench.sandbox.clear_log()
    return bench.reconcile(wishes, check_mode=check_mode, read_all=True, batch_size=batch_size, **rules)


def summary(outcome: Outcome) -> dict[str, t.Any]:
    return {**outcome.lists(), "changed": outcome.changed, "diff": outcome.diff()}


@pytest.mark.parametrize("batch_size", [1, 2, 50])
@pytest.mark.parametrize("on_assigned", ["overwrite", "reject"])
def test_a_list_comes_about_as_it_was_predicted(start: Start, batch_size: int, on_assigned: str) -> None:
    bench = start(on_assigned=on_assigned)
    before = bench.sandbox.assigned()
    preview = run(bench, WISHES, check_mode=True, batch_size=batch_size)
    assert bench.sandbox.assigned() == before
    outcome = run(bench, WISHES, batch_size=batch_size)
    assert outcome.failure() == {}
    assert summary(preview) == summary(outcome)
    expected = {**before, JANE: {"DEVELOP"}, LI: {"MESSAGING"}, MARIA: {"MESSAGING"}}
    del expected[AHMED]
    assert bench.sandbox.assigned() == expected
    assert {user.id: set(user.tasks or ()) for user in outcome.after.values()} == expected
    assert not run(bench, WISHES, batch_size=batch_size).changed
    assert bench.methods == ["GET"]


def test_the_lists(bench: Bench) -> None:
    assert run(bench, WISHES).lists() == {
        "added": [{"id": JANE, "tasks": ["DEVELOP"]}, {"id": LI, "tasks": ["MESSAGING"]}],
        "updated": [
            {
                "id": MARIA,
                "name": "Maria Garcia",
                "tasks": ["MESSAGING"],
                "previous_tasks": ["MESSAGING", "VIEW_TEMPLATES"],
            }
        ],
        "removed": [
            {
                "id": AHMED,
                "name": "Ahmed Hassan",
                "previous_tasks": ["DEVELOP", "MANAGE_TEMPLATES", "VIEW_TEMPLATES"],
            }
        ],
        "failed_users": [],
        "not_attempted": [],
    }


def test_calls_and_round_trips(start: Start) -> None:
    bench = start(people=195)
    people = sorted(bench.sandbox.assigned().keys() - {OWN, JOHN})
    wishes: dict[str, t.Any] = {user_id: ["VIEW_COST", "MESSAGING"] for user_id in people[:60]}
    wishes |= dict.fromkeys(people[60:100])
    bench.sandbox.clear_log()
    client = bench.client()
    outcome = bench.reconcile(wishes, client=client, read_all=True, batch_size=50)
    changes = len(outcome.steps)
    assert changes > 50
    pages = 2
    read_back = 2
    assert client.calls == pages + 1 + changes + read_back  # and one to see whose token it is
    assert len(bench.sandbox.log) <= pages * 2 + -(-changes // 50) + 2
    assert bench.sandbox.connections == 1


def test_plain_calls_never_leave_the_path_of_the_edge(bench: Bench) -> None:
    run(bench, {JANE: ["DEVELOP"], LI: ["MESSAGING"]}, batch_size=1)
    assert {request.path for request in bench.sandbox.log} == {f"/v23.0/{bench.sandbox.waba_id}/assigned_users"}


def test_nobody_is_removed_in_a_batch_that_assigns(bench: Bench) -> None:
    run(bench, {**WISHES, REPORTER: None})
    batches = [request.operations for request in bench.sandbox.log if request.operations]
    assert [[operation["method"] for operation in batch] for batch in batches] == [["POST"] * 3, ["DELETE"] * 2]


def test_the_token_of_a_batch_is_in_its_form(bench: Bench) -> None:
    run(bench, WISHES)
    (batch,) = (request for request in bench.sandbox.log if request.operations)
    assert batch.form["access_token"] == [bench.sandbox.token]
    assert bench.sandbox.token not in batch.raw_target


# Purging


def test_a_purge_removes_whoever_is_neither_named_nor_kept(bench: Bench) -> None:
    wishes = {OWN: ["FULL_CONTROL"], JANE: ["DEVELOP"]}
    outcome = run(bench, wishes, purge_users=True, keep_users=frozenset({REPORTER}))
    assert bench.sandbox.assigned().keys() == {OWN, JANE, REPORTER}
    assert [entry["id"] for entry in outcome.lists()["removed"]] == sorted([JOHN, MARIA, AHMED])


def test_too_many_removals_are_refused(bench: Bench) -> None:
    wishes = {MARIA: None, AHMED: None}
    for check_mode in (True, False):
        with pytest.raises(RefusedError, match=r"2 users would be removed .*Maria Garcia.*max_removals is 1"):
            run(bench, wishes, max_removals=1, check_mode=check_mode)
    assert run(bench, wishes, max_removals=2).changed


def test_a_purge_does_not_remove_the_tokens_own_user(bench: Bench) -> None:
    with pytest.raises(RefusedError, match="own user"):
        run(bench, {JOHN: ["MANAGE"]}, purge_users=True)


# What goes wrong


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("index", [0, 1])
def test_operations_that_come_back_as_null_come_about(start: Start, applied: bool, index: int) -> None:
    for on_assigned in ("overwrite", "reject"):
        bench = start(on_assigned=on_assigned)
        bench.sandbox.inject(Fault("null_operation", index=index, applied=applied))
        outcome = run(bench, WISHES)
        assert outcome.failure() == {}
        assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
        assert bench.sandbox.tasks_of(MARIA) == {"MESSAGING"}
        assert len(outcome.lists()["added"]) == 2


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "html", "not_json", "truncated"])
@pytest.mark.parametrize("on_assigned", ["overwrite", "reject"])
def test_a_lost_batch_comes_about(start: Start, kind: str, on_assigned: str) -> None:
    bench = start(on_assigned=on_assigned)
    bench.sandbox.inject(Fault(kind, on="POST"))
    outcome = run(bench, WISHES)
    assert outcome.failure() == {}
    assert summary(outcome)["changed"]
    assert bench.sandbox.tasks_of(LI) == {"MESSAGING"}
    assert bench.sandbox.tasks_of(AHMED) is None


def test_an_operation_that_may_pass_is_tried_again_alone(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", user=LI, status=500, code=2))
    assert run(bench, WISHES).failure() == {}
    assert [len(request.operations) for request in bench.sandbox.log if request.operations] == [3, 1]


def test_one_refusal_does_not_stop_the_others(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", user=LI, status=403, code=200, message="No"))
    outcome = run(bench, WISHES)
    (failed,) = outcome.lists()["failed_users"]
    assert (failed["id"], failed["operation"], failed["graph_error"]["code"]) == (LI, "add", 200)
    assert [entry["id"] for entry in outcome.lists()["added"]] == [JANE]
    assert bench.sandbox.tasks_of(AHMED) is None


def test_a_limit_midway_stops_the_writing_and_tells_what_was_done(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", user=LI, status=400, code=80008, regain_minutes=40, times=0))
    outcome = run(bench, WISHES, batch_size=2)
    assert "40 minutes" in outcome.failure()["msg"]
    lists = outcome.lists()
    assert [entry["id"] for entry in lists["added"]] == [JANE]
    assert [entry["id"] for entry in lists["failed_users"]] == [LI]
    assert lists["not_attempted"] == [{"id": MARIA, "operation": "update"}, {"id": AHMED, "operation": "remove"}]
    assert bench.methods == ["GET", "GET", "POST"]
    assert bench.sandbox.tasks_of(AHMED) is not None


@pytest.mark.parametrize("batch_size", [1, 50])
def test_assigning_anew_puts_back_whom_it_cannot_assign(start: Start, batch_size: int) -> None:
    bench = start(on_assigned="reject")
    # For each of them: refused, removed, and then this.
    bench.sandbox.inject(Fault("status", on="POST", user=MARIA, nth=2, status=403, code=200))
    outcome = run(bench, {MARIA: ["DEVELOP"], REPORTER: ["DEVELOP"]}, batch_size=batch_size)
    assert bench.sandbox.tasks_of(MARIA) == {"MESSAGING", "VIEW_TEMPLATES"}
    assert bench.sandbox.tasks_of(REPORTER) == {"DEVELOP"}
    assert "were assigned again" in outcome.failure()["msg"]
    assert [entry["id"] for entry in outcome.lists()["updated"]] == [REPORTER]
    assert [entry["id"] for entry in outcome.lists()["failed_users"]] == [MARIA]


def test_a_list_that_was_not_read_whole_is_none(start: Start) -> None:
    bench = start(people=150)
    bench.sandbox.inject(Fault("status", on="GET", nth=2, status=500, code=2, times=0))
    with pytest.raises(Exception, match="Could not read the assigned users"):
        run(bench, {OWN: ["FULL_CONTROL"]}, purge_users=True)
    assert set(bench.methods) == {"GET"}

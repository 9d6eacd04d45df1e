# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.outcome import Outcome
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError, LimitError
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"  # of the business, not assigned
JOHN = "2345678901234567"  # MANAGE, MANAGE_USERS, MANAGE_TEMPLATES
ANNA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES

Start = t.Callable[..., "Bench"]


def run(
    bench: Bench, user_id: str, tasks: t.Iterable[str] | None, *, check_mode: bool = False, **rules: t.Any
) -> Outcome:
    """One task of the single-user module, with a log of its own."""
    bench.sandbox.clear_log()
    return bench.reconcile({user_id: tasks}, check_mode=check_mode, **rules)


def predicted(bench: Bench, user_id: str, tasks: t.Iterable[str] | None, **rules: t.Any) -> Outcome:
    """Run it in check mode, then for real: the prediction has to be what came about. Returns what came about."""
    truth = bench.sandbox.assigned()
    preview = run(bench, user_id, tasks, check_mode=True, **rules)
    assert set(bench.methods) <= {"GET"}
    assert bench.sandbox.assigned() == truth
    outcome = run(bench, user_id, tasks, **rules)
    assert preview.changed == outcome.changed
    assert preview.diff({user_id}) == outcome.diff({user_id})
    assert [(step.change.operation, step.change.user_id) for step in preview.steps] == [
        (step.change.operation, step.change.user_id) for step in outcome.steps
    ]
    return outcome


# One person through their life


def test_a_life(bench: Bench) -> None:
    outcome = predicted(bench, JANE, ["DEVELOP"])
    assert outcome.changed
    assert bench.methods == ["GET", "POST", "GET"]
    assert outcome.diff({JANE})["before"] == ""
    assert outcome.diff({JANE})["after"] == f"{JANE}: DEVELOP\n"

    outcome = predicted(bench, JANE, ["DEVELOP"])
    assert not outcome.changed
    assert bench.methods == ["GET"]

    outcome = predicted(bench, JANE, ["VIEW_COST", "MESSAGING"])
    assert outcome.changed
    assert bench.methods == ["GET", "POST", "GET"]
    assert outcome.diff({JANE})["before"] == f"{JANE} Jane Doe: DEVELOP\n"
    assert outcome.diff({JANE})["after"] == f"{JANE} Jane Doe: MESSAGING, VIEW_COST\n"

    assert predicted(bench, JANE, ["DEVELOP"], purge_tasks=False).changed
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP", "MESSAGING", "VIEW_COST"}
    assert not predicted(bench, JANE, ["MESSAGING"], purge_tasks=False).changed

    assert predicted(bench, JANE, ["FULL_CONTROL"]).changed
    assert not predicted(bench, JANE, ["FULL_CONTROL", "DEVELOP"]).changed
    assert not predicted(bench, JANE, ["DEVELOP"], purge_tasks=False).changed
    assert predicted(bench, JANE, ["DEVELOP"]).changed
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}

    outcome = predicted(bench, JANE, None)
    assert outcome.changed
    assert bench.methods == ["GET", "GET", "DELETE", "GET"]  # the second: whose token is it?
    assert bench.sandbox.tasks_of(JANE) is None
    outcome = predicted(bench, JANE, None)
    assert not outcome.changed
    assert bench.methods == ["GET"]


def test_nobody_else_is_touched(bench: Bench) -> None:
    others = {user_id: tasks for user_id, tasks in bench.sandbox.assigned().items() if user_id != ANNA}
    run(bench, ANNA, ["DEVELOP"])
    run(bench, ANNA, None)
    assert bench.sandbox.assigned() == others


def test_without_verify_there_is_no_read_back(bench: Bench) -> None:
    assert predicted(bench, JANE, ["DEVELOP"], verify=False).changed
    assert bench.methods == ["GET", "POST"]


def test_reading_ends_with_the_page_that_has_the_person(start: Start) -> None:
    bench = start(people=250)
    run(bench, ANNA, ["MESSAGING", "VIEW_TEMPLATES"])
    assert bench.methods == ["GET"]
    run(bench, "999", None)
    assert bench.methods == ["GET", "GET", "GET"]


# APIs that behave otherwise


def test_an_api_that_refuses_to_change_tasks(start: Start) -> None:
    bench = start(on_assigned="reject")
    assert predicted(bench, ANNA, ["DEVELOP"]).changed
    assert bench.sandbox.tasks_of(ANNA) == {"DEVELOP"}
    assert bench.methods == ["GET", "POST", "GET", "DELETE", "POST", "GET"]


def test_tasks_that_were_to_be_removed_and_are_still_held_fail(start: Start) -> None:
    bench = start(on_assigned="merge")
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert outcome.changed
    assert "still shows tasks that were to be removed" in outcome.failure()["msg"]
    assert "now holds DEVELOP, MESSAGING, VIEW_TEMPLATES" in outcome.failure()["msg"]
    again = run(bench, ANNA, ["DEVELOP"])
    assert not again.changed
    assert "still shows tasks that were to be removed" in again.failure()["msg"]
    assert run(bench, ANNA, ["FULL_CONTROL"]).failure() == {}


@pytest.mark.parametrize("hidden", ["never", "unknown-field"])
def test_an_api_that_hides_tasks(start: Start, hidden: str) -> None:
    bench = start(tasks=hidden)
    outcome = predicted(bench, JANE, ["DEVELOP"])
    assert outcome.changed
    assert "does not report" in outcome.warnings[0]
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}

    outcome = predicted(bench, JANE, ["MESSAGING"])
    assert not outcome.changed
    assert "POST" not in bench.methods
    assert len(outcome.warnings) == 1

    for _time in range(2):
        assert predicted(bench, JANE, ["MESSAGING"], unreadable_tasks="apply").changed
        assert bench.sandbox.tasks_of(JANE) == {"MESSAGING"}

    with pytest.raises(RefusedError, match="unreadable_tasks is fail"):
        run(bench, JANE, ["DEVELOP"], unreadable_tasks="fail")
    with pytest.raises(RefusedError, match="purge_tasks"):
        run(bench, JANE, ["DEVELOP"], unreadable_tasks="apply", purge_tasks=False)
    assert "POST" not in bench.methods
    assert predicted(bench, JANE, None).changed


def test_hidden_tasks_fail_before_the_write_where_the_api_says_so(start: Start) -> None:
    bench = start(tasks="unknown-field")
    with pytest.raises(RefusedError):
        run(bench, JANE, ["DEVELOP"], unreadable_tasks="fail")
    assert "POST" not in bench.methods


def test_hidden_tasks_fail_after_the_write_where_nothing_told_it_before(start: Start) -> None:
    bench = start(tasks="never")
    outcome = run(bench, JANE, ["DEVELOP"], unreadable_tasks="fail")
    assert "unreadable_tasks is fail" in outcome.failure()["msg"]
    assert outcome.changed


def test_full_control_that_reads_as_everything_else(start: Start) -> None:
    bench = start(full_control="unpacked")
    assert predicted(bench, JANE, ["FULL_CONTROL"]).changed
    assert not predicted(bench, JANE, ["FULL_CONTROL"]).changed
    assert predicted(bench, JANE, ["MANAGE"]).changed


def test_reads_that_are_behind_are_asked_again(start: Start) -> None:
    bench = start(stale_reads=2)
    assert run(bench, JANE, ["DEVELOP"]).failure() == {}
    assert bench.methods == ["GET", "POST", "GET", "GET", "GET"]
    assert len(bench.waits) == 2


@pytest.mark.parametrize(
    ("options", "user_id", "tasks", "words"),
    [
        ({"ignore_writes": True}, JANE, ["DEVELOP"], ["does not show it", "has no access now"]),
        ({"ignore_writes": True}, ANNA, None, ["does not show it", "now holds MESSAGING"]),
        ({"dropped_tasks": ("VIEW_COST",)}, JANE, ["DEVELOP", "VIEW_COST"], ["does not show it", "now holds DEVELOP"]),
    ],
)
def test_an_api_that_says_success_and_lies(
    start: Start, options: dict[str, t.Any], user_id: str, tasks: list[str] | None, words: list[str]
) -> None:
    bench = start(**options)
    before = bench.sandbox.tasks_of(user_id)
    outcome = run(bench, user_id, tasks)
    for word in words:
        assert word in outcome.failure()["msg"]
    assert outcome.changed == (bench.sandbox.tasks_of(user_id) != before)


def test_more_tasks_than_asked_for_are_a_warning(start: Start) -> None:
    outcome = run(start(implied_tasks=("VIEW_COST",)), JANE, ["DEVELOP"])
    assert outcome.failure() == {}
    assert "VIEW_COST" in outcome.warnings[0]
    assert outcome.after[JANE].tasks == frozenset({"DEVELOP", "VIEW_COST"})


# Assigning anew, and what can go wrong then


def test_the_old_tasks_are_put_back(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", on="POST", nth=2, status=403, code=200))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert bench.sandbox.tasks_of(ANNA) == {"MESSAGING", "VIEW_TEMPLATES"}
    assert not outcome.changed
    assert "The former tasks (MESSAGING, VIEW_TEMPLATES) were assigned again." in outcome.failure()["msg"]
    assert "now holds MESSAGING, VIEW_TEMPLATES" in outcome.failure()["msg"]
    assert outcome.failure()["graph_error"]["code"] == 200


def test_the_old_tasks_could_not_be_put_back(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", on="POST", nth=2, times=2, status=403, code=200))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert bench.sandbox.tasks_of(ANNA) is None
    assert outcome.changed
    assert "again failed as well" in outcome.failure()["msg"]
    assert "has no access now" in outcome.failure()["msg"]
    assert run(bench, ANNA, ["DEVELOP"]).changed
    assert bench.sandbox.tasks_of(ANNA) == {"DEVELOP"}


def test_the_tokens_own_user_is_never_removed_to_be_assigned_anew(start: Start) -> None:
    bench = start(on_assigned="reject")
    outcome = run(bench, bench.sandbox.own_user_id, ["MANAGE"], allow_lockout=True)
    assert "own user" in outcome.failure()["msg"]
    assert "DELETE" not in bench.methods


def test_whoever_may_be_the_tokens_own_user_is_not_removed_either(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", path="/me", status=403, code=200, times=0))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert "allow_lockout" in outcome.failure()["msg"]
    assert "DELETE" not in bench.methods
    assert run(bench, ANNA, ["DEVELOP"], allow_lockout=True).changed


def test_hidden_tasks_could_not_be_put_back(start: Start) -> None:
    bench = start(on_assigned="reject", tasks="never")
    outcome = run(bench, ANNA, ["DEVELOP"], unreadable_tasks="apply")
    assert "Nothing was changed" in outcome.failure()["msg"]
    assert "DELETE" not in bench.methods


@pytest.mark.parametrize(("status", "code"), [(400, 80008), (401, 190)])
def test_whoever_was_removed_when_a_limit_came_is_told_as_removed(start: Start, status: int, code: int) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", on="POST", nth=2, times=0, status=status, code=code, regain_minutes=40))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert bench.sandbox.tasks_of(ANNA) is None
    assert outcome.changed
    assert ANNA not in outcome.after
    assert outcome.diff({ANNA})["after"] == ""
    assert "has no access now. Run this again" in outcome.failure()["msg"]
    assert "The former tasks were MESSAGING, VIEW_TEMPLATES" in outcome.failure()["msg"]
    assert bench.methods == ["GET", "POST", "GET", "DELETE", "POST"]


def test_whose_token_it_is_and_the_quota_is_gone(start: Start) -> None:
    """What is not known of the token's user once is not known for the next person either."""
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", path="/me", status=400, code=80008, regain_minutes=40))
    desired = {ANNA: ["DEVELOP"], bench.sandbox.own_user_id: ["MANAGE"]}
    outcome = bench.reconcile(desired, batch_size=50, allow_lockout=True)
    assert "DELETE" not in str([request.operations for request in bench.sandbox.log])
    assert "DELETE" not in bench.methods
    assert "Nothing was changed" in outcome.failure()["msg"]


def test_a_limit_in_a_batch_ends_the_assigning_anew(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", user=ANNA, status=400, code=80008, regain_minutes=40, times=0))
    before = bench.sandbox.assigned()
    outcome = bench.reconcile({ANNA: ["DEVELOP"], "5678901234567890": ["MESSAGING"]}, batch_size=50)
    assert bench.sandbox.assigned() == before
    assert not outcome.changed
    assert len(outcome.lists()["failed_users"]) == 2


def test_an_error_that_may_pass_after_the_fact_is_settled_by_reading(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", after=True, status=400, code=2))
    outcome = run(bench, ANNA, None)
    assert outcome.failure() == {}
    assert outcome.changed


def test_a_refused_change_of_hidden_tasks_is_not_in_the_diff(start: Start) -> None:
    bench = start(tasks="never")
    bench.sandbox.inject(Fault("status", on="POST", status=403, code=200, times=0))
    outcome = run(bench, ANNA, ["DEVELOP"], unreadable_tasks="apply")
    assert "Could not assign" in outcome.failure()["msg"]
    assert outcome.diff({ANNA})["after"] == outcome.diff({ANNA})["before"]


def test_a_removal_that_the_api_calls_needless_proves_nothing(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", on="DELETE", status=404, code=803, times=0))
    bench.sandbox.inject(Fault("status", on="POST", nth=2, status=404, code=803, times=0))
    bench.sandbox.inject(Fault("status", path="/assigned_users", on="GET", nth=2, status=404, code=803, times=0))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert "Whether it was carried out is not known" in outcome.failure()["msg"]
    assert not outcome.changed


def test_names_of_tasks_cannot_forge_a_line(bench: Bench) -> None:
    bench.sandbox.assign(ANNA, ["X\n+7 Ghost: FULL_CONTROL\x1b[31m"])
    diff = run(bench, ANNA, ["DEVELOP"], check_mode=True).diff({ANNA})
    assert diff["before"].count("\n") == 1
    assert "\x1b" not in diff["before"]


def test_people_whom_the_list_hides_are_told(bench: Bench) -> None:
    bench.sandbox.inject(
        Fault("json", value={"data": [{"id": "1", "tasks": ["MANAGE"]}], "summary": {"total_count": 6}})
    )
    outcome = run(bench, ANNA, None)
    assert not outcome.changed
    assert "counts 6 assigned users and listed 1" in outcome.warnings[0]


def test_a_refused_removal_changes_nothing(start: Start) -> None:
    bench = start(on_assigned="reject", protected=(ANNA,))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert "business asset group" in outcome.failure()["msg"]
    assert "Nothing was changed" in outcome.failure()["msg"]
    assert not outcome.changed


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
@pytest.mark.parametrize(("method", "nth"), [("DELETE", 1), ("POST", 2)])
def test_assigning_anew_survives_a_cut(start: Start, kind: str, method: str, nth: int) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault(kind, on=method, nth=nth))
    outcome = run(bench, ANNA, ["DEVELOP"])
    assert outcome.failure() == {}
    assert bench.sandbox.tasks_of(ANNA) == {"DEVELOP"}


# A write that was tried again may have worked the first time


@pytest.mark.parametrize("on_assigned", ["overwrite", "reject", "merge"])
@pytest.mark.parametrize("verify", [True, False])
def test_a_grant_that_had_worked_is_a_success(start: Start, on_assigned: str, verify: bool) -> None:
    bench = start(on_assigned=on_assigned)
    bench.sandbox.inject(Fault("reset_after", on="POST"))
    outcome = run(bench, JANE, ["DEVELOP"], verify=verify)
    assert outcome.failure() == {}
    assert outcome.changed
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}


@pytest.mark.parametrize("verify", [True, False])
def test_a_removal_that_had_worked_is_a_success(bench: Bench, verify: bool) -> None:
    bench.sandbox.inject(Fault("reset_after", on="DELETE"))
    outcome = run(bench, ANNA, None, verify=verify)
    assert outcome.failure() == {}
    assert outcome.changed
    assert bench.sandbox.tasks_of(ANNA) is None


def test_what_somebody_else_did_meanwhile_is_not_our_change(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", after=True, status=404, code=803))
    outcome = run(bench, ANNA, None)
    assert outcome.failure() == {}
    assert not outcome.changed


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_write_without_any_answer_is_settled_by_reading(bench: Bench, kind: str) -> None:
    bench.sandbox.inject(Fault(kind, on="DELETE", times=0))
    outcome = run(bench, ANNA, None)
    applied = kind == "reset_after"
    assert (bench.sandbox.tasks_of(ANNA) is None) is applied
    assert outcome.changed is applied
    assert (outcome.failure() == {}) is applied
    if not applied:
        assert "now holds MESSAGING, VIEW_TEMPLATES" in outcome.failure()["msg"]


def test_a_demotion_without_any_answer_is_not_taken_as_done(bench: Bench) -> None:
    """What the person still holds includes what is wanted: only the exact tasks prove that the write arrived."""
    bench.sandbox.inject(Fault("reset_before", on="POST", times=0))
    outcome = run(bench, ANNA, ["MESSAGING"])
    assert "now holds MESSAGING, VIEW_TEMPLATES" in outcome.failure()["msg"]
    assert not outcome.changed


def test_a_network_that_dies_leaves_the_outcome_open(bench: Bench) -> None:
    bench.sandbox.inject(Fault("reset_after", on="POST", times=0))
    bench.sandbox.inject(Fault("reset_before", on="GET", nth=2, times=0))
    outcome = run(bench, JANE, ["DEVELOP"])
    assert "Whether it was carried out is not known" in outcome.failure()["msg"]


def test_a_read_back_that_fails_is_told(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="GET", nth=2, status=403, code=200, times=0))
    outcome = run(bench, JANE, ["DEVELOP"])
    assert outcome.changed
    assert f"Done, but not verified: assign DEVELOP to {JANE}. Could not read" in outcome.failure()["msg"]
    assert outcome.failure()["graph_error"]["code"] == 200
    assert [entry["id"] for entry in outcome.lists()["added"]] == [JANE]
    assert outcome.lists()["failed_users"] == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", on="POST", status=400, code=80008, regain_minutes=40, times=0),
        Fault("status", on="POST", status=401, code=190, times=0),
    ],
    ids=["limit", "token"],
)
def test_a_limit_or_a_dead_token_stops_everything(bench: Bench, fault: Fault) -> None:
    bench.sandbox.inject(fault)
    outcome = run(bench, JANE, ["DEVELOP"])
    assert bench.methods == ["GET", "POST"]
    assert not outcome.changed
    assert outcome.failure()["graph_error"]["code"] == fault.code


def test_several_people_one_refusal_does_not_stop_the_others(start: Start) -> None:
    bench = start(protected=(ANNA,))
    outcome = bench.reconcile({JANE: ["DEVELOP"], ANNA: None, "5678901234567890": None})
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert bench.sandbox.tasks_of("5678901234567890") is None
    assert [step.change.user_id for step in outcome.failed_steps] == [ANNA]


def test_several_people_a_limit_leaves_the_rest_and_says_so(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", status=400, code=80008, regain_minutes=40, times=0))
    outcome = bench.reconcile({JANE: ["DEVELOP"], ANNA: None, "5678901234567890": None})
    assert outcome.changed
    assert [change.user_id for change in outcome.not_attempted] == ["5678901234567890"]
    assert "Not attempted: remove 5678901234567890" in outcome.failure()["msg"]


def test_what_was_done_before_a_limit_is_told_as_not_checked(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", status=400, code=80008, regain_minutes=40, times=0))
    bench.sandbox.configure(ignore_writes=True)
    for verify, told in ((True, True), (False, False)):
        outcome = bench.reconcile({JANE: ["DEVELOP"], ANNA: None}, verify=verify)
        message = outcome.failure()["msg"]
        assert (f"Done, but not verified: assign DEVELOP to {JANE}." in message) is told
        assert message.count("(#80008)") <= 1


def test_somebody_who_came_meanwhile_is_told_by_a_purge(bench: Bench) -> None:
    client = bench.client()

    def batch(operations: t.Any) -> t.Any:
        bench.sandbox.assign(JANE, ["MANAGE"])
        return GraphClient.batch(client, operations)

    client.batch = batch  # type: ignore[method-assign]
    desired = {bench.sandbox.own_user_id: ["FULL_CONTROL"]}
    outcome = bench.reconcile(desired, read_all=True, batch_size=50, client=client, purge_users=True)
    assert not outcome.failure()
    assert f"{JANE} Jane Doe had no access when the list was read, and has access now" in outcome.warnings[-1]


# Nobody is locked out


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("tasks", [None, ["MANAGE"]])
def test_the_tokens_own_user_is_kept(bench: Bench, tasks: list[str] | None, check_mode: bool) -> None:
    with pytest.raises(RefusedError, match=r"own user.*allow_lockout"):
        run(bench, bench.sandbox.own_user_id, tasks, check_mode=check_mode)
    assert bench.methods == ["GET", "GET"]


def test_the_last_manager_is_kept(bench: Bench) -> None:
    bench.sandbox.remove(bench.sandbox.own_user_id)
    for tasks in (None, ["DEVELOP"]):
        with pytest.raises(
            RefusedError, match="Nobody with MANAGE or FULL_CONTROL would be left, as far as the API reports: 2345"
        ):
            run(bench, JOHN, tasks)
    assert run(bench, JOHN, None, allow_lockout=True).changed


def several(bench: Bench, wishes: t.Mapping[str, list[str] | None], **rules: t.Any) -> Outcome:
    """The list module with these people's tasks, nothing of them to be absent."""
    return bench.reconcile(wishes, **rules)


@pytest.mark.parametrize("batch_size", [1, 50])
@pytest.mark.parametrize("tasks", [None, ["DEVELOP"]])
def test_a_hand_over_that_fails_takes_nothing(bench: Bench, tasks: list[str] | None, batch_size: int) -> None:
    """The plan is safe; without the half of it that the API refuses it is not."""
    bench.sandbox.remove(bench.sandbox.own_user_id)
    bench.sandbox.inject(Fault("status", on="POST", user=JANE, status=400, code=100, times=0))
    wishes = {JANE: ["FULL_CONTROL"], JOHN: tasks, ANNA: None}
    outcome = several(bench, wishes, batch_size=batch_size)
    assert bench.sandbox.tasks_of(JOHN) == {"MANAGE", "MANAGE_USERS", "MANAGE_TEMPLATES"}
    assert bench.sandbox.tasks_of(ANNA) is None, "who takes nothing from the account's management goes as planned"
    assert [change.user_id for change in outcome.not_attempted] == [JOHN]
    assert "nobody with MANAGE or FULL_CONTROL would have been left" in outcome.failure()["msg"]
    assert several(bench, wishes, batch_size=batch_size, allow_lockout=True).failure()
    assert not any("MANAGE" in held for held in bench.sandbox.assigned().values())


def test_the_last_manager_is_not_removed_to_be_assigned_anew(start: Start) -> None:
    bench = start(on_assigned="reject", page_size=1)
    assert run(bench, JOHN, ["MANAGE"]).changed, "the token's own user manages as well"
    bench.sandbox.remove(bench.sandbox.own_user_id)
    outcome = run(bench, JOHN, ["MANAGE", "DEVELOP"])
    assert "the last one known to hold MANAGE or FULL_CONTROL" in outcome.failure()["msg"]
    assert "DELETE" not in bench.methods
    assert run(bench, JOHN, ["MANAGE", "DEVELOP"], allow_lockout=True).changed
    bench.sandbox.assign(ANNA, ["MANAGE"])
    wishes = {JOHN: ["MANAGE"], ANNA: ["MANAGE", "DEVELOP"]}
    assert len(several(bench, wishes, batch_size=50).lists()["failed_users"]) == 2, "both could be gone at once"


def test_a_fault_of_the_api_that_lasts_does_not_use_up_the_quota(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="POST", status=500, code=2, times=0))
    bench.sandbox.inject(Fault("status", on="DELETE", status=500, code=2, times=0))
    outcome = several(bench, {JANE: ["DEVELOP"], "6789012345678901": ["DEVELOP"], ANNA: None}, batch_size=2)
    assert len(outcome.lists()["failed_users"]) == 2
    assert [change.user_id for change in outcome.not_attempted] == [ANNA]


def test_another_manager_is_looked_for_only_as_far_as_needed(start: Start) -> None:
    bench = start(people=250)
    assert run(bench, JOHN, None).changed
    assert bench.methods == ["GET", "GET", "DELETE", "GET", "GET", "GET"]


def test_whose_token_it_is_could_not_be_found_out(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", path="/me", status=403, code=200, times=0))
    outcome = run(bench, ANNA, None)
    assert outcome.changed
    assert "own user" in outcome.warnings[0]
    bench.sandbox.remove(bench.sandbox.own_user_id)
    with pytest.raises(RefusedError, match="Nobody with MANAGE"):
        run(bench, JOHN, None)


def test_hidden_tasks_of_those_who_are_left_are_told(start: Start) -> None:
    outcome = run(start(tasks="never"), ANNA, None)
    assert "No remaining user is known to hold MANAGE or FULL_CONTROL" in outcome.warnings[0]


def test_nobody_is_asked_about_where_nothing_is_taken(bench: Bench) -> None:
    run(bench, ANNA, ["MESSAGING"])
    assert "/v23.0/me" not in [request.path for request in bench.sandbox.log]


# Before anything was written


def test_a_read_that_fails_is_an_error(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=80008, regain_minutes=40))
    with pytest.raises(LimitError):
        run(bench, JANE, ["DEVELOP"])


def test_a_guard_that_cannot_read_on_writes_nothing(start: Start) -> None:
    bench = start(page_size=1)
    bench.sandbox.inject(Fault("status", path="assigned_users", nth=2, status=500, code=2, times=0))
    with pytest.raises(GraphError, match="Could not read the assigned users"):
        run(bench, JOHN, None)
    assert "DELETE" not in bench.methods

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts in one task: faults at every call, and random declarations on servers of every kind.

Whatever happens: what the task says of each account is what the server knows, nobody is left without a manager, and
once the fault is gone, another run brings about what was declared.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox import Fault, Sandbox
from system.playbooks import AHMED, JANE, JOHN, MARIA, Json
from trust.accounts import lies_of_accounts, truth
from trust.counts import FAULTS, SEQUENCES, count
from trust.exchanges import LI, OWN
from trust.logic.test_model import behaviours, options
from trust.scale import examples
from trust.tasks import ACCESS, Done, new_sandbox, run_in

SUPPORT, MARKETING = "1234567890123456", "6543210987654321"
ACCOUNTS = [SUPPORT, MARKETING]


def declared(waba_id: str, users: dict[str, list[str] | None], **more: Any) -> Json:
    entries: list[Json] = [
        {"user_id": user, "state": "absent"} if tasks is None else {"user_id": user, "tasks": tasks}
        for user, tasks in users.items()
    ]
    return {"waba_id": waba_id, "name": "An account", "users": entries, **more}


#: A grant, an update and a removal on one account; on the other, the management is handed over.
DECLARED = [
    declared(SUPPORT, {JANE: ["DEVELOP"], MARIA: ["MESSAGING"], AHMED: None}),
    declared(MARKETING, {JANE: ["MANAGE"], JOHN: None, OWN: ["FULL_CONTROL"]}),
]
TASKS: dict[str, tuple[Json, Json]] = {
    "declared": ({"accounts": DECLARED}, {}),
    "by plain calls": ({"accounts": DECLARED, "batch_size": 1}, {}),
    "where changes are refused": ({"accounts": DECLARED}, {"on_assigned": "reject"}),
    "unchecked": ({"accounts": DECLARED, "verify": False}, {}),
    "revoked": ({"accounts": [{"waba_id": one} for one in ACCOUNTS], "revoke": [JOHN]}, {}),
    "revoked everywhere": ({"revoke": ["john.smith@example.com"]}, {}),
}
FAULTS_OF_CALLS = [
    Fault("status", status=500, code=2),
    Fault("status", status=500, code=2, after=True),
    Fault("status", status=400, code=4),
    Fault("status", status=400, code=80008, regain_minutes=40),
    Fault("status", status=401, code=190),
    Fault("status", status=403, code=200),
    Fault("reset_before"),
    Fault("reset_after"),
    Fault("html"),
    Fault("empty_body"),
    Fault("json", value={"success": False}),
    Fault("json", value={"data": []}),
]
FAULTS_OF_OPERATIONS = [
    *(one for one in FAULTS_OF_CALLS if one.kind in ("status", "html", "empty_body", "json")),
    Fault("null_operation"),
    Fault("null_operation", applied=True),
]


def again(fault: Fault, **changes: Any) -> Fault:
    values = {name: getattr(fault, name) for name in fault.__dataclass_fields__}
    return Fault(**{**values, **changes})


def seen(sandbox: Sandbox) -> list[str]:
    """Every account that the server has: also one that the task does not name must not change."""
    return list(sandbox._world.accounts)


def run(sandbox: Sandbox, given_options: Json, *, check_mode: bool = False) -> Done:
    return run_in(sandbox, ACCESS, {"waba_id": None, **given_options}, check_mode=check_mode)


def check(sandbox: Sandbox, before: dict[str, Any], done: Done) -> None:
    """What the task says is so, of the accounts that it is about; all others are as they were."""
    after = truth(sandbox, seen(sandbox))
    about = [entry["waba_id"] for entry in done.result.get("accounts", [])] or list(before)
    others = [waba_id for waba_id in before if waba_id not in about]
    assert [before[waba_id] for waba_id in others] == [after[waba_id] for waba_id in others]
    assert lies_of_accounts({w: before[w] for w in about}, {w: after[w] for w in about}, done) == []


def manages(people: Mapping[str, set[str]]) -> bool:
    return any(held & {"MANAGE", "FULL_CONTROL"} for held in people.values())


def suffers(name: str, faults: list[Fault]) -> None:
    """Run a task with these faults, and again without."""
    given_options, ways = TASKS[name]
    with new_sandbox(**ways) as calm:
        assert not run(calm, given_options).failed
        wanted = truth(calm, seen(calm))
    with new_sandbox(**ways) as sandbox:
        before = truth(sandbox, seen(sandbox))
        for fault in faults:
            sandbox.inject(fault)
        done = run(sandbox, given_options)
        count(FAULTS, len(faults) - len(sandbox.faults_unmet()))
        check(sandbox, before, done)
        after = truth(sandbox, seen(sandbox))
        assert all(manages(after[waba_id]) for waba_id in before if manages(before[waba_id]))
        sandbox.clear_faults()
        before = truth(sandbox, seen(sandbox))
        done = run(sandbox, given_options)
        assert not done.failed, done.message
        check(sandbox, before, done)
        assert truth(sandbox, seen(sandbox)) == wanted
        assert not run(sandbox, given_options).result["changed"]


@pytest.mark.share(12)
@pytest.mark.parametrize(("name", "kind"), list(itertools.product(TASKS, range(len(FAULTS_OF_CALLS)))))
def test_a_fault_at_every_call(name: str, kind: int) -> None:
    """Each position, once and for ever."""
    given_options, ways = TASKS[name]
    with new_sandbox(**ways) as sandbox:
        run(sandbox, given_options)
        calls = len(sandbox.log)
    for position, times in itertools.product(range(1, calls + 1), (1, 0)):
        suffers(name, [again(FAULTS_OF_CALLS[kind], nth=position, times=times)])


@pytest.mark.share(12)
@pytest.mark.parametrize(("name", "kind"), list(itertools.product(TASKS, range(len(FAULTS_OF_OPERATIONS)))))
def test_a_fault_at_every_operation_of_a_batch(name: str, kind: int) -> None:
    given_options, ways = TASKS[name]
    with new_sandbox(**ways) as sandbox:
        run(sandbox, given_options)
        operations = sum(len(request.operations or ()) for request in sandbox.log)
    for position, times in itertools.product(range(1, operations + 1), (1, 0)):
        suffers(name, [again(FAULTS_OF_OPERATIONS[kind], in_batch=True, nth=position, times=times)])


@given(
    st.sampled_from(sorted(TASKS)),
    st.lists(
        st.tuples(st.sampled_from([*FAULTS_OF_CALLS, *FAULTS_OF_OPERATIONS]), st.integers(1, 8), st.integers(0, 2)),
        min_size=1,
        max_size=3,
    ),
)
@examples(share=25, whole=1500)
def test_several_faults_in_one_task(name: str, drawn: list[tuple[Fault, int, int]]) -> None:
    suffers(name, [again(fault, nth=nth, times=times) for fault, nth, times in drawn])


# Random declarations


people = st.sampled_from([JANE, LI, JOHN, MARIA, AHMED, OWN])
tasks = st.lists(
    st.sampled_from(["MANAGE", "MANAGE_USERS", "FULL_CONTROL", "DEVELOP", "MESSAGING"]),
    min_size=1,
    max_size=3,
    unique=True,
)
users = st.dictionaries(people, st.none() | tasks, max_size=4)
rules = st.fixed_dictionaries(
    {},
    optional={
        "purge_users": st.booleans(),
        "keep_users": st.lists(people, max_size=2, unique=True),
        "allow_lockout": st.booleans(),
        "max_removals": st.integers(0, 3),
    },
)


@given(
    behaviours,
    st.lists(st.tuples(users, rules), min_size=2, max_size=2),
    users,
    options,
    st.none() | st.lists(people, min_size=1, max_size=2, unique=True),
    st.sampled_from([1, 2, 50]),
    st.none() | st.integers(0, 4),
)
@examples(share=60, whole=4000)
def test_any_declaration_on_any_server(
    ways: Json,
    drawn: list[tuple[dict[str, list[str] | None], Json]],
    everywhere: dict[str, list[str] | None],
    rule: Json,
    revoke: list[str] | None,
    batch_size: int,
    max_removals: int | None,
) -> None:
    """Check mode and run agree, what is said is so, guards hold, and a second run changes nothing."""
    count(SEQUENCES)
    accounts = [declared(waba_id, own, **more) for waba_id, (own, more) in zip(ACCOUNTS, drawn)]
    given_options: Json = {
        **rule,
        "accounts": accounts,
        "users": declared("", everywhere)["users"],
        "revoke": revoke,
        "batch_size": batch_size,
        "max_removals": max_removals,
    }
    with new_sandbox(**ways) as sandbox:
        before = truth(sandbox, seen(sandbox))
        preview = run(sandbox, given_options, check_mode=True)
        assert truth(sandbox, seen(sandbox)) == before
        done = run(sandbox, given_options)
        after = truth(sandbox, seen(sandbox))
        assert ("accounts" in preview.result) == ("accounts" in done.result), (preview.message, done.message)
        if "accounts" not in done.result:
            assert (done.failed, preview.message, after) == (True, done.message, before)
            return
        assert preview.result["plan"] == done.result["plan"]
        hidden = sandbox.behaviours.tasks in ("never", "unknown-field")
        lies_to_us = ways.get("ignore_writes") or ways.get("dropped_tasks") or ways.get("implied_tasks")
        unchecked = rule.get("verify") is False
        empty = any(not held for people_of in after.values() for held in people_of.values())
        repeats = hidden and rule.get("unreadable_tasks") == "apply"
        is_merged = ways.get("on_assigned") == "merge"
        if not (repeats or empty or ((lies_to_us or is_merged) and (unchecked or hidden))):
            check(sandbox, before, done)
        allowed = {SUPPORT: accounts[0], MARKETING: accounts[1]}
        for waba_id in ACCOUNTS:
            may = allowed[waba_id].get("allow_lockout", rule.get("allow_lockout", False))
            if manages(before[waba_id]) and not may and not hidden:
                assert manages(after[waba_id])
        if revoke:
            touched = {user for w in ACCOUNTS for user in before[w] if before[w].get(user) != after[w].get(user)}
            assert touched <= set(revoke)
        honest = not (lies_to_us or is_merged or ways.get("protected") or ways.get("delete_user_in") == "body")
        if honest and not done.failed:
            for name in ("accounts", "diff", "changed", "summary"):
                assert preview.result[name] == done.result[name]
            for _read in range(sandbox.behaviours.stale_reads):
                run(sandbox, given_options, check_mode=True)
            second = run(sandbox, given_options)
            assert truth(sandbox, seen(sandbox)) == after
            if not repeats:
                assert not second.result["changed"]

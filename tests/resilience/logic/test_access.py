# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults at every call of a task for several accounts.

Whatever happens: what the task says of each account is what the server knows, nobody is left without a manager, and
once the fault is gone, another run brings about what was declared.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging, transport
from hypothesis import given
from hypothesis import strategies as st
from resilience.account import UNKNOWN, People
from resilience.accounts import lies_of_accounts, truth, unsure_users
from resilience.counts import FAULTS, SEQUENCES, count
from resilience.exchanges import KINDS, LI, OPERATION_KINDS, OWN, Kind, at
from resilience.scale import examples
from resilience.tasks import ACCESS, Done, new_sandbox, run_in
from sandbox import Fault, Sandbox
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json

SUPPORT, MARKETING, HOTLINE, PRIVATE = "1234567890123456", "6543210987654321", "5432109876543210", "4321098765432109"
#: Those of the task, and one that no task names and nobody may touch.
ACCOUNTS = [SUPPORT, MARKETING, HOTLINE]
EVERY_ACCOUNT = [*ACCOUNTS, PRIVATE]
NINA = "3344556677889900"  # has left the business, and not yet the account
PAT = "9012345678901234"  # manages the hotline


def declared(waba_id: str, users: dict[str, list[str] | None], **more: Any) -> Json:
    """An account as a playbook declares it; `None` for somebody who is to be absent."""
    return {"waba_id": waba_id, "name": "An account", "users": entries(users), **more}


def entries(users: dict[str, list[str] | None]) -> list[Json]:
    return [
        {"user_id": user, "state": "absent"} if tasks is None else {"user_id": user, "tasks": tasks}
        for user, tasks in users.items()
    ]


#: A grant, a removal and an update, each on an account of its own.
DECLARED = [
    declared(SUPPORT, {JANE: ["DEVELOP"]}),
    declared(MARKETING, {NINA: None}),
    declared(HOTLINE, {LI: ["VIEW_COST"]}),
]
#: The only manager of one account goes, when another has come; on the others, tasks are given and taken.
HANDED_OVER = [
    declared(SUPPORT, {JANE: ["MANAGE"], MARIA: ["MESSAGING"], AHMED: None}),
    declared(MARKETING, {JANE: ["MANAGE"], JOHN: None}),
    declared(HOTLINE, {LI: ["MANAGE"], PAT: ["MESSAGING"]}),
]
EVERYWHERE: Json = {
    "users": entries({JANE: ["DEVELOP"], LI: None}),
    "accounts": [declared(waba_id, {}, purge_users=waba_id == SUPPORT) for waba_id in ACCOUNTS],
    "keep_users": [OWN, JOHN],
    "max_removals": 5,
}


@dataclass(frozen=True)
class Task:
    """A task for several accounts, and the server that it talks to."""

    options: Json
    behaviours: Json = field(default_factory=dict)
    reads_the_business: bool = False

    def server(self) -> Sandbox:
        """As it is before the task: the owner of the token is on one account, others manage the other two alone."""
        sandbox = new_sandbox(**self.behaviours).start()
        sandbox.assign(LI, ["MESSAGING"], HOTLINE)
        sandbox.assign(JOHN, ["DEVELOP"], HOTLINE)
        sandbox.remove(OWN, MARKETING)
        return sandbox

    def run(self, sandbox: Sandbox, **more: Any) -> Done:
        return run(sandbox, {**self.options, **more})

    def meets(self, kind: Kind) -> bool:
        """Whether it is a fault here: of what a business lists, an object of no use is believed to be there."""
        return not (kind.is_about_tasks and self.reads_the_business)

    @property
    def revoked(self) -> set[str]:
        return {JOHN, MARIA} if "revoke" in self.options else set()


_REFUSES: Json = {"on_assigned": "reject"}
_NAMED: Json = {"accounts": [{"waba_id": one} for one in ACCOUNTS], "allow_lockout": True}
TASKS: dict[str, Task] = {
    "declared": Task({"accounts": DECLARED}, _REFUSES),
    "handed over": Task({"accounts": HANDED_OVER}, {"page_size": 2}),
    "handed over where changes are refused": Task({"accounts": HANDED_OVER, "batch_size": 2}, _REFUSES),
    "handed over by plain calls, unchecked, reads behind": Task(
        {"accounts": HANDED_OVER, "batch_size": 1, "verify": False}, {"stale_reads": 1}
    ),
    "everywhere, with a purge": Task(EVERYWHERE),
    "revoked": Task({**_NAMED, "revoke": [JOHN, MARIA]}),
    "revoked everywhere": Task(
        {"revoke": ["john.smith@example.com", "maria.garcia@example.com"], "allow_lockout": True},
        {"page_size": 6},
        reads_the_business=True,
    ),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are reached in no time."""
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", 2**21)
    monkeypatch.setattr(paging, "MAX_PAGES", 30)


def run(sandbox: Sandbox, given_options: Json, *, check_mode: bool = False, now: datetime | None = None) -> Done:
    return run_in(sandbox, ACCESS, {"waba_id": None, **given_options}, check_mode=check_mode, now=now)


def check(before: dict[str, People], after: dict[str, People], done: Done) -> None:
    """What the task says is so, of the accounts that it is about; all others are as they were."""
    about = [entry["waba_id"] for entry in done.result["accounts"]] if "accounts" in done.result else ACCOUNTS
    others = [waba_id for waba_id in before if waba_id not in about]
    assert [before[waba_id] for waba_id in others] == [after[waba_id] for waba_id in others]
    assert lies_of_accounts({w: before[w] for w in about}, {w: after[w] for w in about}, done) == []
    if done.failed:
        assert done.message


def manages(people: People) -> bool:
    return any(held & {"MANAGE", "FULL_CONTROL"} for held in people.values())


@dataclass(frozen=True)
class Goal:
    """What comes about without a fault: how many operations each request has, who is assigned then, what is told."""

    operations: list[int]
    people: dict[str, People]
    done: Done


@functools.cache
def goal(name: str) -> Goal:
    """That of the task with this name."""
    sandbox = TASKS[name].server()
    try:
        done = TASKS[name].run(sandbox)
        assert not done.failed, done.message
        return Goal([len(request.operations) for request in sandbox.log], truth(sandbox, EVERY_ACCOUNT), done)
    finally:
        sandbox.stop()


def suffers(name: str, faults: list[Fault], *, has_to_pass: bool = False, **options: Any) -> int:
    """Run a task with these faults, and again without; returns how many faults met a call."""
    task = TASKS[name]
    sandbox = task.server()
    try:
        before = truth(sandbox, EVERY_ACCOUNT)
        for fault in faults:
            sandbox.inject(fault)
        is_silent = any(fault.kind == "hang" for fault in faults)
        done = task.run(sandbox, **options, **({"timeout": 0.3} if is_silent else {}))
        met = len(faults) - len(sandbox.faults_unmet())
        count(FAULTS, met)
        after = truth(sandbox, EVERY_ACCOUNT)
        check(before, after, done)
        told_of_each(task, name, after, done)
        if [fault.times for fault in faults] == [1] and "accounts" in done.result:
            # One call went wrong, once: what came of it can be read.
            assert not any(unsure_users(entry) for entry in done.result["accounts"])
        if has_to_pass:
            assert not done.failed, done.message
            assert after == goal(name).people
        if not task.options.get("allow_lockout"):
            assert all(manages(after[waba_id]) for waba_id in before if manages(before[waba_id]))
        comes_right(task, name, sandbox)
        return met
    finally:
        sandbox.stop()


def told_of_each(task: Task, name: str, after: dict[str, People], done: Done) -> None:
    """An account of which no failure is told is as it was to be; a person keeps access only where that is told."""
    if not done.failed:
        assert [entry["waba_id"] for entry in done.result["accounts"]] == [
            entry["waba_id"] for entry in goal(name).done.result["accounts"]
        ]
    for entry in done.result.get("accounts", []):
        if entry["msg"] is None:
            now, wanted = after[entry["waba_id"]], goal(name).people[entry["waba_id"]]
            assert not now.keys() & task.revoked
            # Tasks that the API did not report are taken as they are, with a warning.
            assert now == wanted or (now.keys() == wanted.keys() and is_warned_of(entry, done))


def is_warned_of(entry: Json, done: Done) -> bool:
    return any(entry["waba_id"] in one and "does not report the tasks" in one for one in done.result["warnings"])


def comes_right(task: Task, name: str, sandbox: Sandbox) -> None:
    """Without a fault, the task brings about what was declared; and then there is nothing left to do."""
    sandbox.clear_faults()
    for _read in range(sandbox.behaviours.stale_reads):  # reads are not behind for ever
        run(sandbox, task.options, check_mode=True)
    before = truth(sandbox, EVERY_ACCOUNT)
    done = task.run(sandbox)
    assert not done.failed, done.message
    after = truth(sandbox, EVERY_ACCOUNT)
    check(before, after, done)
    assert after == goal(name).people
    for _read in range(sandbox.behaviours.stale_reads):
        run(sandbox, task.options, check_mode=True)
    assert not task.run(sandbox).result["changed"]
    writes = {operation["method"] for request in sandbox.log for operation in request.operations}
    assert writes | {request.method for request in sandbox.log if not request.operations} == {"GET"}


def pairs(kinds: tuple[Kind, ...]) -> list[Any]:
    """Each task with each kind of fault that is one in it."""
    return [
        pytest.param(name, kind, id=f"{name}-{kind.name}")
        for name, kind in itertools.product(TASKS, kinds)
        if TASKS[name].meets(kind)
    ]


@pytest.mark.share(97)
@pytest.mark.parametrize(("name", "kind"), pairs(KINDS))
def test_a_fault_at_every_request(name: str, kind: Kind) -> None:
    """Each position, once and for ever; what passes is survived."""
    for position, for_ever in itertools.product(range(1, len(goal(name).operations) + 1), (False, True)):
        fault = at(kind, position, for_ever=for_ever)
        assert suffers(name, [fault], has_to_pass=kind.passes and not for_ever) == 1


@pytest.mark.share(83)
@pytest.mark.parametrize(("name", "kind"), pairs(OPERATION_KINDS))
def test_a_fault_at_every_operation_of_every_batch(name: str, kind: Kind) -> None:
    """Each operation, counted over all batches."""
    for position in range(1, sum(goal(name).operations) + 1):
        fault = dataclasses.replace(at(kind, position, for_ever=False), in_batch=True)
        assert suffers(name, [fault], has_to_pass=kind.passes) == 1


@pytest.mark.share(83)
@pytest.mark.parametrize(("name", "kind"), pairs(OPERATION_KINDS))
def test_a_fault_of_one_account(name: str, kind: Kind) -> None:
    """For ever, from one of its calls on: from its reading, from a write, or from another."""
    for waba_id, nth in itertools.product(ACCOUNTS, (1, 2, 3)):
        suffers(name, [dataclasses.replace(at(kind, nth, for_ever=True), waba_id=waba_id)])


SWIFT = [kind for kind in KINDS if kind.fault.kind not in ("hang", "endless", "endless_pages", "repeat_cursor")]
requests = st.tuples(st.sampled_from(SWIFT), st.integers(1, 12), st.booleans(), st.none() | st.sampled_from(ACCOUNTS))
operations = st.tuples(st.sampled_from(OPERATION_KINDS), st.integers(1, 20), st.none() | st.sampled_from(ACCOUNTS))


@given(
    st.sampled_from(sorted(TASKS)), st.lists(requests, max_size=3), st.lists(operations, max_size=3), st.integers(0, 3)
)
@examples(share=15, whole=2000)
def test_several_faults_in_one_task(
    name: str,
    in_requests: list[tuple[Kind, int, bool, str | None]],
    in_batches: list[tuple[Kind, int, str | None]],
    retries: int,
) -> None:
    """Any of them, anywhere, one after the other."""
    count(SEQUENCES)
    faults = [
        *(
            dataclasses.replace(at(kind, nth, for_ever=for_ever), waba_id=waba_id)
            for kind, nth, for_ever, waba_id in in_requests
            if TASKS[name].meets(kind)
        ),
        *(
            dataclasses.replace(at(kind, nth, for_ever=False), in_batch=True, waba_id=waba_id)
            for kind, nth, waba_id in in_batches
            if TASKS[name].meets(kind)
        ),
    ]
    suffers(name, faults, retries=retries)


def test_what_a_task_says_of_accounts_is_found_out_when_it_lies() -> None:
    """Else all of the above would show nothing."""
    sandbox = TASKS["handed over"].server()
    before = truth(sandbox, ACCOUNTS)
    done = TASKS["handed over"].run(sandbox)
    after = truth(sandbox, ACCOUNTS)
    sandbox.stop()
    assert lies_of_accounts(before, after, done) == []
    assert lies_of_accounts(before, before, done) != []

    def forged(**changes: Any) -> list[str]:
        return lies_of_accounts(before, after, dataclasses.replace(done, result={**done.result, **changes}))

    for name in ("plan", "diff", "accounts"):
        assert forged(**{name: done.result[name][1:]}) != []
    assert forged(summary={**done.result["summary"], "changed": 2}) != []
    ended = [
        {**diff, "before": diff["before"].replace("\n", " (ended 2026-11-30)\n", 1)} for diff in done.result["diff"]
    ]
    assert forged(diff=ended) != []
    assert forged(changed=False) != []
    assert forged(failed=True) != []
    for place, name in itertools.product(range(3), ("added", "updated", "removed", "changed", "msg")):
        accounts = copy.deepcopy(done.result["accounts"])
        entry = accounts[place]
        if entry[name] != []:
            entry[name] = {"changed": False, "msg": "It failed."}.get(name, [])
            assert forged(accounts=accounts) != [], (place, name)
    accounts = copy.deepcopy(done.result["accounts"])
    (gone,) = accounts[1].pop("removed")
    failed = {"id": gone["id"], "operation": "remove", "msg": "Could not remove them."}
    accounts[1].update(removed=[], failed_users=[failed], msg=failed["msg"])
    summary = {**done.result["summary"], "changed": 2, "failed": 1}
    assert forged(accounts=accounts, summary=summary, failed=True) != []
    failed["msg"] = accounts[1]["msg"] = f"Whether it was carried out {UNKNOWN}."
    assert forged(accounts=accounts, summary=summary, failed=True) == []
    assert forged(accounts=accounts, summary=summary) != []

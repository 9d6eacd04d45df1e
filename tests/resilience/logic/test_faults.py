# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fault at every call: each kind, at each position of each exchange, once and for ever.

Whatever happens: the task comes through or fails, what it says of itself is what the server knows, and once the fault
is gone, running it again brings about what was asked, and a further run does nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging, transport
from hypothesis import given
from hypothesis import strategies as st
from resilience.account import UNKNOWN, People, lies, unsure_of
from resilience.counts import FAULTS, SEQUENCES, count
from resilience.exchanges import BY_NAME, EXCHANGES, KINDS, OPERATION_KINDS, Exchange, Kind, at, goal
from resilience.reading import is_whole, misread
from resilience.scale import examples
from resilience.tasks import INFO, Done, run_in
from sandbox import Fault, Request, Sandbox

WITH_BATCHES = [exchange for exchange in EXCHANGES if exchange.sends_batches]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are reached in no time."""
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", 2**21)
    monkeypatch.setattr(paging, "MAX_PAGES", 30)


def told_truly(exchange: Exchange, before: People, sandbox: Sandbox, done: Done) -> None:
    """What the task says is so; and a task that failed says why."""
    assert lies(before, sandbox.assigned(), done, exchange.user_id) == []
    if done.failed:
        assert done.message
    elif exchange.only_reads:
        assert misread(done, goal(exchange.name).done) == []


def comes_right(exchange: Exchange, sandbox: Sandbox, wanted: People) -> None:
    """Without a fault, the task brings about what was asked; and then there is nothing left to do."""
    sandbox.clear_faults()
    for _read in range(sandbox.behaviours.stale_reads):  # reads are not behind for ever
        run_in(sandbox, INFO, {})
    before = sandbox.assigned()
    done = exchange.run(sandbox, timeout=30)
    assert not done.failed, done.message
    assert sandbox.assigned() == wanted
    if exchange.only_reads:
        assert misread(done, goal(exchange.name).done) == []
        assert is_whole(done)
    if not exchange.repeats:
        assert lies(before, wanted, done, exchange.user_id) == []
        done = exchange.run(sandbox, timeout=30)
        assert (done.failed, done.result["changed"]) == (False, False), done.message
        assert {method for request in sandbox.log for method in methods(request)} == {"GET"}


def methods(request: Request) -> list[str]:
    """That of a call, or those of a batch's operations."""
    return [operation["method"] for operation in request.operations] or [request.method]


def suffers(exchange: Exchange, faults: list[Fault], wanted: People, *, has_to_pass: bool = False) -> int:
    """Run the task with these faults, and again without; returns how many faults of a single call met theirs."""
    with exchange.server() as sandbox:
        before = sandbox.assigned()
        for fault in faults:
            sandbox.inject(fault)
        is_silent = any(fault.kind == "hang" for fault in faults)
        done = exchange.run(sandbox, **({"timeout": 0.3} if is_silent else {}))
        met = len(faults) - len(sandbox.faults_unmet())
        count(FAULTS, met)
        told_truly(exchange, before, sandbox, done)
        if [fault.times for fault in faults] == [1] and exchange.behaviours.get("tasks") != "never":
            # One call went wrong, once: what came of it can be read, where the API tells it at all.
            assert unsure_of(done, exchange.user_id) == set()
        if has_to_pass:
            assert not done.failed, done.message
            assert sandbox.assigned() == wanted
            assert not exchange.only_reads or is_whole(done)
        comes_right(exchange, sandbox, wanted)
        return met


@contextlib.contextmanager
def where(place: str) -> Iterator[None]:
    """Say in a failure where it happened."""
    try:
        yield
    except Exception as error:
        raise AssertionError(place) from error


def pairs(exchanges: Iterable[Exchange], kinds: Iterable[Kind]) -> list[Any]:
    """Each exchange with each kind of fault that is one in it."""
    return [
        pytest.param(exchange, kind, id=f"{exchange.name}-{kind.name}")
        for exchange, kind in itertools.product(exchanges, kinds)
        if kind.meets(exchange)
    ]


@pytest.mark.share(79)
@pytest.mark.parametrize(("exchange", "kind"), pairs(EXCHANGES, KINDS))
def test_a_fault_at_every_request(exchange: Exchange, kind: Kind) -> None:
    """Each position, once and for ever; what passes is survived."""
    requests, wanted = goal(exchange.name).requests, goal(exchange.name).people
    for position, for_ever in itertools.product(range(1, requests + 1), (False, True)):
        fault = at(kind, position, for_ever=for_ever)
        with where(f"at request {position} of {requests}, for ever: {for_ever}"):
            assert suffers(exchange, [fault], wanted, has_to_pass=kind.passes and not for_ever) == 1


@pytest.mark.share(47)
@pytest.mark.parametrize(("exchange", "kind"), pairs(WITH_BATCHES, OPERATION_KINDS))
def test_a_fault_at_every_operation_of_every_batch(exchange: Exchange, kind: Kind) -> None:
    """Each operation of each batch, once and for ever."""
    batches, wanted = goal(exchange.name).operations, goal(exchange.name).people
    assert any(batches)
    seen: dict[int, int] = {}
    for index in [index for size in batches for index in range(size)]:
        seen[index] = seen.get(index, 0) + 1
        for for_ever in (False, True):
            fault = dataclasses.replace(at(kind, seen[index], for_ever=for_ever), index=index)
            with where(f"at operation {index}, time {seen[index]}, for ever: {for_ever}"):
                assert suffers(exchange, [fault], wanted, has_to_pass=kind.passes and not for_ever) == 1


SWIFT = [kind for kind in KINDS if kind.fault.kind not in ("hang", "endless", "endless_pages", "repeat_cursor")]
positions = st.tuples(st.sampled_from(SWIFT), st.integers(1, 12), st.booleans())
operations = st.tuples(st.sampled_from(OPERATION_KINDS), st.integers(1, 3), st.integers(0, 3))


@given(st.sampled_from(EXCHANGES), st.lists(positions, max_size=4), st.lists(operations, max_size=3), st.integers(0, 3))
@examples(share=15, whole=2000)
def test_several_faults_in_one_exchange(
    exchange: Exchange,
    requests: list[tuple[Kind, int, bool]],
    in_batches: list[tuple[Kind, int, int]],
    retries: int,
) -> None:
    """Any of them, anywhere, one after the other."""
    count(SEQUENCES)
    faults = [
        *(at(kind, position, for_ever=for_ever) for kind, position, for_ever in requests if kind.meets(exchange)),
        *(
            dataclasses.replace(at(kind, nth, for_ever=False), index=index)
            for kind, nth, index in in_batches
            if kind.meets(exchange)
        ),
    ]
    tried_more = dataclasses.replace(exchange, options={**exchange.options, "retries": retries})
    suffers(tried_more, faults, goal(exchange.name).people)


def test_the_account_of_a_task_is_found_out_when_it_lies() -> None:
    """Else all of the above would show nothing."""
    exchange = BY_NAME["a list"]
    with exchange.server() as sandbox:
        before = sandbox.assigned()
        done = exchange.run(sandbox)
        after = sandbox.assigned()
    assert lies(before, after, done) == []
    for name in ("added", "updated", "removed"):
        forged = dataclasses.replace(done, result={**done.result, name: done.result[name][1:]})
        assert lies(before, after, forged) != []
    (entry,) = done.result["removed"]
    failed = {"id": entry["id"], "operation": "remove", "msg": "Could not remove them."}
    denial = {**done.result, "failed": True, "removed": [], "failed_users": [failed]}
    assert lies(before, after, dataclasses.replace(done, result=denial)) != []
    honest = {**denial, "failed_users": [{**failed, "msg": f"Whether it was carried out {UNKNOWN}."}]}
    assert lies(before, after, dataclasses.replace(done, result=honest)) == []
    assert lies(before, after, dataclasses.replace(done, result={**done.result, "changed": False})) != []
    assert lies(before, before, done) != []
    assert lies(before, after, Done({"failed": True, "changed": False, "msg": "No."}, [])) != []


def test_what_is_misread_is_found_out() -> None:
    """A part that is gone without a word, an entry that is another, and one of a part that was not read."""
    whole = goal("read several accounts").done
    first, second = whole.result["accounts"]
    gone = {**second, "assigned_users": [], "msg": "It could not be read."}
    for accounts, is_true in (
        ([first, second], True),
        ([first, gone], True),
        ([first], False),
        ([first, {**second, "assigned_users": second["assigned_users"][1:]}], False),
    ):
        told = dataclasses.replace(whole, result={**whole.result, "accounts": accounts})
        assert (misread(told, whole) == []) is is_true
        assert is_whole(told) is (gone not in accounts)
    people = goal("read who is in a business").done
    unread = {**people.result, "unread": [{"kind": "business_user"}]}
    assert misread(dataclasses.replace(people, result=unread), people) != []
    others = [user for user in people.result["business_users"] if user["user_type"] != "BUSINESS_USER"]
    rest = dataclasses.replace(people, result={**unread, "business_users": others})
    assert misread(rest, people) == []
    assert not is_whole(rest)
    hosts = goal("read the accounts of a business").done
    assert {kind for host in hosts.result["hosts"] for kind in host["kinds"]} == {"owned", "client"}
    assert misread(dataclasses.replace(hosts, result={**hosts.result, "hosts": []}), hosts) != []

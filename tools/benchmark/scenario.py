# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios: an API at the start, what is declared, and what the accounts must hold at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox import Sandbox

PEOPLE_EACH = 20
JANE = "3456789012345678"
LEAVER = "4567890123456789"
LEAVER_EMAIL = "maria.garcia@example.com"
#: Operations in a batch, and users or accounts on a page: the most that the API allows.
BATCH = 50
PAGE = 100

# The assignments of an account, user id -> tasks; as changes, None removes the user.
Held = dict[str, set[str]]
Changes = dict[str, "set[str] | None"]


class Scenario(NamedTuple):
    """One job. `given` holds the options of `waba_access`; everything that competes reads it."""

    name: str
    #: Options of the sandbox.
    options: dict[str, Any]
    given: dict[str, Any]
    #: Account id -> assignments at the end.
    expected: dict[str, Held]
    #: How many assignments differ from those at the start.
    changes: int
    #: The most round trips that this collection may take.
    round_trips: int


def converged(accounts: int) -> Scenario:
    """Accounts that are as declared, named, by id."""
    name = f"{accounts:,} accounts, converged"
    return _declared(name, {"accounts": accounts}, lambda _held: {}, batches(accounts))


def changed(accounts: int) -> Scenario:
    """One grant and one removal in each account."""

    def changes(held: Held) -> Changes:
        return {JANE: {"MESSAGING", "VIEW_TEMPLATES"}, list(held)[-1]: None}

    # A read, the grants, the removals and a read-back of each account, and the token's own user.
    round_trips = 4 * batches(accounts) + 1
    return _declared(f"{accounts:,} accounts, two changes in each", {"accounts": accounts}, changes, round_trips)


def offboarded(accounts: int) -> Scenario:
    """One person, named by e-mail, is removed from every account that the business has."""
    options = {"accounts": accounts, "people_each": PEOPLE_EACH}
    before = _assigned(options)
    expected = {
        waba_id: {user_id: tasks for user_id, tasks in held.items() if user_id != LEAVER}
        for waba_id, held in before.items()
    }
    # Two pages of the business's people share the batches of the pages of its accounts.
    round_trips = max(2, _pieces(accounts, PAGE)) + 3 * batches(accounts) + 1
    name = f"{accounts:,} accounts, one person off-boarded"
    return Scenario(name, options, {"revoke": [LEAVER_EMAIL]}, expected, accounts, round_trips)


def read(accounts: int) -> Scenario:
    """Every account that the business has is read, and the business's people."""
    options = {"accounts": accounts, "people_each": PEOPLE_EACH}
    round_trips = max(2, _pieces(accounts, PAGE)) + batches(accounts)
    return Scenario(f"{accounts:,} accounts, read", options, {}, _assigned(options), 0, round_trips)


def one_account(people: int) -> Scenario:
    """One account: a fifth of its people is removed, a fifth gets other tasks."""
    fifth = people // 5

    def changes(held: Held) -> Changes:
        crowd = list(held)[-people:]
        other: Changes = {user_id: {"DEVELOP", "MESSAGING", "VIEW_COST"} for user_id in crowd[fifth : 2 * fifth]}
        return {**dict.fromkeys(crowd[:fifth]), **other}

    round_trips = 2 * _pieces(people + 5, PAGE) + 2 * batches(fifth) + 1
    return _declared(f"1 account, {people:,} people", {"people": people}, changes, round_trips)


def _declared(name: str, options: dict[str, int], change: Callable[[Held], Changes], round_trips: int) -> Scenario:
    """A scenario that names the accounts and every user on them."""
    if "accounts" in options:
        options = {**options, "people_each": PEOPLE_EACH}
    before = _assigned(options)
    accounts, expected, count = [], {}, 0
    for waba_id, held in before.items():
        changes = change(held)
        declared: Changes = {**held, **changes}
        accounts.append({"waba_id": waba_id, "users": [_entry(*each) for each in declared.items()]})
        expected[waba_id] = {user_id: tasks for user_id, tasks in declared.items() if tasks is not None}
        count += len(changes)
    return Scenario(name, options, {"accounts": accounts}, expected, count, round_trips)


def _assigned(options: dict[str, int]) -> dict[str, Held]:
    """The assignments at the start: of all made-up accounts, or of the sandbox's first account."""
    with Sandbox(**options) as sandbox:  # type: ignore[arg-type]
        waba_ids = sandbox.waba_ids if "accounts" in options else [sandbox.waba_id]
        return {waba_id: sandbox.assigned(waba_id) for waba_id in waba_ids}


def _entry(user_id: str, tasks: set[str] | None) -> dict[str, Any]:
    if tasks is None:
        return {"user_id": user_id, "state": "absent"}
    return {"user_id": user_id, "tasks": sorted(tasks), "state": "present"}


def batches(operations: int) -> int:
    """Batches that so many operations take."""
    return _pieces(operations, BATCH)


def _pieces(count: int, size: int) -> int:
    return -(-count // size)

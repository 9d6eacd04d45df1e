# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The rows of an audit report: each account with the users who can act on it or should. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS, Tasks, has_full_control


#: The way to act of a user who is assigned to the account.
ASSIGNED = "assigned"
_UNKNOWN: Json = {"tasks": None, "user_type": None, "business": None}


@dataclasses.dataclass(frozen=True)
class Row:
    """A user of an account: assigned, declared and missing, or able to act without being assigned."""

    user: Json
    #: The user's entry in the report's `drift`; empty where nothing is declared.
    drift: Json
    #: How the user can act, as the ways of the report's `people`; empty for one who is missing and cannot.
    ways: tuple[str, ...]

    @property
    def is_assigned(self) -> bool:
        return ASSIGNED in self.ways

    @property
    def held(self) -> Tasks | None:
        """The user's tasks; `None` where the API does not report them."""
        if not self.is_assigned:
            return frozenset()
        return None if self.user["tasks"] is None else frozenset(self.user["tasks"])

    @property
    def declared(self) -> Tasks:
        return frozenset(self.drift.get("declared_tasks") or [])

    @property
    def may(self) -> Tasks:
        """The tasks with those that full control includes."""
        held = self.held or frozenset()
        return held | frozenset(TASKS) if has_full_control(held) else held

    def mark(self, task: str) -> str:
        """Return the mark that the page shows for a task of the user."""
        held = self.held
        if held is None:
            return "?"
        if self.drift.get("status") in (drift.MISSING, drift.DIFFERENT):
            if task in held and task not in self.declared and not has_full_control(self.declared):
                return "+"
            if task in self.declared and task not in self.may:
                return "\u2212"
        return "✓" if task in held else "○" if task in self.may else ""


def rows_of(report: Json) -> list[tuple[Json, list[Row]]]:
    """Return each account of the report with its rows."""
    entries: dict[str, dict[str, Json]] = {account["waba_id"]: {} for account in report["accounts"]}
    for entry in report["drift"] or []:
        entries[entry["waba_id"]][entry["user_id"]] = entry
    ways: dict[str, dict[str, list[str]]] = {waba_id: {} for waba_id in entries}
    for person in report["people"]:
        for way, waba_id in ((one["way"], waba_id) for one in person["ways"] for waba_id in one["waba_ids"]):
            if way != ASSIGNED and waba_id in ways:
                ways[waba_id].setdefault(person["user_id"], []).append(way)
    others = _unassigned(report)
    return [
        (account, list(_rows(account, entries[account["waba_id"]], ways[account["waba_id"]], others)))
        for account in report["accounts"]
    ]


def _rows(
    account: Json, entries: dict[str, Json], ways: dict[str, list[str]], others: dict[str, Json]
) -> t.Iterator[Row]:
    assigned = {user["id"]: user for user in account["assigned_users"]}
    for user_id, user in assigned.items():
        yield Row(user, entries.get(user_id, {}), (ASSIGNED, *ways.get(user_id, [])))
    missing = [user_id for user_id, entry in entries.items() if entry["status"] == drift.MISSING]
    for user_id in dict.fromkeys((*missing, *ways)):
        if user_id not in assigned:
            entry = entries.get(user_id, {})
            user = others.get(user_id) or {**_UNKNOWN, "id": user_id, "name": entry["name"]}
            yield Row(user, entry, tuple(ways.get(user_id, [])))


def _unassigned(report: Json) -> dict[str, Json]:
    """Return each person of the report by id, as a user who holds no tasks."""
    names = {business["id"]: business["name"] for business in report["businesses"]}
    users = {}
    for person in report["people"]:
        business_id = person["business_id"]
        business = business_id and {"id": business_id, "name": names.get(business_id)}
        users[person["user_id"]] = {**person, "id": person["user_id"], "tasks": None, "business": business}
    return users


def has_emails(report: Json) -> bool:
    """Whether e-mail addresses were asked for."""
    users = [*report["people"], *(user for account in report["accounts"] for user in account["assigned_users"])]
    return any("email" in user for user in users)

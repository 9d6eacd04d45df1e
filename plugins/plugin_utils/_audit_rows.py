# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of an audit report: each account with the users who can act on it or should. Pure functions."""

from __future__ import annotations

import dataclasses

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS, Tasks, has_full_control

#: The way to act of a user who is assigned to the account.
ASSIGNED = "assigned"


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
    ways: dict[str, dict[str, list[str]]] = {account["waba_id"]: {} for account in report["accounts"]}
    for person in report["people"]:
        for way, waba_id in ((one["way"], waba_id) for one in person["ways"] for waba_id in one["waba_ids"]):
            ways.setdefault(waba_id, {}).setdefault(person["user_id"], []).append(way)
    entries = {(one["waba_id"], one["user_id"]): one for one in report["drift"] or []}
    others = _unassigned(report)
    for (waba_id, user_id), entry in entries.items():
        if entry["status"] == drift.MISSING:
            ways[waba_id].setdefault(user_id, [])
            nobody = {"id": user_id, "name": entry["name"], "tasks": None, "user_type": None, "business": None}
            others.setdefault(user_id, nobody)
    rows = []
    for account in report["accounts"]:
        waba_id, users = account["waba_id"], {**others, **{user["id"]: user for user in account["assigned_users"]}}
        shown = [
            Row(users[key], entries.get((waba_id, key), {}), tuple(theirs)) for key, theirs in ways[waba_id].items()
        ]
        rows.append((account, shown))
    return rows


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
    return any("email" in person for person in report["people"])

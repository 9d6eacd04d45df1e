# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of an audit report: each account with its users, assigned or missing. Pure functions."""

from __future__ import annotations

import dataclasses

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS, Tasks, has_full_control


@dataclasses.dataclass(frozen=True)
class Row:
    """A user of an account: assigned, or declared and missing."""

    user: Json
    #: The user's entry in the report's `drift`; empty where nothing is declared.
    drift: Json

    @property
    def is_missing(self) -> bool:
        return self.drift.get("status") == drift.MISSING

    @property
    def held(self) -> Tasks | None:
        """The user's tasks; `None` where the API does not report them."""
        if self.is_missing:
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
    return [(account, _rows(account, entries[account["waba_id"]])) for account in report["accounts"]]


def _rows(account: Json, entries: dict[str, Json]) -> list[Row]:
    assigned = [Row(user, entries.get(user["id"], {})) for user in account["assigned_users"]]
    unassigned = {"tasks": None, "user_type": None, "business": None}
    missing = [
        Row({"id": user_id, "name": entry["name"], **unassigned}, entry)
        for user_id, entry in entries.items()
        if entry["status"] == drift.MISSING
    ]
    return assigned + missing

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Access as it is against access as it is declared: what the role `waba_access` would change. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import is_at_least, is_exactly
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import AssignedUser
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_facts import Account, Json, by_id

AS_DECLARED = "as-declared"
MISSING = "missing"
EXTRA = "extra"
DIFFERENT = "different"
#: Assigned and declared, while the API does not tell the tasks.
UNTOLD = "untold"
STATUSES = (AS_DECLARED, MISSING, EXTRA, DIFFERENT, UNTOLD)


def compare(accounts: t.Iterable[Account], declared: t.Iterable[Json], names: t.Mapping[str, str]) -> list[Json]:
    """How everybody stands who is assigned or declared, in accounts that were read and are declared.

    `declared` is what `resolve_accounts` returns. An entry is `enforced` unless the declaration leaves the person
    alone: one that is enforced, and neither as declared nor untold, is what `waba_access` would change.
    """
    wanted = {account["waba_id"]: account for account in declared}
    return [
        {"waba_id": account.waba_id, "name": names.get(entry["user_id"]), **entry}
        for account in accounts
        if account.problem is None and account.waba_id in wanted
        for entry in _compare_one(account, wanted[account.waba_id])
    ]


def _compare_one(account: Account, wanted: Json) -> t.Iterator[Json]:
    """Whoever is assigned or to be assigned."""
    wishes = {wish["user_id"]: wish for wish in wanted["users"]}
    declared = {user_id for user_id, wish in wishes.items() if wish.get("state") != "absent"}
    for user_id in sorted({*account.users, *declared}, key=by_id):
        yield {"user_id": user_id, **_entry(account.users.get(user_id), wishes.get(user_id), wanted)}


def _entry(user: AssignedUser | None, wish: Json | None, wanted: Json) -> Json:
    held = user.tasks if user else None
    shown = {"tasks": None if held is None else sorted(held), "declared_tasks": None, "enforced": True}
    if wish is None:
        if user is not None and user.id in (wanted.get("keep_users") or []):
            return {**shown, "status": AS_DECLARED}
        return {**shown, "status": EXTRA, "enforced": bool(wanted.get("purge_users"))}
    if wish.get("state") == "absent":
        return {**shown, "status": EXTRA}
    tasks = frozenset(wish["tasks"])
    shown["declared_tasks"] = sorted(tasks)
    if user is None:
        return {**shown, "status": MISSING}
    if held is None:
        return {**shown, "status": UNTOLD}
    enough = is_exactly if wanted.get("purge_tasks", True) else is_at_least
    return {**shown, "status": AS_DECLARED if enough(tasks, held) else DIFFERENT}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Access as it is against access as it is declared: what the role `waba_access` would change. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.plan import Desired, change_of
from .._access.resolve import Resolved
from .._edges.assigned_users import AssignedUser
from .._graph.values import by_id
from .facts import AuditedAccount, Json

AS_DECLARED = "as-declared"
MISSING = "missing"
EXTRA = "extra"
DIFFERENT = "different"
#: Assigned and declared, while the API does not tell the tasks.
UNTOLD = "untold"
STATUSES = (AS_DECLARED, MISSING, EXTRA, DIFFERENT, UNTOLD)


def compare(
    accounts: t.Iterable[AuditedAccount], declared: t.Iterable[Resolved], names: t.Mapping[str, str]
) -> list[Json]:
    """How every user stands who is assigned or declared, on accounts that were read and are declared.

    An entry is `enforced` unless the declaration leaves the user alone: one that is enforced, and neither as declared
    nor unknown, is what `waba_access` would change.
    """
    by_account = {one.account.waba_id: one for one in declared}
    return [
        {"waba_id": account.waba_id, "name": names.get(entry["user_id"]), **entry}
        for account in accounts
        if account.problem is None and account.waba_id in by_account
        for entry in _compare_one(account, by_account[account.waba_id])
    ]


def _compare_one(account: AuditedAccount, declared: Resolved) -> t.Iterator[Json]:
    """The users who are assigned or are to be assigned."""
    desired = {one.user_id: one for one in declared.desired}
    present = {user_id for user_id, one in desired.items() if one.tasks is not None}
    for user_id in sorted({*account.users, *present}, key=by_id):
        yield {"user_id": user_id, **_entry(account.users.get(user_id), desired.get(user_id), declared)}


def _entry(user: AssignedUser | None, desired: Desired | None, declared: Resolved) -> Json:
    held = user.tasks if user else None
    shown = {"tasks": None if held is None else sorted(held), "declared_tasks": None, "enforced": True}
    rules = declared.account.rules
    if desired is None:
        if user is not None and user.id in declared.keep_users:
            return {**shown, "status": AS_DECLARED}
        # Where somebody is unresolved, who that is, is not known: the account is not purged.
        return {**shown, "status": EXTRA, "enforced": rules.purge_users and not declared.unresolved}
    if desired.tasks is None:
        return {**shown, "status": EXTRA}
    shown["declared_tasks"] = sorted(desired.tasks)
    if user is not None and held is None:
        return {**shown, "status": UNTOLD}
    change = change_of(desired, user, rules)
    return {**shown, "status": AS_DECLARED if change is None else MISSING if change.before is None else DIFFERENT}

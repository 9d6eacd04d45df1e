# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Current access compared with declared access: what the role `waba_access` would change. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from .._access.plan import Desired, change_of, purges
from .._access.resolve import Resolved
from .._edges.assigned_users import AssignedUser, UserList
from .._graph.values import by_id
from .facts import Json, users_of

AS_DECLARED = "as-declared"
MISSING = "missing"
EXTRA = "extra"
DIFFERENT = "different"
#: Assigned and declared; the API does not report the tasks.
NOT_REPORTED = "not-reported"


def compare(
    accounts: t.Iterable[UserList], declared: t.Mapping[str, Resolved], names: t.Mapping[str, str]
) -> list[Json]:
    """Compare every user who is assigned or declared, on accounts that were read and are declared.

    `enforced` is false where the declaration does not cover the user: `waba_access` changes only enforced entries.
    """
    entries = []
    for account in accounts:
        one = declared.get(account.account.waba_id)
        if account.error or one is None:
            continue
        users, desired = users_of(account), {entry.user_id: entry for entry in one.desired}
        present = {user_id for user_id, entry in desired.items() if entry.tasks is not None}
        for user_id in sorted({*users, *present}, key=by_id):
            head = {"waba_id": account.account.waba_id, "user_id": user_id, "name": names.get(user_id)}
            entries.append({**head, **_entry(users.get(user_id), desired.get(user_id), one)})
    return entries


def _entry(user: AssignedUser | None, desired: Desired | None, declared: Resolved) -> Json:
    held = user.tasks if user else None
    shown: Json = {"tasks": None if held is None else sorted(held), "declared_tasks": None, "enforced": True}
    shown.update(valid_until=None, reason=None)
    rules = dataclasses.replace(declared.account.rules, keep_users=declared.keep_users)
    if desired is None:
        if user is not None and user.id in declared.keep_users:
            return {**shown, "status": AS_DECLARED}
        # An account with unresolved people is not purged: the user may be one of them.
        return {**shown, "status": EXTRA, "enforced": purges(rules, declared.desired) and not declared.unresolved}
    if desired.end:
        shown.update(valid_until=desired.end.text, reason=desired.reason)
    if desired.tasks is None:
        return {**shown, "status": EXTRA}
    shown["declared_tasks"] = sorted(desired.tasks)
    if user is not None and held is None:
        return {**shown, "status": NOT_REPORTED}
    change = change_of(desired, user, rules)
    return {**shown, "status": AS_DECLARED if change is None else MISSING if change.before is None else DIFFERENT}

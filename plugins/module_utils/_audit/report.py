# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report of an audit, which is also its JSON file. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.guard import manages
from .._access.people import Directories
from .._access.resolve import Resolved
from .._edges.assigned_users import UserList
from .._graph.values import by_id
from .._version import VERSION
from .drift import compare
from .facts import Evidence, Json, is_of_another_business, users_of
from .findings import find
from .history import FORMAT, changes_since
from .kinds import SEVERITIES


def make_report(
    accounts: t.Iterable[UserList],
    *,
    generated_at: str,
    max_full_control: int,
    directories: Directories | None = None,
    declared: t.Sequence[Resolved] | None = None,
    baseline: Json | None = None,
    emails: bool = False,
    declaration: str | None = None,
) -> Json:
    """Return the report of accounts, in the order of their ids.

    `declared` are the accounts whose access is declared, `baseline` is an earlier report; `None` without.
    """
    accounts = sorted(accounts, key=lambda one: by_id(one.account.waba_id))
    businesses = directories or {}
    people = [user for _id, directory in sorted(businesses.items()) for user in directory.users()]
    listed = [user for account in accounts for user in users_of(account).values()]
    addresses = {user.id: user.email for user in people} if emails else None
    shown = [_account(account, addresses) for account in accounts]
    names = {user.id: user.name for user in people if user.name}
    names |= {user.id: user.name for user in listed if user.name}
    drift = None if declared is None else compare(accounts, declared, names)
    changes = None if baseline is None else changes_since(baseline, shown)
    problems = {one.account.waba_id: [*(each.line for each in one.unresolved), *one.warnings] for one in declared or []}
    findings = find(Evidence(accounts, businesses, drift, problems, changes, max_full_control))
    return {
        "format": FORMAT,
        "collection_version": VERSION,
        "generated_at": generated_at,
        "max_full_control": max_full_control,
        "declaration": declaration,
        "summary": _summary(accounts, findings),
        "findings": findings,
        "accounts": shown,
        "drift": drift,
        "changes": changes,
    }


def _account(account: UserList, emails: t.Mapping[str, str | None] | None) -> Json:
    users = [user.as_result() for user in users_of(account).values()]
    if emails is not None:
        users = [{**user, "email": emails.get(user["id"])} for user in users]
    return {**account.as_result(), "assigned_users": users}


def _summary(accounts: t.Sequence[UserList], findings: list[Json]) -> Json:
    """Count users: one who is assigned to several accounts counts once."""
    pairs = [(account, user) for account in accounts for user in users_of(account).values()]
    return {
        "accounts": len(accounts),
        "accounts_unread": sum(account.error is not None for account in accounts),
        "people": len({user.id for _account, user in pairs}),
        "managers": len({user.id for _account, user in pairs if manages(user)}),
        "system_users": len({user.id for _account, user in pairs if user.user_type == "SYSTEM_USER"}),
        "other_business": len({user.id for account, user in pairs if is_of_another_business(account, user)}),
        "findings": {severity: sum(finding["severity"] == severity for finding in findings) for severity in SEVERITIES},
    }

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report of who can do what: facts in, one report out, which is also the JSON that is filed. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.guard import manages
from .._access.people import Directories
from .._access.resolve import Resolved
from .._edges.assigned_users import AssignedUser
from .._version import VERSION
from .drift import compare
from .facts import AuditedAccount, Json, known_names
from .findings import SEVERITIES, Evidence, find, is_of_another_business
from .history import FORMAT, changes_since


def make_report(
    accounts: t.Sequence[AuditedAccount],
    *,
    generated_at: str,
    max_full_control: int,
    directories: Directories | None = None,
    declared: t.Sequence[Resolved] | None = None,
    baseline: Json | None = None,
    emails: bool = False,
) -> Json:
    """The report of accounts as they were read, in the order of their ids.

    `declared` are the accounts whose access is declared, `baseline` is an earlier report. Both may be missing.
    """
    people = directories or {}
    names = known_names(accounts, people)
    shown = [_account(account, _emails(people) if emails else None) for account in accounts]
    drift = None if declared is None else compare(accounts, declared, names)
    changes = None if baseline is None else changes_since(baseline, shown)
    evidence = Evidence(
        accounts=list(accounts),
        directories=people,
        drift=drift,
        declared={
            one.account.waba_id: [*(each.line for each in one.unresolved), *one.warnings] for one in declared or []
        },
        changes=changes,
        max_full_control=max_full_control,
    )
    findings = find(evidence)
    return {
        "format": FORMAT,
        "collection_version": VERSION,
        "generated_at": generated_at,
        "max_full_control": max_full_control,
        "summary": _summary(accounts, findings),
        "findings": findings,
        "accounts": shown,
        "drift": drift,
        "changes": changes,
    }


def _account(account: AuditedAccount, emails: t.Mapping[str, str | None] | None) -> Json:
    return {
        "waba_id": account.waba_id,
        "name": account.name,
        "business_id": account.business_id,
        "assigned_users": [_user(user, emails) for user in account.users.values()],
        "total_count": account.total_count,
        "graph_error": account.graph_error,
        "msg": account.problem,
    }


def _user(user: AssignedUser, emails: t.Mapping[str, str | None] | None) -> Json:
    return {**user.as_result(), **({} if emails is None else {"email": emails.get(user.id)})}


def _emails(directories: Directories) -> dict[str, str | None]:
    return {
        user.id: user.email for _business_id, directory in sorted(directories.items()) for user in directory.users()
    }


def _summary(accounts: t.Sequence[AuditedAccount], findings: list[Json]) -> Json:
    """Numbers of the whole. Somebody with several accounts counts once."""
    pairs = [(account, user) for account in accounts for user in account.users.values()]
    return {
        "accounts": len(accounts),
        "accounts_unread": sum(account.problem is not None for account in accounts),
        "people": len({user.id for _account, user in pairs}),
        "managers": len({user.id for _account, user in pairs if manages(user)}),
        "system_users": len({user.id for _account, user in pairs if user.user_type == "SYSTEM_USER"}),
        "other_business": len({user.id for account, user in pairs if is_of_another_business(account, user)}),
        "findings": {severity: sum(finding["severity"] == severity for finding in findings) for severity in SEVERITIES},
    }

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report of who can do what: facts in, one report out, which is also the JSON that is filed. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import manages
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import AssignedUser
from ansible_collections.metaops.whatsapp.plugins.module_utils._version import VERSION
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_drift import compare
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_facts import (
    Account,
    AuditError,
    Directory,
    Json,
    known_names,
    make_accounts,
    make_directories,
)
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_findings import (
    SEVERITIES,
    Evidence,
    find,
    is_of_another_business,
)
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_history import (
    FORMAT,
    changes_since,
    read_baseline,
)


def make_report(
    listed: t.Sequence[Json],
    *,
    generated_at: str,
    max_full_control: int,
    about: t.Sequence[Json] | None = None,
    directories: t.Mapping[str, Json] | None = None,
    declared: t.Sequence[Json] | None = None,
    baseline: str | None = None,
    emails: bool = False,
) -> Json:
    """The report of accounts as `waba_assigned_users_info` lists them.

    `about` gives their `name` and `business_id`, `directories` has results of `waba_business_users_info` by business,
    `declared` is what `resolve_accounts` returns, `baseline` the text of an earlier report's file. Raises `AuditError`.
    """
    if max_full_control < 0:
        raise AuditError(f"max_full_control is {max_full_control}: give 0 or more")
    accounts = make_accounts(listed, about or [])
    people = make_directories(directories or {})
    names = known_names(accounts, people)
    shown = [_account(account, _emails(people) if emails else None) for account in accounts]
    drift = None if declared is None else compare(accounts, declared, names)
    changes = None if baseline is None else changes_since(read_baseline(baseline), shown)
    evidence = Evidence(
        accounts=accounts,
        directories=people,
        drift=drift,
        declared={account["waba_id"]: list(account.get("problems", [])) for account in declared or []},
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


def _account(account: Account, emails: t.Mapping[str, str | None] | None) -> Json:
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


def _emails(directories: t.Mapping[str, Directory]) -> dict[str, str | None]:
    return {
        person_id: person.get("email")
        for _business_id, directory in sorted(directories.items())
        for person_id, person in directory.people.items()
    }


def _summary(accounts: list[Account], findings: list[Json]) -> Json:
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

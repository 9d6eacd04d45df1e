# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report of an audit, which is also its JSON file. Pure functions."""

from __future__ import annotations

import collections
import datetime
import typing as t

from .._access.guard import manages
from .._access.people import Directories
from .._access.resolve import Resolved
from .._edges.accounts import apps_of
from .._edges.assigned_users import UserList
from .._graph.values import by_id
from .._version import VERSION
from .accept import Acceptance, Names, accept
from .drift import compare, ending
from .effective import beside_accounts, businesses, people
from .facts import Beside, Evidence, Json, Owners, is_of_another_business, users_of
from .findings import find
from .history import FORMAT, changes_since, known_findings, with_age
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
    beside: Beside | None = None,
    ending_days: int = 14,
    acceptances: t.Sequence[Acceptance] = (),
    short_names: Names | None = None,
) -> tuple[Json, list[str]]:
    """Return the report of accounts, in the order of their ids, and warnings about acceptances.

    `declared` are the accounts whose access is declared, `baseline` is an earlier report; `None` without.
    """
    accounts = sorted(accounts, key=lambda one: by_id(one.account.waba_id))
    directories, beside = directories or {}, beside or Beside()
    in_business = [user for _id, directory in sorted(directories.items()) for user in directory.users()]
    listed = [user for account in accounts for user in users_of(account).values()]
    addresses = {user.id: user.email for user in in_business} if emails else None
    shown = [_account(account, addresses, beside) for account in accounts]
    names = {user.id: user.name for user in in_business if user.name}
    names |= {user.id: user.name for user in listed if user.name}
    drift = None if declared is None else compare(accounts, declared, names)
    changes = None if baseline is None else changes_since(baseline, shown)
    problems = {
        one.account.waba_id: [
            *((each.entry.person.words, each.line) for each in one.unresolved),
            *((each.entry.person.words, line) for each, line in zip(one.unknown_absent, one.warnings)),
        ]
        for one in declared or []
    }
    now = datetime.datetime.fromisoformat(generated_at.replace("Z", "+00:00"))
    ends = ending(accounts, declared or (), now + datetime.timedelta(days=ending_days))
    known = known_findings(baseline)
    is_old = known is None and baseline is not None
    findings = find(Evidence(accounts, directories, drift, problems, changes, max_full_control, ends, is_old, beside))
    known_as = {user_id: [name] for user_id, name in names.items()}
    for user_id, short in (short_names or {}).items():
        known_as.setdefault(user_id, []).extend(short)
    called = {one.account.waba_id: [one.account.name] for one in accounts if one.account.name}
    findings, warnings = accept(findings, acceptances, now, known_as, called)
    findings = with_age(findings, known, (baseline or {}).get("generated_at", ""), generated_at)
    report = {
        "format": FORMAT,
        "collection_version": VERSION,
        "generated_at": generated_at,
        "max_full_control": max_full_control,
        "declaration": declaration,
        "businesses": businesses(accounts, directories, beside.owners.values()),
        "summary": {
            **_summary(accounts, findings),
            "new": None if known is None else sum(bool(one["new"]) and one["accepted"] is None for one in findings),
        },
        "findings": findings,
        "people": people(accounts, directories, emails=emails),
        **beside_accounts(beside, emails=emails),
        "accounts": shown,
        "drift": drift,
        "changes": changes,
    }
    return report, warnings


def _account(account: UserList, emails: t.Mapping[str, str | None] | None, beside: Beside) -> Json:
    users = [user.as_result() for user in users_of(account).values()]
    if emails is not None:
        users = [{**user, "email": emails.get(user["id"])} for user in users]
    owners = beside.owners.get(account.account.waba_id, Owners())
    apps = beside.apps.get(account.account.waba_id)
    return {
        **account.as_result(),
        "assigned_users": users,
        "owner": owners.owner,
        "on_behalf_of": owners.on_behalf_of,
        "apps": apps_of(apps) if apps else None,
    }


def _summary(accounts: t.Sequence[UserList], findings: list[Json]) -> Json:
    """Count users: one who is assigned to several accounts counts once. Accepted findings count by themselves."""
    counts = collections.Counter(finding["severity"] for finding in findings if finding["accepted"] is None)
    pairs = [(account, user) for account in accounts for user in users_of(account).values()]
    return {
        "accounts": len(accounts),
        "accounts_unread": sum(account.error is not None for account in accounts),
        "people": len({user.id for _account, user in pairs}),
        "managers": len({user.id for _account, user in pairs if manages(user)}),
        "system_users": len({user.id for _account, user in pairs if user.user_type == "SYSTEM_USER"}),
        "other_business": len({user.id for account, user in pairs if is_of_another_business(account, user)}),
        "findings": {severity: counts[severity] for severity in SEVERITIES},
        "accepted": len(findings) - sum(counts.values()),
    }

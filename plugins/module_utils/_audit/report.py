# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of an audit, which is also its JSON file. Pure functions."""

from __future__ import annotations

import collections
import datetime
import types
import typing as t

from .._access.guard import manages
from .._access.people import Directories
from .._access.resolve import Resolved
from .._edges.accounts import ON_BEHALF_OF, OWNER, apps_of, named
from .._edges.assigned_users import UserList
from .._graph.values import by_id
from .._options import VERSION
from .accept import Acceptance, Names, accept
from .drift import compare
from .effective import beside_accounts, businesses, people
from .facts import Beside, Evidence, Json, is_of_another_business, users_of
from .findings import find
from .history import FORMAT, changes_since, with_age
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
    short_names: Names = types.MappingProxyType({}),
) -> tuple[Json, list[str]]:
    """Return the report of accounts by id, and warnings about acceptances. `baseline` is an earlier report."""
    accounts = sorted(accounts, key=lambda one: by_id(one.account.waba_id))
    directories, beside = directories or {}, beside or Beside()
    in_business = [user for _id, directory in sorted(directories.items()) for user in directory.users()]
    addresses = {user.id: user.email for user in in_business} if emails else None
    shown = [_account(account, addresses, beside) for account in accounts]
    names = {user.id: user.name for user in in_business if user.name}
    names |= {user["id"]: user["name"] for one in shown for user in one["assigned_users"] if user["name"]}
    called = {one.account.waba_id: [one.account.name] for one in accounts if one.account.name}
    resolved = {one.account.waba_id: one for one in declared or ()}
    drift = None if declared is None else compare(accounts, resolved, names)
    changes = None if baseline is None else changes_since(baseline, shown)
    now, days = datetime.datetime.fromisoformat(generated_at.replace("Z", "+00:00")), datetime.timedelta(ending_days)
    evidence = Evidence(accounts, directories, drift, resolved, changes, max_full_control, now + days, beside)
    known_as = {one: [names.get(one, one), *short_names.get(one, ())] for one in {*names, *short_names}}
    findings, warnings = accept(find(evidence), acceptances, now, known_as, called)
    findings = findings if baseline is None else with_age(findings, baseline, generated_at)
    return {
        "format": FORMAT,
        "collection_version": VERSION,
        "generated_at": generated_at,
        "max_full_control": max_full_control,
        "declaration": declaration,
        "summary": _summary(accounts, findings, knows_new=baseline is not None),
        "findings": findings,
        "people": people(accounts, directories, emails=emails),
        "businesses": businesses(accounts, directories, beside.owners.values()),
        **beside_accounts(beside, directories, emails=emails),
        "accounts": shown,
        "drift": drift,
        "changes": changes,
    }, warnings


def _account(account: UserList, emails: t.Mapping[str, str | None] | None, beside: Beside) -> Json:
    users = [user.as_result() for user in users_of(account).values()]
    if emails is not None:
        users = [{**user, "email": emails.get(user["id"])} for user in users]
    raw, _listing = beside.owners.get(account.account.waba_id, ({}, None))
    apps = beside.apps.get(account.account.waba_id)
    return {
        **account.as_result(),
        "assigned_users": users,
        "owner": named(raw.get(OWNER)),
        "on_behalf_of": named(raw.get(ON_BEHALF_OF)),
        "apps": apps_of(apps) if apps else None,
    }


def _summary(accounts: t.Sequence[UserList], findings: list[Json], *, knows_new: bool) -> Json:
    """Count users: one who is assigned to several accounts counts once. Accepted findings count by themselves."""
    counting = [finding for finding in findings if finding["accepted"] is None]
    counts = collections.Counter(finding["severity"] for finding in counting)
    pairs = [(account, user) for account in accounts for user in users_of(account).values()]
    return {
        "accounts": len(accounts),
        "accounts_unread": sum(account.error is not None for account in accounts),
        "people": len({user.id for _account, user in pairs}),
        "managers": len({user.id for _account, user in pairs if manages(user)}),
        "system_users": len({user.id for _account, user in pairs if user.user_type == "SYSTEM_USER"}),
        "other_business": len({user.id for account, user in pairs if is_of_another_business(account, user)}),
        "findings": {severity: counts[severity] for severity in SEVERITIES},
        "accepted": len(findings) - len(counting),
        "new": sum(bool(finding["new"]) for finding in counting) if knows_new else None,
    }

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_access_audit_info`: read accounts and people, compare them with the declaration, report."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .._access.declaration import Declaration, DeclaredAccount, check_batch_size, parse_declaration
from .._access.end import utc_now
from .._access.plan import RefusedError
from .._access.resolve import Resolved, resolve, same_people
from .._access.survey import Survey, read_all_users, survey
from .._edges.accounts import ON_BEHALF_OF, OWNER, Activities, Rows, Single
from .._edges.business import ACCOUNT_KINDS, PEOPLE_KINDS
from .._graph.client import GraphClient
from .._graph.paging import KnownFields
from .._options import OptionError, check_between
from .accept import parse_acceptances, short_names
from .export_lines import closing_lines
from .facts import Beside, Json, Owner
from .gaps import ALWAYS
from .history import read_baseline
from .kinds import NEW
from .report import make_report

Params = t.Mapping[str, t.Any]


def audit_access(params: Params, client: GraphClient, now: datetime.datetime | None = None) -> Json:
    """Return the report of accounts, and those of its findings that `fail_on` names.

    Raises `OptionError`, `RefusedError` for accounts that cannot all be listed and for entries that contradict each
    other, and `GraphError` for an error that concerns all calls.
    """
    check_batch_size(params)
    check_between("max_full_control", params["max_full_control"], 0, 1_000_000, "users")
    check_between("ending_days", params["ending_days"], 0, 3650, "days")
    acceptances = parse_acceptances(params["accept"])
    if NEW in params["fail_on"] and params["baseline"] is None:
        raise OptionError("fail_on: new needs baseline, the path of an earlier report.")
    baseline = None if params["baseline"] is None else read_baseline(params["baseline"])
    declared, audited = _declarations(params)
    generated_at = now or utc_now()
    found, beside = _read(params, client, audited)
    report, warnings = make_report(
        found.lists,
        generated_at=generated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        max_full_control=params["max_full_control"],
        directories=found.directories if params["read_people"] else {},
        declared=_declared(declared, found, generated_at),
        baseline=baseline,
        emails=params["emails"],
        beside=beside,
        ending_days=params["ending_days"],
        acceptances=acceptances,
        short_names=short_names(declared.people, found.directories),
        declaration=params["declaration"],
    )
    failing = [finding for finding in report["findings"] if _fails(finding, params["fail_on"])]
    return {
        "changed": False,
        "report": report,
        "failing": [f"{finding['id']}: {finding['message']}" for finding in failing],
        "message": closing_lines(report),
        # Lists of people that could not be read are findings.
        "warnings": warnings,
    }


def _read(params: Params, client: GraphClient, audited: Declaration) -> tuple[Survey, Beside]:
    """Read the accounts and the people, and what is beside them, in as few round trips as there can be."""
    is_wide, own_user = params["read_people"], Single("me", ("id", "name"))
    found = survey(
        client,
        audited,
        kinds=tuple(PEOPLE_KINDS) if is_wide else (),
        account_kinds=tuple(ACCOUNT_KINDS) if is_wide else (),
        batch_size=params["batch_size"],
        beside=[own_user] if is_wide or audited.accounts is None else (),
    )
    waba_ids = [one.waba_id for one in found.accounts]
    fields, known = ("id", "name", OWNER, ON_BEHALF_OF), KnownFields()
    owners: dict[str, Owner] = {
        one["id"]: (one, listing) for listing in found.account_lists for one in listing.accounts
    }
    nodes = {waba_id: Single(waba_id, fields, known) for waba_id in waba_ids if waba_id not in owners}
    apps = {waba_id: Rows(f"{waba_id}/subscribed_apps") for waba_id in waba_ids}
    activities = {waba_id: Activities(waba_id) for waba_id in waba_ids} if params["activities"] else None
    beside = [own_user, *apps.values(), *nodes.values(), *(activities or {}).values()]
    read_all_users(client, found, params["batch_size"], beside)
    owners.update({waba_id: ((node.rows or [{}])[0], node) for waba_id, node in nodes.items()})
    return found, Beside(own_user, owners, apps, activities, found.account_lists, is_wide)


def _fails(finding: Json, fail_on: t.Collection[str]) -> bool:
    if finding["accepted"] is not None or finding["check"] in ALWAYS:
        return False
    return finding["id"] in fail_on or (NEW in fail_on and bool(finding["new"]))


def _declarations(params: Params) -> tuple[Declaration, Declaration]:
    """Return the declaration, and the same for the accounts that are audited.

    These are the accounts of `audit_accounts`, else the declared ones, else all of the business.
    """
    if not params["audit_accounts"]:
        declared = parse_declaration(params)
        return declared, declared
    named = {**params, "accounts": params["audit_accounts"]}
    if params["accounts"] is None:
        audited = parse_declaration(named, accounts_option="audit_accounts")
        return dataclasses.replace(audited, accounts=None), audited
    declared = parse_declaration(params)
    entries = {account.waba_id: account for account in declared.accounts or ()}
    audited = parse_declaration({**named, "users": None}, accounts_option="audit_accounts")
    accounts = []
    for account in audited.accounts or ():
        entry = entries.get(account.waba_id)
        accounts.append(dataclasses.replace(entry, name=account.name or entry.name) if entry else account)
    return declared, dataclasses.replace(declared, accounts=tuple(accounts))


def _declared(declaration: Declaration, found: Survey, now: datetime.datetime) -> list[Resolved] | None:
    """Return the declared accounts with their people resolved; `None` where no account is declared.

    The people of accounts that are not audited are not resolved. Raises `RefusedError` for contradictory entries.
    """
    declared = [account for account in found.accounts if _is_declared(account, declaration)]
    resolved = [resolve(account, declaration.everywhere, found.directories, now) for account in declared]
    problems = [problem for one in resolved for problem in one.problems]
    problems += same_people(resolved, declaration.people)
    if problems:
        raise RefusedError("\n".join(dict.fromkeys(problems)))
    audited = {account.waba_id for account in found.accounts}
    others = [account for account in declaration.accounts or () if account.waba_id not in audited]
    resolved += [
        Resolved(account, (), frozenset(), (), (), ()) for account in others if _is_declared(account, declaration)
    ]
    return resolved or None


def _is_declared(account: DeclaredAccount, declaration: Declaration) -> bool:
    """Whether the declaration covers the users of the account."""
    named = declaration.accounts
    if account.is_declared or named is None:
        return account.is_declared or bool(declaration.everywhere)
    if all(one.waba_id != account.waba_id for one in named):
        return False
    # With these rules waba_access removes all other users.
    purges = account.rules.purge_users and (account.keep or account.rules.allow_lockout)
    return bool(declaration.everywhere or purges)

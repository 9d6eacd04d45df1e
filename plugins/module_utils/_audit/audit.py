# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
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
from .._edges.business import PEOPLE
from .._graph.client import GraphClient
from .._options import OptionError, check_between
from .accept import parse_acceptances, short_names
from .export_lines import closing_lines
from .facts import Json
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
    kinds = PEOPLE if params["read_people"] else ()
    found = survey(client, audited, kinds=kinds, batch_size=params["batch_size"])
    generated_at = now or utc_now()
    read_all_users(client, found, params["batch_size"])
    report, warnings = make_report(
        found.lists,
        generated_at=generated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        max_full_control=params["max_full_control"],
        directories=found.directories if params["read_people"] else {},
        declared=_declared(declared, found, generated_at),
        baseline=baseline,
        emails=params["emails"],
        ending_days=params["ending_days"],
        acceptances=acceptances,
        short_names=short_names(declared.people, found.directories),
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


def _fails(finding: Json, fail_on: t.Collection[str]) -> bool:
    """Whether `fail_on` names the finding. Where it is unknown what is new, the finding that says so counts as new."""
    is_new = finding["new"] or (finding["new"] is None and finding["check"] == "baseline")
    return finding["accepted"] is None and (finding["id"] in fail_on or (NEW in fail_on and is_new))


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
    problems += same_people(resolved, declaration.people, found.directories)
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

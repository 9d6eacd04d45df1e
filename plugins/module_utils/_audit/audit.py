# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The logic of `waba_access_audit_info`: read accounts and people, compare them with what is declared, report."""

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
from .facts import AuditError, Json, audited_accounts
from .history import read_baseline
from .report import make_report

Params = t.Mapping[str, t.Any]


def audit_access(params: Params, client: GraphClient, now: t.Callable[[], datetime.datetime] | None = None) -> Json:
    """Return the report of accounts, and which of its findings `fail_on` does not allow. Nothing is changed.

    Raises `OptionError`, `RefusedError` for accounts that cannot all be listed and for entries that contradict each
    other, and `GraphError` for what concerns everything.
    """
    check_batch_size(params)
    check_between("max_full_control", params["max_full_control"], 0, 1_000_000, "users")
    baseline = _baseline(params["baseline"])
    declared, audited = _declarations(params)
    kinds = PEOPLE if params["read_people"] else ()
    found = survey(client, audited, kinds=kinds, batch_size=params["batch_size"])
    time = (now or utc_now)()
    generated_at = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    read_all_users(client, found, params["batch_size"])
    report = make_report(
        audited_accounts(found.lists),
        generated_at=generated_at,
        max_full_control=params["max_full_control"],
        directories=found.directories if params["read_people"] else {},
        declared=_declared(declared, found, time),
        baseline=baseline,
        emails=params["emails"],
    )
    failing = [finding for finding in report["findings"] if finding["id"] in params["fail_on"]]
    return {
        "changed": False,
        "report": report,
        "failing": [f"{finding['id']}: {finding['message']}" for finding in failing],
        # What could not be read of people is a finding.
        "warnings": [],
    }


def _baseline(path: str | None) -> Json | None:
    try:
        return None if path is None else read_baseline(path)
    except AuditError as error:
        raise OptionError(f"baseline: {error}.") from error


def _declarations(params: Params) -> tuple[Declaration, Declaration]:
    """The declaration, and the same for the accounts that are audited.

    These are the accounts named for the audit, else the declared ones, else all of the business.
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
    accounts = [_merged(account, entries.get(account.waba_id)) for account in audited.accounts or ()]
    return declared, dataclasses.replace(declared, accounts=tuple(accounts))


def _merged(account: DeclaredAccount, entry: DeclaredAccount | None) -> DeclaredAccount:
    """The account as it is declared, with the name under which it is audited."""
    return dataclasses.replace(entry, name=account.name or entry.name) if entry else account


def _declared(declaration: Declaration, found: Survey, now: datetime.datetime) -> list[Resolved] | None:
    """The declared accounts with users for people, `None` where none is declared.

    Of those that are not audited, nobody is looked up. Raises `RefusedError` for entries that contradict each other.
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
    """Whether the declaration says who has access to the account."""
    named = declaration.accounts
    if account.is_declared or named is None:
        return account.is_declared or bool(declaration.everywhere)
    if all(one.waba_id != account.waba_id for one in named):
        return False
    # waba_access removes everybody else, then.
    purges = account.rules.purge_users and (account.keep or account.rules.allow_lockout)
    return bool(declaration.everywhere or purges)

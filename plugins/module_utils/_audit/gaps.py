# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit could not check. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.names import some_of
from .._access.people import Directory
from .._edges.accounts import ON_BEHALF_OF, OWNER, apps_of, invitations, named
from .._edges.assigned_users import AssignedUser
from .._edges.business import ACCOUNT_KINDS, BusinessUser
from .._graph.paging import Listing
from .._graph.values import by_id, label, printable
from .facts import Beside, Evidence, directory_of, has_two_factor, other_admins, users_of

#: The account, the check, and what to say.
Gap = tuple[t.Optional[str], str, str]
#: Said in every report, since no API tells of it: a run does not fail for it.
ALWAYS = {
    "asset-groups": "The API does not tell who has access through a group of assets: see Meta's business settings.",
    "partners": (
        "Where an account is shared with a partner, the API may not list the partner's people, nor tell whether they"
        " are still there and have two-factor authentication: ask the partner."
    ),
}
# The check that lacks a list of people, and what is unknown without the list.
_LISTS = {
    "business_user": ("people", "who left it, or is an admin, to be removed, or without two-factor authentication"),
    "system_user": ("admins", "which of them left it, or act on every account as admins"),
    "pending_user": ("invitations", "who is invited"),
}


def gaps(evidence: Evidence) -> t.Iterator[Gap]:
    """Yield what could not be checked, each check once for an account, or once where it is about no single one."""
    found: dict[tuple[str | None, str], list[str]] = {}
    for waba_id, check, text in _gaps(evidence):
        found.setdefault((waba_id, check), []).append(text)
    yield from ((*about, " ".join(sorted(texts))) for about, texts in found.items())


def _gaps(evidence: Evidence) -> t.Iterator[Gap]:
    for directory in evidence.directories.values():
        yield from _of_directory(directory)
    yield from _of_users(evidence)
    for account in evidence.accounts:
        name, waba_id = account.account.label, account.account.waba_id
        if not account.error and evidence.drift is not None and waba_id not in evidence.declared:
            text = f"{name}: no access is declared for this account, so its users were not compared."
            yield waba_id, "declaration", text
    for waba_id in evidence.declared.keys() - {account.account.waba_id for account in evidence.accounts}:
        text = f"{waba_id}: access is declared for this account, and the account was not audited."
        yield waba_id, "declaration", text
    for waba_id in (evidence.changes or {}).get("not_compared", []):
        yield waba_id, "baseline", f"{waba_id}: the account could not be read now or then, so changes are unknown."
    if evidence.beside.own_user is not None:
        yield from _of_accounts(evidence)
        yield from _of_businesses(evidence, evidence.beside)
        yield from ((None, check, text) for check, text in ALWAYS.items())


def _of_directory(directory: Directory) -> t.Iterator[Gap]:
    for listing in directory.listings:
        reason = _why(listing)
        if reason:
            check, unknown = _LISTS[listing.kind]
            text = f"The {listing.words} of the business {directory.business_id} could not all be read"
            yield None, check, f"{text}, so it is unknown {unknown}: {reason}"
        elif listing.kind == "pending_user":
            hidden = {key for one in invitations(listing) for key, value in one.items() if value is None}
            text = f"The invitations of the business {directory.business_id}: the API does not report all of this"
            if hidden:
                yield None, "invitations", f"{text}: {', '.join(sorted(hidden))}."
    people = directory.users("business_user")
    for check, unknown, lacking in (
        ("admins", "the role", [user for user in directory.users() if not user.role]),
        ("people", "who is to be removed", [user for user in people if user.marked_for_removal is None]),
    ):
        if lacking:
            text = f"Business {directory.business_id}: the API does not report {unknown} of {_who(lacking)}."
            yield None, check, text


def _of_users(evidence: Evidence) -> t.Iterator[Gap]:
    """Yield what is not known of assigned users and admins, each once."""
    users = {user.id: user for account in evidence.accounts for user in users_of(account).values()}
    typed = [user for user in users.values() if user.user_type]
    homeless = [user for user in typed if user.user_type != "PERSONAL_USER" and not directory_of(user, evidence)]
    factors: list[AssignedUser | BusinessUser]
    factors = [user for user in users.values() if has_two_factor(user, directory_of(user, evidence)) is None]
    factors += [user for user, directory in other_admins(evidence) if has_two_factor(user, directory) is None]
    untyped = [user for user in users.values() if not user.user_type]
    found: t.Sequence[AssignedUser | BusinessUser]
    for check, words, found in (
        ("two-factor", "whether these have two-factor authentication", factors),
        ("accounts", "whether these are people, system users or personal users", untyped),
        ("accounts", "to which business these belong", [user for user in homeless if not user.business]),
    ):
        if found:
            yield None, check, f"The API does not report {words}: {_who(found)}."


def _of_accounts(evidence: Evidence) -> t.Iterator[Gap]:
    """Yield what is not known of accounts, for all accounts with the same reason at once."""
    beside = evidence.beside
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for account in evidence.accounts:
        waba_id = account.account.waba_id
        apps, activities, (raw, source) = beside.apps[waba_id], beside.activities or {}, beside.owners[waba_id]
        reasons = {"activities": _why(activities[waba_id]) if activities else ""}
        reasons["apps"] = _why(apps) or ("" if apps_of(apps) is not None else "one of them has no id.")
        reasons["owner"] = _why(source) if source.error else ""
        if not reasons["owner"] and (not named(raw.get(OWNER)) or ON_BEHALF_OF in source.unknown_fields):
            reasons["owner"] = "the API does not report the business, or not on whose behalf the account was created."
        for check, reason in reasons.items() if not account.error else ():
            if reason:
                key = check, reason.replace(waba_id, "…")
                found.setdefault(key, []).append((waba_id, account.account.label))
    for (check, reason), accounts in sorted(found.items()):
        where = some_of([name for _id, name in accounts])
        words = {"apps": "apps that act on them", "owner": "owner", "activities": "history"}[check]
        yield accounts[0][0] if len(accounts) == 1 else None, check, f"{where}: the {words} could not be read: {reason}"


def _of_businesses(evidence: Evidence, beside: Beside) -> t.Iterator[Gap]:
    if beside.own_user and not beside.own_user.rows:
        yield None, "people", f"The user of the access token could not be read: {_why(beside.own_user)}"
    if not beside.read_people:
        text = "People, admins and invitations of the businesses were not read, as read_people is false."
        yield None, "people", text
    audited = {account.account.waba_id for account in evidence.accounts}
    lists = {(listing.business_id, listing.kind): listing for listing in beside.account_lists}
    for business_id in sorted({account.account.business_id for account in evidence.accounts}):
        others = {}
        for kind, about in ACCOUNT_KINDS.items():
            listed = lists.get((business_id, kind))
            reason = _why(listed) if listed else "they were not listed."
            others.update({one["id"]: one["name"] for one in (listed.accounts if listed else ())})
            if reason:
                text = f"It is unknown whether the business {business_id} has other {about.words}"
                yield None, "coverage", f"{text}: {reason}"
        missing = [label(key, others[key]) for key in sorted(others.keys() - audited, key=by_id)]
        if missing:
            yield (
                None,
                "coverage",
                f"These accounts of the business {business_id} were not audited: {some_of(missing)}.",
            )


def _who(users: t.Iterable[AssignedUser | BusinessUser]) -> str:
    return some_of([label(user.id, user.name) for user in sorted(users, key=lambda user: by_id(user.id))])


def _why(listing: Listing) -> str:
    """Return why a list is not whole, without what differs from run to run; empty where it is whole."""
    error = listing.error
    texts = [error.message.rstrip("."), error.remedy or error.hint] if error else listing.warnings
    return printable(". ".join(text for text in texts if text), None) if texts else ""

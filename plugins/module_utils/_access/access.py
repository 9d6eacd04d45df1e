# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The logic of `waba_access`: bring any number of accounts to their declared access, or revoke people's access."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime

from .._edges.assigned_users import UserList
from .._edges.business import PEOPLE
from .._graph.client import GraphClient
from .._graph.text import printable
from .._options import OptionError
from .access_result import access_result
from .approval import Approval, parse_approval
from .declaration import Declaration, check_limits, parse_declaration
from .end import utc_now
from .names import fold, some_of
from .people import Reference, matches, parse_words
from .plan import Desired, RefusedError, Rules, Target
from .reconcile import reconcile
from .resolve import Resolved, Unresolved, resolve, same_people, unresolved_lines
from .search import Known, NotIdentifiedError, everybody, identify
from .survey import Survey, list_people, read_all_users, survey

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def manage_access(params: Params, client: GraphClient) -> Json:
    """Return what a task of `waba_access` did, or in check mode would do.

    Raises `OptionError`, `RefusedError` and `GraphError` only where nothing was written.
    """
    check_limits(params)
    approval = parse_approval(params)
    now = utc_now()
    if params["revoke"] is not None:
        return _revoke(params, parse_declaration(params), client, approval)
    declaration = parse_declaration(params, is_applied=True)
    _check_not_empty(declaration)
    found = survey(client, declaration, batch_size=params["batch_size"])
    resolved = [resolve(account, declaration.everywhere, found.directories, now) for account in found.accounts]
    unresolved = _check_resolved(resolved, declaration, found, skip=params["unresolved"] == "skip")
    targets = [_target(*pair) for pair in zip(found.lists, resolved)]
    outcomes = reconcile(
        client,
        targets,
        check_mode=params["check_mode"],
        batch_size=params["batch_size"],
        max_removals=params["max_removals"],
        approval=approval,
    )
    warnings = [warning for one in resolved for warning in _warnings(one)]
    warnings += _absent_and_unknown(declaration, targets, found, now)
    result = access_result(outcomes, check_mode=params["check_mode"], all_of=found.all_of, unresolved=unresolved)
    return {**result, "warnings": [*found.warnings, *warnings, *result["warnings"]]}


def _check_not_empty(declaration: Declaration) -> None:
    accounts = declaration.accounts or ()
    if not (declaration.everywhere or any(one.is_declared or one.rules.purge_users for one in accounts)):
        raise OptionError("No access is declared: give users, accounts with users, or revoke.")


def _check_resolved(
    resolved: t.Sequence[Resolved], declaration: Declaration, found: Survey, *, skip: bool
) -> list[Unresolved]:
    """Return the grants that are left for later. Raises `RefusedError` with everything that cannot be resolved."""
    unresolved = [each for one in resolved for each in one.unresolved]
    later = [each for each in unresolved if skip and each.is_expected_later]
    lines = [problem for one in resolved for problem in one.problems]
    lines += unresolved_lines(each for each in unresolved if each not in later)
    lines += same_people(resolved, declaration.people, found.directories)
    if lines:
        raise RefusedError("\n".join(["Nothing was changed.", *dict.fromkeys(lines)]))
    return later


def _target(users: UserList, resolved: Resolved) -> Target:
    # Who an unresolved person is, is not known: the purge could remove that very user.
    purges = resolved.account.rules.purge_users and not resolved.unresolved
    rules = dataclasses.replace(resolved.account.rules, keep_users=resolved.keep_users, purge_users=purges)
    return Target(users, resolved.desired, rules)


def _warnings(resolved: Resolved) -> list[str]:
    warnings = list(resolved.warnings)
    if resolved.unresolved and resolved.account.rules.purge_users:
        warnings.append(f"Account {resolved.account.label} was not purged, for some of its people are unresolved.")
    return warnings


def _absent_and_unknown(
    declaration: Declaration, targets: t.Sequence[Target], found: Survey, now: datetime
) -> list[str]:
    """A warning about every id that is to be absent and that no account and no business knows."""
    known = everybody(found.lists, found.directories)
    entries = [entry for account in declaration.accounts or () for entry in account.entries]
    unread = any(target.users.error for target in targets)
    is_listed = all(directory.is_whole(kind) for directory in found.directories.values() for kind in PEOPLE)
    nobody = "no account and no business lists" if is_listed else "no account lists"
    remark = "check the id" if is_listed else "check the id, for the people of the business were not all listed"
    return [
        f"{entry.place}: {nobody} {entry.person.id}, who is to be absent: {remark}."
        for entry in (*entries, *declaration.everywhere)
        if entry.is_absent(now) and not unread
        if entry.person.id and entry.person.id not in known
        if not any(matches(entry.person, directory) for directory in found.directories.values())
    ]


# Revocation


def _revoke(params: Params, declaration: Declaration, client: GraphClient, approval: Approval | None) -> Json:
    """Remove people from every account, and touch nobody else."""
    words = _words(params["revoke"])
    people = declaration.people
    references = {each: parse_words(each, people) for each in words}
    alone = dataclasses.replace(
        declaration,
        everywhere=(),
        accounts=declaration.accounts
        and tuple(dataclasses.replace(account, entries=(), keep=()) for account in declaration.accounts),
    )
    batch_size = params["batch_size"]
    found = survey(
        client, alone, kinds=PEOPLE if _needs_people(references.values(), declaration) else (), batch_size=batch_size
    )
    read_all_users(client, found, batch_size)
    known = everybody(found.lists, found.directories)
    if not found.listed_people and any(person is None or person.id not in known for person in references.values()):
        # A mistyped id must not pass for a person without access.
        list_people(client, found, dict.fromkeys(found.directories, PEOPLE), batch_size)
        known = everybody(found.lists, found.directories)
    ids_by_words = _identify_all(words, people, known, found)
    ids = {user_id: each for each, user_ids in ids_by_words.items() for user_id in user_ids}
    verify = params["verify"]
    targets = [
        _revocation(users, account.rules.allow_lockout, verify, ids)
        for users, account in zip(found.lists, found.accounts)
    ]
    outcomes = reconcile(client, targets, check_mode=params["check_mode"], batch_size=batch_size, approval=approval)
    for outcome in outcomes:
        if not outcome.error:
            outcome.uncertainty = _uncertainty(outcome.target.users, references, ids_by_words, found)
    result = access_result(outcomes, check_mode=params["check_mode"], all_of=found.all_of, revoked=True)
    declared = _still_declared(declaration, ids, known)
    return {
        **result,
        "still_declared": declared,
        "msg": "\n".join([result["msg"], *_declared_lines(declared)]),
        "warnings": [*found.warnings, *result["warnings"]],
    }


def _needs_people(references: t.Iterable[Reference | None], declaration: Declaration) -> bool:
    """Whether the people of the businesses have to be listed: to find a person, or where the person is declared."""
    accounts = declaration.accounts or ()
    entries = [entry for account in accounts for entry in (*account.entries, *account.keep)]
    declared = [entry.person for entry in (*entries, *declaration.everywhere)]
    return any(person is None or person.kind for person in (*references, *declared))


def _words(revoke: t.Sequence[t.Any]) -> list[str]:
    if not revoke:
        raise OptionError("revoke is an empty list: name the people, or leave it out.")
    words = []
    for number, each in enumerate(revoke):
        if isinstance(each, bool) or not isinstance(each, (str, int)) or not str(each).strip():
            raise OptionError(
                f"revoke[{number}] must be a short name, an id, an e-mail address or a name in full; got {each!r}."
            )
        words.append(str(each).strip())
    return words


def _identify_all(
    words: t.Sequence[str], people: t.Mapping[str, Reference], known: t.Mapping[str, Known], found: Survey
) -> dict[str, set[str]]:
    """The ids of everybody who is meant, by the words for each. Raises `RefusedError` with all that are not."""
    ids: dict[str, set[str]] = {}
    lines = []
    for each in words:
        try:
            ids[each] = identify(each, people, known)
        except NotIdentifiedError as error:  # noqa: PERF203 - all of them are told at once
            lines.append(f"{error}.")
    if lines:
        unread = [str(one.error) for one in found.lists if one.error]
        unread += [str(listing.error) for listing in found.unread]
        lines += [f"As far as they could be read: {reason}" for reason in dict.fromkeys(unread)]
        raise RefusedError("\n".join(["Nothing was changed.", *lines]))
    return ids


def _revocation(users: UserList, allow_lockout: bool, verify: bool, ids: t.Mapping[str, str]) -> Target:
    desired = tuple(
        Desired(user_id, None, None if words == user_id else words, is_urgent=True)
        for user_id, words in ids.items()
        if user_id in users.users
    )
    return Target(users, desired, Rules(allow_lockout=allow_lockout, verify=verify))


def _uncertainty(
    users: UserList,
    references: t.Mapping[str, Reference | None],
    ids: t.Mapping[str, t.Collection[str]],
    found: Survey,
) -> str:
    """Why it is not certain that each of them has no access to an account; empty where it is."""
    missing = [words for words, user_ids in ids.items() if not any(user_id in users.users for user_id in user_ids)]
    if missing and not users.is_whole:
        return (
            f"It is not certain that there is no access: the API counts {users.total_count} assigned users and listed"
            f" {len(users.users)}, and {some_of([printable(words) for words in missing])} may be among the others."
        )
    directory = found.directories[users.account.business_id]
    for words in missing:
        person = references[words]
        kind = person.kind if person else None
        if kind and not directory.is_whole(kind):
            problem = directory.problem(kind) or f"the list of business {directory.business_id} is not whole"
            return (
                f"It is not certain that there is no access under another id: {problem}. This is about"
                f" {printable(words)}."
            )
    return ""


def _still_declared(declaration: Declaration, ids: t.Mapping[str, str], known: t.Mapping[str, Known]) -> list[Json]:
    """The entries that still name one of these users."""
    addresses = {fold(known[user_id].email or "") for user_id in ids if user_id in known} - {""}
    names = {known[user_id].name for user_id in ids if user_id in known} - {None}

    def is_meant(person: Reference) -> bool:
        return (
            person.id in ids
            or person.words in ids.values()
            or (person.email is not None and fold(person.email) in addresses)
            or (person.system_user is not None and person.system_user in names)
        )

    found: list[Json] = []
    for account in declaration.accounts or ():
        found += [
            {"place": entry.place, "waba_id": account.waba_id, "account": account.name}
            for entry in (*account.entries, *account.keep)
            if is_meant(entry.person) and (entry.tasks is not None or entry in account.keep)
        ]
    found += [
        {"place": entry.place, "waba_id": None, "account": None}
        for entry in declaration.everywhere
        if is_meant(entry.person) and entry.tasks is not None
    ]
    return found


def _declared_lines(declared: t.Sequence[Json]) -> list[str]:
    if not declared:
        return []
    places = ", ".join(one["place"] + (f" ({one['waba_id']})" if one["waba_id"] else "") for one in declared)
    return [f"Still declared, and granted again by the next run that applies it: {places}. Remove these entries."]

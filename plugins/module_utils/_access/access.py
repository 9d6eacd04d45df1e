# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_access`: bring accounts to their declared access, or revoke the access of people."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime

from .._edges.assigned_users import UserList
from .._edges.business import PEOPLE
from .._graph.client import GraphClient
from .._graph.values import label, printable
from .._options import OptionError
from .approval import Approval, parse_approval, plan_id
from .declaration import Declaration, Entry, check_limits, parse_declaration
from .end import utc_now
from .names import fold, some_of
from .outcome import Outcome, planned_changes, tasks_text
from .people import Reference, matches, parse_words
from .plan import Change, Desired, RefusedError, Rules, Target
from .reconcile import reconcile
from .resolve import Resolved, Unresolved, resolve, same_people, unresolved_lines
from .search import Known, NotIdentifiedError, identify, known_users
from .survey import Survey, list_people, read_all_users, survey, without_entries

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]

#: Lines about failed accounts in a message; the others are in the result.
MAX_LINES = 8
_VERBS = {"add": "granted", "update": "changed", "remove": "removed"}
_PREVIEW = {"add": "would grant", "update": "would change", "remove": "would remove"}


def manage_access(params: Params, client: GraphClient) -> Json:
    """Return what a task of `waba_access` did, or in check mode would do.

    Raises `OptionError`, `RefusedError` and `GraphError` only where nothing was written.
    """
    check_limits(params)
    approval = parse_approval(params)
    if params["revoke"] is not None:
        return _revoke(params, client, approval)
    now = utc_now()
    declaration = parse_declaration(params, is_applied=True)
    accounts = declaration.accounts or ()
    if not (declaration.everywhere or any(one.is_declared or one.rules.purge_users for one in accounts)):
        raise OptionError("No access is declared: give users, accounts with users, or revoke.")
    found = survey(client, declaration, batch_size=params["batch_size"])
    resolved = [resolve(account, declaration.everywhere, found.directories, now) for account in found.accounts]
    unresolved = _check_resolved(resolved, declaration, skip=params["unresolved"] == "skip")
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
    warnings += _unknown_ids(declaration, found, now)
    return _result(params, found, outcomes, unresolved, warnings)


def _check_resolved(resolved: t.Sequence[Resolved], declaration: Declaration, *, skip: bool) -> list[Unresolved]:
    """Return the grants that are skipped. Raises `RefusedError` with everything else that cannot be resolved."""
    unresolved = [each for one in resolved for each in one.unresolved]
    skipped = [each for each in unresolved if skip and each.is_expected_later]
    lines = [problem for one in resolved for problem in one.problems]
    lines += unresolved_lines(each for each in unresolved if each not in skipped)
    lines += same_people(resolved, declaration.people)
    if lines:
        raise RefusedError("\n".join(["Nothing was changed.", *dict.fromkeys(lines)]))
    return skipped


def _target(users: UserList, resolved: Resolved) -> Target:
    # An unresolved person can be one of the users whom the purge would remove.
    purge_users = resolved.account.rules.purge_users and not resolved.unresolved
    rules = dataclasses.replace(resolved.account.rules, keep_users=resolved.keep_users, purge_users=purge_users)
    return Target(users, resolved.desired, rules)


def _warnings(resolved: Resolved) -> list[str]:
    if not (resolved.unresolved and resolved.account.rules.purge_users):
        return list(resolved.warnings)
    return [*resolved.warnings, f"Account {resolved.account.label} was not purged: some of its people are unresolved."]


def _unknown_ids(declaration: Declaration, found: Survey, now: datetime) -> list[str]:
    """Return a warning for each id that is to be absent and that no account and no business lists."""
    if any(users.error for users in found.lists):
        return []
    known = known_users(found.lists, found.directories)
    directories = found.directories.values()
    entries = [entry for account in declaration.accounts or () for entry in account.entries]
    if all(directory.is_whole(kind) for directory in directories for kind in PEOPLE):
        nobody, advice = "no account and no business lists", "check the id"
    else:
        nobody, advice = "no account lists", "check the id, for the people of the business were not all listed"
    return [
        f"{entry.place}: {nobody} {entry.person.id}, who is to be absent: {advice}."
        for entry in (*entries, *declaration.everywhere)
        if entry.is_absent(now) and entry.person.id and entry.person.id not in known
        if not any(matches(entry.person, directory) for directory in directories)
    ]


def _revoke(params: Params, client: GraphClient, approval: Approval | None) -> Json:
    """Remove people from every account, and change no other user."""
    declaration = parse_declaration(params)
    revoked = {words: parse_words(words, declaration.people) for words in _words(params["revoke"])}
    declared = [entry.person for _waba_id, _name, entry in _granting_entries(declaration)]
    # The addresses of people are needed to find a person, and to find the person's entries.
    needs_people = any(person is None or person.kind for person in (*revoked.values(), *declared))
    batch_size = params["batch_size"]
    found = survey(client, without_entries(declaration), kinds=PEOPLE if needs_people else (), batch_size=batch_size)
    read_all_users(client, found, batch_size)
    known = known_users(found.lists, found.directories)
    if not found.listings and any(person is None or person.id not in known for person in revoked.values()):
        # A mistyped id must not pass for a person without access.
        list_people(client, found, dict.fromkeys(found.directories, PEOPLE), batch_size)
        known = known_users(found.lists, found.directories)
    ids_by_words = _identify_all(revoked, declaration.people, known, found)
    words_by_id = {user_id: words for words, user_ids in ids_by_words.items() for user_id in user_ids}
    targets = [
        _revocation(users, Rules(allow_lockout=account.rules.allow_lockout, verify=params["verify"]), words_by_id)
        for users, account in zip(found.lists, found.accounts)
    ]
    outcomes = reconcile(client, targets, check_mode=params["check_mode"], batch_size=batch_size, approval=approval)
    for outcome in outcomes:
        if not outcome.error:
            outcome.uncertainty = _uncertainty(outcome.target.users, revoked, ids_by_words, found)
    result = _result(params, found, outcomes)
    still_declared = _still_declared(declaration, words_by_id, known)
    if still_declared:
        labels = [
            label(one["waba_id"], one["account"]) if one["waba_id"] else "every account" for one in still_declared
        ]
        places = [f"{one['place']} ({one['person']} on {where})" for one, where in zip(still_declared, labels)]
        result["msg"] += (
            f"\nStill declared, and granted again by the next run that applies it: {', '.join(places)}."
            " Remove these entries."
        )
    return {**result, "still_declared": still_declared}


def _granting_entries(declaration: Declaration) -> list[tuple[str | None, str | None, Entry]]:
    """Return the entries that grant or keep access, with id and name of the account; `None` for every account."""
    own = [
        (account.waba_id, account.name, entry)
        for account in declaration.accounts or ()
        for entry in (*(entry for entry in account.entries if entry.tasks is not None), *account.keep)
    ]
    return [*own, *((None, None, entry) for entry in declaration.everywhere if entry.tasks is not None)]


def _words(revoke: t.Sequence[t.Any]) -> list[str]:
    if not revoke:
        raise OptionError("revoke is an empty list: name the people, or leave it out.")
    for number, each in enumerate(revoke):
        if isinstance(each, bool) or not isinstance(each, (str, int)) or not str(each).strip():
            raise OptionError(
                f"revoke[{number}] must be a short name, an id, an e-mail address or a name in full; got {each!r}."
            )
    return [str(each).strip() for each in revoke]


def _identify_all(
    revoked: t.Iterable[str], people: t.Mapping[str, Reference], known: t.Mapping[str, Known], found: Survey
) -> dict[str, set[str]]:
    """Return the ids of each person. Raises `RefusedError` with all people who are not identified."""
    ids: dict[str, set[str]] = {}
    lines = []
    for words in revoked:
        try:
            ids[words] = identify(words, people, known)
        except NotIdentifiedError as error:  # noqa: PERF203 - one message has all of them
            lines.append(f"{error}.")
    if lines:
        errors = [*(users.error for users in found.lists), *(listing.error for listing in found.listings)]
        lines += [f"Not all lists could be read: {error}" for error in dict.fromkeys(map(str, filter(None, errors)))]
        raise RefusedError("\n".join(["Nothing was changed.", *lines]))
    return ids


def _revocation(users: UserList, rules: Rules, words_by_id: t.Mapping[str, str]) -> Target:
    desired = tuple(
        Desired(user_id, None, None if words == user_id else words, is_urgent=True)
        for user_id, words in words_by_id.items()
        if user_id in users.users
    )
    return Target(users, desired, rules)


def _uncertainty(
    users: UserList, revoked: t.Mapping[str, Reference | None], ids: t.Mapping[str, t.Collection[str]], found: Survey
) -> str:
    """Return why people who were not found on an account may still have access to it; empty where they have none."""
    missing = [words for words, user_ids in ids.items() if not users.users.keys() & user_ids]
    if missing and not users.is_whole:
        return (
            f"Could not verify that there is no access: the API counts {users.total_count} assigned users and listed"
            f" {len(users.users)}, and {some_of([printable(words) for words in missing])} may be among the others."
        )
    directory = found.directories[users.account.business_id]
    for words in missing:
        person = revoked[words]
        if person and person.kind and not directory.is_whole(person.kind):
            problem = directory.problem(person.kind) or f"the list of business {directory.business_id} is not whole"
            return f"Could not verify that {printable(words)} has no access under another id: {problem}."
    return ""


def _still_declared(
    declaration: Declaration, words_by_id: t.Mapping[str, str], known: t.Mapping[str, Known]
) -> list[Json]:
    """Return the entries that still name one of these users."""
    users = [known[user_id] for user_id in words_by_id if user_id in known]
    addresses = {fold(user.email) for user in users if user.email}
    names = {user.name for user in users}

    def is_revoked(person: Reference) -> bool:
        return (
            person.id in words_by_id
            or person.words in words_by_id.values()
            or (person.email is not None and fold(person.email) in addresses)
            or (person.system_user is not None and person.system_user in names)
        )

    return [
        {"place": entry.place, "person": printable(entry.person.words), "waba_id": waba_id, "account": name}
        for waba_id, name, entry in _granting_entries(declaration)
        if is_revoked(entry.person)
    ]


def _result(
    params: Params,
    found: Survey,
    outcomes: t.Sequence[Outcome],
    unresolved: t.Sequence[Unresolved] = (),
    warnings: t.Sequence[str] = (),
) -> Json:
    """Return the result of a task: the accounts, the plan, a diff for each changed account, and the message."""
    accounts = [outcome.result() for outcome in outcomes]
    failed = [(outcome, account) for outcome, account in zip(outcomes, accounts) if account["msg"]]
    changed = [outcome for outcome, account in zip(outcomes, accounts) if account["changed"] and not account["msg"]]
    summary = {
        "accounts": len(outcomes),
        "changed": len(changed),
        "unchanged": len(outcomes) - len(changed) - len(failed),
        "failed": len(failed),
    }
    lines = [f"Account {outcome.account.label}: {account['msg']}" for outcome, account in failed[:MAX_LINES]]
    if len(failed) > MAX_LINES:
        lines.append(f"{len(failed) - MAX_LINES} more accounts failed: see accounts.")
    if not failed:
        lines += [_changes_line(outcome, _PREVIEW if params["check_mode"] else _VERBS) for outcome in changed]
        granted = [each for each in unresolved if each.entry.tasks is not None]
        lines += [f"Not granted yet: {line}" for line in unresolved_lines(granted)]
    lines.append(_closing_line(params, found, outcomes, summary))
    plan = planned_changes(outcomes)
    own_warnings = [
        f"Account {outcome.account.label}: {warning}" if len(outcomes) > 1 else warning
        for outcome in outcomes
        for warning in outcome.warnings
    ]
    errors = [account["graph_error"] for account in accounts if account["graph_error"]]
    return {
        "changed": any(account["changed"] for account in accounts),
        "accounts": accounts,
        "summary": summary,
        "plan": plan,
        "plan_id": plan_id(plan),
        "diff": [
            outcome.diff({change.user_id for change in outcome.plan.changes}) for outcome in outcomes if outcome.changed
        ],
        "unresolved": [each.as_result() for each in unresolved],
        "warnings": [*found.warnings, *warnings, *own_warnings],
        "msg": "\n".join(lines),
        **({"failed": True, "graph_error": errors[0] if errors else None} if failed else {}),
    }


def _changes_line(outcome: Outcome, verbs: t.Mapping[str, str]) -> str:
    changes = [_change_words(step.change, verbs) for step in outcome.steps if outcome.has_changed(step)]
    return f"Account {outcome.account.label}: {'; '.join(changes)}."


def _change_words(change: Change, verbs: t.Mapping[str, str]) -> str:
    verb = verbs[change.operation]
    if change.operation == "add":
        return f"{verb} {tasks_text(change.tasks)} to {change.label}"
    before = tasks_text(change.before.tasks if change.before else None)
    if change.operation == "update":
        return f"{verb} {change.label} from {before} to {tasks_text(change.tasks)}"
    return f"{verb} {change.label} ({before}){change.ended}"


def _closing_line(params: Params, found: Survey, outcomes: t.Sequence[Outcome], summary: t.Mapping[str, int]) -> str:
    count = f"{summary['accounts']} account{'' if summary['accounts'] == 1 else 's'}"
    what = f"All {count} of business {found.all_of}" if found.all_of else count
    would = "would be " if params["check_mode"] else ""
    revoked = params["revoke"] is not None
    if revoked:
        parts = [f"access {would}revoked on {summary['changed']}", f"no access on {summary['unchanged']}"]
    else:
        parts = [f"{summary['changed']} {would}changed", f"{summary['unchanged']} as declared"]
    parts.append(f"{summary['failed']} failed")
    line = f"{what}: {', '.join(parts)}"
    undeclared = 0 if revoked else len(_undeclared(outcomes))
    if undeclared:
        line += f"; {undeclared} undeclared user{'' if undeclared == 1 else 's'} left alone"
    if revoked and not found.all_of:
        line += "; only these accounts were looked at"
    return f"{line}."


def _undeclared(outcomes: t.Sequence[Outcome]) -> set[str]:
    """Return the users whom no entry names and no purge removes."""
    found: set[str] = set()
    for outcome in outcomes:
        if not outcome.target.rules.purge_users:
            declared = {desired.user_id for desired in outcome.target.desired}
            found |= outcome.before.keys() - declared - outcome.target.rules.keep_users
    return found

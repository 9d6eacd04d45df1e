# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that find the findings of an audit. Pure functions."""

from __future__ import annotations

import collections
import hashlib
import typing as t

from .._access.end import parse_end
from .._access.guard import manages
from .._access.names import some_of
from .._access.people import Directory, has_left
from .._edges.assigned_users import Account, AssignedUser, UserList
from .._edges.tasks import FULL_CONTROL, TASKS, can_manage, has_full_control
from .._graph.values import by_id, label, printable
from . import drift
from .facts import (
    SYSTEM_USER,
    Evidence,
    Json,
    directory_of,
    has_two_factor,
    is_of_another_business,
    other_admins,
    users_of,
)
from .gaps import gaps
from .history import CAME, TASKS_CHANGED, WENT, change_key
from .kinds import KINDS


def find(evidence: Evidence) -> list[Json]:
    """Return all findings, the most severe first, then by kind, account and user. Each has a key of its own."""
    rules = (_of_accounts, _of_users, _of_admins, _of_drift, _of_declared, _of_changes, _not_checked)
    order = list(KINDS)

    def place(finding: Json) -> tuple[t.Any, ...]:
        ids = by_id(finding["waba_id"] or ""), by_id(finding["user_id"] or "")
        return order.index(finding["id"]), *ids, finding["message"]

    findings = sorted((finding for rule in rules for finding in rule(evidence)), key=place)
    seen: collections.Counter[str] = collections.Counter()
    for finding in findings:
        key = finding["key"]
        seen[key] += 1
        finding["key"] = f"{key}#{seen[key]}" if seen[key] > 1 else key
    return findings


def _finding(
    kind: str, waba_id: str | None, user_id: str | None, message: str, *, check: str | None = None, detail: str = ""
) -> Json:
    """Return a finding whose key depends on ids and on `detail`, and on no name and no order."""
    digest = hashlib.sha256(detail.encode("utf-8", "surrogatepass")).hexdigest()[:16] if detail else None
    return {
        "id": kind,
        "check": check,
        "key": ":".join(part for part in (kind, waba_id or "-", user_id or "-", check, digest) if part),
        "severity": KINDS[kind].severity,
        "waba_id": waba_id,
        "user_id": user_id,
        "waba_ids": None,
        "message": message,
        "remedy": KINDS[kind].remedy,
        "new": None,
        "since": None,
        "accepted": None,
    }


def _of_accounts(evidence: Evidence) -> t.Iterator[Json]:
    for account in evidence.accounts:
        for kind, text in _of_account(account, evidence.max_full_control):
            yield _finding(kind, account.account.waba_id, None, f"{account.account.label}{text}")


def _of_account(account: UserList, max_full_control: int) -> t.Iterator[tuple[str, str]]:
    """Yield the kind of each finding, and what the message says after the account's name."""
    if account.error:
        yield "account-unreadable", f" could not be read: {printable(str(account.error), None)}"
        return
    users = users_of(account).values()
    if account.warnings:
        yield "list-incomplete", f": the API counts {account.count} users and lists {len(users)}."
    unknown = [label(user.id, user.name) for user in users if user.tasks is None]
    if unknown:
        yield "tasks-not-reported", f": the API does not report the tasks of {some_of(unknown)}."
    full = [label(user.id, user.name) for user in users if user.tasks is not None and has_full_control(user.tasks)]
    if len(full) > max_full_control:
        text = f": {len(full)} hold FULL_CONTROL, and at most {max_full_control} should: {some_of(full)}."
        yield "full-control-holders", text
    # A user who is not listed, or whose tasks are unknown, may hold them.
    if account.is_whole and not unknown and not any(map(manages, users)):
        yield "nobody-manages", ": nobody holds MANAGE or FULL_CONTROL."


def _of_users(evidence: Evidence) -> t.Iterator[Json]:
    """Yield a finding for each user and reason, about all accounts where it holds."""
    found: dict[tuple[str, str, str], list[tuple[AssignedUser, Account, str]]] = {}
    for account in evidence.accounts:
        for user in users_of(account).values():
            for kind, detail, text in _of_user(account, user, directory_of(user, evidence)):
                found.setdefault((kind, user.id, detail), []).append((user, account.account, text))
    for (kind, user_id, detail), places in found.items():
        user, _account, text = next((place for place in places if place[0].name), places[0])
        accounts = [account for _user, account, _text in places]
        where = some_of([account.label for account in accounts], 3)
        count = f"{len(accounts)} accounts: " if len(accounts) > 1 else ""
        finding = _finding(kind, None, user_id, f"{label(user_id, user.name)} {text} in {count}{where}.", detail=detail)
        # The accounts are no part of the key: that of a person who is assigned to one more is the same.
        ids = [account.waba_id for account in accounts]
        yield {**finding, **({"waba_ids": ids} if len(ids) > 1 else {"waba_id": ids[0]})}


def _of_user(account: UserList, user: AssignedUser, directory: Directory | None) -> t.Iterator[tuple[str, str, str]]:
    """Yield kind and detail of each finding, and what the message says between the names of user and account."""
    tasks = user.tasks or frozenset()
    if is_of_another_business(account, user):
        business = user.business or {}
        business_id = business.get("id") or ""
        yield "other-business", business_id, f"belongs to {label(business_id, business.get('name'))} and holds tasks"
    if user.user_type == "PERSONAL_USER":
        yield "personal-user", "", "is a personal user and holds tasks"
    if user.user_type == SYSTEM_USER and (FULL_CONTROL in tasks or ("MESSAGING" in tasks and manages(user))):
        yield "system-user-messaging-and-manage", "", "is a system user and can both message and manage"
    unknown = sorted(tasks.difference(TASKS))
    if unknown:
        yield "unknown-tasks", ",".join(unknown), f"holds {printable(', '.join(unknown))}"
    if directory and has_left(user, directory):
        text = f"is no longer in the business {directory.business_id} and holds tasks"
        yield "left-business", directory.business_id, text
    person = directory.find(user.id) if directory else None
    if person and person.marked_for_removal:
        yield "marked-for-removal", "", "is marked for removal from the business and holds tasks"
    if has_two_factor(user, directory) is False:
        yield "no-two-factor", "", "has no two-factor authentication and holds tasks"


def _of_admins(evidence: Evidence) -> t.Iterator[Json]:
    for user, directory in other_admins(evidence):
        who = f"{label(user.id, user.name)} is an admin of the business {directory.business_id} and"
        if user.marked_for_removal:
            yield _finding("marked-for-removal", None, user.id, f"{who} is marked for removal from it.")
        if has_two_factor(user, directory) is False:
            yield _finding("no-two-factor", None, user.id, f"{who} has no two-factor authentication.")


def _of_drift(evidence: Evidence) -> t.Iterator[Json]:
    labels = {account.account.waba_id: account.account.label for account in evidence.accounts}
    for entry in evidence.drift or []:
        waba_id, user_id, status, end = (entry[key] for key in ("waba_id", "user_id", "status", "valid_until"))
        who, where = label(user_id, entry["name"]), labels[waba_id]
        reason = f" ({printable(entry['reason'])})" if entry["reason"] else ""
        last = parse_end("valid_until", end)
        if last and entry["declared_tasks"] and status != drift.MISSING and last.moment <= evidence.soon:
            message = f"{who} has access until {end}{reason} in {where}."
            yield _finding("ending-soon", waba_id, user_id, message, detail=end)
        if status in (drift.AS_DECLARED, drift.NOT_REPORTED):
            continue
        kind = "drift" if entry["enforced"] else "undeclared-people"
        if end and status == drift.EXTRA:
            kind = "overdue"
        elif kind == "undeclared-people" and can_manage(frozenset(entry["tasks"] or ())):
            kind = "undeclared-admin-tasks"
        # With other tasks it is another finding: one that is known must not hide one that is worse.
        detail = f"{status}:{','.join(entry['tasks'] or ())}"
        yield _finding(kind, waba_id, user_id, f"{who} {_difference(entry, reason)} in {where}.", detail=detail)


def _of_declared(evidence: Evidence) -> t.Iterator[Json]:
    for waba_id, one in evidence.declared.items():
        unresolved = [(each, each.line) for each in one.unresolved]
        for each, problem in (*unresolved, *zip(one.unknown_absent, one.warnings)):
            words = each.entry.person.words
            yield _finding("declared-unknown", waba_id, None, printable(problem, None), detail=words)


def _difference(entry: Json, reason: str) -> str:
    """Current and declared tasks of a user, shown after the name."""
    declared = ", ".join(entry["declared_tasks"] or [])
    holds = printable(", ".join(entry["tasks"] or [])) or "tasks that the API does not report"
    if entry["status"] == drift.MISSING:
        return f"should hold {declared} and is not assigned"
    if entry["status"] == drift.EXTRA and entry["valid_until"]:
        return f"was to have access until {entry['valid_until']}{reason} and holds {holds}"
    if entry["status"] == drift.EXTRA:
        return f"is not declared and holds {holds}"
    return f"should hold {declared} and holds {holds}"


def _of_changes(evidence: Evidence) -> t.Iterator[Json]:
    if evidence.changes is None:
        return
    since = printable(evidence.changes["since"])
    counts = collections.Counter((change["waba_id"], change["change"]) for change in evidence.changes["people"])
    details: dict[str, list[str]] = {}
    for change in evidence.changes["people"]:
        details.setdefault(change["waba_id"], []).append(change_key(change))
    for account in evidence.accounts:
        waba_id = account.account.waba_id
        came, went, tasks = (counts[waba_id, change] for change in (CAME, WENT, TASKS_CHANGED))
        if came or went or tasks:
            text = f"since {since}: {came} came, {went} went, {tasks} hold other tasks."
            message, detail = f"{account.account.label}, {text}", "\n".join(details[waba_id])
            yield _finding("changed-since-baseline", waba_id, None, message, detail=detail)


def _not_checked(evidence: Evidence) -> t.Iterator[Json]:
    for waba_id, check, message in gaps(evidence):
        yield _finding("not-checked", waba_id, None, message, check=check)

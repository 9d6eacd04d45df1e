# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What a security officer should look at: each kind of finding, and the rules that find it. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from .._access.guard import manages
from .._access.names import some_of
from .._access.people import Directories, Directory
from .._edges.assigned_users import AssignedUser
from .._edges.business import KIND_OF_USER_TYPE, PEOPLE, BusinessUser
from .._edges.tasks import FULL_CONTROL, TASKS, has_full_control
from .._graph.text import printable
from .._graph.values import by_id
from . import drift
from .facts import AuditedAccount, Json, label

HIGH, MEDIUM, LOW, INFO = "high", "medium", "low", "info"
SEVERITIES = (HIGH, MEDIUM, LOW, INFO)

_MESSAGING = "MESSAGING"
_SYSTEM_USER = "SYSTEM_USER"
_PERSONAL_USER = "PERSONAL_USER"
# Meta documents the field and not its values: these are taken as they read, all others as not told.
_TWO_FACTOR_ON = frozenset({"ENABLED", "ON", "ACTIVE"})
_TWO_FACTOR_OFF = frozenset({"DISABLED", "OFF", "INACTIVE", "NOT_ENABLED"})


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of finding."""

    id: str
    severity: str
    title: str
    #: Why it matters, and what it means exactly.
    why: str
    remedy: str


_KINDS = (
    Kind(
        "account-unreadable",
        HIGH,
        "Accounts that could not be read",
        "Nobody knows who can do what there. Nothing else in this report speaks of these accounts.",
        "Give the token's system user the account as an asset, and check the account's id and business.",
    ),
    Kind(
        "drift",
        HIGH,
        "Access that is not as declared",
        "The account differs from what was reviewed. Applying the declared access would change exactly these people.",
        "Apply the declared access with metaops.whatsapp.apply, or change the declaration if the account is right.",
    ),
    Kind(
        "declared-unknown",
        HIGH,
        "Declared people who cannot be found",
        "The declared access names somebody whom the business does not know, or not by that name. Whether they hold"
        " what they should is not known. Applying it would fail, or, for somebody to be absent, remove nobody.",
        "Take whoever has left out of the declaration, and mend addresses and names that have changed.",
    ),
    Kind(
        "left-business",
        HIGH,
        "People who are no longer in the business",
        "They are not among the people of their business any more, and still hold tasks.",
        "Take their access away, as with metaops.whatsapp.offboard.",
    ),
    Kind(
        "marked-for-removal",
        HIGH,
        "People who are marked for removal",
        "Somebody has asked for their removal from the business. Until then they can use what they hold.",
        "Take their access away, as with metaops.whatsapp.offboard, and complete the removal in the business settings.",
    ),
    Kind(
        "no-two-factor",
        HIGH,
        "People without two-factor authentication",
        "Whoever learns their password can do what they can do.",
        "Have them set up two-factor authentication, and require it of everybody in the business settings.",
    ),
    Kind(
        "nobody-manages",
        HIGH,
        "Accounts that nobody may manage",
        "Nobody who is assigned holds MANAGE or FULL_CONTROL, so that nobody can be relied on to act in an emergency.",
        "Give FULL_CONTROL or MANAGE to somebody in charge, and to a second person for their absence.",
    ),
    Kind(
        "full-control-holders",
        MEDIUM,
        "Accounts with many holders of FULL_CONTROL",
        "More people than agreed can do everything, giving access to others included.",
        "Give those who do not need everything the tasks that they need in place of FULL_CONTROL.",
    ),
    Kind(
        "list-incomplete",
        MEDIUM,
        "Accounts whose list of people is not complete",
        "The API counts more people than it lists: the access token may not see all of them.",
        "Read the account with the token of an admin system user of the business that owns it.",
    ),
    Kind(
        "other-business",
        MEDIUM,
        "People of another business",
        "They are looked after by somebody else's administrators, who decide when they leave and how they log in.",
        "Check that the agreement with their business still stands, and take their access away when it ends.",
    ),
    Kind(
        "personal-user",
        MEDIUM,
        "Personal users",
        "They are assigned by their personal account, outside of any business, and no business's rules reach them.",
        "Invite them to the business, give their business user the tasks, and remove the personal one.",
    ),
    Kind(
        "system-user-messaging-and-manage",
        MEDIUM,
        "System users that can both message and manage",
        "One leaked token is enough to write to customers and to change the account. FULL_CONTROL counts as both.",
        "Use one system user to send messages, and another one to manage.",
    ),
    Kind(
        "untold-tasks",
        MEDIUM,
        "Users whose tasks the API does not report",
        "They are assigned, and nobody can see for what. Holders of tasks are counted without them.",
        "Look at them in the business settings, or read with a newer api_version.",
    ),
    Kind(
        "not-checked",
        LOW,
        "What could not be checked",
        "A check that could not be made finds nothing. That does not mean that there is nothing.",
        "Give the audit what the message says is missing.",
    ),
    Kind(
        "unknown-tasks",
        LOW,
        "Tasks that the collection does not know",
        "Meta has made new tasks, and what they allow is not taken into account here.",
        "Look up what they allow, and update the collection.",
    ),
    Kind(
        "changed-since-baseline",
        INFO,
        "Accounts that have changed since the earlier report",
        "The changes themselves are listed under the changes.",
        "Check that each change was asked for.",
    ),
    Kind(
        "undeclared-people",
        INFO,
        "People whom the declared access leaves alone",
        "They are not named in the declared access, and purge_users is not set, so that applying it lets them be.",
        "Declare their access or take it away; with purge_users the declaration then speaks of everybody.",
    ),
)
#: Every kind of finding by its id, the most severe first.
KINDS = {kind.id: kind for kind in _KINDS}


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What the rules look at."""

    accounts: list[AuditedAccount]
    directories: Directories
    #: What `drift.compare` returns; `None` where no access is declared.
    drift: list[Json] | None
    #: The ids of the accounts whose access is declared, each with who could not be found.
    declared: t.Mapping[str, list[str]]
    #: What `history.changes_since` returns; `None` where there is no baseline.
    changes: Json | None
    max_full_control: int


def find(evidence: Evidence) -> list[Json]:
    """All findings, the most severe first, then by kind, account and person."""
    found: list[Json] = []
    for account in evidence.accounts:
        found += _of_account(account, evidence)
        for user in account.users.values():
            found += _of_user(account, user)
            found += _of_person(account, user, evidence.directories)
    found += _of_drift(evidence)
    found += _of_changes(evidence)
    found += _not_checked(evidence)
    order = list(KINDS)
    return sorted(
        found,
        key=lambda one: (
            SEVERITIES.index(one["severity"]),
            order.index(one["id"]),
            by_id(one["waba_id"] or ""),
            by_id(one["user_id"] or ""),
            one["message"],
        ),
    )


def is_of_another_business(account: AuditedAccount, user: AssignedUser) -> bool:
    """Whether somebody is known to belong to another business than the account was read for."""
    theirs = (user.business or {}).get("id")
    return theirs is not None and theirs != account.business_id


def _finding(kind: str, waba_id: str | None, user_id: str | None, message: str) -> Json:
    return {
        "id": kind,
        "severity": KINDS[kind].severity,
        "waba_id": waba_id,
        "user_id": user_id,
        "message": message,
        "remedy": KINDS[kind].remedy,
    }


def _label(user: AssignedUser) -> str:
    return label(user.id, user.name)


def _of_account(account: AuditedAccount, evidence: Evidence) -> t.Iterator[Json]:
    if account.problem is not None:
        said = printable(account.problem, None)
        yield _finding("account-unreadable", account.waba_id, None, f"{account.label} could not be read: {said}")
        return
    users = account.users.values()
    if account.unlisted:
        message = f"{account.label}: the API counts {account.total_count} people and lists {len(users)}."
        yield _finding("list-incomplete", account.waba_id, None, message)
    unknown = [_label(user) for user in users if user.tasks is None]
    if unknown:
        message = f"{account.label}: the API does not report the tasks of {some_of(unknown)}."
        yield _finding("untold-tasks", account.waba_id, None, message)
    full = [_label(user) for user in users if user.tasks is not None and has_full_control(user.tasks)]
    if len(full) > evidence.max_full_control:
        message = (
            f"{account.label}: {len(full)} hold FULL_CONTROL, and at most {evidence.max_full_control} should:"
            f" {some_of(full)}."
        )
        yield _finding("full-control-holders", account.waba_id, None, message)
    # Where a user's tasks are unknown, or a user is not listed, it may be that one.
    if account.is_whole and not unknown and not any(manages(user) for user in users):
        message = f"{account.label}: nobody holds MANAGE or FULL_CONTROL."
        yield _finding("nobody-manages", account.waba_id, None, message)


def _of_user(account: AuditedAccount, user: AssignedUser) -> t.Iterator[Json]:
    """What the account's own list says of somebody."""
    if is_of_another_business(account, user):
        business = user.business or {}
        belongs = label(business.get("id") or "", business.get("name"))
        message = f"{_label(user)} belongs to {belongs} and holds tasks in {account.label}."
        yield _finding("other-business", account.waba_id, user.id, message)
    if user.user_type == _PERSONAL_USER:
        message = f"{_label(user)} is a personal user and holds tasks in {account.label}."
        yield _finding("personal-user", account.waba_id, user.id, message)
    tasks = user.tasks or frozenset()
    if user.user_type == _SYSTEM_USER and (FULL_CONTROL in tasks or (_MESSAGING in tasks and manages(user))):
        message = f"{_label(user)} is a system user and can both message and manage in {account.label}."
        yield _finding("system-user-messaging-and-manage", account.waba_id, user.id, message)
    unknown = sorted(tasks - frozenset(TASKS))
    if unknown:
        message = f"{_label(user)} holds {printable(', '.join(unknown))} in {account.label}."
        yield _finding("unknown-tasks", account.waba_id, user.id, message)


def _of_person(account: AuditedAccount, user: AssignedUser, directories: Directories) -> t.Iterator[Json]:
    """What the list of the user's business says."""
    business_id = (user.business or {}).get("id")
    directory = directories.get(business_id) if business_id else None
    if directory is None:
        return
    person = directory.find(user.id)
    if person is None:
        if user.user_type != _PERSONAL_USER and all(map(directory.is_whole, _kinds_of(user))):
            message = (
                f"{_label(user)} is not in the business {business_id} any more and holds tasks in {account.label}."
            )
            yield _finding("left-business", account.waba_id, user.id, message)
        return
    if person.marked_for_removal:
        message = f"{_label(user)} is marked for removal from the business and holds tasks in {account.label}."
        yield _finding("marked-for-removal", account.waba_id, user.id, message)
    if user.user_type != _SYSTEM_USER and _two_factor(person) is False:
        message = f"{_label(user)} has no two-factor authentication and holds tasks in {account.label}."
        yield _finding("no-two-factor", account.waba_id, user.id, message)


def _kinds_of(user: AssignedUser) -> t.Collection[str]:
    """Where a business lists the user: each of its lists, where the API does not report the type."""
    kind = KIND_OF_USER_TYPE.get(user.user_type or "")
    return [kind] if kind else PEOPLE


def _two_factor(person: BusinessUser) -> bool | None:
    status = (person.two_fac_status or "").upper()
    return True if status in _TWO_FACTOR_ON else False if status in _TWO_FACTOR_OFF else None


def _of_drift(evidence: Evidence) -> t.Iterator[Json]:
    accounts = {account.waba_id: account.label for account in evidence.accounts}
    for entry in evidence.drift or []:
        if entry["status"] in (drift.AS_DECLARED, drift.UNTOLD):
            continue
        kind = "drift" if entry["enforced"] else "undeclared-people"
        who = label(entry["user_id"], entry["name"])
        message = f"{who} {_difference(entry)} in {accounts[entry['waba_id']]}."
        yield _finding(kind, entry["waba_id"], entry["user_id"], message)
    for waba_id, problems in evidence.declared.items():
        for problem in problems:
            yield _finding("declared-unknown", waba_id, None, printable(problem, None))


def _difference(entry: Json) -> str:
    """How somebody stands, to be read after who it is."""
    held, declared = set(entry["tasks"] or []), set(entry["declared_tasks"] or [])
    holds = printable(", ".join(sorted(held))) or "tasks that the API does not report"
    if entry["status"] == drift.MISSING:
        return f"should hold {', '.join(sorted(declared))} and is not assigned"
    if entry["status"] == drift.EXTRA:
        return f"is not declared and holds {holds}"
    return f"should hold {', '.join(sorted(declared))} and holds {holds}"


def _of_changes(evidence: Evidence) -> t.Iterator[Json]:
    if evidence.changes is None:
        return
    accounts = {account.waba_id: account.label for account in evidence.accounts}
    counts: dict[str, dict[str, int]] = {}
    for change in evidence.changes["people"]:
        of_account = counts.setdefault(change["waba_id"], {"came": 0, "went": 0, "tasks": 0})
        of_account[change["change"]] += 1
    for waba_id, count in counts.items():
        message = (
            f"{accounts[waba_id]}, since {printable(evidence.changes['since'])}:"
            f" {count['came']} came, {count['went']} went, {count['tasks']} hold other tasks."
        )
        yield _finding("changed-since-baseline", waba_id, None, message)


def _not_checked(evidence: Evidence) -> t.Iterator[Json]:
    yield from _directories_not_read(evidence)
    for account in evidence.accounts:
        yield from _two_factor_unknown(account, evidence.directories)
        if account.problem is None and evidence.drift is not None and account.waba_id not in evidence.declared:
            message = f"{account.label}: no access is declared for this account, so nobody's could be compared with it."
            yield _finding("not-checked", account.waba_id, None, message)
    for waba_id in set(evidence.declared) - {account.waba_id for account in evidence.accounts}:
        message = f"{waba_id}: access is declared for this account, and the account was not audited."
        yield _finding("not-checked", waba_id, None, message)
    for waba_id in (evidence.changes or {}).get("not_compared", []):
        message = f"{waba_id}: the account could not be read now or then, so what changed is not known."
        yield _finding("not-checked", waba_id, None, message)


def _directories_not_read(evidence: Evidence) -> t.Iterator[Json]:
    for business_id, directory in evidence.directories.items():
        problems = _problems(directory)
        if problems:
            said = printable("; ".join(problem.rstrip(".") for problem in problems))
            message = (
                f"The people of the business {business_id} could not all be read, so it is not known who left it, and"
                f" perhaps not who is to be removed or has no two-factor authentication: {said}."
            )
            yield _finding("not-checked", None, None, message)


def _problems(directory: Directory) -> list[str]:
    """Why not everybody in a business is known."""
    return [text for one in directory.listings for text in ([str(one.error)] if one.error else one.warnings)]


def _two_factor_unknown(account: AuditedAccount, directories: Directories) -> t.Iterator[Json]:
    unknown = []
    for user in account.users.values():
        directory = directories.get((user.business or {}).get("id") or "")
        person = directory.find(user.id) if directory else None
        if person is not None and user.user_type != _SYSTEM_USER and _two_factor(person) is None:
            unknown.append(_label(user))
    if unknown:
        message = (
            f"{account.label}: the API does not report whether these have two-factor authentication:"
            f" {some_of(unknown)}."
        )
        yield _finding("not-checked", account.waba_id, None, message)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The kinds of findings of an audit, and the rules that find them. Pure functions."""

from __future__ import annotations

import collections
import typing as t

from .._access.guard import manages
from .._access.names import some_of
from .._access.people import Directories, Directory, has_left
from .._edges.assigned_users import AssignedUser, UserList
from .._edges.tasks import FULL_CONTROL, TASKS, has_full_control
from .._graph.text import label, printable
from .._graph.values import by_id
from . import drift
from .facts import Json, users_of
from .history import CAME, TASKS_CHANGED, WENT

HIGH, MEDIUM, LOW, INFO = "high", "medium", "low", "info"
SEVERITIES = (HIGH, MEDIUM, LOW, INFO)

_SYSTEM_USER = "SYSTEM_USER"
# Meta documents the field and not its values: all others count as unknown.
_TWO_FACTOR_ON = frozenset({"ENABLED", "ON", "ACTIVE"})
_TWO_FACTOR_OFF = frozenset({"DISABLED", "OFF", "INACTIVE", "NOT_ENABLED"})


class Kind(t.NamedTuple):
    """A kind of finding."""

    id: str
    severity: str
    title: str
    #: Why it matters.
    why: str
    remedy: str


# The title of each kind, why it matters, and the remedy.
_TEXTS = {
    HIGH: {
        "account-unreadable": (
            "Accounts that could not be read",
            "Access to them is unknown. Nothing else in this report is about these accounts.",
            "Give the token's system user the account as an asset, and check the account's id and business.",
        ),
        "drift": (
            "Access that differs from the declared access",
            "Applying the declared access would change exactly these users.",
            "Apply the declared access with metaops.whatsapp.apply, or change the declaration if the account is right.",
        ),
        "overdue": (
            "Access that has ended and is still there",
            "Meta knows no end of access: the first run after valid_until ends it. There was none, or it failed.",
            "Apply the declared access with metaops.whatsapp.apply, on a schedule, or declare a later end.",
        ),
        "declared-unknown": (
            "Declared people who cannot be found",
            "Their access is unknown. Applying the declaration fails, or, where they are to be absent, removes nobody.",
            "Remove people who have left from the declaration, and correct addresses and names that have changed.",
        ),
        "left-business": (
            "People who are no longer in the business",
            "Their business does not list them any more, and they still hold tasks.",
            "Revoke their access, as with metaops.whatsapp.offboard.",
        ),
        "marked-for-removal": (
            "People who are marked for removal",
            "Their removal from the business was requested. Until it is complete they can use their tasks.",
            "Revoke their access, as with metaops.whatsapp.offboard, and complete the removal in Meta's settings.",
        ),
        "no-two-factor": (
            "People without two-factor authentication",
            "Their password alone is enough to act as them.",
            "Have them set up two-factor authentication, and require it of all users in the business settings.",
        ),
        "nobody-manages": (
            "Accounts without a holder of MANAGE or FULL_CONTROL",
            "No assigned user can manage the account, which matters in an emergency.",
            "Assign FULL_CONTROL or MANAGE to a person in charge and to a deputy.",
        ),
    },
    MEDIUM: {
        "full-control-holders": (
            "Accounts with many holders of FULL_CONTROL",
            "More users than agreed can do everything, including granting access to others.",
            "Replace FULL_CONTROL with the tasks that these users need.",
        ),
        "list-incomplete": (
            "Accounts whose list of users is incomplete",
            "The API counts more users than it lists: the access token may not see all of them.",
            "Read the account with the token of an admin system user of the business that owns it.",
        ),
        "other-business": (
            "People of another business",
            "Administrators of another business decide when they leave and how they log in.",
            "Check that the agreement with their business is still in force, and revoke their access when it ends.",
        ),
        "personal-user": (
            "Personal users",
            "They are assigned with a personal account, which is outside the rules of any business.",
            "Invite them to the business, assign the tasks to their business user, and remove the personal user.",
        ),
        "system-user-messaging-and-manage": (
            "System users that can both message and manage",
            "One leaked token is enough to write to customers and to change the account. FULL_CONTROL counts as both.",
            "Use one system user to send messages, and another one to manage.",
        ),
        "tasks-not-reported": (
            "Users whose tasks the API does not report",
            "What they can do is unknown. Counts of holders of a task do not include them.",
            "Check them in the business settings, or read with a newer api_version.",
        ),
    },
    LOW: {
        "not-checked": (
            "What could not be checked",
            "There may be problems that these checks would find.",
            "Provide what the message names as missing.",
        ),
        "unknown-tasks": (
            "Tasks that the collection does not know",
            "Meta has new tasks. This report does not take into account what they allow.",
            "Look up what they allow, and update the collection.",
        ),
    },
    INFO: {
        "changed-since-baseline": (
            "Accounts that have changed since the earlier report",
            "Users were assigned or removed, or their tasks changed. The report lists each change.",
            "Check that each change was requested.",
        ),
        "undeclared-people": (
            "Users whom the declared access does not cover",
            "The declared access does not name them, and purge_users is not set: applying it does not change them.",
            "Declare their access, or revoke it, and then set purge_users.",
        ),
    },
}
#: Every kind of finding by its id, the most severe first.
KINDS = {
    kind_id: Kind(kind_id, severity, *texts) for severity, kinds in _TEXTS.items() for kind_id, texts in kinds.items()
}


class Evidence(t.NamedTuple):
    """What the rules look at."""

    accounts: t.Sequence[UserList]
    directories: Directories
    #: What `drift.compare` returns; `None` where no access is declared.
    drift: list[Json] | None
    #: The ids of the accounts whose access is declared, each with its unresolved people.
    declared: t.Mapping[str, list[str]]
    #: What `history.changes_since` returns; `None` where there is no baseline.
    changes: Json | None
    max_full_control: int


def find(evidence: Evidence) -> list[Json]:
    """Return all findings, the most severe first, then by kind, account and user."""
    rules = (_of_accounts, _of_users, _of_drift, _of_changes, _not_checked)
    order = list(KINDS)

    def place(finding: Json) -> tuple[t.Any, ...]:
        ids = by_id(finding["waba_id"] or ""), by_id(finding["user_id"] or "")
        return order.index(finding["id"]), *ids, finding["message"]

    return sorted((finding for rule in rules for finding in rule(evidence)), key=place)


def is_of_another_business(account: UserList, user: AssignedUser) -> bool:
    """Whether a user is known to belong to another business than the account was read for."""
    business_id = (user.business or {}).get("id")
    return business_id is not None and business_id != account.account.business_id


def _finding(kind: str, waba_id: str | None, user_id: str | None, message: str) -> Json:
    return {
        "id": kind,
        "severity": KINDS[kind].severity,
        "waba_id": waba_id,
        "user_id": user_id,
        "message": message,
        "remedy": KINDS[kind].remedy,
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
    for account in evidence.accounts:
        for user in users_of(account).values():
            for kind, text in _of_user(account, user, _directory(user, evidence)):
                message = f"{label(user.id, user.name)} {text} in {account.account.label}."
                yield _finding(kind, account.account.waba_id, user.id, message)


def _of_user(account: UserList, user: AssignedUser, directory: Directory | None) -> t.Iterator[tuple[str, str]]:
    """Yield the kind of each finding, and what the message says between the names of user and account."""
    tasks = user.tasks or frozenset()
    if is_of_another_business(account, user):
        business = user.business or {}
        yield "other-business", f"belongs to {label(business.get('id') or '', business.get('name'))} and holds tasks"
    if user.user_type == "PERSONAL_USER":
        yield "personal-user", "is a personal user and holds tasks"
    if user.user_type == _SYSTEM_USER and (FULL_CONTROL in tasks or ("MESSAGING" in tasks and manages(user))):
        yield "system-user-messaging-and-manage", "is a system user and can both message and manage"
    unknown = sorted(tasks.difference(TASKS))
    if unknown:
        yield "unknown-tasks", f"holds {printable(', '.join(unknown))}"
    if directory and has_left(user, directory):
        yield "left-business", f"is no longer in the business {directory.business_id} and holds tasks"
    person = directory.find(user.id) if directory else None
    if person and person.marked_for_removal:
        yield "marked-for-removal", "is marked for removal from the business and holds tasks"
    if _has_two_factor(user, directory) is False:
        yield "no-two-factor", "has no two-factor authentication and holds tasks"


def _directory(user: AssignedUser, evidence: Evidence) -> Directory | None:
    """The users of the business that the user is reported to belong to."""
    return evidence.directories.get((user.business or {}).get("id") or "")


def _has_two_factor(user: AssignedUser, directory: Directory | None) -> bool | None:
    """Whether a user has two-factor authentication; also true where it is not checked, as for system users."""
    person = directory.find(user.id) if directory else None
    if person is None or user.user_type == _SYSTEM_USER:
        return True
    status = (person.two_fac_status or "").upper()
    return True if status in _TWO_FACTOR_ON else False if status in _TWO_FACTOR_OFF else None


def _of_drift(evidence: Evidence) -> t.Iterator[Json]:
    labels = {account.account.waba_id: account.account.label for account in evidence.accounts}
    for entry in evidence.drift or []:
        if entry["status"] in (drift.AS_DECLARED, drift.NOT_REPORTED):
            continue
        kind = "overdue" if entry["valid_until"] else "drift" if entry["enforced"] else "undeclared-people"
        who, where = label(entry["user_id"], entry["name"]), labels[entry["waba_id"]]
        yield _finding(kind, entry["waba_id"], entry["user_id"], f"{who} {_difference(entry)} in {where}.")
    for waba_id, problems in evidence.declared.items():
        for problem in problems:
            yield _finding("declared-unknown", waba_id, None, printable(problem, None))


def _difference(entry: Json) -> str:
    """Current and declared tasks of a user, shown after the name."""
    declared = ", ".join(entry["declared_tasks"] or [])
    holds = printable(", ".join(entry["tasks"] or [])) or "tasks that the API does not report"
    if entry["status"] == drift.MISSING:
        return f"should hold {declared} and is not assigned"
    if entry["valid_until"]:
        reason = f" ({printable(entry['reason'])})" if entry["reason"] else ""
        return f"was to have access until {entry['valid_until']}{reason} and holds {holds}"
    if entry["status"] == drift.EXTRA:
        return f"is not declared and holds {holds}"
    return f"should hold {declared} and holds {holds}"


def _of_changes(evidence: Evidence) -> t.Iterator[Json]:
    if evidence.changes is None:
        return
    since = printable(evidence.changes["since"])
    counts = collections.Counter((change["waba_id"], change["change"]) for change in evidence.changes["people"])
    for account in evidence.accounts:
        waba_id = account.account.waba_id
        came, went, tasks = (counts[waba_id, change] for change in (CAME, WENT, TASKS_CHANGED))
        if came or went or tasks:
            text = f"since {since}: {came} came, {went} went, {tasks} hold other tasks."
            yield _finding("changed-since-baseline", waba_id, None, f"{account.account.label}, {text}")


def _not_checked(evidence: Evidence) -> t.Iterator[Json]:
    for waba_id, message in _gaps(evidence):
        yield _finding("not-checked", waba_id, None, message)


def _gaps(evidence: Evidence) -> t.Iterator[tuple[str | None, str]]:
    """Yield what could not be checked, and the id of the account where it is about one."""
    for business_id, directory in evidence.directories.items():
        problems = [text for one in directory.listings for text in ([str(one.error)] if one.error else one.warnings)]
        if problems:
            said = printable("; ".join(problem.rstrip(".") for problem in problems))
            gap = "who left it, and perhaps who is to be removed or has no two-factor authentication"
            text = f"The people of the business {business_id} could not all be read, so it is unknown"
            yield None, f"{text} {gap}: {said}."
    for account in evidence.accounts:
        name, waba_id = account.account.label, account.account.waba_id
        users = users_of(account).values()
        unknown = [user for user in users if _has_two_factor(user, _directory(user, evidence)) is None]
        if unknown:
            who = some_of([label(user.id, user.name) for user in unknown])
            yield waba_id, f"{name}: the API does not report whether these have two-factor authentication: {who}."
        if not account.error and evidence.drift is not None and waba_id not in evidence.declared:
            yield waba_id, f"{name}: no access is declared for this account, so its users were not compared."
    for waba_id in evidence.declared.keys() - {account.account.waba_id for account in evidence.accounts}:
        yield waba_id, f"{waba_id}: access is declared for this account, and the account was not audited."
    for waba_id in (evidence.changes or {}).get("not_compared", []):
        yield waba_id, f"{waba_id}: the account could not be read now or then, so changes are unknown."

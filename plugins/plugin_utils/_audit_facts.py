# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What an audit of people's access knows: accounts as they were read, and the people of businesses. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import AssignedUser
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError, check_id
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_text import label

Json = dict[str, t.Any]

#: What is told of an error of the API; anything else in it stays out of the report.
GRAPH_ERROR_KEYS = (
    "http_status",
    "code",
    "error_subcode",
    "type",
    "message",
    "error_user_title",
    "error_user_msg",
    "fbtrace_id",
    "is_transient",
)


class AuditError(Exception):
    """The audit cannot be made of what was given; the text says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Account:
    """One account as it was read."""

    waba_id: str
    name: str | None
    #: The business that it was read for; `None` where nobody said.
    business_id: str | None
    #: By id, in the order of the ids.
    users: dict[str, AssignedUser]
    #: How many people the API counts; `None` where it does not say.
    total_count: int | None
    graph_error: Json | None
    #: Why it could not be read; `None` where it could.
    problem: str | None

    @property
    def label(self) -> str:
        """The account within a sentence."""
        return label(self.waba_id, self.name)

    @property
    def is_whole(self) -> bool:
        """Whether it was read, and as many people were listed as the API counts."""
        return self.problem is None and not self.hidden

    @property
    def hidden(self) -> int:
        """How many people the API counts beyond those it lists."""
        return max((self.total_count or 0) - len(self.users), 0) if self.problem is None else 0


@dataclasses.dataclass(frozen=True)
class Directory:
    """The people of one business, as far as they could be read."""

    people: dict[str, Json]
    #: Why it is not everybody: a sentence a reason, none where it is.
    problems: list[str]


def by_id(identifier: str) -> tuple[int, str]:
    """The order of ids: as numbers, which they are but for their size."""
    return len(identifier), identifier


def make_accounts(listed: t.Iterable[Json], about: t.Iterable[Json]) -> list[Account]:
    """The accounts in the order of their ids. `about` has their names and businesses. Raises `AuditError`."""
    described = {str(account.get("waba_id")): account for account in about}
    accounts: dict[str, Account] = {}
    for number, raw in enumerate(listed):
        account = _account(number, {**raw, **described.get(str(raw.get("waba_id")), {})})
        if account.waba_id in accounts:
            raise AuditError(f"account {account.label} is there twice: name each account once")
        accounts[account.waba_id] = account
    return [accounts[waba_id] for waba_id in sorted(accounts, key=by_id)]


def make_directories(read: t.Mapping[str, Json]) -> dict[str, Directory]:
    """The people of businesses, by the business's id.

    `read` has results of `waba_business_users_info`; one that failed has a `msg` and no people.
    """
    directories = {}
    for business_id, result in read.items():
        people = result.get("business_users")
        problems = [str(part.get("msg") or part.get("kind")) for part in result.get("unread") or []]
        if people is None:
            problems.append(str(result.get("msg") or "the list could not be read"))
        directories[str(business_id)] = Directory({person["id"]: person for person in people or []}, problems)
    return directories


def known_names(accounts: t.Iterable[Account], directories: t.Mapping[str, Directory]) -> dict[str, str]:
    """A name for everybody who has one somewhere."""
    names = {
        person_id: person["name"]
        for _business_id, directory in sorted(directories.items())
        for person_id, person in directory.people.items()
        if person.get("name")
    }
    listed = {user.id: user.name for account in accounts for user in account.users.values() if user.name}
    return {**names, **listed}


def _account(number: int, raw: Json) -> Account:
    try:
        waba_id = check_id("waba_id", str(raw.get("waba_id") or ""))
        business_id = raw.get("business_id") or None
        if business_id is not None:
            business_id = check_id("business_id", str(business_id))
    except OptionError as error:
        raise AuditError(f"account {number + 1}: {str(error).rstrip('.')}") from error
    graph_error = raw.get("graph_error")
    problem = raw.get("msg")
    if problem is None and graph_error is not None:
        problem = str(graph_error.get("message") or "the API refused it")
    users = {} if problem is not None else {user["id"]: _user(user) for user in raw.get("assigned_users") or []}
    return Account(
        waba_id=waba_id,
        name=None if raw.get("name") is None else str(raw["name"]),
        business_id=business_id,
        users={user_id: users[user_id] for user_id in sorted(users, key=by_id)},
        total_count=raw.get("total_count"),
        graph_error=None if graph_error is None else {key: graph_error.get(key) for key in GRAPH_ERROR_KEYS},
        problem=None if problem is None else str(problem),
    )


def _user(raw: Json) -> AssignedUser:
    tasks = raw.get("tasks")
    business = raw.get("business")
    return AssignedUser(
        id=str(raw["id"]),
        name=raw.get("name"),
        user_type=raw.get("user_type"),
        business=None if business is None else {"id": business.get("id"), "name": business.get("name")},
        tasks=frozenset(tasks) if tasks else None,
    )

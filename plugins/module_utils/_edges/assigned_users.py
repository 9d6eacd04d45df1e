# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge `/{version}/{waba-id}/assigned_users`: the users assigned to accounts, and their tasks.

Source: Meta's OpenAPI description, <https://github.com/facebook/openapi>. It does not list `tasks` among the fields of
a user, while Meta's reference and guides do: the field is requested, and left out where an API lacks it.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

from .._graph.client import GraphClient, Operation
from .._graph.errors import GraphError, MalformedAnswerError, NotFoundError, PermissionDeniedError, concerns_all
from .._graph.paging import PAGE_LIMIT, Edge, KnownFields, Listing, Page
from .._graph.values import label, object_id, printable, text_or_none

USER_TYPES = ("BUSINESS_USER", "SYSTEM_USER", "PERSONAL_USER")
FIELDS = ("id", "name", "user_type", "business", "tasks")


@dataclasses.dataclass(frozen=True)
class Account:
    """A WhatsApp Business Account, and the business for which it is read."""

    waba_id: str
    business_id: str
    #: The name in the declaration, or else in the business.
    name: str | None = None

    @property
    def label(self) -> str:
        return label(self.waba_id, self.name)


@dataclasses.dataclass(frozen=True)
class AssignedUser:
    """A user assigned to an account. Whatever the API does not report is `None`."""

    id: str
    name: str | None = None
    user_type: str | None = None
    business: dict[str, str | None] | None = None
    #: `None` where the API reports none: an assignment always has at least one task.
    tasks: frozenset[str] | None = None

    def as_result(self, fields: t.Iterable[str] = FIELDS) -> dict[str, t.Any]:
        values = {field: getattr(self, field) for field in FIELDS if field in fields}
        if values.get("tasks") is not None:
            values["tasks"] = sorted(values["tasks"])
        return values

    @property
    def label(self) -> str:
        return f"{self.id} {printable(self.name)}" if self.name else self.id


Users = t.Mapping[str, AssignedUser]


class UserList(Listing):
    """The assigned users of one account, as far as they were read. `read` continues."""

    words = "assigned users"

    def __init__(self, account: Account, edge: Edge) -> None:
        super().__init__(edge)
        self.account = account
        #: By id, in the order of the list. A list that changes between pages may have a user twice: the later counts.
        self.users: dict[str, AssignedUser] = {}

    def add(self, page: Page) -> None:
        super().add(page)
        self.users.update({user.id: user for user in users_of(page)})

    def fail(self, error: GraphError) -> None:
        self.error = copy.copy(error)
        self.error.doing = f"read the assigned users of WhatsApp Business Account {self.account.waba_id}"
        if isinstance(error, (NotFoundError, PermissionDeniedError)) and not self.error.remedy:
            self.error.remedy = (
                f"{error.hint} Here, waba_id is {self.account.waba_id} and business_id {self.account.business_id}:"
                " ansible-playbook metaops.whatsapp.doctor names the ids that the access token can see."
            )

    @property
    def listed(self) -> int:
        return len(self.users)

    @property
    def reports_tasks(self) -> bool:
        """Whether the API is not known to lack the field `tasks`."""
        return "tasks" not in self.unknown_fields

    def as_result(self) -> dict[str, t.Any]:
        """The account as a task returns it; without users where it could not be read."""
        error = self.error
        return {
            "waba_id": self.account.waba_id,
            "name": self.account.name,
            "business_id": self.account.business_id,
            "assigned_users": [] if error else [user.as_result() for user in self.users.values()],
            "total_count": None if error else self.count,
            **(error.as_failure() if error else {"msg": None, "graph_error": None}),
        }

    def again(self) -> UserList:
        """Return the same list, unread."""
        return UserList(self.account, self.edge)


def user_lists(
    accounts: t.Iterable[Account],
    fields: t.Iterable[str] = FIELDS,
    limit: int = PAGE_LIMIT,
    cursor: t.Mapping[str, str] | None = None,
) -> list[UserList]:
    """Return the lists of these accounts, unread; `cursor` may hold `after` or `before`."""
    # Meta's description lacks tasks: it is left out first where an API refuses fields and does not say which.
    known = KnownFields(first_to_go="tasks")
    wanted = [field for field in FIELDS if field in set(fields)]
    params = {"limit": str(limit), "summary": "total_count", **(cursor or {})}
    return [
        UserList(one, Edge(_path(one.waba_id), wanted, known, {"business": one.business_id, **params}))
        for one in accounts
    ]


def raise_general_error(lists: t.Iterable[Listing]) -> None:
    """Raise the error of a list that concerns all calls, where there is one."""
    for one in lists:
        if one.error and concerns_all(one.error):
            raise one.error


def all_read(user_ids: t.Mapping[int, t.AbstractSet[str]]) -> t.Callable[[UserList], bool]:
    """Return an `enough` for `read`: whether these users of a list were read. Other lists are read whole.

    The users are by the `id()` of their list.
    """
    return lambda one: id(one) in user_ids and user_ids[id(one)] <= one.users.keys()


@dataclasses.dataclass(frozen=True)
class Write:
    """The assignment of a user with these tasks, or the removal where they are `None`."""

    account: Account
    user_id: str
    tasks: frozenset[str] | None

    @property
    def operation(self) -> Operation:
        path = _path(self.account.waba_id)
        if self.tasks is None:
            return Operation("DELETE", path, {"user": self.user_id})
        # A form field with a JSON array is Graph's list type. Repeated keys, which requests makes of a list, are not
        # documented, and a parser that keeps the last one would grant too little.
        array = json.dumps(sorted(self.tasks), separators=(",", ":"))
        return Operation("POST", path, {"user": self.user_id, "tasks": array})

    @property
    def doing(self) -> str:
        """What it does, to follow "Could not"."""
        where = f"WhatsApp Business Account {self.account.waba_id}"
        if self.tasks is None:
            return f"remove {self.user_id} from {where}"
        return f"assign {', '.join(sorted(self.tasks))} to {self.user_id} on {where}"


def write_users(client: GraphClient, writes: t.Sequence[Write]) -> list[GraphError | None]:
    """Make at most `MAX_BATCH` writes of different users or accounts, and return the error of each, or `None`.

    Whether an assignment replaces a user's tasks, adds to them or is refused depends on the API.
    """
    if not writes:
        return []
    operations = [write.operation for write in writes]
    answers = [client.write(operations[0])] if len(writes) == 1 else client.batch(operations)
    problems = [copy.copy(answer) if isinstance(answer, GraphError) else None for answer in answers]
    for write, problem in zip(writes, problems):
        if problem:
            problem.doing = write.doing
    return problems


def is_already_assigned(error: GraphError) -> bool:
    """Whether an assignment was refused because the user is already assigned.

    Code 100 is that of all invalid parameters, so the words decide, which are those of Meta's description.
    """
    return error.code == 100 and "already assigned" in error.message.lower()


def is_not_assigned(error: GraphError) -> bool:
    """Whether a removal was refused because the user is not assigned, on an account that was read before."""
    return isinstance(error, NotFoundError) and error.code == 803


def users_of(page: Page) -> list[AssignedUser]:
    """Return the users of a page. Raises `MalformedAnswerError` for an invalid user."""
    return [_user(raw) for raw in page.data]


def _path(waba_id: str) -> str:
    return f"{waba_id}/assigned_users"


def _user(raw: t.Any) -> AssignedUser:
    """Return a user. Ids and tasks must be valid, since changes depend on them; other invalid values are `None`."""
    user_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if user_id is None:
        raise MalformedAnswerError("the list of assigned users holds a user without a valid id")
    tasks = raw.get("tasks")
    if tasks is not None and not (isinstance(tasks, list) and all(isinstance(task, str) for task in tasks)):
        raise MalformedAnswerError(f"the tasks of user {user_id} are not a list of names")
    given = raw.get("business")
    business = {key: text_or_none(given.get(key)) for key in ("id", "name")} if isinstance(given, dict) else None
    name, user_type = text_or_none(raw.get("name")), text_or_none(raw.get("user_type"))
    return AssignedUser(user_id, name, user_type, business, frozenset(tasks) if tasks else None)

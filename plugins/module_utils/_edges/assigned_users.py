# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The edge `/{version}/{waba-id}/assigned_users` in its domain's words: who is assigned to an account, and for what.

Source: Meta's OpenAPI description, <https://github.com/facebook/openapi>. It leaves `tasks` out of the people it lists,
while Meta's reference and guides have it there: it is asked for by name, and done without where an API lacks it.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import typing as t

from .._graph.client import GraphClient, Operation, Page, hidden, object_id, text_or_none
from .._graph.errors import GraphError, MalformedAnswerError, NotFoundError, printable
from .._graph.fields import Edge, KnownFields, read_lists

FULL_CONTROL = "FULL_CONTROL"
MANAGE = "MANAGE"
MANAGE_USERS = "MANAGE_USERS"
#: Every task that Meta's description names, in its order.
TASKS = (
    MANAGE,
    "DEVELOP",
    "MANAGE_TEMPLATES",
    "MANAGE_PHONE",
    "VIEW_COST",
    "MANAGE_EXTENSIONS",
    "VIEW_PHONE_ASSETS",
    "MANAGE_PHONE_ASSETS",
    "VIEW_TEMPLATES",
    "VIEW_INSIGHTS",
    "RECEIVE_INCOMING_MESSAGES",
    "MANAGE_BILLING",
    MANAGE_USERS,
    "MESSAGING",
    FULL_CONTROL,
)
USER_TYPES = ("BUSINESS_USER", "SYSTEM_USER", "PERSONAL_USER")
FIELDS = ("id", "name", "user_type", "business", "tasks")
#: People a page: the most that the API gives.
PAGE_LIMIT = 100


#: A person's id, and the tasks to assign to them; `None` removes them.
Write = tuple[str, t.Optional[frozenset[str]]]


@dataclasses.dataclass(frozen=True)
class AssignedUser:
    """A person or machine user assigned to an account. Whatever the API did not tell is `None`."""

    id: str
    name: str | None = None
    user_type: str | None = None
    business: dict[str, str | None] | None = None
    #: `None` where the API does not tell them: an assignment always holds at least one task.
    tasks: frozenset[str] | None = None

    def as_result(self, fields: t.Iterable[str] = FIELDS) -> dict[str, t.Any]:
        """The user as a task returns it, tasks sorted."""
        values = {field: getattr(self, field) for field in FIELDS if field in fields}
        if values.get("tasks") is not None:
            values["tasks"] = sorted(values["tasks"])
        return values

    @property
    def label(self) -> str:
        """Id and name as one harmless piece of a line: names are whatever people typed."""
        return f"{self.id} {printable(self.name)}" if self.name else self.id


@dataclasses.dataclass(frozen=True)
class UsersPage:
    """One page of an account's people."""

    users: list[AssignedUser]
    page: Page


class AssignedUsers:
    """The people of one account. A `GraphError`, which `write` returns and others raise, says what was being done."""

    def __init__(self, client: GraphClient, waba_id: str, business_id: str) -> None:
        self._client = client
        self._path = _path(waba_id)
        self.waba_id = waba_id
        self.business_id = business_id
        self._known = _known_fields()

    @property
    def unknown_fields(self) -> set[str]:
        """Fields that this API turned out not to know."""
        return self._known.unknown

    def pages(self, fields: t.Iterable[str] = FIELDS, limit: int = PAGE_LIMIT, **params: str) -> t.Iterator[UsersPage]:
        """Read the people a page at a time, with their count; `params` may hold `after` or `before`.

        Fields that the API does not know are left out: `unknown_fields` says which.
        """
        edge = _edge(self.waba_id, self.business_id, fields, limit, self._known, params)
        with _doing(_reading(self.waba_id)):
            while True:
                query = edge.query()
                try:
                    for page in self._client.pages(edge.path, query):
                        yield _users_page(page)
                except GraphError as error:
                    if not self._known.learn(error, query["fields"].split(",")):
                        raise
                else:
                    return

    def write(self, writes: t.Sequence[Write]) -> list[GraphError | None]:
        """Assign and remove people, each once: one by a call of its own, several in one batch, of at most `MAX_BATCH`.

        Returns for each what went wrong, or `None`. What an assignment does to tasks which somebody holds already is
        not the same with every API.
        """
        if not writes:
            return []
        operations = [self._operation(write) for write in writes]
        answers = [self._client.write(operations[0])] if len(writes) == 1 else self._client.batch(operations)
        problems = [answer if isinstance(answer, GraphError) else None for answer in answers]
        for (user_id, tasks), problem in zip(writes, problems):
            if problem and tasks is None:
                problem.doing = f"remove {user_id} from WhatsApp Business Account {self.waba_id}"
            elif problem and tasks is not None:
                names = ", ".join(sorted(tasks))
                problem.doing = f"assign {names} to {user_id} on WhatsApp Business Account {self.waba_id}"
        return problems

    def _operation(self, write: Write) -> Operation:
        user_id, tasks = write
        if tasks is None:
            return Operation("DELETE", self._path, {"user": user_id})
        # One form field with a JSON array is Graph's list type. Repeated keys, which requests would make of a list, are
        # documented nowhere, and parsers that keep the last one would grant less than was asked.
        array = json.dumps(sorted(tasks), separators=(",", ":"))
        return Operation("POST", self._path, {"user": user_id, "tasks": array})

    def own_user_id(self) -> str | None:
        """The id of the user that the access token belongs to; `None` where the API does not give it."""
        with _doing("find out whose access token this is"):
            return object_id(self._client.get("me", {"fields": "id"}).get("id"))

    def pause(self, turn: int) -> None:
        """Wait before reading once more what may be stale; `turn` counts from 0."""
        self._client.pause(turn)


def read_accounts(
    client: GraphClient, business_id: str, waba_ids: t.Sequence[str], fields: t.Iterable[str], limit: int
) -> tuple[list[list[UsersPage] | GraphError], set[str]]:
    """The people of many accounts, read in batches: of each its pages or what went wrong; and the unknown fields."""
    known = _known_fields()
    edges = [_edge(waba_id, business_id, fields, limit, known, {}) for waba_id in waba_ids]
    return [_account(*pair) for pair in zip(waba_ids, read_lists(client, edges))], known.unknown


def _account(waba_id: str, result: list[Page] | GraphError) -> list[UsersPage] | GraphError:
    try:
        with _doing(_reading(waba_id)):
            if isinstance(result, GraphError):
                # A copy: what concerns all accounts is one error.
                raise copy.copy(result)
            return [_users_page(page) for page in result]
    except GraphError as error:
        return error


def hidden_people(counted: int | None, listed: int, where: str = "") -> list[str]:
    """A warning where the API counts more people than it listed, in a list that was read whole."""
    return hidden(counted, listed, f"assigned users{where}")


def is_already_assigned(error: GraphError) -> bool:
    """Whether an assignment was refused because the person is assigned already.

    Code 100 covers every bad parameter too, so the words decide; Meta's description gives them.
    """
    return error.code == 100 and "already assigned" in error.message.lower()


def is_not_assigned(error: GraphError) -> bool:
    """Whether a removal was refused because the person is not assigned, on an account that was just read."""
    return isinstance(error, NotFoundError) and error.code == 803


@contextlib.contextmanager
def _doing(what: str) -> t.Iterator[None]:
    try:
        yield
    except GraphError as error:
        error.doing = what
        raise


def _path(waba_id: str) -> str:
    return f"{waba_id}/assigned_users"


def _reading(waba_id: str) -> str:
    return f"read the assigned users of WhatsApp Business Account {waba_id}"


def _known_fields() -> KnownFields:
    # Meta's description lacks it: where an API refuses fields and does not say which, it is the one to do without.
    return KnownFields(first_to_go="tasks")


def _edge(
    waba_id: str, business_id: str, fields: t.Iterable[str], limit: int, known: KnownFields, params: t.Mapping[str, str]
) -> Edge:
    wanted = [field for field in FIELDS if field in fields]
    common = {"business": business_id, "limit": str(limit), "summary": "total_count"}
    return Edge(_path(waba_id), wanted, known, {**common, **params})


def _users_page(page: Page) -> UsersPage:
    return UsersPage([_user(raw) for raw in page.data], page)


def _user(raw: t.Any) -> AssignedUser:
    """One listed person. Strict where a wrong guess could change who holds what, lenient about the rest."""
    if not isinstance(raw, dict):
        raise MalformedAnswerError("the list of assigned users holds something that is not a user")
    user_id = object_id(raw.get("id"))
    if user_id is None:
        raise MalformedAnswerError("the list of assigned users holds a user without a valid id")
    tasks = raw.get("tasks")
    if tasks is not None and not (isinstance(tasks, list) and all(isinstance(task, str) for task in tasks)):
        raise MalformedAnswerError(f"the tasks of user {user_id} are not a list of names")
    return AssignedUser(
        id=user_id,
        name=text_or_none(raw.get("name")),
        user_type=text_or_none(raw.get("user_type")),
        business=_business(raw.get("business")),
        tasks=frozenset(tasks) if tasks else None,
    )


def _business(raw: t.Any) -> dict[str, str | None] | None:
    return {key: text_or_none(raw.get(key)) for key in ("id", "name")} if isinstance(raw, dict) else None

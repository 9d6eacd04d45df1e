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
import dataclasses
import json
import re
import typing as t

from ._graph_client import GraphClient, Operation, Page
from ._graph_errors import GraphError, MalformedAnswerError, NotFoundError, printable

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

# No API lacks these two: a refusal of them is a refusal of the request.
_CERTAIN_FIELDS = ("id", "name")


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
        self._path = f"{waba_id}/assigned_users"
        self.waba_id = waba_id
        self.business_id = business_id
        #: Fields that this API turned out not to know.
        self.unknown_fields: set[str] = set()

    def pages(self, fields: t.Iterable[str] = FIELDS, limit: int = PAGE_LIMIT, **params: str) -> t.Iterator[UsersPage]:
        """Read the people a page at a time, with their count; `params` may hold `after` or `before`.

        Fields that the API does not know are left out: `unknown_fields` says which.
        """
        wanted = [field for field in FIELDS if field in fields]
        with _doing(f"read the assigned users of WhatsApp Business Account {self.waba_id}"):
            while True:
                asked = [field for field in wanted if field not in self.unknown_fields]
                query = {
                    "business": self.business_id,
                    "fields": ",".join(asked),
                    "limit": str(limit),
                    "summary": "total_count",
                    **params,
                }
                try:
                    for page in self._client.pages(self._path, query):
                        yield _users_page(page)
                except GraphError as error:
                    refused = _refused_fields(error, asked)
                    if not refused:
                        raise
                    self.unknown_fields.update(refused)
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
            return _id(self._client.get("me", {"fields": "id"}).get("id"))

    def pause(self, turn: int) -> None:
        """Wait before reading once more what may be stale; `turn` counts from 0."""
        self._client.pause(turn)


def hidden_people(counted: int | None, listed: int) -> list[str]:
    """A warning where the API counts more people than it listed, in a list that was read whole."""
    if counted is None or counted <= listed:
        return []
    return [f"The API counts {counted} assigned users and listed {listed}: the access token may not see them all."]


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


def _refused_fields(error: GraphError, asked: list[str]) -> list[str]:
    """The fields to do without after this error; none where it is about something else.

    Graph says "Tried accessing nonexisting field (tasks) on node type ..." or "Unknown fields: tasks", as HTTP 400 or
    422. Where it names none ("The requested fields are not available"), the undocumented one goes first.
    """
    if error.code != 100 or "field" not in error.message.lower():
        return []
    optional = [field for field in asked if field not in _CERTAIN_FIELDS]
    named = re.findall(r"\w+", (re.search(r"field \((.*?)\)|fields: (.*)", error.message) or [""])[0])
    if named:
        return [field for field in optional if field in named]
    return ["tasks"] if "tasks" in optional else optional


def _users_page(page: Page) -> UsersPage:
    return UsersPage([_user(raw) for raw in page.data], page)


def _user(raw: t.Any) -> AssignedUser:
    """One listed person. Strict where a wrong guess could change who holds what, lenient about the rest."""
    if not isinstance(raw, dict):
        raise MalformedAnswerError("the list of assigned users holds something that is not a user")
    user_id = _id(raw.get("id"))
    if user_id is None:
        raise MalformedAnswerError("the list of assigned users holds a user without a valid id")
    tasks = raw.get("tasks")
    if tasks is not None and not (isinstance(tasks, list) and all(isinstance(task, str) for task in tasks)):
        raise MalformedAnswerError(f"the tasks of user {user_id} are not a list of names")
    business = raw.get("business")
    return AssignedUser(
        id=user_id,
        name=_text(raw.get("name")),
        user_type=_text(raw.get("user_type")),
        business={key: _text(business.get(key)) for key in ("id", "name")} if isinstance(business, dict) else None,
        tasks=frozenset(tasks) if tasks else None,
    )


def _id(value: t.Any) -> str | None:
    """An id, which is digits in a string; a number will do, for JSON's are exact here."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _text(value: t.Any) -> str | None:
    return value if isinstance(value, str) and value else None

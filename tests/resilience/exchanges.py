# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks and servers say to each other, and all that can go wrong with each single word of it."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from resilience.account import People
from resilience.tasks import INFO, INVENTORY, PEOPLE, USER, USERS, Done, new_sandbox, run_in
from sandbox import Fault, Sandbox
from support.leaks import APP_SECRET, PROOF, TOKEN
from support.playbooks import AHMED, JANE, JOHN, MARIA, REPORTER, Json

LI = "6789012345678901"  # of the seed's business, not assigned
SAM = "7890123456789012"  # likewise
OWN = "100081234567890123"  # the token's own user: FULL_CONTROL
ACCOUNTS = ["1234567890123456", "6543210987654321"]  # both of the seed's business


@dataclass(frozen=True)
class Exchange:
    """A task, and the server that it talks to."""

    name: str
    module: str
    options: Json
    behaviours: Json = field(default_factory=dict)

    def server(self) -> Sandbox:
        """A server of its own, to be started, as it is before the task."""
        return new_sandbox(**self.behaviours)

    def run(self, sandbox: Sandbox, **more: Any) -> Done:
        """Run the task."""
        return run_in(sandbox, self.module, {**self.options, **more})

    @property
    def user_id(self) -> str | None:
        """Whom a single-user task is about."""
        return self.options.get("user_id")

    @property
    def sends_batches(self) -> bool:
        """Whether several calls go together."""
        if self.module == USERS:
            return self.options.get("batch_size") != 1
        return self.module in (PEOPLE, INVENTORY) or "waba_ids" in self.options

    @property
    def only_reads(self) -> bool:
        """Whether it never writes."""
        return self.module in (INFO, PEOPLE, INVENTORY)

    @property
    def repeats(self) -> bool:
        """Whether the task writes every time it is run."""
        return self.options.get("unreadable_tasks") == "apply"


def _user(name: str, user_id: str, tasks: list[str] | None, behaviours: Json | None = None, **options: Any) -> Exchange:
    wish: Json = {"tasks": tasks} if tasks else {"state": "absent"}
    return Exchange(name, USER, {"user_id": user_id, **wish, **options}, behaviours or {})


def _users(name: str, behaviours: Json | None = None, **options: Any) -> Exchange:
    return Exchange(name, USERS, {"users": LIST, **options}, behaviours or {})


#: One who comes, two who stay with other tasks, one who goes; and the token's own user, who is as they shall be.
LIST: list[Json] = [
    {"user_id": JANE, "tasks": ["DEVELOP"]},
    {"user_id": LI, "tasks": ["MESSAGING"]},
    {"user_id": MARIA, "tasks": ["MESSAGING"]},
    {"user_id": JOHN, "tasks": ["MANAGE", "DEVELOP"]},
    {"user_id": AHMED, "state": "absent"},
    {"user_id": OWN, "tasks": ["FULL_CONTROL"]},
]
_SMALL_PAGES: Json = {"page_size": 2}
_REFUSES: Json = {"on_assigned": "reject"}

EXCHANGES = (
    _user("add one", JANE, ["DEVELOP", "MESSAGING"]),
    _user("change one", MARIA, ["DEVELOP"], _SMALL_PAGES),
    _user("take keys from one", JOHN, ["DEVELOP"]),
    _user("remove one", MARIA, None, _SMALL_PAGES),
    _user("remove one unchecked", MARIA, None, verify=False),
    _user("add one unchecked", JANE, ["DEVELOP"], verify=False),
    _user("change one where that is refused", MARIA, ["DEVELOP"], _REFUSES),
    _user("change one where that is refused, unchecked", MARIA, ["DEVELOP"], _REFUSES, verify=False),
    _user("change one whose tasks are hidden", MARIA, ["DEVELOP"], {"tasks": "never"}, unreadable_tasks="apply"),
    _user("add one where tasks are no field", JANE, ["DEVELOP"], {"tasks": "unknown-field"}),
    _user("change one where reads are behind", MARIA, ["DEVELOP"], {"stale_reads": 2}),
    _user("add tasks to one", MARIA, ["VIEW_COST"], purge_tasks=False),
    _users("a list", _SMALL_PAGES),
    _users("a list by plain calls", batch_size=1),
    _users("a list in small batches", {"empty_pages": True, "page_size": 3}, batch_size=2),
    _users("a list where changes are refused", _REFUSES),
    _users("a list where changes are refused, by plain calls", _REFUSES, batch_size=1),
    _users("a list unchecked", verify=False),
    _users("a purge", {"people": 8, "page_size": 5}, purge_users=True, keep_users=[REPORTER], batch_size=3),
    _users("a list where reads are behind", {"stale_reads": 1}, purge_users=True),
    Exchange("read all", INFO, {}, _SMALL_PAGES),
    Exchange("read one page", INFO, {"all_pages": False, "limit": 2}),
    Exchange("read some", INFO, {"user_ids": [AHMED], "tasks": ["DEVELOP"]}, {"page_size": 2, "empty_pages": True}),
    Exchange("read several accounts", INFO, {"waba_ids": ACCOUNTS}, {"page_size": 3}),
    Exchange("read accounts where tasks are no field", INFO, {"waba_ids": ACCOUNTS}, {"tasks": "unknown-field"}),
    Exchange("read who is in a business", PEOPLE, {"kinds": ["business_user", "system_user", "pending_user"]}),
    Exchange("read who is in a business by pages", PEOPLE, {}, {"page_size": 3}),
    Exchange("read the accounts of a business", INVENTORY, {}, {"page_size": 1}),
)
BY_NAME = {exchange.name: exchange for exchange in EXCHANGES}


@dataclass(frozen=True)
class Kind:
    """A way in which one call can go wrong."""

    name: str
    fault: Fault
    #: Whether it passes by itself: a task that tries again once comes through.
    passes: bool = False
    #: Whether it can meet a single operation of a batch as well.
    in_batch: bool = False
    #: Whether it is wrong because of the tasks in it: who asks for none has to believe it.
    is_about_tasks: bool = False

    #: Whether it is wrong because nothing can follow: who asks for one page has to believe it.
    is_about_the_rest: bool = False

    def meets(self, exchange: Exchange) -> bool:
        """Whether it is a fault in this exchange."""
        if self.is_about_the_rest and exchange.options.get("all_pages") is False:
            return False
        return not (self.is_about_tasks and exchange.module in (PEOPLE, INVENTORY))


def _status(status: int, code: int | None, *, passes: bool = False, **more: Any) -> Kind:
    name = f"{status}/{code}{'/' + str(more['subcode']) if 'subcode' in more else ''}"
    name += ", though applied" if more.get("after") else ""
    return Kind(name, Fault("status", status=status, code=code, **more), passes, in_batch=True)


def _json(name: str, value: Any, **more: Any) -> Kind:
    name = f"JSON: {name}{', though applied' if more.get('after') else ''}"
    return Kind(name, Fault("json", value=value, **more), in_batch=True)


_HOUR_AWAY: Json = {"regain_minutes": 40}
_ECHO = f"{TOKEN} {quote(TOKEN)} {quote_plus(TOKEN)} {PROOF} {APP_SECRET}"

KINDS = (
    # May pass. Servers fail after the fact, too.
    *(
        _status(status, code, passes=True, after=after)
        for after in (False, True)
        for status, code in ((500, 2), (502, 2), (503, 2), (504, 2), (400, 1), (400, 2))
    ),
    _status(400, 99999, passes=True, is_transient=True),
    _status(400, 99999, passes=True, is_transient=True, after=True),
    *(_status(status, code, passes=True) for status, code in ((429, 4), (403, 4), (400, 17), (400, 32), (400, 80008))),
    Kind("a limit that lifts in a second", Fault("status", status=429, code=4, headers={"Retry-After": "1"}), True),
    # Do not pass.
    _status(400, 80008, message="(#80008) hour", **_HOUR_AWAY),
    *(
        _status(status, code)
        for status, code in ((400, 100), (422, 100), (400, 190), (401, 102), (403, 10), (403, 200), (400, 368))
    ),
    _status(400, 100, subcode=33),
    _status(401, 190, subcode=463),
    _status(400, 2500),
    _status(422, 100, message="User is already assigned to this WhatsApp Business Account", type="already"),
    _status(404, 803, message="User is not assigned to this WhatsApp Business Account"),
    _status(400, 100, message="Tried accessing nonexisting field (tasks) on node type X", type="field"),
    _status(418, 424242),
    Kind("an error in one string", Fault("string_error"), in_batch=True),
    Kind("a server that repeats the secrets", Fault("echo_token"), in_batch=True),
    Kind(
        "an error made of secrets",
        Fault("status", status=400, code=2, message=_ECHO, type=TOKEN, user_title=_ECHO, user_msg=PROOF),
        in_batch=True,
    ),
    # No answer, half of one, or none of the API's.
    *(
        Kind(kind.replace("_", " "), Fault(kind), passes=True)
        for kind in ("reset_before", "reset_after", "close_after", "truncated", "html")
    ),
    *(
        Kind(f"{kind.replace('_', ' ')}{', though applied' if after else ''}", Fault(kind, after=after), True, True)
        for kind in ("not_json", "empty_body")
        for after in (False, True)
    ),
    Kind("a web page with 200", Fault("html", status=200), True),
    Kind("a web page with 403", Fault("html", status=403)),
    Kind("a web page made of secrets", Fault("html", body=f"<html>{_ECHO}</html>"), True),
    Kind("silence", Fault("hang")),
    Kind("silence, though applied", Fault("hang", after=True)),
    Kind("a body without an end", Fault("endless", body=" " * 2**20, seconds=0)),
    Kind("a body without an end, though applied", Fault("endless", body=" " * 2**20, seconds=0, after=True)),
    *(
        _json(name, value, after=after)
        for after in (False, True)
        for name, value in (
            ("null", None),
            ("a number", 17),
            ("a text", TOKEN),
            ("a list", []),
            ("a list of null", [None] * 3),
            ("an empty object", {}),
            ("no success", {"success": "true"}),
        )
    ),
    _json("success is false", {"success": False}),
    _json("data of another type", {"data": {"id": "1"}}),
    _json("people without ids", {"data": [{"name": "x"}]}),
    _json("an id that is a float", {"data": [{"id": 1.2e20, "tasks": ["MANAGE"]}]}),
    Kind(
        "JSON: tasks in a text",
        Fault("json", value={"data": [{"id": OWN, "tasks": "MANAGE"}]}),
        in_batch=True,
        is_about_tasks=True,
    ),
    Kind(
        "JSON: a next without any cursor",
        Fault("json", value={"data": [], "paging": {"next": "https://example.com/"}}),
        in_batch=True,
        is_about_the_rest=True,
    ),
    *(
        Kind(
            f"a redirect, {status}", Fault("redirect", status=status, location=f"https://example.com/?t={quote(TOKEN)}")
        )
        for status in (301, 302, 303, 307, 308)
    ),
    # Odd, and right all the same.
    Kind("a slow answer", Fault("latency", ms=20), passes=True),
    Kind("a trickling answer", Fault("drip", seconds=0), passes=True),
    # Lists that lead astray.
    Kind("a page that is its own next", Fault("repeat_cursor"), in_batch=True),
    Kind("pages without an end", Fault("endless_pages"), in_batch=True),
    Kind("a next without cursors", Fault("next_without_cursors"), passes=True, in_batch=True),
)
#: What can happen to a batch's operation alone.
OPERATION_KINDS = (
    *(kind for kind in KINDS if kind.in_batch),
    Kind("null", Fault("null_operation"), passes=True),
    Kind("null, though applied", Fault("null_operation", applied=True), passes=True),
)


def at(kind: Kind, position: int, *, for_ever: bool) -> Fault:
    """This fault at a place of the exchange, counted from 1: there alone, or from there on."""
    return dataclasses.replace(kind.fault, nth=position, times=0 if for_ever else 1)


@dataclass(frozen=True)
class Goal:
    """What comes about without a fault: requests, the operations of each, who is assigned then, and what is told."""

    requests: int
    operations: list[int]
    people: People
    done: Done


@functools.cache
def goal(name: str) -> Goal:
    """That of the exchange with this name."""
    exchange = BY_NAME[name]
    with exchange.server() as sandbox:
        done = exchange.run(sandbox)
        assert not done.failed, done.message
        operations = [len(request.operations) for request in sandbox.log]
        return Goal(len(operations), operations, sandbox.assigned(), done)

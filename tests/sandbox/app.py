# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox as a whole: the API's rules, the faults and the log behind a server, and Python's handle on them."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import batch, graph
from .behaviours import Behaviours, changed
from .control import PREFIX, control_reply
from .faults import Fault, FaultBox
from .messages import Answer, Call, Request, parse_form, split_target
from .seed import DEFAULT, SeedError, build_world, changed_person, checked_token, many_accounts, read_seed
from .server import HttpRequest, Reply, Server
from .spoil import faulty_operation, faulty_reply, plain_reply
from .state import Account, World, set_assigned

# For requests that the end of the sandbox has overtaken.
_CUT = Reply(delivery="close")


class Sandbox:
    """A stand-in for Meta's Graph API on a loopback port, in threads of this process.

    A context manager; outside of `with`, call `start` and `stop`. The options are those of the command line, see
    README.md: `seed` is a file's path or the seed itself, `people` so many made-up ones more on the first account,
    `accounts` so many made-up accounts of `people_each` users each in place of the built-in ones, `faults` are in
    force from the start, `cert_file` and `key_file` make it speak https; all others are behaviours.
    Raises ValueError for an option that makes no sense (SeedError for the seed), OSError when the port cannot be had.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: str | Mapping[str, Any] | None = None,
        people: int = 0,
        accounts: int = 0,
        people_each: int = 20,
        token: str | None = None,
        app_secret: str | None = None,
        port_file: str | None = None,
        log_file: str | None = None,
        faults: Iterable[Fault] = (),
        cert_file: str | None = None,
        key_file: str | None = None,
        **behaviours: Any,
    ) -> None:
        if accounts and seed:
            raise ValueError("accounts: made-up accounts take the place of the built-in ones, not of those of a seed")
        if accounts:
            seed = many_accounts(accounts, people_each)
        self._seed = read_seed(seed) if isinstance(seed, str) else dict(seed or DEFAULT)
        self._start_faults = tuple(faults)
        self._start_behaviours = changed(Behaviours(), behaviours)
        self._people, self._start_token, self._start_secret = people, token, app_secret
        self._port_file, self._log_file = port_file, log_file
        # One lock for the world and the log: the API answers one call at a time. Waits are outside of it.
        self._lock = threading.RLock()
        self._numbers: dict[int, int] = {}
        self._log: list[Request] = []
        self._world = self._new_world()
        self._faults = FaultBox(self._start_faults)
        self._server = Server(self._handle, host, port, cert_file, key_file)
        self.url = self._server.url

    # --- starting and stopping ---

    def start(self) -> Sandbox:
        """Begin to answer, then write the port file."""
        self._server.start()
        if self._port_file:
            _write_whole(self._port_file, json.dumps(self.describe()))
        return self

    def stop(self) -> None:
        """Cut all connections, also those that hang, and stop listening."""
        self._server.stop()

    def __enter__(self) -> Sandbox:  # noqa: PYI034
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def reset(self) -> None:
        """State, faults and behaviours as at the start, and an empty log."""
        with self._lock:
            self._world = self._new_world()
            self._faults.clear()
            for fault in self._start_faults:
                self._faults.add(fault)
            self.clear_log()

    def _new_world(self) -> World:
        return build_world(self._seed, self._start_behaviours, self._people, self._start_token, self._start_secret)

    # --- what there is ---

    @property
    def token(self) -> str:
        """The first token's value."""
        return next(iter(self._world.tokens.values())).value

    @property
    def tokens(self) -> dict[str, str]:
        """All tokens' values by their names."""
        return {name: token.value for name, token in self._world.tokens.items()}

    @property
    def app_secret(self) -> str:
        """The secret that app secret proofs are made with."""
        return self._world.app_secret

    @property
    def waba_id(self) -> str:
        """The first account's id."""
        return next(iter(self._world.accounts))

    @property
    def waba_ids(self) -> list[str]:
        """The ids of all accounts, hidden ones included."""
        return list(self._world.accounts)

    @property
    def business_id(self) -> str:
        """The id of the business that owns the first account."""
        return self._world.accounts[self.waba_id].business_id

    @property
    def own_user_id(self) -> str:
        """The id of the first token's user."""
        return next(iter(self._world.tokens.values())).user_id

    @property
    def behaviours(self) -> Behaviours:
        """The behaviours at this moment."""
        return self._world.behaviours

    def describe(self) -> dict[str, Any]:
        """What a client needs to know: url, token, app_secret, waba_id, business_id, own_user_id, tokens, pid."""
        names = ("url", "token", "app_secret", "waba_id", "business_id", "own_user_id", "tokens")
        return {**{name: getattr(self, name) for name in names}, "pid": os.getpid()}

    # --- who is assigned, behind the API's back ---

    def tasks_of(self, user_id: str, waba_id: str | None = None) -> set[str] | None:
        """A user's tasks as they truly are; None for a user who is not assigned."""
        return self.assigned(waba_id).get(user_id)

    def assigned(self, waba_id: str | None = None) -> dict[str, set[str]]:
        """Everybody on an account with their tasks, as they truly are."""
        with self._lock:
            return {user_id: set(tasks) for user_id, tasks in self._account(waba_id).assigned.items()}

    def assign(self, user_id: str, tasks: Iterable[str], waba_id: str | None = None) -> None:
        """Assign a person who exists. The tasks may be others than those Meta documents. Raises KeyError."""
        with self._lock:
            self._known_person(user_id)
            set_assigned(self._account(waba_id), user_id, tuple(tasks))

    def remove(self, user_id: str, waba_id: str | None = None) -> None:
        """Take a user off an account; nothing happens when they are not on it."""
        with self._lock:
            set_assigned(self._account(waba_id), user_id, None)

    def add_person(
        self,
        user_id: str,
        name: str | None = None,
        user_type: str | None = None,
        business_id: str | None = None,
        **members: Any,
    ) -> None:
        """Somebody new, assigned to nothing; of somebody who exists, what is given is changed and all else stays.

        Somebody new is a business user of the first account's business, unless said otherwise. `members` are those of
        a seed file: `pending`, `left`, and details such as `email`; a detail that is None is taken away. Raises
        SeedError.
        """
        given = {"name": name, "user_type": user_type, "business": business_id}
        changes = {**{key: value for key, value in given.items() if value is not None}, **members}
        with self._lock:
            self._world.people[user_id] = changed_person(self._world, user_id, changes, self.business_id)

    def leave(self, user_id: str) -> None:
        """Let somebody leave the business; the tasks they hold on accounts stay. Raises KeyError."""
        with self._lock:
            self._known_person(user_id)
            self.add_person(user_id, left=True)

    def _known_person(self, user_id: str) -> None:
        if user_id not in self._world.people:
            raise KeyError(f"no person {user_id}: add_person first")

    def _account(self, waba_id: str | None) -> Account:
        account = self._world.accounts.get(waba_id or self.waba_id)
        if account is None:
            raise KeyError(f"no account {waba_id}")
        return account

    # --- how it behaves ---

    def configure(self, **behaviours: Any) -> None:
        """Change behaviours from now on. Raises ValueError."""
        with self._lock:
            self._world.behaviours = changed(self._world.behaviours, behaviours)

    def change_token(self, name: str | None = None, **changes: Any) -> None:
        """Change a token (the first, or the one of this name): `value`, `user_id`, `state`, `permissions`, `can_write`,
        `can_read_me`, `target_ids`, `expires_at`, `data_access_expires_at`. Raises KeyError or ValueError."""
        with self._lock:
            name = name or next(iter(self._world.tokens))
            for member in {"permissions", "target_ids"} & changes.keys():
                changes[member] = tuple(changes[member])
            try:
                token = replace(self._world.tokens[name], **changes)
            except TypeError as error:
                raise ValueError(f"token {name}: {error}") from error
            if token.user_id not in self._world.people:
                raise KeyError(f"no person {token.user_id}")
            self._world.tokens[name] = checked_token(token, f"token {name}")

    def inject(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.add(fault)

    def clear_faults(self) -> None:
        """End all faults."""
        self._faults.clear()

    def faults_left(self) -> list[Fault]:
        """The faults that have not met all their calls yet, and those without end."""
        return self._faults.left()

    def faults_unmet(self) -> list[Fault]:
        """The faults that have not met any call yet."""
        return self._faults.unmet()

    # --- what was asked ---

    @property
    def log(self) -> list[Request]:
        """Every API request so far, in the order of arrival."""
        with self._lock:
            return list(self._log)

    @property
    def connections(self) -> int:
        """How many TCP connections have carried an API request since the log was last cleared."""
        with self._lock:
            return len({request.connection for request in self._log})

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log = []

    # --- answering ---

    def _handle(self, request: HttpRequest) -> Reply:
        path, query = split_target(request.target)
        if path.startswith(PREFIX):
            with self._lock:
                return control_reply(self, request, path, query)
        body = request.body.decode("utf-8", "replace")
        form = parse_form(body, request.headers.get("content-type", ""))
        scheme = urlsplit(self.url).scheme
        host = request.headers.get("host") or urlsplit(self.url).netloc
        call = Call(request.method, path, query, form, request.headers, f"{scheme}://{host}")
        entry = self._record(request, call, body)
        reply = self._answer(call, entry)
        self._done(entry, reply)
        return reply

    def _record(self, request: HttpRequest, call: Call, body: str) -> Request:
        with self._lock:
            connection = self._numbers.setdefault(request.connection, len(self._numbers) + 1)
            entry = Request(
                number=len(self._log) + 1,
                connection=connection,
                method=call.method,
                path=call.path,
                query=call.query,
                form=call.form,
                headers=call.headers,
                raw_target=request.target,
                body=body,
                status=None,
                fault=None,
                operations=[],
                received_at=time.time(),
            )
            self._log.append(entry)
            return entry

    def _done(self, entry: Request, reply: Reply) -> None:
        with self._lock:
            entry.status = None if reply.delivery in ("reset", "close") else reply.status
            if self._log_file:
                with Path(self._log_file).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry.as_json()) + "\n")

    def _answer(self, call: Call, entry: Request) -> Reply:
        fault = self._faults.take(call)
        if not self._wait(self.behaviours.latency / 1000):
            return _CUT
        if fault is None:
            return plain_reply(self._graph(call, entry))
        entry.fault = fault.kind
        before, after = (0.0, fault.delay) if fault.after else (fault.delay, 0.0)
        if not self._wait(before):
            return _CUT
        answer = self._graph(call, entry) if fault.applies else None
        if not self._wait(after):
            return _CUT
        return faulty_reply(fault, call, answer)

    def _wait(self, seconds: float) -> bool:
        """Wait; False when the sandbox stops meanwhile."""
        return not (seconds and self._server.stopping.wait(seconds))

    def _graph(self, call: Call, entry: Request) -> Answer:
        with self._lock:
            if not batch.is_batch(call):
                return graph.answer(self._world, call)
            answer, codes = batch.answer(self._world, call, self._operation)
            entry.operations = _operations_with_codes(call, codes)
            return answer

    def _operation(self, index: int, call: Call, run: Any) -> Answer | None:
        fault = self._faults.take(call, index)
        if fault is None:
            answer: Answer = run()
            return answer
        applied = run() if fault.applies or fault.applied else None
        return faulty_operation(fault, call, applied)


def _operations_with_codes(call: Call, codes: list[Any]) -> list[dict[str, Any]]:
    if not codes:
        return []
    sent = [each if isinstance(each, dict) else {"sent": each} for each in json.loads(call.params["batch"])]
    return [{**operation, "code": code} for operation, code in zip(sent, codes)]


def _write_whole(path: str, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    part = Path(f"{path}.{os.getpid()}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


__all__ = ["Sandbox", "SeedError"]

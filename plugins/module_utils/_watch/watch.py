# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch over the assigned users of accounts: it reads them within the quota, and returns each difference once."""

from __future__ import annotations

import json
import os
import threading
import time
import typing as t
import uuid
from datetime import datetime, timezone
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .. import _options as options
from .._access.declaration import parse_declaration
from .._access.plan import RefusedError
from .._access.survey import survey
from .._edges.assigned_users import Account, AssignedUser, UserList, user_lists
from .._edges.tasks import has_full_control
from .._graph.client import REQUESTS_IMPORT_ERROR, GraphClient
from .._graph.errors import GraphError, LimitError, concerns_all
from .._graph.paging import read
from .._module import with_remedy
from .._options import OptionError, check_between

Json = dict[str, t.Any]
#: Use of the quota, as Meta's headers report it, from which on a watch slows down.
BUSY_PERCENT = 75
_OWN: options.ArgumentSpec = {
    "access_token_file": {"type": "path"},
    "interval": {"type": "float", "default": 300},
    "calls_per_hour": {"type": "int", "default": 100},
    "state_file": {"type": "path", "required": True},
}
_EVENT = ("kind", "waba_id", "account", "user_id", "name", "tasks", "previous_tasks", "gains_full_control", "msg")


class Watch:
    """`poll` returns events, and `pause` is the seconds until the next poll. Raises `OptionError`.

    Events are in the state file before they are returned, and until the next poll, so that a restart repeats them.
    A watch that is stopped raises `InterruptedError`, and no longer writes its state.
    """

    def __init__(self, args: Json, stop: threading.Event, clock: t.Callable[[], float] = time.time) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise OptionError("requests is missing: install it for the Python that runs ansible-rulebook.")
        self._args, self._stop, self._clock, self._params = args, stop, clock, _validated(args)
        self._declared = parse_declaration(self._params)
        options.graph_settings(self._params)
        self.pause = check_between("interval", self._params["interval"], 0.1, 86400, "seconds")
        # A call may be tried again, and once more after a limit.
        self._spare: int = self._params["retries"] + 1
        limit = self._params["calls_per_hour"]
        self._limit = int(check_between("calls_per_hour", limit, self._spare + 1, 5000, "calls"))
        self._state = _load(self._params["state_file"])
        self._events: list[Json] = self._state["pending"]

    def poll(self) -> list[Json]:
        """Return an event for each difference from the last poll, and a heartbeat. A fault is an event, too."""
        self._count({})
        client = fault = None
        try:
            # The access token may have changed in its file.
            client = GraphClient(options.graph_settings(_validated(self._args)), self._sleep)
            accounts, fault = self._accounts(client)
            fault = self._read(client, accounts) or fault
        except (GraphError, OptionError, RefusedError) as error:
            fault = error
        except Exception as error:  # the next poll may succeed
            fault = OptionError(f"The poll failed: {type(error).__name__}.")
        warnings, used_percent = [] if self._params["validate_certs"] else [options.UNVERIFIED], None
        if client:
            client.close()
            self._count(client.calls_by_object)
            warnings, used_percent = client.warnings + warnings, client.used_percent
        if self._stop.is_set():
            raise InterruptedError
        self._tell(None, self._state["watch"], str(fault) if fault else None)
        self.pause = self._pause(fault, used_percent or 0)
        self._state["pending"], self._events = self._events, []
        heartbeat = {
            "kind": "heartbeat",
            "accounts": len(self._state["accounts"]),
            "unreadable": [waba_id for waba_id, one in self._state["accounts"].items() if one["unreadable"]],
            "used_percent": used_percent,
            "next_poll_at": _text(self._clock() + self.pause),
            "warnings": warnings,
            "msg": _save(self._params["state_file"], self._state) or self._state["watch"]["unreadable"],
        }
        return [*self._state["pending"], self._event(None, None, heartbeat)]

    def _pause(self, fault: Exception | None, used_percent: float) -> float:
        """Return the seconds until the next poll: more than the interval where a quota requires it."""
        pages = max((one["pages"] for one in self._state["accounts"].values()), default=1)
        seconds: float = max(self._params["interval"], 3600 * pages / (self._limit - self._spare))
        if isinstance(fault, LimitError) or used_percent >= BUSY_PERCENT:
            seconds = max(seconds, getattr(fault, "wait", None) or min(2 * self.pause, 3600))
        return seconds

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise InterruptedError

    def _accounts(self, client: GraphClient) -> tuple[list[Account], Exception | None]:
        """Return the accounts to read: those known before, and the error, where the business cannot list them."""
        known, business_id, fault = self._state["accounts"], str(self._declared.business_id), None
        listed: list[Account] = list(self._declared.accounts or ())
        if listed:
            self._state["accounts"] = {one.waba_id: known.get(one.waba_id, _entry(one.name)) for one in listed}
        elif self._has_room(client, business_id):
            try:
                listed = list(survey(client, self._declared).accounts)
            except (GraphError, RefusedError) as error:
                if isinstance(error, GraphError) and concerns_all(error):
                    raise
                fault = error
            else:
                for waba_id in known.keys() - {one.waba_id for one in listed}:
                    self._tell(waba_id, known[waba_id], "The business no longer lists this account.")
                users: Json | None = {} if known else None  # all users of an account that is new in the business came
                for one in listed:
                    known.setdefault(one.waba_id, {**_entry(one.name), "users": users})["name"] = one.name
        return listed or [Account(waba_id, business_id, one["name"]) for waba_id, one in known.items()], fault

    def _read(self, client: GraphClient, accounts: list[Account]) -> Exception | None:
        """Read the accounts that have calls left, and return an error that concerns all of them."""
        lists = user_lists(accounts, ("id", "name", "tasks"))
        read(client, lists, lambda one: not self._has_room(client, one.account.waba_id, is_begun=bool(one.pages)))
        tried = [one for one in lists if one.pages or one.error]
        errors = [one.error for one in tried if one.error]
        general = next(filter(concerns_all, errors), errors[0] if 1 < len(tried) == len(errors) else None)
        for one in tried:
            if isinstance(one.error, LimitError) and not concerns_all(one.error):
                self._count({one.account.waba_id: self._limit})  # calls prolong a limit: none in the next hour
            if not (one.error and general):
                self._compare(one)
        before = self._state["watch"]["unreadable"]
        return general or (OptionError(before) if before and not tried else None)

    def _compare(self, one: UserList) -> None:
        waba_id, known = one.account.waba_id, self._state["accounts"][one.account.waba_id]
        msg = str(one.error) if one.error else " ".join(one.warnings) or None
        if not (one.error or one.is_ended):
            msg = f"calls_per_hour is too low for a list of more than {len(one.pages)} pages, which was not read whole."
        self._tell(waba_id, known, msg)
        if one.error:
            return
        before, known["pages"] = known["users"], len(one.pages)
        differences, known["users"] = compare(before or {}, one.users.values(), is_whole=one.is_whole)
        if before is not None:  # else there is nothing to compare it with
            self._events += [self._event(waba_id, known["name"], difference) for difference in differences]

    def _has_room(self, client: GraphClient, key: str, *, is_begun: bool = False) -> bool:
        """Whether an object has calls left, further tries included: for a whole list before its first page is read."""
        pages = self._state["accounts"][key]["pages"] if key in self._state["accounts"] and not is_begun else 1
        used = client.calls_by_object[key] + len(self._state["calls"].get(key, ()))
        return used + min(pages + self._spare, self._limit) <= self._limit

    def _count(self, calls: t.Mapping[str, int]) -> None:
        """Note the time of calls, and forget those of more than an hour ago."""
        now, times = self._clock(), self._state["calls"]
        added = {key: times.get(key, []) + [now] * number for key, number in calls.items()}
        recent = {key: [at for at in old if now - 3600 < at <= now] for key, old in {**times, **added}.items()}
        self._state["calls"] = {key: old for key, old in recent.items() if old}

    def _tell(self, waba_id: str | None, of: Json, msg: str | None) -> None:
        """Add an event where an account, or everything, becomes unreadable or readable again."""
        before, of["unreadable"] = of["unreadable"], msg
        if (msg is None) != (before is None):
            kind = "readable_again" if msg is None else "unreadable"
            self._events.append(self._event(waba_id, of["name"], {"kind": kind, "msg": msg}))

    def _event(self, waba_id: str | None, account: str | None, what: Json) -> Json:
        event = {**dict.fromkeys(_EVENT), "waba_id": waba_id, "account": account, **what}
        event_id = str(uuid.uuid4())
        return {"event_id": event_id, "seen_at": _text(self._clock()), **event, "meta": {"uuid": event_id}}


def compare(known: Json, listed: t.Iterable[AssignedUser], *, is_whole: bool) -> tuple[list[Json], Json]:
    """Return the differences, and the users who are known from now on, by id.

    A user who is missing from an incomplete list may still be assigned, and tasks that the API does not report have not
    changed. No tasks are `[]`, unknown ones `None`.
    """
    nobody: Json = {"name": None, "tasks": None}
    users = {} if is_whole else dict(known)
    for user in listed:
        before = known.get(user.id, nobody)
        tasks = sorted(user.tasks) if user.tasks else before["tasks"]
        users[user.id] = {"name": user.name or before["name"], "tasks": tasks}
    differences = []
    for user_id in dict.fromkeys([*users, *known]):
        before, after = (side.get(user_id, {**nobody, "tasks": []}) for side in (known, users))
        kind = "came" if user_id not in known else "went" if user_id not in users else "tasks_changed"
        if kind == "tasks_changed" and (before["tasks"] is None or before["tasks"] == after["tasks"]):
            continue
        had, has = (has_full_control(frozenset(side["tasks"] or ())) for side in (before, after))
        names = {"user_id": user_id, "name": after["name"] or before["name"], "gains_full_control": has and not had}
        differences.append({"kind": kind, **names, "tasks": after["tasks"], "previous_tasks": before["tasks"]})
    return differences, users


def _entry(name: str | None) -> Json:
    return {"name": name, "users": None, "pages": 1, "unreadable": None}


def _load(path: str) -> Json:
    """Return the state in the file, or a new one. Raises `OptionError` where it cannot be read and written."""
    state = {"watch": _entry(None), "accounts": {}, "calls": {}, "pending": []}
    try:
        found = json.loads(Path(path).read_text("utf-8")) if os.path.lexists(path) else state
        if not isinstance(found, dict) or found.keys() != state.keys():
            raise ValueError
    except (OSError, ValueError) as error:
        why = f"state_file {path!r} is not that of a watch, or cannot be read ({type(error).__name__})"
        raise OptionError(f"{why}: name another file, or remove it.") from None
    if msg := _save(path, found):
        raise OptionError(msg)
    return found


def _save(path: str, state: Json) -> str | None:
    """Replace the file as a whole, so that a crash leaves the old state or the new one, and return what went wrong."""
    target = Path(path).absolute()
    new = target.with_name(f".{target.name}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(state, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    except OSError as error:
        return f"state_file {path!r} cannot be written: {error.strerror}."
    return None


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _validated(args: Json) -> Json:
    """Return the options with their defaults and environment variables, and the access token as it is in its file."""
    spec = {**options.graph_argument_spec(), **options.declaration_argument_spec(), **_OWN}
    spec = {option: about for option, about in spec.items() if option not in ("waba_id", "people", "batch_size")}
    given = {option: value for option, value in args.items() if value is not None}
    if path := given.get("access_token_file"):
        try:
            given["access_token"] = Path(str(path)).expanduser().read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise OptionError(f"access_token_file {path!r} cannot be read: {type(error).__name__}.") from None
    result = options.with_any_number(lambda any_spec: ArgumentSpecValidator(any_spec).validate(given), spec)
    if result.error_messages:
        raise OptionError(". ".join(map(with_remedy, result.error_messages)))
    params = t.cast("Json", result.validated_parameters)
    if params["accounts"] is not None:  # ids, or accounts of a declaration, of which the users are not needed
        accounts = [one if isinstance(one, dict) else {"waba_id": one} for one in params["accounts"]]
        keys = ("waba_id", "name", "business_id")
        params["accounts"] = [{key: one[key] for key in keys if key in one} for one in accounts]
    return {**params, "people": {}}

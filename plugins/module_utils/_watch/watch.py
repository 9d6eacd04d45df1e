# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""A watch over the assigned users of accounts: it reads them within the quota, and returns each difference once."""

from __future__ import annotations

import json
import threading
import time
import typing as t
import uuid
from datetime import datetime, timezone

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._access.declaration import parse_declaration
from .._access.names import did_you_mean
from .._access.plan import RefusedError
from .._access.survey import survey
from .._edges.assigned_users import Account, UserList, read_users, user_lists
from .._graph.client import MAX_BATCH, REQUESTS_IMPORT_ERROR, GraphClient
from .._graph.errors import GraphError, LimitError, concerns_all
from .._options import (
    ENVIRONMENT,
    UNVERIFIED,
    OptionError,
    check_between,
    declaration_argument_spec,
    graph_argument_spec,
    graph_settings,
    with_any_number,
)
from .state import COUNTED, Json, compare, count, load, save, used

#: Use of the quota, as Meta's headers report it, from which on a watch slows down; seconds between polls at most then.
BUSY_PERCENT = 75
LONGEST_REST = 3600
_OWN = {
    "access_token_file": {"type": "path"},
    "interval": {"type": "float", "default": 300},
    "calls_per_hour": {"type": "int", "default": 100},
    "heartbeat": {"type": "float", "default": 300},
    "state_file": {"type": "path"},
}
_NAMES = ("kind", "waba_id", "account", "user_id", "name", "tasks", "previous_tasks", "gains_full_control", "msg")


class StoppedError(Exception):
    """The watch was stopped while it polled."""


class Watch:
    """A watch. `turn` returns the events that are due, and `pause` is how long to wait until the next turn.

    Events are in the state file before they are returned, and leave it at the next poll. Raises `OptionError`.
    """

    def __init__(
        self, args: Json, stop: threading.Event | None = None, clock: t.Callable[[], float] = time.time
    ) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise OptionError("requests is missing: install it for the Python that runs ansible-rulebook.")
        self._stop, self._clock = stop or threading.Event(), clock
        self._params = params = _validated(args)
        self._settings()
        self._declared = parse_declaration(params)
        self._interval = check_between("interval", params["interval"], 0.1, 86400, "seconds")
        self._heartbeat = check_between("heartbeat", params["heartbeat"], 0, 86400, "seconds, 0 for none")
        # A call may be tried again, and once more after a limit.
        self._reserve = params["retries"] + 1
        least = self._reserve + 1
        self._limit = int(check_between("calls_per_hour", params["calls_per_hour"], least, 5000, "calls"))
        self._state = load(params["state_file"])
        self._repeat: list[Json] = self._state["pending"]
        self._pages: dict[str, int] = {}
        #: When an object, or with "" everything, may be called again after a limit, and the seconds waited for it.
        self._rests: dict[str, tuple[float, float]] = {}
        self._next_poll = self._next_heartbeat = self._clock()
        self._said: Json = {"warnings": [], "used_percent": None, "msg": None}

    def pause(self) -> float:
        """Seconds until the next turn."""
        due = min(self._next_poll, self._next_heartbeat) if self._heartbeat else self._next_poll
        return max(0.0, due - self._clock())

    def turn(self) -> list[Json]:
        """Poll, if it is due, and return the events."""
        now, events, self._said["msg"] = self._clock(), self._repeat, None
        self._repeat = []
        if now >= self._next_poll:
            self._poll(now, events)
            if self._stop.is_set():
                raise StoppedError
            self._state["pending"] = events
            try:
                if self._params["state_file"]:
                    save(self._params["state_file"], self._state)
            except OSError as error:
                self._said["msg"] = f"state_file cannot be written: {error.strerror}. A restart repeats events."
                self._next_heartbeat = now
        if self._heartbeat and now >= self._next_heartbeat:
            self._next_heartbeat = now + self._heartbeat
            events = [*events, self._heartbeat_event(now)]
        return events

    def _settings(self) -> t.Any:
        """The client's settings, with the access token as it is now."""
        path, params = self._params["access_token_file"], self._params
        if path is not None:
            try:
                with open(path, encoding="utf-8") as file:  # noqa: PTH123 - Path's raises for a path that is too long
                    params = {**params, "access_token": file.read(65536).strip()}
            except (OSError, ValueError) as error:
                raise OptionError(f"access_token_file {path!r} cannot be read: {type(error).__name__}.") from None
        return graph_settings(params)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError

    def _poll(self, now: float, events: list[Json]) -> None:
        """Add what has changed to the events; whatever is wrong becomes an event, too."""
        client, fault = None, None
        try:
            client = GraphClient(self._settings(), self._sleep)
            accounts, fault = self._accounts(client, now, events)
            fault = self._read(client, accounts, now, events) or fault
        except StoppedError:
            raise
        except Exception as error:
            fault = error
        known = isinstance(fault, (GraphError, OptionError, RefusedError)) or fault is None
        if not known and client:  # the text of an error that nobody foresaw can hold anything
            fault = OptionError(client.redact(f"{type(fault).__name__}: {fault}"))
        self._tell_of_fault("", self._state, str(fault) if fault else None, now, events)
        pages = max(self._pages.values(), default=1)
        self._next_poll = now + max(self._interval, COUNTED * pages / (self._limit - self._reserve))
        if client:
            count(self._state, client.calls_by_object, now)
            warnings = [*client.warnings, *([] if self._params["validate_certs"] else [UNVERIFIED])]
            self._said.update(warnings=warnings, used_percent=client.used_percent)
            client.close()
            if isinstance(fault, LimitError) or (client.used_percent or 0) >= BUSY_PERCENT:
                self._rest("", getattr(fault, "wait", None), now)
                self._next_poll = max(self._next_poll, self._rests[""][0])
            else:
                self._rests.pop("", None)

    def _accounts(self, client: GraphClient, now: float, events: list[Json]) -> tuple[list[Account], Exception | None]:
        """Return the accounts to read: those known before where the business cannot list them."""
        known = self._state["accounts"]
        if self._declared.accounts is not None:
            named = [one.account for one in self._declared.accounts]
            self._state["accounts"] = {one.waba_id: known.get(one.waba_id) or _unseen(one) for one in named}
            return named, None
        fault: Exception | None = None
        if self._has_room(client, str(self._declared.business_id), len(self._declared.account_kinds)):
            try:
                listed = [one.account for one in survey(client, self._declared).accounts]
            except (GraphError, RefusedError) as error:
                if isinstance(error, GraphError) and concerns_all(error):
                    raise
                fault = error
            else:
                for lost in known.keys() - {one.waba_id for one in listed}:
                    msg = "The business no longer lists this account."
                    self._tell_of_fault(lost, known[lost], known[lost]["unreadable"] or msg, now, events)
                for one in listed:
                    users: Json | None = {} if self._state["has_listed"] else None
                    known.setdefault(one.waba_id, {**_unseen(one), "users": users})["name"] = one.name
                self._state["has_listed"] = True
                return listed, None
        return [Account(key, str(self._declared.business_id), one["name"]) for key, one in known.items()], fault

    def _read(self, client: GraphClient, accounts: list[Account], now: float, events: list[Json]) -> Exception | None:
        """Read the accounts that have calls left, and return an error that concerns all of them."""
        awake = [one for one in accounts if now >= self._rests.get(one.waba_id, (0, 0))[0]]
        lists = user_lists(awake, ("id", "name", "tasks"))
        tried: list[UserList] = []
        for start in range(0, len(lists), MAX_BATCH):
            part = lists[start : start + MAX_BATCH]
            read_users(client, part, lambda one: not self._has_room(client, one.account.waba_id, self._left(one)))
            tried += [one for one in part if one.pages or one.error]
            general = next((one.error for one in part if one.error and concerns_all(one.error)), None)
            if general:
                break
        else:
            failed = [one.error for one in tried if one.error]
            general = failed[0] if len(failed) == len(tried) > 1 else None
        for one in tried:
            if not (one.error and general):
                self._compare(one, now, events)
        return general

    def _compare(self, one: UserList, now: float, events: list[Json]) -> None:
        waba_id, known = one.account.waba_id, self._state["accounts"][one.account.waba_id]
        msg = str(one.error) if one.error else " ".join(one.warnings) or None
        if isinstance(one.error, LimitError):
            self._rest(waba_id, one.error.wait, now)
        elif not (one.error or one.is_ended):
            msg = f"calls_per_hour is too low for a list of more than {len(one.pages)} pages, which was not read whole."
        self._tell_of_fault(waba_id, known, msg, now, events)
        if one.error:
            return
        self._pages[waba_id] = len(one.pages)
        self._rests.pop(waba_id, None)
        before = known["users"]
        differences, known["users"] = compare(before or {}, one.users.values(), is_whole=one.is_whole)
        if before is None:  # the first read of this account: there is nothing to compare it with
            return
        for difference in differences:
            events.append(self._event(waba_id, known, difference, now))

    def _left(self, one: UserList) -> int:
        """Calls that a list is expected to take; a list that never fits is begun while no calls were made."""
        most = self._limit - self._reserve
        return 1 if one.pages else min(self._pages.get(one.account.waba_id, 1), most)

    def _has_room(self, client: GraphClient, key: str, calls: int) -> bool:
        return used(self._state, key) + client.calls_by_object[key] + calls + self._reserve <= self._limit

    def _rest(self, key: str, asked: float | None, now: float) -> None:
        """Call an object later after a limit: when the API says, or else after twice the time."""
        seconds = asked or min(2 * self._rests.get(key, (0, self._interval))[1], max(LONGEST_REST, self._interval))
        self._rests[key] = (now + seconds, seconds)

    def _tell_of_fault(self, waba_id: str, of: Json, msg: str | None, now: float, events: list[Json]) -> None:
        """Add an event where the account, or the watch, becomes unreadable or readable again."""
        key = "unreadable" if waba_id else "fault"
        before, of[key] = of[key], msg
        if (msg is None) != (before is None):
            kind = "readable_again" if msg is None else "unreadable"
            events.append(self._event(waba_id, of, {"kind": kind, "msg": msg}, now))

    def _event(self, waba_id: str, of: Json, what: Json, now: float) -> Json:
        """Return an event. Its id depends on the state before it alone, so that an event told twice has the same."""
        told = "told" if waba_id else "faults"
        content = json.dumps([waba_id, of[told], {key: what.get(key) for key in _NAMES if key != "msg"}])
        of[told] += 1
        event_id = str(uuid.uuid5(uuid.UUID(self._state["id"]), content))
        event = {**dict.fromkeys(_NAMES), "waba_id": waba_id or None, "account": of.get("name"), **what}
        return {"event_id": event_id, "seen_at": _time(now), **event, "meta": {"uuid": event_id}}

    def _heartbeat_event(self, now: float) -> Json:
        accounts = self._state["accounts"]
        return {
            "kind": "heartbeat",
            "event_id": str(uuid.uuid4()),
            "seen_at": _time(now),
            "accounts": len(accounts),
            "unreadable": [waba_id for waba_id, one in accounts.items() if one["unreadable"]],
            "calls": max((used(self._state, waba_id) for waba_id in accounts), default=0),
            "next_poll_at": _time(self._next_poll),
            **self._said,
            "msg": self._said["msg"] or self._state["fault"],
        }


def _unseen(account: Account) -> Json:
    return {"name": account.name, "users": None, "unreadable": None, "told": 0}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _validated(args: Json) -> Json:
    """Return the options with their defaults and environment variables. Raises `OptionError`."""
    spec = {**graph_argument_spec(), **declaration_argument_spec(), **_OWN}
    del spec["waba_id"], spec["batch_size"], spec["people"]
    if args.get("access_token_file") is not None:
        spec["access_token"] = {**spec["access_token"], "required": False}
    unknown = next((name for name in args if name not in spec), None)
    if unknown is not None:
        close = did_you_mean(str(unknown), spec)
        raise OptionError(f"There is no option {unknown}{close}: the options are {', '.join(sorted(spec))}.")
    result = with_any_number(lambda any_spec: ArgumentSpecValidator(any_spec).validate(dict(args)), spec)
    params = t.cast("Json", result.validated_parameters)
    for option in ("access_token", "business_id"):
        if params.get(option) is None and not (option == "access_token" and args.get("access_token_file")):
            raise OptionError(f"{option} is missing: give it, or set the environment variable {ENVIRONMENT[option]}.")
    if result.error_messages:
        raise OptionError(". ".join(result.error_messages) + ".")
    accounts = params["accounts"]
    if accounts is not None:  # as in a declaration, whose users are not needed, or as ids alone
        accounts = [_identity(one) if isinstance(one, dict) else {"waba_id": one} for one in accounts]
    return {**params, "people": {}, "accounts": accounts}


def _identity(account: Json) -> Json:
    return {key: account[key] for key in ("waba_id", "name", "business_id") if key in account}

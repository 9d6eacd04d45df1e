# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""A watch over the assigned users of accounts: it reads them within the quota, and returns each difference once."""

from __future__ import annotations

import json
import os
import threading
import time
import typing as t
import uuid
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .. import _options as options
from .._access.declaration import parse_declaration
from .._access.plan import RefusedError
from .._access.survey import survey
from .._edges.assigned_users import Account, AssignedUser, UserList, user_lists
from .._edges.tasks import has_full_control
from .._graph.client import MAX_BATCH, REQUESTS_IMPORT_ERROR, GraphClient, Settings
from .._graph.errors import GraphError, LimitError, concerns_all
from .._graph.paging import read
from .._module import with_remedy
from .._options import OptionError, check_between

Json = dict[str, t.Any]
#: Seconds of calls that are counted together. They count for an hour after the last of them.
SLOT = 300
#: Use of the quota, as Meta's headers report it, from which on a watch slows down.
BUSY_PERCENT = 75
_OWN: options.ArgumentSpec = {
    "access_token_file": {"type": "path"},
    "interval": {"type": "float", "default": 300},
    "calls_per_hour": {"type": "int", "default": 100},
    "heartbeat": {"type": "float", "default": 300},
    "state_file": {"type": "path"},
}
_EVENT = ("kind", "waba_id", "account", "user_id", "name", "tasks", "previous_tasks", "gains_full_control", "msg")


class Watch:
    """`turn` returns the events that are due, `pause` the seconds until the next turn. Raises `OptionError`.

    Events are in the state file before they are returned, and until the next poll, so that a restart repeats them.
    A watch that is stopped raises `InterruptedError`, and no longer writes its state.
    """

    def __init__(
        self, args: Json, stop: threading.Event | None = None, clock: t.Callable[[], float] = time.time
    ) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise OptionError("requests is missing: install it for the Python that runs ansible-rulebook.")
        self._stop, self._clock, self._params = stop or threading.Event(), clock, _validated(args)
        self._declared = parse_declaration(self._params)
        self._settings()
        self._interval = check_between("interval", self._params["interval"], 0.1, 86400, "seconds")
        self._heartbeat = check_between("heartbeat", self._params["heartbeat"], 0, 86400, "seconds, 0 for none")
        # A call may be tried again, and once more after a limit.
        self._spare: int = self._params["retries"] + 1
        limit = self._params["calls_per_hour"]
        self._limit = int(check_between("calls_per_hour", limit, self._spare + 1, 5000, "calls"))
        self._state = _load(self._params["state_file"])
        self._repeated: list[Json] = self._state["pending"]
        self._pages: dict[str, int] = {}
        self._between = 0.0
        self._next_poll = self._next_heartbeat = self._clock()
        self._report: Json = {"warnings": [], "used_percent": None}

    def pause(self) -> float:
        """Return the seconds until the next turn."""
        due = min(self._next_poll, self._next_heartbeat) if self._heartbeat else self._next_poll
        return max(0.0, min(due - self._clock(), self._between))

    def turn(self) -> list[Json]:
        """Poll, if it is due, and return the events."""
        now, events, msg = self._clock(), self._repeated, None
        self._repeated = []
        if not 0 < self._next_poll - now <= self._between + 1:  # or the clock was set back
            self._poll(now, events)
            if self._stop.is_set():
                raise InterruptedError
            self._state["pending"] = events
            try:
                _save(self._params["state_file"], self._state)
            except OSError as error:
                msg, self._next_heartbeat = f"state_file cannot be written: {error.strerror}.", now
        if not self._heartbeat or now < self._next_heartbeat:
            return events
        self._next_heartbeat = now + self._heartbeat
        accounts = self._state["accounts"]
        heartbeat = {
            "kind": "heartbeat",
            "event_id": str(uuid.uuid4()),
            "seen_at": _text(now),
            **self._report,
            "accounts": len(accounts),
            "unreadable": [waba_id for waba_id, one in accounts.items() if one["unreadable"]],
            "calls": max((self._used(waba_id) for waba_id in accounts), default=0),
            "next_poll_at": _text(self._next_poll),
            "msg": msg or self._state["watch"]["unreadable"],
        }
        return [*events, heartbeat]

    def _settings(self) -> Settings:
        """Return the client's settings, with the access token as it is now in its file."""
        path, params = self._params["access_token_file"], self._params
        try:
            token = Path(path).read_text("utf-8").strip() if path else params["access_token"]
        except (OSError, ValueError) as error:
            raise OptionError(f"access_token_file {path!r} cannot be read: {type(error).__name__}.") from None
        return options.graph_settings({**params, "access_token": token})

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise InterruptedError

    def _poll(self, now: float, events: list[Json]) -> None:
        """Add what has changed to the events. Whatever goes wrong becomes an event, too."""
        client: GraphClient | None = None
        fault: Exception | None = None
        self._count({}, now)
        try:
            client = GraphClient(self._settings(), self._sleep)
            accounts, fault = self._accounts(client, now, events)
            fault = self._read(client, accounts, now, events) or fault
        except InterruptedError:
            t.cast("GraphClient", client).close()
            raise
        except (GraphError, OptionError, RefusedError) as error:
            fault = error
        except Exception as error:  # the next poll may succeed
            fault = OptionError(f"The poll failed: {type(error).__name__}.")
        self._tell(None, self._state["watch"], str(fault) if fault else None, now, events)
        pages = max(self._pages.values(), default=1)
        seconds = max(self._interval, (3600 + SLOT) * pages / (self._limit - self._spare))
        if client:
            client.close()
            self._count(client.calls_by_object, now)
            warnings = [*client.warnings, *([] if self._params["validate_certs"] else [options.UNVERIFIED])]
            self._report = {"warnings": warnings, "used_percent": client.used_percent}
            if isinstance(fault, LimitError) or (client.used_percent or 0) >= BUSY_PERCENT:
                seconds = max(seconds, getattr(fault, "wait", None) or min(2 * self._between, 3600))
        self._between, self._next_poll = seconds, now + seconds

    def _accounts(self, client: GraphClient, now: float, events: list[Json]) -> tuple[list[Account], Exception | None]:
        """Return the accounts to read: those known before, and the error, where the business cannot list them."""
        known, business_id, fault = self._state["accounts"], str(self._declared.business_id), None
        listed: list[Account] = list(self._declared.accounts or ())
        if listed:
            self._state["accounts"] = {one.waba_id: known.get(one.waba_id, _entry(one.name)) for one in listed}
        elif self._has_room(client, business_id, True):
            try:
                listed = list(survey(client, self._declared).accounts)
            except (GraphError, RefusedError) as error:
                if isinstance(error, GraphError) and concerns_all(error):
                    raise
                fault = error
            for one in listed:
                # All users of an account that is new in the business came.
                users: Json | None = {} if self._state["watch"]["users"] is not None else None
                known.setdefault(one.waba_id, {**_entry(one.name), "users": users})["name"] = one.name
            if listed:
                self._state["watch"]["users"] = {}
                for waba_id in known.keys() - {one.waba_id for one in listed}:
                    self._tell(waba_id, known[waba_id], "The business no longer lists this account.", now, events)
        return listed or [Account(waba_id, business_id, one["name"]) for waba_id, one in known.items()], fault

    def _read(self, client: GraphClient, accounts: list[Account], now: float, events: list[Json]) -> Exception | None:
        """Read the accounts that have calls left, and return an error that concerns all of them."""
        lists, general = user_lists(accounts, ("id", "name", "tasks")), None
        for start in range(0, len(lists), MAX_BATCH):
            part = lists[start : start + MAX_BATCH]
            read(client, part, lambda one: not self._has_room(client, one.account.waba_id, not one.pages))
            general = next((one.error for one in part if one.error and concerns_all(one.error)), None)
            if general:
                break
        tried = [one for one in lists if one.pages or one.error]
        if len(tried) > 1 and all(one.error for one in tried):
            general = general or tried[0].error
        for one in tried:
            if isinstance(one.error, LimitError) and not concerns_all(one.error):
                self._count({one.account.waba_id: self._limit}, now)  # calls prolong a limit: none in the next hour
            if not (one.error and general):
                self._compare(one, now, events)
        before = self._state["watch"]["unreadable"]
        return general or (OptionError(before) if before and not tried else None)

    def _compare(self, one: UserList, now: float, events: list[Json]) -> None:
        waba_id, known = one.account.waba_id, self._state["accounts"][one.account.waba_id]
        msg = str(one.error) if one.error else " ".join(one.warnings) or None
        if not (one.error or one.is_ended):
            msg = f"calls_per_hour is too low for a list of more than {len(one.pages)} pages, which was not read whole."
        self._tell(waba_id, known, msg, now, events)
        if one.error:
            return
        self._pages[waba_id] = len(one.pages)
        before = known["users"]
        differences, known["users"] = compare(before or {}, one.users.values(), is_whole=one.is_whole)
        if before is not None:  # else there is nothing to compare it with
            events += [self._event(waba_id, known, difference, now) for difference in differences]

    def _has_room(self, client: GraphClient, key: str, is_first: bool) -> bool:
        """Whether an object may be called again. A whole list must fit, if it can, before its first page is read."""
        calls = min(self._pages.get(key, 1), self._limit - self._spare) if is_first else 1
        return self._used(key) + client.calls_by_object[key] + calls + self._spare <= self._limit

    def _used(self, key: str) -> int:
        return sum(int(calls.get(key, 0)) for calls in self._state["calls"].values())

    def _count(self, calls: t.Mapping[str, int], now: float) -> None:
        """Add calls, and drop those that no longer count."""
        slot = int(now // SLOT) * SLOT
        slots = {key: old for key, old in self._state["calls"].items() if 0 <= slot - int(key) <= 3600}
        self._state["calls"] = {**slots, str(slot): Counter(slots.get(str(slot), {})) + Counter(calls)}

    def _tell(self, waba_id: str | None, of: Json, msg: str | None, now: float, events: list[Json]) -> None:
        """Add an event where an account, or everything, becomes unreadable or readable again."""
        before, of["unreadable"] = of["unreadable"], msg
        if (msg is None) != (before is None):
            kind = "readable_again" if msg is None else "unreadable"
            events.append(self._event(waba_id, of, {"kind": kind, "msg": msg}, now))

    def _event(self, waba_id: str | None, of: Json, what: Json, now: float) -> Json:
        """Return an event. Its id depends on the state before it alone."""
        content = json.dumps([waba_id, of["told"], what["kind"], what.get("user_id"), what.get("tasks")])
        of["told"] += 1
        event_id = str(uuid.uuid5(uuid.UUID(self._state["id"]), content))
        event = {**dict.fromkeys(_EVENT), "waba_id": waba_id, "account": of["name"], **what}
        return {"event_id": event_id, "seen_at": _text(now), **event, "meta": {"uuid": event_id}}


def compare(known: Json, listed: t.Iterable[AssignedUser], *, is_whole: bool) -> tuple[list[Json], Json]:
    """Return the differences, and the users who are known from now on, by id.

    A user who is missing from an incomplete list may still be assigned, and tasks that the API does not report have not
    changed. No tasks are `[]`, unknown ones `None`.
    """
    users = {} if is_whole else dict(known)
    for user in listed:
        before = known.get(user.id, {"name": None, "tasks": None})
        tasks = sorted(user.tasks) if user.tasks else before["tasks"]
        users[user.id] = {"name": user.name or before["name"], "tasks": tasks}
    differences = []
    for user_id in [*users, *(user_id for user_id in known if user_id not in users)]:
        before, after = (side.get(user_id, {"name": None, "tasks": []}) for side in (known, users))
        kind = "came" if user_id not in known else "went" if user_id not in users else "tasks_changed"
        if kind == "tasks_changed" and (before["tasks"] is None or before["tasks"] == after["tasks"]):
            continue
        had, has = (has_full_control(frozenset(side["tasks"] or ())) for side in (before, after))
        names = {"user_id": user_id, "name": after["name"] or before["name"], "gains_full_control": has and not had}
        differences.append({"kind": kind, **names, "tasks": after["tasks"], "previous_tasks": before["tasks"]})
    return differences, users


def _entry(name: str | None) -> Json:
    return {"name": name, "users": None, "unreadable": None, "told": 0}


def _load(path: str | None) -> Json:
    new = {"id": str(uuid.uuid4()), "watch": _entry(None), "accounts": {}, "calls": {}, "pending": []}
    try:
        state = json.loads(Path(path).read_text("utf-8")) if path and os.path.lexists(path) else new
        if not isinstance(state, dict) or state.keys() != new.keys():
            raise ValueError
        _save(path, state)
    except OSError as error:
        remedy = "Its folder must exist and be writable."
        raise OptionError(f"state_file {path!r} cannot be read and written: {error.strerror}. {remedy}") from None
    except ValueError:
        raise OptionError(f"state_file {path!r} holds something else: name another file, or remove it.") from None
    return state


def _save(path: str | None, state: Json) -> None:
    """Replace the file as a whole, so that a crash leaves the old state or the new one. Raises `OSError`."""
    if path is None:
        return
    target = Path(path).absolute()
    new = target.with_name(f".{target.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(state, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _validated(args: Json) -> Json:
    """Return the options with their defaults and environment variables. Raises `OptionError`."""
    spec = {**options.graph_argument_spec(), **options.declaration_argument_spec(), **_OWN}
    spec = {option: about for option, about in spec.items() if option not in ("waba_id", "people", "batch_size")}
    spec["access_token"] = {**spec["access_token"], "required": not args.get("access_token_file")}
    given = {option: value for option, value in args.items() if value is not None}
    result = options.with_any_number(lambda any_spec: ArgumentSpecValidator(any_spec).validate(given), spec)
    if result.error_messages:
        unknown = "Unsupported parameters for assigned_users module: "
        messages = [f"{unknown if 'Supported par' in msg else ''}{msg}" for msg in result.error_messages]
        raise OptionError(". ".join(map(with_remedy, messages)))
    params = t.cast("Json", result.validated_parameters)
    if params["accounts"] is not None:  # ids, or accounts of a declaration, of which the users are not needed
        accounts = [one if isinstance(one, dict) else {"waba_id": one} for one in params["accounts"]]
        keys = ("waba_id", "name", "business_id")
        params["accounts"] = [{key: one[key] for key in keys if key in one} for one in accounts]
    return {**params, "people": {}}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what can go wrong, which calls it meets, which faults are in force. `spoil` says what is answered then."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, fields
from typing import Any

from .messages import Call
from .paging import with_query

# kind -> what it does
KINDS = {
    "status": (
        "an error answer: status, code, subcode, message, type, is_transient, user_title, user_msg, headers, body, "
        "regain_minutes"
    ),
    "string_error": 'the answer {"error": "<message>"}',
    "reset_before": "the connection is cut by RST, nothing is applied",
    "reset_after": "the call is applied, then the connection is cut by RST",
    "close_after": "the call is applied, then the connection is closed without an answer",
    "truncated": "the call is applied, the answer ends before its Content-Length",
    "html": "an HTML page, as gateways send it (status 502 unless another is given)",
    "empty_body": "an answer without a body (status 200)",
    "not_json": "an answer that is no JSON (status 200)",
    "json": "the JSON value `value` as the answer (status 200)",
    "hang": "`seconds` of silence, then the call is answered as usual; with after=true it is applied first",
    "drip": "the usual answer byte by byte, `seconds` between two bytes",
    "endless": "a body without an end (chunked, `seconds` between two chunks)",
    "redirect": "a redirect (status 302) to `location`; by default to this very call on this server",
    "repeat_cursor": "a page whose next is the page itself",
    "endless_pages": "a page with a next, always with a new cursor, for ever",
    "next_without_cursors": "a page with next but without cursors",
    "no_paging": "a page without the paging member",
    "latency": "`ms` milliseconds more until the answer",
    "echo_token": "an error (400, code 100) whose message repeats the token, the proof and the URL",
    "null_operation": "an operation of a batch is answered by null; it is applied or not: `applied`",
}
# Faults of a page's way to the next one.
_PAGES = frozenset({"repeat_cursor", "endless_pages", "next_without_cursors", "no_paging"})
# Faults that leave the call as it is and spoil only its answer.
_APPLIED = _PAGES | {"reset_after", "close_after", "truncated", "drip", "hang", "latency"}
# Faults that an operation inside a batch can have; the others concern a connection.
_IN_BATCH = _PAGES.union(
    ["status", "string_error", "json", "html", "empty_body", "not_json", "echo_token", "null_operation"]
)
_TEXTS = ("on", "path", "user", "waba_id", "message", "type", "user_title", "user_msg", "body", "location")
_INTEGERS = ("index", "status", "code", "subcode", "regain_minutes")
_NUMBERS = ("seconds", "ms")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    It meets the calls that fit `on` (a method, or "*"), `path` (part of the request target), `user` (the call's user
    parameter) and `waba_id` (the account that the call is about): the `nth` of them from now on and the `times` - 1
    after it (`times` 0: all after it). A batch is one call, a POST; its single operations are met by a fault with
    `index` (their place, from 0), `user` or `waba_id`, by one with `in_batch`, which meets operations alone and counts
    them over all batches, and always by "null_operation". `after`: the call is applied before the fault. The other
    parameters belong to single kinds, see `KINDS`. Raises ValueError for a kind that is unknown and for values that
    make no sense.
    """

    kind: str
    on: str = "*"
    path: str | None = None
    nth: int = 1
    times: int = 1
    after: bool = False
    user: str | None = None
    index: int | None = None
    status: int | None = None
    code: int | None = None
    subcode: int | None = None
    message: str = "An unexpected error occurred. Please retry your request"
    type: str = "OAuthException"
    is_transient: bool | None = None
    user_title: str | None = None
    user_msg: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    regain_minutes: int | None = None
    value: Any = None
    seconds: float | None = None
    ms: float = 0.0
    location: str | None = None
    applied: bool = False
    waba_id: str | None = None
    in_batch: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault of the kind {self.kind!r} (known: {', '.join(KINDS)})")
        for name, least in (("nth", 1), ("times", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be a whole number from {least} on, not {value!r}")
        self._check_types(_TEXTS, str)
        self._check_types(_INTEGERS, int)
        self._check_types(_NUMBERS, int, float)
        if not isinstance(self.headers, dict) or not all(isinstance(value, str) for value in self.headers.values()):
            raise ValueError(f"headers must be an object of strings, not {self.headers!r}")
        name = "in_batch" if self.in_batch else "index"
        if self.kind not in _IN_BATCH and (self.in_batch or self.index is not None):
            raise ValueError(f"{name}: a fault of the kind {self.kind!r} cannot meet a single operation of a batch")

    def _check_types(self, names: tuple[str, ...], *types: Any) -> None:
        for name in names:
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, types)):
                raise ValueError(f"{name} has the wrong type: {value!r}")

    @property
    def applies(self) -> bool:
        """Whether the call is carried out all the same."""
        return self.after or self.kind in _APPLIED

    @property
    def delay(self) -> float:
        """Seconds of silence this fault adds."""
        if self.kind == "hang":
            return 3600.0 if self.seconds is None else self.seconds
        return self.ms / 1000 if self.kind == "latency" else 0.0

    def fits(self, call: Call, index: int | None) -> bool:
        """Whether it is about this call. `index`: an operation's place in a batch, None for a call of its own."""
        return (
            self._fits_place(index)
            and self.on.upper() in ("*", call.method)
            and (self.path is None or self.path in target_of(call))
            and (self.user is None or self.user == call.params.get("user"))
            and (self.waba_id is None or self.waba_id in call.path.split("/"))
        )

    def _fits_place(self, index: int | None) -> bool:
        if index is None:
            return self.kind != "null_operation" and self.index is None and not self.in_batch
        bound = any(value is not None for value in (self.index, self.user, self.waba_id))
        aimed = bound or self.in_batch or self.kind == "null_operation"
        return aimed and self.kind in _IN_BATCH and self.index in (None, index)


def target_of(call: Call) -> str:
    """Path and query of a call."""
    return with_query(call.path, **{key: values[-1] for key, values in call.query.items()})


def fault_from_json(value: Any) -> Fault:
    """A fault from a JSON object with `Fault`'s parameters. Raises ValueError."""
    if not isinstance(value, dict) or "kind" not in value:
        raise ValueError("a fault is a JSON object with a kind")
    unknown = set(value) - {parameter.name for parameter in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no parameter {', '.join(sorted(unknown))}")
    return Fault(**value)


def fault_from_text(text: str) -> Fault:
    """A fault from a JSON object, or from the short form `kind,parameter=value,...` (values in JSON, else text)."""
    if text.lstrip().startswith("{"):
        return fault_from_json(json.loads(text))
    kind, *parameters = text.split(",")
    value: dict[str, Any] = {"kind": kind.strip()}
    for parameter in parameters:
        name, equals, given = parameter.partition("=")
        if not equals:
            raise ValueError(f"{parameter!r} is not parameter=value")
        value[name.strip()] = _json_or_text(given.strip(), name.strip())
    return fault_from_json(value)


def _json_or_text(text: str, name: str) -> Any:
    # Ids stay text: they are digits, and longer than a float can hold.
    if name in ("user", "waba_id", "path", "message", "location", "body"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass
class _Counted:
    """A fault with how many fitting calls it has seen and how many it has met."""

    fault: Fault
    seen: int = 0
    met: int = 0

    @property
    def due(self) -> bool:
        return self.seen >= self.fault.nth

    @property
    def spent(self) -> bool:
        return self.fault.times != 0 and self.met >= self.fault.times


class FaultBox:
    """The faults that are in force."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._counted = [_Counted(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Put a fault in force: it counts calls from now on."""
        with self._lock:
            self._counted.append(_Counted(fault))

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._counted = []

    def left(self) -> list[Fault]:
        """The faults that have not met all their calls yet; those without end among them."""
        with self._lock:
            return [counted.fault for counted in self._counted]

    def unmet(self) -> list[Fault]:
        """The faults that have not met any call yet."""
        with self._lock:
            return [counted.fault for counted in self._counted if not counted.met]

    def take(self, call: Call, index: int | None = None) -> Fault | None:
        """The fault that meets this call: the oldest that is due. Others that are due meet the next fitting calls."""
        with self._lock:
            fitting = [counted for counted in self._counted if counted.fault.fits(call, index)]
            for counted in fitting:
                counted.seen += 1
            meeting = next((counted for counted in fitting if counted.due), None)
            if meeting is None:
                return None
            meeting.met += 1
            self._counted = [counted for counted in self._counted if not counted.spent]
            return meeting.fault

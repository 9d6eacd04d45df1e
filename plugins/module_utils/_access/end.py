# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When declared access ends: the values of `valid_until`, and the clock they are compared with."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from datetime import date, datetime, time, timezone

from .._options import OptionError

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(Z|z|[+-]\d\d:\d\d)?", re.ASCII)
_EXAMPLES = "a date such as 2026-12-31, or a time with its offset such as 2026-12-31T18:00:00+01:00"


@dataclasses.dataclass(frozen=True, order=True)
class End:
    """The last moment of an access."""

    #: In UTC. Of a day without a time, its last microsecond.
    moment: datetime
    #: The same on every machine and for every spelling: `2026-12-31` or `2026-12-31T17:00:00Z`.
    text: str

    def has_passed(self, now: datetime) -> bool:
        return now > self.moment


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def parse_end(option: str, value: t.Any) -> End | None:
    """Return the end that `valid_until` says; `None` where it is not given. Raises `OptionError`."""
    if value is None:
        return None
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return End(datetime.combine(date.fromisoformat(text), time.max, timezone.utc), text)
        parts = _TIME.fullmatch(text)
        if parts and parts[3]:
            offset = "+00:00" if parts[3] in "Zz" else parts[3]
            moment = datetime.fromisoformat(f"{parts[1]}T{parts[2]}{offset}").astimezone(timezone.utc)
            return End(moment, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    except (ValueError, OverflowError):
        raise OptionError(f"{option}: there is no such day or time as {text}.") from None
    if parts:
        raise OptionError(f"{option}: {text} has no offset. Add Z for UTC, or an offset such as +01:00.")
    raise OptionError(f"{option} must be {_EXAMPLES}; got {value!r}.")


def earliest(ends: t.Iterable[End | None]) -> End | None:
    return min((end for end in ends if end), default=None)

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The use of the quota, as answers report it, and waits between tries. Pure functions.

Source: <https://developers.facebook.com/docs/graph-api/overview/rate-limiting/>.
"""

from __future__ import annotations

import json
import random
import time
import typing as t
from email.utils import parsedate_to_datetime

from .values import dict_or_empty

#: Seconds before the second try; doubled for each further one.
FIRST_BACKOFF = 0.5


def usage(headers: t.Mapping[str, str]) -> tuple[float, float | None]:
    """Return the highest use of a quota in percent, and the longest wait in seconds until one can be used again."""
    entries = [_header_json(headers, "x-app-usage")]
    for group in _header_json(headers, "x-business-use-case-usage").values():
        entries.extend(dict_or_empty(entry) for entry in (group if isinstance(group, list) else []))
    percents = [_positive(entry.get(f)) for entry in entries for f in ("call_count", "total_time", "total_cputime")]
    minutes = max((_positive(entry.get("estimated_time_to_regain_access")) for entry in entries), default=0)
    return max(percents, default=0), minutes * 60 or None


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; `None` without a wait."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9]) or None
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def backoff(turn: int) -> float:
    """Return seconds that double with each turn, with jitter, so that many clients do not retry at once."""
    return float(FIRST_BACKOFF * 2**turn * random.uniform(0.5, 1.0))  # noqa: S311 - no secret is made of it


def _header_json(headers: t.Mapping[str, str], name: str) -> dict[str, t.Any]:
    try:
        return dict_or_empty(json.loads(headers.get(name, "{}")))
    except (ValueError, RecursionError):
        return {}


def _positive(value: t.Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e9 else 0.0

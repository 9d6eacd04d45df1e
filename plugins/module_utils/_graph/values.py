# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values in answers of the API, converted to a type or to `None`. Pure functions."""

from __future__ import annotations

import typing as t

#: Meta's ids have up to 18 digits.
MAX_ID_DIGITS = 40


def object_id(value: t.Any) -> str | None:
    """Return an id, which is a string of digits or, since integers are exact in Python's JSON, a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**MAX_ID_DIGITS:
        return str(value)
    is_id = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_ID_DIGITS
    return t.cast("str", value) if is_id else None


def by_id(identifier: str) -> tuple[int, str]:
    """Return a key to sort ids as numbers."""
    return len(identifier), identifier


def text_or_none(value: t.Any) -> str | None:
    """Return a text that is not empty, or `None`."""
    return value if isinstance(value, str) and value else None


def dict_or_empty(value: t.Any) -> dict[str, t.Any]:
    """Return a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def hidden(counted: int | None, listed: int, what: str) -> list[str]:
    """Return a warning where the API counts more objects than it listed."""
    if counted is None or counted <= listed:
        return []
    return [f"The API counts {counted} {what} and listed {listed}: the access token may not see them all."]

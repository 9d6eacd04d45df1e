# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values and texts from outside: converted to a type or to `None`, or to one harmless line. Pure functions."""

from __future__ import annotations

import typing as t

#: Meta's ids have up to 18 digits.
MAX_ID_DIGITS = 40
#: Characters of a text that are shown.
MAX_TEXT = 600
#: The same for a name within a sentence.
MAX_NAME = 80
# Letters or symbols for Unicode, but invisible.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


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
    return value if isinstance(value, str) and value else None


def dict_or_empty(value: t.Any) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def hidden(counted: int | None, listed: int, what: str) -> list[str]:
    """Return a warning where the API counts more objects than it listed."""
    if counted is None or counted <= listed:
        return []
    return [f"The API counts {counted} {what} and listed {listed}: the access token may not see them all."]


def printable(value: str, limit: int | None = MAX_TEXT) -> str:
    """Return the text as one line of at most `limit` characters, with spaces for all white space.

    Invisible characters and those that affect others are named: a right-to-left override becomes `⟨U+202E⟩`.
    """
    text = value if limit is None else value[: limit + 1]
    if not (text.isprintable() and _BLANK.isdisjoint(text)):
        text = "".join(map(_shown, text))
    return text if limit is None or len(text) <= limit else f"{text[:limit]}…"


def label(identifier: str, name: str | None) -> str:
    """Return how messages call a user or an account: name and id."""
    return f"{printable(name, MAX_NAME)} ({identifier})" if name else identifier


def _shown(character: str) -> str:
    if character.isprintable() and character not in _BLANK:
        return character
    return " " if character.isspace() else f"⟨U+{ord(character):04X}⟩"

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside as one harmless line. Pure functions."""

from __future__ import annotations

#: Characters of a text that are shown.
MAX_TEXT = 600
#: The same for a name within a sentence.
MAX_NAME = 80
# Letters or symbols for Unicode, but invisible.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


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

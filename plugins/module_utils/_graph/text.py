# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Text from outside as one harmless line: names and messages are whatever somebody typed. Pure functions."""

from __future__ import annotations

#: Characters of a text that are shown: a server that sends a megabyte gets this much of it shown.
MAX_TEXT = 600
# Unicode calls these letters or symbols, and they show nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def printable(value: str, limit: int | None = MAX_TEXT) -> str:
    """The text as one line: white space is a space, and what is invisible or acts on its surroundings is named.

    A right-to-left override becomes `⟨U+202E⟩`, for instance. Beyond `limit` characters it is cut.
    """
    text = value if limit is None else value[: limit + 1]
    if not (text.isprintable() and _BLANK.isdisjoint(text)):
        text = "".join(map(_shown, text))
    return text if limit is None or len(text) <= limit else f"{text[:limit]}…"


def _shown(character: str) -> str:
    if character.isprintable() and character not in _BLANK:
        return character
    return " " if character.isspace() else f"⟨U+{ord(character):04X}⟩"

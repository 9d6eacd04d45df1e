# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Texts from the API as people may safely see them: names are whatever somebody typed. Pure functions."""

from __future__ import annotations

#: Characters that Unicode calls letters or symbols, and that show nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
#: What of a name is shown within a sentence, in characters.
_LONGEST_IN_A_SENTENCE = 80


def visible(text: str) -> str:
    """The text with what is invisible in it, or acts on its surroundings, named: `⟨U+202E⟩` and the like."""
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(
        character if character.isprintable() and character not in _BLANK else f"⟨U+{ord(character):04X}⟩"
        for character in text
    )


def label(identifier: str, name: str | None) -> str:
    """A person or an account within a sentence: name, and id to be sure."""
    if not name:
        return identifier
    shown = visible(name)
    if len(shown) > _LONGEST_IN_A_SENTENCE:
        shown = f"{shown[:_LONGEST_IN_A_SENTENCE]}…"
    return f"{shown} ({identifier})"

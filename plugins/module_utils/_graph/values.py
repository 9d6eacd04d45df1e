# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Values in answers of the API: what they may be, and what is taken for missing. Pure functions."""

from __future__ import annotations

import typing as t

#: Meta's ids have up to 18 digits.
MAX_ID_DIGITS = 40


def object_id(value: t.Any) -> str | None:
    """An id in an answer, which is digits in a string; a number will do, for JSON's are exact here."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**MAX_ID_DIGITS:
        return str(value)
    is_id = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_ID_DIGITS
    return t.cast("str", value) if is_id else None


def by_id(identifier: str) -> tuple[int, str]:
    """What sorts ids: as the numbers that they are, whatever their size."""
    return len(identifier), identifier


def text_or_none(value: t.Any) -> str | None:
    """A text in an answer; `None` where there is none."""
    return value if isinstance(value, str) and value else None


def dict_or_empty(value: t.Any) -> dict[str, t.Any]:
    """An object in an answer; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def hidden(counted: int | None, listed: int, what: str) -> list[str]:
    """A warning where the API counts more than it listed, in a list that was read to its end."""
    if counted is None or counted <= listed:
        return []
    return [f"The API counts {counted} {what} and listed {listed}: the access token may not see them all."]

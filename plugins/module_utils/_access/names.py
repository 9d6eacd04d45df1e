# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names as people type them: how they are compared, and which others are close. Pure functions."""

from __future__ import annotations

import difflib
import typing as t
import unicodedata

from .._graph.values import printable


def fold(text: str) -> str:
    """A name or an address as it is compared: NFC, lower case, without white space at either end.

    It does no more than that: full case folding takes `strasse@` for `straße@`, which are two addresses.
    """
    return unicodedata.normalize("NFC", text).strip().lower()


def did_you_mean(name: str, known: t.Iterable[str]) -> str:
    """The question ` (did you mean …?)` with the closest of the known names; empty where none is close.

    Of addresses only what is before the `@` counts: the people of a company share the rest.
    """
    by_local_part: dict[str, list[str]] = {}
    for each in known:
        by_local_part.setdefault(_local_part(each), []).append(printable(each))
    close = difflib.get_close_matches(_local_part(name), list(by_local_part), 3)
    found = [each for local_part in close for each in by_local_part[local_part]]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def some_of(names: t.Sequence[str], limit: int = 10) -> str:
    """Return the first names, and how many others there are."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} others" if len(names) > limit else "")


def _local_part(name: str) -> str:
    return fold(name).partition("@")[0]

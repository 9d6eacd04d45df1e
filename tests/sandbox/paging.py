# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages and cursors. A cursor is opaque to clients; it says which list it was made for and where in that it points."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

# Makes cursors begin with QVFI, as Meta's do.
_PREFIX = "AQHR"


@dataclass(frozen=True)
class Cursor:
    """Points at `position` of the list named `key`. `empty_next`: the page after it is an empty one."""

    key: str
    position: int
    empty_next: bool = False
    nonce: str = ""


@dataclass(frozen=True)
class Page:
    """Items `start` to `end` of a list; the cursors to put on the wire, None at the list's ends."""

    start: int
    end: int
    before: Cursor
    after: Cursor
    has_next: bool
    has_previous: bool


def list_key(edge: str, rows: Sequence[dict[str, Any]]) -> str:
    """Names a list by its members, and then by all that is in it."""
    return f"{_digest([edge, *[row['id'] for row in rows]])}-{_digest([edge, repr(rows)])}"


def same_members(key: str, other: str) -> bool:
    """Whether two lists are of one edge and have the same members in one order; else the cursors of one are stale."""
    return key.partition("-")[0] == other.partition("-")[0]


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def encode_cursor(cursor: Cursor) -> str:
    """The cursor as clients see it."""
    text = f"{_PREFIX}{cursor.key}.{cursor.position}.{int(cursor.empty_next)}.{cursor.nonce}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """What a cursor from a client says. Raises ValueError when it is none of ours."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        key, position, empty_next, nonce = plain[len(_PREFIX) :].split(".")
        cursor = Cursor(key, int(position), empty_next == "1", nonce)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not a cursor") from error
    if not plain.startswith(_PREFIX):
        raise ValueError("not a cursor")
    return cursor


def page_after(key: str, length: int, size: int, cursor: Cursor | None, *, empty_pages: bool) -> Page:
    """The page of at most `size` items after `cursor`, or the first page."""
    start = cursor.position + 1 if cursor else 0
    if cursor and cursor.empty_next:
        here = Cursor(key, cursor.position)
        return Page(start, start, here, here, has_next=True, has_previous=True)
    end = min(start + size, length)
    return _page(key, start, end, length, empty_pages=empty_pages)


def page_before(key: str, length: int, size: int, cursor: Cursor) -> Page:
    """The page of at most `size` items that ends just before `cursor`."""
    end = min(cursor.position, length)
    return _page(key, max(0, end - size), end, length, empty_pages=False)


def _page(key: str, start: int, end: int, length: int, *, empty_pages: bool) -> Page:
    has_next = end < length
    after = Cursor(key, end - 1, empty_next=empty_pages and has_next)
    return Page(start, end, Cursor(key, start), after, has_next, has_previous=start > 0)


def paging_object(page: Page, url: str) -> dict[str, Any]:
    """The `paging` member. `url` is the edge's whole URL without a cursor, the token included, as Meta does it."""
    before, after = encode_cursor(page.before), encode_cursor(page.after)
    paging: dict[str, Any] = {"cursors": {"before": before, "after": after}}
    if page.has_next:
        paging["next"] = with_query(url, after=after)
    if page.has_previous:
        paging["previous"] = with_query(url, before=before)
    return paging


def with_query(url: str, **params: str) -> str:
    """`url` with these query parameters in place of those of the same names."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query.update(params)
    return urlunsplit(parts._replace(query=urlencode(query)))

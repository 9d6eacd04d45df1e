# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Lists of edges, read page by page, many of them in a round trip.

A list ends where `paging.next` is missing and nowhere else: pages may be short, or empty with a next one. The link in
`paging.next` carries the token: it is never followed, only its cursor is taken.
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import typing as t
from urllib.parse import parse_qs, urlsplit

from .client import MAX_BATCH, GraphClient, Operation
from .errors import GraphError, MalformedAnswerError, concerns_all
from .fields import KnownFields
from .values import dict_or_empty

#: No account may make more calls an hour than this: a list that long ends in the rate limit anyway.
MAX_PAGES = 5000
#: A list beyond what 80,000 users take is an attack or a mistake. In memory the smallest objects take some fifty times
#: their size in JSON.
MAX_LIST_BYTES = 16 * 1024 * 1024
#: The same for lists that are read together, however many they are.
MAX_LISTS_BYTES = 32 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of an edge's list. `before` and `after` are the cursors to its neighbours, if it gave any."""

    data: list[t.Any]
    before: str | None = None
    after: str | None = None
    has_previous: bool = False
    has_next: bool = False
    #: The number of objects in the whole list: only where `summary=total_count` was asked for and answered.
    total_count: int | None = None


@dataclasses.dataclass(frozen=True)
class Edge:
    """A list to read. `params` may hold a cursor, `after` or `before`."""

    path: str
    fields: t.Sequence[str]
    known: KnownFields
    params: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


class Listing:
    """The list of an edge, as far as it was read. `read` reads on."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.pages: list[Page] = []
        #: Why it cannot be read any further; `None` where nothing went wrong.
        self.error: GraphError | None = None
        #: Whether its last page was read.
        self.is_ended = False
        #: What the client had received when the reading began.
        self.received_before: int | None = None
        self._params = dict(edge.params)
        self._cursor_name = "before" if "before" in edge.params else "after"
        self._seen = {edge.params.get(self._cursor_name)}
        self._was_refused = False

    def next_call(self) -> Operation:
        """The call for the next page, without the fields that the API does not know."""
        fields = self.edge.known.among(self.edge.fields)
        return Operation("GET", self.edge.path, {**self._params, "fields": ",".join(fields)})

    def take(self, call: Operation, answer: dict[str, t.Any] | GraphError) -> None:
        """Take in the answer to a call for the next page."""
        try:
            if isinstance(answer, GraphError):
                raise answer
            page = _page(answer)
            self.pages.append(page)
            self._was_refused = False
            self._go_on(page)
        except GraphError as error:
            if not self._may_ask_again(call, error):
                self.error = copy.copy(error)

    def _may_ask_again(self, call: Operation, error: GraphError) -> bool:
        """Whether the same page can be asked for again: without fields, or once as it is where none was named."""
        known = self.edge.known
        if known.is_vague(error) and not self._was_refused:
            self._was_refused = True
            return True
        self._was_refused = False
        return known.learn(error, call.params["fields"].split(","))

    def _go_on(self, page: Page) -> None:
        """Note whether another page follows, and with which cursor; raise where there is no way to it."""
        if not (page.has_previous if self._cursor_name == "before" else page.has_next):
            self.is_ended = True
            return
        cursor = page.before if self._cursor_name == "before" else page.after
        if cursor is None:
            raise MalformedAnswerError("the API says that there is another page and gives no cursor to it")
        if cursor in self._seen:
            raise MalformedAnswerError("the API's pages go round in a circle: a cursor came a second time")
        if len(self._seen) == MAX_PAGES:
            raise MalformedAnswerError(f"the API's list did not end after {MAX_PAGES} pages")
        self._seen.add(cursor)
        self._params[self._cursor_name] = cursor


def read(
    client: GraphClient,
    listings: t.Sequence[Listing],
    enough: t.Callable[[Listing], bool] | None = None,
    batch_size: int = MAX_BATCH,
) -> None:
    """Read on in every list that has neither ended nor failed, until `enough` says so of it, or to its end.

    `enough` is asked before each page. Up to `batch_size` pages share a round trip; one alone is a plain call. What
    goes wrong is in the listings. What concerns everything ends the reading: it is then the error of all that go on.
    """
    waiting = collections.deque(listings)
    for listing in listings:
        if listing.received_before is None:
            listing.received_before = client.bytes_received
    while True:
        turn = _next_turn(waiting, enough, batch_size)
        if not turn:
            return
        calls = [listing.next_call() for listing in turn]
        for listing, call, answer in zip(turn, calls, _get_each(client, calls)):
            listing.take(call, answer)
        # Behind those that were not asked for yet: batches are as full as can be.
        waiting.extend(turn)
        final = next((one.error for one in turn if one.error and concerns_all(one.error)), None)
        final = final or _excess(client, listings)
        if final:
            for listing in waiting:
                if _goes_on(listing, enough):
                    listing.error = copy.copy(final)
            return


def _next_turn(
    waiting: collections.deque[Listing], enough: t.Callable[[Listing], bool] | None, size: int
) -> list[Listing]:
    """Take the next listings that go on, at most `size` of them."""
    turn: list[Listing] = []
    while waiting and len(turn) < size:
        listing = waiting.popleft()
        if _goes_on(listing, enough):
            turn.append(listing)
    return turn


def _goes_on(listing: Listing, enough: t.Callable[[Listing], bool] | None) -> bool:
    if listing.is_ended or listing.error:
        return False
    return enough is None or not enough(listing)


def _get_each(client: GraphClient, calls: list[Operation]) -> t.Sequence[dict[str, t.Any] | GraphError]:
    """The next page of each: one by a call of its own, several in one batch."""
    if len(calls) > 1:
        return client.batch(calls)
    try:
        return [client.get(calls[0].path, calls[0].params)]
    except GraphError as error:
        return [error]


def _excess(client: GraphClient, listings: t.Sequence[Listing]) -> MalformedAnswerError | None:
    """What is wrong where lists go on, and more has been received since their reading began than is held of them."""
    limit = MAX_LIST_BYTES if len(listings) == 1 else MAX_LISTS_BYTES
    begin = min(listing.received_before or 0 for listing in listings)
    if client.bytes_received - begin <= limit:
        return None
    size = f"larger than {limit // 1024 // 1024} MiB"
    if len(listings) == 1:
        return MalformedAnswerError(f"the API's list is {size}")
    return MalformedAnswerError(f"the API's lists are together {size}: ask for fewer at a time")


def _page(answer: dict[str, t.Any]) -> Page:
    data = answer.get("data")
    if not isinstance(data, list):
        raise MalformedAnswerError('the API\'s list has no "data"')
    paging = dict_or_empty(answer.get("paging"))
    cursors = dict_or_empty(paging.get("cursors"))
    total_count = dict_or_empty(answer.get("summary")).get("total_count")
    return Page(
        data=data,
        before=_cursor(cursors, paging, "before", "previous"),
        after=_cursor(cursors, paging, "after", "next"),
        has_previous=bool(paging.get("previous")),
        has_next=bool(paging.get("next")),
        total_count=total_count if isinstance(total_count, int) and not isinstance(total_count, bool) else None,
    )


def _cursor(cursors: dict[str, t.Any], paging: dict[str, t.Any], name: str, link: str) -> str | None:
    """A page's cursor; where only the link to the neighbour is given, the one in the link's query."""
    cursor = cursors.get(name)
    if isinstance(cursor, str) and cursor:
        return cursor
    url = paging.get(link)
    if not isinstance(url, str):
        return None
    try:
        found = parse_qs(urlsplit(url).query).get(name)
    except ValueError:
        return None
    return found[0] if found else None

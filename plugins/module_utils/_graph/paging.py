# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Lists of edges, read page by page, many of them in a round trip.

Only a missing `paging.next` ends a list: pages may be short, or empty with a next one. The link in `paging.next` holds
the token: it is never followed, only its cursor is used.
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import math
import typing as t
from urllib.parse import parse_qs, urlsplit

from .client import MAX_BATCH, GraphClient, Operation
from .errors import GraphError, MalformedAnswerError, concerns_all
from .fields import KnownFields
from .values import dict_or_empty, hidden

#: The highest limit of an account's calls an hour.
MAX_PAGES = 5000
#: Some 80,000 users: a larger list is an attack or a mistake. Small objects take fifty times as much memory.
MAX_LIST_BYTES = 16 * 1024 * 1024
#: The same for all lists that are read together.
MAX_LISTS_BYTES = 32 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of a list. `before` and `after` are the cursors to its neighbours, if the API gave them."""

    data: list[t.Any]
    before: str | None = None
    after: str | None = None
    has_previous: bool = False
    has_next: bool = False
    #: The number of objects in the whole list, where the API reports it.
    total_count: int | None = None


@dataclasses.dataclass(frozen=True)
class Edge:
    """A list to read. `params` may hold a cursor, `after` or `before`. Without fields the API shows its own."""

    path: str
    fields: t.Sequence[str]
    known: KnownFields
    params: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


class Listing:
    """The list of an edge, as far as it was read. `read` continues."""

    #: What messages call the entries.
    words = "entries"

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.pages: list[Page] = []
        #: The number of entries that the API reports, or `None`.
        self.total_count: int | None = None
        #: Why it cannot be read any further, or `None`.
        self.error: GraphError | None = None
        #: Whether its last page was read.
        self.is_ended = False
        #: Bytes that the client had received before the first page.
        self.received_before = math.inf
        self._params = dict(edge.params)
        self._cursor_name = "before" if "before" in edge.params else "after"
        self._seen = {edge.params.get(self._cursor_name)}
        self._was_refused = False

    @property
    def unknown_fields(self) -> set[str]:
        """Fields that this API does not know."""
        return self.edge.known.unknown

    @property
    def listed(self) -> int:
        """The number of entries that were read."""
        return sum(len(page.data) for page in self.pages)

    @property
    def count(self) -> int:
        """The number of entries: as the API counts, or else as it listed."""
        return self.listed if self.total_count is None else self.total_count

    @property
    def warnings(self) -> list[str]:
        """A warning where the list was read to its end, and the API counts more entries than it listed."""
        return hidden(self.total_count, self.listed, self.words) if self.is_ended else []

    @property
    def is_whole(self) -> bool:
        """Whether the list was read to its end, and the API counts no more entries than it listed."""
        return self.is_ended and not self.warnings

    def next_call(self) -> Operation:
        """Return the call for the next page, without fields that the API does not know."""
        fields = ",".join(self.edge.known.among(self.edge.fields))
        return Operation("GET", self.edge.path, {**self._params, **({"fields": fields} if fields else {})})

    def add(self, page: Page) -> None:
        """Add the next page. Raises `MalformedAnswerError`."""
        self.pages.append(page)
        if page.total_count is not None:
            self.total_count = page.total_count

    def fail(self, error: GraphError) -> None:
        """Note why the list cannot be read any further."""
        self.error = copy.copy(error)

    def take(self, call: Operation, answer: dict[str, t.Any] | GraphError) -> None:
        """Add the answer to a call for the next page."""
        try:
            if isinstance(answer, GraphError):
                raise answer
            page = _page(answer)
            self.add(page)
            self._was_refused = False
            self._follow(page)
        except GraphError as error:
            if not self._may_ask_again(call, error):
                self.fail(error)

    def _may_ask_again(self, call: Operation, error: GraphError) -> bool:
        """Whether to request the page again: without unknown fields, or once unchanged where no field is named."""
        known = self.edge.known
        if "fields" not in call.params:
            return False
        if known.is_vague(error) and not self._was_refused:
            self._was_refused = True
            return True
        self._was_refused = False
        return known.learn(error, call.params["fields"].split(","))

    def _follow(self, page: Page) -> None:
        """Note the cursor of the next page, or that there is none. Raises `MalformedAnswerError`."""
        backwards = self._cursor_name == "before"
        if not (page.has_previous if backwards else page.has_next):
            self.is_ended = True
            return
        cursor = page.before if backwards else page.after
        if cursor is None:
            raise MalformedAnswerError("the API reports another page and gives no cursor to it")
        if cursor in self._seen:
            raise MalformedAnswerError("the API's pages are a circle: a cursor came a second time")
        if len(self._seen) == MAX_PAGES:
            raise MalformedAnswerError(f"the API's list did not end after {MAX_PAGES} pages")
        self._seen.add(cursor)
        self._params[self._cursor_name] = cursor


Each = t.TypeVar("Each", bound=Listing)


def read(
    client: GraphClient,
    listings: t.Sequence[Each],
    enough: t.Callable[[Each], bool] | None = None,
    batch_size: int = MAX_BATCH,
) -> None:
    """Read every list that has neither ended nor failed to its end, or until `enough` holds for it.

    Up to `batch_size` pages share a round trip. Errors are in the listings; one that concerns all calls becomes the
    error of all lists that were not finished.
    """

    def goes_on(listing: Each) -> bool:
        return not (listing.is_ended or listing.error) and not (enough and enough(listing))

    waiting = collections.deque(listings)
    for listing in listings:
        listing.received_before = min(listing.received_before, client.bytes_received)
    while True:
        turn: list[Each] = []
        while waiting and len(turn) < batch_size:
            listing = waiting.popleft()
            if goes_on(listing):
                turn.append(listing)
        if not turn:
            return
        calls = [listing.next_call() for listing in turn]
        for listing, call, answer in zip(turn, calls, get_each(client, calls)):
            listing.take(call, answer)
        # After those that were not requested yet, so that batches are full.
        waiting.extend(turn)
        general_errors = [listing.error for listing in turn if listing.error and concerns_all(listing.error)]
        error = general_errors[0] if general_errors else _excess(client, listings)
        if error:
            for listing in filter(goes_on, waiting):
                listing.fail(error)
            return


def get_each(client: GraphClient, calls: list[Operation]) -> t.Sequence[dict[str, t.Any] | GraphError]:
    """Make the calls: a single one as a plain call, several in a batch."""
    if len(calls) > 1:
        return client.batch(calls)
    try:
        return [client.get(calls[0].path, calls[0].params)]
    except GraphError as error:
        return [error]


def _excess(client: GraphClient, listings: t.Sequence[Listing]) -> MalformedAnswerError | None:
    """Return an error where more was received for these lists than may be kept in memory."""
    limit, what, remedy = MAX_LISTS_BYTES, "lists are together", ": ask for fewer at a time"
    if len(listings) == 1:
        limit, what, remedy = MAX_LIST_BYTES, "list is", ""
    begin = min(listing.received_before for listing in listings)
    if client.bytes_received - begin <= limit:
        return None
    return MalformedAnswerError(f"the API's {what} larger than {limit // 1024 // 1024} MiB{remedy}")


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
    """Return a page's cursor, or else the one in the query of the link to the neighbour."""
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

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of edges, read page by page, many of them in a round trip.

Only a missing `paging.next` ends a list: pages may be short, or empty with a next one. The link in `paging.next` holds
the token: it is never followed, only its cursor is used.
"""

from __future__ import annotations

import copy
import dataclasses
import re
import typing as t
from urllib.parse import parse_qs, urlsplit

from .client import MAX_BATCH, GraphClient, Operation
from .errors import GraphError, MalformedAnswerError, concerns_all
from .values import dict_or_empty, hidden

#: The API's limit of entries in a page.
PAGE_LIMIT = 100
#: The highest limit of an account's calls an hour.
MAX_PAGES = 5000
#: Some 80,000 users: a larger list is an attack or a mistake. Small objects take fifty times as much memory.
MAX_LIST_BYTES = 16 * 1024 * 1024
#: The same for all lists that are read together.
MAX_LISTS_BYTES = 32 * 1024 * 1024
# Every API has these two.
_CERTAIN = {"id", "name"}
# Not the parameter of a URL that the message quotes.
_FIELD = re.compile(r"\bfields?\b(?!=)", re.IGNORECASE)
_NAMED = re.compile(r"field \((.*?)\)|fields: (.*)")


class KnownFields:
    """The unknown fields of one kind of object, learnt from errors."""

    def __init__(self, first_to_go: str | None = None) -> None:
        #: Fields that this API does not know.
        self.unknown: set[str] = set()
        self._first_to_go = first_to_go

    def among(self, fields: t.Iterable[str]) -> list[str]:
        """Return those of the fields that may be requested."""
        return [field for field in fields if field not in self.unknown]

    @staticmethod
    def is_refusal(error: GraphError) -> bool:
        """Whether this error says that the API does not know one of the fields.

        Graph says "Tried accessing nonexisting field (tasks) on node type ..." or "Unknown fields: tasks", as HTTP 400
        or 422, or names none ("The requested fields are not available").
        """
        return error.code == 100 and _FIELD.search(error.message) is not None

    def is_vague(self, error: GraphError) -> bool:
        """Whether this error refuses fields and does not say which."""
        return self.is_refusal(error) and _NAMED.search(error.message) is None

    def learn(self, error: GraphError, asked: t.Iterable[str]) -> bool:
        """Note the refused fields as unknown; return whether any of them is optional.

        Where the refusal names none, it is `first_to_go`, and then all optional fields.
        """
        if not self.is_refusal(error):
            return False
        refused = set(asked) - _CERTAIN
        named = _NAMED.search(error.message)
        if named:
            refused &= set(re.findall(r"\w+", named[0]))
        elif self._first_to_go in refused:
            refused = {self._first_to_go}
        self.unknown |= refused
        return bool(refused)


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
        self._params = dict(edge.params)
        self._cursor_name = "before" if "before" in edge.params else "after"
        self._seen = {edge.params.get(self._cursor_name)}
        self._was_refused = False

    @property
    def unknown_fields(self) -> set[str]:
        return self.edge.known.unknown

    @property
    def listed(self) -> int:
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
        """Note why the list cannot be read any further. Subclasses say what was being done, and what to do."""
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
        if "fields" not in call.params:
            return False
        self._was_refused = self.edge.known.is_vague(error) and not self._was_refused
        return self._was_refused or self.edge.known.learn(error, call.params["fields"].split(","))

    def _follow(self, page: Page) -> None:
        """Note the cursor of the next page, or that there is none. Raises `MalformedAnswerError`."""
        neighbours = {"before": (page.has_previous, page.before), "after": (page.has_next, page.after)}
        has_another, cursor = neighbours[self._cursor_name]
        self.is_ended = not has_another
        if self.is_ended:
            return
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

    received_before = client.bytes_received
    waiting = list(listings)
    while waiting := list(filter(goes_on, waiting)):
        # Those that were not requested yet come first, so that batches are full.
        turn, waiting = waiting[:batch_size], waiting[batch_size:] + waiting[:batch_size]
        calls = [listing.next_call() for listing in turn]
        for listing, call, answer in zip(turn, calls, get_each(client, calls)):
            listing.take(call, answer)
        general_errors = [listing.error for listing in turn if listing.error and concerns_all(listing.error)]
        error = general_errors[0] if general_errors else _excess(client.bytes_received - received_before, len(listings))
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


def _excess(received: int, lists: int) -> MalformedAnswerError | None:
    """Return an error where more bytes were received for so many lists than may be kept in memory."""
    limit, what, remedy = MAX_LISTS_BYTES, "lists are together", ": ask for fewer at a time"
    if lists == 1:
        limit, what, remedy = MAX_LIST_BYTES, "list is", ""
    if received <= limit:
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

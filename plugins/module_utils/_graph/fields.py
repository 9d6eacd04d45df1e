# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Which fields of an object an API knows: versions differ, and one that is not known makes it refuse the whole call."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .client import GraphClient, Page
from .errors import GraphError

# No API lacks these two: a refusal of them is a refusal of the request.
_CERTAIN = ("id", "name")
# But for the parameter of an address that the message quotes.
_FIELD = re.compile(r"\bfields?\b(?!=)", re.IGNORECASE)


class KnownFields:
    """What was learnt of the fields of one kind of object."""

    def __init__(self, first_to_go: str | None = None) -> None:
        #: Fields that this API turned out not to know.
        self.unknown: set[str] = set()
        self._first_to_go = first_to_go

    def among(self, fields: t.Iterable[str]) -> list[str]:
        """Those of the fields that may be asked for."""
        return [field for field in fields if field not in self.unknown]

    def learn(self, error: GraphError, asked: t.Iterable[str]) -> bool:
        """Whether this error says that the API does not know one of the fields that it was asked for.

        Graph says "Tried accessing nonexisting field (tasks) on node type ..." or "Unknown fields: tasks", as HTTP 400
        or 422. Where it names none ("The requested fields are not available"), `first_to_go` goes first.
        """
        if error.code != 100 or not _FIELD.search(error.message):
            return False
        optional = {field for field in asked if field not in _CERTAIN}
        named = re.findall(r"\w+", (re.search(r"field \((.*?)\)|fields: (.*)", error.message) or [""])[0])
        refused = optional & set(named) if named else optional & {self._first_to_go} or optional
        self.unknown |= refused
        return bool(refused)


@dataclasses.dataclass(frozen=True)
class Edge:
    """A list to read."""

    path: str
    fields: t.Sequence[str]
    known: KnownFields
    params: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def query(self) -> dict[str, str]:
        """The parameters to ask with, as far as is known by now."""
        return {**self.params, "fields": ",".join(self.known.among(self.fields))}


def read_lists(client: GraphClient, edges: t.Sequence[Edge]) -> list[list[Page] | GraphError]:
    """Read lists whole, as `GraphClient.lists` does, without the fields that the API does not know."""
    results: dict[int, list[Page] | GraphError] = {}
    waiting = list(range(len(edges)))
    while waiting:
        queries = [(edges[number].path, edges[number].query()) for number in waiting]
        results.update(zip(waiting, client.lists(queries)))
        waiting = [
            number
            for number, (_path, query) in zip(waiting, queries)
            if _is_refusal(results[number], edges[number].known, query["fields"].split(","))
        ]
    return [results[number] for number in range(len(edges))]


def _is_refusal(result: list[Page] | GraphError, known: KnownFields, asked: list[str]) -> bool:
    return isinstance(result, GraphError) and known.learn(result, asked)

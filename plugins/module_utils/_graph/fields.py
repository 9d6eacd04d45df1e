# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fields of an object that an API knows: versions differ, and an unknown field makes the API refuse the whole call."""

from __future__ import annotations

import re
import typing as t

from .errors import GraphError

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

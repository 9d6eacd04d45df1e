# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Which fields of an object an API knows: versions differ, and one that is not known makes it refuse the whole call."""

from __future__ import annotations

import re
import typing as t

from .errors import GraphError

# No API lacks these two: a refusal of them is a refusal of the request.
_CERTAIN = ("id", "name")
# But for the parameter of an address that the message quotes.
_FIELD = re.compile(r"\bfields?\b(?!=)", re.IGNORECASE)
_NAMED = re.compile(r"field \((.*?)\)|fields: (.*)")


class KnownFields:
    """What was learnt of the fields of one kind of object."""

    def __init__(self, first_to_go: str | None = None) -> None:
        #: Fields that this API turned out not to know.
        self.unknown: set[str] = set()
        self._first_to_go = first_to_go

    def among(self, fields: t.Iterable[str]) -> list[str]:
        """Those of the fields that may be asked for."""
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
        """Take the refused fields out; return whether there were any among those that can be done without.

        Where the refusal names none, `first_to_go` goes first, and then all that can go.
        """
        if not self.is_refusal(error):
            return False
        optional = {field for field in asked if field not in _CERTAIN}
        named = _NAMED.search(error.message)
        if named:
            refused = optional & set(re.findall(r"\w+", named[0]))
        elif self._first_to_go in optional:
            refused = {str(self._first_to_go)}
        else:
            refused = optional
        self.unknown |= refused
        return bool(refused)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Beside an account's users: its owner, its apps and its history; the invitations of a business; single objects.

Source: Meta's OpenAPI description, <https://github.com/facebook/openapi>, and
<https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps/>.
"""

from __future__ import annotations

import json
import typing as t

from .._graph.client import Operation
from .._graph.errors import GraphError, MalformedAnswerError
from .._graph.fields import KnownFields
from .._graph.paging import Edge, Listing, Page
from .._graph.values import dict_or_empty, object_id, text_or_none

Json = dict[str, t.Any]

OWNER, ON_BEHALF_OF = "owner_business_info", "on_behalf_of_business_info"
# By Meta's description of v23. A version with other fields is asked for what it shows by default.
_ACTIVITY_FIELDS = (
    "id",
    "activity_type",
    "timestamp",
    "actor_type",
    "actor_id",
    "actor_name",
    "description",
    "details",
)
#: Activities that are about no person.
_OTHER_ACTIVITIES = ("TEMPLATE_", "PHONE_NUMBER_", "WEBHOOK_", "BILLING_", "COMPLIANCE_")
_MAX_TEXT = 300


class Single(Listing):
    """One object, read in the round trips of lists."""

    def __init__(self, path: str, fields: t.Sequence[str], known: KnownFields | None = None) -> None:
        super().__init__(Edge(path, fields, known or KnownFields()))

    def take(self, call: Operation, answer: Json | GraphError) -> None:
        """Add the answer: an object is a list of one."""
        super().take(call, answer if isinstance(answer, GraphError) else {"data": [answer]})

    @property
    def value(self) -> Json:
        """The object; empty where it could not be read."""
        return dict_or_empty(self.pages[0].data[0]) if self.pages else {}


class Apps(Listing):
    """The apps that are subscribed to an account."""

    words = "apps"

    def __init__(self, waba_id: str) -> None:
        super().__init__(Edge(f"{waba_id}/subscribed_apps", (), KnownFields()))
        self.apps: list[dict[str, str | None]] = []

    def add(self, page: Page) -> None:
        """Add the apps of the next page, in either of the documented shapes. Raises `MalformedAnswerError`."""
        super().add(page)
        for raw in map(dict_or_empty, page.data):
            app = named(raw.get("whatsapp_business_api_data")) or named(raw)
            if app is None:
                raise MalformedAnswerError("the list of apps holds one without a valid id")
            self.apps.append(app)


class Invitations(Listing):
    """The people who are invited to a business, with the end of their invitation."""

    words = "invitations"

    def __init__(self, business_id: str, known: KnownFields) -> None:
        fields = ("id", "email", "role", "status", "expiration_time", "created_by")
        params = {"limit": "100", "summary": "total_count"}
        super().__init__(Edge(f"{business_id}/pending_users", fields, known, params))
        self.business_id = business_id

    def results(self) -> list[Json]:
        """The invitations; what the API does not report is `None`."""
        return [
            {
                "business_id": self.business_id,
                "id": object_id(raw.get("id")),
                "email": text_or_none(raw.get("email")),
                "role": text_or_none(raw.get("role")),
                "status": text_or_none(raw.get("status")),
                "expires": _text(raw.get("expiration_time")),
                "invited_by": _who(raw.get("created_by")),
            }
            for page in self.pages
            for raw in map(dict_or_empty, page.data)
        ]


class Activities(Listing):
    """The latest activities on an account, as far as they can be about people. Nothing may depend on them."""

    words = "activities"

    def __init__(self, waba_id: str) -> None:
        super().__init__(Edge(f"{waba_id}/activities", _ACTIVITY_FIELDS, KnownFields(), {"limit": "100"}))
        self.waba_id = waba_id

    def _may_ask_again(self, call: Operation, error: GraphError) -> bool:
        if not (call.params.get("fields") and KnownFields.is_refusal(error)):
            return False
        self.edge.known.unknown.update(_ACTIVITY_FIELDS)
        return True

    def _follow(self, _page: Page) -> None:
        self.is_ended = True

    def results(self) -> list[Json]:
        """The activities as texts, in the order of the API, whatever their shape."""
        found = [self._result(dict_or_empty(raw)) for page in self.pages for raw in page.data]
        return [one for one in found if not (one["type"] or "").startswith(_OTHER_ACTIVITIES)]

    def _result(self, raw: Json) -> Json:
        def first(*keys: str, inside: Json = raw) -> str | None:
            return next((text for text in (_text(inside.get(key)) for key in keys) if text), None)

        details = dict_or_empty(raw.get("details"))
        return {
            "waba_id": self.waba_id,
            "at": first("timestamp", "event_time", "time", "created_time"),
            "type": first("activity_type", "event_type", "type", "category"),
            "actor": first("actor_name", "actor", "actor_id", "actor_business_id", "actor_type"),
            "target": first("user_name", "target_name", "user_id", "target_id", inside={**raw, **details}),
            "text": first("description", "details"),
        }


def named(raw: t.Any) -> dict[str, str | None] | None:
    """Return id and name of an object; `None` without a valid id."""
    given = dict_or_empty(raw)
    found_id = object_id(given.get("id"))
    return {"id": found_id, "name": text_or_none(given.get("name"))} if found_id else None


def _who(raw: t.Any) -> str | None:
    found = named(raw)
    return (found["name"] or found["id"]) if found else _text(raw)


def _text(value: t.Any) -> str | None:
    """Return any value as a text; `None` for what says nothing."""
    if value is None or value in ("", {}, []):
        return None
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True))[:_MAX_TEXT]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside the users of an account: its owner, apps and activities; the invitations of a business; single objects.

Source: Meta's OpenAPI description, <https://github.com/facebook/openapi>. Shapes differ between versions.
"""

from __future__ import annotations

import json
import typing as t

from .._graph.client import Operation
from .._graph.errors import GraphError
from .._graph.paging import Edge, KnownFields, Listing, Page
from .._graph.values import dict_or_empty, object_id, text_or_none

Json = dict[str, t.Any]
#: Id and name of an object.
Named = t.Mapping[str, t.Optional[str]]

OWNER, ON_BEHALF_OF = "owner_business_info", "on_behalf_of_business_info"
_ACTIVITY_FIELDS = ("activity_type", "timestamp", "actor_type", "actor_id", "actor_name", "description", "details")
#: The beginnings of types of activities that are about no person.
_OTHER_ACTIVITIES = ("TEMPLATE_", "PHONE_NUMBER_", "WEBHOOK_", "BILLING_", "COMPLIANCE_")
_MAX_TEXT = 300


class Rows(Listing):
    """The list of an edge with any entries; without fields, as the API shows it."""

    def __init__(
        self, path: str, fields: t.Sequence[str] = (), known: KnownFields | None = None, **params: str
    ) -> None:
        super().__init__(Edge(path, fields, known or KnownFields(), params))

    @property
    def rows(self) -> list[Json]:
        """The entries that were read."""
        return [dict_or_empty(raw) for page in self.pages for raw in page.data]


class Single(Rows):
    """One object, read in the round trips of lists. `rows` has it, where it could be read."""

    def take(self, call: Operation, answer: Json | GraphError) -> None:
        """Add the answer: an object is a list of one."""
        super().take(call, answer if isinstance(answer, GraphError) else {"data": [answer]})


class Activities(Rows):
    """The latest activities on an account."""

    def __init__(self, waba_id: str) -> None:
        super().__init__(f"{waba_id}/activities", _ACTIVITY_FIELDS, limit="100")

    def _may_ask_again(self, call: Operation, error: GraphError) -> bool:
        """Whether to ask a version with other fields for those that it shows by default."""
        self.edge.known.unknown.update(_ACTIVITY_FIELDS)
        return "fields" in call.params and KnownFields.is_refusal(error)

    def _follow(self, _page: Page) -> None:
        self.is_ended = True


def named(raw: t.Any) -> Named | None:
    """Return id and name of an object; `None` without a valid id."""
    given = dict_or_empty(raw)
    found_id = object_id(given.get("id"))
    return {"id": found_id, "name": text_or_none(given.get("name"))} if found_id else None


def apps_of(listing: Rows) -> list[Named] | None:
    """Return the apps of `subscribed_apps`, in either of the documented shapes; `None` where they are not known."""
    apps = [named(row.get("whatsapp_business_api_data")) or named(row) for row in listing.rows]
    whole = [app for app in apps if app]
    return whole if listing.is_ended and not listing.error and len(whole) == len(apps) else None


def invitations(listing: Listing) -> list[Json]:
    """Return the invitations of a list; what the API does not report is `None`."""
    return [_invitation(dict_or_empty(raw)) for page in listing.pages for raw in page.data]


def _invitation(raw: Json) -> Json:
    texts = {field: _text(raw.get(field)) for field in ("id", "email", "role", "status")}
    inviter = named(raw.get("created_by"))
    invited_by = (inviter["name"] or inviter["id"]) if inviter else _text(raw.get("created_by"))
    return {**texts, "expires": _text(raw.get("expiration_time")), "invited_by": invited_by}


def activity(raw: Json) -> Json | None:
    """Return an activity as texts, whatever its shape; `None` for one that is about no person."""

    def first(*keys: str) -> str | None:
        return next((text for text in (_text(all_texts.get(key)) for key in keys) if text), None)

    all_texts = {**dict_or_empty(raw.get("details")), **raw}
    kind = first("activity_type", "event_type", "type", "category")
    if (kind or "").startswith(_OTHER_ACTIVITIES):
        return None
    return {
        "at": first("timestamp", "event_time", "time", "created_time"),
        "type": kind,
        "actor": first("actor_name", "actor", "actor_id", "actor_business_id", "actor_type"),
        "target": first("user_name", "target_name", "user_id", "target_id"),
        "text": first("description", "details"),
    }


def _text(value: t.Any) -> str | None:
    """Return any value as a text; `None` for what says nothing."""
    if value is None or value in ("", {}, []):
        return None
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True))[:_MAX_TEXT]

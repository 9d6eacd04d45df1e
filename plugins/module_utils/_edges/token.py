# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access token, as `/debug_token` reports it, and its own user, as `/me` reports it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._graph.client import GraphClient
from .._graph.errors import GraphError
from .._graph.values import dict_or_empty, object_id, text_or_none

#: The last second of the year 9999, and the last that a date can have.
_MAX_SECONDS = 253402300799


@dataclasses.dataclass(frozen=True)
class OwnUser:
    """The user that the access token belongs to. What the API does not report is `None`."""

    id: str | None
    name: str | None = None


def read_own_user(client: GraphClient) -> OwnUser:
    """Read the access token's own user. Raises `GraphError`.

    Apps may be given an id of their own for a user, so that this id can differ from the one that accounts list.
    Source: <https://developers.facebook.com/docs/graph-api/overview/>.
    """
    try:
        answer = client.get("me", {"fields": "id,name"})
    except GraphError as error:
        error.doing = "find out which user the access token belongs to"
        raise
    return OwnUser(object_id(answer.get("id")), text_or_none(answer.get("name")))


def read_token(client: GraphClient, batch_size: int) -> dict[str, t.Any]:
    """Read what the API knows of the access token, in a batch of one call. Raises `GraphError`.

    Source: <https://developers.facebook.com/docs/graph-api/reference/debug_token/>.
    """
    if batch_size == 1:
        raise GraphError("with batch_size 1 there are no batches, and a plain call would have the token in its URL")
    (answer,) = client.batch([client.token_inspection])
    if isinstance(answer, GraphError):
        raise answer
    return describe_token(dict_or_empty(answer.get("data")))


def describe_token(data: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the description of a token, with `None` for what the API does not report."""
    texts = {field: text_or_none(data.get(field)) for field in ("type", "application")}
    ids = {field: object_id(data.get(field)) for field in ("app_id", "user_id")}
    times = {field: _seconds(data.get(field)) for field in ("expires_at", "data_access_expires_at")}
    granular = data.get("granular_scopes")
    grants = [
        {"scope": text_or_none(grant.get("scope")), "target_ids": _texts(grant.get("target_ids"))}
        for grant in map(dict_or_empty, granular if isinstance(granular, list) else [])
    ]
    return {**texts, **ids, **times, "scopes": _texts(data.get("scopes")), "granular_scopes": grants or None}


def _texts(value: t.Any) -> list[str] | None:
    return [str(each) for each in value if isinstance(each, (str, int))] if isinstance(value, list) else None


def _seconds(value: t.Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SECONDS else None

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The access token, as `/debug_token` reports it, and its own user, as `/me` reports it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._graph.client import GraphClient
from .._graph.errors import GraphError
from .._graph.values import dict_or_empty, object_id, text_or_none

#: The last second of the year 9999.
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


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """The access token. What the API does not report is `None`."""

    type: str | None = None
    app_id: str | None = None
    application: str | None = None
    user_id: str | None = None
    scopes: list[str] | None = None
    #: Each with `scope` and `target_ids`; these are `None` where the API names none, which can mean all.
    granular_scopes: list[dict[str, t.Any]] | None = None
    #: Seconds since 1970; 0 for never.
    expires_at: int | None = None
    data_access_expires_at: int | None = None


def read_token(client: GraphClient) -> AccessToken:
    """Read what the API knows of the access token, in a batch of one call. Raises `GraphError`.

    Source: <https://developers.facebook.com/docs/graph-api/reference/debug_token/>.
    """
    (answer,) = client.batch([client.token_inspection])
    if isinstance(answer, GraphError):
        raise answer
    data = dict_or_empty(answer.get("data"))
    granular = data.get("granular_scopes")
    return AccessToken(
        *(text_or_none(data.get("type")), object_id(data.get("app_id")), text_or_none(data.get("application"))),
        user_id=object_id(data.get("user_id")),
        scopes=_texts(data.get("scopes")),
        granular_scopes=[
            {"scope": text_or_none(each.get("scope")), "target_ids": _texts(each.get("target_ids"))}
            for each in map(dict_or_empty, granular)
        ]
        if isinstance(granular, list)
        else None,
        expires_at=_seconds(data.get("expires_at")),
        data_access_expires_at=_seconds(data.get("data_access_expires_at")),
    )


def _texts(value: t.Any) -> list[str] | None:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else None


def _seconds(value: t.Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SECONDS
    return value if is_number else None

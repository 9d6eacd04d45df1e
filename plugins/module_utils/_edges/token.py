# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The access token's own user, as `/me` reports it."""

from __future__ import annotations

import dataclasses

from .._graph.client import GraphClient
from .._graph.errors import GraphError
from .._graph.values import object_id, text_or_none


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

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The users of an account that is audited. Pure functions."""

from __future__ import annotations

import typing as t

from .._edges.assigned_users import AssignedUser, UserList
from .._graph.values import by_id

Json = dict[str, t.Any]


def users_of(account: UserList) -> dict[str, AssignedUser]:
    """Return the users by id, in the order of the ids; none where the account could not be read."""
    return {} if account.error else {user_id: account.users[user_id] for user_id in sorted(account.users, key=by_id)}

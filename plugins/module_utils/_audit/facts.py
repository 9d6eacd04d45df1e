# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The users of an account that is audited, and names within a sentence. Pure functions."""

from __future__ import annotations

import typing as t

from .._edges.assigned_users import AssignedUser, UserList
from .._graph.text import printable
from .._graph.values import by_id

Json = dict[str, t.Any]

#: Characters of a name that are shown within a sentence.
_MAX_NAME = 80


def users_of(account: UserList) -> dict[str, AssignedUser]:
    """Return the users by id, in the order of the ids; none where the account could not be read."""
    return {} if account.error else {user_id: account.users[user_id] for user_id in sorted(account.users, key=by_id)}


def label(identifier: str, name: str | None) -> str:
    """A user or an account within a sentence: name and id."""
    return f"{printable(name, _MAX_NAME)} ({identifier})" if name else identifier


def account_label(account: UserList) -> str:
    """An account within a sentence: name and id."""
    return label(account.account.waba_id, account.account.name)

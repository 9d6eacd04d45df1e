# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What an audit of access knows: accounts as they were read, and how they are called. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from .._access.people import Directories
from .._edges.assigned_users import AssignedUser, UserList
from .._graph.text import printable
from .._graph.values import by_id

Json = dict[str, t.Any]

#: What is shown of a name within a sentence, in characters.
_LONGEST_IN_A_SENTENCE = 80


class AuditError(Exception):
    """The audit cannot be made of what was given; the text says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class AuditedAccount:
    """One account as it was read."""

    waba_id: str
    name: str | None
    #: The business for which it was read.
    business_id: str
    #: By id, in the order of the ids.
    users: dict[str, AssignedUser]
    #: How many users the API counts; `None` where it does not say.
    total_count: int | None
    graph_error: Json | None = None
    #: Why it could not be read; `None` where it could.
    problem: str | None = None

    @property
    def label(self) -> str:
        """The account within a sentence."""
        return label(self.waba_id, self.name)

    @property
    def is_whole(self) -> bool:
        """Whether it was read, and as many users were listed as the API counts."""
        return self.problem is None and not self.unlisted

    @property
    def unlisted(self) -> int:
        """How many users the API counts beyond those it lists."""
        return max((self.total_count or 0) - len(self.users), 0) if self.problem is None else 0


def audited_accounts(lists: t.Iterable[UserList]) -> list[AuditedAccount]:
    """The accounts as they were read, in the order of their ids."""
    return sorted(map(_audited, lists), key=lambda account: by_id(account.waba_id))


def label(identifier: str, name: str | None) -> str:
    """A user or an account within a sentence: name, and id to be sure."""
    return f"{printable(name, _LONGEST_IN_A_SENTENCE)} ({identifier})" if name else identifier


def known_names(accounts: t.Iterable[AuditedAccount], directories: Directories) -> dict[str, str]:
    """A name for every user that has one somewhere."""
    names = {
        user.id: user.name
        for _business_id, directory in sorted(directories.items())
        for user in directory.users()
        if user.name
    }
    listed = {user.id: user.name for account in accounts for user in account.users.values() if user.name}
    return {**names, **listed}


def _audited(users: UserList) -> AuditedAccount:
    error = users.error
    found = {} if error else users.users
    return AuditedAccount(
        users.account.waba_id,
        users.account.name,
        users.account.business_id,
        {user_id: found[user_id] for user_id in sorted(found, key=by_id)},
        None if error else users.count,
        error.as_result() if error else None,
        str(error) if error else None,
    )

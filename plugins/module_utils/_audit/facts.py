# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What an audit has read, and simple questions about it. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.people import Directories, Directory
from .._access.plan import Desired
from .._edges.assigned_users import AssignedUser, UserList
from .._graph.values import by_id

Json = dict[str, t.Any]

SYSTEM_USER = "SYSTEM_USER"
# Meta documents the field and not its values: all others count as unknown.
_TWO_FACTOR_ON = frozenset({"ENABLED", "ON", "ACTIVE"})
_TWO_FACTOR_OFF = frozenset({"DISABLED", "OFF", "INACTIVE", "NOT_ENABLED"})


class Evidence(t.NamedTuple):
    """What the rules look at."""

    accounts: t.Sequence[UserList]
    directories: Directories
    #: What `drift.compare` returns; `None` where no access is declared.
    drift: list[Json] | None
    #: The ids of the accounts whose access is declared, each with its unresolved people: as declared, and the message.
    declared: t.Mapping[str, list[tuple[str, str]]]
    #: What `history.changes_since` returns; `None` where there is no baseline.
    changes: Json | None
    max_full_control: int
    #: What `drift.ending` returns.
    ending: t.Sequence[tuple[str, AssignedUser, Desired]] = ()
    #: Whether there is a baseline, and its findings have no keys.
    has_old_baseline: bool = False


def users_of(account: UserList) -> dict[str, AssignedUser]:
    """Return the users by id, in the order of the ids; none where the account could not be read."""
    return {} if account.error else {user_id: account.users[user_id] for user_id in sorted(account.users, key=by_id)}


def is_of_another_business(account: UserList, user: AssignedUser) -> bool:
    """Whether a user is known to belong to another business than the account was read for."""
    business_id = (user.business or {}).get("id")
    return business_id is not None and business_id != account.account.business_id


def directory_of(user: AssignedUser, evidence: Evidence) -> Directory | None:
    """The users of the business that the user is reported to belong to."""
    return evidence.directories.get((user.business or {}).get("id") or "")


def has_two_factor(user: AssignedUser, directory: Directory | None) -> bool | None:
    """Whether a user has two-factor authentication; also true where it is not checked, as for system users."""
    person = directory.find(user.id) if directory else None
    if person is None or user.user_type == SYSTEM_USER:
        return True
    status = (person.two_fac_status or "").upper()
    return True if status in _TWO_FACTOR_ON else False if status in _TWO_FACTOR_OFF else None

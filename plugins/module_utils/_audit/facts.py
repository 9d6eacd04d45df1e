# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit has read, and simple questions about it. Pure functions."""

from __future__ import annotations

import datetime
import typing as t

from .._access.people import Directories, Directory
from .._access.resolve import Resolved
from .._edges.accounts import Rows, Single
from .._edges.assigned_users import AssignedUser, UserList
from .._edges.business import BusinessUser, KindListing
from .._graph.paging import Listing
from .._graph.values import by_id

Json = dict[str, t.Any]

SYSTEM_USER = "SYSTEM_USER"
# Meta documents the field and not its values: all others count as unknown.
_TWO_FACTOR_ON = frozenset({"ENABLED", "ON", "ACTIVE"})
_TWO_FACTOR_OFF = frozenset({"DISABLED", "OFF", "INACTIVE", "NOT_ENABLED"})


#: What was read of an account, with its owner, and the list or the call that had it.
Owner = tuple[Json, Listing]


class Beside(t.NamedTuple):
    """What was read beside users of accounts and people of businesses, by the id of the account or the business."""

    #: The token's own user; `None` where nothing was read beside.
    own_user: Single | None = None
    owners: t.Mapping[str, Owner] = {}
    apps: t.Mapping[str, Rows] = {}
    #: `None` where they were not asked for.
    activities: t.Mapping[str, Rows] | None = None
    #: The lists of the businesses' accounts.
    account_lists: t.Sequence[KindListing] = ()
    #: Whether people, invitations and accounts of the businesses were to be read.
    read_people: bool = True


class Evidence(t.NamedTuple):
    """What the rules look at."""

    accounts: t.Sequence[UserList]
    directories: Directories
    #: What `drift.compare` returns; `None` where no access is declared.
    drift: list[Json] | None
    #: The accounts whose access is declared, by id.
    declared: t.Mapping[str, Resolved]
    #: What `history.changes_since` returns; `None` where there is no baseline.
    changes: Json | None
    max_full_control: int
    #: Access that ends by then ends soon.
    soon: datetime.datetime
    beside: Beside


def users_of(account: UserList) -> dict[str, AssignedUser]:
    """Return the users by id, in the order of the ids; none where the account could not be read."""
    return {} if account.error else {user_id: account.users[user_id] for user_id in sorted(account.users, key=by_id)}


def is_of_another_business(account: UserList, user: AssignedUser) -> bool:
    """Whether a user is known to belong to another business than the account was read for."""
    business_id = (user.business or {}).get("id")
    return business_id is not None and business_id != account.account.business_id


def directory_of(user: AssignedUser, evidence: Evidence) -> Directory | None:
    """The users of the business that the user is reported to belong to, or else of the one that lists the user."""
    business_id = (user.business or {}).get("id")
    if business_id:
        return evidence.directories.get(business_id)
    return next((one for _id, one in sorted(evidence.directories.items()) if one.find(user.id)), None)


def is_admin(user: BusinessUser) -> bool:
    """Whether a user is an admin of the business, by the role that it reports."""
    return (user.role or "").upper() == "ADMIN"


def other_admins(evidence: Evidence) -> list[tuple[BusinessUser, Directory]]:
    """Return the admins of the businesses who hold no tasks, and can give themselves all of them."""
    assigned = {user_id for account in evidence.accounts for user_id in users_of(account)}
    return [
        (user, directory)
        for _id, directory in sorted(evidence.directories.items())
        for user in directory.users()
        if is_admin(user) and user.id not in assigned
    ]


def has_two_factor(user: AssignedUser | BusinessUser, directory: Directory | None) -> bool | None:
    """Whether a user has two-factor authentication; also true where it is not checked, as for system users."""
    person = directory.find(user.id) if directory else None
    if person is None or user.user_type == SYSTEM_USER:
        return True
    status = (person.two_fac_status or "").upper()
    return True if status in _TWO_FACTOR_ON else False if status in _TWO_FACTOR_OFF else None

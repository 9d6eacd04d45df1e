# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What an audit has read, and simple questions about it. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.people import Directories, Directory
from .._edges.accounts import ON_BEHALF_OF, OWNER, Activities, Apps, Invitations, Single, named
from .._edges.assigned_users import AssignedUser, UserList
from .._edges.business import KindListing
from .._graph.errors import GraphError
from .._graph.values import by_id

Json = dict[str, t.Any]

SYSTEM_USER = "SYSTEM_USER"
# Meta documents the field and not its values: all others count as unknown.
_TWO_FACTOR_ON = frozenset({"ENABLED", "ON", "ACTIVE"})
_TWO_FACTOR_OFF = frozenset({"DISABLED", "OFF", "INACTIVE", "NOT_ENABLED"})


class Owners(t.NamedTuple):
    """The owner of an account, and the business on whose behalf it was created; `None` where the API does not say."""

    owner: t.Mapping[str, str | None] | None = None
    on_behalf_of: t.Mapping[str, str | None] | None = None
    #: Why they could not be read.
    error: GraphError | None = None
    #: Those of both fields that the API does not know.
    unknown: t.AbstractSet[str] = frozenset()


class Beside(t.NamedTuple):
    """What was read beside the users of the accounts and the people of their businesses."""

    own_user: Single | None = None
    #: By the id of the account.
    owners: t.Mapping[str, Owners] = {}
    apps: t.Mapping[str, Apps] = {}
    #: `None` where they were not asked for.
    activities: t.Sequence[Activities] | None = None
    invitations: t.Sequence[Invitations] = ()
    #: The lists of the businesses' accounts.
    account_lists: t.Sequence[KindListing] = ()
    #: Whether the people, the invitations and the accounts of the businesses were to be read.
    read_people: bool = True


class Evidence(t.NamedTuple):
    """What the rules look at."""

    accounts: t.Sequence[UserList]
    directories: Directories
    #: What `drift.compare` returns; `None` where no access is declared.
    drift: list[Json] | None
    #: The ids of the accounts whose access is declared, each with its unresolved people.
    declared: t.Mapping[str, list[str]]
    #: What `history.changes_since` returns; `None` where there is no baseline.
    changes: Json | None
    max_full_control: int
    beside: Beside = Beside()


def owners_of(listings: t.Iterable[KindListing], nodes: t.Mapping[str, Single]) -> dict[str, Owners]:
    """Return the owners by the id of the account: as a business lists it, or as it was read alone."""
    listed = {one["id"]: (one, listing.unknown_fields) for listing in listings for one in listing.accounts}
    found = {key: _owners(raw, unknown) for key, (raw, unknown) in listed.items()}
    return found | {key: _owners(node.value, node.unknown_fields, node.error) for key, node in nodes.items()}


def _owners(raw: Json, unknown: t.AbstractSet[str], error: GraphError | None = None) -> Owners:
    return Owners(named(raw.get(OWNER)), named(raw.get(ON_BEHALF_OF)), error, unknown & {OWNER, ON_BEHALF_OF})


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
    return next((one for one in evidence.directories.values() if one.find(user.id)), None)


def has_two_factor(user: AssignedUser, directory: Directory | None) -> bool | None:
    """Whether a user has two-factor authentication; also true where it is not checked, as for system users."""
    person = directory.find(user.id) if directory else None
    if person is None or user.user_type == SYSTEM_USER:
        return True
    status = (person.two_fac_status or "").upper()
    return True if status in _TWO_FACTOR_ON else False if status in _TWO_FACTOR_OFF else None

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Read what a declaration is about: the accounts, the people of their businesses, and the assigned users."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import UserList, raise_general_error, read_users, user_lists
from .._edges.business import ACCOUNT_KINDS, KindListing, accounts_of, read_kinds
from .._graph.client import MAX_BATCH, GraphClient
from .declaration import Declaration, DeclaredAccount
from .people import Directory
from .plan import RefusedError
from .resolve import wanted_kinds


@dataclasses.dataclass
class Survey:
    """The accounts that a declaration names or a business lists, and who is in their businesses."""

    accounts: list[DeclaredAccount]
    #: Whether each account is owned by the business, or shared with it as a client's; empty where it was named.
    kinds: dict[str, list[str]]
    directories: dict[str, Directory]
    #: The business whose accounts these are, where they were not named.
    all_of: str | None
    lists: list[UserList] = dataclasses.field(default_factory=list)

    @property
    def unread(self) -> list[KindListing]:
        """The kinds of users that could not be listed."""
        return [listing for directory in self.directories.values() for listing in directory.listings if listing.error]

    @property
    def listed_people(self) -> bool:
        """Whether the people of the businesses were asked for."""
        return any(directory.listings for directory in self.directories.values())

    @property
    def warnings(self) -> list[str]:
        """What people should know of lists of people that could not be read, or are not whole."""
        return [
            f"The {listing.words} of business {listing.business_id} are missing. {listing.error}"
            if listing.error
            else f"Business {listing.business_id}: {' '.join(listing.warnings)}"
            for directory in self.directories.values()
            for listing in directory.listings
            if listing.error or listing.warnings
        ]


def survey(
    client: GraphClient, declaration: Declaration, *, kinds: t.Sequence[str] = (), batch_size: int = MAX_BATCH
) -> Survey:
    """List the accounts, where they are not named, and the people who are needed; `kinds` of them in any case.

    All of it shares round trips. Raises `GraphError` and `RefusedError` for accounts that cannot all be listed: those
    that are missing would be forgotten.
    """
    business_ids = _business_ids(declaration)
    directories = {business_id: Directory(business_id) for business_id in business_ids}
    found = Survey(list(declaration.accounts or ()), {}, directories, None)
    stand_ins = found.accounts or [DeclaredAccount("", "0", business_id) for business_id in business_ids]
    wanted = wanted_kinds(declaration, stand_ins, directories)
    people = [(one, kind) for one in business_ids for kind in dict.fromkeys((*kinds, *sorted(wanted.get(one, ()))))]
    accounts = [] if declaration.accounts is not None else list(declaration.account_kinds)
    listings = read_kinds(client, [*((business_ids[0], kind) for kind in accounts), *people], batch_size)
    for listing in listings[len(accounts) :]:
        directories[listing.business_id].add(listing)
    if declaration.accounts is None:
        found.all_of = business_ids[0]
        _discover(found, declaration, listings[: len(accounts)])
    list_people(client, found, wanted_kinds(declaration, found.accounts, directories), batch_size)
    found.lists = user_lists(one.account for one in found.accounts)
    return found


def list_people(
    client: GraphClient, found: Survey, wanted: t.Mapping[str, t.Collection[str]], batch_size: int = MAX_BATCH
) -> None:
    """List these kinds of people, by business, in a round trip a page."""
    pairs = [(business_id, kind) for business_id, kinds in wanted.items() for kind in sorted(kinds)]
    for listing in read_kinds(client, pairs, batch_size) if pairs else []:
        found.directories[listing.business_id].add(listing)


def read_all_users(client: GraphClient, found: Survey, batch_size: int = MAX_BATCH) -> None:
    """Read all users of all accounts. Raises `GraphError` for what concerns everything."""
    read_users(client, found.lists, batch_size=batch_size)
    raise_general_error(found.lists)


def _business_ids(declaration: Declaration) -> list[str]:
    if declaration.accounts is None:
        return [str(declaration.business_id)]
    return list(dict.fromkeys(account.business_id for account in declaration.accounts))


def _discover(found: Survey, declaration: Declaration, listings: t.Sequence[KindListing]) -> None:
    accounts = accounts_of(
        listings,
        "Or leave {kind} out of account_kinds, if these accounts are not meant, or name the accounts.",
    )
    business_id = str(declaration.business_id)
    for listing in listings:
        if listing.warnings:
            raise RefusedError(
                f"Not all {listing.words} of business {business_id} are known. {' '.join(listing.warnings)}"
                " Name the accounts instead."
            )
    if not accounts:
        kinds = " or ".join(ACCOUNT_KINDS[kind].words for kind in declaration.account_kinds)
        raise RefusedError(f"Business {business_id} lists no {kinds}: check business_id, or name the accounts.")
    found.kinds = {account["id"]: account["kinds"] for account in accounts}
    found.accounts = [
        DeclaredAccount(f"account {one['id']}", one["id"], business_id, one["name"], rules=declaration.rules)
        for one in accounts
    ]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the accounts of a declaration, their users, and the people of their businesses."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import UserList, raise_general_error, user_lists
from .._edges.business import ACCOUNT_KINDS, KindListing, accounts_of, read_kinds
from .._graph.client import MAX_BATCH, GraphClient
from .._graph.paging import Listing, read
from .declaration import Declaration, DeclaredAccount
from .people import Directory
from .plan import RefusedError
from .resolve import wanted_kinds


@dataclasses.dataclass
class Survey:
    """The accounts that a declaration names or a business lists, and the people of their businesses."""

    accounts: list[DeclaredAccount]
    directories: dict[str, Directory]
    #: The business that lists the accounts; `None` where they are named.
    all_of: str | None = None
    #: The `account_kinds` of each account that a business lists, by its id.
    kinds: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    lists: list[UserList] = dataclasses.field(default_factory=list)
    account_lists: list[KindListing] = dataclasses.field(default_factory=list)

    @property
    def listings(self) -> list[KindListing]:
        return [listing for directory in self.directories.values() for listing in directory.listings]

    @property
    def warnings(self) -> list[str]:
        """A warning for each list of people that could not be read or is not whole."""
        return [
            f"The {listing.words} of business {listing.business_id} are missing. {listing.error}"
            if listing.error
            else f"Business {listing.business_id}: {' '.join(listing.warnings)}"
            for listing in self.listings
            if listing.error or listing.warnings
        ]


def survey(
    client: GraphClient,
    declaration: Declaration,
    *,
    kinds: t.Sequence[str] = (),
    account_kinds: t.Sequence[str] = (),
    batch_size: int = MAX_BATCH,
    beside: t.Sequence[Listing] = (),
) -> Survey:
    """List the accounts, unless they are named, and the people to look up; people of `kinds` in any case.

    Accounts of `account_kinds` are listed in any case, and may be refused. Accounts, people and what is `beside` them
    share round trips. Raises `GraphError` and `RefusedError` where not all accounts can be listed.
    """
    business_id = str(declaration.business_id)
    # Until the accounts are listed, one without entries of its own takes their place.
    accounts = declaration.accounts or [DeclaredAccount("0", business_id)]
    directories = {account.business_id: Directory(account.business_id) for account in accounts}
    wanted = wanted_kinds(declaration, accounts, directories)
    people = [(one, kind) for one in directories for kind in dict.fromkeys((*kinds, *sorted(wanted.get(one, ()))))]
    needed = [] if declaration.accounts else [(business_id, kind) for kind in declaration.account_kinds]
    lists = list(dict.fromkeys([*needed, *((one, kind) for one in directories for kind in account_kinds)]))
    listings = read_kinds(client, [*lists, *people], batch_size, beside)
    raise_general_error(listings)
    for listing in listings[len(lists) :]:
        directories[listing.business_id].add(listing)
    found = Survey(list(declaration.accounts or ()), directories, account_lists=listings[: len(lists)])
    if declaration.accounts is None:
        found.all_of = business_id
        _add_accounts(found, declaration, listings[: len(needed)])
    list_people(client, found, wanted_kinds(declaration, found.accounts, directories), batch_size)
    found.lists = user_lists(found.accounts)
    return found


def list_people(
    client: GraphClient, found: Survey, wanted: t.Mapping[str, t.Collection[str]], batch_size: int = MAX_BATCH
) -> None:
    """List these kinds of people, given by business. All businesses share round trips."""
    pairs = [(business_id, kind) for business_id, kinds in wanted.items() for kind in sorted(kinds)]
    for listing in read_kinds(client, pairs, batch_size):
        found.directories[listing.business_id].add(listing)


def read_all_users(
    client: GraphClient, found: Survey, batch_size: int = MAX_BATCH, beside: t.Sequence[Listing] = ()
) -> None:
    """Read all users of all accounts, and what is `beside` them, in shared round trips.

    Raises `GraphError` for an error that concerns all calls.
    """
    read(client, [*found.lists, *beside], batch_size=batch_size)
    raise_general_error(found.lists)


def without_entries(declaration: Declaration) -> Declaration:
    """Return the declaration with its accounts alone, so that no declared people are looked up."""
    accounts = declaration.accounts
    if accounts is not None:
        accounts = tuple(dataclasses.replace(one, entries=(), keep=()) for one in accounts)
    return dataclasses.replace(declaration, accounts=accounts, everywhere=())


def _add_accounts(found: Survey, declaration: Declaration, listings: t.Sequence[KindListing]) -> None:
    accounts = accounts_of(listings, "Or leave {kind} out of account_kinds, or name the accounts.")
    business_id = str(found.all_of)
    for listing in listings:
        if listing.warnings:
            raise RefusedError(
                f"Could not list all {listing.words} of business {business_id}. {' '.join(listing.warnings)}"
                " Name the accounts instead."
            )
    if not accounts:
        kinds = " or ".join(ACCOUNT_KINDS[kind].words for kind in declaration.account_kinds)
        raise RefusedError(f"Business {business_id} lists no {kinds}: check business_id, or name the accounts.")
    found.kinds = {account["id"]: account["kinds"] for account in accounts}
    found.accounts = [
        DeclaredAccount(one["id"], business_id, one["name"], f"account {one['id']}", rules=declaration.rules)
        for one in accounts
    ]

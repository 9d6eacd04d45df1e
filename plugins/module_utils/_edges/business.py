# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The edges of a business: its people, system users and invitations, and its WhatsApp Business Accounts.

Source: <https://developers.facebook.com/docs/marketing-api/reference/business/>. They need the permission
`business_management` besides, so they can be refused where the users of an account can be read.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from .._graph.client import MAX_BATCH, GraphClient
from .._graph.errors import GraphError, MalformedAnswerError, NotFoundError, PermissionDeniedError
from .._graph.fields import KnownFields
from .._graph.paging import Edge, Listing, read
from .._graph.values import by_id, hidden, object_id, text_or_none

#: Entries a page: the most that the API gives.
PAGE_LIMIT = 100
_RIGHT = (
    "Check business_id, and that the access token has the permission business_management beside"
    " whatsapp_business_management and belongs to an admin system user of this business:"
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of entry that a business lists: where, with which fields, and what results call it."""

    edge: str
    fields: tuple[str, ...]
    words: str
    #: What a refused listing means, and what works without it.
    remedy: str
    #: The type of the users that it lists; `None` for accounts.
    user_type: str | None = None


_PEOPLE_REMEDY = f"{_RIGHT} listing the people of a business is a right of its own. Ids of people work without it."
_ACCOUNTS_REMEDY = f"{_RIGHT} listing the accounts of a business is a right of its own."
_PEOPLE_FIELDS = ("id", "name", "email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal")
#: What is asked of an account: all that Meta documents which is one value, or names one business.
ACCOUNT_FIELDS = (
    "id",
    "name",
    "status",
    "account_review_status",
    "business_verification_status",
    "ownership_type",
    "country",
    "currency",
    "timezone_id",
    "message_template_namespace",
    "purchase_order_number",
    "is_enabled_for_insights",
    "on_behalf_of_business_info",
    "owner_business_info",
)
PEOPLE_KINDS = {
    "business_user": Kind("business_users", _PEOPLE_FIELDS, "people", _PEOPLE_REMEDY, "BUSINESS_USER"),
    "system_user": Kind("system_users", ("id", "name", "role"), "system users", _PEOPLE_REMEDY, "SYSTEM_USER"),
    "pending_user": Kind("pending_users", ("id", "email", "role"), "invitations", _PEOPLE_REMEDY, "PENDING_USER"),
}
#: Where a business lists the users of a type that accounts report. A personal user is in no business.
KIND_OF_USER_TYPE = {"BUSINESS_USER": "business_user", "SYSTEM_USER": "system_user"}
#: The kinds of users; an invitation is none yet.
PEOPLE = tuple(KIND_OF_USER_TYPE.values())
#: By what an account is to the business.
ACCOUNT_KINDS = {
    "owned": Kind("owned_whatsapp_business_accounts", ACCOUNT_FIELDS, "owned accounts", _ACCOUNTS_REMEDY),
    "client": Kind("client_whatsapp_business_accounts", ACCOUNT_FIELDS, "client accounts", _ACCOUNTS_REMEDY),
}
KINDS = {**PEOPLE_KINDS, **ACCOUNT_KINDS}


@dataclasses.dataclass(frozen=True)
class BusinessUser:
    """A user of a business. Whatever the API does not report, or does not report of this kind, is `None`."""

    id: str
    user_type: str
    name: str | None = None
    email: str | None = None
    pending_email: str | None = None
    role: str | None = None
    title: str | None = None
    two_fac_status: str | None = None
    marked_for_removal: bool | None = None

    def as_result(self) -> dict[str, t.Any]:
        """The user as a task returns it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class KindListing:
    """The entries of one kind as they were read, or what went wrong."""

    business_id: str
    kind: str
    users: tuple[BusinessUser, ...] = ()
    #: Every field of each account; `None` for what the API does not report.
    accounts: tuple[dict[str, t.Any], ...] = ()
    #: How many there are; `None` where that is not known.
    total_count: int | None = None
    unknown_fields: frozenset[str] = frozenset()
    error: GraphError | None = None

    @property
    def words(self) -> str:
        """What the entries are called."""
        return KINDS[self.kind].words

    @property
    def warnings(self) -> list[str]:
        """What people should know of a list that is not whole."""
        return hidden(self.total_count, len(self.users) + len(self.accounts), self.words)

    @property
    def is_whole(self) -> bool:
        """Whether it was read, and the API counts no more entries than it lists."""
        return self.error is None and not self.warnings


def read_kinds(
    client: GraphClient, wanted: t.Sequence[tuple[str, str]], batch_size: int = MAX_BATCH
) -> list[KindListing]:
    """List these kinds of these businesses, whole, all of them in one round trip a page.

    `wanted` has pairs of a business's id and a key of `KINDS`. What goes wrong is in the listings.
    """
    known: dict[str, KnownFields] = {}
    listings = []
    for business_id, kind in wanted:
        # Edges that list the same kind of object know the same fields.
        fields = known.setdefault("accounts" if kind in ACCOUNT_KINDS else kind, KnownFields())
        params = {"limit": str(PAGE_LIMIT), "summary": "total_count"}
        listings.append(Listing(Edge(f"{business_id}/{KINDS[kind].edge}", KINDS[kind].fields, fields, params)))
    read(client, listings, batch_size=batch_size)
    return [_kind_listing(*pair, listing) for pair, listing in zip(wanted, listings)]


def accounts_of(listings: t.Sequence[KindListing], otherwise: str) -> list[dict[str, t.Any]]:
    """The accounts that were listed, in the order of their ids, each once and with its `kinds`.

    Raises `GraphError` where a kind could not be read: people who leave would keep their access to accounts that are
    missing, and the run would be green. `otherwise` says what to do without the kind, where another was asked for.
    """
    for listing in listings:
        if listing.error:
            if isinstance(listing.error, (PermissionDeniedError, NotFoundError)) and len(listings) > 1:
                listing.error.remedy = f"{listing.error.remedy} {otherwise.format(kind=listing.kind)}"
            raise listing.error
    accounts: dict[str, dict[str, t.Any]] = {}
    for listing in listings:
        for account in listing.accounts:
            accounts.setdefault(account["id"], {**account, "kinds": []})["kinds"].append(listing.kind)
    return sorted(accounts.values(), key=lambda account: by_id(account["id"]))


def _kind_listing(business_id: str, kind: str, listing: Listing) -> KindListing:
    unknown = frozenset(listing.edge.known.unknown)
    try:
        if listing.error:
            raise listing.error
        counts = [page.total_count for page in listing.pages if page.total_count is not None]
        entries = [raw for page in listing.pages for raw in page.data]
        if kind in ACCOUNT_KINDS:
            accounts = {account["id"]: account for account in map(_account, entries)}
            count = counts[-1] if counts else len(accounts)
            return KindListing(business_id, kind, (), tuple(accounts.values()), count, unknown)
        users = {user.id: user for user in (_user(kind, raw) for raw in entries)}
        count = counts[-1] if counts else len(users)
        return KindListing(business_id, kind, tuple(users.values()), (), count, unknown)
    except GraphError as problem:
        error = copy.copy(problem)  # what concerns everything is one error
        error.doing = f"list the {KINDS[kind].words} of business {business_id}"
        if isinstance(error, (PermissionDeniedError, NotFoundError)):
            error.remedy = KINDS[kind].remedy
        return KindListing(business_id, kind, unknown_fields=unknown, error=error)


def _user(kind: str, raw: t.Any) -> BusinessUser:
    user_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if user_id is None:
        raise MalformedAnswerError("the list holds a user without a valid id")
    about = PEOPLE_KINDS[kind]
    marked = raw.get("marked_for_removal") if "marked_for_removal" in about.fields else None
    texts = [field for field in about.fields if field not in ("id", "marked_for_removal")]
    return BusinessUser(
        id=user_id,
        user_type=str(about.user_type),
        marked_for_removal=marked if isinstance(marked, bool) else None,
        **{field: text_or_none(raw.get(field)) for field in texts},
    )


def _account(raw: t.Any) -> dict[str, t.Any]:
    account_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if account_id is None:
        raise MalformedAnswerError("the list holds an account without a valid id")
    return {field: _value(raw.get(field)) for field in ACCOUNT_FIELDS} | {"id": account_id}


def _value(raw: t.Any) -> t.Any:
    """A field of an account: a text, a flag, or the id and name of a business; numbers, which ids are, as text."""
    if isinstance(raw, dict):
        return {"id": object_id(raw.get("id")), "name": text_or_none(raw.get("name"))}
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    return raw if isinstance(raw, bool) else text_or_none(raw)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The edges of a business: its people, machine users and invitations, and its accounts.

Source: <https://developers.facebook.com/docs/marketing-api/reference/business/>. They need the permission
`business_management` besides, so they can be refused where an account's people can be read.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from .._graph.client import GraphClient, Page, object_id, text_or_none
from .._graph.errors import GraphError, MalformedAnswerError, NotFoundError, PermissionDeniedError
from .._graph.fields import Edge, KnownFields, read_lists

#: Entries a page: the most that the API gives.
PAGE_LIMIT = 100
_RIGHT = (
    "Check business_id, and that the access token has the permission business_management beside"
    " whatsapp_business_management and belongs to an admin system user of this business:"
)
REMEDY = f"{_RIGHT} who is in a business is a right of its own. Ids of people work without it."
ACCOUNTS_REMEDY = f"{_RIGHT} which accounts a business has is a right of its own."


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of people: where a business lists them, what is known of them, and how results call it."""

    edge: str
    fields: tuple[str, ...]
    user_type: str
    words: str


KINDS = {
    "business_user": Kind(
        "business_users",
        ("id", "name", "email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal"),
        "BUSINESS_USER",
        "people",
    ),
    "system_user": Kind("system_users", ("id", "name", "role"), "SYSTEM_USER", "system users"),
    "pending_user": Kind("pending_users", ("id", "email", "role"), "PENDING_USER", "invitations"),
}

_TEXTS = ("name", "email", "pending_email", "role", "title", "two_fac_status")


@dataclasses.dataclass(frozen=True)
class BusinessUser:
    """Somebody in a business. Whatever the API did not tell, or does not tell of this kind, is `None`."""

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
        """The person as a task returns them."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class KindListing:
    """The people of one kind as they were read, or what was wrong."""

    kind: str
    users: list[BusinessUser]
    #: How many there are; `None` where that is not known.
    total_count: int | None
    unknown_fields: frozenset[str]
    error: GraphError | None = None


def read_people(client: GraphClient, business_id: str, kinds: t.Iterable[str]) -> list[KindListing]:
    """List the people of these kinds, whole, all kinds in one round trip a page."""
    wanted = [kind for kind in KINDS if kind in kinds]
    edges = [_edge(f"{business_id}/{KINDS[kind].edge}", KINDS[kind].fields, KnownFields()) for kind in wanted]
    return [
        _listing(kind, business_id, edge.known, result)
        for kind, edge, result in zip(wanted, edges, read_lists(client, edges))
    ]


def _edge(path: str, fields: tuple[str, ...], known: KnownFields) -> Edge:
    return Edge(path, fields, known, {"limit": str(PAGE_LIMIT), "summary": "total_count"})


def _count(pages: list[Page], listed: int) -> int:
    counted = [page.total_count for page in pages if page.total_count is not None]
    return counted[-1] if counted else listed


def _listing(kind: str, business_id: str, known: KnownFields, result: list[Page] | GraphError) -> KindListing:
    unknown = frozenset(known.unknown)
    try:
        if isinstance(result, GraphError):
            raise copy.copy(result)  # what concerns all kinds is one error
        users = {user.id: user for page in result for user in (_user(kind, raw) for raw in page.data)}
        return KindListing(kind, list(users.values()), _count(result, len(users)), unknown)
    except GraphError as error:
        error.doing = f"list the {KINDS[kind].words} of business {business_id}"
        if isinstance(error, (PermissionDeniedError, NotFoundError)):
            error.remedy = REMEDY
        return KindListing(kind, [], None, unknown, error)


def _user(kind: str, raw: t.Any) -> BusinessUser:
    user_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if user_id is None:
        raise MalformedAnswerError("the list holds somebody without a valid id")
    marked = raw.get("marked_for_removal")
    return BusinessUser(
        id=user_id,
        user_type=KINDS[kind].user_type,
        marked_for_removal=marked if isinstance(marked, bool) else None,
        **{field: text_or_none(raw.get(field)) for field in KINDS[kind].fields if field in _TEXTS},
    )


#: Where a business lists its accounts, by what it is to them.
ACCOUNT_EDGES = {"owned": "owned_whatsapp_business_accounts", "client": "client_whatsapp_business_accounts"}
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


@dataclasses.dataclass(frozen=True)
class AccountListing:
    """The accounts of one kind as they were read, or what was wrong."""

    kind: str
    #: Every field of each account; `None` for what the API did not tell.
    accounts: list[dict[str, t.Any]]
    #: How many there are; `None` where that is not known.
    total_count: int | None
    unknown_fields: frozenset[str]
    error: GraphError | None = None


def read_accounts(client: GraphClient, business_id: str, kinds: t.Iterable[str]) -> list[AccountListing]:
    """List the accounts of these kinds, whole, all kinds in one round trip a page."""
    wanted = [kind for kind in ACCOUNT_EDGES if kind in kinds]
    known = KnownFields()  # both edges list the same kind of object
    edges = [_edge(f"{business_id}/{ACCOUNT_EDGES[kind]}", ACCOUNT_FIELDS, known) for kind in wanted]
    return [
        _account_listing(kind, business_id, known, result) for kind, result in zip(wanted, read_lists(client, edges))
    ]


def _account_listing(
    kind: str, business_id: str, known: KnownFields, result: list[Page] | GraphError
) -> AccountListing:
    unknown = frozenset(known.unknown)
    try:
        if isinstance(result, GraphError):
            raise copy.copy(result)
        accounts = {account["id"]: account for page in result for account in map(_account, page.data)}
        return AccountListing(kind, list(accounts.values()), _count(result, len(accounts)), unknown)
    except GraphError as error:
        error.doing = f"list the {kind} accounts of business {business_id}"
        if isinstance(error, (PermissionDeniedError, NotFoundError)):
            error.remedy = ACCOUNTS_REMEDY
        return AccountListing(kind, [], None, unknown, error)


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

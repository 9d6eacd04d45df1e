# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edges of a business: its people, system users and invitations, and its WhatsApp Business Accounts.

They need the permission `business_management`, which reading the users of an account does not.
Source: <https://developers.facebook.com/docs/marketing-api/reference/business/>.
"""

from __future__ import annotations

import copy
import dataclasses
import re
import typing as t

from .._graph.client import MAX_BATCH, GraphClient, Operation
from .._graph.errors import GraphError, MalformedAnswerError, NotFoundError, PermissionDeniedError
from .._graph.paging import PAGE_LIMIT, Edge, KnownFields, Listing, Page, get_each, read
from .._graph.values import by_id, dict_or_empty, label, object_id, text_or_none

_REMEDY = (
    "Check business_id, and that the access token has the permission business_management beside"
    " whatsapp_business_management and belongs to an admin system user of this business."
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of entry that a business lists."""

    edge: str
    fields: tuple[str, ...]
    #: What messages call the entries.
    words: str


_PEOPLE_FIELDS = ("id", "name", "email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal")
_OWNERS = ("owner_business_info", "on_behalf_of_business_info")
_STATUSES = ("status", "account_review_status", "business_verification_status", "ownership_type")
_TERMS = ("country", "currency", "timezone_id", "message_template_namespace", "purchase_order_number")
#: All documented fields of an account that are a single value, or a business.
ACCOUNT_FIELDS = ("id", "name", *_STATUSES, *_TERMS, "is_enabled_for_insights", *_OWNERS)
PEOPLE_KINDS = {
    "business_user": Kind("business_users", _PEOPLE_FIELDS, "people"),
    "system_user": Kind("system_users", ("id", "name", "role"), "system users"),
    "pending_user": Kind(
        "pending_users", ("id", "email", "role", "status", "expiration_time", "created_by"), "invitations"
    ),
}
#: The list of a business that has the users of a type. A personal user is in no business.
KIND_OF_USER_TYPE = {"BUSINESS_USER": "business_user", "SYSTEM_USER": "system_user"}
#: The kinds of users. An invitation is no user.
PEOPLE = tuple(KIND_OF_USER_TYPE.values())
#: Lists of accounts, by the relation of the business to them.
ACCOUNT_KINDS = {
    "owned": Kind("owned_whatsapp_business_accounts", ACCOUNT_FIELDS, "owned accounts"),
    "client": Kind("client_whatsapp_business_accounts", ACCOUNT_FIELDS, "client accounts"),
}
KINDS = {**PEOPLE_KINDS, **ACCOUNT_KINDS}
ACCOUNT_TYPE = "WhatsAppBusinessAccount"


@dataclasses.dataclass(frozen=True)
class BusinessUser:
    """A user of a business. What the API does not report is `None`."""

    id: str
    user_type: str
    name: str | None = None
    email: str | None = None
    pending_email: str | None = None
    role: str | None = None
    title: str | None = None
    two_fac_status: str | None = None
    marked_for_removal: bool | None = None


class KindListing(Listing):
    """The entries of one kind of a business, as far as they were read."""

    def __init__(self, business_id: str, kind: str, known: KnownFields) -> None:
        params = {"limit": str(PAGE_LIMIT), "summary": "total_count"}
        super().__init__(Edge(f"{business_id}/{KINDS[kind].edge}", KINDS[kind].fields, known, params))
        self.business_id = business_id
        self.kind = kind
        self.words = KINDS[kind].words
        self._users: dict[str, BusinessUser] = {}
        self._accounts: dict[str, dict[str, t.Any]] = {}

    @property
    def users(self) -> t.Collection[BusinessUser]:
        """The users; none where they could not all be read."""
        return () if self.error else self._users.values()

    @property
    def accounts(self) -> t.Collection[dict[str, t.Any]]:
        """The accounts with every field; none where they could not all be read."""
        return () if self.error else self._accounts.values()

    @property
    def listed(self) -> int:
        return len(self._users) + len(self._accounts)

    def add(self, page: Page) -> None:
        super().add(page)
        if self.kind in ACCOUNT_KINDS:
            self._accounts.update({account["id"]: account for account in map(_account, page.data)})
        else:
            self._users.update({user.id: user for user in (_user(self.kind, raw) for raw in page.data)})

    def fail(self, error: GraphError) -> None:
        self.error = copy.copy(error)
        self.error.doing = f"list the {self.words} of business {self.business_id}"
        if isinstance(error, (PermissionDeniedError, NotFoundError)):
            self.error.remedy = _REMEDY if self.kind in ACCOUNT_KINDS else f"{_REMEDY} Ids of people work without it."


def read_kinds(
    client: GraphClient,
    wanted: t.Sequence[tuple[str, str]],
    batch_size: int = MAX_BATCH,
    beside: t.Sequence[Listing] = (),
) -> list[KindListing]:
    """List kinds of entries of businesses, and read what is `beside` them, all in a round trip a page.

    `wanted` has pairs of a business's id and a key of `KINDS`. Errors are in the listings.
    """
    known: dict[str, KnownFields] = {}
    listings = []
    for business_id, kind in wanted:
        # Edges with the same kind of object have the same fields.
        fields = known.setdefault("accounts" if kind in ACCOUNT_KINDS else kind, KnownFields())
        listings.append(KindListing(business_id, kind, fields))
    read(client, [*listings, *beside], batch_size=batch_size)
    return listings


def accounts_of(listings: t.Sequence[KindListing], otherwise: str) -> list[dict[str, t.Any]]:
    """Return the accounts of all listings in the order of their ids, each once and with its `kinds`.

    Raises the `GraphError` of a kind that could not be read, so that accounts are never left out silently. `otherwise`
    completes its remedy where there are several kinds: how to leave out `{kind}`.
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


@dataclasses.dataclass(frozen=True)
class Node:
    """The object with an id, read as an account."""

    #: `WhatsAppBusinessAccount`, `Business` and so on; `None` where the API does not say.
    type: str | None
    label: str
    #: The labels of the businesses that own an account, or for which it was created, by id.
    owners: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    error: GraphError | None = None


def read_nodes(client: GraphClient, ids: t.Iterable[str | None], batch_size: int = MAX_BATCH) -> dict[str, Node]:
    """Read up to `MAX_BATCH` objects as accounts, by id. Errors are in the nodes."""
    wanted = [one for one in dict.fromkeys(ids) if one][:MAX_BATCH]
    calls = [Operation("GET", one, {"fields": ",".join(("id", "name", *_OWNERS))}) for one in wanted]
    parts = [calls[start : start + batch_size] for start in range(0, len(calls), batch_size)]
    return dict(zip(wanted, map(_node, wanted, [answer for part in parts for answer in get_each(client, part)])))


def _node(node_id: str, answer: dict[str, t.Any] | GraphError) -> Node:
    if isinstance(answer, GraphError):
        # Accounts have the fields that this object is refused for.
        named = re.search(r"node type \((\w+)\)", answer.message)
        other = "unknown" if KnownFields.is_refusal(answer) else None
        return Node(named[1] if named else other, node_id, error=answer)
    owners = {object_id(owner.get("id")): owner for owner in (dict_or_empty(answer.get(field)) for field in _OWNERS)}
    labels = {key: label(key, text_or_none(owner.get("name"))) for key, owner in owners.items() if key}
    return Node(ACCOUNT_TYPE, label(node_id, text_or_none(answer.get("name"))), labels)


def accounts_of_user(client: GraphClient, user_id: str) -> list[str | None]:
    """Return the ids of a user's accounts, as far as the API lists them: for admins it can list none."""
    listing = Listing(Edge(f"{user_id}/assigned_whatsapp_business_accounts", ("id",), KnownFields()))
    read(client, [listing])
    return [object_id(dict_or_empty(account).get("id")) for page in listing.pages for account in page.data]


def _user(kind: str, raw: t.Any) -> BusinessUser:
    user_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if user_id is None:
        raise MalformedAnswerError("the list holds a user without a valid id")
    # An invitation has further fields: they are of no user.
    fields = [field for field in PEOPLE_KINDS[kind].fields if field in _PEOPLE_FIELDS]
    texts = {field: text_or_none(raw.get(field)) for field in fields if field not in ("id", "marked_for_removal")}
    marked = raw.get("marked_for_removal") if "marked_for_removal" in fields else None
    return BusinessUser(user_id, kind.upper(), marked_for_removal=marked if isinstance(marked, bool) else None, **texts)


def _account(raw: t.Any) -> dict[str, t.Any]:
    account_id = object_id(raw.get("id")) if isinstance(raw, dict) else None
    if account_id is None:
        raise MalformedAnswerError("the list holds an account without a valid id")
    return {field: _value(raw.get(field)) for field in ACCOUNT_FIELDS} | {"id": account_id}


def _value(raw: t.Any) -> t.Any:
    """Return a field of an account: a text, a boolean, or id and name of a business. Numbers become texts."""
    if isinstance(raw, dict):
        return {"id": object_id(raw.get("id")), "name": text_or_none(raw.get("name"))}
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    return raw if isinstance(raw, bool) else text_or_none(raw)

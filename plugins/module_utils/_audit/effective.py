# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can act on accounts, and by which way: more than the assigned users. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.people import Directories
from .._edges.accounts import ON_BEHALF_OF, OWNER, activity, invitations, named
from .._edges.assigned_users import UserList
from .._graph.values import by_id
from .facts import SYSTEM_USER, Beside, Json, Owner, is_admin, users_of

ASSIGNED, ADMIN, ADMIN_SYSTEM_USER = "assigned", "admin", "admin-system-user"


def people(accounts: t.Sequence[UserList], directories: Directories, *, emails: bool) -> list[Json]:
    """Return all people who can act on one of the accounts, by id, with the ways and the accounts of each way.

    An admin system user acts on every account of the business by default; a person who is an admin can be given each of
    them, also by themselves.
    """
    found: dict[str, Json] = {}
    for account in accounts:
        for user in users_of(account).values():
            business_id = (user.business or {}).get("id")
            person = found.setdefault(user.id, _person(user.id, user.name, user.user_type, business_id))
            person["ways"].setdefault(ASSIGNED, []).append(account.account.waba_id)
    for business_id, directory in sorted(directories.items()):
        theirs = [one.account.waba_id for one in accounts if one.account.business_id == business_id]
        for listed in directory.users():
            if listed.id not in found and not is_admin(listed):
                continue
            person = found.setdefault(listed.id, _person(listed.id, listed.name, listed.user_type, business_id))
            person |= {"role": listed.role, "email": listed.email, "business_id": person["business_id"] or business_id}
            if is_admin(listed):
                person["ways"][ADMIN_SYSTEM_USER if listed.user_type == SYSTEM_USER else ADMIN] = theirs
    for person in found.values():
        person["ways"] = [{"way": way, "waba_ids": waba_ids} for way, waba_ids in person["ways"].items()]
        if not emails:
            del person["email"]
    return sorted(found.values(), key=lambda person: by_id(person["user_id"]))


def businesses(accounts: t.Sequence[UserList], directories: Directories, owners: t.Iterable[Owner]) -> list[Json]:
    """Return the businesses for which accounts and people were read, with the name that an answer had for them."""
    ids = {one.account.business_id for one in accounts} | directories.keys()
    seen: list[t.Mapping[str, str | None] | None]
    seen = [user.business for account in accounts for user in users_of(account).values()]
    seen += [named(raw.get(field)) for raw, _listing in owners for field in (OWNER, ON_BEHALF_OF)]
    names = {one.get("id"): one["name"] for one in seen if one and one.get("name")}
    return [{"id": business_id, "name": names.get(business_id)} for business_id in sorted(ids, key=by_id)]


def beside_accounts(beside: Beside, directories: Directories, *, emails: bool) -> Json:
    """Return the token's user, the invitations and the activities, in the order of the API."""
    hidden = () if emails else ("email",)
    done = [(key, activity(raw)) for key, listing in (beside.activities or {}).items() for raw in listing.rows]
    return {
        "token_user": next(map(named, beside.own_user.rows if beside.own_user else ()), None),
        "invitations": [
            {"business_id": business_id, **{field: text for field, text in one.items() if field not in hidden}}
            for business_id, directory in sorted(directories.items())
            for listing in directory.listings
            for one in (invitations(listing) if listing.kind == "pending_user" else ())
        ],
        "activities": None if beside.activities is None else [{"waba_id": key, **one} for key, one in done if one],
    }


def _person(user_id: str, name: str | None, user_type: str | None, business_id: str | None) -> Json:
    known = {"user_id": user_id, "name": name, "user_type": user_type, "business_id": business_id}
    return {**known, "role": None, "email": None, "ways": {}}

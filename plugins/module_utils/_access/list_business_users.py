# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_business_users_info`: read and filter the people of a business."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.business import PEOPLE_KINDS, BusinessUser, KindListing, read_kinds
from .._graph.client import GraphClient
from .._graph.errors import concerns_all
from .._options import OptionError
from .names import fold

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def list_business_users(params: Params, client: GraphClient) -> Json:
    """Return the people of a business as a task of `waba_business_users_info` returns them.

    A kind that cannot be read is in `unread`. Raises `GraphError` where no kind was read or an error concerns all
    calls, and `OptionError` for an invalid value that Ansible accepts, or a filter by a field that the API does not
    report.
    """
    _check(params)
    business_id = params["business_id"]
    listings = read_kinds(client, [(business_id, kind) for kind in PEOPLE_KINDS if kind in params["kinds"]])
    errors = [listing.error for listing in listings if listing.error]
    for error in errors:
        if len(errors) == len(listings) or concerns_all(error):
            raise error
    return {
        "changed": False,
        "business_id": business_id,
        "business_users": [dataclasses.asdict(user) for listing in listings for user in _chosen(listing, params)],
        "total_count": None if errors else sum(listing.count for listing in listings),
        "unread": [
            {"kind": listing.kind, "msg": str(listing.error), "graph_error": listing.error.as_result()}
            for listing in listings
            if listing.error
        ],
        "warnings": [warning for listing in listings for warning in _warnings(listing)],
    }


def _check(params: Params) -> None:
    for option in ("kinds", "emails", "names", "roles"):
        values = params[option]
        if values is not None and not values:
            raise OptionError(f"{option} is an empty list: leave it out for all of them.")
        if any(not value.strip() for value in values or ()):
            raise OptionError(f"{option} has an empty entry: remove it.")
    for place, email in enumerate(params["emails"] or ()):
        if "@" not in email:
            raise OptionError(f"emails[{place}] must be an e-mail address; got {email!r}. Use names for names.")


def _chosen(listing: KindListing, params: Params) -> list[BusinessUser]:
    users = list(listing.users)
    for option, field in (("emails", "email"), ("names", "name"), ("roles", "role")):
        wanted = params[option]
        if wanted is None:
            continue
        is_reported = any(getattr(user, field) for user in listing.users)
        if listing.users and field in PEOPLE_KINDS[listing.kind].fields and not is_reported:
            raise OptionError(
                f"{option} cannot be used to select people here: the API does not report the {field} of any of the"
                f" {listing.words}. Leave {option} out."
            )
        values = {fold(value) for value in wanted}
        users = [user for user in users if fold(getattr(user, field) or "") in values]
    return users


def _warnings(listing: KindListing) -> list[str]:
    if listing.error:
        return [f"The {listing.words} are missing from the result. {listing.error}"]
    unknown = [
        f"The API does not know the field {field} of {listing.words}: it is null for all of them."
        for field in sorted(listing.unknown_fields)
    ]
    return [*unknown, *listing.warnings]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_assigned_users_info` and `waba_business_users_info`: read users, and select some of them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import Account, AssignedUser, UserList, raise_general_error, user_lists, users_of
from .._edges.business import PEOPLE_KINDS, BusinessUser, KindListing, read_kinds
from .._edges.tasks import FULL_CONTROL, has_full_control
from .._graph.client import GraphClient
from .._graph.errors import MalformedAnswerError, concerns_all
from .._graph.paging import PAGE_LIMIT, read
from .._graph.values import hidden
from .._options import OptionError, check_between, check_different_ids, check_id
from .names import fold

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def list_assigned_users(params: Params, client: GraphClient) -> Json:
    """Return the users of one account, or of several, as a task of `waba_assigned_users_info` returns them."""
    check_between("limit", params["limit"], 1, PAGE_LIMIT, "users a page")
    _check_no_empty_list(params, ("fields", "user_ids", "user_types", "tasks"))
    for option in ("after", "before"):
        if params[option] == "":
            raise OptionError(f"{option} is empty: give a cursor that an earlier call returned, or leave it out.")
    for user_id in params["user_ids"] or ():
        check_id("user_ids", user_id)
    if params["waba_ids"] is not None:
        return _list_accounts(params, client)
    check_different_ids(check_id("waba_id", params["waba_id"]), params["business_id"])
    return _list_account(params, client)


def _check_no_empty_list(params: Params, options: t.Iterable[str]) -> None:
    for option in options:
        if params[option] is not None and not params[option]:
            raise OptionError(f"{option} is an empty list: leave it out for all of them.")


def _list_account(params: Params, client: GraphClient) -> Json:
    """Read the pages that the options ask for: one, or all, or up to the last of `user_ids`."""
    cursor = {name: params[name] for name in ("after", "before") if params[name]}
    (users,) = _lists([params["waba_id"]], params, cursor)

    def is_enough(one: UserList) -> bool:
        has_named = params["user_ids"] is not None and one.users.keys() >= set(params["user_ids"])
        return bool(one.pages) and (has_named or not params["all_pages"])

    read(client, [users], is_enough)
    if users.error:
        raise users.error
    pages = users.pages[::-1] if params["before"] else users.pages
    found = {user.id: user for page in pages for user in users_of(page)}
    first, last = pages[0], pages[-1]
    is_whole = not cursor and not first.has_previous and not last.has_next
    return {
        "changed": False,
        "assigned_users": _select(found.values(), params),
        "total_count": users.count if is_whole else users.total_count,
        "paging": {
            # Not the API's own links, which hold the token.
            "cursors": {"before": first.before, "after": last.after},
            "has_previous": first.has_previous,
            "has_next": last.has_next,
        },
        "warnings": [*_unknown_fields(params, users), *(users.warnings if is_whole else [])],
    }


def _list_accounts(params: Params, client: GraphClient) -> Json:
    """Read the users of several accounts. Errors of single accounts are in their results.

    Raises `GraphError` where no account was read, and the error concerns all calls, or no answer was the API's.
    """
    _check_accounts(params)
    lists = _lists(params["waba_ids"], params)
    read(client, lists)
    errors = [one.error for one in lists if one.error]
    if len(errors) == len(lists):
        raise_general_error(lists)
        if all(isinstance(error, MalformedAnswerError) for error in errors):
            raise errors[0]
    warnings = _unknown_fields(params, lists[0])
    results = []
    for one in lists:
        result = one.as_result()
        del result["name"]
        if not one.error:
            result["assigned_users"] = _select(one.users.values(), params)
            warnings += hidden(one.count, len(one.users), f"assigned users of account {one.account.waba_id}")
        results.append(result)
    return {"changed": False, "accounts": results, "warnings": warnings}


def _check_accounts(params: Params) -> None:
    """Raise `OptionError` for invalid accounts, and for options that do not go with several accounts."""
    waba_ids = params["waba_ids"]
    if not waba_ids:
        raise OptionError("waba_ids is an empty list: name the accounts, or leave it out and give waba_id.")
    for place, waba_id in enumerate(waba_ids):
        check_id(f"waba_ids[{place}]", waba_id)
        check_different_ids(waba_id, params["business_id"], option=f"waba_ids[{place}]")
        first = waba_ids.index(waba_id)
        if first != place:
            raise OptionError(f"waba_ids[{first}] and waba_ids[{place}] are the same: keep one.")
    if params["after"] is not None or params["before"] is not None or not params["all_pages"]:
        raise OptionError("waba_ids reads accounts whole: leave out after, before and all_pages, or give waba_id.")


def _lists(waba_ids: t.Iterable[str], params: Params, cursor: t.Mapping[str, str] | None = None) -> list[UserList]:
    """Return the unread lists of accounts, with the fields that are returned or that filters need."""
    filters = {"user_type": params["user_types"], "tasks": params["tasks"]}
    fields = {"id", *params["fields"], *(field for field, wanted in filters.items() if wanted)}
    accounts = [Account(waba_id, params["business_id"]) for waba_id in waba_ids]
    return user_lists(accounts, fields, params["limit"], cursor)


def _unknown_fields(params: Params, users: UserList) -> list[str]:
    return [unknown_field(field) for field in params["fields"] if field in users.unknown_fields]


def unknown_field(field: str) -> str:
    return f"The API does not know the field {field}: it is null for all users."


def _select(users: t.Iterable[AssignedUser], params: Params) -> list[Json]:
    """Return the users that match every filter as results. A filter by a field that the API does not report fails."""
    user_ids, user_types, tasks = params["user_ids"], params["user_types"], params["tasks"]
    found = [user for user in users if user_ids is None or user.id in user_ids]
    if user_types is not None:
        _check_reported("user_types", [user for user in found if user.user_type is None])
        found = [user for user in found if user.user_type in user_types]
    if tasks is not None:
        _check_reported("tasks", [user for user in found if user.tasks is None])
        wanted, is_full = set(tasks), FULL_CONTROL in tasks
        found = [
            one for one in found if one.tasks and (wanted & one.tasks or (is_full and has_full_control(one.tasks)))
        ]
    return [user.as_result({"id", *params["fields"]}) for user in found]


def _check_reported(option: str, unknown: list[AssignedUser]) -> None:
    if unknown:
        raise OptionError(
            f"{option} cannot be used to select users here: the API does not report it for {unknown[0].label}"
            f"{f' and {len(unknown) - 1} others' if len(unknown) > 1 else ''}. Leave {option} out."
        )


def list_business_users(params: Params, client: GraphClient) -> Json:
    """Return the people of a business as a task of `waba_business_users_info` returns them.

    A kind that cannot be read is in `unread`. Raises `GraphError` where no kind was read or an error concerns all
    calls, and `OptionError` for an invalid value that Ansible accepts, or a filter by a field that the API does not
    report.
    """
    _check_no_empty_list(params, ("kinds", "emails", "names", "roles"))
    for option in ("kinds", "emails", "names", "roles"):
        if any(not value.strip() for value in params[option] or ()):
            raise OptionError(f"{option} has an empty entry: remove it.")
    for place, email in enumerate(params["emails"] or ()):
        if "@" not in email:
            raise OptionError(f"emails[{place}] must be an e-mail address; got {email!r}. Use names for names.")
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
        "unread": [{"kind": listing.kind, **listing.error.as_failure()} for listing in listings if listing.error],
        "warnings": [warning for listing in listings for warning in _listing_warnings(listing)],
    }


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


def _listing_warnings(listing: KindListing) -> list[str]:
    if listing.error:
        return [f"The {listing.words} are missing from the result. {listing.error}"]
    unknown = [
        f"The API does not know the field {field} of {listing.words}: it is null for all of them."
        for field in sorted(listing.unknown_fields)
    ]
    return [*unknown, *listing.warnings]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_assigned_users_info`: read pages, fields and users of accounts."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import (
    FIELDS,
    PAGE_LIMIT,
    Account,
    AssignedUser,
    UserList,
    raise_general_error,
    read_users,
    user_lists,
    users_of,
)
from .._edges.tasks import FULL_CONTROL, has_full_control
from .._graph.client import GraphClient
from .._graph.errors import MalformedAnswerError
from .._graph.values import hidden
from .._options import OptionError, check_between, check_different_ids, check_id


@dataclasses.dataclass(frozen=True)
class Query:
    """What to read, by the names of the options. A filter that is `None` selects all users."""

    fields: t.Sequence[str] = FIELDS
    limit: int = PAGE_LIMIT
    after: str | None = None
    before: str | None = None
    all_pages: bool = True
    user_ids: t.Sequence[str] | None = None
    user_types: t.Sequence[str] | None = None
    tasks: t.Sequence[str] | None = None

    def check(self) -> None:
        """Raise `OptionError` for invalid values that Ansible accepts."""
        check_between("limit", self.limit, 1, PAGE_LIMIT, "users a page")
        for option in ("fields", "user_ids", "user_types", "tasks"):
            if getattr(self, option) is not None and not getattr(self, option):
                raise OptionError(f"{option} is an empty list: leave it out for all of them.")
        for option in ("after", "before"):
            if getattr(self, option) == "":
                raise OptionError(f"{option} is empty: give a cursor that an earlier call returned, or leave it out.")
        for user_id in self.user_ids or ():
            check_id("user_ids", user_id)

    def check_accounts(self, waba_ids: t.Sequence[str], business_id: str) -> None:
        """Raise `OptionError` for invalid accounts, and for options that do not go with several accounts."""
        if not waba_ids:
            raise OptionError("waba_ids is an empty list: name the accounts, or leave it out and give waba_id.")
        for place, waba_id in enumerate(waba_ids):
            check_id(f"waba_ids[{place}]", waba_id)
            check_different_ids(waba_id, business_id, option=f"waba_ids[{place}]")
            first = waba_ids.index(waba_id)
            if first != place:
                raise OptionError(f"waba_ids[{first}] and waba_ids[{place}] are the same: keep one.")
        if self.after is not None or self.before is not None or not self.all_pages:
            raise OptionError("waba_ids reads accounts whole: leave out after, before and all_pages, or give waba_id.")

    def shown(self, users: t.Iterable[AssignedUser]) -> list[dict[str, t.Any]]:
        """Return users as the task returns them."""
        return [user.as_result({"id", *self.fields}) for user in users]


@dataclasses.dataclass(frozen=True)
class Listing:
    """The users of an account that match the query."""

    users: list[AssignedUser]
    #: Users of the whole account, without filters; `None` where the API does not count them and not all were read.
    total_count: int | None
    paging: dict[str, t.Any]
    warnings: list[str]


def list_users(client: GraphClient, account: Account, query: Query) -> Listing:
    """Read the pages that the query needs: one, or all, or up to the last of the users that it names."""
    cursor = {name: getattr(query, name) for name in ("after", "before") if getattr(query, name)}
    (users,) = user_lists([account], _asked(query), query.limit, cursor)

    def is_enough(one: UserList) -> bool:
        has_named = query.user_ids is not None and one.users.keys() >= set(query.user_ids)
        return bool(one.pages) and (has_named or not query.all_pages)

    read_users(client, [users], is_enough)
    if users.error:
        raise users.error
    pages = users.pages[::-1] if query.before else users.pages
    found = list({user.id: user for page in pages for user in users_of(page)}.values())
    first, last = pages[0], pages[-1]
    is_whole = not cursor and not first.has_previous and not last.has_next
    total_count = users.count if is_whole else users.total_count
    warnings = [unknown_field(field) for field in query.fields if field in users.unknown_fields]
    warnings += users.warnings if is_whole else []
    # Not the API's own links, which hold the token.
    cursors = {"before": first.before, "after": last.after}
    paging = {"cursors": cursors, "has_previous": first.has_previous, "has_next": last.has_next}
    return Listing(_select(found, query), total_count, paging, warnings)


def list_accounts(
    client: GraphClient, accounts: t.Sequence[Account], query: Query
) -> tuple[list[dict[str, t.Any]], list[str]]:
    """Return the users of several accounts as results, and warnings. Errors of single accounts are in the results.

    Raises `GraphError` where no account was read, and the error concerns all calls, or no answer was the API's.
    """
    lists = user_lists(accounts, _asked(query), query.limit)
    read_users(client, lists)
    errors = [one.error for one in lists if one.error]
    if len(errors) == len(lists):
        raise_general_error(lists)
        if all(isinstance(error, MalformedAnswerError) for error in errors):
            raise errors[0]
    warnings = [unknown_field(field) for field in query.fields if field in lists[0].unknown_fields]
    results = []
    for one in lists:
        result = one.as_result()
        del result["name"]
        if not one.error:
            result["assigned_users"] = query.shown(_select(list(one.users.values()), query))
            warnings += hidden(one.count, len(one.users), f"assigned users of account {one.account.waba_id}")
        results.append(result)
    return results, warnings


def unknown_field(field: str) -> str:
    """Return the warning about a field that the API does not know."""
    return f"The API does not know the field {field}: it is null for all users."


def _asked(query: Query) -> set[str]:
    filters = {"user_type": query.user_types, "tasks": query.tasks}
    return {"id", *query.fields, *(field for field, wanted in filters.items() if wanted)}


def _select(users: list[AssignedUser], query: Query) -> list[AssignedUser]:
    """Return the users that match every filter. A filter by a field that the API does not report fails."""
    if query.user_ids is not None:
        users = [user for user in users if user.id in query.user_ids]
    if query.user_types is not None:
        _check_reported("user_types", [user for user in users if user.user_type is None])
        users = [user for user in users if user.user_type in query.user_types]
    if query.tasks is not None:
        _check_reported("tasks", [user for user in users if user.tasks is None])
        wanted, is_full = set(query.tasks), FULL_CONTROL in query.tasks
        users = [
            one for one in users if one.tasks and (wanted & one.tasks or (is_full and has_full_control(one.tasks)))
        ]
    return users


def _check_reported(option: str, unknown: list[AssignedUser]) -> None:
    if unknown:
        raise OptionError(
            f"{option} cannot be used to select users here: the API does not report it for {unknown[0].label}"
            f"{f' and {len(unknown) - 1} others' if len(unknown) > 1 else ''}. Leave {option} out."
        )

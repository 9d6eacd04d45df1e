# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Reading an account's people for somebody to look at: which part of the list, which fields, which people."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import (
    FIELDS,
    FULL_CONTROL,
    PAGE_LIMIT,
    AssignedUser,
    AssignedUsers,
    UsersPage,
    hidden_people,
    read_accounts,
)
from .._graph.client import GraphClient, Page
from .._graph.errors import GraphError, MalformedAnswerError, concerns_all
from .._options import OptionError, check_between, check_id
from .plan import has_full_control


@dataclasses.dataclass(frozen=True)
class Query:
    """What to read. Named as the options are; a filter that is `None` lets everybody through."""

    fields: t.Sequence[str] = FIELDS
    limit: int = PAGE_LIMIT
    after: str | None = None
    before: str | None = None
    all_pages: bool = True
    user_ids: t.Sequence[str] | None = None
    user_types: t.Sequence[str] | None = None
    tasks: t.Sequence[str] | None = None

    def check(self) -> None:
        """Raise `OptionError` for values that Ansible lets pass."""
        check_between("limit", self.limit, 1, PAGE_LIMIT, "users a page")
        for option in ("fields", "user_ids", "user_types", "tasks"):
            if getattr(self, option) is not None and not getattr(self, option):
                raise OptionError(f"{option} is an empty list: leave it out for all of them.")
        for option in ("after", "before"):
            if getattr(self, option) == "":
                raise OptionError(f"{option} is empty: give a cursor that an earlier call returned, or leave it out.")
        for user_id in self.user_ids or ():
            check_id("user_ids", user_id)

    def check_accounts(self, waba_ids: t.Sequence[str]) -> None:
        """Raise `OptionError` where these accounts cannot be read in one go."""
        if not waba_ids:
            raise OptionError("waba_ids is an empty list: name the accounts, or leave it out and give waba_id.")
        places: dict[str, int] = {}
        for place, waba_id in enumerate(waba_ids):
            check_id(f"waba_ids[{place}]", waba_id)
            if waba_id in places:
                raise OptionError(f"waba_ids[{places[waba_id]}] and waba_ids[{place}] are the same: keep one.")
            places[waba_id] = place
        if self.after is not None or self.before is not None or not self.all_pages:
            raise OptionError("waba_ids reads accounts whole: leave out after, before and all_pages, or give waba_id.")

    def shown(self, users: t.Iterable[AssignedUser]) -> list[dict[str, t.Any]]:
        """The people as the task returns them."""
        return [user.as_result({"id", *self.fields}) for user in users]


@dataclasses.dataclass(frozen=True)
class Listing:
    """What was read."""

    users: list[AssignedUser]
    #: People of the whole account, whatever the filters; `None` where the API does not count and not all were read.
    total_count: int | None
    paging: dict[str, t.Any]
    warnings: list[str]


def list_users(edge: AssignedUsers, query: Query) -> Listing:
    """Read as many pages as the query needs: one, or all, or as far as the last of the people it names."""
    pages = _read(edge, query)
    users = _users(pages)
    first, last = pages[0].page, pages[-1].page
    is_whole = query.after is None and query.before is None and not first.has_previous and not last.has_next
    total_count = _counted(pages, len(users) if is_whole else None)
    warnings = [unknown_field(field) for field in query.fields if field in edge.unknown_fields]
    if is_whole:
        warnings += hidden_people(total_count, len(users))
    return Listing(_select(users, query), total_count, _paging(first, last), warnings)


def list_accounts(
    client: GraphClient, business_id: str, waba_ids: t.Sequence[str], query: Query
) -> tuple[list[dict[str, t.Any]], list[str]]:
    """The people of many accounts as results, and warnings. An account that cannot be read does not hide the others.

    Raises `GraphError` where none was read for a reason that has nothing to do with the accounts.
    """
    results, unknown = read_accounts(client, business_id, waba_ids, _asked(query), query.limit)
    errors = [result for result in results if isinstance(result, GraphError)]
    if len(errors) == len(results):
        _check_not_general(errors)
    warnings = [unknown_field(field) for field in query.fields if field in unknown]
    accounts = []
    for waba_id, result in zip(waba_ids, results):
        account: dict[str, t.Any] = {"waba_id": waba_id, "business_id": business_id, "assigned_users": []}
        if isinstance(result, GraphError):
            accounts.append({**account, "total_count": None, "graph_error": result.as_result(), "msg": str(result)})
            continue
        users = _users(result)
        account["total_count"] = _counted(result, len(users))
        account["assigned_users"] = query.shown(_select(users, query))
        accounts.append({**account, "graph_error": None, "msg": None})
        warnings += hidden_people(account["total_count"], len(users), f" of account {waba_id}")
    return accounts, warnings


def _check_not_general(errors: t.Sequence[GraphError]) -> None:
    """Raise the reason for which no account was read, where it is none of theirs: also that nothing is of the API."""
    for error in errors:
        if concerns_all(error):
            raise error
    if all(isinstance(error, MalformedAnswerError) for error in errors):
        raise errors[0]


def unknown_field(field: str) -> str:
    """The warning about a field that the API does not know."""
    return f"The API does not know the field {field}: it is null for everybody."


def _users(pages: t.Iterable[UsersPage]) -> list[AssignedUser]:
    """Everybody once, though a list that changes while it is read may show somebody twice."""
    return list({user.id: user for page in pages for user in page.users}.values())


def _counted(pages: t.Sequence[UsersPage], otherwise: int | None) -> int | None:
    counted = [page.page.total_count for page in pages if page.page.total_count is not None]
    return counted[-1] if counted else otherwise


def _asked(query: Query) -> set[str]:
    filters = {"user_type": query.user_types, "tasks": query.tasks}
    return {"id", *query.fields, *(field for field, wanted in filters.items() if wanted)}


def _read(edge: AssignedUsers, query: Query) -> list[UsersPage]:
    """The pages, in the order of the account's list."""
    cursor = {name: getattr(query, name) for name in ("after", "before") if getattr(query, name)}
    missing = set(query.user_ids or ())
    pages: list[UsersPage] = []
    for page in edge.pages(_asked(query), query.limit, **cursor):
        pages.append(page)
        missing -= {user.id for user in page.users}
        if not query.all_pages or (query.user_ids and not missing):
            break
    return pages[::-1] if query.before else pages


def _select(users: list[AssignedUser], query: Query) -> list[AssignedUser]:
    """The people whom every filter lets through. A filter by what the API does not tell would hide people: it fails."""
    if query.user_ids is not None:
        users = [user for user in users if user.id in query.user_ids]
    if query.user_types is not None:
        _check_told("user_types", [user for user in users if user.user_type is None])
        users = [user for user in users if user.user_type in query.user_types]
    if query.tasks is not None:
        _check_told("tasks", [user for user in users if user.tasks is None])
        wanted = frozenset(query.tasks)
        users = [user for user in users if user.tasks and (wanted & user.tasks or _has_all(wanted, user.tasks))]
    return users


def _has_all(wanted: frozenset[str], tasks: frozenset[str]) -> bool:
    return FULL_CONTROL in wanted and has_full_control(tasks)


def _check_told(option: str, untold: list[AssignedUser]) -> None:
    if untold:
        raise OptionError(
            f"{option} cannot be used to choose people here: the API does not tell it of {untold[0].label}"
            f"{f' and {len(untold) - 1} others' if len(untold) > 1 else ''}. Leave {option} out."
        )


def _paging(first: Page, last: Page) -> dict[str, t.Any]:
    """Where the list goes on. Never the API's own links, which carry the token."""
    return {
        "cursors": {"before": first.before, "after": last.after},
        "has_previous": first.has_previous,
        "has_next": last.has_next,
    }

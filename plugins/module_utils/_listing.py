# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Reading an account's people for somebody to look at: which part of the list, which fields, which people."""

from __future__ import annotations

import dataclasses
import typing as t

from ._assigned_users import (
    FIELDS,
    FULL_CONTROL,
    PAGE_LIMIT,
    AssignedUser,
    AssignedUsers,
    UsersPage,
    hidden_people,
)
from ._graph_client import Page
from ._options import OptionError, check_id
from ._plan import has_full_control


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
        if not 1 <= self.limit <= PAGE_LIMIT:
            raise OptionError(f"limit must be between 1 and {PAGE_LIMIT} users a page; got {self.limit}.")
        for option in ("fields", "user_ids", "user_types", "tasks"):
            if getattr(self, option) is not None and not getattr(self, option):
                raise OptionError(f"{option} is an empty list: leave it out for all of them.")
        for option in ("after", "before"):
            if getattr(self, option) == "":
                raise OptionError(f"{option} is empty: give a cursor that an earlier call returned, or leave it out.")
        for user_id in self.user_ids or ():
            check_id("user_ids", user_id)


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
    users = {user.id: user for page in pages for user in page.users}
    first, last = pages[0].page, pages[-1].page
    is_whole = query.after is None and query.before is None and not first.has_previous and not last.has_next
    counted = [page.page.total_count for page in pages if page.page.total_count is not None]
    total_count = counted[-1] if counted else len(users) if is_whole else None
    warnings = [
        f"The API does not know the field {field}: it is null for everybody."
        for field in query.fields
        if field in edge.unknown_fields
    ]
    if is_whole:
        warnings += hidden_people(total_count, len(users))
    return Listing(_select(list(users.values()), query), total_count, _paging(first, last), warnings)


def _read(edge: AssignedUsers, query: Query) -> list[UsersPage]:
    """The pages, in the order of the account's list."""
    filters = {"user_type": query.user_types, "tasks": query.tasks}
    fields = {"id", *query.fields, *(field for field, wanted in filters.items() if wanted)}
    cursor = {name: getattr(query, name) for name in ("after", "before") if getattr(query, name)}
    missing = set(query.user_ids or ())
    pages: list[UsersPage] = []
    for page in edge.pages(fields, query.limit, **cursor):
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

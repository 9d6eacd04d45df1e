# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The logic of `waba_access_info`: accounts, people and the declaration that they fulfil, out of one reading."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import UserList
from .._edges.business import PEOPLE
from .._graph.client import GraphClient
from .._graph.values import by_id
from .._options import OptionError
from .declaration import check_batch_size, parse_declaration
from .export import declaration_of
from .list_assigned_users import unknown_field
from .search import NotIdentifiedError, as_result, everybody, find, no_match
from .survey import Survey, read_all_users, survey

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def describe_access(params: Params, client: GraphClient) -> Json:
    """Return the three views of the accounts: by account, by person, and as a declaration.

    Raises `OptionError`, `RefusedError`, and `GraphError` for what concerns everything.
    """
    check_batch_size(params)
    person = params["person"]
    if person is not None and not str(person).strip():
        raise OptionError("person is empty: give a short name, an id, an e-mail address or a name, or leave it out.")
    declared = parse_declaration(params)
    accounts = tuple(dataclasses.replace(one, entries=(), keep=()) for one in declared.accounts or ())
    # Only who has access is read, and not who is to have it.
    declaration = dataclasses.replace(declared, accounts=declared.accounts and accounts)
    kinds = [*PEOPLE, *(["pending_user"] if person is not None else [])] if params["read_people"] else []
    found = survey(client, declaration, kinds=kinds, batch_size=params["batch_size"])
    read_all_users(client, found, params["batch_size"])
    known = everybody(found.lists, found.directories)
    shown = list(known.values())
    if person is not None:
        shown = find(person, declaration.people, known, parts=True)
        if not shown:
            raise NotIdentifiedError(f"{no_match(person, declaration.people, known)}.")
    shown.sort(key=lambda one: by_id(one.id))
    return {
        "changed": False,
        "accounts": [_account(one, found) for one in found.lists],
        "people": [as_result(one, declaration.people) for one in shown],
        "declaration": declaration_of(found.lists, found.directories, declared),
        "unread": _unread(found),
        "warnings": [*found.warnings, *_warnings(found)],
    }


def _account(users: UserList, found: Survey) -> Json:
    error = users.error
    return {
        "waba_id": users.account.waba_id,
        "name": users.account.name,
        "business_id": users.account.business_id,
        "kinds": found.kinds.get(users.account.waba_id, []),
        "assigned_users": [] if error else [user.as_result() for user in users.users.values()],
        "total_count": None if error else users.count,
        "graph_error": error.as_result() if error else None,
        "msg": str(error) if error else None,
    }


def _unread(found: Survey) -> list[Json]:
    """The accounts and the kinds of people that could not be read."""
    accounts = [
        {
            "kind": "account",
            "business_id": one.account.business_id,
            "waba_id": one.account.waba_id,
            "msg": str(one.error),
            "graph_error": one.error.as_result(),
        }
        for one in found.lists
        if one.error
    ]
    people = [
        {
            "kind": listing.kind,
            "business_id": listing.business_id,
            "waba_id": None,
            "msg": str(listing.error),
            "graph_error": listing.error.as_result() if listing.error else None,
        }
        for listing in found.unread
    ]
    return [*accounts, *people]


def _warnings(found: Survey) -> list[str]:
    unknown = sorted(found.lists[0].unknown_fields) if found.lists else []
    warnings = [unknown_field(field) for field in unknown]
    for one in found.lists:
        if one.error:
            warnings.append(f"Account {one.account.label} is missing. {one.error}")
        warnings += [f"Account {one.account.label}: {warning}" for warning in one.warnings]
    return warnings

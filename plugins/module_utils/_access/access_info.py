# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_access_info`: the current access by account, by person, and as a declaration."""

from __future__ import annotations

import typing as t

from .._edges.business import PEOPLE
from .._graph.client import GraphClient
from .._graph.errors import GraphError
from .._graph.values import by_id
from .._options import OptionError
from .declaration import check_batch_size, parse_declaration
from .export import declaration_of
from .list_users import unknown_field
from .search import NotIdentifiedError, as_result, find, known_users, no_match
from .survey import Survey, read_all_users, survey, without_entries

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def describe_access(params: Params, client: GraphClient) -> Json:
    """Return who has access: by account, by person, and as a declaration.

    Raises `OptionError`, `RefusedError`, and `GraphError` for an error that concerns all calls.
    """
    check_batch_size(params)
    person = params["person"]
    if person is not None and not str(person).strip():
        raise OptionError("person is empty: give a short name, an id, an e-mail address or a name, or leave it out.")
    declared = parse_declaration(params)
    kinds = [*PEOPLE, *(["pending_user"] if person is not None else [])] if params["read_people"] else []
    found = survey(client, without_entries(declared), kinds=kinds, batch_size=params["batch_size"])
    read_all_users(client, found, params["batch_size"])
    known = known_users(found.lists, found.directories)
    shown = list(known.values())
    if person is not None:
        shown = find(person, declared.people, known, parts=True)
        if not shown:
            raise NotIdentifiedError(f"{no_match(person, declared.people, known)}.")
    shown.sort(key=lambda one: by_id(one.id))
    return {
        "changed": False,
        "accounts": [{**one.as_result(), "kinds": found.kinds.get(one.account.waba_id, [])} for one in found.lists],
        "people": [as_result(one, declared.people) for one in shown],
        "declaration": declaration_of(found.lists, found.directories, declared),
        "unread": _unread(found),
        "warnings": [*found.warnings, *_warnings(found)],
    }


def _unread(found: Survey) -> list[Json]:
    """Return the accounts and the kinds of people that could not be read."""
    unread: list[tuple[str, str, str | None, GraphError | None]]
    unread = [("account", one.account.business_id, one.account.waba_id, one.error) for one in found.lists]
    unread += [(listing.kind, listing.business_id, None, listing.error) for listing in found.listings]
    return [
        {"kind": kind, "business_id": business_id, "waba_id": waba_id, **error.as_failure()}
        for kind, business_id, waba_id, error in unread
        if error
    ]


def _warnings(found: Survey) -> list[str]:
    warnings = [unknown_field(field) for field in sorted(found.lists[0].unknown_fields)]
    for one in found.lists:
        if one.error:
            warnings.append(f"Account {one.account.label} is missing. {one.error}")
        warnings += [f"Account {one.account.label}: {warning}" for warning in one.warnings]
    return warnings

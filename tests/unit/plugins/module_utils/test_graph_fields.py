# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError, PermissionDeniedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import Edge, Listing, Page, read
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

ASKED = ["id", "name", "email", "role"]


def read_lists(client: GraphClient, edges: list[Edge]) -> list[list[Page] | GraphError]:
    listings = [Listing(edge) for edge in edges]
    read(client, listings)
    return [listing.error or listing.pages for listing in listings]


def refusal(message: str, code: int | None = 100) -> GraphError:
    error = GraphError(message, 400)
    error.code = code
    return error


@pytest.mark.parametrize(
    ("message", "unknown"),
    [
        ("(#100) Tried accessing nonexisting field (email) on node type (BusinessUser)", {"email"}),
        ("Unknown fields: email.", {"email"}),
        ("Unknown fields: role, email", {"email", "role"}),
        # None is named: the one that is known to be doubtful goes, and after it all that can.
        ("The requested fields are not available", {"role"}),
    ],
)
def test_a_refused_field_is_not_asked_for_again(message: str, unknown: set[str]) -> None:
    known = module.KnownFields(first_to_go="role")
    assert known.learn(refusal(message), ASKED)
    assert known.unknown == unknown
    assert known.among(ASKED) == [field for field in ASKED if field not in unknown]


def test_where_no_field_is_named_all_go_in_the_end() -> None:
    known = module.KnownFields(first_to_go="role")
    vague = refusal("The requested fields are not available")
    assert known.learn(vague, known.among(ASKED))
    assert known.learn(vague, known.among(ASKED))
    assert known.among(ASKED) == ["id", "name"]
    assert not known.learn(vague, known.among(ASKED))


@pytest.mark.parametrize(
    "error",
    [
        refusal("Tried accessing nonexisting field (assigned_users) on node type (Page)"),
        refusal("Unknown fields: id"),
        refusal("Invalid parameter: user must be a valid user ID"),
        refusal("Cannot parse /1/business_users?fields=id%2Cemail&limit=100"),
        refusal("Unknown fields: email", code=200),
        refusal("Unknown fields: email", code=None),
    ],
)
def test_any_other_refusal_is_one_of_the_request(error: GraphError) -> None:
    known = module.KnownFields(first_to_go="role")
    assert not known.learn(error, ASKED)
    assert known.unknown == set()


@pytest.mark.parametrize("unknown_field", ["nonexisting", "unknown-fields"])
def test_lists_are_read_without_what_the_api_does_not_know(start: t.Callable[..., Bench], unknown_field: str) -> None:
    bench = start(unknown_person_fields=["email", "title"], unknown_field=unknown_field)
    business = bench.sandbox.business_id
    people, machines = module.KnownFields(), module.KnownFields()
    edges = [
        Edge(f"{business}/business_users", ["id", "email", "title", "role"], people),
        Edge(f"{business}/system_users", ["id", "name"], machines),
    ]
    users, bots = read_lists(bench.client(), edges)
    assert isinstance(users, list)
    assert isinstance(bots, list)
    assert set(users[0].data[0]) == {"id", "role"}
    assert bots[0].data
    assert (people.unknown, machines.unknown) == ({"email", "title"}, set())
    # Each refused field costs a call more, and what was read is not read again.
    assert [len(request.operations or ()) for request in bench.sandbox.log] == [2, 0, 0]


def test_lists_that_share_their_fields_learn_together(start: t.Callable[..., Bench]) -> None:
    bench = start(tasks="unknown-field")
    known = module.KnownFields(first_to_go="tasks")
    params = {"business": bench.sandbox.business_id}
    edges = [
        Edge(f"{waba_id}/assigned_users", ["id", "tasks"], known, params)
        for waba_id in ("1234567890123456", "6543210987654321")
    ]
    results = read_lists(bench.client(), edges)
    assert all(isinstance(result, list) for result in results)
    assert len(bench.sandbox.log) == 2


def test_what_is_no_refusal_of_a_field_is_told(start: t.Callable[..., Bench]) -> None:
    bench = start(refused_edges=["business_users"])
    edge = Edge(f"{bench.sandbox.business_id}/business_users", ["id", "email"], module.KnownFields())
    (result,) = read_lists(bench.client(), [edge])
    assert isinstance(result, PermissionDeniedError)
    assert len(bench.sandbox.log) == 1


def test_one_vague_refusal_does_not_take_a_field_for_unknown(start: t.Callable[..., Bench]) -> None:
    bench = start()
    bench.sandbox.inject(Fault("status", status=400, code=100, message="The requested fields are not available"))
    known = module.KnownFields(first_to_go="tasks")
    edge = Edge(
        f"{bench.sandbox.waba_id}/assigned_users", ["id", "tasks"], known, {"business": bench.sandbox.business_id}
    )
    (result,) = read_lists(bench.client(), [edge])
    assert isinstance(result, list)
    assert known.unknown == set()
    assert all(user["tasks"] for user in result[0].data)
    assert len(bench.sandbox.log) == 2

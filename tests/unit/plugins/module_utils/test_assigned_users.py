# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges import assigned_users as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError, MalformedAnswerError
from hypothesis import given
from hypothesis import strategies as st
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"
JOHN = "2345678901234567"


def everybody(edge: module.AssignedUsers, **params: t.Any) -> dict[str, module.AssignedUser]:
    return {user.id: user for page in edge.pages(**params) for user in page.users}


def test_a_list_asks_for_what_it_needs(bench: Bench) -> None:
    everybody(bench.edge())
    (request,) = bench.sandbox.log
    assert request.path == f"/v23.0/{bench.sandbox.waba_id}/assigned_users"
    assert request.query == {
        "business": [bench.sandbox.business_id],
        "fields": ["id,name,user_type,business,tasks"],
        "limit": ["100"],
        "summary": ["total_count"],
    }


def test_a_listed_user(bench: Bench) -> None:
    john = everybody(bench.edge())[JOHN]
    assert john.as_result() == {
        "id": JOHN,
        "name": "John Smith",
        "user_type": "BUSINESS_USER",
        "business": {"id": bench.sandbox.business_id, "name": "Example Business Inc"},
        "tasks": sorted(bench.sandbox.assigned()[JOHN]),
    }


def test_tasks_are_one_form_field_with_a_json_array(bench: Bench) -> None:
    assert bench.edge().write([(JANE, frozenset({"MESSAGING", "DEVELOP"}))]) == [None]
    (request,) = bench.sandbox.log
    assert request.form == {"user": [JANE], "tasks": ['["DEVELOP","MESSAGING"]']}
    assert request.body.count("tasks=") == 1
    assert bench.sandbox.tasks_of(JANE) == {"MESSAGING", "DEVELOP"}


def test_a_removal_names_the_user_in_query_and_body(bench: Bench) -> None:
    assert bench.edge().write([(JOHN, None)]) == [None]
    (request,) = bench.sandbox.log
    assert (request.query["user"], request.form["user"]) == ([JOHN], [JOHN])
    assert bench.sandbox.tasks_of(JOHN) is None


@pytest.mark.parametrize("unknown_field", ["nonexisting", "unknown-fields"])
def test_an_api_that_does_not_know_tasks_is_read_without(start: t.Callable[..., Bench], unknown_field: str) -> None:
    bench = start(tasks="unknown-field", unknown_field=unknown_field, people=150)
    edge = bench.edge()
    users = everybody(edge)
    assert users.keys() == bench.sandbox.assigned().keys()
    assert {user.tasks for user in users.values()} == {None}
    assert edge.unknown_fields == {"tasks"}
    assert len(bench.sandbox.log) == 3
    everybody(edge)
    assert len(bench.sandbox.log) == 5  # it is not asked twice


def test_fields_refused_without_a_name_go_the_undocumented_one_first(bench: Bench) -> None:
    message = "The requested fields are not available for this account"
    bench.sandbox.inject(Fault("status", status=422, code=100, message=message, times=2))
    edge = bench.edge()
    assert JOHN in everybody(edge)
    assert [request.query["fields"][0] for request in bench.sandbox.log] == [
        "id,name,user_type,business,tasks",
        "id,name,user_type,business",
        "id,name",
    ]


def test_a_refusal_that_is_not_about_fields_stays_one(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=100, message="The parameter business is required"))
    with pytest.raises(GraphError, match="Could not read the assigned users of WhatsApp Business Account 1234"):
        everybody(bench.edge())
    assert len(bench.sandbox.log) == 1


def test_fields_refused_for_ever_are_an_error(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=100, message="Unknown fields", times=0))
    with pytest.raises(GraphError, match="Unknown fields"):
        everybody(bench.edge())
    assert len(bench.sandbox.log) == 3


def test_errors_say_what_was_being_done_and_to_whom(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=403, code=200, times=0))
    edge = bench.edge()
    one, several = [(JANE, None)], [(JANE, frozenset({"DEVELOP"})), (JOHN, None)]
    assert f"Could not remove {JANE} from WhatsApp Business Account 123" in str(edge.write(one)[0])
    assigning, removing = edge.write(several)
    assert f"Could not assign DEVELOP to {JANE} on WhatsApp Business Account 123" in str(assigning)
    assert f"Could not remove {JOHN} from WhatsApp Business Account 123" in str(removing)
    with pytest.raises(GraphError, match="Could not find out whose access token this is"):
        edge.own_user_id()


def test_whose_token_it_is(bench: Bench) -> None:
    assert bench.edge().own_user_id() == bench.sandbox.own_user_id


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        [],
        {},
        {"id": None},
        {"id": 1.5},
        {"id": True},
        {"id": ""},
        {"id": "１２"},
        {"id": "12/34"},
        {"id": "1", "tasks": "MANAGE"},
        {"id": "1", "tasks": {"MANAGE": True}},
        {"id": "1", "tasks": ["MANAGE", None]},
    ],
)
def test_a_list_that_cannot_be_trusted_is_none(raw: t.Any) -> None:
    with pytest.raises(MalformedAnswerError):
        module._user(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"id": "1"}, module.AssignedUser("1")),
        ({"id": 12345678901234567890}, module.AssignedUser("12345678901234567890")),
        ({"id": "1", "tasks": []}, module.AssignedUser("1")),
        ({"id": "1", "tasks": None, "name": 7, "business": "x"}, module.AssignedUser("1")),
        ({"id": "1", "tasks": ["NEW", "NEW"]}, module.AssignedUser("1", tasks=frozenset({"NEW"}))),
        ({"id": 0}, module.AssignedUser("0")),
        ({"id": "1", "business": {"id": 1, "x": []}}, module.AssignedUser("1", business={"id": None, "name": None})),
    ],
)
def test_what_does_not_matter_may_be_missing(raw: t.Any, expected: module.AssignedUser) -> None:
    assert module._user(raw) == expected


def test_a_token_whose_owner_has_a_number_for_an_id(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", path="/me", value={"id": 12345678901234567890}))
    assert bench.edge().own_user_id() == "12345678901234567890"


def test_the_id_of_something_else_costs_one_call_and_is_told(bench: Bench) -> None:
    message = "(#100) Tried accessing nonexisting field (assigned_users) on node type (WhatsAppBusinessPhoneNumber)"
    bench.sandbox.inject(Fault("status", status=400, code=100, message=message))
    with pytest.raises(GraphError, match="Check waba_id"):
        everybody(bench.edge())
    assert len(bench.sandbox.log) == 1


@given(st.text())
def test_a_label_is_one_line(name: str) -> None:
    assert module.AssignedUser("1", name).label.isprintable()

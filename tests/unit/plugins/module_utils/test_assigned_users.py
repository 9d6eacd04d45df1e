# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges import assigned_users as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.token import read_own_user
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError, MalformedAnswerError
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import read
from hypothesis import given
from hypothesis import strategies as st
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"
JOHN = "2345678901234567"


def everybody(bench: Bench, users: module.UserList | None = None) -> dict[str, module.AssignedUser]:
    users = users or bench.users()
    read(bench.client(), [users])
    if users.error:
        raise users.error
    return users.users


def write(bench: Bench, *writes: tuple[str, frozenset[str] | None]) -> list[GraphError | None]:
    return module.write_users(bench.client(), [module.Write(bench.account, *one) for one in writes])


def test_a_list_asks_for_what_it_needs(bench: Bench) -> None:
    everybody(bench)
    (request,) = bench.sandbox.log
    assert request.path == f"/v23.0/{bench.sandbox.waba_id}/assigned_users"
    assert request.query == {
        "business": [bench.sandbox.business_id],
        "fields": ["id,name,user_type,business,tasks"],
        "limit": ["100"],
        "summary": ["total_count"],
    }


def test_a_listed_user(bench: Bench) -> None:
    john = everybody(bench)[JOHN]
    assert john.as_result() == {
        "id": JOHN,
        "name": "John Smith",
        "user_type": "BUSINESS_USER",
        "business": {"id": bench.sandbox.business_id, "name": "Example Business Inc"},
        "tasks": sorted(bench.sandbox.assigned()[JOHN]),
    }


def test_tasks_are_one_form_field_with_a_json_array(bench: Bench) -> None:
    assert write(bench, (JANE, frozenset({"MESSAGING", "DEVELOP"}))) == [None]
    (request,) = bench.sandbox.log
    assert request.form == {"user": [JANE], "tasks": ['["DEVELOP","MESSAGING"]']}
    assert request.body.count("tasks=") == 1
    assert bench.sandbox.tasks_of(JANE) == {"MESSAGING", "DEVELOP"}


def test_a_removal_names_the_user_in_query_and_body(bench: Bench) -> None:
    assert write(bench, (JOHN, None)) == [None]
    (request,) = bench.sandbox.log
    assert (request.query["user"], request.form["user"]) == ([JOHN], [JOHN])
    assert bench.sandbox.tasks_of(JOHN) is None


@pytest.mark.parametrize("unknown_field", ["nonexisting", "unknown-fields"])
def test_an_api_that_does_not_know_tasks_is_read_without(start: t.Callable[..., Bench], unknown_field: str) -> None:
    bench = start(tasks="unknown-field", unknown_field=unknown_field, people=150)
    lists = bench.users()
    users = everybody(bench, lists)
    assert users.keys() == bench.sandbox.assigned().keys()
    assert {user.tasks for user in users.values()} == {None}
    assert lists.unknown_fields == {"tasks"}
    assert len(bench.sandbox.log) == 3
    everybody(bench, lists.again())
    assert len(bench.sandbox.log) == 5  # it is not asked twice


def test_fields_refused_without_a_name_go_the_undocumented_one_first(bench: Bench) -> None:
    message = "The requested fields are not available for this account"
    bench.sandbox.inject(Fault("status", status=422, code=100, message=message, times=4))
    assert JOHN in everybody(bench)
    # Each time once more with the same fields: a refusal that names none can be one of its own.
    assert [request.query["fields"][0] for request in bench.sandbox.log] == [
        "id,name,user_type,business,tasks",
        "id,name,user_type,business,tasks",
        "id,name,user_type,business",
        "id,name,user_type,business",
        "id,name",
    ]


def test_a_refusal_that_is_not_about_fields_stays_one(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=100, message="The parameter business is required"))
    with pytest.raises(GraphError, match="Could not read the assigned users of WhatsApp Business Account 1234"):
        everybody(bench)
    assert len(bench.sandbox.log) == 1


def test_fields_refused_for_ever_are_an_error(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=100, message="Unknown fields", times=0))
    with pytest.raises(GraphError, match="Unknown fields"):
        everybody(bench)
    assert len(bench.sandbox.log) == 6


def test_errors_say_what_was_being_done_and_to_whom(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=403, code=200, times=0))
    assert f"Could not remove {JANE} from WhatsApp Business Account 123" in str(write(bench, (JANE, None))[0])
    assigning, removing = write(bench, (JANE, frozenset({"DEVELOP"})), (JOHN, None))
    assert f"Could not assign DEVELOP to {JANE} on WhatsApp Business Account 123" in str(assigning)
    assert f"Could not remove {JOHN} from WhatsApp Business Account 123" in str(removing)
    with pytest.raises(GraphError, match="Could not find out which user the access token belongs to"):
        read_own_user(bench.client())


def test_users_are_counted_where_the_first_page_alone_has_the_count(bench: Bench) -> None:
    first = {"data": [{"id": JANE}], "summary": {"total_count": 5}, "paging": {"next": "x", "cursors": {"after": "y"}}}
    bench.sandbox.inject(Fault("json", value=first))
    bench.sandbox.inject(Fault("json", nth=2, value={"data": [{"id": JOHN}]}))
    users = bench.users()
    assert list(everybody(bench, users)) == [JANE, JOHN]
    assert (users.total_count, users.listed, users.is_whole) == (5, 2, False)


def test_whose_token_it_is(bench: Bench) -> None:
    assert read_own_user(bench.client()).id == bench.sandbox.own_user_id


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
    assert read_own_user(bench.client()).id == "12345678901234567890"


def test_the_id_of_something_else_costs_one_call_and_is_told(bench: Bench) -> None:
    message = "(#100) Tried accessing nonexisting field (assigned_users) on node type (WhatsAppBusinessPhoneNumber)"
    bench.sandbox.inject(Fault("status", status=400, code=100, message=message))
    with pytest.raises(GraphError, match="Check waba_id"):
        everybody(bench)
    assert len(bench.sandbox.log) == 1


def test_swapped_ids_are_both_in_the_message(bench: Bench) -> None:
    sandbox = bench.sandbox
    (swapped,) = module.user_lists([module.Account(sandbox.business_id, sandbox.waba_id)])
    read(bench.client(), [swapped])
    for words in ("swapped", f"waba_id is {sandbox.business_id}", f"business_id {sandbox.waba_id}", "whatsapp.doctor"):
        assert words in str(swapped.error)


@given(st.text())
def test_a_label_is_one_line(name: str) -> None:
    assert module.AssignedUser("1", name).label.isprintable()

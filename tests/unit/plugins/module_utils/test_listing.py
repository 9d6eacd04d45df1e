# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_users import list_assigned_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import MalformedAnswerError, TokenError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.modules import waba_assigned_users_info
from sandbox import Fault
from tasks import options_of

if t.TYPE_CHECKING:
    from conftest import Bench

JOHN = "2345678901234567"


def listed(bench: Bench, *, retries: int = 4, **options: t.Any) -> dict[str, t.Any]:
    ids = {"waba_id": bench.account.waba_id, "business_id": bench.account.business_id}
    return list_assigned_users({**options_of(waba_assigned_users_info, ids), **options}, bench.client(retries=retries))


def ids(listing: dict[str, t.Any]) -> list[str]:
    return [user["id"] for user in listing["assigned_users"]]


def test_everybody_in_one_call(bench: Bench) -> None:
    listing = listed(bench)
    assert set(ids(listing)) == set(bench.sandbox.assigned())
    assert listing["total_count"] == 5
    assert listing["warnings"] == []
    assert (listing["paging"]["has_next"], listing["paging"]["has_previous"]) == (False, False)
    assert len(bench.sandbox.log) == 1


def test_two_thousand_people_cost_twenty_calls(start: t.Callable[..., Bench]) -> None:
    bench = start(people=1_995)
    listing = listed(bench)
    assert len(listing["assigned_users"]) == listing["total_count"] == 2_000
    assert len(bench.sandbox.log) == 20
    assert bench.sandbox.connections == 1


def test_a_page_at_a_time_both_ways(start: t.Callable[..., Bench]) -> None:
    bench = start(people=4)
    whole = ids(listed(bench))
    first = listed(bench, limit=4, all_pages=False)
    assert ids(first) == whole[:4]
    assert first["total_count"] == 9
    second = listed(bench, limit=4, all_pages=False, after=first["paging"]["cursors"]["after"])
    assert ids(second) == whole[4:8]
    back = listed(bench, limit=4, all_pages=False, before=second["paging"]["cursors"]["before"])
    assert ids(back) == whole[:4]
    rest = listed(bench, limit=2, after=first["paging"]["cursors"]["after"])
    assert ids(rest) == whole[4:]
    earlier = listed(bench, limit=2, before=rest["paging"]["cursors"]["before"])
    assert ids(earlier) == whole[:4]


def test_named_people_are_read_no_further_than_needed(start: t.Callable[..., Bench]) -> None:
    bench = start(people=250)
    assert ids(listed(bench, user_ids=[JOHN])) == [JOHN]
    assert len(bench.sandbox.log) == 1
    assert ids(listed(bench, user_ids=[JOHN, "999"])) == [JOHN]
    assert len(bench.sandbox.log) == 4


def test_filters(bench: Bench) -> None:
    truth = bench.sandbox.assigned()
    managers = listed(bench, tasks=["MANAGE", "FULL_CONTROL"])
    assert set(ids(managers)) == {one for one, tasks in truth.items() if tasks & {"MANAGE", "FULL_CONTROL"}}
    assert managers["total_count"] == 5
    everything = [task for task in TASKS if task != "FULL_CONTROL"]
    bench.sandbox.assign(JOHN, everything)
    assert JOHN in ids(listed(bench, tasks=["FULL_CONTROL"]))
    machines = listed(bench, fields=["name"], user_types=["SYSTEM_USER"])
    assert bench.sandbox.own_user_id in ids(machines)
    assert JOHN not in ids(machines)


def test_only_the_fields_that_are_needed_are_asked(bench: Bench) -> None:
    listed(bench, fields=["name"], tasks=["MANAGE"])
    assert bench.sandbox.log[0].query["fields"] == ["id,name,tasks"]


def test_a_filter_by_what_the_api_does_not_tell_fails(start: t.Callable[..., Bench]) -> None:
    with pytest.raises(OptionError, match="tasks cannot be used"):
        listed(start(tasks="never"), tasks=["MANAGE"])


def test_fields_that_the_api_does_not_know_are_told(start: t.Callable[..., Bench]) -> None:
    listing = listed(start(tasks="unknown-field"))
    (warning,) = listing["warnings"]
    assert "tasks" in warning
    assert {user["tasks"] for user in listing["assigned_users"]} == {None}


def test_a_count_larger_than_the_list_is_told(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}], "summary": {"total_count": 3}}))
    listing = listed(bench)
    assert listing["total_count"] == 3
    assert "counts 3 assigned users and listed 1" in listing["warnings"][0]


def test_without_a_count_a_whole_list_is_counted_and_a_part_is_not(start: t.Callable[..., Bench]) -> None:
    bench = start()
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}, {"id": "1"}, {"id": "2"}]}))
    assert listed(bench)["total_count"] == 2
    paging = {"cursors": {"after": "A"}, "next": "https://x/?after=A"}
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}], "paging": paging}))
    assert listed(bench, all_pages=False)["total_count"] is None


def test_paging_never_holds_a_url(start: t.Callable[..., Bench]) -> None:
    bench = start(people=20)
    listing = listed(bench, limit=5, all_pages=False)
    assert listing["paging"]["has_next"]
    assert "http" not in str(listing["paging"])
    assert bench.sandbox.token not in str(listing["paging"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("limit", 0),
        ("limit", 101),
        ("limit", -1),
        ("fields", []),
        ("user_ids", []),
        ("user_ids", ["12/34"]),
        ("user_types", []),
        ("tasks", []),
        ("after", ""),
        ("before", ""),
    ],
)
def test_bad_options_are_named(bench: Bench, option: str, value: t.Any) -> None:
    with pytest.raises(OptionError, match=option):
        listed(bench, **{option: value})


SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
PRIVATE = "4321098765432109"  # of another business


def read(bench: Bench, *waba_ids: str, retries: int = 4, **query: t.Any) -> tuple[list[dict[str, t.Any]], list[str]]:
    result = listed(bench, retries=retries, waba_ids=list(waba_ids), **query)
    return result["accounts"], result["warnings"]


def people(account: dict[str, t.Any]) -> dict[str, set[str]]:
    return {user["id"]: set(user["tasks"]) for user in account["assigned_users"]}


def test_many_accounts_in_one_round_trip(bench: Bench) -> None:
    (marketing, support), warnings = read(bench, MARKETING, SUPPORT)
    assert people(support) == bench.sandbox.assigned(SUPPORT)
    assert people(marketing) == bench.sandbox.assigned(MARKETING)
    assert (support["waba_id"], support["business_id"], support["total_count"]) == (
        SUPPORT,
        bench.sandbox.business_id,
        5,
    )
    assert (support["msg"], support["graph_error"], warnings) == (None, None, [])
    assert [len(request.operations or ()) for request in bench.sandbox.log] == [2]


def test_an_account_reads_the_same_alone_and_among_many(start: t.Callable[..., Bench]) -> None:
    bench = start(people=30, page_size=7, empty_pages=True)
    (support, _marketing), _warnings = read(bench, SUPPORT, MARKETING)
    alone = listed(bench)
    assert support["assigned_users"] == alone["assigned_users"]
    assert support["total_count"] == alone["total_count"] == 35


def test_an_account_that_cannot_be_read_says_why(bench: Bench) -> None:
    (private, support), _warnings = read(bench, PRIVATE, SUPPORT)
    assert (private["assigned_users"], private["total_count"]) == ([], None)
    assert private["graph_error"]["code"] == 100
    assert private["msg"].startswith(f"Could not read the assigned users of WhatsApp Business Account {PRIVATE}: ")
    assert people(support) == bench.sandbox.assigned(SUPPORT)


def test_no_account_that_can_be_read_is_no_failure_of_the_task(bench: Bench) -> None:
    accounts, _warnings = read(bench, PRIVATE, "999")
    assert [account["graph_error"]["code"] for account in accounts] == [100, 100]


@pytest.mark.parametrize("waba_ids", [(SUPPORT, MARKETING), (SUPPORT,)])
def test_a_dead_token_is_a_failure_of_the_task(bench: Bench, waba_ids: tuple[str, ...]) -> None:
    bench.sandbox.change_token(state="expired")
    with pytest.raises(TokenError, match=waba_ids[0]):
        read(bench, *waba_ids)


@pytest.mark.parametrize("kind", ["html", "not_json"])
def test_where_nothing_answers_as_the_api_does_the_task_fails(bench: Bench, kind: str) -> None:
    bench.sandbox.inject(Fault(kind, times=0, status=200))
    with pytest.raises(MalformedAnswerError, match=SUPPORT):
        read(bench, SUPPORT, MARKETING)


@pytest.mark.parametrize("waba_ids", [(PRIVATE, SUPPORT), (SUPPORT, PRIVATE)])
def test_a_token_that_dies_is_the_reason_whatever_else_there_was(bench: Bench, waba_ids: tuple[str, ...]) -> None:
    place = waba_ids.index(SUPPORT)
    bench.sandbox.inject(Fault("status", index=place, status=401, code=190))
    with pytest.raises(TokenError):
        read(bench, *waba_ids)


def test_what_was_read_before_the_token_died_is_returned(start: t.Callable[..., Bench]) -> None:
    bench = start(people=5)
    bench.sandbox.inject(Fault("status", nth=2, times=0, status=401, code=190, path=SUPPORT))
    (marketing, support), _warnings = read(bench, MARKETING, SUPPORT, limit=4)
    assert people(marketing) == bench.sandbox.assigned(MARKETING)
    # A part of a list is none.
    assert (support["assigned_users"], support["graph_error"]["code"]) == ([], 190)


def test_filters_hold_for_each_account(bench: Bench) -> None:
    (support, marketing), _warnings = read(bench, SUPPORT, MARKETING, user_ids=[JOHN], fields=["tasks"])
    assert [user["id"] for user in (*support["assigned_users"], *marketing["assigned_users"])] == [JOHN, JOHN]
    assert set(support["assigned_users"][0]) == {"id", "tasks"}
    assert (support["total_count"], marketing["total_count"]) == (5, 3)
    (support, marketing), _warnings = read(bench, SUPPORT, MARKETING, user_types=["SYSTEM_USER"], tasks=["VIEW_COST"])
    assert [user["name"] for user in support["assigned_users"]] == ["Reporting Bot"]
    assert marketing["assigned_users"] == []


def test_fields_that_the_api_does_not_know_are_told_once(start: t.Callable[..., Bench]) -> None:
    (support, marketing), (warning,) = read(start(tasks="unknown-field"), SUPPORT, MARKETING)
    assert "tasks" in warning
    assert {user["tasks"] for user in (*support["assigned_users"], *marketing["assigned_users"])} == {None}


@pytest.mark.parametrize("tasks", ["unknown-field", "never"])
def test_a_filter_by_what_the_api_does_not_tell_fails_among_many(start: t.Callable[..., Bench], tasks: str) -> None:
    with pytest.raises(OptionError, match="tasks cannot be used"):
        read(start(tasks=tasks), SUPPORT, MARKETING, tasks=["MANAGE"])


def test_hidden_people_are_told_by_account(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", index=1, value={"data": [{"id": "1"}], "summary": {"total_count": 3}}))
    (_support, marketing), (warning,) = read(bench, SUPPORT, MARKETING)
    assert marketing["total_count"] == 3
    assert f"counts 3 assigned users of account {MARKETING} and listed 1" in warning


@pytest.mark.parametrize("data", [["text"], [{"id": "x"}], [{"id": "1", "tasks": "MANAGE"}]])
def test_an_account_whose_list_is_none_leaves_the_others(bench: Bench, data: t.Any) -> None:
    bench.sandbox.inject(Fault("json", index=0, value={"data": data}))
    (support, marketing), _warnings = read(bench, SUPPORT, MARKETING)
    assert support["assigned_users"] == []
    assert f"Account {SUPPORT}" in support["msg"]
    assert people(marketing) == bench.sandbox.assigned(MARKETING)


@pytest.mark.parametrize(
    ("waba_ids", "query", "words"),
    [
        ([], {}, "waba_ids is an empty list"),
        ([SUPPORT, ""], {}, r"waba_ids\[1\] is empty"),
        ([SUPPORT, "None"], {}, r"waba_ids\[1\] must be an id"),
        (["12/34"], {}, r"waba_ids\[0\] must be an id"),
        ([SUPPORT, MARKETING, SUPPORT], {}, r"waba_ids\[0\] and waba_ids\[2\] are the same"),
        ([SUPPORT], {"after": "A"}, "leave out after"),
        ([SUPPORT], {"before": "A"}, "before"),
        ([SUPPORT], {"all_pages": False}, "all_pages"),
    ],
)
def test_accounts_that_cannot_be_read_in_one_go_are_refused(
    bench: Bench, waba_ids: list[str], query: dict[str, t.Any], words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        read(bench, *waba_ids, **query)

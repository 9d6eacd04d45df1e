# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._assigned_users import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._listing import Listing, Query, list_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

JOHN = "2345678901234567"


def ids(listing: Listing) -> list[str]:
    return [user.id for user in listing.users]


def test_everybody_in_one_call(bench: Bench) -> None:
    listing = list_users(bench.edge(), Query())
    assert set(ids(listing)) == set(bench.sandbox.assigned())
    assert listing.total_count == 5
    assert listing.warnings == []
    assert (listing.paging["has_next"], listing.paging["has_previous"]) == (False, False)
    assert len(bench.sandbox.log) == 1


def test_ten_thousand_people_cost_a_hundred_calls(start: t.Callable[..., Bench]) -> None:
    bench = start(people=9_995)
    listing = list_users(bench.edge(), Query())
    assert len(listing.users) == listing.total_count == 10_000
    assert len(bench.sandbox.log) == 100
    assert bench.sandbox.connections == 1


def test_a_page_at_a_time_both_ways(start: t.Callable[..., Bench]) -> None:
    bench = start(people=4)
    whole = ids(list_users(bench.edge(), Query()))
    first = list_users(bench.edge(), Query(limit=4, all_pages=False))
    assert ids(first) == whole[:4]
    assert first.total_count == 9
    second = list_users(bench.edge(), Query(limit=4, all_pages=False, after=first.paging["cursors"]["after"]))
    assert ids(second) == whole[4:8]
    back = list_users(bench.edge(), Query(limit=4, all_pages=False, before=second.paging["cursors"]["before"]))
    assert ids(back) == whole[:4]
    rest = list_users(bench.edge(), Query(limit=2, after=first.paging["cursors"]["after"]))
    assert ids(rest) == whole[4:]
    earlier = list_users(bench.edge(), Query(limit=2, before=rest.paging["cursors"]["before"]))
    assert ids(earlier) == whole[:4]


def test_named_people_are_read_no_further_than_needed(start: t.Callable[..., Bench]) -> None:
    bench = start(people=250)
    assert ids(list_users(bench.edge(), Query(user_ids=[JOHN]))) == [JOHN]
    assert len(bench.sandbox.log) == 1
    assert ids(list_users(bench.edge(), Query(user_ids=[JOHN, "999"]))) == [JOHN]
    assert len(bench.sandbox.log) == 4


def test_filters(bench: Bench) -> None:
    truth = bench.sandbox.assigned()
    managers = list_users(bench.edge(), Query(tasks=["MANAGE", "FULL_CONTROL"]))
    assert set(ids(managers)) == {one for one, tasks in truth.items() if tasks & {"MANAGE", "FULL_CONTROL"}}
    assert managers.total_count == 5
    everything = [task for task in TASKS if task != "FULL_CONTROL"]
    bench.sandbox.assign(JOHN, everything)
    assert JOHN in ids(list_users(bench.edge(), Query(tasks=["FULL_CONTROL"])))
    machines = list_users(bench.edge(), Query(fields=["name"], user_types=["SYSTEM_USER"]))
    assert bench.sandbox.own_user_id in ids(machines)
    assert JOHN not in ids(machines)


def test_only_the_fields_that_are_needed_are_asked(bench: Bench) -> None:
    list_users(bench.edge(), Query(fields=["name"], tasks=["MANAGE"]))
    assert bench.sandbox.log[0].query["fields"] == ["id,name,tasks"]


def test_a_filter_by_what_the_api_does_not_tell_fails(start: t.Callable[..., Bench]) -> None:
    with pytest.raises(OptionError, match="tasks cannot be used"):
        list_users(start(tasks="never").edge(), Query(tasks=["MANAGE"]))


def test_fields_that_the_api_does_not_know_are_told(start: t.Callable[..., Bench]) -> None:
    listing = list_users(start(tasks="unknown-field").edge(), Query())
    (warning,) = listing.warnings
    assert "tasks" in warning
    assert {user.tasks for user in listing.users} == {None}


def test_a_count_larger_than_the_list_is_told(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}], "summary": {"total_count": 3}}))
    listing = list_users(bench.edge(), Query())
    assert listing.total_count == 3
    assert "counts 3 assigned users and listed 1" in listing.warnings[0]


def test_without_a_count_a_whole_list_is_counted_and_a_part_is_not(start: t.Callable[..., Bench]) -> None:
    bench = start()
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}, {"id": "1"}, {"id": "2"}]}))
    assert list_users(bench.edge(), Query()).total_count == 2
    paging = {"cursors": {"after": "A"}, "next": "https://x/?after=A"}
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}], "paging": paging}))
    assert list_users(bench.edge(), Query(all_pages=False)).total_count is None


def test_paging_never_holds_a_url(start: t.Callable[..., Bench]) -> None:
    bench = start(people=20)
    listing = list_users(bench.edge(), Query(limit=5, all_pages=False))
    assert listing.paging["has_next"]
    assert "http" not in str(listing.paging)
    assert bench.sandbox.token not in str(listing.paging)


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
def test_bad_options_are_named(option: str, value: t.Any) -> None:
    with pytest.raises(OptionError, match=option):
        Query(**{option: value}).check()

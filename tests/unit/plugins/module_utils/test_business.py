# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges import business as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import errors
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

JOHN = "2345678901234567"
LI = "6789012345678901"
ZOE = "100091234567890127"
NEW = "8901234567890123"
NINA = "3344556677889900"
BOTH = ("business_user", "system_user")


def read(bench: Bench, *kinds: str, **settings: t.Any) -> list[module.KindListing]:
    return module.read_kinds(
        bench.client(**settings),
        [(bench.sandbox.business_id, kind) for kind in module.PEOPLE_KINDS if kind in (kinds or BOTH)],
    )


def by_id(listing: module.KindListing) -> dict[str, module.BusinessUser]:
    return {user.id: user for user in listing.users}


def test_people_and_machines_are_one_round_trip(bench: Bench) -> None:
    people, machines = read(bench, "system_user", "business_user")
    assert (people.kind, machines.kind) == BOTH
    (request,) = bench.sandbox.log
    business = bench.sandbox.business_id
    asked = [operation["relative_url"].partition("?")[0] for operation in request.operations or ()]
    assert asked == [f"{business}/business_users", f"{business}/system_users"]
    assert "limit=100" in (request.operations or [])[0]["relative_url"]


def test_a_person(bench: Bench) -> None:
    people, machines = read(bench)
    assert dataclasses.asdict(by_id(people)[JOHN]) == {
        "id": JOHN,
        "name": "John Smith",
        "email": "john.smith@example.com",
        "pending_email": None,
        "role": "ADMIN",
        "title": "Head of Support",
        "two_fac_status": "DISABLED",
        "marked_for_removal": False,
        "user_type": "BUSINESS_USER",
    }
    assert by_id(people)[LI].pending_email == "li.wei@new.example.com"
    assert by_id(people)[ZOE].marked_for_removal is True
    own = by_id(machines)[bench.sandbox.own_user_id]
    assert (own.name, own.user_type, own.role, own.email, own.marked_for_removal) == (
        "Automation Bot",
        "SYSTEM_USER",
        "ADMIN",
        None,
        None,
    )


def test_who_left_or_is_only_invited_is_not_among_the_people(bench: Bench) -> None:
    people, machines, invited = read(bench, *module.KINDS)
    assert not {NINA, NEW} & {*by_id(people), *by_id(machines)}
    assert [(user.id, user.email, user.user_type) for user in invited.users] == [
        (NEW, "new.colleague@example.com", "PENDING_USER")
    ]


def test_a_call_for_each_hundred_people(start: t.Callable[..., Bench]) -> None:
    bench = start(people=250)
    people, machines = read(bench)
    assert people.total_count == len(people.users) == 250 + 8
    assert machines.total_count == len(machines.users) == 3
    # Three pages of people, the first beside the machines.
    assert [len(request.operations or ()) for request in bench.sandbox.log] == [2, 0, 0]


@pytest.mark.parametrize(("code", "error"), [("200", 200), ("10", 10), ("100/33", 100)])
def test_an_edge_that_is_refused_leaves_the_other(start: t.Callable[..., Bench], code: str, error: int) -> None:
    bench = start(refused_edges=["business_users"], business_error=code)
    people, machines = read(bench)
    assert people.users == ()
    assert people.total_count is None
    assert people.error is not None
    assert people.error.code == error
    assert f"list the people of business {bench.sandbox.business_id}" in str(people.error)
    assert "business_management" in str(people.error)
    assert (len(machines.users), machines.error) == (3, None)


def test_what_went_wrong_says_of_which_list(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=401, code=190))
    people, machines = read(bench)
    assert "list the people of" in str(people.error)
    assert "list the system users of" in str(machines.error)


@pytest.mark.parametrize("data", [["text"], [{}], [{"id": None}], [{"id": "12/34"}], [None], [{"id": True}]])
def test_somebody_without_an_id_spoils_the_list(bench: Bench, data: t.Any) -> None:
    bench.sandbox.inject(Fault("json", value={"data": data}))
    (listing,) = read(bench, "business_user")
    assert isinstance(listing.error, errors.MalformedAnswerError)


def test_values_of_any_kind_do_no_harm(bench: Bench) -> None:
    strange = {"id": 7, "name": ["x"], "email": "", "role": 5, "marked_for_removal": "yes", "two_fac_status": {}}
    bench.sandbox.inject(Fault("json", value={"data": [strange, strange], "summary": {"total_count": 2}}))
    (listing,) = read(bench, "business_user")
    (user,) = listing.users
    assert {key: value for key, value in dataclasses.asdict(user).items() if value is not None} == {
        "id": "7",
        "user_type": "BUSINESS_USER",
    }


def test_a_list_without_a_count_is_counted(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}, {"id": "2"}]}))
    (listing,) = read(bench, "system_user")
    assert listing.count == 2

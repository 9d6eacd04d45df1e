# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that read people of a business, and of many accounts."""

from __future__ import annotations

import typing as t

import pytest
from cases import GRAPH_ERROR_FIELDS, JANE, JOHN, Case, Cases, Json, Result, task
from sandbox import Sandbox

INFO, READ = "waba_business_users_info", "waba_assigned_users_info"
SUPPORT, MARKETING, PRIVATE = "1234567890123456", "6543210987654321", "4321098765432109"
PEOPLE, MACHINES = 8, 3

BAD: dict[str, tuple[str, Json, str]] = {
    "no kinds": (INFO, {"kinds": []}, "kinds"),
    "a kind that is none": (INFO, {"kinds": ["people"]}, "kinds"),
    "a null kind": (INFO, {"kinds": [None]}, "kinds"),
    "no emails": (INFO, {"emails": []}, "emails"),
    "an empty email": (INFO, {"emails": [""]}, "emails"),
    "a null email": (INFO, {"emails": [None]}, "emails"),
    "an email without @": (INFO, {"emails": ["jane.doe@example.com", "Jane Doe"]}, "emails[1]"),
    "an email in a dictionary": (INFO, {"emails": {"jane": "jane.doe@example.com"}}, "emails"),
    "no names": (INFO, {"names": []}, "names"),
    "a null name": (INFO, {"names": [None]}, "names"),
    "an empty role": (INFO, {"roles": [" "]}, "roles"),
    "a null role": (INFO, {"roles": [None]}, "roles"),
    "a null business": (INFO, {"business_id": None}, "business_id"),
    "a business that is none": (INFO, {"business_id": "12/34"}, "business_id"),
    "an option that is none": (INFO, {"email": "jane.doe@example.com"}, "email"),
    "no accounts": (READ, {"waba_ids": []}, "waba_ids"),
    "a null account": (READ, {"waba_ids": [None]}, "waba_ids"),
    "an account that is none": (READ, {"waba_ids": [SUPPORT, "12/34"]}, "waba_ids[1]"),
    "an account twice": (READ, {"waba_ids": [SUPPORT, MARKETING, int(SUPPORT)]}, "waba_ids[0] and waba_ids[2]"),
    "an account as a float": (READ, {"waba_ids": [1.5]}, "waba_ids[0]"),
    "a page of many accounts": (READ, {"waba_ids": [SUPPORT], "all_pages": False}, "all_pages"),
    "a cursor for many accounts": (READ, {"waba_ids": [SUPPORT], "after": "A"}, "after"),
}
CASES = [
    Case("everybody", [task("run", INFO, {}), task("check", INFO, {}, check_mode=True)]),
    Case(
        "filters",
        [
            task("emails", INFO, {"emails": ["JANE.doe@example.com", "zoe@example.com"]}),
            task("names", INFO, {"names": "maria garcia"}),
            task("roles", INFO, {"roles": ["admin"]}),
            task("kinds", INFO, {"kinds": ["pending_user"]}),
            task("nobody", INFO, {"emails": ["who@example.com"]}),
        ],
    ),
    Case("one refused", [task("run", INFO, {})], behaviours={"refused_edges": ["system_users"]}),
    Case("none allowed", [task("run", INFO, {})], token="no-business"),
    Case("unknown fields", [task("run", INFO, {})], behaviours={"unknown_person_fields": ["title"]}),
    Case("many people", [task("run", INFO, {})], behaviours={"people": 150}),
    Case(
        "many accounts",
        [
            task("run", READ, {"waba_ids": [int(MARKETING), SUPPORT, PRIVATE]}),
            task("check", READ, {"waba_ids": [MARKETING, SUPPORT, PRIVATE]}, check_mode=True),
            task("filter", READ, {"waba_ids": [SUPPORT, MARKETING], "user_ids": [JOHN], "fields": ["tasks"]}),
            task("null", READ, {"waba_ids": None}),
        ],
    ),
    Case("no token", [task("run", READ, {"waba_ids": [MARKETING, SUPPORT]})], token="expired"),
    Case("bad", [task(name, module, options) for name, (module, options, _word) in BAD.items()]),
]


@pytest.fixture(scope="module")
def cases() -> t.Iterator[Cases]:
    with Cases(CASES) as all_cases:
        yield all_cases


def of(cases: Cases, name: str, each: str = "run") -> Result:
    return cases[name].by_name[each]


def names(result: Result) -> list[str]:
    return [user["name"] for user in result.result["business_users"]]


def asked(sandbox: Sandbox) -> list[str]:
    """The calls that were made, those of a batch joined by a plus."""
    trips = []
    for request in sandbox.log:
        calls = [(each["method"], each["relative_url"]) for each in request.operations or ()]
        calls = calls or [(request.method, request.path.partition("/v23.0/")[2])]
        trips.append("+".join(f"{method} {url.partition('?')[0].partition('/')[2]}" for method, url in calls))
    return trips


def test_everybody_in_the_business(cases: Cases) -> None:
    result = of(cases, "everybody").result
    assert len(result["business_users"]) == result["total_count"] == PEOPLE + MACHINES
    assert (result["changed"], result["api_calls"], result["unread"]) == (False, 2, [])
    jane = next(user for user in result["business_users"] if user["id"] == JANE)
    assert jane == {
        "id": JANE,
        "name": "Jane Doe",
        "email": "jane.doe@example.com",
        "pending_email": None,
        "role": "EMPLOYEE",
        "title": None,
        "two_fac_status": "ENABLED",
        "marked_for_removal": False,
        "user_type": "BUSINESS_USER",
    }
    assert of(cases, "everybody", "check").result["business_users"] == result["business_users"]
    assert asked(cases["everybody"].sandbox) == ["GET business_users+GET system_users"] * 2


def test_some_of_the_business(cases: Cases) -> None:
    assert names(of(cases, "filters", "emails")) == ["Jane Doe", "Zoë Müller"]
    assert names(of(cases, "filters", "names")) == ["Maria Garcia", "Maria Garcia"]
    assert names(of(cases, "filters", "roles")) == ["John Smith", "Automation Bot"]
    (invited,) = of(cases, "filters", "kinds").result["business_users"]
    assert (invited["email"], invited["user_type"]) == ("new.colleague@example.com", "PENDING_USER")
    nobody = of(cases, "filters", "nobody")
    assert (nobody.status, names(nobody), nobody.result["total_count"]) == ("ok", [], PEOPLE + MACHINES)


def test_one_edge_that_is_refused_is_a_warning(cases: Cases) -> None:
    result = of(cases, "one refused")
    assert result.status == "ok"
    assert len(result.result["business_users"]) == PEOPLE
    (unread,) = result.result["unread"]
    assert unread["kind"] == "system_user"
    assert set(unread["graph_error"]) == GRAPH_ERROR_FIELDS
    assert "The system users are missing from the result" in result.warnings
    assert "business_management" in result.warnings


def test_no_edge_that_is_allowed_is_a_failure(cases: Cases) -> None:
    result = of(cases, "none allowed")
    assert result.status == "failed"
    assert result.message.startswith("Could not list the people of business 9876543210987654: ")
    assert "business_management" in result.message
    assert result.result["graph_error"]["code"] == 200
    assert result.result["api_calls"] == 2


def test_a_field_that_the_api_does_not_know_is_a_warning(cases: Cases) -> None:
    result = of(cases, "unknown fields")
    assert {user["title"] for user in result.result["business_users"]} == {None}
    assert "does not know the field title of people" in result.warnings
    assert result.result["api_calls"] == 3


def test_a_call_for_each_hundred_people(cases: Cases) -> None:
    assert of(cases, "many people").result["total_count"] == 150 + PEOPLE + MACHINES
    assert asked(cases["many people"].sandbox) == ["GET business_users+GET system_users", "GET business_users"]


def test_many_accounts_in_one_round_trip(cases: Cases) -> None:
    case = cases["many accounts"]
    marketing, support, private = of(cases, "many accounts").result["accounts"]
    for account, waba_id in ((marketing, MARKETING), (support, SUPPORT)):
        held = {user["id"]: set(user["tasks"]) for user in account["assigned_users"]}
        assert held == case.sandbox.assigned(waba_id)
        assert (account["waba_id"], account["total_count"], account["msg"]) == (waba_id, len(held), None)
    assert (private["assigned_users"], private["total_count"]) == ([], None)
    assert PRIVATE in private["msg"]
    assert set(private["graph_error"]) == GRAPH_ERROR_FIELDS
    assert of(cases, "many accounts").result["api_calls"] == 3
    assert of(cases, "many accounts", "check").result["accounts"][:2] == [marketing, support]
    john = [account["assigned_users"] for account in of(cases, "many accounts", "filter").result["accounts"]]
    assert john == [
        [{"id": JOHN, "tasks": ["MANAGE", "MANAGE_TEMPLATES", "MANAGE_USERS"]}],
        [{"id": JOHN, "tasks": ["MANAGE"]}],
    ]
    # As if it were not given.
    assert of(cases, "many accounts", "null").result["total_count"] == 5
    assert asked(case.sandbox) == [
        *["+".join(["GET assigned_users"] * count) for count in (3, 3, 2)],
        "GET assigned_users",
    ]


def test_a_dead_token_fails_the_reading_of_many_accounts(cases: Cases) -> None:
    result = of(cases, "no token")
    assert (result.status, result.result["graph_error"]["code"]) == ("failed", 190)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_words_that_name_the_option(cases: Cases, name: str) -> None:
    result = of(cases, "bad", name)
    assert result.status == "failed"
    assert BAD[name][2] in result.message
    assert cases["bad"].log == []

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People by e-mail: the module waba_business_users_info, the role, and the playbooks whois, offboard and export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sandbox import Sandbox
from sandbox.seed import DEFAULT
from system.playbooks import (
    AHMED,
    GRAPH_ERROR_FIELDS,
    JANE,
    JOHN,
    MARIA,
    REPORTER,
    Case,
    Json,
    Played,
    Result,
    Run,
    play,
    played,
    run_named,
    run_playbook,
    task,
)

INFO, READ = "waba_business_users_info", "waba_assigned_users_info"
SUPPORT, MARKETING, PRIVATE = "1234567890123456", "6543210987654321", "4321098765432109"
MARIA_TOO, NINA, LI = "4455667788990011", "3344556677889900", "6789012345678901"
EMAILS = {person["email"] for person in DEFAULT["people"] if "email" in person}
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
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    with played(tmp_path_factory.mktemp("cases"), CASES) as found:
        yield found


def of(cases: dict[str, Played], name: str, each: str = "run") -> Result:
    return next(result for result in cases[name].results if result.name == f"{name}: {each}")


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


def writes(sandbox: Sandbox) -> list[str]:
    return [call for trip in asked(sandbox) for call in trip.split("+") if not call.startswith("GET ")]


def told(run: Run) -> str:
    """What the last task that failed says, in one line."""
    failed = [result for result in run.results if result.status == "failed"]
    return " ".join(json.dumps(failed[-1].result["msg"], ensure_ascii=False).split()) if failed else run.output


def assert_shows_nobody_but(run: Run, *emails: str) -> None:
    """No address of anybody else in what is printed, logged, and handed to callbacks."""
    shown = run.output + run.record
    made_up = {f"person{number:04}@example.com" for number in range(1, 301)}
    assert sorted(email for email in (EMAILS | made_up) - set(emails) if email in shown) == []


# The module


def test_everybody_in_the_business(cases: dict[str, Played]) -> None:
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


def test_some_of_the_business(cases: dict[str, Played]) -> None:
    assert names(of(cases, "filters", "emails")) == ["Jane Doe", "Zoë Müller"]
    assert names(of(cases, "filters", "names")) == ["Maria Garcia", "Maria Garcia"]
    assert names(of(cases, "filters", "roles")) == ["John Smith", "Automation Bot"]
    (invited,) = of(cases, "filters", "kinds").result["business_users"]
    assert (invited["email"], invited["user_type"]) == ("new.colleague@example.com", "PENDING_USER")
    nobody = of(cases, "filters", "nobody")
    assert (nobody.status, names(nobody), nobody.result["total_count"]) == ("ok", [], PEOPLE + MACHINES)


def test_one_edge_that_is_refused_is_a_warning(cases: dict[str, Played]) -> None:
    result = of(cases, "one refused")
    assert result.status == "ok"
    assert len(result.result["business_users"]) == PEOPLE
    (unread,) = result.result["unread"]
    assert unread["kind"] == "system_user"
    assert set(unread["graph_error"]) == GRAPH_ERROR_FIELDS
    assert "The system users are missing from the result" in result.warnings
    assert "business_management" in result.warnings


def test_no_edge_that_is_allowed_is_a_failure(cases: dict[str, Played]) -> None:
    result = of(cases, "none allowed")
    assert result.status == "failed"
    assert result.message.startswith("Could not list the people of business 9876543210987654: ")
    assert "business_management" in result.message
    assert result.result["graph_error"]["code"] == 200
    assert result.result["api_calls"] == 2


def test_a_field_that_the_api_does_not_know_is_a_warning(cases: dict[str, Played]) -> None:
    result = of(cases, "unknown fields")
    assert {user["title"] for user in result.result["business_users"]} == {None}
    assert "does not know the field title of people" in result.warnings
    assert result.result["api_calls"] == 3


def test_a_call_for_each_hundred_people(cases: dict[str, Played]) -> None:
    assert of(cases, "many people").result["total_count"] == 150 + PEOPLE + MACHINES
    assert asked(cases["many people"].sandbox) == ["GET business_users+GET system_users", "GET business_users"]


def test_many_accounts_in_one_round_trip(cases: dict[str, Played]) -> None:
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


def test_a_dead_token_fails_the_reading_of_many_accounts(cases: dict[str, Played]) -> None:
    result = of(cases, "no token")
    assert (result.status, result.result["graph_error"]["code"]) == ("failed", 190)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_words_that_name_the_option(cases: dict[str, Played], name: str) -> None:
    result = of(cases, "bad", name)
    assert result.status == "failed"
    assert BAD[name][2] in result.message
    assert "Traceback" not in json.dumps(result.result)
    assert cases["bad"].log == []


def test_module_defaults_of_the_group_reach_it(tmp_path: Path, sandbox: Sandbox) -> None:
    """With a `waba_id` among them, which it does not need."""
    defaults = {
        "access_token": sandbox.token,
        "app_secret": sandbox.app_secret,
        "waba_id": SUPPORT,
        "business_id": sandbox.business_id,
        "api_url": sandbox.url,
    }
    tasks = [task("list", INFO, {}), task("quiet", INFO, {}, no_log=True)]
    group = {"group/metaops.whatsapp.waba": defaults}
    run = run_playbook(tmp_path, [play(tasks, module_defaults=group)], arguments=["-vvv"])
    assert run.rc == 0, run.output
    assert len(run.by_name["list"].result["business_users"]) == PEOPLE + MACHINES
    assert "business_users" not in run.by_name["quiet"].result


# The role


def access(*accounts: Json, **people: object) -> Json:
    return {"waba_access_people": people, "waba_access_accounts": list(accounts)}


def may(*tasks: str, **who: str) -> Json:
    return {**who, "tasks": list(tasks)}


def test_the_role_takes_addresses_and_machines(tmp_path: Path) -> None:
    variables = access(
        {
            "waba_id": SUPPORT,
            "users": [
                may("DEVELOP", person="jane"),
                may("VIEW_COST", person="reporter"),
                may("MESSAGING", email="Li.Wei@example.com"),
                may("MANAGE", email="john.smith@example.com", user_id=JOHN),
                may("FULL_CONTROL", person="automation"),
            ],
            "purge_users": True,
            "keep_users": ["ahmed.hassan@example.com"],
        },
        {"waba_id": MARKETING, "users": [may("VIEW_INSIGHTS", person="jane")]},
        jane={"email": "jane.doe@example.com"},
        reporter={"system_user": "Reporting Bot", "id": REPORTER},
        automation={"system_user": "Automation Bot"},
    )
    named = ["jane.doe@example.com", "Li.Wei@example.com", "john.smith@example.com", "ahmed.hassan@example.com"]
    with Sandbox(people=95) as sandbox:
        preview = run_named(tmp_path / "1", sandbox, "apply", variables, ["--check", "-vvv"])
        assert preview.rc == 0, preview.output
        assert_shows_nobody_but(preview, *named)
        assert writes(sandbox) == []
        # 103 people are two pages; machines come beside the first. Two accounts: a read each, the first of two pages.
        business = ["GET business_users+GET system_users", "GET business_users"]
        assert asked(sandbox)[:2] == business
        assert not any("business_users" in trip for trip in asked(sandbox)[2:])

        run = run_named(tmp_path / "2", sandbox, "apply", variables, ["-vvv", "--diff"])
        assert run.rc == 0, run.output
        assert_shows_nobody_but(run, *named)
        assert asked(sandbox)[:2] == business
        assert sandbox.assigned(SUPPORT) == {
            JANE: {"DEVELOP"},
            REPORTER: {"VIEW_COST"},
            LI: {"MESSAGING"},
            JOHN: {"MANAGE"},
            sandbox.own_user_id: {"FULL_CONTROL"},
            AHMED: {"DEVELOP", "MANAGE_TEMPLATES", "VIEW_TEMPLATES"},
        }
        assert sandbox.tasks_of(JANE, MARKETING) == {"VIEW_INSIGHTS"}

        again = run_named(tmp_path / "3", sandbox, "apply", variables)
        assert not any(result.result.get("changed") for result in again.results)
        assert asked(sandbox) == [*business, "GET assigned_users", "GET assigned_users"]


def test_ids_need_no_listing(tmp_path: Path, sandbox: Sandbox) -> None:
    one = {"waba_id": SUPPORT, "users": [may("DEVELOP", person="jane")], "keep_users": [MARIA]}
    run = run_named(tmp_path, sandbox, "apply", access(one, jane=JANE, unused={"email": "who@example.com"}))
    assert run.rc == 0, run.output
    assert asked(sandbox)[0] == "GET assigned_users"
    assert not any("business_users" in trip for trip in asked(sandbox))


def test_everything_that_is_wrong_is_told_before_anything_is_changed(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.add_person("7711", "Jon Double", email="double@example.com")
    sandbox.add_person("7712", "Jim Double", email="Double@example.com")
    before = {waba_id: sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)}
    variables = access(
        {"waba_id": SUPPORT, "name": "Support", "users": [may("DEVELOP", person="jane")]},
        {
            "waba_id": MARKETING,
            "users": [
                may("DEVELOP", email="jane.do@example.com"),
                may("DEVELOP", email="new.colleague@example.com"),
                may("DEVELOP", email="li.wei@new.example.com"),
                may("DEVELOP", person="stolen"),
                may("DEVELOP", email="double@example.com"),
                may("DEVELOP", person="bot"),
                may("DEVELOP", person="who"),
                may("DEVELOP", email="nina.former@example.com"),
                may("DEVELOP", person="jane"),
                may("DEVELOP", person="janie"),
                may("DEVELOP", person="jane", email="jane.doe@example.com"),
            ],
            "keep_users": ["nobody.at.all@example.com"],
        },
        jane={"email": "jane.doe@example.com"},
        janie=JANE,
        stolen={"id": MARIA, "email": "ahmed.hassan@example.com"},
        bot={"system_user": "reporting bot"},
    )
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    text = told(run)
    assert "Nothing was changed" in text
    for words in (
        f"account {MARKETING}, users[0]: jane.do@example.com is nobody's address",
        "did you mean jane.doe@example.com",
        "users[1]: new.colleague@example.com is invited to business 9876543210987654 and has not joined yet",
        f"users[2]: li.wei@new.example.com is the new address of {LI}",
        f"users[3]: ahmed.hassan@example.com is {AHMED}",
        f"not {MARIA}: the two must agree",
        "users[4]: double@example.com is not one person in business 9876543210987654: 7711 (Jon Double",
        "users[5]: no system user of business 9876543210987654 is called 'reporting bot' (did you mean Reporting Bot?)",
        "users[6]: person 'who' is not in waba_access_people",
        "users[7]: nina.former@example.com is nobody's address",
        "users[10]: give either person, or user_id, or email",
        "keep_users[0]: nobody.at.all@example.com is nobody's address",
        f"waba_access_people: jane and janie are the same person ({JANE}): keep one name",
    ):
        assert words in text
    assert {waba_id: sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)} == before
    # A listing, and one of the invitations: no account was touched.
    assert asked(sandbox) == ["GET business_users+GET system_users", "GET pending_users"]
    assert_shows_nobody_but(
        run,
        "jane.doe@example.com",
        "new.colleague@example.com",
        "li.wei@new.example.com",
        "li.wei@example.com",
        "ahmed.hassan@example.com",
        "nina.former@example.com",
    )


def test_without_the_right_addresses_are_told_to_be_out_of_reach_once(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.change_token(permissions=["whatsapp_business_management"])
    users = [may("DEVELOP", person="jane"), may("DEVELOP", email="li.wei@example.com"), may("DEVELOP", user_id=MARIA)]
    variables = access(
        {"waba_id": SUPPORT, "users": users},
        {"waba_id": MARKETING, "users": users},
        jane={"email": "jane.doe@example.com"},
    )
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    text = told(run)
    assert text.count("nobody can be looked up") == 1
    assert "business_management" in text
    assert "Ids of people work without it" in text
    assert asked(sandbox) == ["GET business_users"]


BAD_VARIABLES: dict[str, tuple[Json, str]] = {
    "an address in the place of an id": (
        access({"waba_id": SUPPORT, "users": [may("DEVELOP", person="jane")]}, jane="jane.doe@example.com"),
        "write {email: jane.doe@example.com}",
    ),
    "an entry that is empty": (
        access({"waba_id": SUPPORT, "users": [may("DEVELOP", person="jane")]}, jane=None),
        "waba_access_people.jane is empty",
    ),
    "an address that is none": (
        access({"waba_id": SUPPORT, "users": [may("DEVELOP", email="jane.doe")]}),
        "email must be an e-mail address; got 'jane.doe'",
    ),
    "nobody": (access({"waba_id": SUPPORT, "users": [{"tasks": ["DEVELOP"], "email": None}]}), "users[0]"),
}


@pytest.mark.parametrize("name", BAD_VARIABLES)
def test_variables_that_make_no_sense_cost_no_call(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    variables, words = BAD_VARIABLES[name]
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    assert words in told(run)
    assert sandbox.log == []


# whois

ACCOUNTS = [{"waba_id": SUPPORT, "name": "Support", "users": []}, {"waba_id": MARKETING, "users": []}]


def whois(folder: Path, sandbox: Sandbox, who: object, **variables: object) -> Run:
    given = {"waba_access_accounts": ACCOUNTS, "waba_access_people": {"boss": {"email": "john.smith@example.com"}}}
    return run_named(folder, sandbox, "whois", {**given, "who": who, **variables})


def test_who_somebody_is_and_what_they_can_do(tmp_path: Path, sandbox: Sandbox) -> None:
    for number, who in enumerate(("JOHN.SMITH@example.com", "boss", int(JOHN), "john smith")):
        run = whois(tmp_path / str(number), sandbox, who)
        assert run.rc == 0, run.output
        said = run.results[-1].result["msg"]
        (john,) = said["people"]
        assert (john["id"], john["role"], john["two_fac_status"], john["in_business"]) == (
            JOHN,
            "ADMIN",
            "DISABLED",
            True,
        )
        assert john["access"] == [
            {
                "account": f"Support ({SUPPORT})",
                "waba_id": SUPPORT,
                "tasks": ["MANAGE", "MANAGE_TEMPLATES", "MANAGE_USERS"],
            },
            {"account": MARKETING, "waba_id": MARKETING, "tasks": ["MANAGE"]},
        ]
        assert said["not_read"] == []
        assert_shows_nobody_but(run, "john.smith@example.com")
    assert asked(sandbox) == [
        "GET business_users+GET system_users+GET pending_users",
        "GET assigned_users+GET assigned_users",
    ]


def test_whois_says_what_it_could_not_read(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.change_token(permissions=["whatsapp_business_management"])
    private = {"waba_access_accounts": [*ACCOUNTS, {"waba_id": PRIVATE, "users": []}]}
    run = whois(tmp_path / "1", sandbox, "nina former", **private)
    assert run.rc == 0, run.output
    said = run.results[-1].result["msg"]
    (nina,) = said["people"]
    assert (nina["id"], nina["in_business"], nina["email"]) == (NINA, None, None)
    assert [access["waba_id"] for access in nina["access"]] == [MARKETING]
    assert [line for line in said["not_read"] if PRIVATE in line]
    assert [line for line in said["not_read"] if "business_management" in line]

    run = whois(tmp_path / "2", sandbox, "john.smith@example.com", **private)
    assert run.rc != 0
    assert "as far as they could be read" in told(run)
    assert "business_management" in told(run)


def test_whois_without_variables_looks_at_the_account_of_the_environment(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_named(tmp_path, sandbox, "whois", {"who": "garcia"})
    assert run.rc == 0, run.output
    assert {person["id"] for person in run.results[-1].result["msg"]["people"]} == {MARIA, MARIA_TOO}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Say who"),
        ({"who": None}, "Say who"),
        ({"who": "x", "waba_access_accounts": "123"}, "the accounts must be a list"),
        ({"who": "x", "waba_access_accounts": []}, "waba_access_accounts is empty"),
    ],
)
def test_whois_refuses_what_makes_no_sense(tmp_path: Path, sandbox: Sandbox, variables: Json, words: str) -> None:
    run = run_named(tmp_path, sandbox, "whois", variables)
    assert run.rc != 0
    assert words in told(run)
    assert sandbox.log == []


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ([{"waba_id": "12/34"}], "accounts[0].waba_id must be an id"),
        ([{"waba_id": SUPPORT}, {"waba_id": int(SUPPORT)}], "accounts[0] and accounts[1] are the same"),
        ([], "and the accounts"),
    ],
)
def test_offboard_refuses_what_makes_no_sense(
    tmp_path: Path, sandbox: Sandbox, accounts: list[Json], words: str
) -> None:
    variables = {"waba_access_accounts": accounts, "person": "maria.garcia@example.com"}
    run = run_named(tmp_path, sandbox, "offboard", variables)
    assert run.rc != 0
    assert words in told(run)
    assert sandbox.log == []


# Offboarding


def offboard(folder: Path, sandbox: Sandbox, person: object, *arguments: str) -> Run:
    people = {"nina": {"id": NINA, "email": "nina.former@example.com"}}
    variables = {"waba_access_accounts": ACCOUNTS, "waba_access_people": people, "person": person}
    return run_named(folder, sandbox, "offboard", variables, arguments)


def report(run: Run) -> list[str]:
    return list(run.by_name["Say what was done"].result["msg"])


def test_somebody_leaves_by_address(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.assign(MARIA_TOO, ["DEVELOP"], MARKETING)
    sandbox.remove(NINA, MARKETING)
    preview = offboard(tmp_path / "1", sandbox, "Maria.Garcia@example.com", "--check", "-vvv")
    assert preview.rc == 0, preview.output
    assert report(preview) == [
        f"Support ({SUPPORT}): access would be taken away (MESSAGING, VIEW_TEMPLATES)",
        f"{MARKETING}: had no access",
    ]
    assert writes(sandbox) == []
    run = offboard(tmp_path / "2", sandbox, "Maria.Garcia@example.com", "-vvv")
    assert run.rc == 0, run.output
    assert report(run)[0] == f"Support ({SUPPORT}): access taken away (MESSAGING, VIEW_TEMPLATES)"
    assert sandbox.tasks_of(MARIA, SUPPORT) is None
    assert sandbox.tasks_of(MARIA_TOO, MARKETING) == {"DEVELOP"}
    assert asked(sandbox)[:2] == [
        "GET business_users+GET system_users",
        "GET assigned_users+GET assigned_users",
    ]
    for each in (preview, run):
        assert_shows_nobody_but(each, "Maria.Garcia@example.com")


@pytest.mark.parametrize("person", ["nina", "nina FORMER"])
def test_who_left_the_business_is_found(tmp_path: Path, sandbox: Sandbox, person: object) -> None:
    run = offboard(tmp_path, sandbox, person)
    assert run.rc == 0, run.output
    assert report(run) == [f"Support ({SUPPORT}): had no access", f"{MARKETING}: access taken away (VIEW_INSIGHTS)"]
    assert sandbox.tasks_of(NINA, MARKETING) is None


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("nina.former@example.com", f"not in the business any more: {NINA} (Nina Former) on {MARKETING}"),
        ("maria garcia", f"several people are called maria garcia: {MARIA} (Maria Garcia"),
        ("Maria", "nobody in the business or on the accounts is 'Maria'"),
    ],
)
def test_nobody_is_guessed(tmp_path: Path, sandbox: Sandbox, person: str, words: str) -> None:
    run = offboard(tmp_path, sandbox, person)
    assert run.rc != 0
    assert "Nothing was taken away" in told(run)
    assert words in told(run)
    assert writes(sandbox) == []


def test_an_account_that_could_not_be_read_leaves_it_uncertain(tmp_path: Path, sandbox: Sandbox) -> None:
    accounts = [*ACCOUNTS, {"waba_id": PRIVATE, "users": []}]
    variables = {"waba_access_accounts": accounts, "person": MARIA}
    run = run_named(tmp_path, sandbox, "offboard", variables)
    assert run.rc != 0
    assert sandbox.tasks_of(MARIA, SUPPORT) is None
    assert report(run)[2].startswith(f"{PRIVATE}: NOT CERTAIN, Could not read the assigned users")
    assert "not certain" in told(run)


def test_without_the_right_an_address_takes_nothing_and_an_id_works(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.change_token(permissions=["whatsapp_business_management"])
    by_address = offboard(tmp_path / "1", sandbox, "maria.garcia@example.com")
    assert by_address.rc != 0
    assert "Ids of people work without it" in told(by_address)
    assert writes(sandbox) == []
    by_id = offboard(tmp_path / "2", sandbox, MARIA)
    assert by_id.rc == 0, by_id.output
    assert sandbox.tasks_of(MARIA) is None
    assert not any("business_users" in trip for trip in asked(sandbox))


# Export


def exported(run: Run) -> Json:
    return dict(yaml.safe_load((run.folder / "access.yml").read_text(encoding="utf-8")))


def test_an_export_has_addresses_and_changes_nothing_when_applied(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.assign(MARIA_TOO, ["DEVELOP"], SUPPORT)
    accounts = [{"waba_id": SUPPORT, "name": "Support"}, {"waba_id": MARKETING}]
    run = run_named(tmp_path / "1", sandbox, "export", {"accounts": accounts}, ["-vvv"])
    assert run.rc == 0, run.output
    assert_shows_nobody_but(run)
    assert asked(sandbox) == ["GET assigned_users+GET assigned_users", "GET business_users"]
    variables = exported(run)
    assert variables["waba_access_people"] == {
        "ahmed_hassan": {"email": "ahmed.hassan@example.com", "id": AHMED},
        "automation_bot": sandbox.own_user_id,
        "john_smith": {"email": "john.smith@example.com", "id": JOHN},
        f"maria_garcia_{MARIA}": {"email": "maria.garcia@example.com", "id": MARIA},
        f"maria_garcia_{MARIA_TOO}": {"email": "maria.garcia.lopez@example.com", "id": MARIA_TOO},
        "nina_former": NINA,
        "reporting_bot": REPORTER,
    }
    applied = run_named(tmp_path / "2", sandbox, "apply", {**variables, "waba_access_purge_users": True})
    assert applied.rc == 0, applied.output
    assert not any(result.result.get("changed") for result in applied.results)
    assert asked(sandbox) == ["GET business_users", "GET assigned_users", "GET assigned_users"]


@pytest.mark.parametrize("emails", [True, False])
def test_an_export_without_addresses(tmp_path: Path, sandbox: Sandbox, emails: bool) -> None:
    if emails:
        sandbox.change_token(permissions=["whatsapp_business_management"])
    run = run_named(tmp_path, sandbox, "export", {"emails": emails})
    assert run.rc == 0, run.output
    assert exported(run)["waba_access_people"]["john_smith"] == JOHN
    assert ("People are written down by id alone. Could not list the people" in run.stdout) == emails
    assert asked(sandbox) == ["GET assigned_users", "GET business_users"][: 2 if emails else 1]

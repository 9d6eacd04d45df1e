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
from support.playbooks import (
    GRAPH_ERROR_FIELDS,
    JANE,
    JOHN,
    MARIA,
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


# The playbooks. What they find and refuse is tried in-process: here is what Ansible makes of it.

ACCOUNTS: list[Json] = [{"waba_id": SUPPORT, "name": "Support"}, {"waba_id": MARKETING}]


def offboard(folder: Path, sandbox: Sandbox, person: object, *arguments: str) -> Run:
    variables = {"waba_access_accounts": ACCOUNTS, "waba_access_people": {"nina": NINA}, "person": person}
    return run_named(folder, sandbox, "offboard", variables, arguments)


def message(run: Run) -> list[str]:
    """What the last task says."""
    said = run.results[-1].result["msg"]
    return said if isinstance(said, list) else [said]


def test_a_person_is_offboarded_by_address(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.assign(MARIA, ["MESSAGING"], MARKETING)
    preview = offboard(tmp_path / "1", sandbox, "maria.garcia@example.com", "--check")
    assert preview.rc == 0, preview.output
    assert message(preview) == [
        f"Account Support ({SUPPORT}): would remove {MARIA} Maria Garcia (MESSAGING, VIEW_TEMPLATES).",
        f"Account {MARKETING}: would remove {MARIA} Maria Garcia (MESSAGING).",
        "2 accounts: access would be revoked on 2, no access on 0, 0 failed; only these accounts were looked at.",
    ]
    assert sandbox.tasks_of(MARIA) is not None
    run = offboard(tmp_path / "2", sandbox, "maria.garcia@example.com")
    assert run.rc == 0, run.output
    assert (sandbox.tasks_of(MARIA), sandbox.tasks_of(MARIA, MARKETING)) == (None, None)
    assert "john.smith@example.com" not in run.output, "whom else the business has is not printed"


def test_without_a_file_every_account_of_the_business_is_looked_through(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_named(tmp_path, sandbox, "offboard", {"person": int(JOHN)})
    assert run.rc == 0, run.output
    assert message(run)[-1].startswith("All 3 accounts of business 9876543210987654: access revoked on 2")


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("nina.former@example.com", "'nina.former@example.com' was not found in the business or on the accounts"),
        ("maria garcia", "several people are called 'maria garcia'"),
        ("999", "'999' was not found in the business or on the accounts"),
    ],
)
def test_nobody_is_guessed(tmp_path: Path, sandbox: Sandbox, person: str, words: str) -> None:
    run = offboard(tmp_path, sandbox, person)
    assert run.rc != 0
    assert message(run)[0] == "Nothing was changed."
    assert words in message(run)[1]
    assert writes(sandbox) == []


@pytest.mark.parametrize("arguments", [[], ["-e", "person="], ["-e", "person=Ahmed Hassan"]])
def test_a_person_who_is_not_given_whole_is_not_offboarded(
    tmp_path: Path, sandbox: Sandbox, arguments: list[str]
) -> None:
    run = run_named(tmp_path, sandbox, "offboard", {}, arguments)
    assert run.rc != 0
    assert "A name with a space needs -e" in message(run)[0]
    assert sandbox.log == []


@pytest.mark.parametrize("arguments", [[], ["-e", "person="]])
def test_whois_needs_a_person(tmp_path: Path, sandbox: Sandbox, arguments: list[str]) -> None:
    run = run_named(tmp_path, sandbox, "whois", {}, arguments)
    assert run.rc != 0
    assert message(run)[0].startswith("person is empty: give a short name, an id, an e-mail address or a name")
    assert sandbox.log == []


def test_whois_takes_a_name_of_which_ansible_makes_two_variables(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_named(tmp_path, sandbox, "whois", {}, ["-e", "person=Ahmed Hassan"])
    assert run.rc == 0, run.output
    assert '"name": "Ahmed Hassan"' in run.output


def test_an_account_that_could_not_be_read_fails_the_offboarding(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = {"waba_access_accounts": [*ACCOUNTS, {"waba_id": PRIVATE, "name": "Private"}], "person": "nina"}
    run = run_named(tmp_path, sandbox, "offboard", {**variables, "waba_access_people": {"nina": NINA}})
    assert run.rc != 0
    assert message(run)[0].startswith(f"Account Private ({PRIVATE}): Could not read")
    assert message(run)[-1] == "3 accounts: access revoked on 1, no access on 1, 1 failed."
    assert sandbox.tasks_of(NINA, MARKETING) is None


@pytest.mark.parametrize("person", ["john.smith@example.com", "smith", int(JOHN), "boss"])
def test_whois_and_offboard_find_the_same_person(tmp_path: Path, sandbox: Sandbox, person: object) -> None:
    variables = {"waba_access_people": {"boss": JOHN}, "person": person}
    run = run_named(tmp_path, sandbox, "whois", variables)
    assert run.rc == 0, run.output
    shown = run.results[-1].result["msg"]
    assert [(one["id"], len(one["access"])) for one in shown["people"]] == [(JOHN, 2)]
    assert shown["unread"] == []


def test_whois_says_what_could_not_be_read(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.configure(refused_edges=["business_users"])
    run = run_named(tmp_path, sandbox, "whois", {"person": "smith", "waba_access_accounts": ACCOUNTS})
    assert run.rc == 0, run.output
    assert run.results[-1].result["msg"]["people"][0]["in_business"] is None
    assert "Could not list the people" in run.results[-1].result["msg"]["unread"][0]


LOOKUP = "lookup('ansible.builtin.pipe', 'touch MARK')"


@pytest.mark.parametrize(
    "evil", [f"{{{{ {LOOKUP} }}}}", f"#jinja2: x:y\n{{{{ {LOOKUP} }}}}", f"{{% set a = {LOOKUP} %}}"]
)
def test_no_text_of_the_api_is_evaluated_when_an_export_is_loaded(tmp_path: Path, evil: str) -> None:
    """Neither a person's name or address nor an account's name: not when it is written, and not when it is loaded."""
    mark = tmp_path / "evaluated"
    name = evil.replace("MARK", str(mark))
    people = [
        {**one, "name": name, "email": f"{name.split()[0]}@example.com"} if one["id"] == MARIA else one
        for one in DEFAULT["people"]
    ]
    seed = {**DEFAULT, "people": people, "accounts": [{**DEFAULT["accounts"][0], "name": name}]}
    with Sandbox(seed=seed) as sandbox:
        run = run_named(tmp_path / "1", sandbox, "export", {})
        assert run.rc == 0, run.output
        for number, playbook in enumerate(("apply", "whois", "offboard"), start=2):
            loaded = ["-e", f"@{tmp_path / '1' / 'access.yml'}"]
            run = run_named(tmp_path / str(number), sandbox, playbook, {"person": MARIA}, loaded)
            assert run.rc == 0, run.output
    assert not mark.exists()


@pytest.mark.parametrize("emails", [True, "false"])
def test_an_export_without_addresses(tmp_path: Path, sandbox: Sandbox, emails: object) -> None:
    """Because it is asked for, or because the token may not list the business."""
    if emails is True:
        sandbox.configure(refused_edges=["business_users", "system_users"])
    run = run_named(tmp_path, sandbox, "export", {"waba_access_accounts": ACCOUNTS, "emails": emails})
    assert run.rc == 0, run.output
    people = yaml.safe_load((tmp_path / "access.yml").read_text(encoding="utf-8"))["waba_access_people"]
    assert people["john_smith"] == {"id": JOHN, "name": "John Smith"}

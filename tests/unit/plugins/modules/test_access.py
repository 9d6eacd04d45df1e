# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`waba_access` as a whole: declared access on several accounts."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from sandbox import Fault
from tasks import Json, predicted, round_trips, waba_access_task

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
HOTLINE = "5432109876543210"
NINA = "3344556677889900"  # has left the business, on MARKETING
OWN = "100081234567890123"
JANE = "3456789012345678"  # jane.doe@example.com, not assigned
LI = "6789012345678901"  # li.wei@example.com, not assigned
JOHN = "2345678901234567"
MARIA = "4567890123456789"
AHMED = "5678901234567890"
REPORTER = "122100123456789013"
PEOPLE = {
    "jane": {"email": "jane.doe@example.com"},
    "li": {"email": "li.wei@example.com", "id": LI, "name": "Li Wei"},
    "reporting": {"system_user": "Reporting Bot"},
    "maria": MARIA,
}


def account(waba_id: str, users: t.Any = (), **more: t.Any) -> Json:
    return {"waba_id": waba_id, "users": list(users), **more}


def entry(person: str, *tasks: str) -> Json:
    return {"person": person, "tasks": list(tasks)}


def absent(person: str) -> Json:
    return {"person": person, "state": "absent"}


DECLARED: list[Json] = [
    account(SUPPORT, [entry("jane", "DEVELOP"), absent("maria")], name="Support"),
    account(MARKETING, [entry("li", "MESSAGING")], name="Marketing"),
]


def test_declared_access_comes_about_in_shared_round_trips(bench: Bench) -> None:
    result = predicted(bench, people=PEOPLE, accounts=DECLARED, users=[entry("reporting", "VIEW_INSIGHTS")])
    assert round_trips(bench) == [["GET", "GET"], ["GET", "GET"], ["GET"], ["POST"] * 4, ["DELETE"], ["GET", "GET"]]
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert bench.sandbox.tasks_of(LI, MARKETING) == {"MESSAGING"}
    assert bench.sandbox.tasks_of(REPORTER, MARKETING) == {"VIEW_INSIGHTS"}
    assert bench.sandbox.tasks_of(MARIA) is None
    assert "failed" not in result
    assert [one["waba_id"] for one in result["accounts"]] == [SUPPORT, MARKETING]
    assert [(one["waba_id"], one["user_id"], one["operation"]) for one in result["plan"]] == [
        (SUPPORT, JANE, "add"),
        (SUPPORT, MARIA, "remove"),
        (SUPPORT, REPORTER, "update"),
        (MARKETING, LI, "add"),
        (MARKETING, REPORTER, "add"),
    ]
    assert result["summary"] == {"accounts": 2, "changed": 2, "unchanged": 0, "failed": 0}
    assert result["msg"].splitlines()[-1] == (
        "2 accounts: 2 changed, 0 as declared, 0 failed; 4 undeclared users left alone."
    )
    again = waba_access_task(bench, people=PEOPLE, accounts=DECLARED, users=[entry("reporting", "VIEW_INSIGHTS")])
    assert not again["changed"]
    assert again["diff"] == []
    assert round_trips(bench) == [["GET", "GET"], ["GET", "GET"]]


def test_the_diff_has_an_entry_an_account_with_names_from_the_declaration(bench: Bench) -> None:
    support, marketing = predicted(bench, people=PEOPLE, accounts=DECLARED)["diff"]
    assert support["before_header"] == f"assigned users of WhatsApp Business Account Support ({SUPPORT})"
    assert support["before"] == f"{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES\n"
    assert support["after"] == f"{JANE} (jane.doe@example.com): DEVELOP\n"
    assert marketing["after"] == f"{LI} (Li Wei): MESSAGING\n"


def test_those_who_are_granted_access_are_named(bench: Bench) -> None:
    message = predicted(bench, people=PEOPLE, accounts=DECLARED)["msg"]
    assert f"Account Support ({SUPPORT}): granted DEVELOP to {JANE} (jane.doe@example.com)" in message


def test_without_accounts_every_account_of_the_business_is_meant(bench: Bench) -> None:
    result = predicted(bench, people=PEOPLE, users=[entry("jane", "DEVELOP")])
    assert [one["name"] for one in result["accounts"]] == ["Example Support", "Partner Hotline", "Example Marketing"]
    assert "All 3 accounts of business 9876543210987654: 3 changed" in result["msg"]
    owned = predicted(bench, users=[{"user_id": JANE, "state": "absent"}], account_kinds=["owned"])
    assert [one["waba_id"] for one in owned["accounts"]] == [SUPPORT, MARKETING]


def test_accounts_that_are_not_all_listed_are_an_error(start: Start) -> None:
    bench = start(unlisted=(MARKETING,))
    with pytest.raises(RefusedError, match="counts 2 owned accounts and listed 1"):
        waba_access_task(bench, users=[{"user_id": JANE, "tasks": ["DEVELOP"]}])
    bench.sandbox.configure(refused_edges=("client_whatsapp_business_accounts",), unlisted=())
    with pytest.raises(GraphError, match="leave client out of account_kinds"):
        waba_access_task(bench, users=[{"user_id": JANE, "tasks": ["DEVELOP"]}])


def test_two_hundred_accounts_take_as_few_round_trips_as_can_be(start: Start) -> None:
    bench = start(accounts=200, people_each=20)
    accounts = [
        account(waba_id, [{"user_id": JANE, "tasks": ["DEVELOP"]}]) for waba_id in bench.sandbox._world.accounts
    ]
    own = {"user_id": OWN, "tasks": ["FULL_CONTROL"]}
    converged = [account(one["waba_id"], [own]) for one in accounts]
    assert not waba_access_task(bench, accounts=converged)["changed"]
    assert round_trips(bench) == [["GET"] * 50] * 4
    assert bench.sandbox.connections == 1
    two_changes = [{**one, "users": [*one["users"], {"user_id": MARIA, "state": "absent"}]} for one in accounts]
    result = waba_access_task(bench, accounts=two_changes)
    assert result["summary"]["changed"] == 200
    assert [len(trip) for trip in round_trips(bench)] == [50] * 4 + [1] + [50] * 4 + [50] * 4 + [50] * 4


def test_offboarding_from_two_hundred_accounts_by_address(start: Start) -> None:
    bench = start(accounts=200, people_each=20)
    result = waba_access_task(bench, revoke=["maria.garcia@example.com"])
    assert result["summary"] == {"accounts": 200, "changed": 200, "unchanged": 0, "failed": 0}
    trips = [len(trip) for trip in round_trips(bench)]
    assert trips == [4, 2] + [50] * 4 + [1] + [50] * 4 + [50] * 4
    assert len(result["msg"].splitlines()) == 201


# All or nothing before the first write


def wrong(bench: Bench, error: type[Exception], **options: t.Any) -> list[str]:
    """The lines of the message, for a task after which nothing has been written."""
    before = bench.sandbox.assigned(), bench.sandbox.assigned(MARKETING)
    with pytest.raises(error) as caught:
        waba_access_task(bench, **options)
    assert (bench.sandbox.assigned(), bench.sandbox.assigned(MARKETING)) == before
    assert error is not OptionError or bench.sandbox.log == []
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ([], "accounts is an empty list"),
        (["x"], "accounts[0] must be a dictionary with waba_id; got 'x'"),
        ([None], "accounts[0] must be a dictionary"),
        ([{"users": []}], "accounts[0].waba_id is empty"),
        ([{"waba_id": "12/34"}], "accounts[0].waba_id must be an id of digits only"),
        ([{"waba_id": 1.5}], "accounts[0].waba_id must be an id of digits only"),
        ([{"waba_id": "1", "business_id": "x"}], "accounts[0].business_id must be an id of digits only"),
        ([{"waba_id": "1", "user": []}], "accounts[0] has no key user (did you mean users?)"),
        ([{"waba_id": "1", "users": "jane"}], "accounts[0].users must be a list of entries"),
        ([{"waba_id": "1", "users": None, "purge_users": True}], "accounts[0].users is null in an account that purges"),
        ([{"waba_id": "1"}, {"waba_id": 1}], "accounts[0] and accounts[1] are the same account (1)"),
        ([{"waba_id": "1", "purge_users": "perhaps"}], "accounts[0].purge_users must be true or false; got 'perhaps'"),
        ([{"waba_id": "1", "max_removals": -1}], "accounts[0].max_removals must be between 0"),
        ([{"waba_id": "1", "max_removals": float("inf")}], "accounts[0].max_removals must be a whole number"),
        ([{"waba_id": "1", "unreadable_tasks": "no"}], "accounts[0].unreadable_tasks must be one of warn, apply, fail"),
        ([account("1", [entry("jane", "DEVLOP")])], "accounts[0].users[0].tasks (jane): there is no task 'DEVLOP'"),
        ([account("1", [entry("jane", "DEVLOP")])], "(did you mean DEVELOP?)"),
        ([account("1", [entry("jane")])], "accounts[0].users[0].tasks (jane) is empty"),
        ([account("1", [{"person": "jane", "tasks": None}])], "accounts[0].users[0].tasks (jane) is empty"),
        ([account("1", [{"person": "jane", "tasks": 5}])], "there is no task '5'"),
        ([account("1", [{"person": "jane", "tasks": {"A": 1}}])], "accounts[0].users[0].tasks (jane) must be a list"),
        ([account("1", [{"tasks": ["DEVELOP"]}])], "accounts[0].users[0]: give either person, or user_id, or email"),
        ([account("1", [{"person": "jane", "email": "a@b", "tasks": ["DEVELOP"]}])], "give either person"),
        ([account("1", [{"user_id": "a@b.c", "tasks": ["DEVELOP"]}])], "a@b.c is an address: give it as email"),
        ([account("1", [{"user_id": "12/3", "tasks": ["DEVELOP"]}])], "user_id must be an id of digits only"),
        (
            [account("1", [{**entry("jane", "DEVELOP"), "state": "gone"}])],
            "state must be present or absent; got 'gone'",
        ),
        ([account("1", [{**entry("jane", "DEVELOP"), "task": 1}])], "has no key task (did you mean tasks?)"),
        ([account("1", [entry("jane", "DEVELOP"), absent("jane")])], "are the same person (jane): keep one"),
        ([account("1", [7])], "accounts[0].users[0] must be a dictionary"),
        ([account("1", keep_users=[None], users=[])], "accounts[0].keep_users[0]: a person must be a short name"),
    ],
)
def test_a_declaration_of_the_wrong_form_is_refused_before_any_request(
    bench: Bench, accounts: t.Any, words: str
) -> None:
    assert words in " ".join(wrong(bench, OptionError, people=PEOPLE, accounts=accounts))


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ({"x": "a@b.c"}, "people.x must be an id, in quotes, or have an email: write {email: a@b.c}"),
        ({"x": None}, "people.x is empty"),
        ({"x": {}}, "people.x must have an id, an email or a system_user"),
        ({"x": {"email": "a@b.c", "system_user": "Bot"}}, "an email or a system_user, not both"),
        ({"x": {"mail": "a@b.c"}}, "people.x has no key mail (did you mean email?)"),
        ({"x": {"email": "nobody"}}, "people.x.email must be an e-mail address; got 'nobody'"),
        ({"x": {"id": True}}, "people.x.id must be an id of digits only"),
        ({"x": "1", "y": 1}, "x and y are the same person (1): keep one name"),
    ],
)
def test_short_names_of_the_wrong_form_are_refused_before_any_request(bench: Bench, people: t.Any, words: str) -> None:
    found = wrong(bench, OptionError, people=people, accounts=[account(SUPPORT, [entry("x", "DEVELOP")])])
    assert words in " ".join(found)


def test_every_problem_of_form_in_all_accounts_is_told_at_once(bench: Bench) -> None:
    accounts = [
        account("12/3", [entry("jane", "DEVLOP")]),
        account(MARKETING, [entry("li")], purge_user=True),
        account(HOTLINE, [], purge_users=True),
    ]
    assert len(wrong(bench, OptionError, people=PEOPLE, accounts=accounts)) == 5


def test_an_empty_declaration_is_an_error(bench: Bench) -> None:
    assert "No access is declared" in wrong(bench, OptionError, accounts=[{"waba_id": SUPPORT}])[0]
    assert (
        "purge_users needs named accounts"
        in wrong(bench, OptionError, users=[entry(JANE, "DEVELOP")], purge_users=True)[0]
    )
    (line,) = wrong(bench, OptionError, accounts=[account(SUPPORT)], purge_users=True)
    assert f"accounts[0] (account {SUPPORT}): purge_users would remove everybody" in line


def test_everybody_who_cannot_be_found_is_told_at_once(bench: Bench) -> None:
    people = {**PEOPLE, "typo": {"email": "jane.do@example.com"}, "bot": {"system_user": "Reporting bot"}}
    accounts = [
        account(SUPPORT, [entry("typo", "DEVELOP"), entry("nina.new@example.com", "MESSAGING")], name="Support"),
        account(MARKETING, [entry("bot", "VIEW_COST")]),
    ]
    accounts.append(account(HOTLINE, [entry("jan", "DEVELOP")], keep_users=["who"]))
    head, typo, invited, bot, jan, who = wrong(bench, RefusedError, people=people, accounts=accounts)
    assert head == "Nothing was changed."
    assert "accounts[0].users[0] (account Support (1234567890123456), typo): jane.do@example.com was not found" in typo
    assert "did you mean jane.doe@example.com" in typo
    assert "accounts[0].users[1]" in invited
    assert "accounts[1].users[0]" in bot
    assert "did you mean Reporting Bot" in bot
    assert jan.startswith(f"accounts[2].users[0] (account {HOTLINE}, jan): there is no short name 'jan' in people")
    assert jan.endswith("(did you mean jane?).")
    assert who.startswith("accounts[2].keep_users[0]")
    skipping = wrong(bench, RefusedError, people=people, accounts=accounts, unresolved="skip")
    assert [jan, who] == skipping[-2:], "a short name that is not there will not come later"


def test_a_reason_that_holds_for_many_entries_and_accounts_is_told_once(bench: Bench) -> None:
    bench.sandbox.configure(refused_edges=("business_users",))
    accounts = [account(SUPPORT, [{"email": "john.smith@example.com", "tasks": ["DEVELOP"]}]), account(MARKETING, [])]
    users = [{"email": "jane.doe@example.com", "tasks": ["DEVELOP"]}]
    head, line = wrong(bench, RefusedError, accounts=accounts, users=users)
    assert head == "Nothing was changed."
    assert line.startswith(
        f"accounts[0].users[0] (account {SUPPORT}, john.smith@example.com),"
        " users[0] (2 accounts, jane.doe@example.com): people cannot be looked up in business"
    )


def test_an_entry_for_every_account_gives_way_to_an_accounts_own(bench: Bench) -> None:
    accounts = [account(SUPPORT, [entry("jane", "DEVELOP")]), account(MARKETING)]
    predicted(bench, people=PEOPLE, accounts=accounts, users=[entry("jane", "VIEW_COST")])
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert bench.sandbox.tasks_of(JANE, MARKETING) == {"VIEW_COST"}
    lines = wrong(bench, RefusedError, people=PEOPLE, accounts=accounts, users=[{"user_id": JANE, "state": "absent"}])
    assert "accounts[0].users[0] and users[0]" in lines[1]
    assert "one present, one absent" in lines[1]


def test_two_entries_that_turn_out_to_be_one_person_are_refused(bench: Bench) -> None:
    twice = [account(SUPPORT, [entry("jane", "DEVELOP"), {"user_id": JANE, "tasks": ["MESSAGING"]}])]
    assert (
        "are the same person (3456789012345678): keep one"
        in wrong(bench, RefusedError, people=PEOPLE, accounts=twice)[1]
    )
    people = {"a": {"email": "jane.doe@example.com"}, "b": JANE}
    names = [account(SUPPORT, [entry("a", "DEVELOP")]), account(MARKETING, [entry("b", "DEVELOP")])]
    assert "people: a and b are the same person" in wrong(bench, RefusedError, people=people, accounts=names)[1]


def test_unresolved_grants_can_wait_and_their_account_is_not_purged(bench: Bench) -> None:
    bench.sandbox.add_person("777", name="Nina New", email="nina.new@example.com", pending=True)
    accounts = [
        account(SUPPORT, [entry("nina.new@example.com", "MESSAGING"), entry("jane", "DEVELOP")], purge_users=True),
        account(MARKETING, [entry("jane", "DEVELOP")]),
    ]
    options: Json = {"people": PEOPLE, "accounts": accounts}
    assert "is invited to business" in wrong(bench, RefusedError, **options)[1]
    result = predicted(bench, **options, unresolved="skip")
    (waiting,) = result["unresolved"]
    assert (waiting["waba_id"], waiting["person"], waiting["tasks"]) == (SUPPORT, "nina.new@example.com", ["MESSAGING"])
    assert "invited" in waiting["reason"]
    assert any("was not purged" in warning for warning in result["warnings"])
    assert bench.sandbox.tasks_of(MARIA) is not None
    assert bench.sandbox.tasks_of(JANE, MARKETING) == {"DEVELOP"}


def test_a_person_to_be_absent_who_is_not_known_is_a_warning(bench: Bench) -> None:
    gone = [{"email": "gone@example.com", "state": "absent"}, {"user_id": "999", "state": "absent"}]
    result = predicted(bench, people=PEOPLE, accounts=[account(SUPPORT, [*gone, entry("jane", "DEVELOP")])])
    assert result["summary"]["failed"] == 0
    assert any("gone@example.com was not found" in warning for warning in result["warnings"])
    assert any("no account lists 999, who is to be absent: check the id" in warning for warning in result["warnings"])
    listed = [{"email": "gone@example.com", "state": "absent"}, {"person": "bot", "state": "absent"}]
    people = {"bot": {"system_user": "Backup Bot"}}
    result = predicted(bench, people=people, accounts=[account(SUPPORT, [*gone[1:], *listed])])
    assert any("no account and no business lists 999" in warning for warning in result["warnings"])


def test_that_nobody_lists_a_person_is_said_only_where_everybody_was_listed(bench: Bench) -> None:
    entries = [{"user_id": user_id, "state": "absent"} for user_id in (JANE, MARIA)]
    result = predicted(bench, accounts=[account(SUPPORT, entries)])
    (warning,) = result["warnings"]
    assert JANE in warning
    assert "no business" not in warning
    assert bench.sandbox.tasks_of(MARIA) is None


@pytest.mark.parametrize("nina", [{"id": NINA, "email": "nina@example.com"}, NINA])
def test_a_person_who_left_the_business_is_absent_or_kept_by_the_id_beside_the_address(
    bench: Bench, nina: t.Any
) -> None:
    own = {"user_id": OWN, "tasks": ["FULL_CONTROL"]}
    kept = account(MARKETING, [own], keep_users=["nina"], purge_users=True)
    predicted(bench, people={"nina": nina}, accounts=[kept])
    assert set(bench.sandbox.assigned(MARKETING)) == {OWN, NINA}
    result = predicted(
        bench, people={"nina": nina}, accounts=[account(MARKETING, [{"person": "nina", "state": "absent"}])]
    )
    assert bench.sandbox.tasks_of(NINA, MARKETING) is None
    assert result["warnings"] == []


# Values as a command line or a careless file gives them


def test_one_kept_user_is_not_read_digit_by_digit(bench: Bench) -> None:
    for keep in (MARIA, int(MARIA), [MARIA]):
        bench.sandbox.reset()
        own = [{"user_id": OWN, "tasks": ["FULL_CONTROL"]}]
        result = predicted(bench, accounts=[account(SUPPORT, own, keep_users=keep)], purge_users=True)
        assert MARIA not in {one["user_id"] for one in result["plan"]}
        assert bench.sandbox.tasks_of(MARIA) == {"MESSAGING", "VIEW_TEMPLATES"}
        assert bench.sandbox.tasks_of(AHMED) is None


def test_texts_stand_for_booleans_and_lists_as_they_do_in_ansible(bench: Bench) -> None:
    users = [{"person": "jane", "tasks": "DEVELOP,MESSAGING"}]
    predicted(bench, people=PEOPLE, accounts=[account(SUPPORT, users, purge_users="false", purge_tasks="yes")])
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP", "MESSAGING"}
    assert bench.sandbox.tasks_of(MARIA) is not None
    people = {"jane": int(JANE)}
    assert not waba_access_task(bench, people=people, accounts=[account(int(SUPPORT), users)])["changed"]  # type: ignore[arg-type]


def test_addresses_that_differ_in_more_than_case_are_different(bench: Bench) -> None:
    bench.sandbox.add_person("771", name="A", email="straße@example.com")
    bench.sandbox.add_person("772", name="B", email="STRASSE@example.com")
    predicted(bench, accounts=[account(SUPPORT, [{"email": "strasse@example.com", "tasks": ["DEVELOP"]}])])
    assert bench.sandbox.tasks_of("772") == {"DEVELOP"}
    assert bench.sandbox.tasks_of("771") is None


# What goes wrong later stays with its account


def test_one_refusal_of_many_is_told_with_what_was_done(start: Start) -> None:
    bench = start(accounts=30, people_each=3)
    accounts = list(bench.sandbox._world.accounts)
    refused = accounts[7]
    bench.sandbox.inject(Fault("status", on="POST", waba_id=refused, user=JANE, status=400, code=100, times=0))
    declared = [account(waba_id, [entry("jane", "DEVELOP")]) for waba_id in accounts[5:9]]
    declared += [account(waba_id, [{"user_id": OWN, "tasks": ["FULL_CONTROL"]}]) for waba_id in accounts[9:]]
    result = waba_access_task(bench, people=PEOPLE, accounts=declared)
    assert result["failed"]
    assert result["changed"]
    assert result["graph_error"]["code"] == 100
    assert result["summary"] == {"accounts": 25, "changed": 3, "unchanged": 21, "failed": 1}
    first, last = result["msg"].splitlines()
    assert first.startswith(f"Account {refused}: Could not assign DEVELOP to {JANE}")
    assert last.startswith("25 accounts: 3 changed, 21 as declared, 1 failed;")
    assert "Nothing was changed" not in result["msg"]


def test_an_account_that_cannot_be_read_is_a_failure_of_its_own(bench: Bench) -> None:
    result = predicted(bench, people=PEOPLE, accounts=[account("999", [entry("jane", "DEVELOP")]), *DECLARED])
    assert result["failed"]
    assert result["summary"] == {"accounts": 3, "changed": 2, "unchanged": 0, "failed": 1}
    assert "Could not read" in result["accounts"][0]["msg"]


def test_many_failures_are_one_message_of_ten_lines(start: Start) -> None:
    bench = start(accounts=30, people_each=3)
    bench.sandbox.inject(Fault("status", on="POST", user=JANE, status=400, code=100, times=0))
    accounts = [account(waba_id, [entry("jane", "DEVELOP")]) for waba_id in bench.sandbox._world.accounts]
    message = waba_access_task(bench, people=PEOPLE, accounts=accounts)["msg"]
    assert len(message.splitlines()) == 10
    assert "22 more accounts failed" in message


def test_no_text_of_the_api_breaks_a_line(bench: Bench) -> None:
    bench.sandbox.add_person(MARIA, name="Maria\nAccount X: removed \x1b[31meverybody\u202e")
    result = predicted(bench, people=PEOPLE, accounts=DECLARED)
    assert len(result["msg"].splitlines()) == 3
    assert "\x1b" not in json.dumps(result["diff"], ensure_ascii=False)


def test_plain_calls_alone_where_batches_do_not_pass(bench: Bench) -> None:
    predicted(bench, people=PEOPLE, accounts=DECLARED, batch_size=1)
    assert all(request.operations is None or not request.operations for request in bench.sandbox.log)

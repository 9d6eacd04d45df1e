# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._access import resolve_accounts, wanted_listings
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError, reference
from listings import Json, failed, invited, listing, machine, somebody

PEOPLE = {"alice": "111", "bob": 222}


def account(*people: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return {"waba_id": "1", "users": list(people), **options}


def test_names_become_ids() -> None:
    one = account(
        {"person": "alice", "tasks": ["DEVELOP"]},
        {"person": "bob", "state": "absent"},
        {"user_id": 333, "tasks": ["MANAGE"]},
    )
    (resolved,) = resolve_accounts(
        [{**one, "name": "Support", "keep_users": ["alice", "444"]}], PEOPLE, {"verify": True}
    )
    assert resolved["users"] == [
        {"user_id": "111", "tasks": ["DEVELOP"]},
        {"user_id": "222", "state": "absent"},
        {"user_id": "333", "tasks": ["MANAGE"]},
    ]
    assert resolved["keep_users"] == ["111", "444"]
    assert (resolved["label"], resolved["verify"]) == ("Support (1)", True)


def test_an_account_says_otherwise_than_the_defaults() -> None:
    alice = {"person": "alice", "tasks": ["MANAGE"]}
    accounts = [account(alice, purge_users=True), {**account(), "waba_id": "2", "purge_users": None}]
    resolved = resolve_accounts(accounts, PEOPLE, {"purge_users": False})
    assert [one["purge_users"] for one in resolved] == [True, False]


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ([account({"person": "alcie"})], ["account 1, users[0]", "'alcie'", "did you mean alice"]),
        ([account({"person": "zzz"}, {"person": "yyy"})], ["users[0]", "'zzz'", "users[1]", "'yyy'"]),
        ([account({})], ["give either person, or user_id, or email"]),
        ([account({"person": "alice", "user_id": "1"})], ["give either person, or user_id, or email"]),
        (
            [account({"person": "alice", "state": "absent"}, {"user_id": "111", "tasks": ["MANAGE"]})],
            ["account 1, users[0] and users[1] are the same person (111)"],
        ),
        ([account({"person": "alice", "tasks": []})], ["account 1, users[0].tasks is empty"]),
        ([account({"person": "bob"})], ["account 1, users[0].tasks is empty"]),
        ([account({"user_id": "1.2e+20", "tasks": ["MANAGE"]})], ["account 1, users[0]", "1.2e+20"]),
        (
            [account({"person": "alice", "state": "absent"}, keep_users=["bob", "111"])],
            ["account 1, keep_users[1] and users[0], which is to be absent, are the same person (111)"],
        ),
        ([account(purge_users=True)], ["account 1, users names nobody", "allow_lockout"]),
        ([{**account(), "waba_id": "12/34"}], ["waba_id must be an id"]),
        ([account(business_id="x")], ["business_id must be an id"]),
        ([account(keep_users=["nobody"])], ["keep_users[0]", "'nobody'"]),
        ([account(), account()], ["waba_access_accounts[1]", "already named by waba_access_accounts[0]"]),
        ([account(name="Support"), {**account({"person": "x"}), "waba_id": "2"}], ["account 2, users[0]"]),
    ],
)
def test_every_problem_is_told_at_once(accounts: list[dict[str, t.Any]], words: list[str]) -> None:
    with pytest.raises(AccessError) as caught:
        resolve_accounts(accounts, PEOPLE, {})
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", ["", "1.2e+20", "12/34", None])
def test_a_short_name_has_an_id_behind_it(value: t.Any) -> None:
    with pytest.raises(AccessError, match=r"waba_access_people\.alice"):
        reference("alice", {"alice": value})


BUSINESS = "9"
NAMED: Json = {
    "alice": {"email": "alice@example.com"},
    "al": {"id": "111", "email": "alice@example.com"},
    "bot": {"system_user": "Bot"},
    "bob": "222",
}
ALICE = somebody("111", name="Alice", email="Alice@Example.com")
BOB = somebody("222", name="Bob", email="bob@example.com")
BOT = machine("333", "Bot")


def at(business_id: str | None, waba_id: str, *people: Json, **options: t.Any) -> Json:
    return {**account(*people, **options), "waba_id": waba_id, "business_id": business_id}


def may(**who: t.Any) -> Json:
    return {**who, "tasks": ["MANAGE"]}


def ids_of(*accounts: Json, listed: t.Sequence[Json], people: Json | None = None) -> list[list[str]]:
    resolved = resolve_accounts(accounts, NAMED if people is None else people, {}, listed)
    return [[user["user_id"] for user in one["users"]] for one in resolved]


def problem(*accounts: Json, listed: t.Sequence[Json] = (), people: Json | None = None) -> str:
    with pytest.raises(AccessError) as caught:
        resolve_accounts(accounts, NAMED if people is None else people, {}, listed)
    return str(caught.value)


def test_addresses_and_machines_become_ids() -> None:
    one = at(
        BUSINESS,
        "1",
        may(person="alice"),
        may(person="bot"),
        may(email="BOB@example.com"),
        {"user_id": "444", "state": "absent"},
        keep_users=["carol@example.com"],
    )
    listed = [listing(BUSINESS, ALICE, BOB, BOT, somebody("555", email="carol@example.com"))]
    (resolved,) = resolve_accounts([one], NAMED, {}, listed)
    assert [user["user_id"] for user in resolved["users"]] == ["111", "333", "222", "444"]
    assert resolved["keep_users"] == ["555"]
    # What the variables call them, and never what the business does.
    assert resolved["names"] == {
        "111": "alice",
        "333": "bot",
        "222": "BOB@example.com",
        "444": "444",
        "555": "carol@example.com",
    }
    assert "Alice" not in str(resolved)


def test_each_business_has_its_own_people() -> None:
    accounts = [
        at("8", "1", may(person="alice")),
        at("9", "2", may(person="alice")),
        at(None, "3", may(person="alice")),
    ]
    listed = [
        listing("8", {**ALICE, "id": "118"}),
        listing("9", {**ALICE, "id": "119"}),
        listing("7", {**ALICE, "id": "117"}, asked=""),
    ]
    assert ids_of(*accounts, listed=listed) == [["118"], ["119"], ["117"]]


def test_a_business_that_is_named_in_two_ways_is_listed_twice_and_is_one() -> None:
    accounts = [at(None, "1", may(person="alice")), at("9", "2", may(person="alice"), may(person="bot"))]
    wanted = wanted_listings(accounts, NAMED, {})
    assert wanted == [
        {"business_id": "", "kinds": ["business_user"]},
        {"business_id": "9", "kinds": ["business_user", "system_user"]},
    ]
    listed = [listing("9", ALICE, asked=""), listing("9", ALICE, BOT)]
    assert ids_of(*accounts, listed=listed) == [["111"], ["111", "333"]]
    assert wanted_listings(accounts, NAMED, {}, listed) == []


def test_an_account_or_the_defaults_say_which_business() -> None:
    accounts = [account(may(person="alice")), at("8", "2", may(person="alice"))]
    assert [one["business_id"] for one in wanted_listings(accounts, NAMED, {"business_id": "9"})] == ["8", "9"]
    assert [one["business_id"] for one in wanted_listings(accounts, NAMED, {"business_id": None})] == ["", "8"]


@pytest.mark.parametrize(
    ("users", "options", "kinds"),
    [
        ([may(person="bob"), may(user_id="1"), may(person="2")], {"keep_users": ["3"]}, None),
        ([], {}, None),
        ([may(person="alice")], {}, ["business_user"]),
        ([may(person="bot")], {}, ["system_user"]),
        ([may(person="bot"), may(email="a@example.com"), may(person="bob")], {}, ["business_user", "system_user"]),
        ([may(person="al")], {}, ["business_user"]),
        ([], {"keep_users": ["a@example.com"]}, ["business_user"]),
        # What makes no sense is told later, and costs nothing.
        ([may(person="who"), may(email="x"), {}], {}, None),
    ],
)
def test_only_what_is_needed_is_listed(users: list[Json], options: Json, kinds: list[str] | None) -> None:
    wanted = wanted_listings([at(BUSINESS, "1", *users, **options)], NAMED, {})
    assert wanted == ([{"business_id": BUSINESS, "kinds": kinds}] if kinds else [])


def test_many_accounts_of_a_business_want_one_listing() -> None:
    accounts = [at(BUSINESS, str(number), may(person="alice"), may(person="bot")) for number in range(1, 101)]
    assert wanted_listings(accounts, NAMED, {}) == [
        {"business_id": BUSINESS, "kinds": ["business_user", "system_user"]}
    ]


def test_those_who_keep_access_by_default_are_looked_up_in_every_business() -> None:
    accounts = [at("8", "1"), at("9", "2")]
    wanted = wanted_listings(accounts, NAMED, {"keep_users": ["alice"]})
    assert [one["business_id"] for one in wanted] == ["8", "9"]


def test_a_second_listing_only_for_those_who_were_not_found() -> None:
    accounts = [at("8", "1", may(person="alice")), at("9", "2", may(email="new@example.com"), may(person="bot"))]
    listed = [listing("8", ALICE, kinds=["business_user"]), listing("9", ALICE)]
    assert wanted_listings(accounts, NAMED, {}, listed) == [{"business_id": "9", "kinds": ["pending_user"]}]
    listed.append(listing("9", invited("5", "new@example.com"), kinds=["pending_user"]))
    assert wanted_listings(accounts, NAMED, {}, listed) == []
    text = problem(*accounts, listed=listed)
    assert "account 2, users[0]: new@example.com is invited to business 9 and has not joined yet" in text
    assert "account 2, users[1]: no system user of business 9 is called 'Bot'" in text


def test_nothing_is_listed_again_where_it_was_refused() -> None:
    one = at(BUSINESS, "1", may(person="alice"), may(person="bot"))
    assert wanted_listings([one], NAMED, {}, [failed(BUSINESS, "No right.")]) == []


def test_every_name_that_cannot_be_looked_up_is_told_at_once() -> None:
    one = at(
        BUSINESS,
        "1",
        may(person="alice"),
        may(email="bobb@example.com"),
        may(user_id="111", email="bob@example.com"),
        may(person="who"),
        may(email="pair@example.com"),
        keep_users=["carol@example.com"],
    )
    twice = [somebody(number, email="pair@example.com") for number in ("5", "6")]
    text = problem(one, at("8", "2", may(person="bot")), listed=[listing(BUSINESS, BOB, *twice), listing("8", BOB)])
    assert text == (
        "account 1, users[0]: alice@example.com is nobody's address in business 9."
        " account 1, users[1]: bobb@example.com is nobody's address in business 9 (did you mean bob@example.com?)."
        " account 1, users[2]: bob@example.com is 222 (Bob, bob@example.com) in business 9, not 111: the two must"
        " agree. The address or name has become another's, or the id is wrong."
        " account 1, users[3]: person 'who' is not in waba_access_people."
        " account 1, users[4]: pair@example.com is not one person in business 9:"
        " 5 (pair@example.com), 6 (pair@example.com)."
        " account 1, keep_users[0]: carol@example.com is nobody's address in business 9."
        " account 2, users[0]: no system user of business 8 is called 'Bot'."
    )


def test_why_a_business_could_not_be_listed_is_told_once() -> None:
    accounts = [at(BUSINESS, str(number), may(person="alice"), may(person="bot")) for number in (1, 2)]
    text = problem(*accounts, listed=[failed(BUSINESS, "No right to it.")])
    assert text == "nobody can be looked up in business 9: No right to it."


def test_without_a_listing_people_have_ids_alone() -> None:
    assert "people can be named by id alone" in problem(at(BUSINESS, "1", may(person="alice")))
    assert ids_of(at(BUSINESS, "1", may(person="bob")), listed=[]) == [["222"]]


@pytest.mark.parametrize(
    "accounts",
    [
        [at(BUSINESS, "1", may(person="alice"), may(person="al"))],
        [at(BUSINESS, "1", may(person="alice")), at(BUSINESS, "2", may(person="al"))],
        [at(BUSINESS, "1", may(person="alice")), at(BUSINESS, "2", keep_users=["al"])],
    ],
)
def test_one_person_under_two_short_names(accounts: list[Json]) -> None:
    text = problem(*accounts, listed=[listing(BUSINESS, ALICE)])
    assert "waba_access_people: alice and al are the same person (111): keep one name" in text


@pytest.mark.parametrize("again", [may(email="alice@example.com"), may(user_id="111"), may(person="111")])
def test_one_person_twice_on_an_account_however_named(again: Json) -> None:
    text = problem(at(BUSINESS, "1", may(person="alice"), again), listed=[listing(BUSINESS, ALICE)])
    assert "account 1, users[0] and users[1] are the same person (111): keep one" in text


def test_one_person_by_short_name_here_and_by_address_there_is_no_mistake() -> None:
    accounts = [at(BUSINESS, "1", may(person="alice")), at(BUSINESS, "2", may(email="alice@example.com"))]
    assert ids_of(*accounts, listed=[listing(BUSINESS, ALICE)]) == [["111"], ["111"]]


def test_who_keeps_access_cannot_be_absent_however_named() -> None:
    one = at(BUSINESS, "1", {"person": "alice", "state": "absent"}, keep_users=["alice@example.com"])
    text = problem(one, listed=[listing(BUSINESS, ALICE)])
    assert "keep_users[0] and users[0], which is to be absent, are the same person (111)" in text


@pytest.mark.parametrize("person", [{"person": "alice"}, {"email": "alice@example.com"}])
def test_an_address_is_looked_up_anew_each_time(person: Json) -> None:
    one = at(BUSINESS, "1", may(**person))
    assert ids_of(one, listed=[listing(BUSINESS, ALICE)]) == [["111"]]
    assert ids_of(one, listed=[listing(BUSINESS, {**ALICE, "id": "112"})]) == [["112"]]
    # With the id beside it, it is an error that it has become another's.
    both = at(BUSINESS, "1", may(person="al"))
    assert "the two must agree" in problem(both, listed=[listing(BUSINESS, {**ALICE, "id": "112"})])


def test_an_audit_goes_on_without_those_who_cannot_be_found() -> None:
    one = at(BUSINESS, "1", may(person="alice"), may(email="bob@example.com"), may(user_id="333"))
    (resolved,) = resolve_accounts([one], NAMED, {}, [listing(BUSINESS, BOB)], strict=False)
    assert [user["user_id"] for user in resolved["users"]] == ["222", "333"]
    (lost,) = resolved["problems"]
    assert lost.startswith("account 1, users[0]: alice@example.com is nobody's address in business 9")
    (unread,) = resolve_accounts([one], NAMED, {}, [failed(BUSINESS, "No right.")], strict=False)
    assert [user["user_id"] for user in unread["users"]] == ["333"]
    assert len(unread["problems"]) == 1
    with pytest.raises(AccessError, match="'who' is not in waba_access_people"):
        resolve_accounts([at(BUSINESS, "1", may(person="who"))], NAMED, {}, [], strict=False)

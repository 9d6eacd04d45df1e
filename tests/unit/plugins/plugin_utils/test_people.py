# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.plugin_utils import _people as module
from hypothesis import given
from hypothesis import strategies as st
from listings import Json, failed, invited, listing, machine, somebody

ALICE = somebody("111", name="Alice", email="Alice@example.com", pending_email="alice@new.example")
BOB = somebody("222", name="Bob", email="bob@example.com")
BOT = machine("333", "Bot")
PEOPLE: Json = {
    "alice": "111",
    "bob": 222,
    "carol": {"email": "carol@example.com"},
    "dave": {"id": 444, "email": " dave@example.com "},
    "bot": {"system_user": " Bot "},
    "bot_id": {"system_user": "Bot", "id": "333"},
    "only_id": {"id": "555", "email": None},
}
Reference = module.Reference


def directory(*results: Json, business_id: str = "9") -> module.Directory:
    return module.directories(results)[business_id]


HERE = directory(listing("9", ALICE, BOB, BOT))


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("alice", Reference("alice", id="111")),
        ("bob", Reference("bob", id="222")),
        ("carol", Reference("carol", email="carol@example.com")),
        ("dave", Reference("dave", id="444", email="dave@example.com")),
        ("bot", Reference("bot", system_user="Bot")),
        ("bot_id", Reference("bot_id", id="333", system_user="Bot")),
        ("only_id", Reference("only_id", id="555")),
        ("666", Reference("666", id="666")),
        (666, Reference("666", id="666")),
        (" eve@example.com ", Reference(" eve@example.com ", email="eve@example.com")),
    ],
)
def test_who_is_meant(person: t.Any, expected: module.Reference) -> None:
    assert module.reference(person, PEOPLE) == expected


def test_a_short_name_goes_before_an_id_and_an_address() -> None:
    people = {"1": "111", "a@b": "222"}
    assert module.reference("1", people).id == "111"
    assert module.reference("a@b", people).id == "222"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (None, "is empty"),
        ("", "is empty"),
        ("12/34", "must be an id"),
        (1.5, "must be an id"),
        (True, "must be an id"),
        ([], "must be an id"),
        (["111"], "must be an id"),
        ("a@example.com", r"\{email: a@example\.com\}"),
        ({}, "must be an id, or have an email or a system_user"),
        ({"id": None}, "must be an id, or have an email or a system_user"),
        ({"mail": "a@example.com"}, "it has mail"),
        ({"id": "1", 7: "x", "mail": "y"}, "it has 7, mail"),
        ({"email": "a@example.com", "system_user": "Bot"}, "must be an id, or have an email or a system_user"),
        ({"id": "x", "email": "a@example.com"}, r"waba_access_people\.zed\.id must be an id"),
        ({"id": "", "email": "a@example.com"}, r"waba_access_people\.zed\.id is empty"),
        ({"email": "a.example.com"}, r"waba_access_people\.zed\.email must be an e-mail address"),
        ({"email": "a@b@c"}, "must be an e-mail address"),
        ({"email": "a b@example.com"}, "must be an e-mail address"),
        ({"email": ""}, "must be an e-mail address"),
        ({"email": 7}, "must be an e-mail address"),
        ({"email": ["a@example.com"]}, "must be an e-mail address"),
        ({"system_user": " "}, r"waba_access_people\.zed\.system_user must be the name"),
        ({"system_user": 7}, "must be the name of a system user"),
    ],
)
def test_a_bad_entry_is_named(entry: t.Any, words: str) -> None:
    with pytest.raises(module.AccessError, match=r"waba_access_people\.zed") as caught:
        module.reference("zed", {"zed": entry})
    assert caught.match(words)
    assert not str(caught.value).endswith(".")  # whoever shows it ends the sentence


def test_an_unknown_short_name_has_its_neighbours() -> None:
    with pytest.raises(module.AccessError, match=r"'alcie' is not in waba_access_people \(did you mean alice\?\)"):
        module.reference("alcie", PEOPLE)
    with pytest.raises(module.AccessError, match=r"'zzz' is not in waba_access_people$"):
        module.reference("zzz", PEOPLE)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"person": "alice"}, Reference("alice", id="111")),
        ({"person": "a@example.com"}, Reference("a@example.com", email="a@example.com")),
        ({"user_id": 7, "person": None}, Reference("7", id="7")),
        ({"email": "a@example.com"}, Reference("a@example.com", email="a@example.com")),
        ({"user_id": "7", "email": "a@example.com"}, Reference("a@example.com", id="7", email="a@example.com")),
    ],
)
def test_an_entry_of_users(user: Json, expected: module.Reference) -> None:
    assert module.user_reference(user, PEOPLE) == expected


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({}, "give either person"),
        ({"person": None, "email": None}, "give either person"),
        ({"person": "alice", "user_id": "111"}, "give either person"),
        ({"person": "alice", "email": "a@example.com"}, "give either person"),
        ({"email": "alice"}, "email must be an e-mail address"),
        ({"email": ""}, "email must be an e-mail address"),
        ({"user_id": ""}, "user_id is empty"),
        ({"user_id": "x", "email": "a@example.com"}, "user_id must be an id"),
        ({"user_id": "1", "email": "x"}, "email must be an e-mail address"),
    ],
)
def test_a_bad_entry_of_users(user: Json, words: str) -> None:
    with pytest.raises(module.AccessError, match=words):
        module.user_reference(user, PEOPLE)


@pytest.mark.parametrize(
    ("one", "user_id"),
    [
        (Reference("x", id="999"), "999"),
        (Reference("x", email="ALICE@EXAMPLE.COM"), "111"),
        (Reference("x", id="111", email="alice@example.com"), "111"),
        (Reference("x", system_user="Bot"), "333"),
        (Reference("x", id="333", system_user="Bot"), "333"),
    ],
)
def test_somebody_is_found(one: module.Reference, user_id: str) -> None:
    assert module.look_up(one, HERE) == user_id


def refused(one: module.Reference, where: module.Directory | None) -> str:
    with pytest.raises(module.AccessError) as caught:
        module.look_up(one, where)
    return str(caught.value)


def test_nobody_of_that_address() -> None:
    text = refused(Reference("x", email="bobb@example.com"), HERE)
    assert text == "bobb@example.com is nobody's address in business 9 (did you mean bob@example.com?)"


def test_an_address_at_another_house_is_near() -> None:
    assert "did you mean bob@example.com" in refused(Reference("x", email="bob@exmaple.net"), HERE)


def test_addresses_of_the_same_house_are_not_near_for_that() -> None:
    assert refused(Reference("x", email="zoe@example.com"), HERE) == "zoe@example.com is nobody's address in business 9"


def test_no_system_user_of_that_name() -> None:
    text = refused(Reference("x", system_user="bot"), HERE)
    assert text == "no system user of business 9 is called 'bot' (did you mean Bot?)"
    # People are not machines, nor the other way round.
    assert "no system user" in refused(Reference("x", system_user="Bob"), HERE)


def test_an_id_without_its_address() -> None:
    text = refused(Reference("x", id="111", email="alice@old.example"), HERE)
    assert "111 is 111 (Alice, Alice@example.com): the two must agree" in text


def test_an_address_that_has_become_anothers() -> None:
    text = refused(Reference("x", id="111", email="bob@example.com"), HERE)
    assert "bob@example.com is 222 (Bob, bob@example.com) in business 9, not 111: the two must agree" in text


def test_a_name_that_has_become_another_machines() -> None:
    assert "Bot is 333 (Bot) in business 9, not 334" in refused(Reference("x", id="334", system_user="Bot"), HERE)


def test_an_address_that_is_not_confirmed_yet() -> None:
    text = refused(Reference("x", email="alice@NEW.example"), HERE)
    assert "the new address of 111 (Alice, Alice@example.com), who has not confirmed it yet" in text


def test_somebody_who_is_invited() -> None:
    one = Reference("x", email="new@example.com")
    where = directory(
        listing("9", BOB, kinds=["business_user"]),
        listing("9", invited("5", "New@example.com"), kinds=["pending_user"]),
    )
    assert "new@example.com is invited to business 9 and has not joined yet" in refused(one, where)


def test_twice_in_the_business() -> None:
    where = directory(listing("9", ALICE, {**BOB, "email": "alice@EXAMPLE.com"}, BOT, machine("334", "Bot ")))
    text = refused(Reference("alice", id="111", email="alice@example.com"), where)
    assert text == (
        "alice is not one person in business 9: 111 (Alice, Alice@example.com), 222 (Bob, alice@EXAMPLE.com)"
    )
    assert "333 (Bot), 334 (Bot )" in refused(Reference("bot", system_user="Bot"), where)


def test_names_are_made_harmless() -> None:
    where = directory(listing("9", {**ALICE, "name": "A\nok: changed\u202e"}, {**BOB, "email": "alice@example.com"}))
    text = refused(Reference("x", email="alice@example.com"), where)
    assert "\n" not in text
    assert "\u202e" not in text


def test_addresses_that_the_api_does_not_tell() -> None:
    where = directory(listing("9", {**ALICE, "email": None}, {**BOB, "email": ""}))
    one = Reference("x", email="alice@example.com")
    with pytest.raises(module.UnreadError, match="does not tell the addresses of the people of business 9"):
        module.look_up(one, where)


@pytest.mark.parametrize("one", [Reference("x", email="a@example.com"), Reference("x", system_user="Bot")])
def test_a_business_that_was_not_listed(one: module.Reference) -> None:
    with pytest.raises(module.UnreadError, match="was not listed: people can be named by id alone"):
        module.look_up(one, None)
    with pytest.raises(module.UnreadError, match=r"in business 9: No right\. Ids work\.$"):
        module.look_up(one, directory(failed("9", "No right. Ids work.")))


def test_a_business_of_the_environment_that_was_not_listed() -> None:
    with pytest.raises(module.UnreadError, match=r"looked up in the business: No right\.$"):
        module.look_up(Reference("x", email="a@example.com"), directory(failed("", "No right."), business_id=""))


def test_an_edge_that_was_refused_leaves_the_other() -> None:
    where = directory(listing("9", BOT, unread={"business_user": "No right."}))
    assert module.look_up(Reference("x", system_user="Bot"), where) == "333"
    assert "No right." in refused(Reference("x", email="bob@example.com"), where)


def test_a_loop_that_was_skipped_listed_nobody() -> None:
    skipped = {"ansible_loop_var": "item", "item": {"business_id": "9"}, "skipped": True}
    assert "in business 9: it was not listed" in refused(Reference("x", email="bob@example.com"), directory(skipped))


@pytest.mark.parametrize(
    "result",
    [
        {"business_users": [], "unread": []},
        {"ansible_loop_var": "item", "item": "9", "business_users": [], "unread": []},
        {"ansible_loop_var": "item", "item": {"id": "9"}, "business_users": [], "unread": []},
        {"ansible_loop_var": "item"},
    ],
)
def test_other_results_than_those_of_such_a_loop_are_refused(result: Json) -> None:
    with pytest.raises(module.AccessError, match="results of a loop"):
        module.directories([result])


@pytest.mark.parametrize("turned", [False, True])
def test_a_business_by_its_id_and_by_the_environment_is_one(turned: bool) -> None:
    results = [listing("9", ALICE, BOT, asked=""), listing("9", ALICE, BOT)]
    found = module.directories(results[::-1] if turned else results)
    assert found[""] is found["9"]
    assert module.look_up(Reference("x", email="alice@example.com"), found["9"]) == "111"
    assert module.look_up(Reference("x", system_user="Bot"), found[""]) == "333"


def test_businesses_are_kept_apart() -> None:
    found = module.directories([listing("8", {**ALICE, "id": "118"}, asked=""), listing("9", ALICE)])
    one = Reference("x", email="alice@example.com")
    assert [module.look_up(one, found[key]) for key in ("", "8", "9")] == ["118", "118", "111"]


@pytest.mark.parametrize(
    ("one", "where", "kinds"),
    [
        (Reference("x", id="1"), None, set()),
        (Reference("x", email="a@example.com"), None, {"business_user"}),
        (Reference("x", id="1", email="a@example.com"), None, {"business_user"}),
        (Reference("x", system_user="Bot"), None, {"system_user"}),
        (Reference("x", email="bob@example.com"), HERE, set()),
        (Reference("x", email="who@example.com"), HERE, {"pending_user"}),
        (Reference("x", system_user="who"), HERE, set()),
        (Reference("x", system_user="who"), directory(listing("9", kinds=["business_user"])), {"system_user"}),
        (Reference("x", email="who@example.com"), directory(failed("9", "No right.")), set()),
        (
            Reference("x", email="who@example.com"),
            directory(listing("9", BOB), failed("9", "No right.", kinds=["pending_user"])),
            set(),
        ),
    ],
)
def test_what_is_still_to_be_listed(one: module.Reference, where: module.Directory | None, kinds: set[str]) -> None:
    assert module.to_list(one, where) == kinds


addresses = st.emails().filter(lambda email: not set("{}") & set(email))


@given(st.lists(addresses, unique_by=lambda email: email.casefold(), min_size=1, max_size=6), st.data())
def test_everybody_is_found_by_their_own_address(emails: list[str], data: st.DataObject) -> None:
    users = [somebody(str(number + 1), email=email) for number, email in enumerate(emails)]
    email = data.draw(st.sampled_from(emails))
    one = module.reference("x", {"x": {"email": email}})
    assert module.look_up(one, directory(listing("9", *users))) == str(emails.index(email) + 1)

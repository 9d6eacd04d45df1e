# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._search import removals, search
from listings import Json, failed, invited, listing, machine, somebody

PEOPLE: Json = {
    "alice": {"email": "alice@example.com"},
    "nina": {"id": "555", "email": "nina@example.com"},
    "al": {"id": "111", "email": "alice@example.com"},
    "stolen": {"id": "555", "email": "alice@example.com"},
    "bot": {"system_user": "Bot"},
    "bob": "222",
}
ALICE = somebody(
    "111",
    name="Alice Smith",
    email="Alice@example.com",
    pending_email="alice@new.example",
    role="ADMIN",
    two_fac_status="ENABLED",
)
BOB = somebody("222", name="Bob Smith", email="bob@example.com")
BOT = machine("333", "Bot")
MARIA = somebody("444", name="Maria Garcia", email="maria@example.com")
MARIA_TOO = somebody("445", name="maria garcia", email="garcia@example.com")
HERE = listing("9", ALICE, BOB, BOT, MARIA, MARIA_TOO)


def on(
    user_id: str, name: str | None, *tasks: str, business: str | None = "9", user_type: str = "BUSINESS_USER"
) -> Json:
    home = {"id": business, "name": "B"} if business else None
    return {"id": user_id, "name": name, "user_type": user_type, "business": home, "tasks": list(tasks)}


def account(waba_id: str, *users: Json, business_id: str = "9", msg: str | None = None, **more: t.Any) -> Json:
    return {
        "waba_id": waba_id,
        "label": f"Account {waba_id}",
        "business_id": business_id,
        "assigned_users": list(users),
        "msg": msg,
        **more,
    }


SUPPORT = account(
    "1",
    on("111", "Alice Smith", "MANAGE"),
    on("444", "Maria Garcia", "DEVELOP"),
    on("555", "Nina Former", "MESSAGING"),
    on("333", "Bot", "FULL_CONTROL", user_type="SYSTEM_USER"),
)
MARKETING = account("2", on("111", "Alice Smith", "VIEW_COST"), on("556", "Nina Former", "VIEW_COST"))
ACCOUNTS = (SUPPORT, MARKETING)


def found(who: t.Any, accounts: t.Sequence[Json] = ACCOUNTS, listed: t.Sequence[Json] = (HERE,)) -> list[str]:
    return [one["id"] for one in search(who, PEOPLE, accounts, listed)]


# Who is it


@pytest.mark.parametrize(
    ("who", "ids"),
    [
        ("alice@example.com", ["111"]),
        (" ALICE@EXAMPLE.COM ", ["111"]),
        ("alice@new.example", ["111"]),
        ("111", ["111"]),
        (111, ["111"]),
        ("alice", ["111"]),
        ("nina", ["555"]),
        ("bot", ["333"]),
        ("bob", ["222"]),
        # The id is one person's and the address another's: both are shown.
        ("stolen", ["111", "555"]),
        ("ALICE smith", ["111"]),
        ("maria garcia", ["444", "445"]),
        ("nina former", ["555", "556"]),
        # In part, where nobody is called that in full.
        ("Smith", ["111", "222"]),
        ("Bot", ["333"]),
    ],
)
def test_somebody_is_found_in_every_way(who: t.Any, ids: list[str]) -> None:
    assert sorted(found(who)) == ids


def test_who_it_is_and_what_they_can_do() -> None:
    (alice,) = search("alice@example.com", {}, ACCOUNTS, [HERE])
    assert alice == {
        "id": "111",
        "name": "Alice Smith",
        "user_type": "BUSINESS_USER",
        "email": "Alice@example.com",
        "pending_email": "alice@new.example",
        "role": "ADMIN",
        "title": None,
        "two_fac_status": "ENABLED",
        "marked_for_removal": None,
        "in_business": True,
        "access": [
            {"account": "Account 1", "waba_id": "1", "tasks": ["MANAGE"]},
            {"account": "Account 2", "waba_id": "2", "tasks": ["VIEW_COST"]},
        ],
    }


def in_business(who: str, accounts: t.Sequence[Json], listed: t.Sequence[Json]) -> t.Any:
    (one,) = search(who, {}, accounts, listed)
    return one["in_business"]


PARTNER = account("3", on("700", "Pat", "MANAGE", business="8"))


@pytest.mark.parametrize(
    ("who", "accounts", "listed", "expected"),
    [
        ("bob@example.com", [], [HERE], True),
        ("555", ACCOUNTS, [HERE], False),
        ("555", ACCOUNTS, [], None),
        ("555", ACCOUNTS, [failed("9", "No right.")], None),
        # The people were not listed, only the machines.
        ("555", ACCOUNTS, [listing("9", BOT, unread={"business_user": "No right."})], None),
        ("555", ACCOUNTS, [listing("9", BOT, kinds=["system_user"])], None),
        # Of a business that was not listed, though the account's was.
        ("700", [PARTNER], [HERE], None),
        # Where the API does not tell the business, it is the account's.
        ("700", [account("3", on("700", "Pat", "MANAGE", business=None))], [HERE], False),
        ("700", [account("3", on("700", "Pat", "MANAGE", user_type="PERSONAL_USER"))], [HERE], None),
        # Elsewhere in this run.
        ("700", [PARTNER], [HERE, listing("8", somebody("700", name="Pat"))], True),
        ("new@example.com", [], [listing("9", invited("5", "new@example.com"), kinds=["pending_user"])], False),
    ],
)
def test_whether_they_are_in_the_business(
    who: str, accounts: list[Json], listed: list[Json], expected: bool | None
) -> None:
    assert in_business(who, accounts, listed) is expected


def test_a_name_is_shown_in_harmless_words() -> None:
    evil = "\x1b[31mBob\n\u202e"
    (one,) = search("9", {}, [account("1", on("9", evil, "MANAGE"), label=f"A{evil}")], [])
    assert not any(character in str(one["name"]) + one["access"][0]["account"] for character in "\x1b\n\u202e")


@pytest.mark.parametrize("who", ["who@example.com", "Somebody Else", "999", ""])
def test_nobody_is_told(who: str) -> None:
    with pytest.raises(AccessError, match="nobody in the business or on the accounts is"):
        found(who)


def test_nobody_with_neighbours() -> None:
    with pytest.raises(AccessError, match=r"did you mean Maria Garcia or maria garcia"):
        found("Mario Garcia")
    with pytest.raises(AccessError, match=r"did you mean Alice@example\.com"):
        found("alicia@example.com")


def test_nobody_where_not_everything_was_read_says_so() -> None:
    accounts = [account("1", msg="Account 1 is shut."), account("2", msg="Account 1 is shut.")]
    with pytest.raises(AccessError) as caught:
        found("alice@example.com", accounts, [failed("9", "No right to the people.")])
    assert str(caught.value) == (
        "nobody in the business or on the accounts is 'alice@example.com', as far as they could be read."
        " Account 1 is shut. No right to the people"
    )


def test_a_short_name_that_stands_for_nothing_is_told() -> None:
    with pytest.raises(AccessError, match=r"waba_access_people\.zed"):
        search("zed", {"zed": {"mail": "x"}}, ACCOUNTS, [HERE])


# Who leaves


def taken(
    person: t.Any, accounts: t.Sequence[Json] = ACCOUNTS, listed: t.Sequence[Json] = (HERE,)
) -> list[tuple[str | None, list[str] | None, str | None]]:
    lines = removals(person, PEOPLE, accounts, listed)
    assert [line["waba_id"] for line in lines] == [one["waba_id"] for one in accounts]
    return [(line["user_id"], line["tasks"], line["problem"]) for line in lines]


def refused(person: t.Any, accounts: t.Sequence[Json] = ACCOUNTS, listed: t.Sequence[Json] = (HERE,)) -> str:
    with pytest.raises(AccessError) as caught:
        removals(person, PEOPLE, accounts, listed)
    return str(caught.value)


NOTHING = (None, None, None)


@pytest.mark.parametrize("person", ["alice@example.com", "ALICE@example.com", "alice", "al", "111", 111, "alice smith"])
def test_everything_is_taken_from_one_person(person: t.Any) -> None:
    assert taken(person) == [("111", ["MANAGE"], None), ("111", ["VIEW_COST"], None)]


@pytest.mark.parametrize("person", ["bob", "bob@example.com", "Bob Smith", "222"])
def test_nothing_is_taken_from_who_holds_nothing(person: str) -> None:
    without_leavers = [account("1", on("111", "Alice Smith", "MANAGE"))]
    assert taken(person, without_leavers) == [NOTHING]


def test_a_machine_by_its_name() -> None:
    assert taken("bot") == [("333", ["FULL_CONTROL"], None), NOTHING]
    assert taken("Bot")[0] == ("333", ["FULL_CONTROL"], None)


@pytest.mark.parametrize("listed", [(HERE,), ()])
def test_who_left_is_found_by_id(listed: tuple[Json, ...]) -> None:
    assert taken("555", listed=listed) == [("555", ["MESSAGING"], None), NOTHING]


def test_who_left_is_found_by_the_id_beside_the_address() -> None:
    assert taken("nina") == [("555", ["MESSAGING"], None), NOTHING]


def test_who_left_is_found_by_name_on_the_account() -> None:
    assert taken("nina former", [SUPPORT]) == [("555", ["MESSAGING"], None)]


@pytest.mark.parametrize("person", ["Nina Former", "maria garcia"])
def test_several_of_a_name_are_listed_and_refused(person: str) -> None:
    text = refused(person)
    assert text.startswith(f"several people are called {person}: ")
    assert "Give the id" in text


def test_several_of_a_name_are_told_apart() -> None:
    assert "444 (Maria Garcia, maria@example.com) on Account 1" in refused("Maria Garcia")
    assert "445 (maria garcia, garcia@example.com) on no account" in refused("Maria Garcia")
    assert "555 (Nina Former) on Account 1, 556 (Nina Former) on Account 2" in refused("Nina Former")


@pytest.mark.parametrize("person", ["Nina", "Smith", "former"])
def test_a_part_of_a_name_is_not_enough(person: str) -> None:
    assert f"nobody in the business or on the accounts is {person!r}" in refused(person)


def test_an_address_that_nobody_has_any_more_lists_who_left() -> None:
    text = refused("nina@example.com")
    assert "nina@example.com is nobody's address in business 9" in text
    assert (
        "On the accounts, and not in the business any more:"
        " 555 (Nina Former) on Account 1, 556 (Nina Former) on Account 2. If one of them is meant, give the id" in text
    )
    assert "Alice" not in text  # who is in the business has not left


def test_an_address_that_nobody_has_where_nobody_left() -> None:
    clean = [account("1", on("111", "Alice Smith", "MANAGE"))]
    assert refused("nina@example.com", clean) == "nina@example.com is nobody's address in business 9"


def test_an_invitation_is_nobody_who_left() -> None:
    listed = [listing("9", ALICE, invited("5", "new@example.com"))]
    clean = [account("1", on("111", "Alice Smith", "MANAGE"))]
    assert "any more" not in refused("other@example.com", clean, listed)


def test_an_address_that_has_become_anothers_takes_nothing() -> None:
    assert "the two must agree" in refused("stolen")


def test_an_id_with_an_address_that_its_owner_has_no_longer_takes_nothing() -> None:
    changed = listing("9", {**ALICE, "email": "alice.b@example.com"})
    assert "111 is 111 (Alice Smith, alice.b@example.com): the two must agree" in refused("al", listed=[changed])


def test_without_a_listing_an_address_takes_nothing() -> None:
    assert refused("alice@example.com", listed=[failed("9", "No right.")]) == (
        "nobody can be looked up in business 9: No right."
    )
    assert "named by id alone" in refused("alice@example.com", listed=[])


def test_where_an_address_was_not_told_nothing_is_taken() -> None:
    silent = listing("9", {**ALICE, "email": None}, BOT)
    assert "does not tell the addresses" in refused("alice@example.com", listed=[silent])


def test_unread_accounts_are_problems() -> None:
    accounts = [SUPPORT, account("2", msg="Account 2 is shut.")]
    assert taken("111", accounts) == [("111", ["MANAGE"], None), (None, None, "Account 2 is shut.")]


def test_nobody_of_a_name_where_not_everything_was_read() -> None:
    assert "as far as they could be read. Account 2 is shut" in refused("Zed", [account("2", msg="Account 2 is shut.")])


def test_somebody_of_two_businesses() -> None:
    accounts = [SUPPORT, account("3", on("811", "Alice Smith", "MANAGE", business="8"), business_id="8")]
    there = listing("8", {**ALICE, "id": "811"})
    assert taken("alice", accounts, [HERE, there]) == [("111", ["MANAGE"], None), ("811", ["MANAGE"], None)]


def test_somebody_whom_one_of_two_businesses_does_not_know() -> None:
    gone = account("3", on("811", "Alice S.", "MANAGE", business="8"), business_id="8")
    empty = account("4", on("812", "Zoe", "MANAGE", business="8"), business_id="8")
    there = listing("8", somebody("812", name="Zoe", email="zoe@example.com"))
    first, second, third = taken("alice", [SUPPORT, gone, empty], [HERE, there])
    assert first == ("111", ["MANAGE"], None)
    # Somebody there has left their business, and may be the one.
    assert second[:2] == (None, None)
    assert "alice is not known in its business" in str(second[2])
    assert "811 (Alice S.) on Account 3" in str(second[2])
    assert third == NOTHING


def test_the_id_beside_an_address_holds_where_the_address_is_not_known() -> None:
    accounts = [SUPPORT, account("3", on("111", "Alice Smith", "MANAGE", business="8"), business_id="8")]
    there = listing("8", somebody("812", name="Zoe", email="zoe@example.com"))
    assert [line[0] for line in taken("nina", accounts, [HERE, there])] == ["555", None]


def test_what_an_account_says_of_the_lockout_is_kept() -> None:
    accounts = [{**SUPPORT, "allow_lockout": True}, {**MARKETING, "users": []}]
    first, second = removals("111", {}, accounts, [])
    assert first == {
        "waba_id": "1",
        "business_id": "9",
        "label": "Account 1",
        "allow_lockout": True,
        "user_id": "111",
        "tasks": ["MANAGE"],
        "problem": None,
    }
    assert "allow_lockout" not in second


def test_tasks_that_the_api_does_not_tell() -> None:
    user = {**on("111", "Alice"), "tasks": None}
    assert taken("111", [account("1", user)]) == [("111", None, None)]

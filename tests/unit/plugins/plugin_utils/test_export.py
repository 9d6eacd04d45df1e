# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import TASKS
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._access import resolve_accounts
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._export import as_variables
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from hypothesis import given
from hypothesis import strategies as st
from listings import Json, failed, listing, machine, somebody

# Few ids, so that people are on several accounts, and in several businesses.
ids = st.integers(1, 12).map(str) | st.integers(1, 10**20).map(str)
users = st.builds(
    lambda user_id, name, tasks: {"id": user_id, "name": name, "tasks": sorted(tasks)},
    ids,
    st.none() | st.text(),
    st.sets(st.sampled_from(TASKS), min_size=1),
)
accounts_strategy = st.lists(
    st.builds(
        lambda waba_id, name, business_id, people: {
            "waba_id": waba_id,
            "name": name,
            "business_id": business_id,
            "assigned_users": people,
        },
        ids,
        st.none() | st.text(),
        st.sampled_from(["8", "9"]),
        st.lists(users, max_size=5, unique_by=lambda user: user["id"]),
    ),
    max_size=4,
    unique_by=lambda account: account["waba_id"],
)
addresses = st.none() | st.emails() | st.sampled_from(["A@x.example", "a@X.example", " a@y.example"]) | st.text()
businesses = st.lists(st.tuples(ids, addresses), max_size=8, unique_by=lambda one: one[0])


def reached(accounts: list[Json]) -> dict[str, dict[str, set[str]]]:
    return {one["waba_id"]: {user["user_id"]: set(user["tasks"]) for user in one["users"]} for one in accounts}


def real(accounts: list[Json]) -> dict[str, dict[str, set[str]]]:
    return {one["waba_id"]: {user["id"]: set(user["tasks"]) for user in one["assigned_users"]} for one in accounts}


@given(accounts_strategy, businesses, businesses)
def test_what_is_exported_says_what_is(
    accounts: list[Json], eight: list[tuple[str, str | None]], nine: list[tuple[str, str | None]]
) -> None:
    listed = [
        listing(business_id, *(somebody(user_id, email=email) for user_id, email in people))
        for business_id, people in (("8", eight), ("9", nine))
    ]
    variables = yaml.safe_load(as_variables(accounts, listed))
    resolved = resolve_accounts(variables["waba_access_accounts"], variables["waba_access_people"], {}, listed)
    assert reached(resolved) == real(accounts)


@given(accounts_strategy)
def test_an_export_without_addresses_needs_no_listing(accounts: list[Json]) -> None:
    variables = yaml.safe_load(as_variables(accounts))
    assert reached(resolve_accounts(variables["waba_access_accounts"], variables["waba_access_people"], {})) == real(
        accounts
    )


@given(accounts_strategy)
def test_the_order_of_what_is_listed_does_not_matter(accounts: list[dict[str, t.Any]]) -> None:
    turned = [{**one, "assigned_users": one["assigned_users"][::-1]} for one in accounts[::-1]]
    # A person who is listed under two names has one of them.
    names = {user["id"]: user["name"] for one in accounts for user in one["assigned_users"]}
    for one in (*accounts, *turned):
        one["assigned_users"] = [{**user, "name": names[user["id"]]} for user in one["assigned_users"]]
    assert as_variables(turned) == as_variables(accounts)


def test_an_export_as_a_person_would_write_it() -> None:
    listed = [
        {"id": "222", "name": "Zoë Müller", "tasks": ["FULL_CONTROL"]},
        {"id": "111", "name": "Alice\n<b>", "tasks": ["MESSAGING", "DEVELOP"]},
        {"id": "333", "name": "Bob", "tasks": ["MANAGE"]},
        {"id": "444", "name": "Bob", "tasks": ["MANAGE", "A_TASK_OF_TOMORROW"]},
        {"id": "555", "name": "张伟", "tasks": ["MANAGE"]},
    ]
    accounts = [{"waba_id": 1, "name": "Support", "business_id": "9", "assigned_users": listed}]
    head, people, written = as_variables(accounts).split("\n\n")
    assert head.startswith("---\n# Who may do what")
    assert people.splitlines() == [
        "waba_access_people:",
        '  alice_b: "111" # Alice <b>',
        '  bob_333: "333" # Bob',
        '  bob_444: "444" # Bob',
        '  person: "555" # 张伟',
        '  zoe_muller: "222" # Zoë Müller',
    ]
    assert written == (
        "waba_access_accounts:\n"
        '  - waba_id: "1"\n'
        '    name: "Support"\n'
        '    business_id: "9"\n'
        "    keep_users: # they hold tasks that this version of the collection does not know\n"
        "      - bob_444\n"
        "    users:\n"
        "      - person: alice_b\n"
        "        tasks: [DEVELOP, MESSAGING]\n"
        "      - person: bob_333\n"
        "        tasks: [MANAGE]\n"
        "      - person: person\n"
        "        tasks: [MANAGE]\n"
        "      - person: zoe_muller\n"
        "        tasks: [FULL_CONTROL]\n"
    )


def test_tasks_that_are_not_told_cannot_be_exported() -> None:
    with pytest.raises(AccessError, match="111"):
        as_variables([{"waba_id": "1", "assigned_users": [{"id": "111", "name": "A", "tasks": None}]}])


def test_an_empty_export() -> None:
    assert yaml.safe_load(as_variables([])) == {"waba_access_people": {}, "waba_access_accounts": []}


ALICE = {"id": "111", "name": "Alice", "tasks": ["MANAGE"]}
BOT = {"id": "333", "name": "Bot", "tasks": ["MANAGE"]}


def account(*people: Json, waba_id: str = "1", business_id: str = "9", **more: t.Any) -> Json:
    return {"waba_id": waba_id, "business_id": business_id, "assigned_users": list(people), **more}


def exported_people(accounts: list[Json], *listed: Json) -> Json:
    return dict(yaml.safe_load(as_variables(accounts, listed))["waba_access_people"])


def test_addresses_are_beside_the_ids() -> None:
    here = listing("9", somebody("111", email=" Alice@example.com"), machine("333", "Bot"))
    text = as_variables([account(ALICE, BOT)], [here])
    assert '  alice: {email: "Alice@example.com", id: "111"} # Alice\n' in text
    assert '  bot: "333" # Bot\n' in text


@pytest.mark.parametrize(
    "email",
    [None, "", "alice", "a b@example.com", "a@b@c", "@", "a@", "{{lookup('pipe','id')}}@b", "a@{%b%}", "a@\x7fb"],
)
def test_what_is_no_address_is_not_written(email: str | None) -> None:
    assert exported_people([account(ALICE)], listing("9", somebody("111", email=email))) == {"alice": "111"}


def test_an_address_of_two_people_is_not_written() -> None:
    here = listing("9", somebody("111", email="alice@example.com"), somebody("112", email="ALICE@example.com"))
    assert exported_people([account(ALICE)], here) == {"alice": "111"}


def test_an_address_is_written_where_every_business_of_the_person_gives_it() -> None:
    here = listing("9", somebody("111", email="alice@example.com"))
    accounts = [account(ALICE), account(ALICE, waba_id="2", business_id="8")]
    both = {"alice": {"id": "111", "email": "alice@example.com"}}
    assert exported_people(accounts, here, listing("8", somebody("111", email="alice@example.com"))) == both
    # Elsewhere under another address, nobody there, not told there, not listed there:
    assert exported_people(accounts, here, listing("8", somebody("111", email="other@example.com"))) == {"alice": "111"}
    assert exported_people(accounts, here, listing("8", somebody("112", email="alice@example.com"))) == {"alice": "111"}
    assert exported_people(accounts, here, listing("8", somebody("111"))) == {"alice": "111"}
    assert exported_people(accounts, here, failed("8", "No right.")) == {"alice": "111"}
    assert exported_people(accounts, here) == {"alice": "111"}


def test_who_left_is_written_down_by_id() -> None:
    here = listing("9", somebody("111", email="alice@example.com"))
    nina = {"id": "555", "name": "Nina", "tasks": ["MANAGE"]}
    assert exported_people([account(ALICE, nina)], here)["nina"] == "555"


def test_accounts_that_were_not_read_cannot_be_exported() -> None:
    accounts = [
        account(ALICE),
        account(waba_id="2", label="Two (2)", msg="It is broken."),
        account(waba_id="3", label="3", msg="No right."),
    ]
    with pytest.raises(AccessError) as caught:
        as_variables(accounts)
    assert str(caught.value) == (
        "account Two (2) could not be read. It is broken. account 3 could not be read. No right"
    )

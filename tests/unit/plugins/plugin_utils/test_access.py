# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.metaops.whatsapp.plugins.module_utils._assigned_users import TASKS
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._access import resolve_accounts
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._export import as_variables
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError, reference
from hypothesis import given
from hypothesis import strategies as st

PEOPLE = {"alice": "111", "bob": 222}

ids = st.integers(1, 10**20).map(str)
users = st.builds(
    lambda user_id, name, tasks: {"id": user_id, "name": name, "tasks": sorted(tasks)},
    ids,
    st.none() | st.text(),
    st.sets(st.sampled_from(TASKS), min_size=1),
)
listings = st.lists(
    st.builds(
        lambda waba_id, name, people: {"waba_id": waba_id, "name": name, "business_id": "9", "assigned_users": people},
        ids,
        st.none() | st.text(),
        st.lists(users, max_size=5, unique_by=lambda user: user["id"]),
    ),
    max_size=4,
    unique_by=lambda account: account["waba_id"],
)


def account(*people: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return {"waba_id": "1", "users": list(people), **options}


@given(listings)
def test_what_is_exported_says_what_is(accounts: list[dict[str, t.Any]]) -> None:
    variables = yaml.safe_load(as_variables(accounts))
    resolved = resolve_accounts(variables["waba_access_accounts"], variables["waba_access_people"], {})
    assert {one["waba_id"]: {user["user_id"]: set(user["tasks"]) for user in one["users"]} for one in resolved} == {
        one["waba_id"]: {user["id"]: set(user["tasks"]) for user in one["assigned_users"]} for one in accounts
    }


@given(listings)
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

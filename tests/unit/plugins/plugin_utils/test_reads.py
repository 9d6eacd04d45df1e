# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._reads import account_reads, accounts_read
from listings import Json

ACCOUNTS: list[Json] = [
    {"waba_id": "3", "name": "Three", "business_id": "9"},
    {"waba_id": 1, "business_id": None},
    {"waba_id": "2", "business_id": 9},
    {"waba_id": "4"},
]


def read(waba_id: str, *user_ids: str) -> Json:
    users = [{"id": user_id} for user_id in user_ids]
    return {"waba_id": waba_id, "business_id": "9", "assigned_users": users, "total_count": len(users), "msg": None}


def result(business_id: str, *accounts: Json, **more: t.Any) -> Json:
    item = {"business_id": business_id, "waba_ids": [account["waba_id"] for account in accounts]}
    return {"ansible_loop_var": "account_read", "account_read": item, "accounts": list(accounts), **more}


def test_accounts_are_read_by_business() -> None:
    assert account_reads(ACCOUNTS) == [
        {"business_id": "", "waba_ids": ["1", "4"]},
        {"business_id": "9", "waba_ids": ["3", "2"]},
    ]
    assert account_reads(ACCOUNTS, 9) == [{"business_id": "9", "waba_ids": ["3", "1", "2", "4"]}]
    assert account_reads([]) == []


@pytest.mark.parametrize(
    ("accounts", "business_id", "words"),
    [
        ([{"waba_id": "1"}, {"waba_id": "x"}], None, r"accounts\[1\]\.waba_id must be an id"),
        ([{"waba_id": ""}], None, r"accounts\[0\]\.waba_id is empty"),
        ([{"name": "A"}], None, r"accounts\[0\]\.waba_id is empty"),
        ([{"waba_id": 1.5}], None, "must be an id"),
        ([{"waba_id": "1", "business_id": "x"}], None, r"accounts\[0\]\.business_id must be an id"),
        ([{"waba_id": "1"}], "x", r"accounts\[0\]\.business_id must be an id"),
        ([{"waba_id": "1"}, {"waba_id": 1}], None, r"accounts\[0\] and accounts\[1\] are the same \(1\)"),
        ([{"waba_id": "x"}, {"waba_id": "y"}], None, r"accounts\[0\].*accounts\[1\]"),
        ("123", None, "must be a list"),
        (["123"], None, "must be a list"),
        ({"waba_id": "123"}, None, "must be a list"),
    ],
)
def test_accounts_that_make_no_sense(accounts: t.Any, business_id: t.Any, words: str) -> None:
    with pytest.raises(AccessError, match=words):
        account_reads(accounts, business_id)


def test_what_was_read_comes_in_the_order_of_the_accounts() -> None:
    results = [result("", read("1", "a"), read("4")), result("9", read("3", "b"), read("2", "c"))]
    found = accounts_read(ACCOUNTS, results)
    assert [(one["waba_id"], one["label"], one["business_id"]) for one in found] == [
        ("3", "Three (3)", "9"),
        ("1", "1", "9"),
        ("2", "2", "9"),
        ("4", "4", "9"),
    ]
    assert [[user["id"] for user in one["assigned_users"]] for one in found] == [["b"], ["a"], ["c"], []]
    assert found[0]["name"] == "Three"


def test_what_an_account_says_of_itself_is_kept() -> None:
    (found,) = accounts_read([{"waba_id": "1", "users": [], "allow_lockout": True}], [result("", read("1"))])
    assert (found["users"], found["allow_lockout"], found["msg"]) == ([], True, None)


def test_a_read_that_failed_is_the_reason_for_each_of_its_accounts() -> None:
    reason = {"code": 190}
    bad = {**result("", read("1"), read("4")), "msg": "No token.", "graph_error": reason}
    del bad["accounts"]
    found = accounts_read(ACCOUNTS, [bad, result("9", read("3"), read("2"))])
    assert [(one["msg"], one.get("graph_error")) for one in found] == [
        (None, None),
        ("No token.", reason),
        (None, None),
        ("No token.", reason),
    ]
    assert all(one["assigned_users"] == [] for one in found)


@pytest.mark.parametrize("results", [[], [{}], [{"ansible_loop_var": "item", "skipped": True}]])
def test_what_was_not_read_is_no_account_without_people(results: list[Json]) -> None:
    for one in accounts_read(ACCOUNTS, results):
        assert (one["msg"], one["assigned_users"]) == ("it was not read", [])


def test_one_account_that_could_not_be_read_is_one() -> None:
    broken = {**read("3"), "total_count": None, "msg": "No right.", "graph_error": {"code": 100}}
    found = accounts_read(ACCOUNTS, [result("9", broken, read("2", "c")), result("", read("1"), read("4"))])
    assert [one["msg"] for one in found] == ["No right.", None, None, None]

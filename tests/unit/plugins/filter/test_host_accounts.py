# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as accounts."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.filter._host_accounts import host_accounts

Json = dict[str, t.Any]

HOST: Json = {"inventory_hostname": "support", "waba_id": "1", "waba_name": "Support", "business_id": "9"}
RULES: Json = {
    "purge_users": False,
    "keep_users": [],
    "purge_tasks": True,
    "max_removals": None,
    "allow_lockout": False,
    "unreadable_tasks": "warn",
}
USERS = [{"user_id": "5", "tasks": ["DEVELOP"]}]


def test_a_host_is_an_account_with_its_own_rules() -> None:
    other = {"waba_id": "2", "business_id": "9", "waba_access_purge_users": True, "waba_access_users": USERS}
    assert host_accounts([HOST, other], [], declared=False) == [
        {"waba_id": "1", "name": "Support", "business_id": "9", **RULES},
        {"waba_id": "2", "name": None, "business_id": "9", **RULES, "purge_users": True, "users": USERS},
    ]


def test_an_entry_of_the_account_goes_into_it() -> None:
    entry = {"waba_id": 1, "users": USERS, "purge_tasks": False, "name": None}
    (account,) = host_accounts([HOST], [entry, {"waba_id": "7"}], declared=True)
    assert (account["name"], account["users"], account["purge_tasks"]) == ("Support", USERS, False)


def test_every_problem_is_told_at_once() -> None:
    hosts = [{"inventory_hostname": "web"}, HOST, {**HOST, "waba_id": "2", "waba_access_users": USERS}]
    with pytest.raises(AnsibleFilterError, match="Host web is not an account") as caught:
        host_accounts(hosts, [{"waba_id": "2", "users": []}], declared=True)
    assert len(str(caught.value).splitlines()) == 3
    assert "Account 2 is in waba_access_accounts and has waba_access_users" in str(caught.value)
    assert "Nothing is declared for account 1" in str(caught.value)


def test_no_name_is_a_template() -> None:
    (account,) = host_accounts([{**HOST, "waba_name": "{{ lookup('pipe', 'id') }}"}], [], declared=False)
    assert "{{" not in account["name"]


def test_a_host_for_which_nothing_is_declared_has_no_rules() -> None:
    """Those of a group would purge an account of which nobody wrote down who its users are."""
    bare = {"waba_id": "3", "waba_access_purge_users": True, "waba_access_keep_users": ["1"]}
    (account,) = host_accounts([bare], [], declared=False)
    assert (account["purge_users"], account["keep_users"]) == (False, [])
    (account,) = host_accounts([{**bare, "waba_access_users": []}], [], declared=False)
    assert (account["purge_users"], account["keep_users"]) == (True, ["1"])

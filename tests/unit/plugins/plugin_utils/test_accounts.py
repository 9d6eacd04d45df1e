# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.filter.host_accounts import host_accounts
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._accounts import OPTIONS

HOST = {"inventory_hostname": "support", "waba_id": "111", "waba_name": "Support", "business_id": "9"}
USERS = [{"person": "jane", "tasks": ["DEVELOP"]}]


def test_a_host_is_an_account() -> None:
    assert host_accounts([HOST, {"waba_id": 222}]) == [
        {"waba_id": "111", "name": "Support", "business_id": "9", **OPTIONS},
        {"waba_id": "222", "name": None, "business_id": None, **OPTIONS},
    ]


def test_what_is_written_down_of_it_wins() -> None:
    accounts: list[dict[str, t.Any]] = [
        {"waba_id": 111, "name": "Ours", "business_id": None, "users": USERS, "purge_users": True},
        {"waba_id": "333", "users": []},
    ]
    assert host_accounts([HOST], accounts, declared=True) == [
        {"waba_id": 111, "name": "Ours", "business_id": "9", **OPTIONS, "users": USERS, "purge_users": True}
    ]
    assert host_accounts([{**HOST, "waba_access_users": USERS}], [accounts[1]], declared=True)[0]["users"] == USERS
    assert host_accounts([{**HOST, "waba_access_users": []}], declared=True)[0]["users"] == []


def test_each_has_the_options_of_its_own_host() -> None:
    bold = {**HOST, "waba_access_allow_lockout": True, "waba_access_keep_users": ["jane"]}
    first, second = host_accounts([bold, {"waba_id": "222", "waba_access_purge_tasks": False}])
    assert (first["allow_lockout"], first["keep_users"], first["purge_tasks"]) == (True, ["jane"], True)
    assert (second["allow_lockout"], second["keep_users"], second["purge_tasks"]) == (False, [], False)


def test_an_entry_that_is_there_twice_stays_for_others_to_tell() -> None:
    assert len(host_accounts([HOST], [{"waba_id": "111"}, {"waba_id": "111"}])) == 2


@pytest.mark.parametrize(
    ("hosts", "accounts", "words"),
    [
        ([{"inventory_hostname": "web1"}], [], "host web1 is not an account"),
        ([{**HOST, "waba_id": None}, {"inventory_hostname": "b"}], [], "host support is .*host b is not"),
        ([HOST], [], "nothing is written down for account 111"),
        ([HOST], [{"waba_id": "222"}], "nothing is written down for account 111"),
        (
            [{**HOST, "waba_access_users": USERS}],
            [{"waba_id": "111"}],
            "waba_access_accounts and has waba_access_users",
        ),
    ],
)
def test_what_makes_no_sense_is_told(
    hosts: list[dict[str, t.Any]], accounts: list[dict[str, t.Any]], words: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        host_accounts(hosts, accounts, declared=True)
    assert len(host_accounts(hosts, accounts, declared=True, strict=False)) == sum(
        bool(host.get("waba_id")) for host in hosts
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("{{ lookup('pipe', 'id') }}\n{% raw %}\u202e", "   lookup('pipe', 'id') }}  % raw %} "),
        ("#jinja2: variable_start_string: '[['\n[[ 1 ]]", " jinja2: variable_start_string: '[[' [[ 1 ]]"),
    ],
)
def test_a_name_from_the_api_is_no_template(name: str, label: str) -> None:
    assert host_accounts([{**HOST, "waba_name": name}])[0]["name"] == label

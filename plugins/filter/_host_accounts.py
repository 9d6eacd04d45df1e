# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: _host_accounts
short_description: Internal - hosts of the inventory plugin as accounts
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Internal to the roles and playbooks of this collection, and may change in any release.
  - Converts hosts of P(metaops.whatsapp.waba#inventory) to accounts of M(metaops.whatsapp.waba_access).
positional: accounts
options:
  _input: {description: The variables of each host., type: list, elements: dict, required: true}
  accounts: {description: "Entries of C(waba_access_accounts), if any.", type: list, elements: dict, default: []}
  declared: {description: "Whether to fail for an account that has neither an entry nor C(waba_access_users).",
    type: bool, default: false}
"""

EXAMPLES = r"""
- name: Show a host as an account
  ansible.builtin.debug: {msg: "{{ [{'waba_id': '1234567890123456'}] | metaops.whatsapp._host_accounts }}"}
"""

RETURN = r"""
_value: {description: An account for each host., type: list, elements: dict}
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.export import harmless
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Rules

Json = dict[str, t.Any]

#: The defaults of the variables `waba_access_<rule>` of a host. Each account gets all rules, so that those of the host
#: that runs the task do not apply to the accounts of other hosts.
_RULES: Json = {name: default for name, default in vars(Rules()).items() if name != "verify"} | {"keep_users": []}


def host_accounts(
    hosts: t.Sequence[t.Mapping[str, t.Any]], accounts: t.Sequence[Json] = (), declared: bool = False
) -> list[Json]:
    """Convert the variables of hosts to entries of `waba_access_accounts`.

    The users are those of the account's entry in `accounts`, or else the host's `waba_access_users`. Raises
    `AnsibleFilterError`, a line for each problem: a host that is not an account, an account that is declared in both
    places, and with `declared` one that is declared in neither.
    """
    problems = []
    found = []
    entries = {str(account.get("waba_id")): account for account in reversed(accounts or ())}
    for host in hosts:
        waba_id = str(host.get("waba_id") or "")
        entry, users = entries.get(waba_id), host.get("waba_access_users")
        is_declared = entry is not None or users is not None
        if not waba_id:
            problems.append(
                f"Host {host.get('inventory_hostname', 'localhost')} is not an account (it has no variable waba_id):"
                " waba_hosts must match only hosts of the inventory plugin metaops.whatsapp.waba."
            )
        elif entry is not None and users is not None:
            problems.append(f"Account {waba_id} is in waba_access_accounts and has waba_access_users: keep one.")
        elif declared and not is_declared:
            problems.append(
                f"Nothing is declared for account {waba_id}: add it to waba_access_accounts, give its host"
                " waba_access_users, or leave it out of waba_hosts."
            )
        account = {
            "waba_id": waba_id,
            "name": harmless(host.get("waba_name") or "") or None,
            "business_id": host.get("business_id"),
        }
        for rule, default in _RULES.items():
            value = host.get(f"waba_access_{rule}")
            # The purge of a group of hosts must not apply to an account for which nothing is declared.
            is_ignored = not is_declared and rule in ("purge_users", "keep_users")
            account[rule] = default if value is None or is_ignored else value
        if users is not None:
            account["users"] = users
        found.append(account | {key: value for key, value in (entry or {}).items() if value is not None})
    if problems:
        raise AnsibleFilterError("\n".join(problems))
    return found


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"_host_accounts": host_accounts}

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
  _input:
    description: The variables of each host.
    type: list
    elements: dict
    required: true
  accounts:
    description: Entries of C(waba_access_accounts), which are merged into the accounts of these hosts.
    type: list
    elements: dict
    default: []
  declared:
    description: Whether to fail for an account that is not in O(accounts) and whose host has no C(waba_access_users).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the accounts among the hosts of this play
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | map('extract', hostvars) | selectattr('waba_id', 'defined')
      | metaops.whatsapp._host_accounts }}"
  run_once: true
"""

RETURN = r"""
_value: {description: An account for each host., type: list, elements: dict}
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils import _accounts


def host_accounts(hosts: list[t.Any], accounts: t.Any = None, declared: bool = False) -> list[dict[str, t.Any]]:
    """Convert the variables of hosts to accounts."""
    try:
        return _accounts.host_accounts(hosts, accounts or [], declared=declared)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"_host_accounts": host_accounts}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_accounts
short_description: Make accounts of hosts that are accounts
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes the variables of hosts, as the inventory plugin P(metaops.whatsapp.waba#inventory) makes them, and returns
    accounts as the roles of this collection have them in C(waba_access_accounts).
positional: accounts
options:
  _input:
    description:
      - The variables of each host. C(waba_id), C(waba_name), C(business_id), C(waba_access_users),
        C(waba_access_purge_users), C(waba_access_keep_users), C(waba_access_purge_tasks) and
        C(waba_access_allow_lockout) are looked at.
    type: list
    elements: dict
    required: true
  accounts:
    description: Entries of C(waba_access_accounts). What they say of an account of these hosts goes into the result.
    type: list
    elements: dict
    default: []
  declared:
    description:
      - Whether it is an error if an account is not in O(accounts) and its host has no C(waba_access_users).
    type: bool
    default: false
  strict:
    description:
      - Whether it is an error if a host is not an account, if an account is written down in both places, or if
        O(declared) is not met. Without it, hosts that are not accounts are left out.
    type: bool
    default: true
seealso:
  - plugin: metaops.whatsapp.waba
    plugin_type: inventory
  - plugin: metaops.whatsapp.account_reads
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the accounts among the hosts of this play
  ansible.builtin.debug:
    msg: "{{ variables_of_hosts | selectattr('waba_id', 'defined') | metaops.whatsapp.host_accounts }}"
  vars:
    variables_of_hosts: "{{ ansible_play_hosts_all | map('extract', hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - An account for each host, with C(waba_id), C(name), C(business_id), C(purge_users), C(keep_users), C(purge_tasks)
      and C(allow_lockout), with what O(accounts) say of it, and with C(users) if they are written down.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._accounts import host_accounts as accounts_of
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError


def host_accounts(
    hosts: t.Sequence[t.Mapping[str, t.Any]],
    accounts: list[dict[str, t.Any]] | None = None,
    declared: bool = False,
    strict: bool = True,
) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return accounts_of(hosts, accounts or [], declared=declared, strict=strict)
    except AccessError as error:
        raise AnsibleFilterError(f"{error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"host_accounts": host_accounts}

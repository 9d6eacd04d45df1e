# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: accounts_read
short_description: Bring accounts together with what was read of them
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes accounts and the results of M(metaops.whatsapp.waba_assigned_users_info) in a loop over what
    P(metaops.whatsapp.account_reads#filter) returns for them.
  - The result has names and ids of people, which are personal data.
positional: results
options:
  _input:
    description: The accounts, each with C(waba_id), and perhaps C(business_id) and C(name).
    type: list
    elements: dict
    required: true
  results:
    description: The C(results) of the loop. Those of failed calls count as well.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: metaops.whatsapp.account_reads
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read accounts
  metaops.whatsapp.waba_assigned_users_info:
    waba_ids: "{{ item.waba_ids }}"
    business_id: "{{ item.business_id | default(omit, true) }}"
  loop: "{{ accounts | metaops.whatsapp.account_reads }}"
  register: read
  vars:
    accounts: [{waba_id: "1234567890123456", name: Support}, {waba_id: "6543210987654321"}]

- name: Show how many people each has
  ansible.builtin.debug:
    msg: "{{ item.label }}: {{ item.msg or item.total_count }}"
  loop: "{{ accounts | metaops.whatsapp.accounts_read(read.results) }}"
  loop_control:
    label: "{{ item.label }}"
  vars:
    accounts: [{waba_id: "1234567890123456", name: Support}, {waba_id: "6543210987654321"}]
"""

RETURN = r"""
_value:
  description:
    - The accounts, in their order, each with C(label), C(business_id), C(assigned_users), C(total_count), and with
      C(msg) and C(graph_error) if it could not be read.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._reads import accounts_read as read


def accounts_read(accounts: list[dict[str, t.Any]], results: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return read(accounts, results)
    except AccessError as error:
        raise AnsibleFilterError(f"{error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"accounts_read": accounts_read}

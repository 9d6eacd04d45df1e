# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_variables
short_description: Write accounts as they are down as the variables of the role waba_access
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Makes YAML, as a person would write it, of what M(metaops.whatsapp.waba_assigned_users_info) returns of one or many
    accounts. Applied as it stands, it changes nothing. The playbook C(metaops.whatsapp.export) uses it.
  - People get short names, made of their names. Whoever holds tasks that the collection does not know is left alone, by
    being named in C(keep_users).
positional: listed
options:
  _input:
    description: The accounts, each with C(waba_id), C(assigned_users), and perhaps C(business_id) and C(name).
    type: list
    elements: dict
    required: true
  listed:
    description:
      - Results of M(metaops.whatsapp.waba_business_users_info) in a loop over items that have C(business_id), and
        perhaps C(kinds). With them, people are written down with their addresses beside their ids.
    type: list
    elements: dict
    default: []
seealso:
  - module: metaops.whatsapp.waba_assigned_users_info
"""

EXAMPLES = r"""
- name: Read an account
  metaops.whatsapp.waba_assigned_users_info:
    waba_id: "1234567890123456"
  register: account

- name: Show it as the role's variables
  ansible.builtin.debug:
    msg: "{{ [account | combine({'waba_id': '1234567890123456'})] | metaops.whatsapp.access_variables }}"
"""

RETURN = r"""
_value:
  description: The text of a YAML file.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._export import as_variables
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError


def access_variables(accounts: list[dict[str, t.Any]], listed: list[dict[str, t.Any]] | None = None) -> str:
    """The filter."""
    try:
        return as_variables(accounts, listed or [])
    except AccessError as error:
        raise AnsibleFilterError(f"Nothing was written: {error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"access_variables": access_variables}

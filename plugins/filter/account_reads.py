# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: account_reads
short_description: Group accounts by business, to read many of them in one go
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes accounts as the roles of this collection have them, and returns what to loop over with
    M(metaops.whatsapp.waba_assigned_users_info), which reads up to 50 accounts of one business in a round trip.
  - The filter P(metaops.whatsapp.accounts_read#filter) brings accounts and results together.
positional: business_id
options:
  _input:
    description: The accounts, each with C(waba_id), and perhaps C(business_id) and C(name).
    type: list
    elements: dict
    required: true
  business_id:
    description: The business of accounts that name none. Without it, the environment of the module says.
    type: str
seealso:
  - plugin: metaops.whatsapp.accounts_read
    plugin_type: filter
  - module: metaops.whatsapp.waba_assigned_users_info
"""

EXAMPLES = r"""
- name: Read accounts, those of each business in one go
  metaops.whatsapp.waba_assigned_users_info:
    waba_ids: "{{ item.waba_ids }}"
    business_id: "{{ item.business_id | default(omit, true) }}"
  loop: "{{ accounts | metaops.whatsapp.account_reads }}"
  loop_control:
    label: "{{ item.waba_ids | length }} accounts"
  vars:
    accounts:
      - waba_id: "1234567890123456"
        name: Support
      - waba_id: "6543210987654321"
"""

RETURN = r"""
_value:
  description: What to read, each with C(business_id) (empty for that of the environment) and C(waba_ids).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._reads import account_reads as reads


def account_reads(accounts: list[dict[str, t.Any]], business_id: str | None = None) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return reads(accounts, business_id)
    except AccessError as error:
        raise AnsibleFilterError(f"{error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"account_reads": account_reads}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_listings
short_description: Tell which businesses to list before people can be looked up
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes accounts as the role C(metaops.whatsapp.waba_access) has them, and returns what to loop over with
    M(metaops.whatsapp.waba_business_users_info) so that P(metaops.whatsapp.resolve_access#filter) can put ids in place
    of addresses and names. That role uses it.
  - It returns nothing where ids say it all. A second time, with the results of the first, it returns the businesses in
    which an address was not found, to see whether the person has been invited.
positional: people, defaults, listed
options:
  _input:
    description: The accounts, each with C(waba_id) and C(users).
    type: list
    elements: dict
    required: true
  people:
    description: Short names of people, as the role has them in C(waba_access_people).
    type: dict
    default: {}
  defaults:
    description: Options for accounts that do not say otherwise.
    type: dict
    default: {}
  listed:
    description: The results of the loop so far.
    type: list
    elements: dict
    default: []
seealso:
  - plugin: metaops.whatsapp.resolve_access
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the people of the businesses where somebody is named by address
  metaops.whatsapp.waba_business_users_info:
    business_id: "{{ item.business_id | default(omit, true) }}"
    kinds: "{{ item.kinds }}"
  loop: "{{ accounts | metaops.whatsapp.access_listings }}"
  register: listed
  no_log: true
  vars:
    accounts:
      - waba_id: "1234567890123456"
        users:
          - email: jane.doe@example.com
            tasks: [DEVELOP]
"""

RETURN = r"""
_value:
  description: What to list, each with C(business_id) (empty for that of the environment) and C(kinds).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._access import wanted_listings
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError


def access_listings(
    accounts: list[dict[str, t.Any]],
    people: dict[str, t.Any] | None = None,
    defaults: dict[str, t.Any] | None = None,
    listed: list[dict[str, t.Any]] | None = None,
) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return wanted_listings(accounts, people or {}, defaults or {}, listed or [])
    except AccessError as error:
        raise AnsibleFilterError(f"{error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"access_listings": access_listings}

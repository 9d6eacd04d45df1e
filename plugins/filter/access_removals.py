# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_removals
short_description: Tell what is to be taken from somebody who leaves
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes a short name, an id, an e-mail address or a name in full, and returns the accounts that were read with what
    the person holds there. The playbook C(metaops.whatsapp.offboard) uses it.
  - It never guesses. If several people could be meant, or if an address is not known any more, it fails and lists who
    it could be.
positional: people, accounts, listed
options:
  _input:
    description: Who leaves.
    type: str
    required: true
  people:
    description: Short names of people, as the role C(metaops.whatsapp.waba_access) has them in C(waba_access_people).
    type: dict
    required: true
  accounts:
    description: Accounts that were read, as P(metaops.whatsapp.accounts_read#filter) returns them.
    type: list
    elements: dict
    required: true
  listed:
    description:
      - Results of M(metaops.whatsapp.waba_business_users_info) in a loop over items that have C(business_id), and
        perhaps C(kinds).
    type: list
    elements: dict
    default: []
seealso:
  - plugin: metaops.whatsapp.accounts_read
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the account
  metaops.whatsapp.waba_assigned_users_info:
    waba_ids: "{{ item.waba_ids }}"
  loop: "{{ accounts | metaops.whatsapp.account_reads }}"
  register: read
  vars:
    accounts: [{waba_id: "1234567890123456"}]

- name: Show what Maria would lose
  ansible.builtin.debug:
    msg: "{{ 'Maria Garcia' | metaops.whatsapp.access_removals({}, accounts_read) }}"
  vars:
    accounts: [{waba_id: "1234567890123456"}]
    accounts_read: "{{ accounts | metaops.whatsapp.accounts_read(read.results) }}"
"""

RETURN = r"""
_value:
  description:
    - The accounts in their order, each with C(user_id) and C(tasks) of the person, V(null) if they hold nothing there,
      and with the C(problem) if that is not certain.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._search import removals


def access_removals(
    person: str,
    people: dict[str, t.Any],
    accounts: list[dict[str, t.Any]],
    listed: list[dict[str, t.Any]] | None = None,
) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return removals(person, people, accounts, listed or [])
    except AccessError as error:
        raise AnsibleFilterError(f"Nothing was taken away: {error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"access_removals": access_removals}

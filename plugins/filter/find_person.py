# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: find_person
short_description: Find out who somebody is, and what they can do
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes a short name, an id, an e-mail address or a name, and returns everybody who may be meant, with what they can
    do on accounts that were read. The playbook C(metaops.whatsapp.whois) uses it.
  - A name is compared in full, without regard to case, and by a part of it if nobody has that name in full.
  - The result has names and addresses of people, which are personal data. What people typed is made harmless in it.
positional: people, accounts, listed
options:
  _input:
    description: Who it is about.
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
- name: List who is in the business
  metaops.whatsapp.waba_business_users_info:
    business_id: "{{ item.business_id | default(omit, true) }}"
  loop:
    - business_id: "9876543210987654"
  register: listed
  no_log: true

- name: Show who this is
  ansible.builtin.debug:
    msg: "{{ 'jane.doe@example.com' | metaops.whatsapp.find_person({}, [], listed.results) }}"
"""

RETURN = r"""
_value:
  description:
    - Everybody who may be meant, each with C(id), C(name), C(user_type), C(email), C(pending_email), C(role), C(title),
      C(two_fac_status), C(marked_for_removal), whether they are C(in_business) (V(null) if that is not known), and
      their C(access), a list of C(account), C(waba_id) and C(tasks).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._search import search


def find_person(
    who: str,
    people: dict[str, t.Any],
    accounts: list[dict[str, t.Any]],
    listed: list[dict[str, t.Any]] | None = None,
) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return search(who, people, accounts, listed or [])
    except AccessError as error:
        raise AnsibleFilterError(f"{error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"find_person": find_person}

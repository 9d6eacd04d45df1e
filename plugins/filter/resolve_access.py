# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: resolve_access
short_description: Put ids in place of people's names and addresses in the variables of the role waba_access
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes accounts as the role C(metaops.whatsapp.waba_access) has them in C(waba_access_accounts), and returns them
    with what M(metaops.whatsapp.waba_assigned_users) needs. That role uses it.
  - All names that are not known, and all people who are named twice, are told at once, before anything is changed.
positional: people, defaults, listed, strict
options:
  _input:
    description: The accounts, each with C(waba_id) and C(users).
    type: list
    elements: dict
    required: true
  people:
    description: Short names of people, each with an id, an C(email) or a C(system_user).
    type: dict
    default: {}
  defaults:
    description: Options for accounts that do not say otherwise.
    type: dict
    default: {}
  listed:
    description:
      - The results of M(metaops.whatsapp.waba_business_users_info) in loops over what
        P(metaops.whatsapp.access_listings#filter) returns. Only people who are named otherwise than by id need them.
    type: list
    elements: dict
    default: []
  strict:
    description:
      - If V(true), it fails where anybody cannot be found in the business.
      - If V(false), they are left out, and each account has C(problems), which say why. An audit wants that.
    type: bool
    default: true
seealso:
  - plugin: metaops.whatsapp.access_listings
    plugin_type: filter
  - module: metaops.whatsapp.waba_assigned_users
"""

EXAMPLES = r"""
- name: Show whom a list is about
  ansible.builtin.debug:
    msg: "{{ accounts | metaops.whatsapp.resolve_access(people) }}"
  vars:
    people:
      jane: "3456789012345678"
    accounts:
      - waba_id: "1234567890123456"
        users:
          - person: jane
            tasks: [DEVELOP]
"""

RETURN = r"""
_value:
  description:
    - The accounts, with C(user_id) in place of names, with O(defaults), with a C(label) to show, and with C(names),
      which is what people are called, by their ids.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._access import resolve_accounts
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError


def resolve_access(
    accounts: list[dict[str, t.Any]],
    people: dict[str, t.Any] | None = None,
    defaults: dict[str, t.Any] | None = None,
    listed: list[dict[str, t.Any]] | None = None,
    strict: bool = True,
) -> list[dict[str, t.Any]]:
    """The filter."""
    try:
        return resolve_accounts(accounts, people or {}, defaults or {}, listed or [], strict=strict)
    except AccessError as error:
        raise AnsibleFilterError(f"Nothing was changed: {error}") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"resolve_access": resolve_access}

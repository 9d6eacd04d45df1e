#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_business_users_info
short_description: List the people and system users of a business, with their ids and e-mail addresses
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Lists the people, system users and invitations of a business (business portfolio), with the ids for other modules.
  - The access token needs the permission C(business_management) in addition to C(whatsapp_business_management), and
    must belong to a system user of the business.
  - The result holds personal data. C(no_log=true) on the task keeps it out of output and logs, but not out of the
    registered result.
seealso: [{module: metaops.whatsapp.waba_assigned_users}, {module: metaops.whatsapp.waba_access_info}]
extends_documentation_fragment: [metaops.whatsapp.graph, metaops.whatsapp.graph.module, metaops.whatsapp.graph.info]
options:
  waba_id: {description: "Not used. Accepted for C(module_defaults) of the group and E(WABA_ID).", required: false}
  kinds:
    description: What to list, in one round trip. V(business_user) are people, V(system_user) are machine users,
      V(pending_user) are invitations, whose RV(business_users[].id) is not a person's and cannot be assigned.
    type: list
    elements: str
    choices: [business_user, system_user, pending_user]
    default: [business_user, system_user]
  emails: {description: "Only return people with one of these addresses, in any case. System users have none.",
    type: list, elements: str}
  names: {description: "Only return users with one of these full names, in any case.", type: list, elements: str}
  roles: {description: "Only return users with one of these roles in the business, in any case, such as V(ADMIN).",
    type: list, elements: str}
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: List the people and system users, without their addresses in the output
  metaops.whatsapp.waba_business_users_info:
  register: business
  no_log: true

- name: Find the id of one person
  metaops.whatsapp.waba_business_users_info:
    kinds: [business_user]
    emails: [jane.doe@example.com]

- name: List open invitations
  metaops.whatsapp.waba_business_users_info:
    kinds: [pending_user]
"""

RETURN = r"""
business_users:
  description: People, then system users, then invitations. Values that the API does not report are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "The id for O(metaops.whatsapp.waba_assigned_user#module:user_id).", type: str}
    name: {description: "The name, as the person typed it.", type: str, sample: "Jane Doe"}
    email: {description: "The address in the business, not of system users.", type: str, sample: jane.doe@example.com}
    pending_email: {description: "An address that the person has not confirmed yet.", type: str}
    role: {description: "The role in the business.", type: str, sample: EMPLOYEE}
    title: {description: "The title in the business.", type: str, sample: "Head of Support"}
    two_fac_status: {description: "The status of two-factor authentication.", type: str}
    marked_for_removal: {description: "Whether the person is marked for removal from the business.", type: bool}
    user_type: {description: "V(BUSINESS_USER), V(SYSTEM_USER), or V(PENDING_USER) for an invitation.", type: str}
business_id: {description: "The id of the business.", returned: success, type: str, sample: "9876543210987654"}
total_count: {description: "The number of users of O(kinds), regardless of filters. V(null) if one was not read.",
  returned: success, type: int, sample: 15}
unread:
  description: The O(kinds) that could not be read, with a warning. The task fails if none could be read.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: "The kind.", type: str, sample: system_user}
    msg: {description: "Why, and what to do.", type: str}
    graph_error: {description: "RV(graph_error) of the kind.", type: dict}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error: {description: "As RV(metaops.whatsapp.waba_access#module:graph_error).", returned: failure, type: dict}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_users import list_business_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import PEOPLE, PEOPLE_KINDS
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import optional


def main() -> None:
    run_module(
        list_business_users,
        {
            **optional("waba_id"),
            "kinds": {"type": "list", "elements": "str", "choices": list(PEOPLE_KINDS), "default": list(PEOPLE)},
            "emails": {"type": "list", "elements": "str"},
            "names": {"type": "list", "elements": "str"},
            "roles": {"type": "list", "elements": "str"},
        },
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_access_info
short_description: List who has access to any number of WhatsApp Business Accounts
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Reads the assigned users of one or many WhatsApp Business Accounts (WABAs), and the people of their businesses.
  - Returns them by account, by person, and as a declaration for M(metaops.whatsapp.waba_access).
  - What cannot be read is returned in RV(unread) and is a warning.
seealso: [{module: metaops.whatsapp.waba_access}, {module: metaops.whatsapp.waba_assigned_users_info}]
extends_documentation_fragment: [metaops.whatsapp.declaration, metaops.whatsapp.graph, metaops.whatsapp.graph.module,
  metaops.whatsapp.graph.info]
options:
  person: {description: "Return only this person in RV(people). A short name of O(people), an e-mail address, an id, or
      a name or a part of one, which several people can match. No match is an error.", type: str}
  users: {description: "O(metaops.whatsapp.waba_access#module:users), for the ends and reasons in RV(declaration).",
    type: list, elements: raw, default: []}
  read_people: {description: "Whether to list the people and system users of each business, for their addresses, roles
      and whether they are still in the business. Requires C(business_management).", type: bool, default: true}
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: Read every account of the business
  metaops.whatsapp.waba_access_info:
  register: access

- name: Show who can manage each account
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.assigned_users | selectattr('tasks', 'contains', 'MANAGE') | map(attribute='id') }}"
  loop: "{{ access.accounts }}"

- name: Find a person, and their tasks on every account
  metaops.whatsapp.waba_access_info:
    person: maria.garcia@example.com
"""

RETURN = r"""
accounts:
  description: The accounts, in the order of O(accounts), or by id if the business lists them.
  returned: success
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    name: {description: "O(accounts[].name) or the name in the business. V(null) if neither is known.", type: str}
    business_id: {description: "The business for which the account was read.", type: str, sample: "9876543210987654"}
    kinds: {description: "V(owned), V(client) or both. Empty with O(accounts).", type: list, elements: str}
    assigned_users: {description: "As RV(metaops.whatsapp.waba_assigned_users_info#module:assigned_users).", type: list,
      elements: dict}
    total_count: {description: "The number of users of the account. V(null) if it could not be read.", type: int}
    msg: {description: "Why the account could not be read. V(null) if it was.", type: str}
    graph_error: {description: "RV(graph_error) of the account.", type: dict}
people:
  description: The people of the businesses and accounts, or O(person), by id. Unknown values are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "The business-scoped id.", type: str, sample: "4567890123456789"}
    name: {description: "The name.", type: str, sample: "Maria Garcia"}
    email: {description: "The e-mail address in the business.", type: str, sample: maria.garcia@example.com}
    user_type: {description: "V(BUSINESS_USER), V(SYSTEM_USER), V(PERSONAL_USER) or V(PENDING_USER).", type: str}
    role: {description: "The role in the business.", type: str, sample: EMPLOYEE}
    two_fac_status: {description: "The status of two-factor authentication.", type: str, sample: ENABLED}
    marked_for_removal: {description: "Whether the person is marked for removal from the business.", type: bool}
    in_business: {description: "Whether the business lists the person. V(null) if its list is incomplete.", type: bool}
    short_names: {description: "The person's names in O(people).", type: list, elements: str, sample: [maria]}
    access: {description: "The accounts to which the person is assigned.", type: list, elements: dict,
      sample: [{waba_id: "1234567890123456", account: Example Support, tasks: [MESSAGING, VIEW_TEMPLATES]}]}
declaration:
  description:
    - The variables C(waba_access_people) and C(waba_access_accounts) of the role C(metaops.whatsapp.waba_access).
      Applied unchanged, also with C(purge_users), they change nothing. V(null) if an account could not be read.
    - Users with tasks that this version of the collection does not know are in C(keep_users).
    - Braces and hashes in names are replaced by look-alikes, so that no name is a template.
  returned: success
  type: dict
  sample:
    waba_access_people:
      maria_garcia: {id: "4567890123456789", email: maria.garcia@example.com, name: Maria Garcia}
    waba_access_accounts:
      - {waba_id: "1234567890123456", name: Example Support, business_id: "9876543210987654",
        users: [{person: maria_garcia, tasks: [VIEW_TEMPLATES, MESSAGING]}]}
unread: {description: "The accounts and lists of people that could not be read, each with C(kind) (V(account),
    V(business_user) and the like), C(business_id), C(waba_id), C(msg) and C(graph_error).", returned: success,
  type: list, elements: dict}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error: {description: "As RV(metaops.whatsapp.waba_access#module:graph_error).", returned: failure, type: dict}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access_info import describe_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import declaration_argument_spec


def main() -> None:
    run_module(
        describe_access,
        {
            **declaration_argument_spec(),
            "person": {"type": "str"},
            "users": {"type": "list", "elements": "raw", "default": []},
            "read_people": {"type": "bool", "default": True},
        },
    )


if __name__ == "__main__":
    main()

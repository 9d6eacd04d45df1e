#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_access_info
short_description: List who has access to any number of WhatsApp Business Accounts
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Reads the assigned users of one or many WhatsApp Business Accounts (WABAs), and the people of their businesses.
  - Returns three views of it - by account, by person, and as a declaration for M(metaops.whatsapp.waba_access).
  - An account or a list of people that cannot be read does not hide the others. RV(unread) says why.
seealso:
  - module: metaops.whatsapp.waba_access
  - module: metaops.whatsapp.waba_assigned_users_info
extends_documentation_fragment:
  - metaops.whatsapp.declaration
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.attributes
  - metaops.whatsapp.attributes.info_module
options:
  person:
    description:
      - Return this person alone in RV(people) - a short name out of O(people), an e-mail address, an id, or a name or a
        part of one. Several people can be meant by a name.
      - It is an error if nobody is found.
    type: str
  read_people:
    description:
      - Whether to list the people and system users of each business, for their addresses, roles and whether they are
        still in the business. It needs the permission C(business_management).
    type: bool
    default: true
notes:
  - The module costs one call for each 100 users of an account, and one for each 100 people of a business.
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: Read every account of the business
  metaops.whatsapp.waba_access_info:
  register: access

- name: Show who can manage an account
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.assigned_users | selectattr('tasks', 'contains', 'MANAGE') | map(attribute='name')
    }}"
  loop: "{{ access.accounts }}"
  loop_control:
    label: "{{ item.waba_id }}"

- name: Find a person, and the tasks on every account
  metaops.whatsapp.waba_access_info:
    person: maria.garcia@example.com
  register: maria

- name: Show the tasks
  ansible.builtin.debug:
    var: maria.people[0].access
"""

RETURN = r"""
accounts:
  description: The accounts, in the order of O(accounts), or by id where the business lists them.
  returned: success
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    name:
      description: O(accounts[].name), or the name that the business lists. V(null) if neither is known.
      type: str
      sample: Example Support
    business_id: {description: "The business for which the account was read.", type: str, sample: "9876543210987654"}
    kinds:
      description: V(owned) or V(client) or both. Empty if the account was named.
      type: list
      elements: str
      sample: [owned]
    assigned_users:
      description: The assigned users, as M(metaops.whatsapp.waba_assigned_users_info) returns them.
      type: list
      elements: dict
      sample:
        - id: "2345678901234567"
          name: John Smith
          user_type: BUSINESS_USER
          business: {id: "9876543210987654", name: Example Business Inc}
          tasks: [DEVELOP, MANAGE]
    total_count:
      description: How many users the account has. V(null) if it could not be read.
      type: int
      sample: 15
    msg: {description: "Why the account could not be read. V(null) if it was.", type: str}
    graph_error:
      description: What the API said of an account that could not be read, like RV(graph_error). V(null) if it was read.
      type: dict
people:
  description: Everybody in the businesses and on the accounts, or O(person), by id. What is not known is V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "The business-scoped id.", type: str, sample: "4567890123456789"}
    name: {description: "The name.", type: str, sample: "Maria Garcia"}
    email: {description: "The e-mail address in the business.", type: str, sample: maria.garcia@example.com}
    user_type:
      description: V(BUSINESS_USER), V(SYSTEM_USER), V(PERSONAL_USER), or V(PENDING_USER) for an invitation.
      type: str
      sample: BUSINESS_USER
    role: {description: "The role in the business.", type: str, sample: EMPLOYEE}
    two_fac_status: {description: "What the API reports of two-factor authentication.", type: str, sample: ENABLED}
    marked_for_removal: {description: "Whether the person is marked for removal from the business.", type: bool}
    in_business:
      description:
        - Whether the business lists the person. V(null) if its people were not listed, or not completely.
      type: bool
      sample: true
    short_names:
      description: The names in O(people) that stand for this person.
      type: list
      elements: str
      sample: [maria]
    access:
      description: The accounts to which the person is assigned, each with C(waba_id), C(account) and C(tasks).
      type: list
      elements: dict
      sample:
        - waba_id: "1234567890123456"
          account: Example Support
          tasks: [MESSAGING, VIEW_TEMPLATES]
declaration:
  description:
    - The variables C(waba_access_people) and C(waba_access_accounts) of the role C(metaops.whatsapp.waba_access).
      Applied as they stand, also with C(purge_users), they change nothing.
    - Users whose tasks are not known to this version of the collection are in C(keep_users).
    - No text in it is a template, whatever people have typed - braces and hashes in names are replaced by look-alikes.
    - V(null) if an account could not be read.
  returned: success
  type: dict
  sample:
    waba_access_people:
      maria_garcia: {id: "4567890123456789", email: maria.garcia@example.com, name: Maria Garcia}
    waba_access_accounts:
      - waba_id: "1234567890123456"
        name: Example Support
        business_id: "9876543210987654"
        users:
          - person: maria_garcia
            tasks: [VIEW_TEMPLATES, MESSAGING]
unread:
  description:
    - Accounts and lists of people that could not be read, each with C(kind) (V(account), V(business_user) and the
      like), C(business_id), C(waba_id), C(msg) and C(graph_error). Each is a warning, too.
  returned: success
  type: list
  elements: dict
api_calls:
  description: Calls that were made, further tries included. Every operation of a batch counts as one.
  returned: when the options are valid
  type: int
  sample: 3
graph_error:
  description:
    - What the API said, with V(null) for what it did not say. It is V(null) as a whole if the API was not the reason.
    - RV(ignore:http_status) is V(null) if there was no answer; RV(ignore:fbtrace_id) is what Meta's support asks for.
  returned: failure, unless one of the options that every module shares is not valid
  type: dict
  sample: {http_status: 403, code: 200, error_subcode: null, type: OAuthException, message: Missing Permissions,
    error_user_title: null, error_user_msg: null, fbtrace_id: AXsgnV2Cm3ZMGF3dF_cfYIn, is_transient: false}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access_info import describe_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import declaration_argument_spec


def main() -> None:
    """Entry point."""
    run_module(
        describe_access,
        {
            **declaration_argument_spec(),
            "person": {"type": "str"},
            "read_people": {"type": "bool", "default": True},
        },
    )


if __name__ == "__main__":
    main()

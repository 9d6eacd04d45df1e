#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_users_info
short_description: List the assigned users of WhatsApp Business Accounts
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description: Lists the people and system users that are assigned to a WhatsApp Business Account (WABA), with their
  tasks.
seealso: [{module: metaops.whatsapp.waba_assigned_users}, {module: metaops.whatsapp.waba_assigned_user}]
extends_documentation_fragment: [metaops.whatsapp.graph, metaops.whatsapp.graph.module, metaops.whatsapp.graph.info]
options:
  waba_id: {description: "The id of the account, digits only. Required without O(waba_ids).", required: false}
  waba_ids:
    description:
      - The ids of several accounts, instead of O(waba_id). Up to 50 of them are read in one round trip.
      - An account that cannot be read does not fail the task. Its entry in RV(accounts) says why.
    type: list
    elements: str
  fields: {description: "What to read of each user. V(id) is always included.", type: list, elements: str,
    choices: [id, name, user_type, business, tasks], default: [id, name, user_type, business, tasks]}
  limit: {description: "Users per page, from 1 to 100.", type: int, default: 100}
  after: {description: "Only read what follows this cursor of an earlier call.", type: str}
  before: {description: "Only read what precedes this cursor of an earlier call.", type: str}
  all_pages: {description: "Whether to read all pages rather than one.", type: bool, default: true}
  user_ids: {description: "Only return these users. Reading stops when all are found.", type: list, elements: str}
  user_types: {description: "Only return users of these types.", type: list, elements: str,
    choices: [BUSINESS_USER, SYSTEM_USER, PERSONAL_USER]}
  tasks:
    description:
      - Only return users with any of these tasks. Users with V(FULL_CONTROL) can do everything, but do not have the
        other tasks by name. Include it to find them, too.
      - The module fails if the API does not report the tasks of a user.
    type: list
    elements: str
    choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
      MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
      MESSAGING, FULL_CONTROL]
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Read the assigned users
  metaops.whatsapp.waba_assigned_users_info:

- name: Find the users who can assign others
  metaops.whatsapp.waba_assigned_users_info:
    tasks: [FULL_CONTROL, MANAGE, MANAGE_USERS]

- name: Read the first page, of two users
  metaops.whatsapp.waba_assigned_users_info: {limit: 2, all_pages: false}
  register: page

- name: Read the next page, if there is one
  metaops.whatsapp.waba_assigned_users_info: {limit: 2, all_pages: false, after: "{{ page.paging.cursors.after }}"}
  when: page.paging.has_next

- name: Read two accounts
  metaops.whatsapp.waba_assigned_users_info:
    waba_ids: ["1234567890123456", "6543210987654321"]
  register: read

- name: Show the number of users of each account
  ansible.builtin.debug:
    msg: "{{ item.waba_id }}: {{ item.msg if item.graph_error else item.total_count }}"
  loop: "{{ read.accounts }}"
"""

RETURN = r"""
assigned_users:
  description: The users in the order of the API, each with O(fields). Values that the API does not report are V(null).
  returned: success, without O(waba_ids)
  type: list
  elements: dict
  contains:
    id: {description: "The business-scoped id.", type: str, sample: "2345678901234567"}
    name: {description: "The name, as the person typed it.", type: str, sample: "John Smith"}
    user_type: {description: "V(BUSINESS_USER), V(SYSTEM_USER) or V(PERSONAL_USER).", type: str}
    business: {description: "The user's business.", type: dict, sample: {id: "9876543210987654", name: Example Inc}}
    tasks: {description: "The user's tasks, sorted.", type: list, elements: str, sample: [DEVELOP, MANAGE]}
total_count: {description: "The number of users of the account, regardless of filters. V(null) if it is not known.",
  returned: "success, without O(waba_ids)", type: int, sample: 15}
paging:
  description: Where to continue reading.
  returned: success, without O(waba_ids)
  type: dict
  contains:
    cursors: {description: "Cursors for O(before) and O(after).", type: dict, sample: {before: QVFIUj, after: QVFIUk}}
    has_previous: {description: "Whether there are users before.", type: bool}
    has_next: {description: "Whether there are users after.", type: bool}
accounts:
  description: The accounts in the order of O(waba_ids).
  returned: success, with O(waba_ids)
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    business_id: {description: "The id of the business.", type: str, sample: "9876543210987654"}
    assigned_users: {description: "As RV(assigned_users). Empty with RV(accounts[].msg).", type: list, elements: dict}
    total_count: {description: "As RV(total_count). V(null) if the account could not be read.", type: int}
    msg: {description: "Why the account could not be read. V(null) if it was.", type: str}
    graph_error: {description: "RV(graph_error) of the account.", type: dict}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error: {description: "As RV(metaops.whatsapp.waba_access#module:graph_error).", returned: failure, type: dict}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_users import list_assigned_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import FIELDS, USER_TYPES
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import PAGE_LIMIT
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import optional


def main() -> None:
    run_module(
        list_assigned_users,
        {
            **optional("waba_id"),
            "waba_ids": {"type": "list", "elements": "str"},
            "fields": {"type": "list", "elements": "str", "choices": list(FIELDS), "default": list(FIELDS)},
            "limit": {"type": "int", "default": PAGE_LIMIT},
            "after": {"type": "str"},
            "before": {"type": "str"},
            "all_pages": {"type": "bool", "default": True},
            "user_ids": {"type": "list", "elements": "str"},
            "user_types": {"type": "list", "elements": "str", "choices": list(USER_TYPES)},
            "tasks": {"type": "list", "elements": "str", "choices": list(TASKS)},
        },
        mutually_exclusive=[("after", "before")],
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_users_info
short_description: List who can do what in a WhatsApp Business Account
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Lists the people and system users that are assigned to a WhatsApp Business Account (WABA), with the permission tasks
    that they hold, through the C(assigned_users) edge of Meta's Graph API.
seealso:
  - module: metaops.whatsapp.waba_assigned_users
  - module: metaops.whatsapp.waba_assigned_user
  - name: Assigned users in Meta's reference
    description: What the API behind this module says of itself.
    link: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/assigned_users/
extends_documentation_fragment:
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.attributes
  - metaops.whatsapp.attributes.info_module
options:
  waba_id:
    description:
      - The id of the WhatsApp Business Account (WABA), digits only.
        Quote it, so that YAML does not take it for a number.
      - Required unless O(waba_ids) is given, which then counts.
      - If this option is not set, the value of the environment variable E(WABA_ID) is used.
    required: false
  waba_ids:
    description:
      - The ids of many accounts, to read them all in one go. Up to 50 of them are read in one round trip.
      - An account that cannot be read does not hide the others. RV(accounts) says why.
    type: list
    elements: str
  fields:
    description:
      - What to ask about each user. The V(id) always comes with it.
    type: list
    elements: str
    choices: [id, name, user_type, business, tasks]
    default: [id, name, user_type, business, tasks]
  limit:
    description:
      - Users a page, from 1 to 100. Fewer a page make more calls.
    type: int
    default: 100
  after:
    description:
      - A cursor that an earlier call returned. Only what comes after it is read.
    type: str
  before:
    description:
      - A cursor that an earlier call returned. Only what comes before it is read.
    type: str
  all_pages:
    description:
      - If V(true), every page is read, from O(after) on or from O(before) back, if one of them is given.
      - If V(false), one page is read, and RV(paging) tells where to go on.
    type: bool
    default: true
  user_ids:
    description:
      - Only these users. Reading stops when all of them were found.
    type: list
    elements: str
  user_types:
    description:
      - Only users of these types.
    type: list
    elements: str
    choices: [BUSINESS_USER, SYSTEM_USER, PERSONAL_USER]
  tasks:
    description:
      - Only users who hold any of these tasks. Whoever holds V(FULL_CONTROL) can do everything and does not hold the
        other tasks by name, so put it on the list as well, unless you look for the others alone.
      - Where the API does not tell somebody's tasks, the module fails rather than leave them out.
    type: list
    elements: str
    choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
      MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
      MESSAGING, FULL_CONTROL]
notes:
  - The list costs one call for each 100 people. It is the same for each account of O(waba_ids).
  - The API gives names as people typed them. Take care where you show them, for they are untrusted text.
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Read who can do what
  metaops.whatsapp.waba_assigned_users_info:
  register: account

- name: Show it, a line each
  ansible.builtin.debug:
    msg: "{{ item.id }} {{ item.name }}: {{ item.tasks | join(', ') }}"
  loop: "{{ account.assigned_users }}"
  loop_control:
    label: "{{ item.id }}"

- name: Find everybody who can give access to others
  metaops.whatsapp.waba_assigned_users_info:
    tasks:
      - FULL_CONTROL
      - MANAGE
      - MANAGE_USERS
  register: managers

- name: Look at two people, of whom only id and tasks are needed
  metaops.whatsapp.waba_assigned_users_info:
    fields:
      - id
      - tasks
    user_ids:
      - "2345678901234567"
      - "3456789012345678"
  register: two_people

- name: Read the first page, of two users
  metaops.whatsapp.waba_assigned_users_info:
    limit: 2
    all_pages: false
  register: page

- name: Read the next page, if there is one
  metaops.whatsapp.waba_assigned_users_info:
    limit: 2
    all_pages: false
    after: "{{ page.paging.cursors.after }}"
  when: page.paging.has_next

- name: Read two accounts in one go
  metaops.whatsapp.waba_assigned_users_info:
    waba_ids:
      - "1234567890123456"
      - "6543210987654321"
  register: read

- name: Show how many people each has
  ansible.builtin.debug:
    msg: "{{ item.waba_id }}: {{ item.msg if item.graph_error else item.total_count }}"
  loop: "{{ read.accounts }}"
  loop_control:
    label: "{{ item.waba_id }}"
"""

RETURN = r"""
assigned_users:
  description:
    - The users in the order of the API, each with O(fields). A value that the API does not tell is V(null).
  returned: success, without O(waba_ids)
  type: list
  elements: dict
  contains:
    id: {description: "The business-scoped id.", type: str, sample: "2345678901234567"}
    name: {description: "The name, as the person gave it.", type: str, sample: "John Smith"}
    user_type: {description: "V(BUSINESS_USER), V(SYSTEM_USER) or V(PERSONAL_USER).", type: str, sample: BUSINESS_USER}
    business:
      description: The business that the user belongs to, with its RV(ignore:id) and RV(ignore:name).
      type: dict
      sample:
        id: "9876543210987654"
        name: Example Business Inc
    tasks: {description: "The tasks that the user holds, sorted.", type: list, elements: str, sample: [DEVELOP, MANAGE]}
total_count:
  description:
    - How many users the account has, whatever the filters.
    - V(null) if the API does not say and not all were read.
  returned: success, without O(waba_ids)
  type: int
  sample: 15
paging:
  description: Where the list goes on from what was read.
  returned: success, without O(waba_ids)
  type: dict
  contains:
    cursors:
      description: The cursors for O(before) and O(after).
      type: dict
      sample:
        before: QVFIUjNpUWpVWmRBd0dn
        after: QVFIUjNpUWpVWmRBd0Rn
    has_previous: {description: "Whether there is something before.", type: bool, sample: false}
    has_next: {description: "Whether there is something after.", type: bool, sample: false}
accounts:
  description: The accounts in the order of O(waba_ids).
  returned: success, with O(waba_ids)
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    business_id:
      description: The id of the business, as O(business_id) or the environment gave it.
      type: str
      sample: "9876543210987654"
    assigned_users:
      description: The users, as RV(assigned_users) has them. Empty if the account could not be read.
      type: list
      elements: dict
      sample:
        - id: "2345678901234567"
          name: John Smith
          user_type: BUSINESS_USER
          business:
            id: "9876543210987654"
            name: Example Business Inc
          tasks: [DEVELOP, MANAGE]
    total_count:
      description: How many users the account has, whatever the filters. V(null) if the account could not be read.
      type: int
      sample: 15
    msg: {description: "Why the account could not be read. V(null) if it was.", type: str}
    graph_error:
      description: What the API said of an account that could not be read, like RV(graph_error). V(null) if it was read.
      type: dict
api_calls:
  description: HTTP requests that were made, further tries included.
  returned: when the options are valid
  type: int
  sample: 1
graph_error:
  description:
    - What the API said, with V(null) for what it did not say. It is V(null) as a whole if the API was not the reason.
    - RV(ignore:http_status) is V(null) if there was no answer; RV(ignore:fbtrace_id) is what Meta's support asks for.
  returned: failure, unless one of the options that every module shares is not valid
  type: dict
  sample: {http_status: 403, code: 200, error_subcode: null, type: OAuthException, message: Missing Permissions,
    error_user_title: null, error_user_msg: null, fbtrace_id: AXsgnV2Cm3ZMGF3dF_cfYIn, is_transient: false}
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_assigned_users import (
    Query,
    list_accounts,
    list_users,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import (
    FIELDS,
    PAGE_LIMIT,
    USER_TYPES,
    Account,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import Params, run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import check_id, optional

OPTIONS: dict[str, dict[str, t.Any]] = {
    "waba_ids": {"type": "list", "elements": "str"},
    "fields": {"type": "list", "elements": "str", "choices": list(FIELDS), "default": list(FIELDS)},
    "limit": {"type": "int", "default": PAGE_LIMIT},
    "after": {"type": "str"},
    "before": {"type": "str"},
    "all_pages": {"type": "bool", "default": True},
    "user_ids": {"type": "list", "elements": "str"},
    "user_types": {"type": "list", "elements": "str", "choices": list(USER_TYPES)},
    "tasks": {"type": "list", "elements": "str", "choices": list(TASKS)},
}


def run(params: Params, client: GraphClient) -> dict[str, t.Any]:
    """Read, which is the same in check mode."""
    query = Query(**{option: params[option] for option in OPTIONS if option != "waba_ids"})
    query.check()
    if params["waba_ids"] is not None:
        query.check_accounts(params["waba_ids"])
        accounts = [Account(waba_id, params["business_id"]) for waba_id in params["waba_ids"]]
        results, warnings = list_accounts(client, accounts, query)
        return {"changed": False, "accounts": results, "warnings": warnings}
    waba_id = check_id("waba_id", params["waba_id"])
    listing = list_users(client, Account(waba_id, params["business_id"]), query)
    return {
        "changed": False,
        "assigned_users": query.shown(listing.users),
        "total_count": listing.total_count,
        "paging": listing.paging,
        "warnings": listing.warnings,
    }


def main() -> None:
    """Entry point."""
    run_module(run, {**optional("waba_id"), **OPTIONS}, mutually_exclusive=[("after", "before")])


if __name__ == "__main__":
    main()

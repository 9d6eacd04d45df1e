#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_users
short_description: Manage the assigned users of a WhatsApp Business Account
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Brings the assigned users of a WhatsApp Business Account (WABA), and their tasks, to a list.
  - The account is read once. Only differences are written, in batches, and then read back.
seealso: [{module: metaops.whatsapp.waba_assigned_user}, {module: metaops.whatsapp.waba_assigned_users_info}]
extends_documentation_fragment: [metaops.whatsapp.graph, metaops.whatsapp.graph.module, metaops.whatsapp.changes,
  metaops.whatsapp.changes.purge]
options:
  users:
    description: The users, each of them once.
    type: list
    elements: dict
    required: true
    suboptions:
      user_id: {description: "The business-scoped id, in quotes.", type: str, required: true, aliases: [user]}
      tasks:
        description: The tasks to assign. Required, and not empty, if O(users[].state=present).
        type: list
        elements: str
        choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
          MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
          MESSAGING, FULL_CONTROL]
      state: {description: "Assign or remove the user.", type: str, choices: [present, absent], default: present}
      valid_until: {description: "As O(metaops.whatsapp.waba_access#module:users[].valid_until).", type: str}
  batch_size: {description: "As O(metaops.whatsapp.waba_access#module:batch_size).", type: int, default: 50}
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Manage some users, and leave the others alone
  metaops.whatsapp.waba_assigned_users:
    users:
      - {user_id: "3456789012345678", tasks: [DEVELOP, VIEW_INSIGHTS]} # Jane Doe
      - {user_id: "4567890123456789", state: absent} # Maria Garcia has left

- name: Remove all users that are not listed
  metaops.whatsapp.waba_assigned_users:
    users:
      - {user_id: "2345678901234567", tasks: [MANAGE, MANAGE_USERS]} # John Smith
      - {user_id: "3456789012345678", tasks: [DEVELOP]} # Jane Doe
      - {user_id: "100081234567890123", tasks: [FULL_CONTROL]} # the automation itself
    purge_users: true
    keep_users: ["122100123456789013"] # the reporting of our agency
    max_removals: 5

- name: Add a task to those that users have already
  metaops.whatsapp.waba_assigned_users:
    users: [{user_id: "2345678901234567", tasks: [VIEW_COST]}, {user_id: "3456789012345678", tasks: [VIEW_COST]}]
    purge_tasks: false
"""

RETURN = r"""
assigned_users:
  description:
    - All users of the account after the task, as RV(metaops.whatsapp.waba_assigned_users_info#module:assigned_users).
      In check mode or with O(verify=false), the desired state.
    - Values that the API does not report are V(null), such as the name of a new user in check mode.
  returned: when the account could be read
  type: list
  elements: dict
added: {description: "Users that were assigned, or would be in check mode.", returned: when the account could be read,
  type: list, elements: dict}
updated: {description: "Users whose tasks were changed, as RV(metaops.whatsapp.waba_access#module:accounts[].updated).",
  returned: when the account could be read, type: list, elements: dict}
removed: {description: "Users that were removed.", returned: when the account could be read, type: list, elements: dict}
failed_users: {description: "As RV(metaops.whatsapp.waba_access#module:accounts[].failed_users).",
  returned: when the account could be read, type: list, elements: dict}
not_attempted: {description: "As RV(metaops.whatsapp.waba_access#module:accounts[].not_attempted).",
  returned: when the account could be read, type: list, elements: dict}
plan: {description: "Every planned change, as RV(metaops.whatsapp.waba_access#module:plan).",
  returned: when the account could be read, type: list, elements: dict}
plan_id: {description: "The id of RV(plan).", returned: when the account could be read, type: str}
diff: {description: "The users before and after, a line each with id, name and tasks, sorted by id.",
  returned: when the account could be read, type: dict}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error: {description: "As RV(metaops.whatsapp.waba_access#module:graph_error).", returned: failure, type: dict}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils import _options
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import MAX_BATCH
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module


def main() -> None:
    user = {"options": _options.user_argument_spec(), "required_if": [("state", "present", ["tasks"])]}
    run_module(
        manage_users,
        {
            "users": {"type": "list", "elements": "dict", "required": True, **user},
            "batch_size": {"type": "int", "default": MAX_BATCH},
            **_options.changes_argument_spec(elements="str"),
        },
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_user
short_description: Manage one assigned user of a WhatsApp Business Account
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Assigns a person or system user to a WhatsApp Business Account (WABA), changes their tasks, or removes them.
  - The account is read first. Only differences are written, and then read back.
seealso: [{module: metaops.whatsapp.waba_assigned_users}, {module: metaops.whatsapp.waba_assigned_users_info}]
extends_documentation_fragment: [metaops.whatsapp.graph, metaops.whatsapp.graph.module, metaops.whatsapp.changes]
options:
  user_id: {description: "The business-scoped id, digits only, in quotes.", type: str, required: true, aliases: [user]}
  tasks:
    description: The tasks to assign. Required, and not empty, if O(state=present).
    type: list
    elements: str
    choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
      MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
      MESSAGING, FULL_CONTROL]
  state: {description: "Whether to assign or remove the user.", type: str, choices: [present, absent], default: present}
  valid_until: {description: "When it ends, as O(metaops.whatsapp.waba_access#module:users[].valid_until).", type: str}
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Let Jane develop and see insights, and nothing else
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    tasks: [DEVELOP, VIEW_INSIGHTS]

- name: Let Jane answer customers in addition to her other tasks
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    tasks: [MESSAGING]
    purge_tasks: false

- name: Remove Jane from the account
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    state: absent
"""

RETURN = r"""
assigned_user:
  description:
    - The user after the task, as in RV(metaops.whatsapp.waba_assigned_users_info#module:assigned_users). Empty if they
      are not assigned. In check mode or with O(verify=false), the desired state.
    - Values that the API does not report are V(null), such as the name of a new user in check mode.
  returned: when the account could be read
  type: dict
diff: {description: "The user before and after, as a line with id, name and tasks. No line if they are not assigned.",
  returned: when the account could be read, type: dict, sample: {before: "", after: "3456789012345678: DEVELOP\n"}}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error: {description: "As RV(metaops.whatsapp.waba_access#module:graph_error).", returned: failure, type: dict}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils import _options
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_user
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module


def main() -> None:
    spec = {**_options.user_argument_spec(), **_options.change_argument_spec()}
    run_module(manage_user, spec, required_if=[("state", "present", ["tasks"])])


if __name__ == "__main__":
    main()

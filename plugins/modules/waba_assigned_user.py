#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_user
short_description: Give a person access to a WhatsApp Business Account, or take it away
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Assigns one person or system user of a business to a WhatsApp Business Account (WABA) with the permission tasks that
    they shall hold, changes these tasks, or takes all access away,
    through the C(assigned_users) edge of Meta's Graph API.
  - The account is read first. Only what differs is written, and then read back.
seealso:
  - module: metaops.whatsapp.waba_assigned_users
  - module: metaops.whatsapp.waba_assigned_users_info
  - name: Assigned users in Meta's reference
    description: What the API behind this module says of itself.
    link: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/assigned_users/
extends_documentation_fragment:
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.attributes
  - metaops.whatsapp.changes
options:
  user_id:
    description:
      - The business-scoped id of the person or system user, digits only. Quote it, so that YAML does not take it for a
        number.
    type: str
    required: true
    aliases: [user]
  tasks:
    description:
      - What the person may do in the account. Required, and not empty, if O(state=present).
      - The order means nothing. Beside V(FULL_CONTROL) the others mean nothing either.
    type: list
    elements: str
    choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
      MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
      MESSAGING, FULL_CONTROL]
  state:
    description:
      - V(present) makes sure that the person is assigned with O(tasks).
      - V(absent) makes sure that they are not assigned; O(tasks) has no meaning then.
    type: str
    choices: [present, absent]
    default: present
notes:
  - A person who is as wanted costs one call for each 100 people up to the one in question. A change costs one more, and
    the read-back. A removal, or a change that takes V(MANAGE), V(MANAGE_USERS) or V(FULL_CONTROL) away, costs one more
    to see whose token this is, and reads on until somebody else is found who can manage the account.
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Let Jane develop and see insights, and nothing else
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    tasks:
      - DEVELOP
      - VIEW_INSIGHTS

- name: Let Jane answer customers, too, whatever else she may do
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    tasks:
      - MESSAGING
    purge_tasks: false

- name: Take all access to the account from Jane
  metaops.whatsapp.waba_assigned_user:
    user_id: "3456789012345678"
    state: absent

- name: Say once for several tasks which account is meant
  module_defaults:
    group/metaops.whatsapp.waba:
      access_token: "{{ lookup('ansible.builtin.env', 'WABA_ACCESS_TOKEN') }}"
      waba_id: "1234567890123456"
      business_id: "9876543210987654"
  block:
    - name: Give full control
      metaops.whatsapp.waba_assigned_user:
        user_id: "3456789012345678"
        tasks:
          - FULL_CONTROL
      register: grant

    - name: Show how she stands
      ansible.builtin.debug:
        var: grant.assigned_user.tasks
"""

RETURN = r"""
assigned_user:
  description:
    - The person as the API has them afterwards; in check mode, or with O(verify=false), as they should be.
      Empty if they are not assigned.
    - A value that the API does not tell is V(null).
  returned: when the account could be read
  type: dict
  contains:
    id: {description: "The business-scoped id.", type: str, sample: "3456789012345678"}
    name:
      description: The name, as the person gave it. Not known in check mode for a person who is not assigned yet.
      type: str
      sample: Jane Doe
    user_type: {description: "V(BUSINESS_USER), V(SYSTEM_USER) or V(PERSONAL_USER).", type: str, sample: BUSINESS_USER}
    business:
      description: The business that the person belongs to, with its RV(ignore:id) and RV(ignore:name).
      type: dict
      sample:
        id: "9876543210987654"
        name: Example Business Inc
    tasks:
      description: The tasks that the person holds, sorted.
      type: list
      elements: str
      sample: [DEVELOP, VIEW_INSIGHTS]
diff:
  description: The person before and after, as a line with id, name and tasks, or no line if they are not assigned.
  returned: when the account could be read
  type: dict
  sample:
    before: ""
    after: "3456789012345678: DEVELOP, VIEW_INSIGHTS\n"
    before_header: assigned users of WhatsApp Business Account 1234567890123456
    after_header: assigned users of WhatsApp Business Account 1234567890123456
api_calls:
  description: HTTP requests that were made, further tries included.
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

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_user
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import change_argument_spec


def main() -> None:
    """Entry point."""
    run_module(
        manage_user,
        {
            "user_id": {"type": "str", "required": True, "aliases": ["user"]},
            "tasks": {"type": "list", "elements": "str", "choices": list(TASKS)},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "valid_until": {"type": "str"},
            **change_argument_spec(),
        },
        required_if=[("state", "present", ["tasks"])],
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_assigned_users
short_description: Keep the whole list of people of a WhatsApp Business Account
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Brings the people of a WhatsApp Business Account (WABA) and their permission tasks to a list, in one go, through the
    C(assigned_users) edge of Meta's Graph API.
  - The account is read once. Only what differs is written, in batches, and then read back once.
seealso:
  - module: metaops.whatsapp.waba_assigned_user
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
  users:
    description:
      - The people, each of them once. The order means nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      user_id:
        description:
          - The business-scoped id of the person or system user, digits only. Quote it, so that YAML does not take it
            for a number.
        type: str
        required: true
        aliases: [user]
      tasks:
        description:
          - What the person may do in the account. Required, and not empty, if O(users[].state=present).
          - The order means nothing. Beside V(FULL_CONTROL) the others mean nothing either.
        type: list
        elements: str
        choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
          MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
          MESSAGING, FULL_CONTROL]
      state:
        description:
          - V(present) makes sure that the person is assigned with O(users[].tasks).
          - V(absent) makes sure that they are not assigned; O(users[].tasks) has no meaning then.
        type: str
        choices: [present, absent]
        default: present
  purge_users:
    description:
      - Whether to remove everybody who is neither in O(users) nor in O(keep_users).
      - A list on which nobody is present is refused then, unless O(allow_lockout=true).
    type: bool
    default: false
  keep_users:
    description:
      - Ids of people whom O(purge_users) leaves alone, such as those of a partner.
    type: list
    elements: str
    default: []
  max_removals:
    description:
      - Refuse, before anything is changed, to remove more people than this.
    type: int
  batch_size:
    description:
      - How many changes, from 1 to 50, go into one round trip. Every one of them counts against the quota all the same.
      - V(1) sends plain calls, for networks where a gateway lets nothing through but the path of the edge itself.
    type: int
    default: 50
notes:
  - The module costs one call for each 100 people on the account, one for each change, and, if there was a change, one
    for each 100 people to read back. A plan that removes somebody, or takes V(MANAGE), V(MANAGE_USERS) or
    V(FULL_CONTROL) from somebody, costs one more, to see whose token this is.
"""

EXAMPLES = r"""
# The token, the account and the business come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Bring some people to where they shall be, and leave the others alone
  metaops.whatsapp.waba_assigned_users:
    users:
      - user_id: "3456789012345678" # Jane Doe
        tasks: [DEVELOP, VIEW_INSIGHTS]
      - user_id: "6789012345678901" # Li Wei
        tasks: [MESSAGING, VIEW_TEMPLATES]
      - user_id: "4567890123456789" # Maria Garcia has left
        state: absent

- name: Let these people have access, and nobody else
  metaops.whatsapp.waba_assigned_users:
    users:
      - user_id: "2345678901234567" # John Smith
        tasks: [MANAGE, MANAGE_USERS]
      - user_id: "3456789012345678" # Jane Doe
        tasks: [DEVELOP]
      - user_id: "100081234567890123" # the automation itself
        tasks: [FULL_CONTROL]
    purge_users: true
    keep_users:
      - "122100123456789013" # the reporting of our agency
    max_removals: 5
  register: people

- name: Show who has lost their access
  ansible.builtin.debug:
    msg: "{{ people.removed | map(attribute='name') | join(', ') }}"

- name: Add tasks to what people hold already
  metaops.whatsapp.waba_assigned_users:
    users:
      - user_id: "2345678901234567"
        tasks: [VIEW_COST]
      - user_id: "3456789012345678"
        tasks: [VIEW_COST]
    purge_tasks: false
"""

RETURN = r"""
assigned_users:
  description:
    - Everybody on the account afterwards; in check mode, or with O(verify=false), as they should be.
    - A value that the API does not tell is V(null).
  returned: when the account could be read
  type: list
  elements: dict
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
added:
  description: Who was given access. A preview and the run return the same.
  returned: when the account could be read
  type: list
  elements: dict
  sample:
    - id: "3456789012345678"
      tasks: [DEVELOP]
updated:
  description: Whose tasks were changed.
  returned: when the account could be read
  type: list
  elements: dict
  sample:
    - id: "2345678901234567"
      name: John Smith
      tasks: [MANAGE, MANAGE_USERS]
      previous_tasks: [MANAGE]
removed:
  description: Whose access was taken away.
  returned: when the account could be read
  type: list
  elements: dict
  sample:
    - id: "4567890123456789"
      name: Maria Garcia
      previous_tasks: [MESSAGING, VIEW_TEMPLATES]
failed_users:
  description:
    - Whose change did not come about, and why. The RV(graph_error) of each is V(null) if the API was not the reason.
  returned: when the account could be read
  type: list
  elements: dict
  sample:
    - id: "4567890123456789"
      operation: remove
      msg: "Could not remove 4567890123456789 from WhatsApp Business Account 1234567890123456: ..."
      graph_error: {http_status: 422, code: 100}
not_attempted:
  description:
    - Changes that were not attempted, because the quota, the token or the network failed, or because nobody would have
      been left to manage the account.
  returned: when the account could be read
  type: list
  elements: dict
  sample:
    - id: "5678901234567890"
      operation: remove
diff:
  description: Everybody before and after, a line each with id, name and tasks, sorted by id.
  returned: when the account could be read
  type: dict
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

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import MAX_BATCH
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import (
    approval_argument_spec,
    change_argument_spec,
    purge_argument_spec,
)

USER = {
    "user_id": {"type": "str", "required": True, "aliases": ["user"]},
    "tasks": {"type": "list", "elements": "str", "choices": list(TASKS)},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "valid_until": {"type": "str"},
}


def main() -> None:
    """Entry point."""
    run_module(
        manage_users,
        {
            "users": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": USER,
                "required_if": [("state", "present", ["tasks"])],
            },
            **purge_argument_spec(elements="str"),
            "batch_size": {"type": "int", "default": MAX_BATCH},
            **approval_argument_spec(),
            **change_argument_spec(),
        },
    )


if __name__ == "__main__":
    main()

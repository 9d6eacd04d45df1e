#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_access
short_description: Manage who has access to any number of WhatsApp Business Accounts
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Brings the assigned users of one or many WhatsApp Business Accounts (WABAs), and their permission tasks, to the
    declared access. A permission task is Meta's word for a permission, such as V(MESSAGING).
  - People are declared by a short name, an e-mail address or an id.
  - Revokes all access of a person with O(revoke), wherever the person has access, and touches nobody else.
  - Nothing is changed anywhere if the declaration is invalid, if a person cannot be found, or if the lock-out guard or
    a limit refuses the plan of one account. What the API refuses later stays with its account. The others are done,
    and the task fails at the end.
  - All accounts share the calls. Up to 50 of them are read or changed in one round trip.
seealso:
  - module: metaops.whatsapp.waba_access_info
  - module: metaops.whatsapp.waba_assigned_users
extends_documentation_fragment:
  - metaops.whatsapp.declaration
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.attributes
  - metaops.whatsapp.changes
options:
  users:
    description:
      - The people of B(every) account, beside those in O(accounts[].users).
      - An account's own entry for the same person is used instead. It is an error if one of the two is V(present) and
        the other V(absent).
    type: list
    elements: raw
    default: []
    suboptions:
      person:
        description:
          - A short name out of O(people), an id or an e-mail address.
          - Give this, or O(users[].user_id) or O(users[].email).
        type: str
      user_id: {description: "The business-scoped id of a person or system user, digits only, in quotes.", type: str}
      email:
        description:
          - The person's e-mail address in the business of the account.
          - Together with O(users[].user_id), both have to be the same person's.
        type: str
      tasks:
        description:
          - What the person may do. Required, and not empty, unless O(users[].state=absent).
          - The order has no meaning. Beside V(FULL_CONTROL) the others have none either.
        type: list
        elements: str
        choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
          MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
          MESSAGING, FULL_CONTROL]
      state:
        description:
          - V(present) makes sure that the person is assigned with O(users[].tasks).
          - V(absent) makes sure that the person is not assigned. A person who cannot be found anywhere is a warning.
        type: str
        choices: [present, absent]
        default: present
  revoke:
    description:
      - People whose access is removed from every account. Each is a short name out of O(people), an e-mail address, an
        id, or a name in full, also of a person who has left the business.
      - Only these people are touched. Entries, purges and O(max_removals) do not apply.
      - It is an error if nobody is found, or if several people could be meant.
      - What the lock-out guard refuses stays with its account, and the task fails at the end.
    type: list
    elements: raw
  purge_users:
    description:
      - Whether to remove every user whom neither the entries of the account nor O(keep_users) name.
      - It needs O(accounts). A purge that would remove everybody is refused, unless O(allow_lockout=true).
    type: bool
    default: false
  keep_users:
    description:
      - People, by short name, id or e-mail address, whom O(purge_users) leaves alone.
    type: list
    elements: raw
    default: []
  max_removals:
    description:
      - Refuse, before anything is changed, to remove more users than this from all accounts together.
    type: int
  unresolved:
    description:
      - What to do about a person who is invited to the business, or not in it yet.
      - V(fail) changes nothing and fails.
      - V(skip) leaves grants to such people for a later run and returns them in RV(unresolved). An account with
        unresolved people is not purged.
    type: str
    choices: [fail, skip]
    default: fail
notes:
  - The module costs one call for each 100 users of an account, one for each change, and for accounts that change as
    many again for the read-back. A plan that removes a user or an admin task costs one more, for the token's own user.
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: Apply the declared access
  metaops.whatsapp.waba_access:
    people:
      jane: {email: jane.doe@example.com}
      li: {email: li.wei@example.com, id: "6789012345678901"}
      reporting: {system_user: Reporting Bot}
    users:
      - person: reporting
        tasks: [VIEW_INSIGHTS, VIEW_COST]
    accounts:
      - waba_id: "1234567890123456"
        name: Support
        users:
          - person: jane
            tasks: [DEVELOP]
          - person: li
            tasks: [MESSAGING, VIEW_TEMPLATES]
      - waba_id: "6543210987654321"
        name: Marketing
        users:
          - person: jane
            tasks: [VIEW_INSIGHTS]

- name: Revoke the access of a person who leaves, on every account of the business
  metaops.whatsapp.waba_access:
    revoke:
      - maria.garcia@example.com
  register: offboarding

- name: Show where access was revoked
  ansible.builtin.debug:
    msg: "{{ offboarding.msg.splitlines() }}"
"""

RETURN = r"""
accounts:
  description: What happened on each account, in the order of O(accounts), or by id where the business lists them.
  returned: when the accounts could be looked at
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    name:
      description: O(accounts[].name), or the name that the business lists. V(null) if neither is known.
      type: str
      sample: Support
    business_id: {description: "The business for which the account was read.", type: str, sample: "9876543210987654"}
    changed: {description: "Whether anything on the account is different because of this task.", type: bool}
    added:
      description: Users who were assigned. In check mode, who would be; a preview and the run return the same.
      type: list
      elements: dict
      sample:
        - id: "3456789012345678"
          tasks: [DEVELOP]
    updated:
      description: Users whose tasks were changed.
      type: list
      elements: dict
      sample:
        - id: "2345678901234567"
          name: John Smith
          tasks: [MANAGE, MANAGE_USERS]
          previous_tasks: [MANAGE]
    removed:
      description: Users who were removed.
      type: list
      elements: dict
      sample:
        - id: "4567890123456789"
          name: Maria Garcia
          previous_tasks: [MESSAGING, VIEW_TEMPLATES]
    failed_users: {description: "Users whose change did not come about, and why.", type: list, elements: dict}
    not_attempted:
      description:
        - Changes that were not attempted, because the quota, the token or the network failed, or because nobody would
          have been left to manage the account.
      type: list
      elements: dict
    msg: {description: "Why something on the account failed. V(null) if nothing did.", type: str}
    graph_error:
      description: What the API said, like RV(graph_error). V(null) if the API was not the reason.
      type: dict
plan:
  description: Every planned change, by account and user.
  returned: when the accounts could be looked at
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str}
    user_id: {description: "The id of the user.", type: str}
    name: {description: "The name, as the account or else the declaration has it.", type: str}
    operation: {description: "V(add), V(update) or V(remove).", type: str}
    tasks: {description: "The tasks afterwards, sorted. V(null) for a removal.", type: list, elements: str}
    previous_tasks:
      description: The tasks before, sorted. V(null) if the user was not assigned, or if the API does not report them.
      type: list
      elements: str
summary:
  description: The number of C(accounts), and how many of them are C(changed), C(unchanged) and C(failed).
  returned: when the accounts could be looked at
  type: dict
  sample: {accounts: 30, changed: 2, unchanged: 27, failed: 1}
msg:
  description:
    - One line for each account that changed or failed, and one closing line. In check mode it says what would be.
  returned: always
  type: str
  sample: "30 accounts: 2 changed, 28 as declared, 0 failed; 3 undeclared users left alone."
diff:
  description: The users of each account that change, before and after, a line each.
  returned: when the accounts could be looked at
  type: list
  elements: dict
unresolved:
  description: Grants that wait for their person, with O(unresolved=skip), each with the reason.
  returned: when the accounts could be looked at
  type: list
  elements: dict
  sample:
    - waba_id: "1234567890123456"
      name: Support
      person: nina
      tasks: [MESSAGING]
      reason: nina.new@example.com is invited to business 9876543210987654 and has not joined yet
still_declared:
  description: Entries of O(accounts) and O(users) that still grant access to a revoked person.
  returned: with O(revoke), when the accounts could be looked at
  type: list
  elements: dict
  sample:
    - place: accounts[0].users[2]
      waba_id: "1234567890123456"
      account: Support
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

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access import manage_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import (
    approval_argument_spec,
    change_argument_spec,
    declaration_argument_spec,
    purge_argument_spec,
)


def main() -> None:
    """Entry point."""
    run_module(
        manage_access,
        {
            **declaration_argument_spec(),
            **approval_argument_spec(),
            **change_argument_spec(),
            **purge_argument_spec(elements="raw"),
            "users": {"type": "list", "elements": "raw", "default": []},
            "revoke": {"type": "list", "elements": "raw"},
            "unresolved": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
    )


if __name__ == "__main__":
    main()

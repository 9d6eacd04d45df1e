#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_access
short_description: Manage who has access to any number of WhatsApp Business Accounts
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Brings the assigned users of one or many WhatsApp Business Accounts (WABAs), and their permission tasks, to the
    declared access. All accounts share the calls, up to 50 in one round trip. O(purge_users) requires O(accounts).
  - Nothing is changed anywhere if the declaration is invalid, if a person cannot be found, or if the lock-out guard or
    a limit refuses the plan of one account. A change that the API refuses fails its account only, and the task at the
    end.
seealso: [{module: metaops.whatsapp.waba_access_info}, {module: metaops.whatsapp.waba_assigned_users}]
extends_documentation_fragment: [metaops.whatsapp.declaration, metaops.whatsapp.graph, metaops.whatsapp.graph.module,
  metaops.whatsapp.changes, metaops.whatsapp.changes.purge]
options:
  users:
    description:
      - The users of B(every) account, in addition to O(accounts[].users).
      - The account's own entry for a person takes precedence. It is an error if one of the two is V(present) and the
        other V(absent). V(absent) for a person who is not found is a warning.
    type: list
    elements: raw
    default: []
    suboptions:
      person: {description: "A short name from O(people), an id or an address. Instead of the next two.", type: str}
      user_id: {description: "The business-scoped id of a person or system user, digits only, in quotes.", type: str}
      email: {description: "The address in the account's business. An id beside it must be the same person.", type: str}
      tasks:
        description: The tasks to assign. Required, and not empty, unless O(users[].state=absent).
        type: list
        elements: str
        choices: [MANAGE, DEVELOP, MANAGE_TEMPLATES, MANAGE_PHONE, VIEW_COST, MANAGE_EXTENSIONS, VIEW_PHONE_ASSETS,
          MANAGE_PHONE_ASSETS, VIEW_TEMPLATES, VIEW_INSIGHTS, RECEIVE_INCOMING_MESSAGES, MANAGE_BILLING, MANAGE_USERS,
          MESSAGING, FULL_CONTROL]
      state: {description: "Assign or remove the person.", type: str, choices: [present, absent], default: present}
      valid_until:
        description:
          - The last day of the access, such as V(2026-12-31), to its end in UTC, or a time with its offset, such as
            V(2026-12-31T18:00:00+01:00). Afterwards the entry counts as V(absent), also without O(purge_users).
          - The API knows no end of access. It ends with the first run after it.
          - If the lock-out guard refuses the removal, only the account fails, and the task at the end.
        type: str
      reason: {description: "Why the person has access, such as a ticket. It is returned in RV(plan).", type: str}
  revoke:
    description:
      - People whose access is removed from every account. Each is a short name from O(people), an e-mail address, an
        id or a full name, also of a person who has left the business. It is an error if none or several people match.
      - Other users are not changed. O(users), O(accounts[].users), purges and O(max_removals) do not apply.
      - A removal that the lock-out guard refuses fails its account only, and the task at the end.
    type: list
    elements: raw
  keep_users: {description: "Short names, ids or addresses of people whom O(purge_users) keeps.", elements: raw}
  unresolved:
    description:
      - What to do if a person is invited to the business or not in it yet.
      - V(fail) changes nothing and fails.
      - V(skip) leaves their grants to a later run, returns them in RV(unresolved), and does not purge their accounts.
    type: str
    choices: [fail, skip]
    default: fail
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
      - {person: reporting, tasks: [VIEW_INSIGHTS, VIEW_COST]}
    accounts:
      - waba_id: "1234567890123456"
        name: Support
        users:
          - {person: jane, tasks: [DEVELOP]}
          - {person: li, tasks: [MESSAGING, VIEW_TEMPLATES]}

- name: Give access that ends, and preview it
  metaops.whatsapp.waba_access:
    accounts:
      - waba_id: "1234567890123456"
        users:
          - {email: jane.doe@example.com, tasks: [DEVELOP], valid_until: "2099-12-31", reason: Contract 4711}
  check_mode: true
  register: preview

- name: Apply exactly what was previewed, or nothing
  metaops.whatsapp.waba_access:
    accounts:
      - waba_id: "1234567890123456"
        users:
          - {email: jane.doe@example.com, tasks: [DEVELOP], valid_until: "2099-12-31", reason: Contract 4711}
    plan: "{{ preview.plan }}"

- name: Revoke the access of a person who leaves, on every account of the business
  metaops.whatsapp.waba_access:
    revoke: [maria.garcia@example.com]
"""

RETURN = r"""
accounts:
  description: The result for each account, in the order of O(accounts), or by id if the business lists them.
  returned: when the accounts could be looked at
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str, sample: "1234567890123456"}
    name: {description: "O(accounts[].name) or the name in the business. V(null) if neither is known.", type: str}
    business_id: {description: "The business for which the account was read.", type: str, sample: "9876543210987654"}
    changed: {description: "Whether this task changed the account.", type: bool}
    added: {description: "Users that were assigned, or would be in check mode.", type: list, elements: dict}
    updated: {description: "Users whose tasks were changed.", type: list, elements: dict,
      sample: [{id: "2345678901234567", name: John Smith, tasks: [MANAGE, MANAGE_USERS], previous_tasks: [MANAGE]}]}
    removed: {description: "Users that were removed.", type: list, elements: dict}
    failed_users: {description: "Users whose change failed, and why.", type: list, elements: dict,
      sample: [{id: "4567890123456789", operation: remove, msg: "Could not remove ...", graph_error: {code: 100}}]}
    not_attempted: {description: "Changes not attempted after the quota, the token or the network failed, or to keep a
        manager.", type: list, elements: dict, sample: [{id: "5678901234567890", operation: remove}]}
    msg: {description: "Why something on the account failed. V(null) if nothing did.", type: str}
    graph_error: {description: "RV(graph_error) of the account.", type: dict}
plan:
  description: Every planned change, by account and user. If the plan is not the approved one, the plan as it is now.
  returned: when the accounts could be looked at
  type: list
  elements: dict
  contains:
    waba_id: {description: "The id of the account.", type: str}
    user_id: {description: "The id of the user.", type: str}
    name: {description: "The user's name, on the account or else in the declaration.", type: str}
    operation: {description: "V(add), V(update) or V(remove).", type: str}
    tasks: {description: "The tasks afterwards, sorted. V(null) for a removal.", type: list, elements: str}
    previous_tasks: {description: "The tasks before, sorted. V(null) if not known or none.", type: list, elements: str}
    valid_until: {description: "When the access ends or has ended. V(null) if no end is declared.", type: str}
    reason: {description: "The declared reason. V(null) if there is none.", type: str}
plan_id: {description: "The id of RV(plan): the same for the same accounts, users, tasks before and after, and ends.",
  returned: when the accounts could be looked at, type: str, sample: p7a065a1cc5bf159ea9e89434a044664}
summary: {description: "The number of C(accounts), and how many of them are C(changed), C(unchanged) and C(failed).",
  returned: when the accounts could be looked at, type: dict,
  sample: {accounts: 30, changed: 2, unchanged: 27, failed: 1}}
msg: {description: "One line for each account that changed (in check mode, would change) or failed, and a summary.",
  returned: always, type: str, sample: "30 accounts: 2 changed, 28 as declared, 0 failed."}
diff: {description: "The changed users of each account.", returned: when the accounts could be looked at, type: list,
  elements: dict}
unresolved:
  description: Grants to people that are not found yet, with O(unresolved=skip).
  returned: when the accounts could be looked at
  type: list
  elements: dict
  sample: [{waba_id: "1234567890123456", name: Support, person: nina, tasks: [MESSAGING],
    reason: nina.new@example.com is invited to business 9876543210987654 and has not joined yet}]
still_declared: {description: "Entries of O(accounts) and O(users) that still grant access to a revoked person.",
  returned: "with O(revoke), when the accounts could be looked at", type: list, elements: dict,
  sample: [{place: "accounts[0].users[2]", person: ahmed, waba_id: "1234567890123456", account: Support}]}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
graph_error:
  description: The API's error, or V(null) if it was not the reason. C(error_subcode), C(error_user_title),
    C(error_user_msg) and whatever else the API did not report are V(null).
  returned: failure, unless an option that all modules share is invalid
  type: dict
  sample: {http_status: 403, code: 200, type: OAuthException, message: Missing, is_transient: false, fbtrace_id: AXsg}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils import _options
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access import manage_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module


def main() -> None:
    run_module(
        manage_access,
        {
            **_options.declaration_argument_spec(),
            **_options.changes_argument_spec(elements="raw"),
            "users": {"type": "list", "elements": "raw", "default": []},
            "revoke": {"type": "list", "elements": "raw"},
            "unresolved": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
    )


if __name__ == "__main__":
    main()

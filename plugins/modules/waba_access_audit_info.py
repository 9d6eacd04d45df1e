#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_access_audit_info
short_description: Audit who has access to WhatsApp Business Accounts
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Reads one or many WhatsApp Business Accounts (WABAs) and the people of their businesses, and returns a report - who
    has which tasks, what a security officer should look at, how the users differ from the declared access, and what
    changed since an earlier report. Nothing is changed.
  - The role C(metaops.whatsapp.waba_access_audit) writes the report as a page, a table and a file.
  - An account that cannot be read is a finding, and does not hide the others. So is a check that could not be made.
  - The access is declared with O(accounts), O(users) and the other options as for M(metaops.whatsapp.waba_access).
    What the report calls V(drift) is what that module would change.
extends_documentation_fragment:
  - metaops.whatsapp.declaration
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.graph.info
options:
  audit_accounts:
    description:
      - The accounts to audit, each with C(waba_id), and optionally C(name) and C(business_id).
      - Without it, or if it is empty, those of O(accounts) are audited, or else all that the business lists.
    type: list
    elements: raw
    default: []
  users: {description: "As the option of M(metaops.whatsapp.waba_access).", type: list, elements: raw, default: []}
  purge_users: {description: "As the option of M(metaops.whatsapp.waba_access).", type: bool, default: false}
  keep_users: {description: "As the option of M(metaops.whatsapp.waba_access).", type: list, elements: raw, default: []}
  purge_tasks: {description: "As the option of M(metaops.whatsapp.waba_access).", type: bool, default: true}
  baseline:
    description: The path of an earlier report, on the machine where the module runs. The report then says what changed
      since, and which findings are new.
    type: path
  max_full_control: {description: "More holders of V(FULL_CONTROL) in an account are a finding.", type: int, default: 3}
  read_people:
    description:
      - Whether to list the people, the invitations and the accounts of each business, to find those who have left it,
        are admins, are marked for removal, or have no two-factor authentication, and accounts that were not audited. It
        needs the permission C(business_management). Without it, that is a finding.
    type: bool
    default: true
  ending_days: {description: "Access that ends within this number of days is a finding.", type: int, default: 14}
  accept:
    description:
      - Findings that are accepted. They stay in the report with the reason, and are neither counted nor in RV(failing).
      - Each entry has C(id), the kind of finding, and C(reason). It accepts all findings of the kind, or those that
        match C(person), a pattern such as C(Nina *) for the id, the name or the short name, and C(account), one for the
        id or the name of the account, and C(check) of findings of the kind V(not-checked). People choose their names -
        a pattern of an id is safer. An entry without a pattern for accounts covers accounts that are added later.
      - With C(valid_until), a date or time as in O(accounts), the entry counts no more once it has passed.
      - A finding about several accounts is accepted where each of them is. An entry that accepts nothing is a warning.
    type: list
    elements: raw
    default: []
  declaration: {description: "What the report calls the declared access, such as a commit. Only shown.", type: str}
  emails: {description: "Whether the report has the e-mail addresses of users.", type: bool, default: false}
  activities:
    description: Whether to read the history of each account, and to show what can be about people as evidence. It costs
      one call an account. Where the API has none, the report says so, and that is no failure.
    type: bool
    default: false
  fail_on:
    description:
      - Kinds of findings that are returned in RV(failing), unless they are accepted. The module does not fail for them.
      - V(new) is every finding that is new since O(baseline), which it needs. What an earlier report had for fewer
        accounts, or as accepted, is new as well.
    type: list
    elements: str
    choices: [new, account-unreadable, drift, overdue, declared-unknown, left-business, marked-for-removal,
      no-two-factor, undeclared-admin-tasks, nobody-manages, full-control-holders, list-incomplete, other-business,
      personal-user, system-user-messaging-and-manage, tasks-not-reported, not-checked, unknown-tasks,
      changed-since-baseline, ending-soon, undeclared-people]
    default: []
notes:
  - The module costs one call for each 100 users of an account and one for its apps, and one for each 100 people,
    invitations or accounts of a business. Where a business does not list an account, its owner costs one call more.
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: Audit every account of the business
  metaops.whatsapp.waba_access_audit_info:
    fail_on: [account-unreadable, left-business]
    accept:
      - id: left-business
        person: "3344556677889900"
        reason: Works for the agency until the hand-over, CHG-4711
        valid_until: "2027-01-31"
  register: audit

- name: Show the findings
  ansible.builtin.debug:
    msg: "{{ item.severity }}: {{ item.message }} {{ item.remedy }}"
  loop: "{{ audit.report.findings }}"

- name: Compare an account with its declared access
  metaops.whatsapp.waba_access_audit_info:
    accounts:
      - waba_id: "1234567890123456"
        name: Support
        purge_users: true
        users:
          - email: john.smith@example.com
            tasks: [MANAGE, MANAGE_USERS, MANAGE_TEMPLATES]
"""

RETURN = r"""
report:
  description:
    - The report with C(format), C(collection_version), C(generated_at), C(max_full_control), C(declaration),
      C(token_user), C(businesses), C(summary), C(findings), C(people), C(invitations), C(accounts), C(activities),
      C(drift) and C(changes). The collection's C(docs/audit-report.schema.json) describes them.
  returned: success
  type: dict
failing:
  description: The findings of O(fail_on), a line each.
  returned: success
  type: list
  elements: str
  sample: ["no-two-factor: Nina Former (3344556677889900) has no two-factor authentication in 9876543210987654."]
message:
  description: What was counted and, where there is such, what was not looked at, a line each.
  returned: success
  type: list
  elements: str
  sample: ["Users: 7, accounts: 3, findings: 5, of which high: 1, new: 0, accepted: 1."]
api_calls:
  description: Calls that were made, further tries included. Every operation of a batch counts as one.
  returned: when the options are valid
  type: int
  sample: 5
graph_error:
  description: What the API said, as M(metaops.whatsapp.waba_access_info) returns it.
  returned: failure, unless one of the options that every module shares is not valid
  type: dict
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.audit import audit_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.kinds import KINDS, NEW
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import declaration_argument_spec


def main() -> None:
    """Entry point."""
    run_module(
        audit_access,
        {
            **declaration_argument_spec(),
            "audit_accounts": {"type": "list", "elements": "raw", "default": []},
            "users": {"type": "list", "elements": "raw", "default": []},
            "purge_users": {"type": "bool", "default": False},
            "keep_users": {"type": "list", "elements": "raw", "default": []},
            "purge_tasks": {"type": "bool", "default": True},
            "baseline": {"type": "path"},
            "max_full_control": {"type": "int", "default": 3},
            "read_people": {"type": "bool", "default": True},
            "declaration": {"type": "str"},
            "emails": {"type": "bool", "default": False},
            "activities": {"type": "bool", "default": False},
            "ending_days": {"type": "int", "default": 14},
            "accept": {"type": "list", "elements": "raw", "default": []},
            "fail_on": {"type": "list", "elements": "str", "choices": [NEW, *KINDS], "default": []},
        },
    )


if __name__ == "__main__":
    main()

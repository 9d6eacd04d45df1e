# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_report
short_description: Make an audit report of who can do what in WhatsApp Business Accounts
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Takes accounts as M(metaops.whatsapp.waba_assigned_users_info) lists them, and returns one report - the facts, what
    a security officer should look at, how people stand to the access that is declared, and what changed since an
    earlier report. The role C(metaops.whatsapp.waba_access_audit) uses it.
  - Nothing in the report depends on the order of what is given.
  - The report is laid out as C(docs/audit-report.schema.json) of the collection says.
positional: generated_at
options:
  _input:
    description:
      - The accounts, each with C(waba_id), C(assigned_users), C(total_count), C(graph_error) and C(msg) as the module
        returns them.
      - An account with a C(msg) or a C(graph_error) is one that could not be read.
    type: list
    elements: dict
    required: true
  generated_at:
    description: When the accounts were read, in UTC as in V(2026-11-22T06:00:00Z).
    type: str
    required: true
  about:
    description: What to call the accounts, and whose they are. Each has C(waba_id), and C(name) and C(business_id).
    type: list
    elements: dict
    default: []
  directories:
    description:
      - The people of businesses, by the id of the business. Each is a dictionary with C(business_users), a list of
        people, and C(unread), a list of what could not be read. One without C(business_users) could not be read for the
        reason that its C(msg) gives.
    type: dict
    default: {}
  declared:
    description:
      - The access that is declared, as P(metaops.whatsapp.resolve_access#filter) returns it. Without it, nobody is
        compared.
    type: list
    elements: dict
  baseline:
    description: The text of an earlier report's JSON file.
    type: str
  max_full_control:
    description: How many holders of V(FULL_CONTROL) an account may have before that is a finding.
    type: int
    default: 3
  emails:
    description: Whether the e-mail addresses of people, as O(directories) has them, are in the report.
    type: bool
    default: false
seealso:
  - module: metaops.whatsapp.waba_assigned_users_info
  - plugin: metaops.whatsapp.audit_html
    plugin_type: filter
  - plugin: metaops.whatsapp.audit_csv
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read an account
  metaops.whatsapp.waba_assigned_users_info:
    waba_id: "1234567890123456"
    business_id: "9876543210987654"
  register: account

- name: Show what should be looked at
  ansible.builtin.debug:
    msg: "{{ item.severity }}: {{ item.message }} {{ item.remedy }}"
  loop: "{{ report.findings }}"
  loop_control:
    label: "{{ item.id }}"
  vars:
    support:
      waba_id: "1234567890123456"
      business_id: "9876543210987654"
      name: Support
    report: >-
      {{
        [account | combine({'waba_id': support.waba_id})]
        | metaops.whatsapp.audit_report(now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ'), about=[support])
      }}
"""

RETURN = r"""
_value:
  description: The report. Every key is always there.
  type: dict
  contains:
    format:
      description: Says that it is such a report, and how it is laid out.
      type: str
    collection_version:
      description: The version of the collection that made it.
      type: str
    generated_at:
      description: O(generated_at).
      type: str
    max_full_control:
      description: O(max_full_control).
      type: int
    summary:
      description: Numbers of the whole. Somebody who is assigned to several accounts counts once.
      type: dict
    findings:
      description:
        - What should be looked at, the most severe first, each with C(id), C(severity), C(waba_id), C(user_id),
          C(message) and C(remedy).
      type: list
      elements: dict
    accounts:
      description: The accounts by id, each with C(waba_id), C(name), C(assigned_users), C(graph_error) and others.
      type: list
      elements: dict
    drift:
      description: How everybody stands to O(declared), or V(null) without it.
      type: list
      elements: dict
    changes:
      description: What changed since O(baseline), or V(null) without it.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit import make_report
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_facts import AuditError


def audit_report(
    accounts: list[dict[str, t.Any]],
    generated_at: str,
    about: list[dict[str, t.Any]] | None = None,
    directories: dict[str, dict[str, t.Any]] | None = None,
    declared: list[dict[str, t.Any]] | None = None,
    baseline: str | None = None,
    max_full_control: int = 3,
    emails: bool = False,
) -> dict[str, t.Any]:
    """The filter."""
    try:
        return make_report(
            accounts,
            generated_at=generated_at,
            about=about,
            directories=directories,
            declared=declared,
            baseline=baseline,
            max_full_control=max_full_control,
            emails=emails,
        )
    except AuditError as error:
        raise AnsibleFilterError(f"No report was made: {error}.") from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"audit_report": audit_report}

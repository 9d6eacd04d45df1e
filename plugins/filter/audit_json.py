# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_json
short_description: Show an audit report as JSON
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Makes JSON of the report, in ASCII alone, so that no name acts on a terminal that shows the file. It is what a later
    audit takes as its baseline.
options:
  _input:
    description: A report, as P(metaops.whatsapp.audit_report#filter) returns it.
    type: dict
    required: true
seealso:
  - plugin: metaops.whatsapp.audit_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read an account
  metaops.whatsapp.waba_assigned_users_info:
    waba_id: "1234567890123456"
  register: account

- name: Write who can do what
  ansible.builtin.copy:
    content: "{{ report | metaops.whatsapp.audit_json }}"
    dest: who-can-do-what.json
    mode: "0600"
  vars:
    report: >-
      {{
        [account | combine({'waba_id': '1234567890123456'})]
        | metaops.whatsapp.audit_report(now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ'))
      }}
"""

RETURN = r"""
_value:
  description: The text of a JSON file.
  type: str
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit import as_json


def audit_json(report: dict[str, t.Any]) -> str:
    """The filter."""
    return as_json(report)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"audit_json": audit_json}

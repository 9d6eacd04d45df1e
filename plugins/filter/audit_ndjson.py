# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_ndjson
short_description: Show an audit report as lines of JSON
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description: Returns a JSON object a line for each finding and each change of the report, for a SIEM.
options:
  _input: {description: "RV(metaops.whatsapp.waba_access_audit_info#module:report).", type: dict, required: true}
"""

EXAMPLES = r"""
- name: Audit every account of the business
  metaops.whatsapp.waba_access_audit_info:
  register: audit

- name: Write the lines
  ansible.builtin.copy:
    content: "{{ audit.report | metaops.whatsapp.audit_ndjson }}"
    dest: waba-access-audit.ndjson
    mode: "0600"
"""

RETURN = r"""
_value: {description: "The lines.", type: str}
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.export_lines import as_ndjson


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"audit_ndjson": as_ndjson}

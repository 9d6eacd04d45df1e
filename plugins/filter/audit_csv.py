# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_csv
short_description: Show an audit report as a table for spreadsheets
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Returns CSV with a row for each account and person of the report, in UTF-8 with a byte order mark.
  - A cell that begins with an apostrophe is a text; its value follows the apostrophe. These are all ids, because
    spreadsheets round numbers of more than 15 digits, and every name that a spreadsheet would take for a formula.
  - Characters of names that are invisible, or that change the direction of text, are named, as in V(⟨U+202E⟩).
options:
  _input: {description: "RV(metaops.whatsapp.waba_access_audit_info#module:report).", type: dict, required: true}
"""

EXAMPLES = r"""
- name: Audit every account of the business
  metaops.whatsapp.waba_access_audit_info:
  register: audit

- name: Write the table
  ansible.builtin.copy:
    content: "{{ audit.report | metaops.whatsapp.audit_csv }}"
    dest: waba-access-audit.csv
    mode: "0600"
"""

RETURN = r"""
_value: {description: "The text of a CSV file.", type: str}
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_csv import as_csv


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"audit_csv": as_csv}

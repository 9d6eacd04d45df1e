# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_html
short_description: Show an audit report as a page
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Returns the report as one HTML page, which needs no network. A script in it sorts and filters; without it the page
    shows everything as well.
  - Names are untrusted. The page shows them as text. Characters that are invisible, or that change the direction of
    text, are named, as in V(⟨U+202E⟩).
options:
  _input: {description: "RV(metaops.whatsapp.waba_access_audit_info#module:report).", type: dict, required: true}
"""

EXAMPLES = r"""
- name: Audit every account of the business
  metaops.whatsapp.waba_access_audit_info:
  register: audit

- name: Write the page
  ansible.builtin.copy:
    content: "{{ audit.report | metaops.whatsapp.audit_html }}"
    dest: waba-access-audit.html
    mode: "0600"
"""

RETURN = r"""
_value: {description: "The page.", type: str}
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_page import as_page


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"audit_html": as_page}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_html
short_description: Show an audit report as a page
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Makes one HTML page of the report, which needs no network and shows all of it without a script as well. The script
    in it sorts and filters.
  - Names are untrusted. The page shows them as text, with characters that are invisible, or that change the direction
    of text, named.
options:
  _input:
    description: A report, as M(metaops.whatsapp.waba_access_audit_info) returns it.
    type: dict
    required: true
seealso:
  - module: metaops.whatsapp.waba_access_audit_info
"""

EXAMPLES = r"""
- name: Audit every account of the business
  metaops.whatsapp.waba_access_audit_info:
  register: audit

- name: Write the page
  ansible.builtin.copy:
    content: "{{ audit.report | metaops.whatsapp.audit_html }}"
    dest: who-can-do-what.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_page import as_page


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"audit_html": as_page}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: _hosts
short_description: Internal - hosts of the playbooks of this collection
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Internal to the playbooks of this collection, and may change in any release.
  - Returns the value of C(waba_hosts), or V(localhost) without it. It fails where no host matches C(waba_hosts), or
    C(--limit) leaves out all of them, since Ansible would then end successfully.
"""

RETURN = r"""
_raw: {description: A host pattern., type: list, elements: str}
"""

import typing as t

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import split_host_pattern
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):  # type: ignore[misc]
    def run(self, _terms: list[str], variables: t.Any = None, **_options: t.Any) -> list[str]:
        variables = variables or {}
        pattern = self._templar.template(variables.get("waba_hosts"))
        if context.CLIARGS.get("syntax"):  # there may be no inventory
            return [str(pattern or "localhost")]
        limit = variables.get("ansible_limit")
        if pattern is None:
            if limit and "localhost" not in split_host_pattern(limit):
                raise AnsibleLookupError(
                    f"--limit {limit} leaves out localhost, where this playbook runs. To choose accounts of an"
                    " inventory, give -e waba_hosts=PATTERN, alone or beside --limit."
                )
            return ["localhost"]
        hosts = set(self._matching(pattern, variables))
        if not hosts:
            raise AnsibleLookupError(
                f"no host of the inventory matches waba_hosts={pattern}. Give -i with a source of the inventory plugin"
                " metaops.whatsapp.waba, or leave waba_hosts out."
            )
        if limit and not str(limit).startswith("@") and not hosts & set(self._matching(limit, variables)):
            raise AnsibleLookupError(f"--limit {limit} leaves out all hosts of waba_hosts={pattern}.")
        return [str(pattern)]

    def _matching(self, pattern: t.Any, variables: t.Any) -> list[str]:
        lookup = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar)
        return t.cast("list[str]", lookup.run([pattern], variables=variables))

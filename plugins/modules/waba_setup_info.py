#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_setup_info
short_description: Check that the access token, the ids and the permissions are set up
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Checks the access token, the app secret, the ids and the permissions, and says what to do about what is not ok.
    Swapped and wrong ids are recognized, and the right ones named. The module does not change anything.
  - The task does not fail for a check that is not ok. The playbook C(metaops.whatsapp.doctor) does.
extends_documentation_fragment: [metaops.whatsapp.graph, metaops.whatsapp.graph.module, metaops.whatsapp.graph.info]
options:
  waba_id: {required: false, description: "Without it, the accounts that the access token sees are listed."}
  business_id: {required: false, description: "Without it, the business of the account is named."}
  batch_size: {description: "As O(metaops.whatsapp.waba_access#module:batch_size). Without batches, some checks are not
      known, since a plain call would have the access token in its URL.", type: int, default: 50}
"""

EXAMPLES = r"""
# The token and the ids come from WABA_ACCESS_TOKEN, WABA_ID and WABA_BUSINESS_ID.
- name: Check the set-up
  metaops.whatsapp.waba_setup_info:
  register: setup

- name: Show the checks
  ansible.builtin.debug:
    msg: "{{ setup.msg.splitlines() }}"
"""

RETURN = r"""
checks:
  description: C(api), C(token), C(app-secret), C(scopes), C(own-user), C(business), C(account), C(people), C(quota).
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "The check.", type: str, sample: token}
    ok: {description: "Whether it is ok. V(null) if that is not known.", type: bool}
    message: {description: "What was found.", type: str, sample: "business_id is not given."}
    remedy: {description: "What to do, or V(null).", type: str}
token:
  description:
    - What the API reports of the access token, without its value. C(type), C(app_id), C(application), C(user_id),
      C(scopes) and C(granular_scopes), which has C(scope) and C(target_ids).
    - C(expires_at) and C(data_access_expires_at) are in seconds since 1970, V(0) means never. Unknown is V(null).
  returned: success
  type: dict
  sample: {type: SYSTEM_USER, app_id: "1122334455667788", expires_at: 0}
msg: {description: "The checks as text, a line each.", returned: success, type: str}
api_calls: {description: "Calls, including retries and batched ones.", returned: when the options are valid, type: int}
"""

from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import MAX_BATCH
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import optional
from ansible_collections.metaops.whatsapp.plugins.module_utils._setup.setup import inspect_setup


def main() -> None:
    run_module(
        inspect_setup, {**optional("waba_id", "business_id"), "batch_size": {"type": "int", "default": MAX_BATCH}}
    )


if __name__ == "__main__":
    main()

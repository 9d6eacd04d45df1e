# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

# How to reach the API: every module has these, and the inventory plugin, which reads a business and no account.


class ModuleDocFragment:
    """How to reach the Graph API: the options that everything in the collection shares, and those of its modules."""

    DOCUMENTATION = r"""
options:
  access_token:
    description:
      - The access token of a system user, with the permission C(whatsapp_business_management).
        Changes require a system user with the role of an admin.
      - It is sent as a bearer header, never in a URL. Defaults to the environment variable E(WABA_ACCESS_TOKEN).
    type: str
    required: true
  app_secret:
    description: The secret of the access token's app. Apps with B(Require App Secret) need it. It is not sent, but
      every call carries a proof made of it (C(appsecret_proof)). Defaults to the environment variable
      E(WABA_APP_SECRET).
    type: str
  business_id: {description: "The id of the business (business portfolio) that owns the account or has been given access
      to it, digits only. Defaults to the environment variable E(WABA_BUSINESS_ID).", type: str, required: true}
  api_version:
    description: The version of the Graph API. The API answers an expired version with the oldest available one, which
      is a warning. Without this option, the environment variable E(WABA_API_VERSION) is used.
    type: str
    default: v23.0
  api_url:
    description: The V(https://) address of the Graph API or of a gateway to it. V(http://) is accepted for this
      machine's own addresses only. Without this option, the environment variable E(WABA_API_URL) is used.
    type: str
    default: https://graph.facebook.com
  validate_certs: {description: "Whether to verify the server's TLS certificate. If not, others can read the token.",
    type: bool, default: true}
  ca_path: {description: "A file or folder of trusted CA certificates, instead of the system's.", type: path}
  timeout: {description: "Seconds to wait for a connection, or for a part of an answer. A request can take six times
      that.", type: float, default: 30}
  retries:
    description: How often a request is retried after a transient failure, such as a rate limit, an internal error of
      the API, a lost connection or a timeout. The waits between grow, and follow what the API asks for.
    type: int
    default: 4
  max_retry_wait: {description: "The longest wait between two tries, in seconds. The task fails if the API asks for
      more.", type: int, default: 60}
notes:
  - Proxies from the environment (E(HTTPS_PROXY), E(NO_PROXY)) are used. Credentials in C(~/.netrc) are not.
    Redirects are never followed.
"""

    MODULE = r"""
options:
  waba_id: {description: "The id of the WhatsApp Business Account (WABA), digits only, in quotes. Defaults to the
      environment variable E(WABA_ID).", type: str, required: true}
seealso:
  - name: Playbooks of the collection
    description: What the playbooks do, such as C(export), C(apply) and C(offboard), and their variables.
    link: https://github.com/metaops/ansible-collection-whatsapp/blob/main/docs/docsite/rst/guide_access.rst
requirements:
  - Python 3.9 or newer, and requests, on the machine where the module runs
notes:
  - The modules talk to the API from the machine where they run, and read the environment there. Run them on
    V(localhost), or delegate to it, so that the token stays on the controller.
  - RV(api_calls) counts against the quota of the API. It is one call for each 100 users of an account and for each 100
    people or accounts of a business that are read, the same again to read changed accounts back, one for each change,
    and one for the current user if a user or an admin task is removed.
  - Names and titles are untrusted text that people typed.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
  action_group:
    description: Use C(group/metaops.whatsapp.waba) in C(module_defaults) to set defaults for this module.
    support: full
    membership: [metaops.whatsapp.waba]
"""

    INFO = r"""
attributes:
  check_mode: {support: full, details: This module does not change anything.}
  diff_mode: {support: N/A, details: This module does not change anything.}
  idempotent: {support: full, details: This module does not change anything.}
"""

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
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
        To change people it has to be a system user with the role of an admin.
      - It is sent as a bearer header and never in a URL.
      - If this option is not set, the value of the environment variable E(WABA_ACCESS_TOKEN) is used.
    type: str
    required: true
  app_secret:
    description:
      - The secret of the app that the access token belongs to.
      - When it is given, every call carries the proof C(appsecret_proof) that is made of it.
        Apps for which B(Require App Secret) is switched on need this. The secret itself is never sent.
      - If this option is not set, the value of the environment variable E(WABA_APP_SECRET) is used.
    type: str
  business_id:
    description:
      - The id of the business (business portfolio) that owns the account or has been given access to it, digits only.
        The API wants it for reading the list of people.
      - If this option is not set, the value of the environment variable E(WABA_BUSINESS_ID) is used.
    type: str
    required: true
  api_version:
    description:
      - The version of the Graph API, such as V(v23.0).
      - A version that has expired is silently answered by the oldest one that is left; you get a warning then.
      - If this option is not set, the value of the environment variable E(WABA_API_VERSION) is used.
    type: str
    default: v23.0
  api_url:
    description:
      - The address of the Graph API, or of a gateway to it. It has to begin with V(https://);
        plain V(http://) is accepted for this machine's own addresses only.
      - If this option is not set, the value of the environment variable E(WABA_API_URL) is used.
    type: str
    default: https://graph.facebook.com
  validate_certs:
    description:
      - Whether the server's TLS certificate is verified. Without that, whoever sits between can take the access token.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with the certificates of the authorities to trust, in place of the system's.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection, and again for each piece of an answer. A request and its answer as a whole may
        take six times that.
    type: float
    default: 30
  retries:
    description:
      - How many times one request is tried again after a failure that may pass, such as a rate limit, an internal
        error of the API, a lost connection or a timeout. The waits between grow, and follow what the API asks for.
    type: int
    default: 4
  max_retry_wait:
    description:
      - The longest single wait between two tries, in seconds. When the API asks for a longer one, such as a rate limit
        that lifts in 40 minutes, the task fails at once and names the wait.
    type: int
    default: 60
notes:
  - Proxies from the environment (E(HTTPS_PROXY), E(NO_PROXY)) are used. Credentials in C(~/.netrc) are not.
    Redirects are never followed.
"""

    MODULE = r"""
options:
  waba_id:
    description:
      - The id of the WhatsApp Business Account (WABA), digits only.
        Quote it, so that YAML does not take it for a number.
      - If this option is not set, the value of the environment variable E(WABA_ID) is used.
    type: str
    required: true
requirements:
  - Python 3.9 or newer, and requests, on the machine where the module runs
notes:
  - The modules talk to the API from the machine where they run, and read the environment there. Run them on
    V(localhost), or delegate them there, so that the token and the environment variables stay on the controller.
"""

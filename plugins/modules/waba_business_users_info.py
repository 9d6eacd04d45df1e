#!/usr/bin/python
# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: waba_business_users_info
short_description: List the people and system users of a business, with their ids and e-mail addresses
version_added: 0.1.0
author:
  - metaops.whatsapp contributors (@metaops)
description:
  - Lists who is in a business (business portfolio), through the edges C(business_users), C(system_users) and
    C(pending_users) of Meta's Graph API. This is where the ids come from that the other modules want.
  - The access token needs the permission C(business_management) beside C(whatsapp_business_management), and has to
    belong to a system user of the business.
  - The result holds names and e-mail addresses, which are personal data. Set C(no_log=true) on the task to keep them
    out of the output and out of the logs of a controller; what is registered stays complete.
seealso:
  - module: metaops.whatsapp.waba_assigned_users
  - module: metaops.whatsapp.waba_assigned_users_info
  - name: Business in Meta's reference
    description: What the API behind this module says of itself.
    link: https://developers.facebook.com/docs/marketing-api/reference/business/
extends_documentation_fragment:
  - metaops.whatsapp.graph
  - metaops.whatsapp.graph.module
  - metaops.whatsapp.attributes
  - metaops.whatsapp.attributes.info_module
options:
  waba_id:
    description:
      - Not used, for people are listed by business. It is accepted so that C(module_defaults) of the action group may
        hold it.
    required: false
  kinds:
    description:
      - Which kinds to list. All of them are read in one round trip.
      - V(business_user) are people, V(system_user) are machine users, and V(pending_user) are people who have been
        invited and have not joined yet. The RV(business_users[].id) of an invitation is not that of a person and cannot
        be assigned.
    type: list
    elements: str
    choices: [business_user, system_user, pending_user]
    default: [business_user, system_user]
  emails:
    description:
      - Only people with one of these addresses, whatever the case. System users have none.
    type: list
    elements: str
  names:
    description:
      - Only people and system users with one of these names, in full, whatever the case.
    type: list
    elements: str
  roles:
    description:
      - Only people and system users with one of these roles in the business, whatever the case, such as V(ADMIN) or
        V(EMPLOYEE).
    type: list
    elements: str
notes:
  - The list costs one call for each 100 people, and one for each 100 system users.
  - The API gives names and titles as people typed them. Take care where you show them, for they are untrusted text.
"""

EXAMPLES = r"""
# The token and the business come from WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
- name: List who is in the business
  metaops.whatsapp.waba_business_users_info:
  register: business

- name: Show ids by e-mail address
  ansible.builtin.debug:
    msg: "{{ people | items2dict(key_name='email', value_name='id') }}"
  vars:
    people: "{{ business.business_users | selectattr('email') }}"

- name: Find the id of one person
  metaops.whatsapp.waba_business_users_info:
    kinds: [business_user]
    emails: [jane.doe@example.com]
  register: jane

- name: Let her develop
  metaops.whatsapp.waba_assigned_user:
    waba_id: "1234567890123456"
    user_id: "{{ jane.business_users[0].id }}"
    tasks: [DEVELOP]

- name: Keep addresses out of the output
  metaops.whatsapp.waba_business_users_info:
  register: everybody
  no_log: true

- name: Find the administrators of the business
  metaops.whatsapp.waba_business_users_info:
    roles: [ADMIN]
  register: administrators

- name: See who was invited and has not joined yet
  metaops.whatsapp.waba_business_users_info:
    kinds: [pending_user]
  register: invited
"""

RETURN = r"""
business_users:
  description:
    - The people first, then system users, then invitations. A value that the API does not tell is V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The business-scoped id, as O(metaops.whatsapp.waba_assigned_user#module:user_id) wants it.
      type: str
      sample: "3456789012345678"
    name: {description: "The name, as the person gave it.", type: str, sample: "Jane Doe"}
    email:
      description: The address that the person uses in the business. Only people and invitations have one.
      type: str
      sample: jane.doe@example.com
    pending_email: {description: "An address that the person has given and not confirmed yet.", type: str}
    role: {description: "The role in the business.", type: str, sample: EMPLOYEE}
    title: {description: "The title that the person has in the business.", type: str, sample: "Head of Support"}
    two_fac_status: {description: "What the API says of the person's two-factor authentication.", type: str}
    marked_for_removal:
      description: Whether the person is about to be removed from the business.
      type: bool
      sample: false
    user_type:
      description: V(BUSINESS_USER) or V(SYSTEM_USER), and V(PENDING_USER) if O(kinds) asks for invitations.
      type: str
      sample: BUSINESS_USER
business_id:
  description: The id of the business, as O(business_id) or the environment gave it.
  returned: success
  type: str
  sample: "9876543210987654"
total_count:
  description:
    - How many people of O(kinds) the business has, whatever the filters. V(null) if one kind could not be read.
  returned: success
  type: int
  sample: 15
unread:
  description:
    - The O(kinds) that could not be read, for instance because the token has no right to them. Each is a warning, too.
    - If no kind can be read, the task fails.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: "The kind.", type: str, sample: system_user}
    msg: {description: "Why, and what to do about it.", type: str}
    graph_error: {description: "What the API said, like RV(graph_error).", type: dict}
api_calls:
  description: HTTP requests that were made, each operation of a batch and further tries included.
  returned: when the options are valid
  type: int
  sample: 2
graph_error:
  description:
    - What the API said, with V(null) for what it did not say. It is V(null) as a whole if the API was not the reason.
    - RV(ignore:http_status) is V(null) if there was no answer; RV(ignore:fbtrace_id) is what Meta's support asks for.
  returned: failure, unless one of the options that every module shares is not valid
  type: dict
  sample: {http_status: 403, code: 200, error_subcode: null, type: OAuthException, message: Missing Permissions,
    error_user_title: null, error_user_msg: null, fbtrace_id: AXsgnV2Cm3ZMGF3dF_cfYIn, is_transient: false}
"""

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_business_users import Query, list_people
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import PEOPLE_KINDS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import Params, run_module
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import optional

OPTIONS: dict[str, dict[str, t.Any]] = {
    "kinds": {
        "type": "list",
        "elements": "str",
        "choices": list(PEOPLE_KINDS),
        "default": ["business_user", "system_user"],
    },
    "emails": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
    "roles": {"type": "list", "elements": "str"},
}


def run(params: Params, client: GraphClient) -> dict[str, t.Any]:
    """Read, which is the same in check mode."""
    query = Query(**{option: params[option] for option in OPTIONS})
    query.check()
    return list_people(client, params["business_id"], query)


def main() -> None:
    """Entry point."""
    run_module(run, {**optional("waba_id"), **OPTIONS})


if __name__ == "__main__":
    main()

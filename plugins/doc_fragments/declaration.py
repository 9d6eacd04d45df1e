# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules for any number of accounts: which accounts, and which people."""

    DOCUMENTATION = r"""
options:
  # Named before the fragment of the shared options, so that these count.
  waba_id:
    description: Not used. It is accepted, so that C(module_defaults) of the action group and E(WABA_ID) can set it.
    required: false
  business_id:
    description:
      - The id of the business (business portfolio) of every account that has no O(accounts[].business_id), digits only.
      - Required if O(accounts) is not given.
      - If this option is not set, the value of the environment variable E(WABA_BUSINESS_ID) is used.
    required: false
  accounts:
    description:
      - The WhatsApp Business Accounts, each of them once. An empty list is refused.
      - Without it, every account that O(business_id) lists is meant, of O(account_kinds). Listing them needs the
        permission C(business_management).
    type: list
    elements: raw
    suboptions:
      waba_id: {description: "The id of the account, digits only, in quotes. Required.", type: str}
      name: {description: "What to call the account in the output.", type: str}
      business_id:
        description: The business for which the account is read, where it is not O(business_id).
        type: str
      users:
        description:
          - The people of this account, each of them once. The entries are those of M(metaops.whatsapp.waba_access).
        type: list
        elements: dict
      purge_users: {description: "As the option of M(metaops.whatsapp.waba_access), for this account.", type: bool}
      keep_users:
        description: As the option of M(metaops.whatsapp.waba_access), for this account.
        type: list
        elements: str
      purge_tasks: {description: "As the option of M(metaops.whatsapp.waba_access), for this account.", type: bool}
      max_removals: {description: "Refuse to remove more users than this from this account.", type: int}
      allow_lockout: {description: "As the option of M(metaops.whatsapp.waba_access), for this account.", type: bool}
      unreadable_tasks:
        description: As the option of M(metaops.whatsapp.waba_access), for this account.
        type: str
        choices: [warn, apply, fail]
  account_kinds:
    description:
      - Which accounts of the business are meant where O(accounts) is not given. V(owned) are its own, V(client) those
        that others shared with it.
      - A kind that cannot be listed, or not completely, is an error. Name here those that the access token may list.
    type: list
    elements: str
    choices: [owned, client]
    default: [owned, client]
  people:
    description:
      - Short names of people, so that entries can speak of V(jane). Each stands for an id in quotes, or for a
        dictionary with C(id), C(email), C(system_user) (the name of a system user) and C(name) (what to call the
        person in the output).
      - An C(id) beside an C(email) or C(system_user) makes sure that it is still the same person. It is an error if the
        address is another person's by now.
      - Addresses and names of system users are looked up in the business of each account. This needs the permission
        C(business_management), and costs one call for each 100 people of the business.
    type: dict
    default: {}
  batch_size:
    description:
      - How many calls, from 1 to 50, share a round trip. Every one of them counts against the quota all the same.
      - V(1) makes plain calls, for networks where a gateway does not let batches pass.
    type: int
    default: 50
"""

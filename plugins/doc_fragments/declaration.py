# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules for any number of accounts: which accounts, and which people."""

    DOCUMENTATION = r"""
options:
  # Named before the fragment of the shared options, so that these count.
  waba_id: {description: "Not used. Accepted for C(module_defaults) of the group and E(WABA_ID).", required: false}
  business_id: {description: "The id of the business (business portfolio) of accounts without O(accounts[].business_id),
      digits only. Required without O(accounts). Defaults to E(WABA_BUSINESS_ID).", required: false}
  accounts:
    description:
      - The WhatsApp Business Accounts, each of them once. An empty list is refused.
      - By default all accounts of O(account_kinds) that the business lists, with the permission C(business_management).
    type: list
    elements: raw
    suboptions:
      waba_id: {description: "The id of the account, digits only, in quotes. Required.", type: str}
      name: {description: "What to call the account in the output.", type: str}
      business_id: {description: "The business for which the account is read, instead of O(business_id).", type: str}
      users: {description: "The users, each of them once, as O(metaops.whatsapp.waba_access#module:users).", type: list,
        elements: dict}
      purge_users: {description: "O(metaops.whatsapp.waba_access#module:purge_users) of the account.", type: bool}
      keep_users: {description: "O(metaops.whatsapp.waba_access#module:keep_users) of the account.", type: list,
        elements: str}
      purge_tasks: {description: "O(metaops.whatsapp.waba_access#module:purge_tasks) of the account.", type: bool}
      max_removals: {description: "Refuse to remove more users than this from this account.", type: int}
      allow_lockout: {description: "O(metaops.whatsapp.waba_access#module:allow_lockout) of the account.", type: bool}
      unreadable_tasks: {description: "O(metaops.whatsapp.waba_access#module:unreadable_tasks) of the account.",
        type: str, choices: [warn, apply, fail]}
  account_kinds:
    description:
      - The accounts to list without O(accounts). V(owned) are the business's own, V(client) those shared with it.
      - A kind that cannot be listed completely is an error.
    type: list
    elements: str
    choices: [owned, client]
    default: [owned, client]
  people:
    description:
      - Short names of people. Each stands for an id in quotes, or for a dictionary with C(id), C(email),
        C(system_user) (the name of a system user) and C(name) (what to call the person in the output). C(valid_until)
        and C(reason), as in O(metaops.whatsapp.waba_access#module:users), hold for all entries of the person, by this
        short name or by the same id or address. The earlier of two ends counts.
      - If C(id) is given with C(email) or C(system_user), it is an error if they are no longer the same person's.
      - Addresses and system users are looked up in the business of each account. This requires the permission
        C(business_management), and costs one call for each 100 people of the business.
    type: dict
    default: {}
  batch_size: {description: "Calls in a round trip, from 1 to 50. V(1) sends plain calls, if a gateway blocks batches.",
    type: int, default: 50}
"""

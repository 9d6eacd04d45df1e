# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of findings of an audit: severity, title, why it matters, remedy."""

from __future__ import annotations

import typing as t

HIGH, MEDIUM, LOW, INFO = "high", "medium", "low", "info"
SEVERITIES = (HIGH, MEDIUM, LOW, INFO)


class Kind(t.NamedTuple):
    """A kind of finding."""

    id: str
    severity: str
    title: str
    #: Why it matters.
    why: str
    remedy: str


# The title of each kind, why it matters, and the remedy, a line each.
_TEXTS = {
    HIGH: {
        "account-unreadable": """Accounts that could not be read
            Access to them is unknown. Nothing else in this report is about these accounts.
            Give the token's system user the account as an asset, and check the account's id and business.""",
        "drift": """Access that differs from the declared access
            Applying the declared access would change exactly these users.
            Correct the declaration: delete the entry of a person who left. Apply it with metaops.whatsapp.apply.""",
        "overdue": """Access that has ended and is still there
            Meta knows no end of access: the first run after valid_until ends it. There was none, or it failed.
            Apply the declared access with metaops.whatsapp.apply, on a schedule, or declare a later end.""",
        "declared-unknown": """Declared people who cannot be found
            Their access is unknown. Applying the declaration fails, or, where they are to be absent, removes nobody.
            Remove people who have left from the declaration, and correct addresses and names that have changed.""",
        "left-business": """People who are no longer in the business
            Their business does not list them any more, and they still hold tasks.
            Revoke their access, as with metaops.whatsapp.offboard.""",
        "marked-for-removal": """People who are marked for removal
            Their removal from the business was requested. Until it is complete they can use their tasks.
            Revoke their access, as with metaops.whatsapp.offboard, and complete the removal in Meta's settings.""",
        "no-two-factor": """People without two-factor authentication
            Their password alone is enough to act as them.
            Have them set up two-factor authentication, and require it of all users in the business settings.""",
        "undeclared-admin-tasks": """Users who manage an account and are not declared
            They hold FULL_CONTROL or MANAGE, and applying the declared access changes nothing about it.
            Declare their access, or revoke it, and then set purge_users.""",
        "nobody-manages": """Accounts without a holder of MANAGE or FULL_CONTROL
            No assigned user can manage the account, which matters in an emergency.
            Assign FULL_CONTROL or MANAGE to a person in charge and to a deputy.""",
    },
    MEDIUM: {
        "full-control-holders": """Accounts with many holders of FULL_CONTROL
            More users than agreed can do everything, including granting access to others.
            Replace FULL_CONTROL with the tasks that these users need.""",
        "list-incomplete": """Accounts whose list of users is incomplete
            The API counts more users than it lists: the access token may not see all of them.
            Read the account with the token of an admin system user of the business that owns it.""",
        "other-business": """People of another business
            Administrators of another business decide when they leave and how they log in.
            Check that the agreement with their business is still in force, and revoke their access when it ends.""",
        "personal-user": """Personal users
            They are assigned with a personal account, which is outside the rules of any business.
            Invite them to the business, assign the tasks to their business user, and remove the personal user.""",
        "system-user-messaging-and-manage": """System users that can both message and manage
            One leaked token is enough to write to customers and to change the account. FULL_CONTROL counts as both.
            Use one system user to send messages, and another one to manage.""",
        "tasks-not-reported": """Users whose tasks the API does not report
            What they can do is unknown. Counts of holders of a task do not include them.
            Check them in the business settings, or read with a newer api_version.""",
    },
    LOW: {
        "not-checked": """What could not be checked
            There may be problems that these checks would find.
            Provide what the message names as missing.""",
        "unknown-tasks": """Tasks that the collection does not know
            Meta has new tasks. This report does not take into account what they allow.
            Look up what they allow, and update the collection.""",
    },
    INFO: {
        "changed-since-baseline": """Accounts that have changed since the earlier report
            Users were assigned or removed, or their tasks changed. The report lists each change.
            Check that each change was requested.""",
        "ending-soon": """Access that ends soon
            The first run after valid_until removes these users.
            Declare a later end where the access is still needed, and have somebody else manage the account in time.""",
        "undeclared-people": """Users whom the declared access does not cover
            The declared access does not name them, and purge_users is not set: applying it does not change them.
            Declare their access, or revoke it, and then set purge_users.""",
    },
}
#: Every kind of finding by its id, the most severe first.
KINDS = {
    kind_id: Kind(kind_id, severity, *map(str.strip, texts.splitlines()))
    for severity, kinds in _TEXTS.items()
    for kind_id, texts in kinds.items()
}
#: What a finding of the kind `not-checked` was not able to look at, by its `check`.
CHECKS = {
    "people": "people of businesses",
    "admins": "admins of businesses",
    "two-factor": "two-factor authentication",
    "declaration": "declared access of accounts",
    "baseline": "what is new",
    "accounts": "accounts of businesses",
    "apps": "subscribed apps",
    "owner": "owners of accounts",
    "invitations": "invitations",
    "activities": "activities",
    "asset-groups": "asset groups",
    "partners": "people of partners",
    "coverage": "accounts outside this audit",
}
#: The value of `fail_on` for every finding that is new.
NEW = "new"

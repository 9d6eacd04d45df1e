# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The accounts of a business as hosts of an inventory, and such hosts as accounts. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.export import harmless
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Rules
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import KindListing, accounts_of

Json = dict[str, t.Any]

#: A text without these is no template: Jinja's marks begin with a brace, and a line that sets others with a hash.
TEMPLATE_MARKS = frozenset("{#")

#: Rules that a host can have as waba_access_<rule>, with their defaults. Each account gets all of them, so that the
#: rules of the host that runs the task do not apply to the accounts of other hosts.
_RULES: Json = {
    "purge_users": Rules.purge_users,
    "keep_users": [],
    "purge_tasks": Rules.purge_tasks,
    "max_removals": Rules.max_removals,
    "allow_lockout": Rules.allow_lockout,
    "unreadable_tasks": Rules.unreadable_tasks,
}


def known_accounts(listings: t.Sequence[KindListing]) -> tuple[list[Json], list[str]]:
    """Return the accounts in the order of their ids, each once and with its `kinds`, and warnings.

    Raises `GraphError` where a kind could not be read.
    """
    warnings = []
    for listing in listings:
        warnings += [
            f"The API does not know the field {field} of accounts: waba_{field} is null for every host."
            for field in sorted(listing.unknown_fields)
        ]
        warnings += listing.warnings
    accounts = accounts_of(listings, "Or leave {kind} out of kinds, if these accounts are not to be there.")
    return accounts, list(dict.fromkeys(warnings))


def host_name(account: Json, hostname: str) -> str:
    """Return the name of an account's host: its id; with `name_and_id` after the harmless characters of its name.

    The id makes it unique, whatever the names of accounts are.
    """
    if hostname == "id":
        return str(account["id"])
    words = re.sub("[^0-9A-Za-z]+", "_", account["name"] or "").strip("_")
    return f"{words}_{account['id']}".lstrip("_")


def host_accounts(
    hosts: t.Sequence[t.Mapping[str, t.Any]], accounts: t.Sequence[Json], *, declared: bool
) -> list[Json]:
    """Convert the variables of hosts to accounts, as the variable `waba_access_accounts` has them.

    The users are those of the account's entry in `accounts`, or else the host's `waba_access_users`. Raises
    `ValueError`, a line for each problem: a host that is no account, an account that is declared in both places, and
    with `declared` one that is declared in neither.
    """
    problems = []
    found = []
    entries = {str(account.get("waba_id")): account for account in reversed(accounts)}
    for host in hosts:
        waba_id = str(host.get("waba_id") or "")
        entry, users = entries.get(waba_id), host.get("waba_access_users")
        if not waba_id:
            problems.append(
                f"Host {host.get('inventory_hostname', 'localhost')} is not an account (it has no variable waba_id):"
                " waba_hosts must match only hosts of the inventory plugin metaops.whatsapp.waba."
            )
        elif entry is not None and users is not None:
            problems.append(f"Account {waba_id} is in waba_access_accounts and has waba_access_users: keep one.")
        elif declared and entry is None and users is None:
            problems.append(
                f"Nothing is declared for account {waba_id}: add it to waba_access_accounts, give its host"
                " waba_access_users, or leave it out of waba_hosts."
            )
        values = {rule: host.get(f"waba_access_{rule}") for rule in _RULES}
        if entry is None and users is None:
            # Without a declaration for the account, the purge of a group of hosts must not apply to it.
            values.update(purge_users=None, keep_users=None)
        account = {
            "waba_id": waba_id,
            "name": harmless(host.get("waba_name") or "") or None,
            "business_id": host.get("business_id"),
            **{rule: _RULES[rule] if value is None else value for rule, value in values.items()},
            **({} if users is None else {"users": users}),
        }
        found.append(account | {key: value for key, value in (entry or {}).items() if value is not None})
    if problems:
        raise ValueError("\n".join(problems))
    return found

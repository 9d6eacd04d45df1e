# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The accounts of a business as hosts of an inventory, and back. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.export import harmless
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Rules
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import KindListing, accounts_of

Json = dict[str, t.Any]

#: A text without these is no template: Jinja's marks begin with a brace, and a line that chooses others with a hash.
TEMPLATE_MARKS = frozenset("{#")

#: The rules that a host can have for its account, as waba_access_<rule>, and what they are without: another host's
#: rules must not be taken for its own.
_RULES: Json = {
    "purge_users": Rules.purge_users,
    "keep_users": [],
    "purge_tasks": Rules.purge_tasks,
    "max_removals": Rules.max_removals,
    "allow_lockout": Rules.allow_lockout,
    "unreadable_tasks": Rules.unreadable_tasks,
}


def known_accounts(listings: t.Sequence[KindListing]) -> tuple[list[Json], list[str]]:
    """The accounts in the order of their ids, each once and with its `kinds`, and what people should know.

    Raises `GraphError` where a kind could not be read.
    """
    accounts = accounts_of(listings, "Or leave {kind} out of kinds, if these accounts are not to be there.")
    return accounts, list(dict.fromkeys(warning for listing in listings for warning in _warnings(listing)))


def _warnings(listing: KindListing) -> list[str]:
    unknown = [
        f"The API does not know the field {field} of accounts: waba_{field} is null for every host."
        for field in sorted(listing.unknown_fields)
    ]
    return [*unknown, *listing.warnings]


def host_variables(account: Json, business_id: str) -> Json:
    """What a host knows of itself: every field of the account as `waba_<field>`, and the business it was read of."""
    fields = {f"waba_{field}": value for field, value in account.items() if field != "kinds"}
    return {**fields, "business_id": business_id}


def host_name(account: Json, hostname: str) -> str:
    """The name of the account's host: its id; with `name_and_id` behind what is harmless of its name.

    The id makes it one that no other account can have, whatever people call theirs.
    """
    if hostname == "id":
        return str(account["id"])
    words = re.sub("[^0-9A-Za-z]+", "_", account["name"] or "").strip("_")
    return f"{words}_{account['id']}".lstrip("_")


def host_accounts(
    hosts: t.Sequence[t.Mapping[str, t.Any]], accounts: t.Sequence[Json], *, declared: bool
) -> list[Json]:
    """The accounts that hosts are, as the variable `waba_access_accounts` has them.

    `hosts` are the variables of each. The users come from the account's entry in `accounts`, or else from the host's
    `waba_access_users`. Each account has the rules of its own host, for one host acts for all of them. Raises
    `ValueError`, a line a problem, for hosts that are no accounts, for an account that is declared in both places, and
    with `declared` for one that is declared in none.
    """
    problems = []
    found = []
    for host in hosts:
        waba_id = str(host.get("waba_id") or "")
        if not waba_id:
            problems.append(
                f"Host {host.get('inventory_hostname', 'localhost')} is not an account, for it has no variable waba_id:"
                " waba_hosts must match hosts of the inventory plugin metaops.whatsapp.waba, and no others."
            )
            continue
        entry = next((account for account in accounts if str(account.get("waba_id")) == waba_id), None)
        users = host.get("waba_access_users")
        if entry is not None and users is not None:
            problems.append(f"Account {waba_id} is in waba_access_accounts and has waba_access_users: keep one.")
        if declared and entry is None and users is None:
            problems.append(
                f"Nothing is declared for account {waba_id}: add it to waba_access_accounts, give its host"
                " waba_access_users, or leave it out of waba_hosts."
            )
        own: Json = {
            "waba_id": waba_id,
            "name": harmless(host.get("waba_name") or "") or None,
            "business_id": host.get("business_id"),
        }
        for rule, default in _RULES.items():
            value = host.get(f"waba_access_{rule}")
            own[rule] = default if value is None else value
        if entry is None and users is None:
            # Nobody wrote down who its users are: a group's purge is not about it.
            own |= {rule: _RULES[rule] for rule in ("purge_users", "keep_users")}
        own |= {} if users is None else {"users": users}
        found.append({**own, **{key: value for key, value in (entry or {}).items() if value is not None}})
    if problems:
        raise ValueError("\n".join(problems))
    return found

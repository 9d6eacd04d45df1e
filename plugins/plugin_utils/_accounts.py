# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts as hosts of an inventory, and these hosts as accounts. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.export import harmless
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Rules
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import KindListing, accounts_of

Json = dict[str, t.Any]

#: Every template has one of these: Jinja's marks begin with a brace, and a line that sets others with a hash.
TEMPLATE_MARKS = frozenset("{#")

#: The defaults of the variables `waba_access_<rule>` of a host. Each account gets all rules, so that those of the host
#: that runs the task do not apply to the accounts of other hosts.
_RULES: Json = {name: default for name, default in vars(Rules()).items() if name != "verify"} | {"keep_users": []}


def known_accounts(listings: t.Sequence[KindListing]) -> tuple[list[Json], list[str]]:
    """Return the accounts by id, with their `kinds`, and warnings. Raises `GraphError` for a kind that was not read."""
    warnings = [
        f"The API does not know the field {field} of accounts: waba_{field} is null for every host."
        for field in sorted({field for listing in listings for field in listing.unknown_fields})
    ]
    warnings += [warning for listing in listings for warning in listing.warnings]
    return accounts_of(listings, "Or leave {kind} out of account_kinds."), warnings


def host_name(account: Json, hostname: str) -> str:
    """Return the name of an account's host: its id; for `name_and_id`, letters and digits of its name and the id."""
    if hostname == "id":
        return str(account["id"])
    words = re.sub("[^0-9A-Za-z]+", "_", account["name"] or "").strip("_")
    return f"{words}_{account['id']}".lstrip("_")


def host_accounts(
    hosts: t.Sequence[t.Mapping[str, t.Any]], accounts: t.Sequence[Json], *, declared: bool
) -> list[Json]:
    """Convert the variables of hosts to entries of `waba_access_accounts`.

    The users are those of the account's entry in `accounts`, or else the host's `waba_access_users`. Raises
    `ValueError`, a line for each problem: a host that is not an account, an account that is declared in both places,
    and with `declared` one that is declared in neither.
    """
    problems = []
    found = []
    entries = {str(account.get("waba_id")): account for account in reversed(accounts)}
    for host in hosts:
        waba_id = str(host.get("waba_id") or "")
        entry, users = entries.get(waba_id), host.get("waba_access_users")
        is_declared = entry is not None or users is not None
        if not waba_id:
            problems.append(
                f"Host {host.get('inventory_hostname', 'localhost')} is not an account (it has no variable waba_id):"
                " waba_hosts must match only hosts of the inventory plugin metaops.whatsapp.waba."
            )
        elif entry is not None and users is not None:
            problems.append(f"Account {waba_id} is in waba_access_accounts and has waba_access_users: keep one.")
        elif declared and not is_declared:
            problems.append(
                f"Nothing is declared for account {waba_id}: add it to waba_access_accounts, give its host"
                " waba_access_users, or leave it out of waba_hosts."
            )
        account = {
            "waba_id": waba_id,
            "name": harmless(host.get("waba_name") or "") or None,
            "business_id": host.get("business_id"),
        }
        for rule, default in _RULES.items():
            value = host.get(f"waba_access_{rule}")
            # The purge of a group of hosts must not apply to an account for which nothing is declared.
            is_ignored = not is_declared and rule in ("purge_users", "keep_users")
            account[rule] = default if value is None or is_ignored else value
        if users is not None:
            account["users"] = users
        found.append(account | {key: value for key, value in (entry or {}).items() if value is not None})
    if problems:
        raise ValueError("\n".join(problems))
    return found

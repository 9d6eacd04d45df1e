# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Accounts to be read, in as few round trips as can be, and what became of it. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError, check_id
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import AccessError

Json = dict[str, t.Any]


def account_label(account: Json) -> str:
    """What to call an account in the output."""
    return f"{account['name']} ({account['waba_id']})" if account.get("name") else str(account["waba_id"])


def account_reads(accounts: t.Sequence[Json], business_id: t.Any = None) -> list[Json]:
    """What to read, by business: `business_id` ('' for the one that the environment names) and `waba_ids` each.

    Raises `AccessError` for ids that are none and for accounts that are named twice.
    """
    if isinstance(accounts, str) or not all(isinstance(account, t.Mapping) for account in accounts):
        raise AccessError("the accounts must be a list, each with waba_id, as waba_access_accounts has them")
    problems = []
    places: dict[str, int] = {}
    reads: dict[str, list[str]] = {}
    for place, account in enumerate(accounts):
        waba_id, business = str(account.get("waba_id") or ""), str(account.get("business_id") or business_id or "")
        try:
            check_id(f"accounts[{place}].waba_id", waba_id)
            if business:
                check_id(f"accounts[{place}].business_id", business)
        except OptionError as error:
            problems.append(str(error).rstrip("."))
        if waba_id in places:
            problems.append(f"accounts[{places[waba_id]}] and accounts[{place}] are the same ({waba_id}): keep one")
        places[waba_id] = place
        reads.setdefault(business, []).append(waba_id)
    if problems:
        raise AccessError(". ".join(problems))
    return [{"business_id": business, "waba_ids": waba_ids} for business, waba_ids in sorted(reads.items())]


def accounts_read(accounts: t.Sequence[Json], results: t.Sequence[Json]) -> list[Json]:
    """The accounts in their order, with `label`, and with what was read of each, or `msg` where that failed.

    `results` are those of `waba_assigned_users_info` in a loop over `account_reads`.
    """
    found: dict[str, Json] = {}
    for result in results:
        read = result.get(result.get("ansible_loop_var", "item"), {})
        for waba_id in read.get("waba_ids", []):
            reason = {"msg": result.get("msg") or "it was not read", "graph_error": result.get("graph_error")}
            found[waba_id] = {"business_id": read.get("business_id"), "assigned_users": [], **reason}
        found.update({account["waba_id"]: account for account in result.get("accounts", [])})
    missing: Json = {"assigned_users": [], "graph_error": None, "msg": "it was not read"}
    return [
        {
            **account,
            **found.get(str(account["waba_id"]), missing),
            "waba_id": str(account["waba_id"]),
            "label": account_label(account),
        }
        for account in accounts
    ]

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The logic of `waba_setup_info`: read the set-up. `checks` judges it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._access.end import utc_now
from .._edges.assigned_users import Account, read_users, user_lists
from .._edges.business import KINDS, accounts_of_user, read_kinds, read_nodes
from .._edges.token import read_own_user, read_token
from .._graph.client import MAX_BATCH, GraphClient
from .._graph.errors import GraphError
from .._options import check_between, check_id
from .checks import Facts, Json, make_checks

_MARKS = {True: "ok", False: "NOT OK", None: "not known"}


def inspect_setup(params: t.Mapping[str, t.Any], client: GraphClient) -> Json:
    """Return the checks of the set-up as a result. Raises `OptionError`."""
    for option in ("waba_id", "business_id"):
        if params[option] is not None:
            check_id(option, params[option])
    check_between("batch_size", params["batch_size"], 1, MAX_BATCH, "calls")
    facts = Facts(
        params["waba_id"],
        params["business_id"],
        has_secret=params["app_secret"] is not None,
        address=f"{params['api_url']}/{params['api_version']}",
    )
    _read(client, facts, params["batch_size"])
    facts.used_percent = client.used_percent
    checks = make_checks(facts, utc_now())
    lines = [
        f"[{_MARKS[check['ok']]}] {check['id']}: {check['message']}"
        + (f" -> {check['remedy']}" if check["remedy"] else "")
        for check in checks
    ]
    token = {**dataclasses.asdict(facts.token), "user_id": facts.token.user_id or facts.own.id}
    return {"changed": False, "checks": checks, "token": token, "msg": "\n".join(lines)}


def _read(client: GraphClient, facts: Facts, batch_size: int) -> None:
    """Read the set-up, as far as it can be read. `debug_token` is called in a batch, and all else without where that fails."""
    try:
        facts.own = read_own_user(client)
    except GraphError as error:
        facts.own_error = error
    if facts.is_blocked:
        return
    try:
        if batch_size == 1:
            raise GraphError("batch_size is 1, and debug_token is called in a batch only, so that no URL has the token")
        facts.token = read_token(client)
    except GraphError as error:
        facts.token_error = error
        batch_size = batch_size if error.code else 1
    ids = [one for one in (facts.waba_id, facts.business_id, *facts.targets[:MAX_BATCH]) if one]
    facts.nodes = read_nodes(client, ids, batch_size)
    facts.accounts = {node.id: node.name for node in facts.nodes.values() if node.is_account}
    user_id = facts.own.id or facts.token.user_id
    if not facts.businesses and user_id:
        facts.nodes.update(read_nodes(client, accounts_of_user(client, user_id)[:MAX_BATCH], batch_size))
        facts.accounts = {node.id: node.name for node in facts.nodes.values() if node.is_account}
    business_id = next(iter(facts.businesses), None)
    if business_id:
        for listing in read_kinds(
            client, [(business_id, kind) for kind in KINDS if kind != "pending_user"], batch_size
        ):
            facts.listings[listing.kind] = listing
            facts.accounts.update({account["id"]: account["name"] for account in listing.accounts})
        if facts.waba_id and facts.waba_id in facts.accounts:
            (facts.users,) = user_lists([Account(facts.waba_id, business_id)])
            read_users(client, [facts.users])

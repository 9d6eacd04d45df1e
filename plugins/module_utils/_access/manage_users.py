# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_assigned_user` and `waba_assigned_users`: the engine with one account, and users by id."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._edges.assigned_users import Account, user_lists
from .._graph.client import MAX_BATCH, GraphClient
from .._options import OptionError, check_id
from .approval import Approval, parse_approval, plan_id
from .declaration import check_limits, parse_tasks
from .end import parse_end, utc_now
from .outcome import Outcome, planned_changes
from .plan import Desired, Rules, Target
from .reconcile import reconcile

Json = dict[str, t.Any]
Params = t.Mapping[str, t.Any]


def manage_user(params: Params, client: GraphClient) -> Json:
    """Return what a task of `waba_assigned_user` did, or in check mode would do."""
    desired = _desired("", params, utc_now())
    outcome = _reconcile(params, client, [desired], Rules.from_options(params), read_all=False)
    user = outcome.after.get(desired.user_id)
    return {
        "changed": outcome.changed,
        "assigned_user": user.as_result() if user else {},
        "diff": outcome.diff({desired.user_id}),
        "warnings": outcome.warnings,
        **outcome.failure(),
    }


def manage_users(params: Params, client: GraphClient) -> Json:
    """Return what a task of `waba_assigned_users` did, or in check mode would do."""
    desired = desired_users(params, utc_now())
    check_limits(params)
    approval = parse_approval(params)
    rules = Rules.from_options({**params, "keep_users": frozenset(params["keep_users"])})
    outcome = _reconcile(params, client, desired, rules, approval)
    plan = planned_changes([outcome])
    return {
        "changed": outcome.changed,
        "assigned_users": [user.as_result() for user in outcome.after.values()],
        **outcome.lists(),
        "plan": plan,
        "plan_id": plan_id(plan),
        "diff": outcome.diff(),
        "warnings": outcome.warnings,
        **outcome.failure(),
    }


def desired_users(params: Params, now: datetime) -> list[Desired]:
    """Return the users of a list, by id. Raises `OptionError`, which names the entries.

    `params` are the options `users`, `keep_users`, `purge_users` and `allow_lockout` of `waba_assigned_users`.
    """
    places: dict[str, int] = {}
    found: list[Desired] = []
    for number, user in enumerate(params["users"]):
        desired = _desired(f"users[{number}].", user, now)
        first = places.setdefault(desired.user_id, number)
        if first != number:
            raise OptionError(f"users[{first}] and users[{number}] are the same person ({desired.user_id}): keep one.")
        found.append(desired)
    absent = {desired.user_id for desired in found if desired.tasks is None and not desired.has_ended}
    for number, kept in enumerate(params["keep_users"]):
        user_id = check_id(f"keep_users[{number}]", kept)
        if user_id in absent:
            raise OptionError(
                f"keep_users[{number}] and users[{places[user_id]}], which is to be absent,"
                f" are the same person ({user_id})."
            )
    if params["purge_users"] and not params["allow_lockout"] and len(absent) == len(found):
        raise OptionError(
            "users names nobody who is to be present, and with purge_users that would remove everybody."
            " Set allow_lockout to true if this is what you want."
        )
    return found


def _desired(prefix: str, user: t.Mapping[str, t.Any], now: datetime) -> Desired:
    """The desired state that `user_id`, `tasks`, `state` and `valid_until` say."""
    user_id = check_id(f"{prefix}user_id", user["user_id"])
    end = parse_end(f"{prefix}valid_until", user.get("valid_until"))
    if user.get("state") != "absent":
        return Desired.until(end, now, user_id, parse_tasks(f"{prefix}tasks", user.get("tasks")))
    if end:
        raise OptionError(f"{prefix}valid_until has no use beside state absent: give one of the two.")
    return Desired(user_id, None)


def _reconcile(
    params: Params,
    client: GraphClient,
    desired: t.Sequence[Desired],
    rules: Rules,
    approval: Approval | None = None,
    *,
    read_all: bool = True,
) -> Outcome:
    (users,) = user_lists([Account(params["waba_id"], params["business_id"])])
    target = Target(users, tuple(desired), rules, read_all)
    calls = {"check_mode": params["check_mode"], "batch_size": params.get("batch_size", MAX_BATCH)}
    (outcome,) = reconcile(client, [target], approval=approval, **calls)
    if outcome.error:
        raise outcome.error
    return outcome

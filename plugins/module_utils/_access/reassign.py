# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the tasks of users where the API refuses to: remove the users and assign them anew."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import UserList, Write, is_already_assigned, is_not_assigned, write_users
from .._edges.tasks import is_exactly
from .._graph.client import GraphClient
from .._graph.errors import GraphError, LimitError, TokenError
from .._graph.paging import read
from .guard import HOW_TO_ALLOW, TokenOwner, manages
from .outcome import Outcome, State, Step


def reassign(client: GraphClient, pairs: t.Sequence[tuple[Outcome, Step]], owner: TokenOwner) -> None:
    """Carry out at most a batch of steps that were refused because the user is already assigned.

    Steps that an earlier try may have carried out are read back first.
    """
    refused = _settle(client, pairs)
    removing: list[Step] = []
    for outcome, step in refused:
        step.state, step.is_own = State.REFUSED, True
        leaving = {other.change.user_id for one, other in refused if one is outcome}
        step.obstacle = _obstacle(client, outcome, step, owner, leaving)
        if not step.obstacle:
            removing.append(step)
    assigning: list[Step] = []
    removals = [dataclasses.replace(step.write, tasks=None) for step in removing]
    for step, error in zip(removing, write_users(client, removals)):
        if error is None:
            step.state = State.REMOVED
        elif is_not_assigned(error) or error.maybe_applied:
            step.state, step.error = State.UNCLEAR, error
        else:
            step.error, step.obstacle = error, str(error)
            continue
        assigning.append(step)
    _assign_or_restore(client, assigning)


def _settle(client: GraphClient, pairs: t.Sequence[tuple[Outcome, Step]]) -> list[tuple[Outcome, Step]]:
    """Return the steps that are known not to have been carried out. The others are confirmed, or stay unclear."""
    uncertain = [pair for pair in pairs if pair[1].error and pair[1].error.maybe_applied]
    lists: dict[str, UserList] = {outcome.account.waba_id: outcome.target.users.again() for outcome, _step in uncertain}
    read(client, list(lists.values()))
    refused = [pair for pair in pairs if pair not in uncertain]
    for outcome, step in uncertain:
        users = lists[outcome.account.waba_id]
        user = users.users.get(step.change.user_id)
        if users.error or user is None or user.tasks is None or step.change.tasks is None:
            continue
        if is_exactly(step.change.tasks, user.tasks):
            step.confirm()
        elif user.tasks == step.former_tasks:
            refused.append((outcome, step))
    return refused


def _obstacle(client: GraphClient, outcome: Outcome, step: Step, owner: TokenOwner, leaving: set[str]) -> str:
    """Return why it is not safe to remove a user, together with the `leaving` ones; empty where it is safe."""
    rules, before = outcome.target.rules, step.change.before
    if before is None or before.tasks is None:
        return (
            "To remove and assign the user anew is not safe: the API does not report the tasks, which could not be"
            " assigned again. Use state absent and then state present if that is acceptable."
        )
    try:
        is_own, own = owner.is_changed_by(step.change), owner.read()
        keeps_manager = rules.allow_lockout or not manages(before) or _others_manage(client, outcome, leaving)
    except GraphError as error:
        step.error = error
        return str(error)
    if is_own:
        return (
            f"{owner.describe(step.change)}, and could not be assigned anew once removed."
            " Use the token of another admin system user."
        )
    if own.id is None and not rules.allow_lockout:
        return (
            f"{owner.problem} If it is this user, it could not be assigned anew once removed."
            " Set allow_lockout to true if it is not."
        )
    if not keeps_manager:
        return (
            "To remove and assign the user anew is not safe: it is the last one known to hold MANAGE or FULL_CONTROL."
            f" {HOW_TO_ALLOW}"
        )
    return ""


def _others_manage(client: GraphClient, outcome: Outcome, leaving: set[str]) -> bool:
    """Whether another user is known to manage the account now. Reads further pages as needed."""
    users = outcome.target.users

    def has_manager(found: t.Mapping[str, t.Any]) -> bool:
        return any(manages(user) and user.id not in leaving for user in found.values())

    if users.reports_tasks:
        read(client, [users], lambda one: has_manager(one.users))
    read_since = {user_id: user for user_id, user in users.users.items() if user_id not in outcome.before}
    return has_manager({**read_since, **outcome.apply_steps()})


def _assign_or_restore(client: GraphClient, steps: t.Sequence[Step]) -> None:
    """Assign users who were removed; where that fails, assign their former tasks again."""
    failed: list[Step] = []
    for step, error in zip(steps, write_users(client, [step.write for step in steps])):
        if error is None:
            step.state, step.error, step.obstacle = State.DONE, None, None
            continue
        step.error, step.obstacle = error, ""
        if is_already_assigned(error) or error.maybe_applied:
            step.state = State.UNCLEAR  # the removal failed after all, or a try of the assignment worked
        if not isinstance(error, (LimitError, TokenError)) and not is_already_assigned(error):
            failed.append(step)
    restorations = [Write(step.account, step.change.user_id, step.former_tasks) for step in failed]
    for step, error in zip(failed, write_users(client, restorations)):
        if error is None:
            step.state = State.RESTORED
        else:
            step.state = State.UNCLEAR if error.maybe_applied else step.state
            step.restoration = error

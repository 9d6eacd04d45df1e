# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read back what was written, and set the verdict of each step."""

from __future__ import annotations

import typing as t

from .._edges.assigned_users import AssignedUser, UserList, all_read
from .._edges.tasks import is_at_least, is_exactly
from .._graph.client import GraphClient
from .._graph.errors import GraphError, LimitError, TokenError
from .._graph.paging import read
from .names import some_of
from .outcome import Outcome, State, Step, Verdict, tasks_text
from .plan import Rules

#: Times that a read-back is repeated while it does not show what was written: reads may be a few seconds behind.
STALE_READS = 3


def verify(client: GraphClient, outcomes: t.Sequence[Outcome], stop: GraphError | None, batch_size: int) -> None:
    """Read back what was written, where the rules ask for it or the result of a step is unknown.

    `stop` is the error that stopped all accounts, if any. Accounts share the round trips.
    """
    readable: list[Outcome] = []
    for outcome in outcomes:
        outcome.after = outcome.apply_steps()
        is_asked_for = outcome.target.rules.verify or outcome.needs_read_back
        if not any(is_asked_for or step.state is not State.DONE for step in outcome.written_steps):
            continue
        limit = next((e for e in (stop, outcome.stop) if isinstance(e, (LimitError, TokenError))), None)
        if limit:  # another call would be refused, too
            outcome.unchecked = limit if outcome.target.rules.verify else None
        else:
            readable.append(outcome)
    for outcome, found in zip(readable, read_back(client, readable, batch_size)):
        if found.error:
            outcome.unchecked = found.error
        else:
            _judge(outcome, found)


def read_back(client: GraphClient, outcomes: t.Sequence[Outcome], batch_size: int) -> list[UserList]:
    """Read the users of each outcome, again while a reading does not show what was written."""
    lists: dict[int, UserList] = {}
    waiting = list(outcomes)
    for turn in range(STALE_READS + 1):
        if turn:
            client.pause(turn - 1)
        lists.update({id(outcome): outcome.target.users.again() for outcome in waiting})
        wanted = {
            id(lists[id(outcome)]): {step.change.user_id for step in outcome.written_steps}
            for outcome in waiting
            if not outcome.target.read_all
        }
        read(client, [lists[id(outcome)] for outcome in waiting], all_read(wanted), batch_size)
        waiting = [outcome for outcome in waiting if not _is_settled(outcome, lists[id(outcome)])]
        if not waiting:
            break
    return [lists[id(outcome)] for outcome in outcomes]


def _is_settled(outcome: Outcome, found: UserList) -> bool:
    """Whether another reading would show nothing new."""
    rules, users = outcome.target.rules, found.users
    verdicts = {_verdict(step, users.get(step.change.user_id), rules) for step in outcome.written_steps}
    return found.error is not None or verdicts.isdisjoint({Verdict.NOT_VISIBLE, Verdict.STILL_HELD})


def _verdict(step: Step, user: AssignedUser | None, rules: Rules) -> Verdict:
    """Return whether a read-back shows the change, or, of a step that was undone, the former tasks."""
    tasks = step.former_tasks if step.state is State.RESTORED else step.change.tasks
    if tasks is None or user is None:
        return Verdict.CONFIRMED if tasks is None and user is None else Verdict.NOT_VISIBLE
    if user.tasks is None:
        if step.state is State.UNCLEAR and step.change.before is not None:
            return Verdict.UNDECIDED
        return Verdict.TASKS_UNKNOWN if rules.unreadable_tasks == "fail" else Verdict.CONFIRMED
    if is_exactly(tasks, user.tasks):
        return Verdict.CONFIRMED
    if step.state is State.DONE and is_at_least(tasks, user.tasks):
        # The API may add tasks of its own; those that were to be removed are not among them.
        return Verdict.STILL_HELD if user.tasks & (step.former_tasks - tasks) else Verdict.CONFIRMED
    return Verdict.NOT_VISIBLE


def _judge(outcome: Outcome, found: UserList) -> None:
    user_ids = {step.change.user_id for step in outcome.written_steps}
    replaced = outcome.after if outcome.target.read_all else user_ids
    kept = {user_id: user for user_id, user in outcome.after.items() if user_id not in replaced}
    outcome.after = {**kept, **found.users}
    outcome.was_read_back = True
    for step in outcome.written_steps:
        outcome.warnings += _settle(step, found.users.get(step.change.user_id), outcome.target.rules)
    if outcome.target.rules.purge_users:
        new = [user.label for user in found.users.values() if user.id not in user_ids | outcome.before.keys()]
        if new:
            outcome.warnings.append(
                f"{some_of(new)} had no access when the list was read, and has access now: it was granted"
                " meanwhile, or that reading was behind. Run this again."
            )


def _settle(step: Step, user: AssignedUser | None, rules: Rules) -> list[str]:
    """Set the verdict of a step, and return warnings about it."""
    step.seen = user
    # The verdict is about the change, which was undone where the former tasks were assigned again.
    step.verdict = Verdict.NOT_VISIBLE if step.state is State.RESTORED else _verdict(step, user, rules)
    if step.verdict is not Verdict.CONFIRMED:
        return []
    step.confirm()
    tasks = step.change.tasks
    if user is None or tasks is None:
        return []
    if user.tasks is None:
        return [f"The API does not report the tasks of {user.label}: that the user is assigned is taken as enough."]
    if is_exactly(tasks, user.tasks):
        return []
    more = tasks_text(user.tasks - tasks)
    reason = "The API adds these tasks to others, or they were assigned meanwhile."
    return [f"{user.label} holds more than was asked for: {more}. {reason}"]

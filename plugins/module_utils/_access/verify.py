# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Read back what was written, and hold each step against it."""

from __future__ import annotations

import typing as t

from .._edges.assigned_users import AssignedUser, UserList, all_read, read_users
from .._edges.tasks import is_at_least, is_exactly
from .._graph.client import GraphClient
from .._graph.errors import GraphError, LimitError, TokenError
from .names import some_of
from .outcome import Outcome
from .plan import Rules
from .step import State, Step, Verdict, tasks_text

#: Times that a read-back is repeated while it does not show what was written: reads may be a few seconds behind.
STALE_READS = 3


def verify(client: GraphClient, outcomes: t.Sequence[Outcome], stop: GraphError | None, batch_size: int) -> None:
    """Hold what was written against a read-back, where the rules ask for that or nothing else can tell.

    `stop` is what stopped everything, if anything did. Accounts share the round trips.
    """
    readable: list[Outcome] = []
    for outcome in outcomes:
        outcome.after = outcome.apply_steps()
        if not _needs_read_back(outcome):
            continue
        limit = next((e for e in (stop, outcome.stop) if isinstance(e, (LimitError, TokenError))), None)
        if limit:  # another call would be refused, too
            outcome.unchecked = limit if outcome.target.rules.verify else None
        else:
            readable.append(outcome)
    lists = read_back(client, readable, batch_size)
    for outcome, found in zip(readable, lists):
        if found.error:
            outcome.unchecked = found.error
        else:
            _judge(outcome, found)


def read_back(client: GraphClient, outcomes: t.Sequence[Outcome], batch_size: int) -> list[UserList]:
    """Read the users concerned, again and again while a reading does not show what was written."""
    lists = {id(outcome): outcome.target.users.again() for outcome in outcomes}
    waiting = list(outcomes)
    for turn in range(STALE_READS + 1):
        wanted = {id(lists[id(outcome)]): _user_ids(outcome) for outcome in waiting if not outcome.target.read_all}
        read_users(client, [lists[id(outcome)] for outcome in waiting], all_read(wanted), batch_size)
        waiting = [outcome for outcome in waiting if not _is_settled(outcome, lists[id(outcome)])]
        if not waiting or turn == STALE_READS:
            break
        client.pause(turn)
        lists.update({id(outcome): outcome.target.users.again() for outcome in waiting})
    return [lists[id(outcome)] for outcome in outcomes]


def _needs_read_back(outcome: Outcome) -> bool:
    steps = _written_steps(outcome)
    wanted = outcome.target.rules.verify or outcome.needs_read_back
    return any(wanted or step.state is not State.DONE for step in steps)


def _written_steps(outcome: Outcome) -> list[Step]:
    return [step for step in outcome.steps if step.state is not State.REFUSED]


def _user_ids(outcome: Outcome) -> set[str]:
    return {step.change.user_id for step in _written_steps(outcome)}


def _is_settled(outcome: Outcome, found: UserList) -> bool:
    """Whether another reading would show nothing new."""
    users = found.users
    return found.error is not None or all(
        _shows(step, users.get(step.change.user_id)) for step in _written_steps(outcome)
    )


def _shows(step: Step, user: AssignedUser | None) -> bool:
    tasks = step.former_tasks if step.state is State.RESTORED else step.change.tasks
    if tasks is None or user is None:
        return tasks is None and user is None
    if user.tasks is None or is_exactly(tasks, user.tasks):
        return True
    # More than was asked for, and nothing that was to be removed: the API's own doing.
    return step.state is State.DONE and is_at_least(tasks, user.tasks) and not _still_held(step, user)


def _still_held(step: Step, user: AssignedUser) -> frozenset[str]:
    """The tasks that were to be removed, and that the user still holds."""
    return (user.tasks or frozenset()) & (step.former_tasks - (step.change.tasks or frozenset()))


def _judge(outcome: Outcome, found: UserList) -> None:
    steps = _written_steps(outcome)
    replaced = outcome.after if outcome.target.read_all else {step.change.user_id for step in steps}
    kept = {user_id: user for user_id, user in outcome.after.items() if user_id not in replaced}
    outcome.after = {**kept, **found.users}
    outcome.was_read_back = True
    for step in steps:
        _judge_step(step, found.users.get(step.change.user_id), outcome.target.rules, outcome.warnings)
    if outcome.target.rules.purge_users:
        known = {step.change.user_id for step in steps} | outcome.before.keys()
        new = some_of([user.label for user in found.users.values() if user.id not in known])
        if new:
            outcome.warnings.append(
                f"{new} had no access when the list was read, and has access now: it was granted by somebody else"
                " meanwhile, or that reading was behind. Run this again."
            )


def _judge_step(step: Step, user: AssignedUser | None, rules: Rules, warnings: list[str]) -> None:
    """Settle a step by how the user stands now."""
    step.seen = user
    tasks = step.change.tasks
    if step.state is State.RESTORED:
        step.verdict = Verdict.NOT_VISIBLE
    elif tasks is None or user is None:
        if user is None and tasks is None:
            step.confirm()
        else:
            step.verdict = Verdict.NOT_VISIBLE
    elif user.tasks is None:
        if step.state is State.UNCLEAR and step.change.before is not None:
            step.verdict = Verdict.UNDECIDED
        elif rules.unreadable_tasks == "fail":
            step.verdict = Verdict.TASKS_UNKNOWN
        else:
            step.confirm()
            warnings.append(
                f"The API does not report the tasks of {user.label}: that the user is assigned is taken as enough."
            )
    elif is_exactly(tasks, user.tasks):
        step.confirm()
    elif step.state is State.DONE and is_at_least(tasks, user.tasks):
        if _still_held(step, user):
            step.verdict = Verdict.STILL_HELD
            return
        step.confirm()
        warnings.append(
            f"{user.label} holds more than was asked for: {tasks_text(user.tasks - tasks)}."
            " The API gives these tasks along with others, or somebody else assigned them meanwhile."
        )
    else:
        step.verdict = Verdict.NOT_VISIBLE

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One planned change, its result, and the sentence about a failure."""

from __future__ import annotations

import dataclasses
import enum

from .._edges.assigned_users import Account, AssignedUser, Write
from .._edges.tasks import Tasks
from .._graph.errors import GraphError
from .._graph.text import printable
from .plan import Change


class State(enum.Enum):
    """The result of a step by the API's answers."""

    DONE = "done"  # the API confirmed it
    REFUSED = "refused"  # nothing was changed
    RESTORED = "restored"  # the user was removed to be assigned anew, and the former tasks assigned again
    REMOVED = "removed"  # the user was removed to be assigned anew, and not assigned again
    UNCLEAR = "unclear"  # unknown without a read-back


class Verdict(enum.Enum):
    """The result of a step by the read-back."""

    CONFIRMED = "confirmed"
    NOT_VISIBLE = "not visible"
    STILL_HELD = "still held"  # tasks that were to be removed
    TASKS_UNKNOWN = "tasks unknown"  # the API does not report them, and unreadable_tasks is fail
    UNDECIDED = "undecided"  # the API does not report the tasks of a user who was assigned before


@dataclasses.dataclass
class Reassignment:
    """The removal and new assignment of a user whose tasks the API refuses to change."""

    #: Why the user was not removed; empty after the removal.
    obstacle: str = ""
    #: The error of assigning the former tasks again.
    restoration: GraphError | None = None


@dataclasses.dataclass
class Step:
    """A change and its result."""

    account: Account
    change: Change
    state: State = State.DONE
    #: The last error, unless the change was made after all.
    error: GraphError | None = None
    #: Why the lock-out guard refuses this change.
    refusal: str = ""
    reassignment: Reassignment | None = None
    #: Whether this run made the change, rather than somebody else meanwhile.
    is_own: bool = True
    verdict: Verdict | None = None
    #: The user by the read-back. Only with a verdict.
    seen: AssignedUser | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the change was made: by the read-back, or without one by the API's answer."""
        if self.verdict is None:
            return self.state is State.DONE
        return self.verdict is Verdict.CONFIRMED

    @property
    def write(self) -> Write:
        """The call that makes the change."""
        return Write(self.account, self.change.user_id, self.change.tasks)

    @property
    def former_tasks(self) -> Tasks:
        """The tasks that the user held before; empty where they are unknown."""
        return (self.change.before.tasks if self.change.before else None) or frozenset()

    def confirm(self) -> None:
        """Record that the change was made."""
        self.state, self.verdict, self.error, self.reassignment = State.DONE, Verdict.CONFIRMED, None, None


def tasks_text(tasks: Tasks | None) -> str:
    """Return the tasks in alphabetical order, for messages and diffs."""
    if tasks is None:
        return "tasks that the API does not report"
    return ", ".join(printable(task) for task in sorted(tasks))


def explain(step: Step) -> str | None:
    """Return why a step failed, and the user's tasks now; `None` where it succeeded."""
    return None if step.succeeded else f"{_reason(step)} {_state_now(step)}".strip()


def _reason(step: Step) -> str:
    if step.refusal:
        return step.refusal
    if step.reassignment:
        return _reassignment_reason(step, step.reassignment)
    if step.error:
        return str(step.error)
    if step.verdict is Verdict.TASKS_UNKNOWN:
        label = (step.seen or step.change).label
        return f"{label} is assigned. The API does not report the tasks of {label}, and unreadable_tasks is fail."
    if step.verdict is Verdict.STILL_HELD:
        return (
            f"The API confirmed the request to {step.change.action}, and the read-back still shows tasks that were to"
            " be removed. An API that only adds tasks needs state absent first, and then state present."
        )
    return (
        f"The API confirmed the request to {step.change.action}, and the read-back does not show it: it was not"
        " carried out, or the read-back is behind. Run this again."
    )


def _reassignment_reason(step: Step, reassignment: Reassignment) -> str:
    text = (
        f"Could not change the tasks of {step.change.label} on WhatsApp Business Account {step.account.waba_id}:"
        " the API refuses to change the tasks of a user who is already assigned"
    )
    if reassignment.obstacle:
        unchanged = " Nothing was changed." if step.state is State.REFUSED else ""
        return f"{text}. {reassignment.obstacle}{unchanged}"
    text += f", so the user was removed to be assigned anew, and then: {step.error}"
    former = tasks_text(step.former_tasks)
    if reassignment.restoration:
        return f"{text} Assigning the former tasks ({former}) again failed as well: {reassignment.restoration.said}"
    if step.state is State.RESTORED:
        return f"{text} The former tasks ({former}) were assigned again."
    return f"{text} The former tasks were {former}."


def _state_now(step: Step) -> str:
    if step.verdict is Verdict.TASKS_UNKNOWN:
        return ""
    if step.verdict is not None and step.seen is not None:
        if step.verdict is Verdict.UNDECIDED:
            return f"The API does not report the tasks of {step.seen.label}: whether it was carried out is not known."
        return f"{step.seen.label} now holds {tasks_text(step.seen.tasks)}."
    if step.state is State.REMOVED:
        return (
            f"{step.change.label} has no access now. Run this again, for all of these tasks"
            f" ({tasks_text(step.change.tasks)}), as soon as it can work, or assign them by hand."
        )
    if step.verdict is not None:
        return f"{step.change.label} has no access now."
    return "Whether it was carried out is not known." if step.state is State.UNCLEAR else ""

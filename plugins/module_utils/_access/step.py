# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What happened to one planned change: a record of it, and the one function that makes a sentence of the record."""

from __future__ import annotations

import dataclasses
import enum

from .._edges.assigned_users import Account, AssignedUser, Write
from .._edges.tasks import Tasks
from .._graph.errors import GraphError
from .._graph.text import printable
from .plan import Change


class State(enum.Enum):
    """How a step stands, as far as the API's answers tell."""

    DONE = "done"  # the API confirmed it
    REFUSED = "refused"  # nothing was changed
    RESTORED = "restored"  # removed to be assigned anew, and the former tasks assigned again
    REMOVED = "removed"  # removed to be assigned anew, and not assigned again
    UNCLEAR = "unclear"  # only a read-back can tell


class Verdict(enum.Enum):
    """What the read-back says of a step."""

    CONFIRMED = "confirmed"
    NOT_VISIBLE = "not visible"
    STILL_HELD = "still held"  # tasks that were to be removed
    TASKS_UNKNOWN = "tasks unknown"  # the API does not report them, and unreadable_tasks is fail
    UNDECIDED = "undecided"  # the API does not report the tasks of a user who was assigned before


@dataclasses.dataclass
class Reassignment:
    """The removal and new assignment of a user whose tasks the API refuses to change. What failed is in the errors."""

    #: Why it was not begun; empty where it was.
    obstacle: str = ""
    removal: GraphError | None = None
    assignment: GraphError | None = None
    restoration: GraphError | None = None


@dataclasses.dataclass
class Step:
    """A change and how it went."""

    account: Account
    change: Change
    state: State = State.DONE
    #: The error that decided; `None` where none did.
    error: GraphError | None = None
    #: A refusal by the lock-out guard, which concerns this change alone.
    refusal: str = ""
    reassignment: Reassignment | None = None
    #: Whether the change, where it came about, was made here and not by somebody else meanwhile.
    is_own: bool = True
    verdict: Verdict | None = None
    #: The user as the read-back shows them. Only with a verdict.
    seen: AssignedUser | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the change came about, as far as was looked at."""
        if self.verdict is None:
            return self.state is State.DONE
        return self.verdict is Verdict.CONFIRMED

    @property
    def write(self) -> Write:
        """The call that makes the change."""
        return Write(self.account, self.change.user_id, self.change.tasks)

    @property
    def former_tasks(self) -> Tasks:
        """What the user held before; empty where nothing is known."""
        return (self.change.before.tasks if self.change.before else None) or frozenset()

    def confirm(self) -> None:
        """Note that the change came about after all."""
        self.state, self.verdict, self.error, self.reassignment = State.DONE, Verdict.CONFIRMED, None, None


def tasks_text(tasks: Tasks | None) -> str:
    """Tasks within a sentence or a diff, sorted."""
    if tasks is None:
        return "tasks that the API does not report"
    return ", ".join(printable(task) for task in sorted(tasks))


def explain(step: Step) -> str | None:
    """Say why a step did not come about, and how the user stands now; `None` where it came about."""
    if step.succeeded:
        return None
    parts = [_what_went_wrong(step), _how_it_stands(step)]
    return " ".join(part for part in parts if part)


def _what_went_wrong(step: Step) -> str:
    if step.refusal:
        return step.refusal
    if step.reassignment:
        return _reassignment_text(step, step.reassignment)
    if step.error:
        return str(step.error)
    label = step.seen.label if step.seen else step.change.label
    if step.verdict is Verdict.TASKS_UNKNOWN:
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


def _reassignment_text(step: Step, story: Reassignment) -> str:
    unchanged = " Nothing was changed." if step.state is State.REFUSED else ""
    text = (
        f"Could not change the tasks of {step.change.label} on WhatsApp Business Account {step.account.waba_id}:"
        " the API refuses to change the tasks of a user who is already assigned"
    )
    if story.obstacle or story.removal:
        return f"{text}. {story.obstacle or story.removal}{unchanged}"
    text += f", so the user was removed to be assigned anew, and then: {story.assignment}"
    former = tasks_text(step.former_tasks)
    if story.restoration:
        return f"{text} Assigning the former tasks ({former}) again failed as well: {story.restoration.said}"
    if step.state is State.RESTORED:
        return f"{text} The former tasks ({former}) were assigned again."
    return f"{text} The former tasks were {former}."


def _how_it_stands(step: Step) -> str:
    again = (
        f"Run this again, for all of these tasks ({tasks_text(step.change.tasks)}), as soon as it can work, or assign"
        " them by hand."
    )
    if step.verdict is Verdict.UNDECIDED:
        label = step.seen.label if step.seen else step.change.label
        return f"The API does not report the tasks of {label}: whether it was carried out is not known."
    if step.verdict is Verdict.TASKS_UNKNOWN:
        return ""
    if step.verdict is not None and step.seen is not None:
        return f"{step.seen.label} now holds {tasks_text(step.seen.tasks)}."
    if step.state is State.REMOVED:
        return f"{step.change.label} has no access now. {again}"
    if step.verdict is not None:
        return f"{step.change.label} has no access now."
    return "Whether it was carried out is not known." if step.state is State.UNCLEAR else ""

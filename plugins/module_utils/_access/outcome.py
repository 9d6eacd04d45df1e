# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a run on one account: the step of each change, the sentence about a failure, and what tasks return."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .._edges.assigned_users import Account, AssignedUser, Write
from .._edges.tasks import Tasks, is_exactly
from .._graph.errors import GraphError
from .._graph.values import by_id, printable
from .names import some_of
from .plan import Change, Plan, Target, apply_changes

#: Failed changes that a message explains one by one; the others are in the result's lists.
MAX_EXPLAINED = 10

Json = dict[str, t.Any]


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
class Step:
    account: Account
    change: Change
    state: State = State.DONE
    #: The last error, unless the change was made after all.
    error: GraphError | None = None
    #: Why the lock-out guard refuses this change.
    refusal: str = ""
    #: Where the API refuses to change tasks: why the user was not removed to be assigned anew; empty after the removal.
    obstacle: str | None = None
    #: The error of assigning the former tasks again.
    restoration: GraphError | None = None
    #: Whether this run made the change, and not another run or person meanwhile.
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
        return Write(self.account, self.change.user_id, self.change.tasks)

    @property
    def former_tasks(self) -> Tasks:
        """The tasks that the user held before; empty where they are unknown."""
        return (self.change.before.tasks if self.change.before else None) or frozenset()

    def confirm(self) -> None:
        self.state, self.verdict, self.error, self.obstacle = State.DONE, Verdict.CONFIRMED, None, None


@dataclasses.dataclass
class Outcome:
    """The users of one account before and after a run, and its steps. In check mode all planned steps are done."""

    target: Target
    plan: Plan
    before: dict[str, AssignedUser]
    #: The users by the read-back, or else by the API's answers.
    after: dict[str, AssignedUser]
    warnings: list[str] = dataclasses.field(default_factory=list)
    #: Why the account could not be read; then nothing was written there.
    error: GraphError | None = None
    #: Why people whose access is revoked may still have some there.
    uncertainty: str = ""
    steps: list[Step] = dataclasses.field(default_factory=list)
    #: Planned changes that were not attempted, after an error or because of the lock-out guard.
    not_attempted: list[Change] = dataclasses.field(default_factory=list)
    #: Why not, unless the failed steps say it.
    why_not_attempted: str = ""
    #: The error after which this account gets no further calls.
    stop: GraphError | None = None
    #: Whether `after` is from a read-back.
    was_read_back: bool = False
    #: Whether a read-back is needed although the rules do not ask for it.
    needs_read_back: bool = False
    #: Why the steps could not be verified.
    unchecked: GraphError | None = None

    @property
    def account(self) -> Account:
        return self.target.account

    @property
    def changed(self) -> bool:
        return any(self.has_changed(step) for step in self.steps)

    @property
    def written_steps(self) -> list[Step]:
        """The steps that may have changed something."""
        return [step for step in self.steps if step.state is not State.REFUSED]

    @property
    def failed_steps(self) -> list[Step]:
        return [step for step in self.steps if not step.succeeded]

    def has_changed(self, step: Step) -> bool:
        """Whether this step changed the user's tasks. Where those before and after are known, they are compared."""
        before, after = self.before.get(step.change.user_id), self.after.get(step.change.user_id)
        is_known = all(user is None or user.tasks is not None for user in (before, after))
        if self.was_read_back and is_known:
            return step.is_own and (before and before.tasks) != (after and after.tasks)
        return step.state is State.REMOVED or (step.is_own and step.state is State.DONE)

    def apply_steps(self, *, with_unclear: bool = False) -> dict[str, AssignedUser]:
        """Return the users after the steps that the API confirmed; `with_unclear`, also after unclear ones."""
        states = {State.DONE, State.REMOVED, *([State.UNCLEAR] if with_unclear else [])}
        changes = [
            dataclasses.replace(step.change, tasks=None) if step.state is State.REMOVED else step.change
            for step in self.steps
            if step.state in states
        ]
        return apply_changes(changes, self.before)

    def failure(self) -> Json:
        """Return `failed`, `msg` and `graph_error` of a task's result; empty where every step succeeded."""
        if self.error:
            return {"failed": True, **self.error.as_failure()}
        failed = self.failed_steps
        text = [explain(step) or "" for step in failed[:MAX_EXPLAINED]]
        if self.uncertainty:
            text.append(self.uncertainty)
        if len(failed) > MAX_EXPLAINED:
            text.append(f"{len(failed) - MAX_EXPLAINED} others failed as well: see failed_users.")
        if self.unchecked:
            done = [step.change.action for step in self.steps if step.state is State.DONE]
            if done:
                text.append(f"Done, but not verified: {some_of(done)}.")
            if not any(step.error is self.unchecked for step in failed):
                text.append(str(self.unchecked))
        if self.not_attempted:
            names = some_of([f"{change.operation} {change.label}" for change in self.not_attempted])
            text.append(f"Not attempted: {names}. {self.why_not_attempted}".rstrip())
        error = next((step.error for step in failed if step.error), self.unchecked or self.stop)
        return {"failed": True, "msg": " ".join(text), "graph_error": error and error.as_result()} if text else {}

    def lists(self) -> dict[str, list[Json]]:
        """Return the changes by result: `added`, `updated`, `removed`, `failed_users` and `not_attempted`."""
        done = [step.change for step in self.steps if step.succeeded and self.has_changed(step)]
        return {
            **{
                name: [self._entry(change) for change in done if change.operation == operation]
                for name, operation in (("added", "add"), ("updated", "update"), ("removed", "remove"))
            },
            "failed_users": [
                {
                    "id": step.change.user_id,
                    "operation": step.change.operation,
                    "msg": explain(step),
                    "graph_error": step.error.as_result() if step.error else None,
                }
                for step in self.failed_steps
            ],
            "not_attempted": [{"id": change.user_id, "operation": change.operation} for change in self.not_attempted],
        }

    def result(self) -> Json:
        """Return the account for `accounts` of a task's result."""
        failure = self.failure()
        return {
            "waba_id": self.account.waba_id,
            "name": self.account.name,
            "business_id": self.account.business_id,
            "changed": self.changed,
            **self.lists(),
            "msg": failure.get("msg"),
            "graph_error": failure.get("graph_error"),
        }

    def diff(self, user_ids: t.Container[str] | None = None) -> dict[str, str]:
        """Return these users, or all, before and after, a line each.

        A run and check mode return the same, so the name of a user who was not assigned before is not in it.
        """
        header = f"assigned users of WhatsApp Business Account {self.account.label}"
        labels = {user_id: user.label for user_id, user in self.before.items()}
        labels.update({change.user_id: change.label for change in self.plan.changes})
        ended = {change.user_id: change.ended for change in self.plan.changes}
        done = {step.change.user_id: step.change for step in self.steps if step.state is State.DONE}
        before = {user_id: tasks_text(user.tasks) + ended.get(user_id, "") for user_id, user in self.before.items()}
        after = {
            user_id: tasks_text(_as_desired(user.tasks, done.get(user_id))) for user_id, user in self.after.items()
        }

        def lines(tasks: t.Mapping[str, str]) -> str:
            chosen = sorted(user_id for user_id in tasks if user_ids is None or user_id in user_ids)
            return "".join(f"{labels.get(user_id, user_id)}: {tasks[user_id]}\n" for user_id in chosen)

        return {"before_header": header, "after_header": header, "before": lines(before), "after": lines(after)}

    def _entry(self, change: Change) -> Json:
        entry: Json = {"id": change.user_id}
        if change.before:
            entry.update(name=change.before.name, previous_tasks=_sorted(change.before.tasks))
        if change.tasks is not None:
            user = self.after.get(change.user_id)
            entry["tasks"] = _sorted(_as_desired(user.tasks if user else None, change))
        return entry


def planned_changes(outcomes: t.Iterable[Outcome]) -> list[Json]:
    """Return the changes of all accounts for `plan` of a task's result, by account and user."""
    changes = [
        {
            "waba_id": outcome.account.waba_id,
            "user_id": change.user_id,
            "name": (change.before.name if change.before else None) or change.name,
            "operation": change.operation,
            "tasks": _sorted(change.tasks),
            "previous_tasks": _sorted(change.before.tasks if change.before else None),
            "valid_until": change.end.text if change.end else None,
            "reason": change.reason,
        }
        for outcome in outcomes
        for change in outcome.plan.changes
    ]
    return sorted(changes, key=lambda change: (by_id(change["waba_id"]), by_id(change["user_id"])))


def _as_desired(held: Tasks | None, change: Change | None) -> Tasks | None:
    """Return the tasks of the change where those held are unknown, or another form of full control."""
    if change is None or change.tasks is None:
        return held
    return change.tasks if held is None or is_exactly(change.tasks, held) else held


def _sorted(tasks: Tasks | None) -> list[str] | None:
    return None if tasks is None else sorted(tasks)


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
    if step.obstacle is not None:
        return _reassignment_reason(step, step.obstacle)
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


def _reassignment_reason(step: Step, obstacle: str) -> str:
    text = (
        f"Could not change the tasks of {step.change.label} on WhatsApp Business Account {step.account.waba_id}:"
        " the API refuses to change the tasks of a user who is already assigned"
    )
    if obstacle:
        unchanged = " Nothing was changed." if step.state is State.REFUSED else ""
        return f"{text}. {obstacle}{unchanged}"
    text += f", so the user was removed to be assigned anew, and then: {step.error}"
    former = tasks_text(step.former_tasks)
    if step.restoration:
        return f"{text} Assigning the former tasks ({former}) again failed as well: {step.restoration.said}"
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

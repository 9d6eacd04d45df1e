# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What a run did to one account, or in check mode would do, and how a task returns it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import Account, AssignedUser
from .._edges.tasks import Tasks, is_exactly
from .._graph.errors import GraphError
from .._graph.values import by_id
from .names import some_of
from .plan import Change, Plan, Target, apply_changes
from .step import State, Step, explain, tasks_text

#: Failed changes that a message explains one by one; the others are in the result's lists.
MAX_EXPLAINED = 10

Json = dict[str, t.Any]


@dataclasses.dataclass
class Outcome:
    """The users of one account before and after, and what was done. In check mode: what would be done."""

    target: Target
    plan: Plan
    before: dict[str, AssignedUser]
    #: The users as the read-back, or else the API's answers, have them.
    after: dict[str, AssignedUser]
    warnings: list[str] = dataclasses.field(default_factory=list)
    #: Why the account could not be read; then nothing was done there.
    error: GraphError | None = None
    #: Why it is not certain that nothing is left to do there; empty where it is.
    uncertainty: str = ""
    steps: list[Step] = dataclasses.field(default_factory=list)
    #: Planned changes that were not attempted: something stopped them, or they would have locked people out.
    not_attempted: list[Change] = dataclasses.field(default_factory=list)
    #: Why not, where the failed steps do not say it.
    why_not_attempted: str = ""
    #: What stops every further call for this account.
    stop: GraphError | None = None
    #: Whether `after` was read from the API; else it is what the plan and the API's answers say.
    was_read_back: bool = False
    #: Whether a read-back is needed although the rules do not ask for it.
    needs_read_back: bool = False
    #: Why what was done could not be checked.
    unchecked: GraphError | None = None

    @property
    def account(self) -> Account:
        """The account."""
        return self.target.account

    @property
    def changed(self) -> bool:
        """Whether anything on the account is different because of this run."""
        return any(self.has_changed(step) for step in self.steps)

    @property
    def failed(self) -> bool:
        """Whether anything that was to be done was not, or is not certain."""
        return bool(self.failure())

    @property
    def written_steps(self) -> list[Step]:
        """The steps that may have changed something."""
        return [step for step in self.steps if step.state is not State.REFUSED]

    @property
    def failed_steps(self) -> list[Step]:
        """The steps that did not come about."""
        return [step for step in self.steps if not step.succeeded]

    def has_changed(self, step: Step) -> bool:
        """Whether this step made a difference: where both states are known, they are compared."""
        before, after = self.before.get(step.change.user_id), self.after.get(step.change.user_id)
        if self.was_read_back and _is_readable(before) and _is_readable(after):
            return step.is_own and _tasks(before) != _tasks(after)
        return step.state is State.REMOVED or (step.is_own and step.state is State.DONE)

    def apply_steps(self, *, with_unclear: bool = False) -> dict[str, AssignedUser]:
        """The users as the API's answers have them; `with_unclear`: as if every unclear step had come about."""
        states = {State.DONE, State.REMOVED, *([State.UNCLEAR] if with_unclear else [])}
        changes = [
            dataclasses.replace(step.change, tasks=None) if step.state is State.REMOVED else step.change
            for step in self.steps
            if step.state in states
        ]
        return apply_changes(changes, self.before)

    def failure(self) -> Json:
        """`failed`, `msg` and `graph_error` of a task's result; empty where everything came about."""
        if self.error:
            return {"failed": True, "msg": str(self.error), "graph_error": self.error.as_result()}
        failed = self.failed_steps
        text = [explain(step) or "" for step in failed[:MAX_EXPLAINED]]
        text += [self.uncertainty] if self.uncertainty else []
        if len(failed) > MAX_EXPLAINED:
            text.append(f"{len(failed) - MAX_EXPLAINED} others failed as well: see failed_users.")
        if self.unchecked:
            done = [step.change.action for step in self.steps if step.state is State.DONE]
            text += [f"Done, but not checked: {some_of(done)}."] if done else []
            text += [] if any(step.error is self.unchecked for step in failed) else [str(self.unchecked)]
        if self.not_attempted:
            names = some_of([f"{change.operation} {change.label}" for change in self.not_attempted])
            text.append(" ".join(filter(None, (f"Not attempted: {names}.", self.why_not_attempted))))
        error = next((step.error for step in failed if step.error), self.unchecked or self.stop)
        return {"failed": True, "msg": " ".join(text), "graph_error": error and error.as_result()} if text else {}

    def lists(self) -> dict[str, list[Json]]:
        """`added`, `updated`, `removed`, `failed_users` and `not_attempted`: users by id.

        As the diff, they hold nothing that only a run could know.
        """
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
        """The account as `accounts` has it in a task's result."""
        account = self.account
        failure = self.failure()
        return {
            "waba_id": account.waba_id,
            "name": account.name,
            "business_id": account.business_id,
            "changed": self.changed,
            **self.lists(),
            "msg": failure.get("msg"),
            "graph_error": failure.get("graph_error"),
        }

    def planned(self) -> list[Json]:
        """The account's changes as `plan` has them in a task's result."""
        return [
            {
                "waba_id": self.account.waba_id,
                "user_id": change.user_id,
                "name": (change.before.name if change.before else None) or change.name,
                "operation": change.operation,
                "tasks": _sorted(change.tasks),
                "previous_tasks": _sorted(_tasks(change.before)),
                "valid_until": change.end.text if change.end else None,
                "reason": change.reason,
            }
            for change in self.plan.changes
        ]

    def diff(self, user_ids: t.Container[str] | None = None) -> dict[str, str]:
        """These users, or all, before and after, a line each.

        A run and its preview show the same: nothing is in it that only a run could know, such as the name of a user who
        was not assigned before.
        """
        header = f"assigned users of WhatsApp Business Account {self.account.label}"
        names = {change.user_id: change.label for change in self.plan.changes}
        changes = {step.change.user_id: step.change for step in self.steps if step.state is State.DONE}
        ended = {change.user_id: change.ended for change in self.plan.changes}

        def text(
            users: t.Mapping[str, AssignedUser], changes: t.Mapping[str, Change], ended: t.Mapping[str, str]
        ) -> str:
            chosen = sorted(user_id for user_id in users if user_ids is None or user_id in user_ids)
            return "".join(
                f"{names.get(user_id) or (self.before.get(user_id) or AssignedUser(user_id)).label}:"
                f" {tasks_text(_as_desired(users[user_id].tasks, changes.get(user_id)))}{ended.get(user_id, '')}\n"
                for user_id in chosen
            )

        before, after = text(self.before, {}, ended), text(self.after, changes, {})
        return {"before_header": header, "after_header": header, "before": before, "after": after}

    def _entry(self, change: Change) -> Json:
        entry: Json = {"id": change.user_id}
        if change.before:
            entry["name"] = change.before.name
        if change.tasks is not None:
            entry["tasks"] = _sorted(_as_desired(_tasks(self.after.get(change.user_id)), change))
        if change.before:
            entry["previous_tasks"] = _sorted(change.before.tasks)
        return entry


def planned_changes(outcomes: t.Iterable[Outcome]) -> list[Json]:
    """The changes of all accounts as `plan` has them in a task's result, by account and user."""
    changes = [change for outcome in outcomes for change in outcome.planned()]
    return sorted(changes, key=lambda change: (by_id(change["waba_id"]), by_id(change["user_id"])))


def _is_readable(user: AssignedUser | None) -> bool:
    return user is None or user.tasks is not None


def _tasks(user: AssignedUser | None) -> Tasks | None:
    return None if user is None else user.tasks


def _as_desired(held: Tasks | None, change: Change | None) -> Tasks | None:
    """A user's tasks in the words of the change, where they are unknown or FULL_CONTROL reads otherwise."""
    if change is None or change.tasks is None:
        return held
    return change.tasks if held is None or is_exactly(change.tasks, held) else held


def _sorted(tasks: Tasks | None) -> list[str] | None:
    return None if tasks is None else sorted(tasks)

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on an account: a pure function of the desired and the observed state."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime

from .._edges.assigned_users import Account, AssignedUser, UserList, Users
from .._edges.tasks import Tasks, admin_tasks, can_manage, has_full_control, is_at_least, is_exactly
from .end import End
from .names import some_of


class RefusedError(Exception):
    """A rule, the lock-out guard or the approved plan forbids the plan. Nothing was written anywhere."""

    def __init__(self, text: str, result: dict[str, t.Any] | None = None) -> None:
        super().__init__(text)
        #: What the task returns beside the message.
        self.result = result or {}


@dataclasses.dataclass(frozen=True)
class Desired:
    """The desired state of one user: assigned with these tasks, or, where they are `None`, not assigned."""

    user_id: str
    tasks: Tasks | None
    #: What the declaration calls the person, by name or address; `None` where it gives the id alone.
    name: str | None = None
    #: Whether a refusal by the lock-out guard concerns this user alone, and does not stop everything.
    is_urgent: bool = False
    end: End | None = None
    reason: str | None = None

    @classmethod
    def until(cls, end: End | None, now: datetime, user_id: str, tasks: Tasks | None, **more: t.Any) -> Desired:
        """The desired state of one user whose access ends: from then on, not assigned."""
        has_ended = tasks is not None and end is not None and end.has_passed(now)
        # Of a user who is to be absent anyway, no end is left to tell.
        end = None if tasks is None else end
        return cls(user_id, None if has_ended else tasks, is_urgent=has_ended, end=end, **more)

    @property
    def has_ended(self) -> bool:
        """Whether the user was to be assigned, and the end has passed."""
        return self.tasks is None and self.end is not None


@dataclasses.dataclass(frozen=True)
class Rules:
    """How the desired state is to be read and what may be done for it. Named as the options are."""

    purge_tasks: bool = True
    unreadable_tasks: str = "warn"
    allow_lockout: bool = False
    verify: bool = True
    purge_users: bool = False
    keep_users: frozenset[str] = frozenset()
    #: More removals than this from the account are refused; `None` for any number.
    max_removals: int | None = None

    @classmethod
    def from_options(cls, params: t.Mapping[str, t.Any]) -> Rules:
        """The rules that a module's options give; those that it does not have are as they are by default."""
        return cls(**{field.name: params[field.name] for field in dataclasses.fields(cls) if field.name in params})


@dataclasses.dataclass(frozen=True)
class Target:
    """One account with its desired state. With `read_all`, all users are read; else no more than is needed."""

    users: UserList
    desired: tuple[Desired, ...]
    rules: Rules = Rules()
    read_all: bool = True

    @property
    def account(self) -> Account:
        return self.users.account


@dataclasses.dataclass(frozen=True)
class Change(Desired):
    """One user's change to the desired state: an addition has no `before`, a removal has no `tasks`."""

    before: AssignedUser | None = None

    @property
    def operation(self) -> str:
        if self.before is None:
            return "add"
        return "remove" if self.tasks is None else "update"

    @property
    def label(self) -> str:
        """The user's id, and the name by which the account or else the declaration knows the person."""
        if self.before and self.before.name:
            return self.before.label
        return f"{self.user_id} ({self.name})" if self.name else self.user_id

    @property
    def action(self) -> str:
        """What is done, to be read after "to"."""
        if self.tasks is None:
            return f"remove {self.label}"
        return f"assign {', '.join(sorted(self.tasks))} to {self.label}"

    @property
    def ended(self) -> str:
        """A remark on the end that has passed; empty where none has."""
        return f" (ended {self.end.text})" if self.end and self.tasks is None else ""

    @property
    def after(self) -> AssignedUser | None:
        """The user afterwards, as far as that can be known beforehand."""
        if self.tasks is None:
            return None
        return dataclasses.replace(self.before or AssignedUser(self.user_id), tasks=self.tasks)

    @property
    def lost_admin_tasks(self) -> Tasks:
        """The admin tasks that the user loses; all that they may lose where their tasks are unknown."""
        if self.before is None or (self.tasks is not None and has_full_control(self.tasks)):
            return frozenset()
        held = admin_tasks(frozenset({"FULL_CONTROL"}) if self.before.tasks is None else self.before.tasks)
        return held - (self.tasks or frozenset())

    @property
    def takes_management(self) -> bool:
        """Whether the user can no longer manage the account afterwards, or may not where their tasks are unknown."""
        before = self.before
        could = before is not None and (before.tasks is None or can_manage(before.tasks))
        return could and not can_manage(self.tasks)

    @property
    def takes_access(self) -> bool:
        """Whether the user is removed or loses an admin task."""
        return self.operation == "remove" or bool(self.lost_admin_tasks)

    @property
    def is_made_late(self) -> bool:
        """Whether it waits until whatever grants is done, on all accounts."""
        return self.operation == "remove" or self.takes_management


@dataclasses.dataclass(frozen=True)
class Plan:
    """The changes of one account, in order, and what people should know about them."""

    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    #: Why the desired state cannot be reached under the rules; nothing may be written anywhere while there is a reason.
    refusals: tuple[str, ...] = ()
    #: Urgent changes that the lock-out guard took out of the plan.
    withheld: tuple[Change, ...] = ()
    #: Why the lock-out guard refuses the changes that it took out, or else the whole plan.
    lockouts: tuple[str, ...] = ()

    @property
    def removals(self) -> list[Change]:
        return [change for change in self.changes if change.operation == "remove"]

    def without(self, changes: t.Collection[Change]) -> Plan:
        return dataclasses.replace(self, changes=tuple(change for change in self.changes if change not in changes))


def make_plan(target: Target) -> Plan:
    """Return the changes that bring an account to its desired state.

    Additions come first and removals last, so that work never lacks people; changes that take the management of the
    account from a user come after those that grant it to others. With `purge_users`, all users have to be read.
    """
    changes: list[Change] = []
    warnings: list[str] = []
    refusals: list[str] = []
    rules = target.rules
    observed = target.users.users
    for desired in target.desired:
        user = observed.get(desired.user_id)
        if user is not None and user.tasks is None and desired.tasks is not None:
            problem = _unreadable(user, rules)
            if problem:
                (warnings if rules.unreadable_tasks == "warn" else refusals).append(problem)
                continue
        change = change_of(desired, user, rules)
        changes += [change] if change else []
    if rules.purge_users and not purges(rules, target.desired):
        warnings.append("The account was not purged, for the access of all its declared users has ended.")
    elif rules.purge_users:
        staying = {desired.user_id for desired in target.desired} | rules.keep_users
        changes += [Change(user.id, None, before=user) for user in observed.values() if user.id not in staying]
    assigns = any(change.tasks is not None for change in changes)
    if assigns and rules.unreadable_tasks == "fail" and not target.users.reports_tasks:
        refusals.append("The API does not report anybody's tasks, and unreadable_tasks is fail.")
    removals = sorted(change.label for change in changes if change.operation == "remove")
    refusals += too_many_removals(removals, rules.max_removals)
    order = ("add", "update", "remove")
    changes.sort(key=lambda change: (order.index(change.operation), change.is_made_late, change.user_id))
    return Plan(tuple(changes), tuple(warnings), tuple(refusals))


def purges(rules: Rules, desired: t.Collection[Desired]) -> bool:
    """Whether undeclared users are removed: not where the access of all declared users has ended."""
    stays = rules.allow_lockout or rules.keep_users or any(one.tasks is not None for one in desired)
    return rules.purge_users and bool(stays)


def too_many_removals(removals: t.Sequence[str], most: int | None) -> list[str]:
    """A sentence where more users would be removed than may be; `most` is `None` for any number."""
    if most is None or len(removals) <= most:
        return []
    return [f"{len(removals)} users would be removed ({some_of(removals)}), and max_removals is {most}."]


def apply_changes(changes: t.Iterable[Change], users: Users) -> dict[str, AssignedUser]:
    """The users as these changes leave them."""
    result = dict(users)
    for change in changes:
        after = change.after
        if after is None:
            result.pop(change.user_id, None)
        else:
            result[change.user_id] = after
    return result


def change_of(desired: Desired, user: AssignedUser | None, rules: Rules) -> Change | None:
    """Return the change that brings one user to the desired state; `None` where there is nothing to change."""
    tasks = desired.tasks
    if user is None and tasks is None:
        return None
    if tasks is not None and user is not None and user.tasks is not None:
        enough = is_exactly if rules.purge_tasks else is_at_least
        if enough(tasks, user.tasks):
            return None
        tasks = tasks if rules.purge_tasks else tasks | user.tasks
    return Change(**{**vars(desired), "tasks": tasks}, before=user)


def _unreadable(user: AssignedUser, rules: Rules) -> str:
    """Return why the tasks of an assigned user whose tasks are unknown are not written; empty where they are."""
    unknown = f"The API does not report the tasks of {user.label}"
    if rules.unreadable_tasks == "warn":
        advice = "Set unreadable_tasks to apply to write the tasks every time, or to fail."
        return f"{unknown}: the user is assigned, and that is taken as enough. {advice}"
    if rules.unreadable_tasks == "fail":
        return f"{unknown}, and unreadable_tasks is fail."
    advice = "Give the whole list of tasks with purge_tasks set to true."
    return "" if rules.purge_tasks else f"{unknown}: adding to them could remove others. {advice}"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What has to change on an account, and whether it may: pure functions of what is wanted and what was read."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import FULL_CONTROL, MANAGE, MANAGE_USERS, TASKS, AssignedUser

#: Whoever loses one of these may be unable to get it back by themselves.
KEYS_TO_THE_HOUSE = frozenset({MANAGE, MANAGE_USERS, FULL_CONTROL})

_ALL_BUT_FULL_CONTROL = frozenset(TASKS) - {FULL_CONTROL}

Users = t.Mapping[str, AssignedUser]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """How one person shall stand: with these tasks, or, where they are `None`, not assigned at all."""

    user_id: str
    tasks: frozenset[str] | None


@dataclasses.dataclass(frozen=True)
class Rules:
    """How wishes are to be read and what may be done for them. Named as the options are."""

    purge_tasks: bool = True
    unreadable_tasks: str = "warn"
    allow_lockout: bool = False
    verify: bool = True
    purge_users: bool = False
    keep_users: frozenset[str] = frozenset()
    #: More removals than this are refused; `None` for any number.
    max_removals: int | None = None
    #: Changes a round trip, 1 for a plain call each.
    batch_size: int = 1

    @classmethod
    def from_options(cls, params: t.Mapping[str, t.Any]) -> Rules:
        """The rules that a module's options give; those it does not have are as they are by default."""
        return cls(**{field.name: params[field.name] for field in dataclasses.fields(cls) if field.name in params})


@dataclasses.dataclass(frozen=True)
class Change:
    """One person's change: an addition has no `before`, a removal has no `tasks`."""

    user_id: str
    before: AssignedUser | None
    #: What the person shall hold afterwards.
    tasks: frozenset[str] | None

    @property
    def operation(self) -> str:
        """`add`, `update` or `remove`."""
        if self.before is None:
            return "add"
        return "remove" if self.tasks is None else "update"

    @property
    def label(self) -> str:
        """The person's id and, where it was read, name."""
        return self.before.label if self.before else self.user_id

    @property
    def deed(self) -> str:
        """What is done, to be read after "to"."""
        if self.tasks is None:
            return f"remove {self.label}"
        return f"assign {', '.join(sorted(self.tasks))} to {self.label}"

    @property
    def after(self) -> AssignedUser | None:
        """The person as they will be, as far as that can be known beforehand."""
        if self.tasks is None:
            return None
        return dataclasses.replace(self.before or AssignedUser(self.user_id), tasks=self.tasks)

    @property
    def may_take(self) -> frozenset[str]:
        """The keys to the house that the person loses, or may lose where their tasks cannot be read."""
        if self.before is None or (self.tasks is not None and FULL_CONTROL in self.tasks):
            return frozenset()
        held = KEYS_TO_THE_HOUSE if self.before.tasks is None else self.before.tasks & KEYS_TO_THE_HOUSE
        return held - (self.tasks or frozenset())


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be done, in order, and what people should know about it."""

    changes: list[Change]
    warnings: list[str]
    #: Wishes that cannot be granted under the rules; nothing may be written while there is one.
    refusals: list[str]

    @property
    def takes_access(self) -> bool:
        """Whether it removes somebody, or takes a key to the house from somebody."""
        return any(change.operation == "remove" or change.may_take for change in self.changes)


def some_of(names: list[str]) -> str:
    """The first few names, and how many others there are."""
    return ", ".join(names[:10]) + (f" and {len(names) - 10} others" if len(names) > 10 else "")


def has_full_control(tasks: frozenset[str]) -> bool:
    """Whether these tasks amount to full control: by name, or unpacked into everything there is besides it."""
    return FULL_CONTROL in tasks or tasks >= _ALL_BUT_FULL_CONTROL


def is_exactly(wanted: frozenset[str], held: frozenset[str]) -> bool:
    """Whether a person holds what is wanted and no more. Beside FULL_CONTROL nothing else counts."""
    return has_full_control(held) if FULL_CONTROL in wanted else wanted == held


def is_at_least(wanted: frozenset[str], held: frozenset[str]) -> bool:
    """Whether a person holds what is wanted, and perhaps more."""
    return has_full_control(held) or (FULL_CONTROL not in wanted and wanted <= held)


def manages(user: AssignedUser | None) -> bool:
    """Whether a person is known to be able to manage the account."""
    return user is not None and user.tasks is not None and bool(user.tasks & {MANAGE, FULL_CONTROL})


def make_plan(wanted: t.Sequence[Wanted], observed: Users, rules: Rules) -> Plan:
    """Compare each wish with what was read. Additions come first, removals last: work never lacks people.

    Changes that take the management of the account from somebody come after those that give it to others.

    With `purge_users`, `observed` has to be everybody.
    """
    plan = Plan([], [], [])
    for wish in wanted:
        _plan_one(wish, observed.get(wish.user_id), rules, plan)
    if rules.purge_users:
        _plan_purge(wanted, observed, rules, plan)
    removals = [change for change in plan.changes if change.operation == "remove"]
    if rules.max_removals is not None and len(removals) > rules.max_removals:
        names = some_of(sorted(change.label for change in removals))
        plan.refusals.append(
            f"{len(removals)} people would be removed ({names}), and max_removals is {rules.max_removals}."
        )
    order = ("add", "update", "remove")
    plan.changes.sort(
        key=lambda c: (order.index(c.operation), c.operation == "update" and may_lose_management(c), c.user_id)
    )
    return plan


def after_plan(plan: Plan, observed: Users) -> dict[str, AssignedUser]:
    """The people as the plan leaves them."""
    people = dict(observed)
    for change in plan.changes:
        after = change.after
        if after is None:
            people.pop(change.user_id, None)
        else:
            people[change.user_id] = after
    return people


def lacks_cover(plan: Plan, observed: Users) -> bool:
    """Whether, of those read so far, the plan takes management from somebody and leaves nobody known to have it."""
    takes = any(may_lose_management(change) for change in plan.changes)
    return takes and not any(manages(user) for user in after_plan(plan, observed).values())


def locks_out(plan: Plan, before: Users, now: Users) -> bool:
    """Whether what the plan takes would leave nobody known to manage, as far as the rest of it has come: `now`."""
    takers = Plan([change for change in plan.changes if may_lose_management(change)], [], [])
    return any(map(manages, before.values())) and not any(map(manages, after_plan(takers, now).values()))


def lockout_refusals(plan: Plan, observed: Users, own_user_id: str | None) -> list[str]:
    """Why the plan would lock people out: a sentence for each reason, none where it is safe.

    `own_user_id` is the user of the access token, `None` where it could not be found out.
    """
    refusals = []
    for change in plan.changes:
        if change.user_id != own_user_id:
            continue
        if change.operation == "remove":
            refusals.append(f"{change.label} is the access token's own user: removing them would end this access.")
        elif change.may_take:
            taken = ", ".join(sorted(change.may_take))
            refusals.append(f"{change.label} is the access token's own user and would lose {taken}.")
    people_after = after_plan(plan, observed).values()
    if any(manages(user) for user in observed.values()) and not any(manages(user) for user in people_after):
        names = ", ".join(change.label for change in plan.changes if manages(change.before))
        refusals.append(
            "Nobody with MANAGE or FULL_CONTROL would be left, as far as the API tells:"
            f" {names} would be the last to lose it."
        )
    return refusals


def may_lose_management(change: Change) -> bool:
    """Whether it takes the management of the account from a person, or may where their tasks cannot be read."""
    before = change.before
    return before is not None and (manages(before) or before.tasks is None) and not manages(change.after)


def _plan_one(wish: Wanted, user: AssignedUser | None, rules: Rules, plan: Plan) -> None:
    if wish.tasks is None:
        if user is not None:
            plan.changes.append(Change(wish.user_id, user, None))
        return
    if user is None:
        plan.changes.append(Change(wish.user_id, None, wish.tasks))
        return
    if user.tasks is None:
        _plan_unreadable(wish.tasks, user, rules, plan)
        return
    enough = is_exactly if rules.purge_tasks else is_at_least
    if not enough(wish.tasks, user.tasks):
        target = wish.tasks if rules.purge_tasks else wish.tasks | user.tasks
        plan.changes.append(Change(wish.user_id, user, target))


def _plan_purge(wanted: t.Sequence[Wanted], observed: Users, rules: Rules, plan: Plan) -> None:
    """Everybody goes who is not named, nor kept."""
    staying = {wish.user_id for wish in wanted} | rules.keep_users
    plan.changes.extend(Change(user.id, user, None) for user in observed.values() if user.id not in staying)


def _plan_unreadable(tasks: frozenset[str], user: AssignedUser, rules: Rules, plan: Plan) -> None:
    """A person who is assigned while the API does not tell their tasks."""
    if rules.unreadable_tasks == "warn":
        plan.warnings.append(
            f"The API does not tell the tasks of {user.label}: they are assigned, and that is taken as enough."
            " Set unreadable_tasks to apply to write the tasks every time, or to fail."
        )
    elif rules.unreadable_tasks == "fail":
        plan.refusals.append(f"The API does not tell the tasks of {user.label}, and unreadable_tasks is fail.")
    elif not rules.purge_tasks:
        plan.refusals.append(
            f"The API does not tell the tasks of {user.label}: adding to them could take others away."
            " Give the whole list of tasks with purge_tasks set to true."
        )
    else:
        plan.changes.append(Change(user.id, user, tasks))

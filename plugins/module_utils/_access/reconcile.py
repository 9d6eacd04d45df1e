# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Brings an account's people to what is wanted: read, plan, guard, write, read back."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import (
    AssignedUser,
    AssignedUsers,
    UsersPage,
    hidden_people,
    is_already_assigned,
    is_not_assigned,
)
from .._graph.errors import STOPS_EVERYTHING, GraphError, LimitError, TokenError, printable
from .plan import (
    Change,
    Plan,
    Rules,
    Wanted,
    after_plan,
    is_at_least,
    is_exactly,
    lacks_cover,
    lockout_refusals,
    locks_out,
    make_plan,
    manages,
    may_lose_management,
    some_of,
)

#: Times that a read-back is repeated while it does not show what was written: reads may be a few seconds behind.
STALE_READS = 3

#: How a step went. DONE: the API confirmed it. REFUSED: nothing was changed. PUT_BACK: removed to be assigned anew, and
#: the old tasks assigned again. REMOVED: removed likewise, and not assigned again. UNCLEAR: only reading tells.
DONE, REFUSED, PUT_BACK, REMOVED, UNCLEAR = "done", "refused", "put back", "removed", "unclear"

#: Problems that a message tells of one by one; the others are in the result's lists.
MAX_TOLD = 10


@dataclasses.dataclass
class Step:
    """A change and how it went."""

    change: Change
    state: str = DONE
    #: Why it did not come about; `None` where it did.
    problem: str | None = None
    error: GraphError | None = None
    #: Whether the change, where it came about, was made here and not by somebody else meanwhile.
    ours: bool = True


@dataclasses.dataclass
class Outcome:
    """How an account's people stood and stand, and what was done. In check mode: what would be done."""

    before: dict[str, AssignedUser]
    after: dict[str, AssignedUser]
    steps: list[Step] = dataclasses.field(default_factory=list)
    #: Changes that were planned and not tried: something stopped everything, or they would have locked people out.
    left: list[Change] = dataclasses.field(default_factory=list)
    #: Why not, where that is not what stopped everything.
    why_left: str = ""
    #: Whether `after` was read from the API; else it is what the plan and the API's answers say.
    was_read: bool = False
    #: Why what was done could not be checked.
    unchecked: GraphError | None = None
    warnings: list[str] = dataclasses.field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything on the account is different because of this run."""
        return any(self.has_changed(step) for step in self.steps)

    def has_changed(self, step: Step) -> bool:
        """Whether this step made a difference: where both states are known, they are compared."""
        before, after = self.before.get(step.change.user_id), self.after.get(step.change.user_id)
        if self.was_read and _is_readable(before) and _is_readable(after):
            return step.ours and _tasks(before) != _tasks(after)
        return step.state == REMOVED or (step.ours and step.state == DONE)

    @property
    def failure(self) -> dict[str, t.Any]:
        """`failed`, `msg` and `graph_error` of a task's result; empty where everything came about."""
        problems = [step for step in self.steps if step.problem is not None]
        told = [step.problem or "" for step in problems[:MAX_TOLD]]
        if len(problems) > MAX_TOLD:
            told.append(f"The same or the like for {len(problems) - MAX_TOLD} others, see failed_users.")
        if self.unchecked:
            deeds = [step.change.deed for step in self.steps if step.state == DONE]
            told += [f"Done, but not checked: {some_of(deeds)}."] if deeds else []
            told += [] if any(step.error is self.unchecked for step in problems) else [str(self.unchecked)]
        if self.left:
            names = some_of([f"{change.operation} {change.label}" for change in self.left])
            told.append(f"Not tried any more: {names}.{self.why_left}")
        error = next((step.error for step in problems if step.error), self.unchecked)
        return {"failed": True, "msg": " ".join(told), "graph_error": error and error.as_result()} if told else {}

    @property
    def lists(self) -> dict[str, list[dict[str, t.Any]]]:
        """`added`, `updated`, `removed`, `failed_users` and `left`, as a task returns them: people by id.

        As the diff, they hold nothing that only a run could know.
        """
        done = [step.change for step in self.steps if step.problem is None and self.has_changed(step)]
        by_operation = {
            operation: [self._entry(change) for change in done if change.operation == operation]
            for operation in ("add", "update", "remove")
        }
        return {
            "added": by_operation["add"],
            "updated": by_operation["update"],
            "removed": by_operation["remove"],
            "failed_users": [
                {
                    "id": step.change.user_id,
                    "operation": step.change.operation,
                    "msg": step.problem,
                    "graph_error": step.error.as_result() if step.error else None,
                }
                for step in self.steps
                if step.problem is not None
            ],
            "left": [{"id": change.user_id, "operation": change.operation} for change in self.left],
        }

    def _entry(self, change: Change) -> dict[str, t.Any]:
        before, after = change.before, self.after.get(change.user_id)
        entry: dict[str, t.Any] = {"id": change.user_id}
        if before:
            entry["name"] = before.name
        if change.tasks is not None:
            entry["tasks"] = _sorted(_as_asked_for(_tasks(after), change))
        if before:
            entry["previous_tasks"] = _sorted(before.tasks)
        return entry

    def diff(self, header: str, user_ids: t.Container[str] | None = None) -> dict[str, str]:
        """These people, or everybody, before and after, a line each.

        A run and its preview show the same: nothing is in it that only a run could know, such as the name of a person
        who was not assigned before.
        """
        changes = {step.change.user_id: step.change for step in self.steps if step.state == DONE}
        after = [
            dataclasses.replace(
                user,
                name=self.before[user.id].name if user.id in self.before else None,
                tasks=_as_asked_for(user.tasks, changes.get(user.id)),
            )
            for user in self.after.values()
        ]
        return {
            "before_header": header,
            "after_header": header,
            "before": _text(self.before.values(), user_ids),
            "after": _text(after, user_ids),
        }


class RefusedError(Exception):
    """A rule or a guard forbids what would have to be done. Nothing was written."""


class Roster:
    """The people of an account as far as they were read; reads on only as far as it is asked to."""

    def __init__(self, pages: t.Iterator[UsersPage]) -> None:
        self._pages = pages
        self.users: dict[str, AssignedUser] = {}
        self._counted: int | None = None
        #: What people should know about a list that was read whole.
        self.warnings: list[str] = []

    def read_until(self, enough: t.Callable[[dict[str, AssignedUser]], bool]) -> None:
        """Read page after page until it is enough or everybody was read."""
        while not enough(self.users):
            page = next(self._pages, None)
            if page is None:
                self.warnings = hidden_people(self._counted, len(self.users))
                return
            if page.page.total_count is not None:
                self._counted = page.page.total_count
            self.users.update((user.id, user) for user in page.users)


def reconcile(
    edge: AssignedUsers, wanted: list[Wanted], rules: Rules, *, check_mode: bool, everybody: bool = False
) -> Outcome:
    """Bring these people to what is wanted of them, or say in check mode what that would take.

    With `everybody`, the whole account is read, and is in the outcome; else no more of it than is needed. Raises
    `GraphError` and `RefusedError` only where nothing was written: what goes wrong later is in the outcome.
    """
    ids = {wish.user_id for wish in wanted}
    roster = Roster(edge.pages())
    roster.read_until(lambda users: not everybody and ids <= users.keys())
    plan = make_plan(wanted, roster.users, rules)
    own_user = _OwnUser(edge)
    warnings = plan.warnings + _guard(edge, plan, roster, rules, own_user) + roster.warnings
    outcome = Outcome(dict(roster.users), after_plan(plan, roster.users), warnings=warnings)
    if check_mode:
        outcome.steps = [Step(change) for change in plan.changes]
    else:
        _write(_Work(edge, plan, rules, roster, own_user, outcome))
        _read_back(edge, rules, outcome, everybody=everybody)
    return outcome


class _OwnUser:
    """The access token's own user, asked for at most once and only where it matters."""

    def __init__(self, edge: AssignedUsers) -> None:
        self._edge = edge
        self._asked = False
        self._id: str | None = None
        self._stop: GraphError | None = None
        self.problem = ""

    @property
    def id(self) -> str | None:
        """The id; `None` where the API does not tell it, and `problem` then says why."""
        if not self._asked:
            self._asked = True
            try:
                self._id = self._edge.own_user_id()
                self.problem = "" if self._id else "Could not find out whose access token this is: the API gave no id."
            except GraphError as error:
                self.problem = str(error)
                if isinstance(error, STOPS_EVERYTHING):
                    self._stop = error
        if self._stop:
            raise self._stop
        return self._id


def _guard(edge: AssignedUsers, plan: Plan, roster: Roster, rules: Rules, own_user: _OwnUser) -> list[str]:
    """Refuse, before any write, what may not be done; return warnings about what could not be made sure of."""
    refusals = list(plan.refusals)
    assigns = any(change.tasks is not None for change in plan.changes)
    if assigns and rules.unreadable_tasks == "fail" and "tasks" in edge.unknown_fields:
        refusals.append("The API does not tell anybody's tasks, and unreadable_tasks is fail.")
    if refusals:
        raise RefusedError(f"Nothing was changed. {' '.join(refusals)}")
    if rules.allow_lockout or not plan.takes_access:
        return []
    if "tasks" not in edge.unknown_fields:
        roster.read_until(lambda users: not lacks_cover(plan, users))
    refusals = lockout_refusals(plan, roster.users, own_user.id)
    if refusals:
        raise RefusedError(
            f"Nothing was changed, to keep people from being locked out. {' '.join(refusals)}"
            " Set allow_lockout to true if this is what you want."
        )
    warnings = []
    if own_user.problem:
        warnings.append(f"{own_user.problem} So whether the token's own user keeps their access was not checked.")
    if lacks_cover(plan, roster.users):
        warnings.append(
            "Nobody who is left is known to hold MANAGE or FULL_CONTROL: the API does not tell everybody's tasks."
        )
    return warnings


@dataclasses.dataclass(frozen=True)
class _Work:
    """A plan, what it takes to carry it out, and how far that has come."""

    edge: AssignedUsers
    plan: Plan
    rules: Rules
    roster: Roster
    own_user: _OwnUser
    outcome: Outcome


def _write(work: _Work) -> None:
    """Carry the changes out in order. One person's refusal does not stop the others; what stops everything does.

    The guard looked at the plan as a whole. Where a part of it fails, nobody loses the management of the account who
    was to hand it over to somebody by that part.
    """
    outcome = work.outcome
    parts = list(_parts(work.plan.changes, work.rules.batch_size))
    for number, part in enumerate(parts):
        kept = _kept_from_lockout(part, work)
        if kept:
            outcome.left += kept
            outcome.why_left = " Without what failed, nobody with MANAGE or FULL_CONTROL would have been left."
        steps = _carry_out(work, [change for change in part if change not in kept])
        outcome.steps += steps
        if any(isinstance(step.error, STOPS_EVERYTHING) for step in steps) or _is_hopeless(steps):
            outcome.left += [change for rest in parts[number + 1 :] for change in rest]
            return


def _is_hopeless(steps: list[Step]) -> bool:
    """Whether several calls have found the same fault of the API, tried again and again: more would waste the quota."""
    return len(steps) > 1 and all(step.error is not None and step.error.worth_a_retry for step in steps)


def _parts(changes: list[Change], size: int) -> t.Iterator[list[Change]]:
    """What goes into one round trip. The calls of a batch run at once: nobody loses in one what others get in it."""
    for takes in (False, True):
        group = [c for c in changes if (c.operation == "remove" or may_lose_management(c)) is takes]
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _kept_from_lockout(part: list[Change], work: _Work) -> list[Change]:
    """Those that must not be made any more, now that others have not come about."""
    takers = [change for change in part if may_lose_management(change)]
    if not takers or work.rules.allow_lockout:
        return []
    return takers if locks_out(work.plan, work.outcome.before, _believed(work.outcome)) else []


def _carry_out(work: _Work, changes: list[Change]) -> list[Step]:
    problems = work.edge.write([(change.user_id, change.tasks) for change in changes])
    steps = [_step(change, problem) for change, problem in zip(changes, problems)]
    again = [step for step in steps if step.change.operation == "update" and _was_assigned(step.error)]
    if any(isinstance(step.error, STOPS_EVERYTHING) for step in steps):
        for step in again:
            step.state, step.problem = REFUSED, f"{step.error} Nothing was changed."
    else:
        _reassign(work, again)
    return steps


def _step(change: Change, error: GraphError | None) -> Step:
    if error is None:
        return Step(change)
    # A further try of a write that had worked the first time is told that there is nothing left to do.
    nothing_left = is_not_assigned(error) if change.operation == "remove" else is_already_assigned(error)
    state = UNCLEAR if nothing_left or error.maybe_applied else REFUSED
    return Step(change, state, str(error), error, ours=error.maybe_applied or not nothing_left)


def _was_assigned(error: GraphError | None) -> bool:
    return error is not None and is_already_assigned(error)


def _reassign(work: _Work, steps: list[Step]) -> None:
    """Change tasks where the API refuses to: remove and assign, and put the old tasks back where that fails."""
    removing = []
    ids = {step.change.user_id for step in steps}
    for step in steps:
        step.state, step.ours = REFUSED, True
        story = (
            f"Could not change the tasks of {step.change.label} on WhatsApp Business Account {work.edge.waba_id}:"
            " the API refuses to change the tasks of a person who is assigned already"
        )
        obstacle = _obstacle(work, step, ids)
        step.problem = f"{story}. {obstacle} Nothing was changed."
        if not obstacle:
            step.problem = story
            removing.append(step)
    assigning = []
    for step, error in zip(removing, work.edge.write([(step.change.user_id, None) for step in removing])):
        if error is None:
            step.state = REMOVED
            assigning.append(step)
        elif is_not_assigned(error) or error.maybe_applied:
            step.state, step.error = UNCLEAR, error
            assigning.append(step)
        else:
            step.problem, step.error = f"{step.problem}. {error} Nothing was changed.", error
    _assign_or_put_back(work.edge, assigning)


def _obstacle(work: _Work, step: Step, removing: set[str]) -> str:
    """Why somebody may not be removed to be assigned anew, along with these; empty where they may."""
    rules, own_user = work.rules, work.own_user
    if step.change.before is None or step.change.before.tasks is None:
        return (
            "To remove and assign them anew is not safe either, for their tasks, which the API does not tell, could not"
            " be put back. Use state absent and then state present if that is acceptable."
        )
    try:
        own_id = own_user.id
        is_covered = rules.allow_lockout or not manages(step.change.before) or _others_manage(work, removing)
    except GraphError as error:
        step.error = error
        return str(error)
    if own_id == step.change.user_id:
        return (
            "As the access token's own user they could not be assigned anew once removed."
            " Use the token of another admin system user."
        )
    if own_id is None and not rules.allow_lockout:
        return (
            f"{own_user.problem} If it is theirs, they could not be assigned anew once removed."
            " Set allow_lockout to true if it is not."
        )
    if not is_covered:
        return (
            "To remove and assign them anew is not safe either: they are the last who is known to hold MANAGE or"
            " FULL_CONTROL. Set allow_lockout to true if this is what you want."
        )
    return ""


def _others_manage(work: _Work, removing: set[str]) -> bool:
    """Whether somebody else is known to be able to manage the account now; reads on as far as that takes."""
    if "tasks" not in work.edge.unknown_fields:
        work.roster.read_until(lambda users: any(manages(user) and user.id not in removing for user in users.values()))
    read_since = [user for key, user in work.roster.users.items() if key not in work.outcome.before]
    now = [*_believed(work.outcome).values(), *read_since]
    return any(manages(user) and user.id not in removing for user in now)


def _assign_or_put_back(edge: AssignedUsers, steps: list[Step]) -> None:
    """Assign people who were just removed."""
    lost = []
    for step, error in zip(steps, edge.write([(step.change.user_id, step.change.tasks) for step in steps])):
        if error is None:
            _came_about(step)
            continue
        step.problem = f"{step.problem}, so they were removed to be assigned anew, and then: {error}"
        step.error = error
        if is_already_assigned(error) or error.maybe_applied:
            step.state = UNCLEAR  # the removal, or a try of the assignment, went the other way
        if isinstance(error, (LimitError, TokenError)):
            step.problem += f" Their former tasks were {_names(_former(step.change))}."
        elif not is_already_assigned(error):
            lost.append(step)
    for step, error in zip(lost, edge.write([(step.change.user_id, _former(step.change)) for step in lost])):
        tasks = _names(_former(step.change))
        if error is None:
            step.state, fate = PUT_BACK, f"Their former tasks ({tasks}) were put back."
        else:
            step.state = UNCLEAR if error.maybe_applied else step.state
            fate = f"Putting their former tasks ({tasks}) back failed as well: {error.said}"
        step.problem = f"{step.problem} {fate}"


def _former(change: Change) -> frozenset[str]:
    return (change.before.tasks if change.before else None) or frozenset()


def _read_back(edge: AssignedUsers, rules: Rules, outcome: Outcome, *, everybody: bool) -> None:
    """Hold what was written against what the API tells now, where that is asked for or nothing else can tell."""
    steps = [step for step in outcome.steps if step.state != REFUSED]
    outcome.after = _believed(outcome)
    if not any(rules.verify or step.state != DONE for step in steps):
        return
    stop = next((step.error for step in outcome.steps if isinstance(step.error, (LimitError, TokenError))), None)
    if stop:
        outcome.unchecked = stop if rules.verify else None
        _cannot_tell(steps)  # another call would be refused, too
        return
    try:
        found = _read_settled(edge, steps, everybody=everybody)
    except GraphError as error:
        outcome.unchecked = error
        _cannot_tell(steps)
        return
    gone = outcome.after if everybody else {step.change.user_id for step in steps}
    outcome.after = {**{key: user for key, user in outcome.after.items() if key not in gone}, **found}
    outcome.was_read = True
    for step in steps:
        _judge(step, found.get(step.change.user_id), rules, outcome.warnings)
    if everybody and rules.purge_users:
        known = {step.change.user_id for step in steps} | outcome.before.keys()
        new = some_of([user.label for user in found.values() if user.id not in known])
        if new:
            outcome.warnings.append(
                f"{new} had no access when the list was read, and has it now: somebody else gave it meanwhile, or that"
                " reading was behind. Run this again."
            )


def _read_settled(edge: AssignedUsers, steps: list[Step], *, everybody: bool) -> dict[str, AssignedUser]:
    """Read the people concerned, again and again while the reading does not show what was written."""
    ids = {step.change.user_id for step in steps}
    for turn in range(STALE_READS + 1):
        roster = Roster(edge.pages())
        roster.read_until(lambda users: not everybody and ids <= users.keys())
        if turn == STALE_READS or all(_is_settled(step, roster.users.get(step.change.user_id)) for step in steps):
            break
        edge.pause(turn)
    return roster.users


def _is_settled(step: Step, user: AssignedUser | None) -> bool:
    before = step.change.before
    tasks = before.tasks if step.state == PUT_BACK and before else step.change.tasks
    if tasks is None or user is None:
        return tasks is None and user is None
    if user.tasks is None or is_exactly(tasks, user.tasks):
        return True
    # More than was asked for, and not what was there before: the API's own doing.
    return step.state == DONE and is_at_least(tasks, user.tasks) and user.tasks != _tasks(before)


def _judge(step: Step, user: AssignedUser | None, rules: Rules, warnings: list[str]) -> None:
    """Settle a step by how the person stands now."""
    change = step.change
    label = user.label if user else change.label
    unseen = (
        f"The API confirmed the request to {change.deed}, and yet reading back does not show it:"
        " it was not carried out, or the reading is behind. Run this again."
    )
    now = f"{label} now holds {_names(user.tasks)}." if user else f"{label} has no access now."
    now += f" {_again(change)}" if step.state == REMOVED and user is None else ""
    if step.state == PUT_BACK:
        step.problem = f"{step.problem} {now}"
    elif change.tasks is None or user is None:
        if user is None and change.tasks is None:
            _came_about(step)
        else:
            step.problem = f"{step.problem or unseen} {now}"
    elif user.tasks is None:
        unread = f"The API does not tell the tasks of {label}"
        if step.state == UNCLEAR and change.before is not None:
            step.problem = f"{step.problem} {unread}: whether it was carried out is not known."
        elif rules.unreadable_tasks == "fail":
            step.problem = f"{label} is assigned. {unread}, and unreadable_tasks is fail."
        else:
            _came_about(step)
            warnings.append(f"{unread}: that they are assigned is taken as enough.")
    elif is_exactly(change.tasks, user.tasks):
        _came_about(step)
    elif step.state == DONE and is_at_least(change.tasks, user.tasks):
        warnings.append(
            f"{label} holds more than was asked for: {_names(user.tasks - change.tasks)}."
            " The API confirmed the request, so it keeps what somebody held before, or gives these tasks along with"
            " others. If it keeps them, state absent and then state present takes them away."
        )
    else:
        step.problem = f"{step.problem or unseen} {now}"


def _came_about(step: Step) -> None:
    step.state, step.problem, step.error = DONE, None, None


def _cannot_tell(steps: list[Step]) -> None:
    for step in steps:
        if step.state == UNCLEAR:
            step.problem = f"{step.problem} Whether it was carried out is not known."
        elif step.state == REMOVED:
            step.problem = f"{step.problem} {step.change.label} has no access now. {_again(step.change)}"


def _again(change: Change) -> str:
    tasks = _names(change.tasks)
    return f"Run this again, for all of these tasks ({tasks}), as soon as it can work, or assign them by hand."


def _believed(outcome: Outcome) -> dict[str, AssignedUser]:
    """The people as the API's answers have it."""
    changes = [
        dataclasses.replace(step.change, tasks=None) if step.state == REMOVED else step.change
        for step in outcome.steps
        if step.state in (DONE, REMOVED)
    ]
    return after_plan(Plan(changes, [], []), outcome.before)


def _is_readable(user: AssignedUser | None) -> bool:
    return user is None or user.tasks is not None


def _tasks(user: AssignedUser | None) -> frozenset[str] | None:
    return None if user is None else user.tasks


def _names(tasks: frozenset[str] | None) -> str:
    return "tasks that the API does not tell" if tasks is None else ", ".join(printable(task) for task in sorted(tasks))


def _as_asked_for(held: frozenset[str] | None, change: Change | None) -> frozenset[str] | None:
    """A person's tasks in the words they were asked for, where they cannot be read or FULL_CONTROL reads otherwise."""
    if change is None or change.tasks is None:
        return held
    return change.tasks if held is None or is_exactly(change.tasks, held) else held


def _sorted(tasks: frozenset[str] | None) -> list[str] | None:
    return None if tasks is None else sorted(tasks)


def _text(users: t.Iterable[AssignedUser], user_ids: t.Container[str] | None) -> str:
    chosen = [user for user in users if user_ids is None or user.id in user_ids]
    people = sorted(chosen, key=lambda user: user.id)
    return "".join(f"{user.label}: {_names(user.tasks)}\n" for user in people)

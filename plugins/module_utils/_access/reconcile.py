# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring accounts to their desired state: read, plan, guard, write, verify. The accounts share the round trips."""

from __future__ import annotations

import typing as t

from .._edges.assigned_users import all_read, is_already_assigned, is_not_assigned, raise_general_error, write_users
from .._edges.tasks import is_exactly
from .._graph.client import MAX_BATCH, GraphClient
from .._graph.errors import ACCOUNT_LIMIT_CODES, GraphError, concerns_all
from .._graph.paging import read
from .approval import Approval, check_approval
from .guard import HOW_TO_ALLOW, TokenOwner, guard, locks_out, rests_on_grants
from .outcome import Outcome, State, Step, planned_changes
from .plan import Change, Plan, RefusedError, Target, apply_changes, make_plan, too_many_removals
from .reassign import reassign
from .verify import read_back, verify


def reconcile(
    client: GraphClient,
    targets: t.Sequence[Target],
    *,
    check_mode: bool,
    batch_size: int = MAX_BATCH,
    max_removals: int | None = None,
    approval: Approval | None = None,
) -> list[Outcome]:
    """Bring accounts to their desired state, or in check mode return what that would change.

    An account that cannot be read is not changed, and its outcome has the error. `max_removals` is for all accounts
    together. With an `approval`, every other plan is refused. Raises `RefusedError`, and `GraphError` for an error that
    concerns all calls, only where nothing was written. Later errors are in the outcomes.
    """
    lists = [target.users for target in targets]
    wanted = {id(target.users): {one.user_id for one in target.desired} for target in targets if not target.read_all}
    read(client, lists, all_read(wanted), batch_size)
    raise_general_error(lists)
    plans = [(target, Plan() if target.users.error else make_plan(target)) for target in targets]
    several = len(targets) > 1 or any(target.account.name for target in targets)
    _check_rules(plans, max_removals, several=several)
    owner = TokenOwner(client, lists)
    plans = list(zip(targets, guard(client, plans, owner, batch_size)))
    raise_general_error(lists)
    _check_guard(plans, several=several)
    outcomes = [_outcome(*pair) for pair in plans]
    if approval:
        unread = [outcome.error for outcome in outcomes if outcome.error]
        check_approval(planned_changes(outcomes), approval, unread)
    if check_mode:
        for outcome in outcomes:
            outcome.steps += [Step(outcome.account, change) for change in outcome.plan.changes]
    else:
        run = _Run(client, outcomes, owner, batch_size)
        run.write()
        verify(client, outcomes, run.stop, batch_size)
    return outcomes


def _check_rules(plans: t.Sequence[tuple[Target, Plan]], max_removals: int | None, *, several: bool) -> None:
    removals = [f"{change.label} from {target.account.label}" for target, plan in plans for change in plan.removals]
    refusals = [(target, plan.refusals) for target, plan in plans]
    _refuse("Nothing was changed.", refusals, too_many_removals(removals, max_removals), several)


def _check_guard(plans: t.Sequence[tuple[Target, Plan]], *, several: bool) -> None:
    forbidden = [pair for pair in plans if pair[1].lockouts and not pair[1].withheld and not pair[0].users.error]
    head = "Nothing was changed, to keep people from being locked out."
    _refuse(head, [(target, plan.lockouts) for target, plan in forbidden], [HOW_TO_ALLOW] if forbidden else [], several)


def _refuse(
    head: str, reasons: t.Sequence[tuple[Target, t.Sequence[str]]], closing: t.Sequence[str], several: bool
) -> None:
    """Raise `RefusedError` where a plan is forbidden, with the reasons of all accounts."""
    told = [(f"Account {target.account.label}: " if several else "", texts) for target, texts in reasons if texts]
    lines = [account + " ".join(texts) for account, texts in told]
    if lines or closing:
        raise RefusedError(("\n" if several else " ").join([head, *lines, *closing]))


def _outcome(target: Target, plan: Plan) -> Outcome:
    users = target.users
    if users.error:
        return Outcome(target, Plan(), {}, {}, error=users.error)
    before = dict(users.users)
    warnings = [*plan.warnings, *users.warnings]
    refusal = " ".join(["Not done, to keep people from being locked out.", *plan.lockouts, HOW_TO_ALLOW])
    refused = [Step(target.account, change, State.REFUSED, refusal=refusal) for change in plan.withheld]
    return Outcome(target, plan, before, apply_changes(plan.changes, before), warnings, steps=refused)


class _Run:
    """The writes: the grants of all accounts, then the changes that remove users or management.

    One refusal does not stop the others. An error that concerns all calls stops all; an account's limit, the account.
    """

    def __init__(self, client: GraphClient, outcomes: t.Sequence[Outcome], owner: TokenOwner, batch_size: int) -> None:
        self._client = client
        self._outcomes = outcomes
        self._owner = owner
        self._batch_size = batch_size
        #: The error that stopped all accounts.
        self.stop: GraphError | None = None

    def write(self) -> None:
        self._write_changes(late=False)
        self._read_back_grants()
        self._write_changes(late=True)

    def _write_changes(self, *, late: bool) -> None:
        waiting = [
            (outcome, change)
            for outcome in self._outcomes
            for change in outcome.plan.changes
            if change.is_made_late is late
        ]
        while waiting:
            part: list[tuple[Outcome, Change]] = []
            while waiting and len(part) < self._batch_size:
                outcome, change = waiting.pop(0)
                if self._may_attempt(outcome, change):
                    part.append((outcome, change))
                else:
                    self._skip(outcome, change)
            self._write_part(part)

    def _may_attempt(self, outcome: Outcome, change: Change) -> bool:
        """Whether the change is still possible, and safe, after the steps made so far."""
        if self.stop or outcome.stop:
            return False
        if not change.takes_management or outcome.target.rules.allow_lockout:
            return True
        now = outcome.after if outcome.needs_read_back else outcome.apply_steps()
        if not locks_out(outcome.plan, outcome.before, now):
            return True
        outcome.why_not_attempted = outcome.why_not_attempted or (
            "After the failed changes, nobody with MANAGE or FULL_CONTROL would have been left."
        )
        return False

    def _skip(self, outcome: Outcome, change: Change) -> None:
        outcome.not_attempted.append(change)
        outcome.stop = outcome.stop or self.stop
        if outcome.stop and not any(step.error for step in outcome.steps):
            outcome.why_not_attempted = outcome.why_not_attempted or str(outcome.stop)

    def _write_part(self, part: t.Sequence[tuple[Outcome, Change]]) -> None:
        pairs = [(outcome, Step(outcome.account, change)) for outcome, change in part]
        for (outcome, step), error in zip(pairs, write_users(self._client, [step.write for _outcome, step in pairs])):
            if error:
                _record(step, error)
            outcome.steps.append(step)
        self._note_stops(pairs)
        again = [pair for pair in pairs if _is_refused_update(pair[1]) and not pair[0].stop]
        if again and not self.stop:
            reassign(self._client, again, self._owner)
            self._note_stops(again)

    def _note_stops(self, pairs: t.Sequence[tuple[Outcome, Step]]) -> None:
        """Record the errors that stop all accounts, or one account."""
        for outcome, step in pairs:
            if step.error and step.error.code in ACCOUNT_LIMIT_CODES:
                outcome.stop = step.error
            elif step.error and concerns_all(step.error):
                self.stop = self.stop or step.error
        errors = [step.error for outcome, step in pairs if not outcome.stop]
        # The API failed for all of these calls and all of their retries: more calls would waste the quota.
        if len(errors) > 1 and all(error is not None and error.worth_a_retry for error in errors):
            self.stop = self.stop or errors[-1]

    def _read_back_grants(self) -> None:
        """Read back the accounts whose managers are all granted by this run, before others lose management."""
        concerned = [
            outcome
            for outcome in self._outcomes
            if not (self.stop or outcome.stop or outcome.error or outcome.target.rules.allow_lockout)
            and outcome.target.users.reports_tasks
            and rests_on_grants(outcome.plan, outcome.before)
            and not locks_out(outcome.plan, outcome.before, outcome.apply_steps(with_unclear=True))
        ]
        for outcome, found in zip(concerned, read_back(self._client, concerned, self._batch_size)):
            outcome.needs_read_back = True
            outcome.after = {} if found.error else found.users
            for step in outcome.steps:
                user, tasks = found.users.get(step.change.user_id), step.change.tasks
                if step.state is State.UNCLEAR and user and user.tasks and tasks and is_exactly(tasks, user.tasks):
                    step.confirm()
            if found.error:
                outcome.why_not_attempted = (
                    f"The grants of MANAGE or FULL_CONTROL could not be read back: {found.error}"
                )
                self.stop = found.error if concerns_all(found.error) else self.stop


def _is_refused_update(step: Step) -> bool:
    return step.change.operation == "update" and step.error is not None and is_already_assigned(step.error)


def _record(step: Step, error: GraphError) -> None:
    step.error = error
    # A retry of a write that worked the first time gets this error, too.
    is_done = is_not_assigned(error) if step.change.operation == "remove" else is_already_assigned(error)
    # An update that is refused because the user is assigned changed nothing, unless an earlier try of it did.
    may_be_made = is_done and step.change.operation != "update"
    step.state = State.UNCLEAR if may_be_made or error.maybe_applied else State.REFUSED
    step.is_own = error.maybe_applied or not is_done

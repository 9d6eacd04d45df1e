# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock-out guard: whether a plan removes the access that is needed to undo it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import AssignedUser, UserList, Users
from .._edges.tasks import can_manage
from .._edges.token import OwnUser, read_own_user
from .._graph.client import MAX_BATCH, GraphClient
from .._graph.errors import STOPS_EVERYTHING, GraphError
from .._graph.paging import read
from .names import fold
from .plan import Change, Plan, Target, apply_changes

HOW_TO_ALLOW = "Set allow_lockout (in playbooks waba_access_allow_lockout) to true if this is what you want."


class TokenOwner:
    """The access token's own user, read at most once and only where a plan depends on it."""

    def __init__(self, client: GraphClient, lists: t.Sequence[UserList]) -> None:
        self._client = client
        self._lists = lists
        self._user: OwnUser | None = None
        self._stop: GraphError | None = None
        #: Why the user is not known, after `read`.
        self.problem = ""

    def read(self) -> OwnUser:
        """Return the user, whose id may be unknown. Raises `GraphError` for an error that stops all calls."""
        if self._user is None:
            self._user = OwnUser(None)
            try:
                self._user = read_own_user(self._client)
                if self._user.id is None:
                    self.problem = "Could not find out which user the access token belongs to: the API gave no id."
            except GraphError as error:
                self.problem = str(error)
                self._stop = error if isinstance(error, STOPS_EVERYTHING) else None
        if self._stop:
            raise self._stop
        return self._user

    def is_changed_by(self, change: Change) -> bool:
        """Whether the change is the own user's.

        An app may be given its own id for a user. Where that id is on no list, a user of the same name counts.
        """
        return change.user_id == self.read().id or self._counts_by_name(change)

    def may_be_changed_by(self, plan: Plan) -> bool:
        """Whether the plan changes a user of the same name while the own id is on no list."""
        return any(map(self._counts_by_name, plan.changes))

    def describe(self, change: Change) -> str:
        """Return the beginning of a sentence about a change of the own user."""
        own = self.read()
        if change.user_id == own.id:
            return f"{change.label} is the access token's own user"
        return (
            f"{change.label} has the name of the access token's own user, whose id by the API ({own.id or 'unknown'})"
            " is on no list, and counts as that user"
        )

    def _counts_by_name(self, change: Change) -> bool:
        own = self.read()
        name = change.before.name if change.before else None
        has_name = bool(own.name and name and fold(own.name) == fold(name))
        return has_name and not any(own.id in one.users for one in self._lists)


def guard(
    client: GraphClient, targets: t.Sequence[tuple[Target, Plan]], owner: TokenOwner, batch_size: int = MAX_BATCH
) -> list[Plan]:
    """Return the plan of each account after the check before any write. Reads further pages of the users as needed.

    Raises `GraphError` for an error that stops all calls.
    """
    plans = {
        id(target.users): plan
        for target, plan in targets
        if not target.rules.allow_lockout and any(change.takes_access for change in plan.changes)
    }
    if plans:
        lists = [target.users for target, _plan in targets if id(target.users) in plans]
        readable = [one for one in lists if one.reports_tasks]
        read(client, readable, lambda one: not leaves_no_manager(plans[id(one)], one.users), batch_size)
        owner.read()
        in_doubt = [one for one in lists if owner.may_be_changed_by(plans[id(one)])]
        read(client, in_doubt, lambda _one: not any(map(owner.may_be_changed_by, plans.values())), batch_size)
    return [
        _guarded(plan, target.users.users, owner) if id(target.users) in plans else plan for target, plan in targets
    ]


def manages(user: AssignedUser | None) -> bool:
    """Whether a user is known to be able to manage the account."""
    return user is not None and can_manage(user.tasks)


def leaves_no_manager(plan: Plan, users: Users) -> bool:
    """Whether the plan removes management from a user, and no user read so far is known to keep it."""
    takes = any(change.takes_management for change in plan.changes)
    return takes and not any(map(manages, apply_changes(plan.changes, users).values()))


def locks_out(plan: Plan, before: Users, now: Users) -> bool:
    """Whether the removal of management leaves no known manager: with the users `now`, after a part of the plan."""
    takers = [change for change in plan.changes if change.takes_management]
    return any(map(manages, before.values())) and not any(map(manages, apply_changes(takers, now).values()))


def rests_on_grants(plan: Plan, before: Users) -> bool:
    """Whether the plan removes management from users, and only users to whom it grants management keep it."""
    takes = any(change.takes_management for change in plan.changes)
    after = apply_changes(plan.changes, before).values()
    managers_stay = any(manages(user) and manages(before.get(user.id)) for user in after)
    return takes and any(map(manages, before.values())) and not managers_stay


def _guarded(plan: Plan, users: Users, owner: TokenOwner) -> Plan:
    reasons = _reasons(plan, users, owner)
    if reasons:
        urgent = [change for change in plan.changes if change.is_urgent and change.takes_access]
        own = tuple(change for change in urgent if owner.is_changed_by(change))
        managing = tuple(change for change in urgent if change.takes_management or change in own)
        # No more of them than has to be: where the own user's stays out, the others' may do no harm.
        for withheld in filter(None, (own, managing)):
            rest = plan.without(withheld)
            if not _reasons(rest, users, owner):
                return dataclasses.replace(rest, withheld=withheld, lockouts=tuple(reasons))
        return dataclasses.replace(plan, lockouts=tuple(reasons))
    warnings = [*plan.warnings]
    if owner.problem:
        warnings.append(f"{owner.problem} So it was not checked whether the token's own user keeps their access.")
    if leaves_no_manager(plan, users):
        warnings.append(
            "No remaining user is known to hold MANAGE or FULL_CONTROL: the API does not report everybody's tasks."
        )
    return dataclasses.replace(plan, warnings=tuple(warnings))


def _reasons(plan: Plan, users: Users, owner: TokenOwner) -> list[str]:
    """Return why the plan would lock people out, a sentence for each reason."""
    reasons = []
    for change in plan.changes:
        if not change.takes_access or not owner.is_changed_by(change):
            continue
        if change.operation == "remove":
            reasons.append(f"{owner.describe(change)}: removing it would end this access.")
        else:
            lost = ", ".join(sorted(change.lost_admin_tasks))
            reasons.append(f"{owner.describe(change)}, and would lose {lost}.")
    if locks_out(plan, users, apply_changes(plan.changes, users)):
        names = ", ".join(change.label for change in plan.changes if manages(change.before) and change.takes_management)
        reasons.append(
            f"Nobody with MANAGE or FULL_CONTROL would be left, as far as the API reports: {names} would be the last"
            " to lose it."
        )
    return reasons

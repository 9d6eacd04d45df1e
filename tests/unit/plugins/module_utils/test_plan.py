# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access import guard, plan
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.guard import (
    TokenOwner,
    leaves_no_manager,
    manages,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import (
    Desired,
    Plan,
    Rules,
    Target,
    apply_changes,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import (
    Account,
    AssignedUser,
    user_lists,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import (
    ADMIN_TASKS,
    FULL_CONTROL,
    TASKS,
    admin_tasks,
    has_full_control,
    is_at_least,
    is_exactly,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.token import OwnUser
from hypothesis import assume, given
from hypothesis import strategies as st

if t.TYPE_CHECKING:
    from collections.abc import Sequence

ALL_BUT_FULL_CONTROL = frozenset(TASKS) - {FULL_CONTROL}

ids = st.integers(1, 8).map(str)
known = st.frozensets(st.sampled_from(TASKS), min_size=1, max_size=5) | st.just(ALL_BUT_FULL_CONTROL)
held = st.frozensets(st.sampled_from([*TASKS, "A_TASK_OF_TOMORROW"]), min_size=1, max_size=5) | known
wishes = st.dictionaries(ids, st.none() | known).map(lambda found: [Desired(*item) for item in found.items()])
accounts = st.dictionaries(ids, held).map(
    lambda found: {user_id: AssignedUser(user_id, f"Name {user_id}", tasks=tasks) for user_id, tasks in found.items()}
)
hidden_accounts = st.dictionaries(ids, st.none() | held).map(
    lambda found: {user_id: AssignedUser(user_id, tasks=tasks) for user_id, tasks in found.items()}
)
rules = st.builds(
    Rules,
    purge_tasks=st.booleans(),
    unreadable_tasks=st.sampled_from(["warn", "apply", "fail"]),
    allow_lockout=st.booleans(),
)
purges = st.builds(
    Rules,
    purge_tasks=st.booleans(),
    purge_users=st.just(True),
    allow_lockout=st.just(True),
    keep_users=st.frozensets(ids),
    max_removals=st.none() | st.integers(0, 8),
)


def tasks(*names: str) -> frozenset[str]:
    return frozenset(names)


def user(user_id: str, *names: str) -> AssignedUser:
    return AssignedUser(user_id, tasks=frozenset(names) or None)


def people(*users: AssignedUser) -> dict[str, AssignedUser]:
    return {one.id: one for one in users}


def make_plan(desired: Sequence[Desired], observed: dict[str, AssignedUser], rules: Rules) -> Plan:
    (users,) = user_lists([Account("1", "2")])
    users.users = dict(observed)
    return plan.make_plan(Target(users, tuple(desired), rules))


def after_plan(plan: Plan, observed: dict[str, AssignedUser]) -> dict[str, AssignedUser]:
    return apply_changes(plan.changes, observed)


def lockout_reasons(plan: Plan, observed: dict[str, AssignedUser], own: OwnUser) -> list[str]:
    """Why the guard refuses the plan, where this is the access token's own user."""
    (users,) = user_lists([Account("1", "2")])
    users.users = dict(observed)
    owner = TokenOwner(t.cast("t.Any", None), [users])
    owner._user = own
    return guard._reasons(plan, observed, owner)


def lockout_refusals(plan: Plan, observed: dict[str, AssignedUser], own_user_id: str | None) -> list[str]:
    return lockout_reasons(plan, observed, OwnUser(own_user_id))


def plan_for(observed: dict[str, AssignedUser], *wanted: Desired, **options: t.Any) -> Plan:
    return make_plan(wanted, observed, dataclasses.replace(Rules(), **options))


@given(wishes, hidden_accounts, rules, st.randoms(use_true_random=False))
def test_order_of_the_input_never_matters(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules, shuffler: random.Random
) -> None:
    plan = make_plan(wanted, observed, rule)
    shuffler.shuffle(wanted)
    entries = list(observed.items())
    shuffler.shuffle(entries)
    again = make_plan(wanted, dict(entries), rule)
    assert again.changes == plan.changes
    assert sorted(again.warnings) == sorted(plan.warnings)
    assert sorted(again.refusals) == sorted(plan.refusals)


@given(wishes, accounts, rules)
def test_the_plan_makes_of_what_is_what_is_wanted(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules
) -> None:
    after = after_plan(make_plan(wanted, observed, rule), observed)
    for wish in wanted:
        if wish.tasks is None:
            assert wish.user_id not in after
        else:
            holds = after[wish.user_id].tasks
            assert holds is not None
            assert (is_exactly if rule.purge_tasks else is_at_least)(wish.tasks, holds)
    asked_about = {wish.user_id for wish in wanted}
    for user_id in observed.keys() | after.keys():
        if user_id not in asked_about:
            assert after.get(user_id) == observed.get(user_id)


@given(wishes, accounts, rules)
def test_a_plan_of_what_a_plan_leaves_is_empty(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules
) -> None:
    after = after_plan(make_plan(wanted, observed, rule), observed)
    assert make_plan(wanted, after, rule).changes == ()


@given(wishes, hidden_accounts, purges, st.randoms(use_true_random=False))
def test_order_never_matters_to_a_purge(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules, shuffler: random.Random
) -> None:
    plan = make_plan(wanted, observed, rule)
    shuffler.shuffle(wanted)
    entries = list(observed.items())
    shuffler.shuffle(entries)
    again = make_plan(wanted, dict(entries), rule)
    assert (again.changes, sorted(again.refusals)) == (plan.changes, sorted(plan.refusals))


@given(wishes, accounts, purges)
def test_a_purge_leaves_those_who_are_wanted_and_those_who_are_kept(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules
) -> None:
    plan = make_plan(wanted, observed, rule)
    after = after_plan(plan, observed)
    present = {wish.user_id for wish in wanted if wish.tasks is not None}
    absent = {wish.user_id for wish in wanted if wish.tasks is None}
    assert after.keys() == present | (rule.keep_users & observed.keys() - absent)
    for user_id in rule.keep_users - present - absent:
        assert after.get(user_id) == observed.get(user_id)
        assert user_id not in {change.user_id for change in plan.changes}
    assert make_plan(wanted, after, rule).changes == ()


@given(wishes, accounts, purges | st.builds(Rules, max_removals=st.integers(0, 8)))
def test_more_removals_than_allowed_are_refused_and_no_fewer(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules
) -> None:
    plan = make_plan(wanted, observed, rule)
    removed = observed.keys() - after_plan(plan, observed).keys()
    too_many = rule.max_removals is not None and len(removed) > rule.max_removals
    assert all("max_removals" in refusal for refusal in plan.refusals)
    assert bool(plan.refusals) == too_many


@given(wishes, hidden_accounts, rules | purges)
def test_a_plan_is_about_each_person_once_and_is_carried_out_in_order(
    wanted: list[Desired], observed: dict[str, AssignedUser], rule: Rules
) -> None:
    changes = make_plan(wanted, observed, rule).changes
    assert len({change.user_id for change in changes}) == len(changes)
    for change in changes:
        assert change.before == observed.get(change.user_id)
        assert (change.operation == "add") is (change.user_id not in observed)
        assert (change.operation == "remove") is (change.tasks is None)


@given(wishes, accounts)
def test_adding_tasks_takes_none_away(wanted: list[Desired], observed: dict[str, AssignedUser]) -> None:
    for change in make_plan(wanted, observed, Rules(purge_tasks=False)).changes:
        if change.operation == "update":
            assert change.before is not None
            assert change.before.tasks is not None
            assert change.tasks is not None
            assert change.before.tasks < change.tasks


@given(wishes, accounts)
def test_additions_come_first_and_removals_last(wanted: list[Desired], observed: dict[str, AssignedUser]) -> None:
    operations = [change.operation for change in make_plan(wanted, observed, Rules()).changes]
    assert operations == sorted(operations, key=["add", "update", "remove"].index)


@given(wishes, accounts, ids)
def test_a_plan_without_refusals_locks_nobody_out(
    wanted: list[Desired], observed: dict[str, AssignedUser], own_user_id: str
) -> None:
    plan = make_plan(wanted, observed, Rules())
    assume(not lockout_refusals(plan, observed, own_user_id))
    after = after_plan(plan, observed)
    if own_user_id in observed:
        before_tasks, after_tasks = observed[own_user_id].tasks, after[own_user_id].tasks
        assert before_tasks is not None
        assert after_tasks is not None
        assert has_full_control(after_tasks) or admin_tasks(before_tasks) <= after_tasks
    if any(manages(one) for one in observed.values()):
        assert any(manages(one) for one in after.values())


@given(wishes, accounts, ids)
def test_whoever_loses_nothing_is_not_in_the_way(
    wanted: list[Desired], observed: dict[str, AssignedUser], own_user_id: str
) -> None:
    plan = make_plan(wanted, observed, Rules())
    if not any(change.takes_access for change in plan.changes):
        assert lockout_refusals(plan, observed, own_user_id) == []
        assert not leaves_no_manager(plan, observed)


@pytest.mark.parametrize(
    ("wanted", "holds", "exactly", "at_least"),
    [
        (tasks("MANAGE"), tasks("MANAGE"), True, True),
        (tasks("MANAGE"), tasks("MANAGE", "DEVELOP"), False, True),
        (tasks("MANAGE", "DEVELOP"), tasks("MANAGE"), False, False),
        (tasks("MANAGE"), tasks("FULL_CONTROL"), False, True),
        (tasks("FULL_CONTROL"), tasks("FULL_CONTROL"), True, True),
        (tasks("FULL_CONTROL"), tasks("FULL_CONTROL", "MANAGE"), True, True),
        (tasks("FULL_CONTROL", "DEVELOP"), tasks("FULL_CONTROL", "MANAGE"), True, True),
        (tasks("FULL_CONTROL"), ALL_BUT_FULL_CONTROL, True, True),
        (tasks("FULL_CONTROL"), ALL_BUT_FULL_CONTROL | {"A_TASK_OF_TOMORROW"}, True, True),
        (tasks("FULL_CONTROL"), ALL_BUT_FULL_CONTROL - {"DEVELOP"}, False, False),
        (ALL_BUT_FULL_CONTROL, tasks("FULL_CONTROL"), True, True),
        (tasks("MANAGE"), tasks("MANAGE", "A_TASK_OF_TOMORROW"), False, True),
    ],
)
def test_tasks_are_sets_and_full_control_is_all(
    wanted: frozenset[str], holds: frozenset[str], exactly: bool, at_least: bool
) -> None:
    assert is_exactly(wanted, holds) is exactly
    assert is_at_least(wanted, holds) is at_least


def test_unknown_tasks_are_kept_where_tasks_are_added() -> None:
    observed = people(user("1", "DEVELOP", "A_TASK_OF_TOMORROW"))
    (change,) = plan_for(observed, Desired("1", tasks("MANAGE")), purge_tasks=False).changes
    assert change.tasks == tasks("DEVELOP", "A_TASK_OF_TOMORROW", "MANAGE")


def test_unreadable_tasks() -> None:
    observed, wish = people(user("1")), Desired("1", tasks("MANAGE"))
    warned = plan_for(observed, wish)
    assert (warned.changes, len(warned.warnings), warned.refusals) == ((), 1, ())
    applied = plan_for(observed, wish, unreadable_tasks="apply")
    assert [change.operation for change in applied.changes] == ["update"]
    assert len(plan_for(observed, wish, unreadable_tasks="fail").refusals) == 1
    adding = plan_for(observed, wish, unreadable_tasks="apply", purge_tasks=False)
    assert (adding.changes, len(adding.refusals)) == ((), 1)
    assert [change.operation for change in plan_for(observed, Desired("1", None)).changes] == ["remove"]


@pytest.mark.parametrize(
    ("holds", "wanted", "refused"),
    [
        (["FULL_CONTROL"], None, True),
        (["DEVELOP"], None, True),
        (["FULL_CONTROL"], tasks("MANAGE", "MANAGE_USERS"), True),
        (["MANAGE", "DEVELOP"], tasks("DEVELOP"), True),
        (["MANAGE_USERS", "DEVELOP"], tasks("DEVELOP"), True),
        (["MANAGE", "DEVELOP"], tasks("MANAGE"), False),
        (["MANAGE", "MANAGE_USERS"], tasks("FULL_CONTROL"), False),
        ([], tasks("DEVELOP"), True),
        ([], tasks("FULL_CONTROL"), False),
    ],
)
def test_the_tokens_own_user_keeps_the_keys(holds: list[str], wanted: frozenset[str] | None, refused: bool) -> None:
    observed = people(user("1", *holds), user("2", "FULL_CONTROL"))
    plan = plan_for(observed, Desired("1", wanted), unreadable_tasks="apply")
    assert bool(lockout_refusals(plan, observed, "1")) is refused
    assert lockout_refusals(plan, observed, "2") == []


def test_the_last_who_can_manage_stays() -> None:
    observed = people(user("1", "MANAGE"), user("2", "DEVELOP"))
    assert len(lockout_refusals(plan_for(observed, Desired("1", None)), observed, None)) == 1
    assert len(lockout_refusals(plan_for(observed, Desired("1", tasks("DEVELOP"))), observed, None)) == 1
    assert lockout_refusals(plan_for(observed, Desired("2", None)), observed, None) == []
    handed_over = plan_for(observed, Desired("1", None), Desired("2", tasks("FULL_CONTROL")))
    assert lockout_refusals(handed_over, observed, None) == []


def test_whose_tasks_are_hidden_does_not_count_as_one_who_can_manage() -> None:
    observed = people(user("1", "MANAGE"), user("2"))
    assert len(lockout_refusals(plan_for(observed, Desired("1", None)), observed, None)) == 1
    nobody_known = people(user("1"), user("2"))
    plan = plan_for(nobody_known, Desired("1", None))
    assert lockout_refusals(plan, nobody_known, None) == []
    assert leaves_no_manager(plan, nobody_known)


# The access token's own user, where the API gives an app another id than the lists have


def test_a_user_of_the_own_name_counts_as_the_own_user_where_the_own_id_is_on_no_list() -> None:
    observed = {
        "1": AssignedUser("1", "Deploy Bot", tasks=tasks("FULL_CONTROL")),
        "2": AssignedUser("2", "Jane Doe", tasks=tasks("FULL_CONTROL")),
    }
    removal = plan_for(observed, Desired("1", None))
    (reason,) = lockout_reasons(removal, observed, OwnUser("999", " deploy bot "))
    assert "has the name of the access token's own user" in reason
    assert "(999) is on no list" in reason
    assert lockout_reasons(removal, observed, OwnUser("2", "Deploy Bot")) == [], "the own id is on the list"
    assert lockout_reasons(plan_for(observed, Desired("2", None)), observed, OwnUser("999", "Deploy Bot")) == []


def test_an_own_user_with_all_tasks_but_full_control_is_guarded_as_one_with_full_control() -> None:
    observed = {"1": AssignedUser("1", tasks=ALL_BUT_FULL_CONTROL), "2": AssignedUser("2", tasks=ADMIN_TASKS)}
    plan = plan_for(observed, Desired("1", tasks("MANAGE", "MANAGE_USERS")))
    (reason,) = lockout_refusals(plan, observed, "1")
    assert "would lose FULL_CONTROL" in reason

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The id of a plan, and what becomes of a plan that is not the approved one."""

from __future__ import annotations

import copy
import re
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.approval import (
    Approval,
    check_approval,
    parse_approval,
    plan_id,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]

GRANT: Json = {
    "waba_id": "11",
    "user_id": "1",
    "name": "Jane Doe",
    "operation": "add",
    "tasks": ["DEVELOP"],
    "previous_tasks": None,
    "valid_until": "2026-12-31",
    "reason": "Ticket 7",
}
CHANGE: Json = {**GRANT, "user_id": "2", "operation": "update", "previous_tasks": ["MESSAGING"], "valid_until": None}
REMOVAL: Json = {**CHANGE, "waba_id": "12", "operation": "remove", "tasks": None}
PLAN = [GRANT, CHANGE, REMOVAL]


@given(st.permutations(PLAN))
def test_the_id_of_a_plan_does_not_depend_on_its_order(plan: list[Json]) -> None:
    # A literal: the id has to be the same on every machine and Python, and in every release.
    assert plan_id(plan) == "p7a065a1cc5bf159ea9e89434a044664"


@pytest.mark.parametrize(
    "change",
    [
        {"waba_id": "13"},
        {"user_id": "3"},
        {"operation": "update"},
        {"tasks": ["DEVELOP", "MANAGE"]},
        {"previous_tasks": []},
        {"valid_until": None},
    ],
)
def test_another_plan_has_another_id(change: Json) -> None:
    assert plan_id([{**GRANT, **change}, CHANGE, REMOVAL]) != plan_id(PLAN)
    assert plan_id([CHANGE, REMOVAL]) != plan_id(PLAN)


def test_names_and_reasons_are_not_part_of_the_id() -> None:
    assert plan_id([{**GRANT, "name": "Jane Smith", "reason": None}]) == plan_id([GRANT])


def test_an_approved_plan_may_be_made() -> None:
    check_approval(PLAN, Approval(plan_id(PLAN)))
    check_approval(PLAN, Approval(plan_id(PLAN), tuple(PLAN[::-1])))


def test_with_the_id_alone_another_plan_is_shown_as_it_is_now() -> None:
    with pytest.raises(RefusedError) as caught:
        check_approval([GRANT, REMOVAL], Approval(plan_id(PLAN)))
    assert str(caught.value).splitlines() == [
        (
            f"Nothing was changed: the plan is now {plan_id([GRANT, REMOVAL])}, and {plan_id(PLAN)} was approved."
            " Preview and approve again."
        ),
        "Now: account 11, 1 (Jane Doe): add with DEVELOP (valid until 2026-12-31).",
        "Now: account 12, 2 (Jane Doe): remove, with MESSAGING.",
    ]
    assert caught.value.result == {"plan": [GRANT, REMOVAL], "plan_id": plan_id([GRANT, REMOVAL])}
    with pytest.raises(RefusedError, match=re.escape("Now: no changes.")):
        check_approval([], Approval(plan_id(PLAN)))


def test_with_the_plan_it_is_told_what_is_new_gone_and_different() -> None:
    now = [{**GRANT, "user_id": "4"}, {**CHANGE, "tasks": ["MANAGE"]}, REMOVAL]
    with pytest.raises(RefusedError) as caught:
        check_approval(now, Approval(plan_id(PLAN), tuple(PLAN)))
    assert str(caught.value).splitlines()[1:] == [
        "New: account 11, 4 (Jane Doe): add with DEVELOP (valid until 2026-12-31).",
        "Gone: account 11, 1 (Jane Doe): add with DEVELOP (valid until 2026-12-31).",
        (
            "Different: account 11, 2 (Jane Doe): update from MESSAGING to MANAGE;"
            " approved: update from MESSAGING to DEVELOP."
        ),
    ]


def test_a_message_has_at_most_ten_lines() -> None:
    many = [{**GRANT, "user_id": str(number)} for number in range(50)]
    with pytest.raises(RefusedError) as caught:
        check_approval(many, Approval(plan_id([])))
    lines = str(caught.value).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "And 42 more: see plan."


def test_no_option_is_no_approval() -> None:
    assert parse_approval({"plan": None, "plan_id": None}) is None


def test_an_empty_plan_can_be_approved() -> None:
    assert parse_approval({"plan": [], "plan_id": None}) == Approval(plan_id([]), ())


@pytest.mark.parametrize("value", ["", " ", "abc", plan_id(PLAN).upper(), f"{plan_id(PLAN)} "])
def test_what_is_no_id_is_refused(value: str) -> None:
    with pytest.raises(OptionError, match=r"^plan_id must be the id of a plan"):
        parse_approval({"plan": None, "plan_id": value})


def test_a_plan_that_was_tampered_with_is_refused() -> None:
    plan = copy.deepcopy(PLAN)
    plan[0]["tasks"].append("MANAGE")
    with pytest.raises(OptionError, match="is not the id of plan"):
        parse_approval({"plan": plan, "plan_id": plan_id(PLAN)})


def test_what_a_given_plan_says_is_shown_as_one_line_of_text() -> None:
    plan = [{**GRANT, "tasks": ["\ud800", "\x1b[2J\nGone: all"], "valid_until": "\x00"}]
    with pytest.raises(RefusedError) as caught:
        check_approval([], Approval(plan_id(plan), tuple(plan)))
    (line,) = str(caught.value).splitlines()[1:]
    assert line.isprintable()
    line.encode()


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([None], r"^plan\[0\] must be a change"),
        (["plan.json"], r"^plan\[0\] must be a change"),
        ([GRANT, {}], r"^plan\[1\] must be a change"),
        ([{**GRANT, "waba_id": "1/2"}], r"^plan\[0\]\.waba_id must be an id"),
        ([{**GRANT, "user_id": None}], r"^plan\[0\]\.user_id is empty"),
        ([{**GRANT, "user_id": 1}], r"^plan\[0\]\.user_id must be an id"),
        ([{**GRANT, "operation": "grant"}], r"^plan\[0\] has an operation or tasks"),
        ([{**GRANT, "operation": ["add"]}], r"^plan\[0\] has an operation or tasks"),
        ([{**GRANT, "tasks": "DEVELOP"}], r"^plan\[0\] has an operation or tasks"),
        ([{**GRANT, "previous_tasks": [1]}], r"^plan\[0\] has an operation or tasks"),
        ([{**GRANT, "valid_until": 1}], r"^plan\[0\]\.valid_until must be a text or null"),
        ([GRANT, GRANT], "^plan has two changes of the same user"),
    ],
)
def test_what_is_no_plan_is_refused(plan: list[t.Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        parse_approval({"plan": plan, "plan_id": None})

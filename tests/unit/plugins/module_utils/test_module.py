# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import with_remedy
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import graph_argument_spec, user_argument_spec

OPTIONS: dict[str, t.Any] = {
    **graph_argument_spec(),
    **user_argument_spec(),
    "users": {"type": "list", "elements": "dict", "options": user_argument_spec()},
}
REACH = {"access_token": "x", "waba_id": "1", "business_id": "2"}
GOOD = {"user_id": "3", "tasks": ["DEVELOP"]}


def refusal(spec: dict[str, t.Any], given: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a task with these options is told: Ansible's message, whatever its words are in this release, completed."""
    for variable in ("WABA_ACCESS_TOKEN", "WABA_ID", "WABA_BUSINESS_ID"):
        monkeypatch.delenv(variable, raising=False)
    return with_remedy(ArgumentSpecValidator(spec).validate(given).error_messages[0])


@pytest.mark.parametrize(
    ("missing", "ends"),
    [
        (["access_token"], "Set the environment variable WABA_ACCESS_TOKEN, or give the option."),
        (
            ["access_token", "business_id", "waba_id"],
            "Set the environment variables WABA_ACCESS_TOKEN, WABA_BUSINESS_ID, WABA_ID, or give the options.",
        ),
        (["user_id"], "missing required arguments: user_id"),
    ],
)
def test_what_is_missing_can_come_from_the_environment(
    missing: list[str], ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {option: value for option, value in {**REACH, **GOOD}.items() if option not in missing}
    assert refusal(OPTIONS, given, monkeypatch).endswith(ends)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tasks": ["DEVLOP"]}, "value of tasks cannot be DEVLOP (did you mean DEVELOP?)"),
        ({"tasks": ["develop"]}, "value of tasks cannot be develop (did you mean DEVELOP?)"),
        (
            {"users": [{**GOOD, "tasks": ["DEVELOP", "MESAGING"]}]},
            "value of tasks found in users cannot be MESAGING (did you mean MESSAGING?)",
        ),
        ({"tasks": ["XYZ"]}, f"value of tasks must be one or more of: {', '.join(TASKS)}. Got no match for: XYZ"),
        ({"state": "abset"}, "value of state cannot be abset (did you mean absent?)"),
        ({"state": "nowhere"}, "value of state must be one of: present, absent, got: nowhere"),
    ],
)
def test_a_mistyped_value_is_answered_with_the_one_that_is_meant(
    given: dict[str, t.Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal(OPTIONS, {**REACH, **GOOD, **given}, monkeypatch) == words


def test_values_that_are_close_to_none_stay_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(OPTIONS, {**REACH, **GOOD, "tasks": ["XYZ", "DEVLOP"]}, monkeypatch)
    assert "MANAGE_BILLING" in message
    assert "DEVLOP (did you mean DEVELOP?)" in message


def test_a_mistyped_option_is_answered_with_the_one_that_is_meant() -> None:
    start, end = "Unsupported parameters for (x) module: ", ". Supported parameters include: tasks, user_id (user)."
    assert with_remedy(f"{start}user_idd{end}") == f"{start}user_idd (did you mean user_id or user?){end}"


def test_other_messages_stay_as_they_are() -> None:
    assert with_remedy("Something else") == "Something else"

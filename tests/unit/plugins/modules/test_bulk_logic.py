# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_users as run
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"
MARIA = "4567890123456789"


def entry(user_id: str, tasks: list[str] | None = None, state: str = "present") -> dict[str, t.Any]:
    return {"user_id": user_id, "tasks": tasks, "state": state}


def assigned_users(bench: Bench, users: list[dict[str, t.Any]], **params: t.Any) -> dict[str, t.Any]:
    options = {
        "waba_id": bench.sandbox.waba_id,
        "business_id": bench.sandbox.business_id,
        "check_mode": False,
        "purge_users": False,
        "keep_users": [],
        "max_removals": None,
        "batch_size": 50,
        "purge_tasks": True,
        "verify": True,
        "allow_lockout": False,
        "unreadable_tasks": "warn",
        "plan": None,
        "plan_id": None,
    }
    return run({**options, "users": users, **params}, bench.client())


def test_the_result(bench: Bench) -> None:
    result = assigned_users(bench, [entry(JANE, ["DEVELOP"]), entry(MARIA, state="absent")])
    assert result["changed"]
    assert {user["id"] for user in result["assigned_users"]} == bench.sandbox.assigned().keys()
    assert result["added"] == [{"id": JANE, "tasks": ["DEVELOP"]}]
    assert [user["id"] for user in result["removed"]] == [MARIA]
    assert result["diff"]["before"].splitlines() == sorted(result["diff"]["before"].splitlines())
    assert f"{JANE}: DEVELOP\n" in result["diff"]["after"]
    assert "failed" not in result


def test_a_purge_with_an_empty_list_can_be_meant(bench: Bench) -> None:
    assert assigned_users(bench, [], purge_users=True, allow_lockout=True)["changed"]
    assert bench.sandbox.assigned() == {}


def test_people_named_twice_are_refused_with_both_places(bench: Bench) -> None:
    users = [entry(JANE, ["DEVELOP"]), entry(MARIA, state="absent"), entry(JANE, state="absent")]
    with pytest.raises(OptionError, match=rf"users\[0\] and users\[2\] are the same person \({JANE}\)"):
        assigned_users(bench, users)
    assert bench.sandbox.log == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"users": [entry(JANE, ["DEVELOP"]), entry("12/34", ["DEVELOP"])]}, r"users\[1\]\.user_id"),
        ({"users": [entry(JANE, [])]}, r"users\[0\]\.tasks"),
        ({"keep_users": [MARIA, "x"]}, r"keep_users\[1\]"),
        (
            {"users": [entry(JANE, ["DEVELOP"]), entry(MARIA, state="absent")], "keep_users": [MARIA]},
            r"keep_users\[0\] and users\[1\], which is to be absent",
        ),
        ({"users": [], "purge_users": True}, "allow_lockout"),
        ({"users": [entry(MARIA, state="absent")], "purge_users": True}, "allow_lockout"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 51}, "batch_size"),
        ({"max_removals": -1}, "max_removals"),
    ],
)
def test_bad_values_are_refused_before_any_request(bench: Bench, params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        assigned_users(bench, **{"users": [entry(JANE, ["DEVELOP"])], **params})
    assert bench.sandbox.log == []

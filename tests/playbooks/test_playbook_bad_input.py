# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as YAML gives them and Ansible passes them on: what is no id is refused, what means one is taken.

Every mistake in every option is tried by the unit tests of the modules.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox import Sandbox
from support.playbooks import JANE, Json, Run, play, run_playbook, task, waba_environment

INFO, USER = "waba_assigned_users_info", "waba_assigned_user"
GOOD: Json = {"user_id": JANE, "tasks": ["DEVELOP"]}
# What another type, a template or Ansible's own conversion could make another value of; the option that is named.
BAD: dict[str, tuple[str, Json, str]] = {
    "null": (USER, {**GOOD, "user_id": None}, "user_id"),
    "float": (INFO, {"waba_id": 1.2345678901234567e20}, "waba_id"),
    "bool": (INFO, {"business_id": True}, "business_id"),
    "list": (USER, {**GOOD, "user_id": ["1234567890123456"]}, "user_id"),
    "dict": (USER, {**GOOD, "user_id": {"id": "1234567890123456"}}, "user_id"),
    "template": (USER, {**GOOD, "user_id": "{{ 1.5 }}"}, "user_id"),
    "trailing newline": (INFO, {"waba_id": "1234567890123456\n"}, "waba_id"),
    "full-width digits": (INFO, {"waba_id": "\uff11\uff12"}, "waba_id"),
    "control character": (INFO, {"access_token": "EAAbadInput7Qm2ZCxT9pL\x00"}, "access_token"),
    "endless": (INFO, {"retries": "inf"}, "retries"),
    "unknown option": (INFO, {"page_limit": 1}, "page_limit"),
}


@pytest.fixture(scope="module")
def mistyped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every mistake, and one that is not ignored before a task that is right."""
    tasks = [task(name, module, options, ignore_errors=True) for name, (module, options, _option) in BAD.items()]
    tasks += [task("bad", USER, {**GOOD, "user_id": "abc"}), task("good", USER, GOOD)]
    with Sandbox() as sandbox:
        run = run_playbook(tmp_path_factory.mktemp("bad"), [play(tasks)], environment=waba_environment(sandbox))
        assert sandbox.log == []
    return run


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_words_that_name_the_option(mistyped: Run, name: str) -> None:
    result = mistyped.by_name[name]
    assert result.status == "failed"
    assert BAD[name][2] in result.message
    assert not result.result.get("changed")
    assert "Traceback" not in mistyped.output


def test_bad_input_ends_the_playbook(mistyped: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """Where errors are not ignored, ansible-playbook says so to its caller; in check mode, too."""
    checked = run_playbook(
        tmp_path,
        [play([task("bad", USER, {**GOOD, "user_id": "abc"}), task("good", USER, GOOD)])],
        environment=waba_environment(sandbox),
        arguments=["--check"],
    )
    for run in (mistyped, checked):
        assert run.rc == 2
        assert run.results[-1].name == "bad"
    assert sandbox.log == []


def test_ids_may_be_numbers_and_addresses_may_end_in_a_slash(sandbox: Sandbox, tmp_path: Path) -> None:
    """What YAML makes of an id without quotes is exact up to any size: it is accepted. So are the ways to name this
    machine."""
    port = sandbox.url.rpartition(":")[2]
    numbers = {"waba_id": int(sandbox.waba_id), "business_id": int(sandbox.business_id)}
    run = run_playbook(
        tmp_path,
        [
            play(
                [
                    task("numbers", USER, {**GOOD, **numbers, "user_id": int(JANE)}),
                    task("list of numbers", INFO, {"user_ids": [int(JANE)]}),
                    task("slash", INFO, {"api_url": f"{sandbox.url}/"}),
                    task("localhost", INFO, {"api_url": f"http://localhost:{port}"}),
                ]
            )
        ],
        environment=waba_environment(sandbox),
    )
    assert run.rc == 0, run.output
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert [user["id"] for user in run.by_name["list of numbers"].result["assigned_users"]] == [JANE]
    assert {request.path for request in sandbox.log} == {f"/v23.0/{sandbox.waba_id}/assigned_users"}

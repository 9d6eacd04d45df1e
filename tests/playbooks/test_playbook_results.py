# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible makes of a module's result: the status, the diff, warnings, failures, and what comes after them.

What the results are in every case, the unit tests of the modules say.
"""

from __future__ import annotations

import pytest
from sandbox import Fault, Sandbox
from sandbox.seed import OWN_USER
from support.playbooks import JANE, MARIA, Run, play, run_playbook, task, waba_environment

USER, INFO = "waba_assigned_user", "waba_assigned_users_info"
ADD = {"user_id": JANE, "tasks": ["MESSAGING"]}
TASKS = [
    task("preview", USER, ADD, check_mode=True),
    task("add", USER, ADD),
    task("again", USER, ADD),
    task("loop", USER, {"user_id": "{{ item }}", "state": "absent"}, loop=[JANE, MARIA]),
    task("lockout", USER, {"user_id": OWN_USER, "state": "absent"}, ignore_errors=True),
    task("old version", INFO, {"api_version": "v16.0"}),
    task("refused", USER, {"user_id": MARIA, "tasks": ["DEVELOP"]}, environment={"WABA_ID": "1111111111111111"}),
    task("not reached", INFO, {}),
]
REFUSAL = Fault(
    "status",
    waba_id="1111111111111111",
    status=403,
    code=200,
    subcode=1349174,
    message="Need permission on this account",
    is_transient=False,
    user_title="Permission Denied",
    user_msg="Your app may not do this",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of all tasks."""
    with Sandbox(faults=[REFUSAL]) as sandbox:
        return run_playbook(
            tmp_path_factory.mktemp("results"),
            [play(TASKS)],
            environment=waba_environment(sandbox),
            watch=sandbox,
            arguments=["--diff"],
        )


def test_a_failure_that_is_not_ignored_ends_the_playbook(run: Run) -> None:
    assert run.rc == 2
    assert [(result.name, result.status) for result in run.results] == [
        ("preview", "ok"),
        ("add", "ok"),
        ("again", "ok"),
        ("loop", "ok"),
        ("lockout", "failed"),
        ("old version", "ok"),
        ("refused", "failed"),
    ]
    assert "Traceback" not in run.output


def test_check_mode_predicts_and_writes_nothing(run: Run) -> None:
    preview, add, again = run.results[:3]
    assert [result.result["changed"] for result in (preview, add, again)] == [True, True, False]
    assert preview.result["diff"] == add.result["diff"]
    assert JANE not in preview.assigned
    assert add.assigned[JANE] == again.assigned[JANE] == ["MESSAGING"]


def test_a_diff_is_shown(run: Run) -> None:
    """In check mode and for real."""
    assert run.stdout.count(f"+{JANE}: MESSAGING") == 2


def test_a_loop_has_a_result_an_item(run: Run) -> None:
    loop = run.by_name["loop"]
    assert [one["changed"] for one in loop.result["results"]] == [True, True]
    assert JANE not in loop.assigned
    assert MARIA not in loop.assigned
    assert f"-{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES" in run.stdout


def test_a_refusal_is_a_failed_task_that_can_be_ignored(run: Run) -> None:
    lockout = run.by_name["lockout"]
    assert "access token's own user" in lockout.message
    assert (lockout.result["changed"], lockout.result["graph_error"]) == (False, None)
    assert OWN_USER in lockout.assigned


def test_a_warning_is_shown(run: Run) -> None:
    assert "answered as version v21.0, not v16.0" in run.by_name["old version"].warnings
    assert "answered as version v21.0, not v16.0" in " ".join(run.stderr.split())


def test_everything_that_the_api_says_is_returned(run: Run) -> None:
    """All nine members of its error, in the result and, of those for people, in the message."""
    refused = run.by_name["refused"]
    error = refused.result["graph_error"]
    assert error.pop("fbtrace_id") in refused.message
    assert error == {
        "http_status": 403,
        "code": 200,
        "error_subcode": 1349174,
        "type": "OAuthException",
        "message": "Need permission on this account",
        "error_user_title": "Permission Denied",
        "error_user_msg": "Your app may not do this",
        "is_transient": False,
    }
    for words in ("HTTP 403", "code 200", "subcode 1349174", "Permission Denied", "Your app may not do this"):
        assert words in refused.message
        assert words in " ".join(run.output.split())

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole lists: the module waba_assigned_users, the role waba_access, and the playbooks export, apply and offboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox import Fault, Sandbox
from system.playbooks import AHMED, JANE, JOHN, MARIA, Json, play, run_named, run_playbook, task, waba_environment

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
ACCOUNTS: list[Json] = [{"waba_id": SUPPORT, "name": "Support"}, {"waba_id": MARKETING}]
PEOPLE = {"ahmed": AHMED, "jane": JANE, "john": JOHN, "maria": MARIA}


def access(*accounts: Json, **variables: Any) -> Json:
    return {"waba_access_people": PEOPLE, "waba_access_accounts": list(accounts), **variables}


def users(**tasks: list[str] | None) -> list[Json]:
    return [
        {"person": person, "tasks": held} if held else {"person": person, "state": "absent"}
        for person, held in tasks.items()
    ]


def methods(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.log]


def test_a_list_in_one_task(tmp_path: Path, sandbox: Sandbox) -> None:
    wanted = [{"user_id": int(JANE), "tasks": ["DEVELOP"]}, {"user_id": MARIA, "state": "absent"}]
    tasks = [
        task("preview", "waba_assigned_users", {"users": wanted}, check_mode=True),
        task("run", "waba_assigned_users", {"users": wanted}),
        task("again", "waba_assigned_users", {"users": wanted}),
        task("twice", "waba_assigned_users", {"users": [wanted[0], wanted[0]]}, ignore_errors=True),
        task("no tasks", "waba_assigned_users", {"users": [{"user_id": JANE}]}, ignore_errors=True),
        task("everybody", "waba_assigned_users", {"users": [], "purge_users": True}, ignore_errors=True),
    ]
    run = run_playbook(tmp_path, [play(tasks)], environment=waba_environment(sandbox), watch=sandbox)
    results = run.by_name
    for key in ("changed", "added", "updated", "removed", "diff"):
        assert results["preview"].result[key] == results["run"].result[key]
    assert results["run"].result["added"] == [{"id": JANE, "tasks": ["DEVELOP"]}]
    assert [user["id"] for user in results["run"].result["removed"]] == [MARIA]
    assert results["run"].assigned[JANE] == ["DEVELOP"]
    assert MARIA not in results["run"].assigned
    # Read, whose token is it, one call for each of two changes, read back.
    assert (results["run"].result["api_calls"], results["run"].requests - results["preview"].requests) == (5, 5)
    assert (results["again"].result["changed"], results["again"].result["api_calls"]) == (False, 1)
    assert "users[0] and users[1]" in results["twice"].message
    assert "tasks" in results["no tasks"].message
    assert "allow_lockout" in results["everybody"].message
    assert results["everybody"].assigned == results["run"].assigned


def test_what_failed_is_in_the_result(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("status", user=JANE, status=403, code=200, message="Permissions error", times=0))
    wanted = [{"user_id": JANE, "tasks": ["DEVELOP"]}, {"user_id": AHMED, "tasks": ["DEVELOP"]}]
    options = {"users": wanted}
    run = run_playbook(
        tmp_path, [play([task("run", "waba_assigned_users", options)])], environment=waba_environment(sandbox)
    )
    (result,) = run.results
    assert run.rc != 0
    assert result.result["changed"]
    assert [user["id"] for user in result.result["updated"]] == [AHMED]
    (failed,) = result.result["failed_users"]
    assert (failed["id"], failed["operation"], failed["graph_error"]["code"]) == (JANE, "add", 200)
    assert sandbox.tasks_of(AHMED) == {"DEVELOP"}


def test_what_is_exported_changes_nothing_when_applied(tmp_path: Path, sandbox: Sandbox) -> None:
    first = run_named(tmp_path / "1", sandbox, "export", {"accounts": ACCOUNTS})
    assert first.rc == 0, first.output
    assert methods(sandbox) == ["POST", "GET"]  # both accounts in a batch, and the people of the business
    written = tmp_path / "1" / "access.yml"
    assert written.stat().st_mode & 0o777 == 0o600
    variables = yaml.safe_load(written.read_text(encoding="utf-8"))
    assert variables["waba_access_people"]["maria_garcia"] == {"email": "maria.garcia@example.com", "id": MARIA}

    applied = run_named(tmp_path / "2", sandbox, "apply", {**variables, "waba_access_purge_users": True})
    assert applied.rc == 0, applied.output
    assert not any(result.result.get("changed") for result in applied.results)
    assert methods(sandbox) == ["GET", "GET", "GET"]

    again = run_named(tmp_path / "3", sandbox, "export", {"accounts": ACCOUNTS, "dest": str(written)})
    assert not any(result.result.get("changed") for result in again.results)
    one = run_named(tmp_path / "4", sandbox, "export", {})
    assert one.rc == 0, one.output
    (account,) = yaml.safe_load((tmp_path / "4" / "access.yml").read_text(encoding="utf-8"))["waba_access_accounts"]
    assert account["waba_id"] == SUPPORT


def test_the_role_brings_accounts_to_what_is_written_down(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = access(
        {**ACCOUNTS[0], "users": users(jane=["DEVELOP"], maria=None)},
        {**ACCOUNTS[1], "users": users(jane=["MESSAGING"], john=["MANAGE"]), "purge_users": True, "keep_users": []},
        waba_access_keep_users=["john"],
        waba_access_allow_lockout=True,
    )
    before = {waba: sandbox.assigned(waba) for waba in (SUPPORT, MARKETING)}
    preview = run_named(tmp_path / "1", sandbox, "apply", variables, ["--check", "--diff"])
    assert preview.rc == 0, preview.output
    assert set(methods(sandbox)) == {"GET"}
    assert {waba: sandbox.assigned(waba) for waba in (SUPPORT, MARKETING)} == before
    assert f"+{JANE}: DEVELOP" in preview.stdout
    assert f"-{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES" in preview.stdout

    run = run_named(tmp_path / "2", sandbox, "apply", variables, ["--diff"])
    assert run.rc == 0, run.output
    assert [line for line in run.stdout.splitlines() if line[:1] in "+-@"] == [
        line for line in preview.stdout.splitlines() if line[:1] in "+-@"
    ]
    assert sandbox.tasks_of(JANE, SUPPORT) == {"DEVELOP"}
    assert sandbox.tasks_of(MARIA, SUPPORT) is None
    assert sandbox.assigned(MARKETING) == {JANE: {"MESSAGING"}, JOHN: {"MANAGE"}}

    again = run_named(tmp_path / "3", sandbox, "apply", variables)
    assert not any(result.result.get("changed") for result in again.results)


def test_a_name_that_is_not_known_stops_everything_before_the_first_call(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = access(
        {**ACCOUNTS[0], "users": users(jane=["DEVELOP"])}, {**ACCOUNTS[1], "users": users(jan=["DEVELOP"])}
    )
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    assert f"account {MARKETING}, users[0]: person 'jan' is not in waba_access_people" in run.stdout + run.stderr
    assert sandbox.log == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"waba_access_accounts": [{"waba_id": SUPPORT}]}, "users"),
        ({"waba_access_accounts": [{"users": []}]}, "waba_id"),
        ({"waba_access_accounts": [{"waba_id": SUPPORT, "users": [], "purge_user": True}]}, "purge_user"),
        ({"waba_access_accounts": [{"waba_id": SUPPORT, "users": [{"person": "jane", "tasks": ["X"]}]}]}, "X"),
        (access({"waba_id": "12/34", "users": users(jane=["DEVELOP"])}), "waba_id must be an id"),
    ],
)
def test_variables_that_make_no_sense_are_refused(
    tmp_path: Path, sandbox: Sandbox, variables: Json, words: str
) -> None:
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    assert words in run.stdout + run.stderr
    assert sandbox.log == []


def test_one_account_that_fails_does_not_stop_the_others(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("status", path=SUPPORT, user=JANE, status=403, code=200, times=0))
    everywhere = {"users": users(jane=["DEVELOP"])}
    run = run_named(tmp_path, sandbox, "apply", access({**ACCOUNTS[0], **everywhere}, {**ACCOUNTS[1], **everywhere}))
    assert run.rc != 0
    assert sandbox.tasks_of(JANE, MARKETING) == {"DEVELOP"}
    (told,) = run.results[-1].result["msg"]
    assert told.startswith(f"Account Support ({SUPPORT}) (about jane): Could not assign DEVELOP to {JANE}")


def test_the_role_takes_how_to_reach_the_api_from_module_defaults(tmp_path: Path, sandbox: Sandbox) -> None:
    reach = {"access_token": sandbox.token, "api_url": sandbox.url}
    applied = play(
        [],
        module_defaults={"group/metaops.whatsapp.waba": reach},
        roles=[{"role": "metaops.whatsapp.waba_access"}],
        vars=access({**ACCOUNTS[0], "users": users(jane=["DEVELOP"])}, waba_access_business_id=sandbox.business_id),
    )
    run = run_playbook(tmp_path, [applied])
    assert run.rc == 0, run.output
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


def test_examples_access_yml_is_one_that_the_role_takes(tmp_path: Path, sandbox: Sandbox) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "access.yml"
    variables = yaml.safe_load(example.read_text(encoding="utf-8"))
    run = run_named(tmp_path, sandbox, "apply", variables, ["--check"])
    assert run.rc == 0, run.output


def test_somebody_leaves(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = access(*({**account, "users": []} for account in ACCOUNTS), person="maria")
    before = sandbox.assigned()
    preview = run_named(tmp_path / "1", sandbox, "offboard", variables, ["--check"])
    assert preview.rc == 0, preview.output
    assert preview.by_name["Say what was done"].result["msg"] == [
        f"Support ({SUPPORT}): access would be taken away (MESSAGING, VIEW_TEMPLATES)",
        f"{MARKETING}: had no access",
    ]
    assert sandbox.assigned() == before

    run = run_named(tmp_path / "2", sandbox, "offboard", variables)
    assert (
        run.by_name["Say what was done"].result["msg"][0]
        == f"Support ({SUPPORT}): access taken away (MESSAGING, VIEW_TEMPLATES)"
    )
    assert sandbox.tasks_of(MARIA) is None
    # One batch reads both accounts; who is named by id is not looked up; nothing more is asked of the other account.
    assert len(sandbox.log[0].operations or ()) == 2
    assert not [request for request in sandbox.log if MARKETING in request.path or "business_users" in request.body]

    by_id = run_named(tmp_path / "3", sandbox, "offboard", {**variables, "person": int(AHMED)})
    assert by_id.rc == 0, by_id.output
    assert sandbox.tasks_of(AHMED) is None


def test_somebody_cannot_leave_everywhere(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.configure(protected=[JOHN])
    variables = access(*({**account, "users": []} for account in ACCOUNTS), person="john")
    run = run_named(tmp_path, sandbox, "offboard", variables)
    assert run.rc != 0
    report = run.results[-1].result["msg"]
    assert len(report) == 2
    assert all("FAILED, Could not remove" in line and "business asset group" in line for line in report)


@pytest.mark.parametrize("variables", [{}, {"person": "maria"}, access(person=" "), access()])
def test_an_offboarding_without_a_person_or_accounts_does_nothing(
    tmp_path: Path, sandbox: Sandbox, variables: Json
) -> None:
    accounts = [{**account, "users": []} for account in ACCOUNTS]
    given = {**variables, **({"waba_access_accounts": accounts} if "waba_access_accounts" in variables else {})}
    run = run_named(tmp_path, sandbox, "offboard", given)
    assert run.rc != 0
    assert sandbox.log == []

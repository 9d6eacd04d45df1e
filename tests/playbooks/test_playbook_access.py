# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole lists: the module waba_assigned_users, the role waba_access, and the playbooks export, apply and offboard."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox import Fault, Sandbox
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json, play, run_named, run_playbook, task, waba_environment

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
    first = run_named(tmp_path / "1", sandbox, "export", {"waba_access_accounts": ACCOUNTS})
    assert first.rc == 0, first.output
    assert methods(sandbox) == ["POST", "POST"]  # the people of the business, and both accounts
    written = tmp_path / "1" / "access.yml"
    assert written.stat().st_mode & 0o777 == 0o600
    variables = yaml.safe_load(written.read_text(encoding="utf-8"))
    assert variables["waba_access_people"]["maria_garcia"] == {
        "email": "maria.garcia@example.com",
        "id": MARIA,
        "name": "Maria Garcia",
    }
    applied = run_named(tmp_path / "2", sandbox, "apply", {**variables, "waba_access_purge_users": True})
    assert applied.rc == 0, applied.output
    assert not any(result.result.get("changed") for result in applied.results)
    assert methods(sandbox) == ["GET", "POST"]
    everything = run_named(tmp_path / "3", sandbox, "export", {})
    assert everything.rc == 0, everything.output
    accounts = yaml.safe_load((tmp_path / "3" / "access.yml").read_text(encoding="utf-8"))["waba_access_accounts"]
    assert len(accounts) == 3


def test_an_export_replaces_a_file_only_where_it_is_told_to(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "access.yml").write_text("# by hand\n", encoding="utf-8")
    run = run_named(tmp_path, sandbox, "export", {})
    assert run.rc != 0
    assert "access.yml exists. Give another dest, or -e overwrite=true to replace it" in run.stdout
    assert (tmp_path / "access.yml").read_text(encoding="utf-8") == "# by hand\n"
    # The folder that PWD names is not the one where the command is given.
    run = run_named(tmp_path, sandbox, "export", {"overwrite": "true"}, environment={"PWD": "/"})
    assert run.rc == 0, run.output
    assert yaml.safe_load((tmp_path / "access.yml").read_text(encoding="utf-8"))["waba_access_accounts"]


def test_declared_access_is_previewed_and_applied(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = access(
        {**ACCOUNTS[0], "users": users(jane=["DEVELOP"], maria=None)},
        {**ACCOUNTS[1], "users": users(jane=["MESSAGING"], john=["MANAGE"]), "purge_users": True},
        waba_access_keep_users=["john"],
        waba_access_allow_lockout=True,
    )
    before = {waba: sandbox.assigned(waba) for waba in (SUPPORT, MARKETING)}
    preview = run_named(tmp_path / "1", sandbox, "apply", variables, ["--check", "--diff"])
    assert preview.rc == 0, preview.output
    assert {waba: sandbox.assigned(waba) for waba in (SUPPORT, MARKETING)} == before
    assert f"+{JANE} (jane): DEVELOP" in preview.stdout
    assert f"-{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES" in preview.stdout

    run = run_named(tmp_path / "2", sandbox, "apply", variables, ["--diff"])
    assert run.rc == 0, run.output
    assert [line for line in run.stdout.splitlines() if line[:1] in "+-@"] == [
        line for line in preview.stdout.splitlines() if line[:1] in "+-@"
    ]
    assert sandbox.tasks_of(JANE, SUPPORT) == {"DEVELOP"}
    assert sandbox.assigned(MARKETING) == {JANE: {"MESSAGING"}, JOHN: {"MANAGE"}}
    again = run_named(tmp_path / "3", sandbox, "apply", variables)
    assert not any(result.result.get("changed") for result in again.results)


def test_texts_of_a_command_line_mean_what_they_say(tmp_path: Path, sandbox: Sandbox) -> None:
    own = [{"user_id": sandbox.own_user_id, "tasks": "FULL_CONTROL"}, {"person": "jane", "tasks": "DEVELOP,MESSAGING"}]
    variables = access({**ACCOUNTS[0], "users": own})
    run = run_named(tmp_path / "1", sandbox, "apply", variables, ["-e", "waba_access_purge_users=false"])
    assert run.rc == 0, run.output
    assert sandbox.tasks_of(JANE) == {"DEVELOP", "MESSAGING"}
    assert sandbox.tasks_of(MARIA) is not None
    texts = ["-e", "waba_access_purge_users=yes", "-e", f"waba_access_keep_users={MARIA}"]
    run = run_named(tmp_path / "2", sandbox, "apply", variables, texts)
    assert run.rc == 0, run.output
    assert set(sandbox.assigned()) == {sandbox.own_user_id, JANE, MARIA}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "accounts is an empty list"),
        ({"waba_access_account": [{"waba_id": SUPPORT}]}, "accounts is an empty list"),
        ({"waba_access_accounts": [{"waba_id": SUPPORT}]}, "No access is declared"),
        ({"waba_access_accounts": [{"users": []}]}, "accounts[0].waba_id is empty"),
        (access({"waba_id": SUPPORT, "users": [], "purge_user": True}), "accounts[0] has no key purge_user"),
        (access({"waba_id": SUPPORT, "users": users(jan=["DEVELOP"])}), "there is no short name 'jan'"),
        (access({"waba_id": "12/34", "users": users(jane=["DEVELOP"])}), "accounts[0].waba_id must be an id"),
    ],
)
def test_variables_of_the_wrong_form_are_one_message_and_no_call(
    tmp_path: Path, sandbox: Sandbox, variables: Json, words: str
) -> None:
    run = run_named(tmp_path, sandbox, "apply", variables)
    assert run.rc != 0
    assert words in " ".join(run.results[-1].result["msg"])
    assert "Traceback" not in run.output
    assert "Finalization of task args" not in run.output
    assert sandbox.log == []


def test_a_refusal_and_a_failure_are_a_few_lines_without_a_dump(tmp_path: Path) -> None:
    with Sandbox(accounts=30, people_each=20) as sandbox:
        ids = [str(7100000000000000 + number * 13) for number in range(30)]
        sandbox.inject(Fault("status", waba_id=ids[3], user=JANE, status=403, code=200, times=0))
        declared = [{"waba_id": waba_id, "users": users(jane=["DEVELOP"])} for waba_id in ids]
        run = run_named(tmp_path / "1", sandbox, "apply", access(*declared))
        assert run.rc != 0
        first, last = run.results[-1].result["msg"]
        assert first.startswith(f"Account {ids[3]}: Could not assign DEVELOP to {JANE}")
        assert last.startswith("30 accounts: 29 changed, 0 as declared, 1 failed;")
        assert "assigned_users" not in run.stdout, "no result is dumped"
        assert len(run.stdout.splitlines()) < 40

        own = [{"user_id": sandbox.own_user_id, "state": "absent"}]
        run = run_named(tmp_path / "2", sandbox, "apply", access(*({**one, "users": own} for one in declared[:2])))
        assert run.rc != 0
        message = run.results[-1].result["msg"]
        assert message[0] == "Nothing was changed, to keep people from being locked out."
        assert (
            message[-1]
            == "Set allow_lockout (in playbooks waba_access_allow_lockout) to true if this is what you want."
        )
        assert len(message) == 4


def test_the_role_takes_how_to_reach_the_api_from_module_defaults(tmp_path: Path, sandbox: Sandbox) -> None:
    reach = {"access_token": sandbox.token, "api_url": sandbox.url, "business_id": sandbox.business_id, "retries": 0}
    applied = play(
        [],
        module_defaults={"group/metaops.whatsapp.waba": reach},
        roles=[{"role": "metaops.whatsapp.waba_access"}],
        vars=access({**ACCOUNTS[0], "users": users(jane=["DEVELOP"])}),
    )
    run = run_playbook(tmp_path, [applied])
    assert run.rc == 0, run.output
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


def test_examples_access_yml_is_one_that_the_role_takes(tmp_path: Path, sandbox: Sandbox) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "access.yml"
    variables = yaml.safe_load(example.read_text(encoding="utf-8"))
    run = run_named(tmp_path, sandbox, "apply", variables, ["--check"])
    assert run.rc == 0, run.output


# Unquoted dates, as YAML reads them, and a reason that would be markup in Markdown.
CONTRACT = """\
waba_access_people:
  jane: {email: jane.doe@example.com, valid_until: 2099-12-31, reason: "Ticket | [7](http://x)"}
waba_access_accounts:
  - waba_id: "1234567890123456"
    name: Support
    users:
      - {person: jane, tasks: [DEVELOP]}
      - {user_id: "4567890123456789", tasks: [MESSAGING], valid_until: 2020-02-29}
  - waba_id: "6543210987654321"
    users:
      - {person: jane, tasks: [DEVELOP], valid_until: 2099-11-30 18:00:00+01:00}
"""


def test_exactly_the_approved_plan_is_applied(tmp_path: Path, sandbox: Sandbox) -> None:
    declared = tmp_path / "contract.yml"
    declared.write_text(CONTRACT, encoding="utf-8")
    from_file = ("-e", f"@{declared}")
    preview = run_named(tmp_path, sandbox, "plan", {}, from_file)
    assert preview.rc == 0, preview.output
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    # The id is the same on every ansible-core and Python.
    assert plan["plan_id"] == "pb96357238f4ca4de66cf823f37526ad"
    assert [(one["user_id"], one["operation"], one["valid_until"]) for one in plan["plan"]] == [
        (JANE, "add", "2099-12-31"),
        (MARIA, "remove", "2020-02-29"),
        (JANE, "add", "2099-11-30T17:00:00Z"),
    ]
    reason = "Ticket | [7](http://x)"
    assert [one["reason"] for one in plan["plan"]] == [reason, None, reason]
    table = (tmp_path / "plan.md").read_text(encoding="utf-8")
    assert r"| no access | DEVELOP | 2099-12-31 | Ticket \| \[7\]\(http:\/\/x\) |" in table
    for path in ("plan.json", "plan.md"):
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o600
    reads = methods(sandbox)

    tampered = copy.deepcopy(plan)
    tampered["plan"][0]["tasks"] = ["MANAGE"]
    (tmp_path / "tampered.json").write_text(json.dumps(tampered), encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps(plan["plan"]), encoding="utf-8")
    for variables, words in (
        ({"plan": "tampered.json"}, "is not the id of plan"),
        ({"plan": "list.json"}, "plan_id must be the id of a plan"),
        ({"plan": "missing.json"}, "missing.json"),
        ({"plan_id": ""}, "plan_id must be the id of a plan"),
    ):
        refused = run_named(tmp_path, sandbox, "apply", variables, from_file)
        assert refused.rc != 0
        assert words in refused.output
        assert sandbox.log == [], "it was refused before any request"

    sandbox.assign(JANE, ["MESSAGING"], MARKETING)
    before = [sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)]
    for variables, words in (
        ({"plan": "plan.json"}, f"Different: account {MARKETING}, {JANE}"),
        ({"plan_id": plan["plan_id"]}, f"Now: account {MARKETING}, {JANE}"),
    ):
        stale = run_named(tmp_path, sandbox, "apply", variables, from_file)
        assert stale.rc != 0
        assert words in stale.stdout
        assert [sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)] == before
    sandbox.remove(JANE, MARKETING)

    done = run_named(tmp_path, sandbox, "apply", {"plan": "plan.json"}, from_file)
    assert done.rc == 0, done.output
    assert methods(sandbox)[: len(reads)] == reads, "the approval costs no call"
    assert sandbox.tasks_of(JANE) == sandbox.tasks_of(JANE, MARKETING) == {"DEVELOP"}
    assert sandbox.tasks_of(MARIA) is None
    assert f"removed {MARIA} Maria Garcia (MESSAGING, VIEW_TEMPLATES) (ended 2020-02-29)" in done.stdout
    exported = run_named(tmp_path, sandbox, "export", {"dest": "exported.yml"}, from_file)
    assert exported.rc == 0, exported.output
    accounts = yaml.safe_load((tmp_path / "exported.yml").read_text(encoding="utf-8"))["waba_access_accounts"]
    ends = {(one["waba_id"], user["person"]): user.get("valid_until") for one in accounts for user in one["users"]}
    assert ends[SUPPORT, "jane_doe"] == "2099-12-31"
    assert ends[MARKETING, "jane_doe"] == "2099-11-30T17:00:00Z"
    found = run_named(tmp_path, sandbox, "whois", {"person": "jane"}, from_file)
    assert found.rc == 0, found.output
    revoked = run_named(tmp_path, sandbox, "offboard", {"person": "jane"}, from_file)
    assert revoked.rc == 0, revoked.output
    assert sandbox.tasks_of(JANE) is sandbox.tasks_of(JANE, MARKETING) is None
    audited = run_named(tmp_path, sandbox, "audit", {}, from_file)
    assert audited.rc == 0, audited.output

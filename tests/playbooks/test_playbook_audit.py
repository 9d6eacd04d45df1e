# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role waba_access_audit and the playbook audit: what they read, write and refuse."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox import Sandbox
from support.audits import FILES, audit, report
from support.playbooks import AHMED, JANE, JOHN, MARIA, REPORTER, Json, play, run_playbook, waba_environment

sys.path.insert(0, os.environ["METAOPS_COLLECTIONS"])

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.kinds import KINDS

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
HIDDEN = "4321098765432109"
ACCOUNTS: list[Json] = [{"waba_id": int(SUPPORT), "name": "Support"}, {"waba_id": MARKETING}]


def declared(**variables: Any) -> Json:
    """The sandbox's first account as it is, with one person too few and one too many."""
    people = {"john": JOHN, "maria": MARIA, "reporter": REPORTER, "jane": JANE, "bot": "100081234567890123"}
    users = [
        {"person": "john", "tasks": ["MANAGE", "MANAGE_USERS", "MANAGE_TEMPLATES"]},
        {"person": "bot", "tasks": ["FULL_CONTROL"]},
        {"person": "maria", "tasks": ["MESSAGING"]},
        {"person": "reporter", "tasks": ["VIEW_COST", "VIEW_INSIGHTS"]},
        {"person": "jane", "tasks": ["DEVELOP"]},
    ]
    account = {"waba_id": SUPPORT, "name": "Support", "users": users, "purge_users": True}
    return {"waba_access_people": people, "waba_access_accounts": [account], **variables}


def found(written: Json, kind: str) -> list[tuple[str | None, str | None]]:
    return [(finding["waba_id"], finding["user_id"]) for finding in written["findings"] if finding["id"] == kind]


def test_the_report_tells_what_is(tmp_path: Path, sandbox: Sandbox) -> None:
    before = sandbox.assigned()
    sandbox.assign(JANE, ["MANAGE"], MARKETING)
    run = audit(tmp_path, sandbox, {"waba_access_audit_accounts": [*ACCOUNTS, {"waba_id": HIDDEN}]})
    assert run.rc == 0, run.output
    assert sandbox.assigned() == before
    folder = tmp_path / "waba-access-audit"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    written = report(tmp_path)
    accounts = {account["waba_id"]: account for account in written["accounts"]}
    for waba_id in (SUPPORT, MARKETING):
        listed = {user["id"]: set(user["tasks"]) for user in accounts[waba_id]["assigned_users"]}
        assert listed == sandbox.assigned(waba_id)
    assert accounts[SUPPORT]["name"] == "Support"
    assert accounts[SUPPORT]["business_id"] == sandbox.business_id
    assert accounts[HIDDEN]["graph_error"]["code"] == 100
    assert found(written, "account-unreadable") == [(HIDDEN, None)]
    assert (written["drift"], written["changes"]) == (None, None)
    for path in folder.iterdir():
        assert sandbox.token not in path.read_text(encoding="utf-8")
    assert sandbox.token not in run.output
    assert str(folder / "waba-access-audit.html") in run.results[-1].result["msg"][0]


def test_all_accounts_of_the_business_are_audited_without_any_variable(tmp_path: Path, sandbox: Sandbox) -> None:
    run = audit(tmp_path, sandbox, {"dest": "elsewhere"})
    assert run.rc == 0, run.output
    assert [account["waba_id"] for account in report(tmp_path, "elsewhere")["accounts"]] == [
        SUPPORT,
        "5432109876543210",
        MARKETING,
    ]


def test_drift_fails_the_play_after_the_report_is_written(tmp_path: Path, sandbox: Sandbox) -> None:
    run = audit(tmp_path, sandbox, declared(), ["-e", "waba_access_audit_fail_on=drift,personal-user"])
    assert run.rc != 0
    written = report(tmp_path)
    statuses = {entry["user_id"]: entry["status"] for entry in written["drift"]}
    assert statuses == {
        JOHN: "as-declared",
        "100081234567890123": "as-declared",
        MARIA: "different",
        REPORTER: "as-declared",
        JANE: "missing",
        AHMED: "extra",
    }
    assert {user for _account, user in found(written, "drift")} == {MARIA, JANE, AHMED}
    head, counts, gaps, words, *told = run.results[-1].result["msg"]
    assert "was written, with .csv, .json and .ndjson beside it." in head
    assert counts.startswith("Users: ")
    assert gaps.startswith("Not looked at, as not-checked explains: ")
    assert words == "waba_access_audit_fail_on does not allow these findings:"
    assert len(told) == 3
    assert any(line.startswith(f"drift: Ahmed Hassan ({AHMED}) is not declared") for line in told)


def test_drift_is_what_apply_would_change(tmp_path: Path, sandbox: Sandbox) -> None:
    applied = run_playbook(
        tmp_path / "apply",
        [play([], roles=[{"role": "metaops.whatsapp.waba_access"}], vars=declared())],
        environment=waba_environment(sandbox),
    )
    assert applied.rc == 0, applied.output
    run = audit(tmp_path / "audit", sandbox, declared(waba_access_audit_fail_on=["drift"]))
    assert run.rc == 0, run.output
    assert {entry["status"] for entry in report(tmp_path / "audit")["drift"]} == {"as-declared"}


def test_the_baseline_may_be_the_report_that_is_replaced(tmp_path: Path, sandbox: Sandbox) -> None:
    assert audit(tmp_path, sandbox, {}).rc == 0
    sandbox.assign(JANE, ["DEVELOP"])
    sandbox.remove(MARIA)
    sandbox.assign(AHMED, ["MESSAGING"])
    baseline = {"waba_access_audit_baseline": "waba-access-audit/waba-access-audit.json"}
    run = audit(tmp_path, sandbox, {**baseline, "waba_access_audit_fail_on": ["changed-since-baseline"]})
    assert run.rc != 0
    changes = {change["user_id"]: change["change"] for change in report(tmp_path)["changes"]["people"]}
    assert changes == {JANE: "came", MARIA: "went", AHMED: "tasks"}


def test_only_what_is_new_and_not_accepted_fails(tmp_path: Path, sandbox: Sandbox) -> None:
    assert audit(tmp_path, sandbox, {}).rc == 0
    sandbox.assign(JANE, ["DEVELOP"])
    # As in YAML: a date without quotes.
    (tmp_path / "accepted.yml").write_text(
        "waba_access_audit_accept:\n"
        f"  - {{id: changed-since-baseline, account: {SUPPORT}, reason: CHG-1, valid_until: 2999-12-31}}\n",
        encoding="utf-8",
    )
    baseline = {"waba_access_audit_baseline": "waba-access-audit/waba-access-audit.json"}
    run = audit(tmp_path, sandbox, baseline, ["-e", "waba_access_audit_fail_on=new", "-e", "@accepted.yml"])
    assert run.rc == 0, run.output
    assert ", new: 0, accepted: 1." in run.results[-1].result["msg"][1]
    lines = (tmp_path / "waba-access-audit" / FILES[3]).read_text(encoding="utf-8").splitlines()
    events = [(line["event"], line.get("change"), line["user_id"]) for line in map(json.loads, lines)]
    assert ("change", "came", JANE) in events
    (accepted,) = [one["accepted"] for one in report(tmp_path)["findings"] if one["accepted"]]
    assert accepted == {"reason": "CHG-1", "valid_until": "2999-12-31"}


def test_check_mode_reads_and_writes_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    for folder in ("none", "there"):
        target = tmp_path / folder
        if folder == "there":
            (target / "waba-access-audit").mkdir(parents=True)
        run = audit(target, sandbox, declared(waba_access_audit_fail_on=["drift"]), ["--check", "--diff"])
        assert run.rc != 0
        assert list(target.glob("waba-access-audit/*")) == []
        assert "would be written" in run.results[-1].result["msg"][0]
        assert "drift: " in str(run.results[-1].result["msg"])


def test_names_are_harmless_wherever_they_go(tmp_path: Path, sandbox: Sandbox) -> None:
    names = {
        "111": "{{ 7 * 7 }} {% raw %}",
        "222": "<img src=x onerror=alert(1)></script>",
        "333": '=HYPERLINK("http://x")',
        "444": "abc\u202edef\n\x1b[31m",
    }
    for user_id, name in names.items():
        sandbox.add_person(user_id, name, user_type="PERSONAL_USER")
        sandbox.assign(user_id, ["MESSAGING"])
    only: Json = {"waba_access_audit_accounts": [ACCOUNTS[0]]}
    run = audit(tmp_path, sandbox, {**only, "waba_access_audit_fail_on": ["personal-user"]})
    assert run.rc != 0
    users = {user["id"]: user["name"] for user in report(tmp_path)["accounts"][0]["assigned_users"]}
    assert {user_id: users[user_id] for user_id in names} == names
    told = "\n".join(run.results[-1].result["msg"])
    assert "{{ 7 * 7 }} {% raw %} (111)" in told
    assert "abc⟨U+202E⟩def ⟨U+001B⟩[31m (444)" in told
    table = (tmp_path / "waba-access-audit" / FILES[0]).read_bytes().decode("utf-8-sig")
    rows = {row["user_id"]: row["name"] for row in csv.DictReader(io.StringIO(table, newline=""))}
    assert rows["'111"] == names["111"]
    assert rows["'333"] == f"'{names['333']}"
    page = (tmp_path / "waba-access-audit" / FILES[1]).read_text(encoding="utf-8")
    assert "<img" not in page


def test_a_business_whose_people_cannot_be_read_is_a_finding(tmp_path: Path, sandbox: Sandbox) -> None:
    only: Json = {"waba_access_audit_accounts": [ACCOUNTS[0]], "waba_access_audit_activities": True}
    run = audit(tmp_path, sandbox, only, WABA_ACCESS_TOKEN=sandbox.tokens["no-business"])
    assert run.rc == 0, run.output
    written = report(tmp_path)
    gaps = {one["check"]: one["message"] for one in written["findings"] if one["id"] == "not-checked"}
    assert f"The people of the business {sandbox.business_id} could not all be read" in gaps["people"]
    assert sorted(gaps) == ["admins", "asset-groups", "coverage", "invitations", "partners", "people"]
    assert written["activities"]

    only |= {"waba_access_audit_read_people": False}
    silent = audit(tmp_path, sandbox, only, WABA_ACCESS_TOKEN=sandbox.tokens["no-business"])
    assert silent.rc == 0, silent.output
    gaps = {one["check"]: one["message"] for one in report(tmp_path)["findings"] if one["id"] == "not-checked"}
    assert gaps["people"].endswith("as read_people is false.")


def test_emails_are_in_the_report_when_asked_for_alone(tmp_path: Path, sandbox: Sandbox) -> None:
    assert audit(tmp_path, sandbox, {}).rc == 0
    assert all(
        "@" not in (tmp_path / "waba-access-audit" / name).read_text(encoding="utf-8")
        for name in (FILES[0], *FILES[2:])
    )
    assert audit(tmp_path, sandbox, {"waba_access_audit_emails": True}).rc == 0
    emails = {user["id"]: user["email"] for user in report(tmp_path)["accounts"][0]["assigned_users"]}
    assert "@" in emails[JOHN]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"waba_access_audit_fail_on": ["drfit"]}, ["drfit", "did you mean drift"]),
        ({"waba_access_audit_accounts": [{"name": "Support"}]}, ["waba_id"]),
        ({"waba_access_audit_accounts": [{"waba_id": SUPPORT, "busines_id": "1"}]}, ["busines_id"]),
        ({"waba_access_audit_baseline": "nowhere.json"}, ["nowhere.json"]),
        (
            {"waba_access_accounts": [{"waba_id": SUPPORT, "users": [{"person": "jan", "task": ["DEVELOP"]}]}]},
            ["accounts[0].users[0] has no key task"],
        ),
    ],
)
def test_variables_that_make_no_sense_are_refused_before_any_call(
    tmp_path: Path, sandbox: Sandbox, variables: Json, words: list[str]
) -> None:
    run = audit(tmp_path, sandbox, variables)
    assert run.rc != 0
    assert all(word in run.stdout + run.stderr for word in words), run.output
    assert sandbox.log == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"waba_access_audit_max_full_control": -1}, "max_full_control must be between 0"),
        (
            {"waba_access_audit_accounts": [ACCOUNTS[0], ACCOUNTS[0]]},
            "audit_accounts[0] and audit_accounts[1] are the same",
        ),
        ({"waba_access_audit_baseline": "variables.json"}, "not an earlier report of the role waba_access_audit"),
    ],
)
def test_what_makes_no_report(tmp_path: Path, sandbox: Sandbox, variables: Json, words: str) -> None:
    run = audit(tmp_path, sandbox, variables)
    assert run.rc != 0
    assert words in run.stdout + run.stderr
    assert not (tmp_path / "waba-access-audit").exists()


def test_what_apply_sees_of_hosts_is_what_the_audit_sees(tmp_path: Path, sandbox: Sandbox) -> None:
    """The users and the rules of hosts, beside a file of short names."""
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "company.waba.yml").write_text("plugin: metaops.whatsapp.waba\n", encoding="utf-8")
    own = {"waba_access_users": declared()["waba_access_accounts"][0]["users"], "waba_access_purge_users": True}
    (tmp_path / "host_vars" / f"{SUPPORT}.yml").write_text(json.dumps(own), encoding="utf-8")
    people = {"waba_access_people": declared()["waba_access_people"]}
    hosts = ["-i", "company.waba.yml", "-e", f"waba_hosts={SUPPORT}"]
    for arguments, drifted in (([], {MARIA, JANE, AHMED}), (["-e", "waba_access_purge_users=false"], {MARIA, JANE})):
        run = audit(tmp_path, sandbox, people, [*hosts, *arguments])
        assert run.rc == 0, run.output
        assert {user for _account, user in found(report(tmp_path), "drift")} == drifted


def test_hosts_can_have_reports_of_their_own(tmp_path: Path, sandbox: Sandbox) -> None:
    hosts = {"all": {"hosts": {"one": {"id": SUPPORT}, "two": {"id": MARKETING}}}}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    variables = {
        "waba_access_audit_accounts": [{"waba_id": "{{ id }}"}],
        "waba_access_audit_dest": f"{tmp_path}/{{{{ inventory_hostname }}}}",
    }
    role = {"role": "metaops.whatsapp.waba_access_audit"}
    run = run_playbook(
        tmp_path,
        [play([], roles=[role], vars=variables, hosts="one,two", connection="local")],
        environment=waba_environment(sandbox),
        arguments=["-i", "hosts.json"],
    )
    assert run.rc == 0, run.output
    assert [report(tmp_path, name)["accounts"][0]["waba_id"] for name in ("one", "two")] == [SUPPORT, MARKETING]


def test_the_guide_names_every_kind_of_finding() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/docsite/rst/guide_audit.rst").read_text(encoding="utf-8")
    told = re.findall(r"^``([a-z-]+)`` \((\w+)\)\n((?:   .*\n|\n)+)", guide, re.MULTILINE)
    kinds = KINDS.values()
    assert [(kind_id, severity) for kind_id, severity, _text in told] == [(kind.id, kind.severity) for kind in kinds]
    for kind, (_id, _severity, text) in zip(kinds, told):
        assert " ".join(text.split()) == f"{kind.title}. {kind.why} **What to do:** {kind.remedy}"


def test_an_unknown_short_name_is_a_finding(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = declared()
    variables["waba_access_accounts"][0]["users"][0]["person"] = "jon"
    assert audit(tmp_path, sandbox, variables).rc == 0
    (unknown,) = [finding for finding in report(tmp_path)["findings"] if finding["id"] == "declared-unknown"]
    assert "there is no short name 'jon'" in unknown["message"]


def test_people_who_are_declared_by_address(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = declared()
    variables["waba_access_people"].update(
        john={"email": "John.Smith@example.com"}, bot={"system_user": "Automation Bot"}, jane={"email": "j@example.com"}
    )
    run = audit(tmp_path, sandbox, variables)
    assert run.rc == 0, run.output
    written = report(tmp_path)
    statuses = {entry["user_id"]: entry["status"] for entry in written["drift"]}
    assert (statuses[JOHN], statuses[sandbox.own_user_id]) == ("as-declared", "as-declared")
    assert JANE not in statuses
    (unknown,) = [finding for finding in written["findings"] if finding["id"] == "declared-unknown"]
    assert "users[4] (account Support (1234567890123456), jane): j@example.com was not found" in unknown["message"]
    # The lists of the business and the own user; the account: nothing is read twice.
    assert [len(request.operations) for request in sandbox.log] == [6, 2]

    alone = audit(tmp_path / "alone", sandbox, {**variables, "waba_access_audit_read_people": False})
    assert alone.rc == 0, alone.output
    assert not found(report(tmp_path / "alone"), "left-business")

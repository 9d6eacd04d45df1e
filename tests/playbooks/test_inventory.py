# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin as users meet it: ansible-inventory, and the playbooks on its hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox import Fault, Sandbox
from sandbox.seed import BUSINESS, DEFAULT, OWN_USER
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json, Run, play, run_ansible, run_playbook, waba_environment

SUPPORT, MARKETING, PARTNER = "1234567890123456", "6543210987654321", "5432109876543210"
PEOPLE = {"ahmed": AHMED, "jane": JANE, "john": JOHN, "maria": MARIA, "bot": OWN_USER}
DEVELOP = [{"person": "jane", "tasks": ["DEVELOP"]}]


PLAYBOOKS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "playbooks").glob("*.yml"))


def write(folder: Path, files: Mapping[str, Any]) -> None:
    """Write these files below the folder: texts as they are, anything else as YAML."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        path.write_text(text, encoding="utf-8")


def source(**options: Any) -> Json:
    """A source of the plugin with these options."""
    return {"plugin": "metaops.whatsapp.waba", **options}


def inventory(folder: Path, sandbox: Sandbox, options: Json, arguments: Sequence[str] = (), **environment: str) -> Run:
    """Run ansible-inventory --list on a source with these options."""
    write(folder, {"company.waba.yml": source(**options)})
    return run_ansible(
        folder,
        ["ansible-inventory", "-i", "company.waba.yml", "--list", *arguments],
        {**waba_environment(sandbox), **environment},
    )


def run_on(folder: Path, sandbox: Sandbox, name: str, files: Mapping[str, Any], arguments: Sequence[str] = ()) -> Run:
    """Run one of the collection's playbooks on the inventory of `company.waba.yml` and what else `files` has."""
    sandbox.clear_log()
    write(folder, {"company.waba.yml": source(), **files})
    return run_playbook(
        folder,
        [play([])],
        environment={**waba_environment(sandbox), "PWD": str(folder), "WABA_ID": ""},
        arguments=["-i", "company.waba.yml", *arguments, f"metaops.whatsapp.{name}"],
    )


def hosts(run: Run) -> list[str]:
    """The hosts of the recap."""
    return re.findall(r"^(\S+) +: ok=", run.stdout, re.MULTILINE)


def paths(sandbox: Sandbox) -> list[str]:
    return [request.path.rpartition("/v23.0/")[2] for request in sandbox.log]


def test_ansible_inventory_shows_the_accounts(tmp_path: Path, sandbox: Sandbox) -> None:
    run = inventory(tmp_path, sandbox, {"groups": {"support": f"waba_id == '{SUPPORT}'"}})
    assert run.rc == 0, run.output
    shown = json.loads(run.stdout)
    assert set(shown["owned"]["hosts"]) == {SUPPORT, MARKETING}
    assert (shown["client"]["hosts"], shown["support"]["hosts"]) == ([PARTNER], [SUPPORT])
    support = shown["_meta"]["hostvars"][SUPPORT]
    assert (support["waba_id"], support["waba_name"], support["business_id"]) == (SUPPORT, "Example Support", BUSINESS)
    assert support["waba_account_review_status"] == "APPROVED"
    # A controller stores this: everything is a plain text in it, and no object that marks one.
    assert support["ansible_connection"] == "local"
    assert "__ansible" not in run.stdout
    assert run.stderr == ""
    assert sandbox.token not in run.output


def test_a_source_by_another_name_is_not_taken(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, {"company.yml": source()})
    run = run_ansible(tmp_path, ["ansible-inventory", "-i", "company.yml", "--list"], waba_environment(sandbox))
    assert "could not be verified by inventory plugin" in " ".join(run.stderr.split())
    assert sandbox.log == []


def test_the_cache_saves_the_calls_until_it_is_flushed(tmp_path: Path, sandbox: Sandbox) -> None:
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(tmp_path, sandbox, options)
    assert len(sandbox.log) == 1
    again = inventory(tmp_path, sandbox, options)
    assert len(sandbox.log) == 1
    assert json.loads(again.stdout) == json.loads(first.stdout)
    arguments = ["-i", "company.waba.yml", "--flush-cache"]  # which ansible-inventory of 2.16 does not have
    refreshed = run_playbook(tmp_path, [play([])], environment=waba_environment(sandbox), arguments=arguments)
    assert refreshed.rc == 0, refreshed.output
    assert len(sandbox.log) == 2


def test_a_token_in_a_vault(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, {"password": "correct horse", "wrong": "battery staple"})
    command = ["ansible-vault", "encrypt_string", "--vault-password-file", "password", "--name", "access_token"]
    encrypted = run_ansible(tmp_path, [*command, sandbox.token], {})
    text = f"plugin: metaops.whatsapp.waba\n{encrypted.stdout}\n"
    write(tmp_path, {"company.waba.yml": text})
    listing = ["ansible-inventory", "-i", "company.waba.yml", "--list", "-vvvv", "--vault-password-file"]
    environment = {**waba_environment(sandbox), "WABA_ACCESS_TOKEN": ""}
    right = run_ansible(tmp_path, [*listing, "password"], environment)
    assert SUPPORT in right.stdout, right.output
    assert sandbox.token not in right.output
    wrong = run_ansible(tmp_path, [*listing, "wrong"], environment)
    assert SUPPORT not in wrong.stdout
    assert "access_token cannot be evaluated or decrypted" in " ".join(wrong.stderr.split())


FAILURES: dict[str, tuple[Json, list[Fault], str]] = {
    "token": ({}, [Fault("status", status=400, code=190, subcode=463, times=0)], "it has expired"),
    "network": ({"api_url": "http://127.0.0.1:9"}, [], "Could not list the owned accounts"),
    "gateway": ({}, [Fault("html", times=0)], "a web page"),
    "echo": ({}, [Fault("echo_token", times=0)], "********"),
    "option": ({"account_kind": ["owned"]}, [], "There is no option account_kind (did you mean account_kinds"),
    "type": ({"access_token": ["EAAsecret-in-a-list"]}, [], "access_token must be a single value"),
    "template": ({"access_token": "EAAsecret-{{ nowhere }}"}, [], "access_token cannot be evaluated"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_without_a_trace_or_a_secret(tmp_path: Path, name: str) -> None:
    options, faults, words = FAILURES[name]
    with Sandbox(faults=faults) as sandbox:
        reach = {"retries": 0, **options}
        run = inventory(tmp_path, sandbox, reach, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1")
        assert run.rc != 0
        assert words in " ".join(run.stderr.split())
        assert "Traceback" not in run.output
        loud = inventory(tmp_path / "loud", sandbox, reach, ["-vvvv"]) if name in ("echo", "type", "template") else run
        for secret in (sandbox.token, sandbox.app_secret, "EAAsecret"):
            assert secret not in run.output + loud.output


def test_a_refused_kind_is_an_error(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.configure(refused_edges=["client_whatsapp_business_accounts"])
    run = inventory(tmp_path / "all", sandbox, {})
    assert json.loads(run.stdout)["_meta"]["hostvars"] == {}
    assert "leave client out of account_kinds" in " ".join(run.stderr.split())
    run = inventory(tmp_path / "owned", sandbox, {"account_kinds": ["owned"]})
    assert run.rc == 0
    assert set(json.loads(run.stdout)["_meta"]["hostvars"]) == {SUPPORT, MARKETING}


def test_each_host_applies_its_own_account(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {
        "group_vars/all.yml": {"waba_access_people": PEOPLE},
        "group_vars/owned.yml": {"waba_access_users": DEVELOP},
        f"host_vars/{MARKETING}.yml": {
            "waba_access_users": [
                {"person": "bot", "tasks": ["FULL_CONTROL"]},
                {"person": "john", "tasks": ["MANAGE"]},
            ],
            "waba_access_purge_users": True,
        },
    }
    before = sandbox.assigned(MARKETING)
    preview = run_on(tmp_path / "1", sandbox, "apply", files, ["-e", "waba_hosts=owned", "--check", "--diff"])
    assert preview.rc == 0, preview.output
    assert f"+{JANE} (jane): DEVELOP" in preview.stdout
    assert sandbox.assigned(MARKETING) == before
    run = run_on(tmp_path / "2", sandbox, "apply", files, ["-e", "waba_hosts=owned"])
    assert run.rc == 0, run.output
    assert len(set(hosts(run))) == 2
    assert [len(request.operations or ()) for request in sandbox.log] == [2, 2, 0, 0, 0, 2], "one run for all of them"
    assert sandbox.tasks_of(JANE, SUPPORT) == {"DEVELOP"}
    assert sandbox.tasks_of(JOHN, SUPPORT) is not None
    assert sandbox.assigned(MARKETING) == {OWN_USER: {"FULL_CONTROL"}, JOHN: {"MANAGE"}}
    assert not [path for path in paths(sandbox) if PARTNER in path]
    again = run_on(tmp_path / "3", sandbox, "apply", files, ["-e", "waba_hosts=owned"])
    assert not any(result.result.get("changed") for result in again.results)


def test_one_file_of_all_accounts_serves_each_host(tmp_path: Path, sandbox: Sandbox) -> None:
    """As it does without an inventory; and --limit is the way to one of them, as it is a slice's of a controller."""
    accounts = [{"waba_id": SUPPORT, "users": DEVELOP}, {"waba_id": MARKETING, "name": "Ads", "users": DEVELOP}]
    files = {"access.yml": {"waba_access_people": PEOPLE, "waba_access_accounts": accounts}}
    arguments = ["-e", "@access.yml", "-e", "waba_hosts=owned"]
    one = run_on(tmp_path / "1", sandbox, "apply", files, [*arguments, "--limit", MARKETING])
    assert one.rc == 0, one.output
    assert (sandbox.tasks_of(JANE, MARKETING), sandbox.tasks_of(JANE, SUPPORT)) == ({"DEVELOP"}, None)
    assert f"Ads ({MARKETING})" in one.stdout
    both = run_on(tmp_path / "2", sandbox, "apply", files, arguments)
    assert both.rc == 0, both.output
    assert sandbox.tasks_of(JANE, SUPPORT) == {"DEVELOP"}


def test_an_account_for_which_nothing_is_declared_stops_everything(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {
        "group_vars/all.yml": {"waba_access_people": PEOPLE},
        f"host_vars/{SUPPORT}.yml": {"waba_access_users": DEVELOP},
    }
    run = run_on(tmp_path, sandbox, "apply", files, ["-e", "waba_hosts=owned"])
    assert run.rc != 0
    assert f"Nothing is declared for account {MARKETING}" in " ".join(run.output.split())
    assert sandbox.tasks_of(JANE, SUPPORT) is None
    assert not [path for path in paths(sandbox) if MARKETING in path]


@pytest.mark.parametrize(
    ("name", "pattern"), [*((name, "nowhere") for name in PLAYBOOKS), ("apply", "all"), ("offboard", "all")]
)
def test_hosts_that_are_none_fail_the_playbook(tmp_path: Path, sandbox: Sandbox, name: str, pattern: str) -> None:
    """A green run that has done nothing is the worst of an off-boarding. In `all` is localhost, which is no account."""
    arguments = ["-e", f"waba_hosts={pattern}", "-e", "person=maria"]
    run = run_on(tmp_path, sandbox, name, {"group_vars/all.yml": {"waba_access_users": []}}, arguments)
    assert run.rc != 0
    words = {
        "nowhere": "no host of the inventory matches waba_hosts=nowhere",
        "all": "Host localhost is not an account",
    }
    assert words[pattern] in " ".join(run.output.split())
    assert not [path for path in paths(sandbox) if "assigned_users" in path]


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_limit_that_leaves_nobody_fails_the_playbook(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    """Ansible itself would match no host, do nothing, and end with success."""
    run = run_on(tmp_path / "1", sandbox, name, {}, ["-e", "person=maria", "--limit", "owned"])
    assert run.rc != 0
    assert "--limit owned leaves out localhost" in " ".join(run.output.split())
    run = run_on(
        tmp_path / "2", sandbox, name, {}, ["-e", "person=maria", "-e", "waba_hosts=owned", "--limit", "client"]
    )
    assert run.rc != 0
    assert "leaves out all hosts of waba_hosts=owned" in " ".join(run.output.split())
    assert not [path for path in paths(sandbox) if "assigned_users" in path]


def test_another_strategy_of_the_environment_makes_one_run_all_the_same(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, {"company.waba.yml": source()})
    sandbox.assign(MARIA, ["MESSAGING"], MARKETING)
    run = run_playbook(
        tmp_path,
        [play([])],
        environment={**waba_environment(sandbox), "ANSIBLE_STRATEGY": "free"},
        arguments=[
            "-i",
            "company.waba.yml",
            "-e",
            "waba_hosts=owned",
            "-e",
            f"person={MARIA}",
            "metaops.whatsapp.offboard",
        ],
    )
    assert run.rc == 0, run.output
    assert len(set(hosts(run))) == 1
    assert (sandbox.tasks_of(MARIA, SUPPORT), sandbox.tasks_of(MARIA, MARKETING)) == (None, None)


def test_the_rules_of_one_host_are_not_taken_for_those_of_another(tmp_path: Path, sandbox: Sandbox) -> None:
    """The first host acts for all of them, and its variables are its own."""
    own = [{"person": "bot", "tasks": ["FULL_CONTROL"]}, {"person": "john", "tasks": ["MANAGE"]}]
    files = {
        "group_vars/all.yml": {"waba_access_people": PEOPLE, "waba_access_users": own},
        f"host_vars/{MARKETING}.yml": {"waba_access_purge_users": True},
    }
    run = run_on(tmp_path, sandbox, "apply", files, ["-e", f"waba_hosts={MARKETING},{SUPPORT}"])
    assert run.rc == 0, run.output
    assert sandbox.tasks_of(MARIA, SUPPORT) is not None
    assert set(sandbox.assigned(MARKETING)) == {OWN_USER, JOHN}


def test_somebody_leaves_every_account_of_a_business(tmp_path: Path, sandbox: Sandbox) -> None:
    """By an address and by a name alike, in accounts that nobody has written down; read in one go."""
    sandbox.assign(MARIA, ["MESSAGING"], MARKETING)
    arguments = ["-e", "waba_hosts=owned", "-e", "person=maria.garcia@example.com"]
    preview = run_on(tmp_path / "1", sandbox, "offboard", {}, [*arguments, "--check"])
    assert preview.rc == 0, preview.output
    assert sandbox.tasks_of(MARIA, MARKETING) == {"MESSAGING"}
    run = run_on(tmp_path / "2", sandbox, "offboard", {}, arguments)
    assert run.rc == 0, run.output
    assert (sandbox.tasks_of(MARIA, SUPPORT), sandbox.tasks_of(MARIA, MARKETING)) == (None, None)
    assert run.results[-1].result["msg"] == [
        f"Account Example Support ({SUPPORT}): removed {MARIA} Maria Garcia (MESSAGING, VIEW_TEMPLATES).",
        f"Account Example Marketing ({MARKETING}): removed {MARIA} Maria Garcia (MESSAGING).",
        "2 accounts: access revoked on 2, no access on 0, 0 failed; only these accounts were looked at.",
    ]
    assert len(set(hosts(run))) == 1, "one host does it for all of them"


def test_what_is_written_down_goes_for_an_offboarding(tmp_path: Path, sandbox: Sandbox) -> None:
    """Short names, and whether people may be locked out, which one account's variables say for that account alone."""
    files = {
        "group_vars/all.yml": {"waba_access_people": PEOPLE},
        f"host_vars/{MARKETING}.yml": {"waba_access_allow_lockout": True},
    }
    # The first of them is the one that does it for all.
    arguments = ["-e", "person=bot", "-e", f"waba_hosts={MARKETING},{SUPPORT},{PARTNER}"]
    run = run_on(tmp_path, sandbox, "offboard", files, arguments)
    assert run.rc != 0
    assert sandbox.tasks_of(OWN_USER, MARKETING) is None
    assert sandbox.tasks_of(OWN_USER, SUPPORT) == {"FULL_CONTROL"}
    report = run.results[-1].result["msg"]
    assert report[0].startswith(f"Account Example Support ({SUPPORT}): Not done, to keep people from being locked out")
    assert report[1] == "3 accounts: access revoked on 1, no access on 1, 1 failed; only these accounts were looked at."


def test_an_export_of_a_business(tmp_path: Path, sandbox: Sandbox) -> None:
    owned = ["-e", "waba_hosts=owned"]
    run = run_on(tmp_path, sandbox, "export", {}, owned)
    assert run.rc == 0, run.output
    written = yaml.safe_load((tmp_path / "access.yml").read_text(encoding="utf-8"))
    assert [(account["waba_id"], account["name"]) for account in written["waba_access_accounts"]] == [
        (SUPPORT, "Example Support"),
        (MARKETING, "Example Marketing"),
    ]
    applied = run_on(tmp_path / "2", sandbox, "apply", {"access.yml": written}, ["-e", "@access.yml", *owned])
    assert applied.rc == 0, applied.output
    assert not any(result.result.get("changed") for result in applied.results)


def test_who_somebody_is_in_a_business(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_on(tmp_path, sandbox, "whois", {}, ["-e", "waba_hosts=owned", "-e", "person=john.smith@example.com"])
    assert run.rc == 0, run.output
    (found,) = run.results[-1].result["msg"]["people"]
    assert [access["waba_id"] for access in found["access"]] == [SUPPORT, MARKETING]


def test_an_audit_of_a_business(tmp_path: Path, sandbox: Sandbox) -> None:
    """One report of all hosts, compared with what their variables say."""
    people = [{"person": "jane", "tasks": ["DEVELOP"]}, {"person": "bot", "tasks": ["FULL_CONTROL"]}]
    files = {
        "group_vars/all.yml": {"waba_access_people": PEOPLE},
        f"host_vars/{MARKETING}.yml": {"waba_access_users": people},
    }
    run = run_on(tmp_path, sandbox, "audit", files, ["-e", "waba_hosts=owned"])
    assert run.rc == 0, run.output
    report = json.loads((tmp_path / "waba-access-audit" / "waba-access-audit.json").read_text(encoding="utf-8"))
    accounts = {account["waba_id"]: account for account in report["accounts"]}
    assert set(accounts) == {SUPPORT, MARKETING}
    assert accounts[SUPPORT]["name"] == "Example Support"
    drift = [finding for finding in report["findings"] if finding["id"] == "drift"]
    assert drift
    assert {finding["waba_id"] for finding in drift} == {MARKETING}
    assert set(sandbox.assigned(MARKETING)) == {OWN_USER, JOHN, "3344556677889900"}


LOOKUP = "lookup('ansible.builtin.pipe', 'touch MARK')"
EVIL = [f"{{{{ {LOOKUP} }}}}{{% set a = {LOOKUP} %}}", f"#jinja2: variable_start_string: '[['\n[[ {LOOKUP} ]]"]


@pytest.mark.parametrize("evil", EVIL, ids=["braces", "header"])
def test_templates_in_names_are_never_evaluated(tmp_path: Path, evil: str) -> None:
    """Neither where an account is called like one, nor in what is printed, written, and applied again."""
    mark = tmp_path / "evaluated"
    name = evil.replace("MARK", str(mark))
    seed = {**DEFAULT, "accounts": [{**DEFAULT["accounts"][0], "name": name, "currency": name}]}
    with Sandbox(seed=seed) as sandbox:
        files = {
            "company.waba.yml": source(
                hostname="name_and_id",
                compose={"copied": "waba_name", "joined": "waba_name ~ waba_currency"},
                keyed_groups=[{"key": "waba_name", "prefix": "n"}],
            ),
            "group_vars/all.yml": {"waba_access_people": PEOPLE, "waba_access_users": DEVELOP},
        }
        show = {
            "name": "show",
            "ansible.builtin.debug": {"msg": "{{ waba_name }} {{ copied }} {{ joined }} {{ hostvars }}"},
        }
        folder = tmp_path / "run"
        write(folder, files)
        shown = run_playbook(
            folder,
            [play([show], hosts="owned")],
            environment=waba_environment(sandbox),
            arguments=["-i", "company.waba.yml"],
        )
        assert shown.rc == 0, shown.output
        assert "touch" in shown.by_name["show"].result["msg"]
        every = ["-e", "waba_hosts=owned"]
        for playbook, arguments in {
            "apply": every,
            "audit": every,
            "export": every,
            "offboard": [*every, "-e", "person=maria"],
            "whois": [*every, "-e", "person=john"],
        }.items():
            run = run_on(folder, sandbox, playbook, files, arguments)
            assert run.rc == 0, run.output
        (folder / "group_vars/all.yml").unlink()
        plain = run_on(folder, sandbox, "apply", {"company.waba.yml": source()}, ["-e", "@access.yml", *every])
        assert plain.rc == 0, plain.output
    assert not mark.exists()


def test_the_example_of_the_plugin(tmp_path: Path, sandbox: Sandbox) -> None:
    document = Path(__file__).resolve().parents[2] / "plugins" / "inventory" / "waba.py"
    match = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert match is not None
    write(tmp_path, {"home/.waba-token": f"{sandbox.token}\n"})
    run = inventory(tmp_path, sandbox, yaml.safe_load(match[1]), ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1")
    assert run.rc == 0, run.output
    assert json.loads(run.stdout)["owned"]["hosts"]
    assert run.stderr == ""

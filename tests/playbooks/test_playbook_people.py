# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People by e-mail: the module waba_business_users_info, the role, and the playbooks whois, offboard and export."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sandbox import Sandbox
from sandbox.seed import DEFAULT
from support.playbooks import (
    AHMED,
    JOHN,
    MARIA,
    Json,
    Run,
    may_change,
    play,
    run_named,
    run_playbook,
    task,
)

INFO = "waba_business_users_info"
SUPPORT, MARKETING, PRIVATE = "1234567890123456", "6543210987654321", "4321098765432109"
NINA = "3344556677889900"
PEOPLE, MACHINES = 8, 3
PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


def test_module_defaults_of_the_group_reach_it(tmp_path: Path, sandbox: Sandbox) -> None:
    """With a `waba_id` among them, which it does not need."""
    defaults = {
        "access_token": sandbox.token,
        "app_secret": sandbox.app_secret,
        "waba_id": SUPPORT,
        "business_id": sandbox.business_id,
        "api_url": sandbox.url,
    }
    tasks = [task("list", INFO, {}), task("quiet", INFO, {}, no_log=True)]
    group = {"group/metaops.whatsapp.waba": defaults}
    run = run_playbook(tmp_path, [play(tasks, module_defaults=group)], arguments=["-vvv"])
    assert run.rc == 0, run.output
    assert len(run.by_name["list"].result["business_users"]) == PEOPLE + MACHINES
    assert "business_users" not in run.by_name["quiet"].result


# The playbooks. What they find and refuse is tried in-process: here is what Ansible makes of it.

ACCOUNTS: list[Json] = [{"waba_id": SUPPORT, "name": "Support"}, {"waba_id": MARKETING}]


def offboard(folder: Path, sandbox: Sandbox, person: object, *arguments: str) -> Run:
    variables = {"waba_access_accounts": ACCOUNTS, "waba_access_people": {"nina": NINA}, "person": person}
    return run_named(folder, sandbox, "offboard", variables, arguments)


def message(run: Run) -> list[str]:
    """What the last task says."""
    said = run.results[-1].result["msg"]
    return said if isinstance(said, list) else [said]


def test_a_person_is_offboarded_by_address(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.assign(MARIA, ["MESSAGING"], MARKETING)
    preview = offboard(tmp_path / "1", sandbox, "maria.garcia@example.com", "--check")
    assert preview.rc == 0, preview.output
    assert message(preview) == [
        f"Account Support ({SUPPORT}): would remove {MARIA} Maria Garcia (MESSAGING, VIEW_TEMPLATES).",
        f"Account {MARKETING}: would remove {MARIA} Maria Garcia (MESSAGING).",
        "2 accounts: access would be revoked on 2, no access on 0, 0 failed; only these accounts were looked at.",
    ]
    assert sandbox.tasks_of(MARIA) is not None
    run = offboard(tmp_path / "2", sandbox, "maria.garcia@example.com")
    assert run.rc == 0, run.output
    assert (sandbox.tasks_of(MARIA), sandbox.tasks_of(MARIA, MARKETING)) == (None, None)
    assert "john.smith@example.com" not in run.output, "whom else the business has is not printed"


def test_without_a_file_every_account_of_the_business_is_looked_through(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_named(tmp_path, sandbox, "offboard", {"person": int(JOHN)})
    assert run.rc == 0, run.output
    assert message(run)[-1].startswith("All 3 accounts of business 9876543210987654: access revoked on 2")


def test_nobody_is_guessed(tmp_path: Path, sandbox: Sandbox) -> None:
    run = offboard(tmp_path, sandbox, "maria garcia")
    assert run.rc != 0
    assert message(run)[0] == "Nothing was changed."
    assert "several people are called 'maria garcia'" in message(run)[1]
    assert not any(may_change(request) for request in sandbox.log)


@pytest.mark.parametrize("arguments", [[], ["-e", "person="], ["-e", "person=Ahmed Hassan"]])
def test_a_person_who_is_not_given_whole_is_not_offboarded(
    tmp_path: Path, sandbox: Sandbox, arguments: list[str]
) -> None:
    run = run_named(tmp_path, sandbox, "offboard", {}, arguments)
    assert run.rc != 0
    assert "A name with a space needs -e" in message(run)[0]
    assert sandbox.log == []


@pytest.mark.parametrize("arguments", [[], ["-e", "person="]])
def test_whois_needs_a_person(tmp_path: Path, sandbox: Sandbox, arguments: list[str]) -> None:
    run = run_named(tmp_path, sandbox, "whois", {}, arguments)
    assert run.rc != 0
    assert message(run)[0].startswith("person is empty: give a short name, an id, an e-mail address or a name")
    assert sandbox.log == []


def test_whois_takes_a_name_of_which_ansible_makes_two_variables(tmp_path: Path, sandbox: Sandbox) -> None:
    run = run_named(tmp_path, sandbox, "whois", {}, ["-e", "person=Ahmed Hassan"])
    assert run.rc == 0, run.output
    assert '"name": "Ahmed Hassan"' in run.output


def test_an_account_that_could_not_be_read_fails_the_offboarding(tmp_path: Path, sandbox: Sandbox) -> None:
    variables = {"waba_access_accounts": [*ACCOUNTS, {"waba_id": PRIVATE, "name": "Private"}], "person": "nina"}
    run = run_named(tmp_path, sandbox, "offboard", {**variables, "waba_access_people": {"nina": NINA}})
    assert run.rc != 0
    assert message(run)[0].startswith(f"Account Private ({PRIVATE}): Could not read")
    assert (
        message(run)[-1]
        == "3 accounts: access revoked on 1, no access on 1, 1 failed; only these accounts were looked at."
    )
    assert sandbox.tasks_of(NINA, MARKETING) is None


@pytest.mark.parametrize("person", [int(JOHN), "boss"])
def test_whois_and_offboard_find_the_same_person(tmp_path: Path, sandbox: Sandbox, person: object) -> None:
    variables = {"waba_access_people": {"boss": JOHN}, "person": person}
    run = run_named(tmp_path, sandbox, "whois", variables)
    assert run.rc == 0, run.output
    shown = run.results[-1].result["msg"]
    assert [(one["id"], len(one["access"])) for one in shown["people"]] == [(JOHN, 2)]
    assert shown["unread"] == []


def test_whois_says_what_could_not_be_read(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.configure(refused_edges=["business_users"])
    run = run_named(tmp_path, sandbox, "whois", {"person": "smith", "waba_access_accounts": ACCOUNTS})
    assert run.rc == 0, run.output
    assert run.results[-1].result["msg"]["people"][0]["in_business"] is None
    assert "Could not list the people" in run.results[-1].result["msg"]["unread"][0]


# Texts that would be evaluated if they were taken for a template, by the person and the account that have it as a name.
LOOKUP = "lookup('ansible.builtin.pipe', 'touch MARK')"
EVIL = {
    MARIA: f"{{{{ {LOOKUP} }}}}",
    JOHN: f"#jinja2: x:y\n{{{{ {LOOKUP} }}}}",
    AHMED: f"{{% set a = {LOOKUP} %}}",
}


def test_no_text_of_the_api_is_evaluated_when_an_export_is_loaded(tmp_path: Path) -> None:
    """Neither a person's name or address nor an account's name: not when it is written, and not when it is loaded."""
    mark = tmp_path / "evaluated"
    evil = {user_id: text.replace("MARK", str(mark)) for user_id, text in EVIL.items()}
    people = [
        {**one, "name": evil[one["id"]], "email": f"{evil[one['id']].split()[0]}@example.com"}
        if one["id"] in evil
        else one
        for one in DEFAULT["people"]
    ]
    accounts = [{**one, "name": name} for one, name in zip(DEFAULT["accounts"], evil.values())]
    with Sandbox(seed={**DEFAULT, "people": people, "accounts": accounts}) as sandbox:
        run = run_named(tmp_path / "1", sandbox, "export", {})
        assert run.rc == 0, run.output
        exported = yaml.safe_load((tmp_path / "1" / "access.yml").read_text(encoding="utf-8"))
        named = [*exported["waba_access_people"].values(), *exported["waba_access_accounts"]]
        assert sum("lookup" in one["name"] for one in named) == 2 * len(EVIL), exported
        for number, playbook in enumerate(("apply", "whois", "offboard"), start=2):
            loaded = ["-e", f"@{tmp_path / '1' / 'access.yml'}"]
            run = run_named(tmp_path / str(number), sandbox, playbook, {"person": MARIA}, loaded)
            assert run.rc == 0, run.output
    assert not mark.exists()


@pytest.mark.parametrize("emails", [True, "false"])
def test_an_export_without_addresses(tmp_path: Path, sandbox: Sandbox, emails: object) -> None:
    """Because it is asked for, or because the token may not list the business."""
    if emails is True:
        sandbox.configure(refused_edges=["business_users", "system_users"])
    run = run_named(tmp_path, sandbox, "export", {"waba_access_accounts": ACCOUNTS, "emails": emails})
    assert run.rc == 0, run.output
    people = yaml.safe_load((tmp_path / "access.yml").read_text(encoding="utf-8"))["waba_access_people"]
    assert people["john_smith"] == {"id": JOHN, "name": "John Smith"}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/directory with the real module of community.general, a real OpenLDAP server and the sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from directory.server import AGENTS, BASE, LEADS, LIMITED, READER_PASSWORD, STRANGER, Directory, person
from sandbox import Sandbox
from support.playbooks import AHMED, JANE, JOHN, MARIA, REPORTER, Run, may_change, run_ansible, waba_environment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "directory"
LI = "6789012345678901"
LEAD = {"MANAGE", "MANAGE_USERS", "MANAGE_TEMPLATES"}
AGENT = {"MESSAGING", "VIEW_TEMPLATES"}
REPORTS = {"VIEW_INSIGHTS", "VIEW_COST"}


def run(folder: Path, sandbox: Sandbox, environment: dict[str, str], *arguments: str) -> Run:
    """Run the playbook."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    sandbox.clear_log()
    return run_ansible(
        folder,
        ["ansible-playbook", "-i", "localhost,", *arguments, "directory.yml"],
        {**waba_environment(sandbox), **environment},
    )


def users(sandbox: Sandbox) -> dict[str, set[str]]:
    """The users of the account but for the token's own."""
    return {user: tasks for user, tasks in sandbox.assigned().items() if user != sandbox.own_user_id}


def stops(done: Run, sandbox: Sandbox) -> str:
    """The one message of a run that stopped before it asked Meta for anything."""
    assert done.rc == 2, done.output
    assert sandbox.log == []
    (failed,) = [result for result in done.results if result.status == "failed"]
    assert failed.message.startswith("Nothing was changed. "), failed.message
    return failed.message


def test_the_members_of_the_groups_are_the_users(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    """Who came and who was there; the second run changes nothing; who leaves a group loses access."""
    expected = {JOHN: LEAD, MARIA: AGENT, AHMED: AGENT, JANE: AGENT, REPORTER: REPORTS}
    before = users(sandbox)
    preview = run(tmp_path / "check", sandbox, directory.environment(), "--check", "--diff")
    assert preview.rc == 0, preview.output
    assert not any(map(may_change, sandbox.log))
    assert users(sandbox) == before
    first = run(tmp_path / "first", sandbox, directory.environment(), "-vvv")
    assert first.rc == 0, first.output
    assert users(sandbox) == expected
    plans = [one.by_name["metaops.whatsapp.waba_access : Apply the declared access"].result for one in (preview, first)]
    assert plans[0]["plan"] == plans[1]["plan"]
    assert READER_PASSWORD not in first.output
    second = run(tmp_path / "second", sandbox, directory.environment())
    assert second.rc == 0, second.output
    assert not any(map(may_change, sandbox.log))
    directory.members(AGENTS, "li", "jane")
    third = run(tmp_path / "third", sandbox, directory.environment())
    assert third.rc == 0, third.output
    assert users(sandbox) == {JOHN: LEAD, JANE: AGENT, LI: AGENT, REPORTER: REPORTS}
    assert sandbox.tasks_of(sandbox.own_user_id) == {"FULL_CONTROL"}


def test_a_person_in_both_groups_has_the_tasks_of_the_leads(
    tmp_path: Path, sandbox: Sandbox, directory: Directory
) -> None:
    directory.members(AGENTS, "john", "maria", "ahmed")
    done = run(tmp_path, sandbox, directory.environment())
    assert done.rc == 0, done.output
    assert users(sandbox) == {JOHN: LEAD, MARIA: AGENT, AHMED: AGENT, REPORTER: REPORTS}


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_more_than_max_removals_stop_the_run(
    tmp_path: Path, sandbox: Sandbox, directory: Directory, arguments: tuple[str, ...]
) -> None:
    sandbox.assign(LI, sorted(AGENT))
    before = users(sandbox)
    directory.members(AGENTS, "jane")
    done = run(tmp_path, sandbox, directory.environment(), *arguments)
    assert done.rc == 2, done.output
    assert "3 users would be removed" in done.stdout
    assert "max_removals is 2" in done.stdout
    assert not any(map(may_change, sandbox.log))
    assert users(sandbox) == before


def test_an_empty_group_stops_the_run(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    """A groupOfNames has at least one member, which is the empty name by custom."""
    directory.set(AGENTS, "member", [""])
    message = stops(run(tmp_path, sandbox, directory.environment()), sandbox)
    assert f"The group agents ({AGENTS}) has no members, or could not be read." in message


def test_a_group_that_is_not_there_stops_the_run(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    directory.delete(LEADS)
    assert "Base not found" in stops(run(tmp_path, sandbox, directory.environment()), sandbox)


@pytest.mark.parametrize(
    ("bind_dn", "password", "said"),
    [
        (STRANGER, READER_PASSWORD, "has no members, or could not be read"),
        (STRANGER, "wrong", "Cannot bind to the server"),
        (STRANGER, "", "Cannot bind to the server"),
        ("", "", "has no members, or could not be read"),
    ],
    ids=["no-right", "wrong-password", "no-password", "anonymous"],
)
def test_a_group_that_cannot_be_read_stops_the_run(
    tmp_path: Path, sandbox: Sandbox, directory: Directory, bind_dn: str, password: str, said: str
) -> None:
    assert said in stops(run(tmp_path, sandbox, directory.environment(bind_dn, password)), sandbox)


def test_a_directory_that_cannot_be_reached_stops_the_run(
    tmp_path: Path, sandbox: Sandbox, directory: Directory
) -> None:
    environment = {**directory.environment(), "LDAP_URI": "ldap://127.0.0.1:9"}
    assert "Can't contact LDAP server" in stops(run(tmp_path, sandbox, environment), sandbox)


def test_a_size_limit_is_not_taken_for_the_whole_group(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    message = stops(run(tmp_path, sandbox, directory.environment(LIMITED)), sandbox)
    assert "The members of the group agents cannot all be given access." in message
    assert "Size limit exceeded" in message


def test_a_nested_group_stops_the_run(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    """It has an address, as a list of recipients has."""
    inner = f"cn=inner,ou=groups,{BASE}"
    directory.add(
        inner,
        objectClass=["groupOfNames", "extensibleObject"],
        cn="inner",
        member=person("li"),
        mail="inner@example.com",
    )
    directory.set(AGENTS, "member", [person("maria"), inner])
    assert f"Not found as a person: 1 ({inner})." in stops(run(tmp_path, sandbox, directory.environment()), sandbox)


def test_a_member_whose_entry_is_gone_stops_the_run(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    directory.set(AGENTS, "member", [person("maria"), person("nobody")])
    message = stops(run(tmp_path, sandbox, directory.environment()), sandbox)
    assert f"Not found as a person: 1 ({person('nobody')})." in message


@pytest.mark.parametrize(
    "mail",
    [None, ["li@example.com", "li.wei@example.com"], "{{ lookup('pipe', 'touch evaluated') }}@example.com", "li"],
    ids=["none", "two", "template", "no-address"],
)
def test_a_person_without_exactly_one_address_stops_the_run(
    tmp_path: Path, sandbox: Sandbox, directory: Directory, mail: str | list[str] | None
) -> None:
    directory.delete(person("li"))
    directory.add_person("li", mail)
    directory.members(AGENTS, "maria", "li")
    message = stops(run(tmp_path, sandbox, directory.environment()), sandbox)
    assert f"Without exactly one usable address: 1 ({person('li')})." in message
    assert not (tmp_path / "evaluated").exists()


def test_names_that_mean_something_in_a_filter(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    group = rf"cn=agents (a\, b) * \C3\A9,ou=groups,{BASE}"
    directory.add(group, objectClass="groupOfNames", cn="agents (a, b) * é", member=[person("maria"), person("ahmed")])
    groups = [
        {"name": name, "dn": dn, "tasks": sorted(tasks)}
        for name, dn, tasks in (("leads", LEADS, LEAD), ("agents", group, AGENT))
    ]
    (tmp_path / "groups.json").write_text(json.dumps({"directory_groups": groups}), encoding="utf-8")
    done = run(tmp_path, sandbox, directory.environment(), "-e", "@groups.json")
    assert done.rc == 0, done.output
    assert users(sandbox) == {JOHN: LEAD, MARIA: AGENT, AHMED: AGENT, REPORTER: REPORTS}


def test_a_group_of_many(tmp_path: Path, directory: Directory) -> None:
    """More than a page of a search."""
    uids = [f"person{number}" for number in range(520)]
    for uid in uids:
        directory.add_person(uid, f"{uid}@example.com")
    directory.members(AGENTS, *uids)
    with Sandbox() as sandbox:
        for number, uid in enumerate(uids):
            sandbox.add_person(str(8000000000000000 + number), uid, email=f"{uid}@example.com")
        done = run(tmp_path, sandbox, directory.environment())
        assert done.rc == 0, done.output
        assert len(users(sandbox)) == 522


def test_people_who_have_not_joined_fail_the_run_by_default(
    tmp_path: Path, sandbox: Sandbox, directory: Directory
) -> None:
    before = users(sandbox)
    directory.members(AGENTS, "maria", "ahmed", "jane", "new")
    done = run(tmp_path, sandbox, directory.environment())
    assert done.rc == 2, done.output
    assert "new.colleague@example.com is invited to business 9876543210987654 and has not joined yet" in done.stdout
    assert not any(map(may_change, sandbox.log))
    assert users(sandbox) == before


def test_with_skip_the_others_go_on_and_removals_wait(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    directory.members(AGENTS, "ahmed", "jane", "new")
    done = run(tmp_path, sandbox, directory.environment(), "-e", "waba_access_unresolved=skip")
    assert done.rc == 0, done.output
    assert "Not granted yet" in done.stdout
    assert "new.colleague@example.com is invited" in done.stdout
    assert "was not purged: some of its people are unresolved." in done.stderr + done.stdout
    assert users(sandbox) == {JOHN: LEAD, MARIA: AGENT, AHMED: AGENT, JANE: AGENT, REPORTER: REPORTS}
    sandbox.add_person("8901234567890123", pending=None)
    done = run(tmp_path, sandbox, directory.environment(), "-e", "waba_access_unresolved=skip")
    assert done.rc == 0, done.output
    assert users(sandbox) == {JOHN: LEAD, "8901234567890123": AGENT, AHMED: AGENT, JANE: AGENT, REPORTER: REPORTS}

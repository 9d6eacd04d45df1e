# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/directory with the real module of community.general, a real OpenLDAP server and the sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from directory.server import AGENTS, BASE, LEADS, LIMITED, READER, READER_PASSWORD, STRANGER, Directory, person
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


def test_the_members_of_the_groups_are_the_users(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    """Who came and who was there; who leaves a group loses access; leads who are agents have the tasks of leads."""
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
    directory.members(AGENTS, "li", "jane", "john")
    second = run(tmp_path / "second", sandbox, directory.environment())
    assert second.rc == 0, second.output
    assert users(sandbox) == {JOHN: LEAD, JANE: AGENT, LI: AGENT, REPORTER: REPORTS}
    assert sandbox.tasks_of(sandbox.own_user_id) == {"FULL_CONTROL"}


def test_more_than_max_removals_stop_the_run(tmp_path: Path, sandbox: Sandbox, directory: Directory) -> None:
    sandbox.assign(LI, sorted(AGENT))
    before = users(sandbox)
    directory.members(AGENTS, "jane")
    done = run(tmp_path, sandbox, directory.environment())
    assert done.rc == 2, done.output
    assert "3 users would be removed" in done.stdout
    assert "max_removals is 2" in done.stdout
    assert not any(map(may_change, sandbox.log))
    assert users(sandbox) == before


def test_an_empty_group_stops_the_run_before_meta_is_asked(
    tmp_path: Path, sandbox: Sandbox, directory: Directory
) -> None:
    """A groupOfNames has at least one member, which is the empty name by custom."""
    directory.set(AGENTS, "member", [""])
    done = run(tmp_path, sandbox, directory.environment())
    assert done.rc == 2, done.output
    assert sandbox.log == []
    (failed,) = [result for result in done.results if result.status == "failed"]
    expected = f"Nothing was changed. The group agents ({AGENTS}) has no members, or could not be read."
    assert failed.message.startswith(expected), failed.message


#: Reads each group as directory.yml does, and notes why it stops.
CASES = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    community.general.ldap_search:
      server_uri: "{{ case.uri }}"
      bind_dn: "{{ case.bind_dn }}"
      bind_pw: "{{ case.password }}"
      referrals_chasing: disabled
  tasks:
    - ansible.builtin.include_tasks: case.yml
      loop: "{{ cases }}"
      loop_control: {loop_var: case, label: "{{ case.directory_group.name }}"}
    - ansible.builtin.copy:
        content: "{{ messages }}"
        dest: "{{ playbook_dir }}/messages.json"
        mode: "0600"
"""
CASE = """
- vars:
    directory_group: "{{ case.directory_group }}"
  block:
    - ansible.builtin.include_tasks: group.yml
    - ansible.builtin.set_fact:
        messages: "{{ messages | default({}) | combine({directory_group.name: 'was read'}) }}"
  rescue:
    - ansible.builtin.set_fact:
        messages: "{{ messages | default({}) | combine({directory_group.name: ansible_failed_result.msg}) }}"
"""
EMPTY = "has no members, or could not be read"


def test_a_group_that_is_not_read_whole_stops_the_run(tmp_path: Path, directory: Directory) -> None:
    """Cases by the name of their group: how it is read, and what is said."""
    expected: dict[str, str] = {}
    cases = []

    def add(
        name: str, said: str, dn: str = AGENTS, uri: str = directory.uri, bind: tuple[str, str] | None = None
    ) -> None:
        bind_dn, password = bind or (READER, READER_PASSWORD)
        group = {"name": name, "dn": dn, "tasks": ["MESSAGING"]}
        cases.append({"directory_group": group, "uri": uri, "bind_dn": bind_dn, "password": password})
        expected[name] = said

    def group_of(name: str, *members: str, **attributes: str) -> str:
        dn = f"cn={name},ou=groups,{BASE}"
        directory.add(dn, objectClass=["groupOfNames", "extensibleObject"], cn=name, member=members, **attributes)
        return dn

    add("complete", "was read")
    add("missing", "Base not found", dn=f"cn=missing,ou=groups,{BASE}")
    add("no right", EMPTY, bind=(STRANGER, READER_PASSWORD))
    add("wrong password", "Cannot bind to the server", bind=(STRANGER, "wrong"))
    add("no password", "Cannot bind to the server", bind=(STRANGER, ""))
    add("anonymous", EMPTY, bind=("", ""))
    add("no server", "Can't contact LDAP server", uri="ldap://127.0.0.1:9")
    add("size limit", "Size limit exceeded", bind=(LIMITED, READER_PASSWORD))
    # It has an address, as a list of recipients has.
    inner = group_of("inner", person("li"), mail="inner@example.com")
    add("nested", f"Not found as a person: 1 ({inner}).", dn=group_of("outer", person("maria"), inner))
    gone = group_of("gone", person("maria"), person("nobody"))
    add("gone", f"Not found as a person: 1 ({person('nobody')}).", dn=gone)
    addresses: dict[str, str | list[str] | None] = {
        "none": None,
        "two": ["li@example.com", "li.wei@example.com"],
        "template": "{{ lookup('pipe', 'touch evaluated') }}@example.com",
        "no-address": "li",
    }
    for name, mail in addresses.items():
        who = directory.add_person(name, mail)
        add(name, f"Without exactly one usable address: 1 ({who}).", dn=group_of(f"with-{name}", person("maria"), who))
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    for file, text in (("cases.yml", CASES), ("case.yml", CASE), ("vars.json", json.dumps({"cases": cases}))):
        (tmp_path / file).write_text(text, encoding="utf-8")
    command = [
        "ansible-playbook",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        "@vars.json",
        "-e",
        f"directory_base={BASE}",
    ]
    done = run_ansible(tmp_path, [*command, "cases.yml"], directory.environment())
    assert done.rc == 0, done.output
    messages = json.loads((tmp_path / "messages.json").read_text(encoding="utf-8"))
    assert messages.keys() == expected.keys()
    for name, said in expected.items():
        assert said in messages[name], name
        assert name == "complete" or messages[name].startswith("Nothing was changed. "), messages[name]
    assert not (tmp_path / "evaluated").exists()


def test_a_group_of_many_whose_name_means_something_in_a_filter(tmp_path: Path, directory: Directory) -> None:
    """More than a page of a search."""
    uids = [f"person{number}" for number in range(520)]
    for uid in uids:
        directory.add_person(uid, f"{uid}@example.com")
    group = rf"cn=agents (a\, b) * \C3\A9,ou=groups,{BASE}"
    directory.add(group, objectClass="groupOfNames", cn="agents (a, b) * é", member=[person(uid) for uid in uids])
    groups = [
        {"name": name, "dn": dn, "tasks": sorted(tasks)}
        for name, dn, tasks in (("leads", LEADS, LEAD), ("agents", group, AGENT))
    ]
    (tmp_path / "groups.json").write_text(json.dumps({"directory_groups": groups}), encoding="utf-8")
    with Sandbox() as sandbox:
        for number, uid in enumerate(uids):
            sandbox.add_person(str(8000000000000000 + number), uid, email=f"{uid}@example.com")
        done = run(tmp_path, sandbox, directory.environment(), "-e", "@groups.json")
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

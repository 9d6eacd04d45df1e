# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in every failure, searched for in all that a run puts out, writes, leaves behind, and shows of its processes.

As talkative as Ansible can be: -vvvvv, a log file, callbacks that write what they get, facts that are cached, results
that are registered. With and without `no_log`; the token as an option and from the environment, and then with
ANSIBLE_DEBUG and files that are kept, too.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ansible import release
from resilience.counts import FAULTS, TASKS, count
from resilience.exchanges import ACCOUNTS, KINDS, LIST, OPERATION_KINDS, Kind
from resilience.hostile import Hostile, http_answer
from resilience.module_process import Watch
from resilience.scale import Scale
from resilience.tasks import INFO, PEOPLE, USER, USERS, new_sandbox, search
from sandbox import Fault, Sandbox
from support.leaks import APP_SECRET, TOKEN, leaks, texts_of
from support.playbooks import JANE, MARIA, Json, Run, play, run_ansible, run_playbook, task, waba_environment

QUICK: Json = {"retries": 1, "max_retry_wait": 0, "timeout": 1}
JOBS: dict[str, tuple[str, Json]] = {
    "GET": (INFO, QUICK),
    "POST": (USER, {"user_id": JANE, "tasks": ["DEVELOP"], **QUICK}),
    "DELETE": (USER, {"user_id": MARIA, "state": "absent", **QUICK}),
}
BATCHES: dict[str, tuple[str, Json]] = {
    "an operation": (USERS, {"users": LIST, **QUICK}),
    "a read in a batch": (INFO, {"waba_ids": ACCOUNTS, **QUICK}),
    "a list of people in a batch": (PEOPLE, QUICK),
}
AT_ONCE = 25
MINOR_VERSION = int(release.__version__.split(".")[1])
# With ANSIBLE_DEBUG Ansible itself prints the options of every task, whatever a module says of them. From 2.22 on it
# also prints the values of all options with `no_log`, wherever they are from: a module's raw answer names what to mask.
DEBUG_TELLS = MINOR_VERSION >= 22
# The secrets as templates, as one writes them in a file.
LOOKUPS = {
    name: f"{{{{ lookup('ansible.builtin.env', '{variable}') }}}}"
    for name, variable in (("token", "WABA_ACCESS_TOKEN"), ("app_secret", "WABA_APP_SECRET"))
}
# Those are no failures.
MERELY_SLOW = ("drip", "latency")


@dataclass(frozen=True)
class Case:
    """A task, and the fault that it meets."""

    name: str
    job: tuple[str, Json]
    fault: Fault


def cases() -> list[Case]:
    """Every kind of failure, on every method and in batches; a share of them where not everything is to be tried."""
    kinds = [kind for kind in KINDS if is_other(kind)]

    def case(kind: Kind, place: str, job: tuple[str, Json], **where: object) -> Case:
        return Case(f"{kind.name} on {place}", job, replace(kind.fault, times=0, **where))  # type: ignore[arg-type]

    found = [case(kind, method, job, on=method) for kind in kinds for method, job in JOBS.items()]
    found += [
        case(kind, place, job, index=1) for kind in OPERATION_KINDS if is_other(kind) for place, job in BATCHES.items()
    ]
    return found[:: 1 if Scale.whole else 15]


def is_other(kind: Kind) -> bool:
    """Whether it puts out words of its own. That a call was carried out changes nothing in an answer."""
    return kind.fault.kind not in MERELY_SLOW and not kind.fault.after


def parts(*, as_option: bool) -> list[list[Case]]:
    """Half of the cases, so many as fit a playbook that does not take minutes.

    The other half gets its token the other way; with the next ansible-core it is the other way round.
    """
    tried = cases()[(MINOR_VERSION + as_option) % 2 :: 2]
    return [tried[first : first + AT_ONCE] for first in range(0, len(tried), AT_ONCE)]


def told(folder: Path, tried: list[Case], *, as_option: bool) -> tuple[Run, dict[str, str]]:
    """Run cases in one playbook; returns with it the commands of the processes that it started."""
    watch = Watch()
    with ExitStack() as stack:

        def start(fault: Fault) -> Sandbox:
            return stack.enter_context(new_sandbox(faults=[fault], latency=5))

        sandboxes = [start(case.fault) for case in tried]
        secrets: Json = {"access_token": "{{ token }}", "app_secret": "{{ app_secret }}"} if as_option else {}
        tasks = [
            task(
                case.name,
                case.job[0],
                {**case.job[1], **secrets, "api_url": sandbox.url},
                register="done",
                ignore_errors=True,
                # With three ansible-cores more, each has been seen with and without it, each way.
                no_log=bool((number + MINOR_VERSION // 2) % 2),
            )
            for number, (case, sandbox) in enumerate(zip(tried, sandboxes))
        ]
        # It also shows what was registered, whatever no_log the task had.
        keep: Json = {"name": "Keep it", "ansible.builtin.set_fact": {"kept": "{{ done }}", "cacheable": True}}
        run = run_playbook(
            folder,
            [play([each for one in tasks for each in (one, keep)], vars=LOOKUPS)],
            environment={
                **waba_environment(sandboxes[0]),
                "WABA_APP_SECRET": APP_SECRET,
                "ANSIBLE_DEBUG": "0" if as_option or DEBUG_TELLS else "1",
                "ANSIBLE_DISPLAY_TRACEBACK": "always",
                "ANSIBLE_INJECT_INVOCATION": "1",
                "ANSIBLE_PIPELINING": "0",
                # What a module gets lies in a file while it runs, and here for good: nothing, where it is no option.
                "ANSIBLE_KEEP_REMOTE_FILES": "0" if as_option else "1",
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
                "ANSIBLE_CALLBACK_TREE_DIR": str(folder / "tree"),
                "JUNIT_OUTPUT_DIR": str(folder / "junit"),
                "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
                "ANSIBLE_RETRY_FILES_ENABLED": "1",
            },
            arguments=["-vvvvv", "--diff"],
            meanwhile=watch,
        )
        assert len([result for result in run.results if "on" in result.name]) == len(tasks)
        assert all(sandbox.log for sandbox in sandboxes)
        count(FAULTS, len(tasks))
        count(TASKS, len(tasks))
    return run, watch.commands


@pytest.mark.parametrize("as_option", [False, True], ids=["from the environment", "as an option"])
def test_no_secret_is_put_out_in_any_failure(tmp_path: Path, as_option: bool) -> None:
    """Nor left behind, nor seen among the processes."""
    for number, tried in enumerate(parts(as_option=as_option)):
        folder = tmp_path / str(number)
        run, commands = told(folder, tried, as_option=as_option)
        # That they were talkative runs, and that what is searched is there.
        assert "EXEC /bin/sh" in run.stdout
        assert "Could not" in run.record
        assert any("AnsiballZ" in command for command in commands.values())
        files = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
        assert {"tree", "junit", "facts"} <= files
        assert as_option or "remote" in files
        assert search({**texts_of(run), **commands}) == []


@pytest.mark.parametrize("as_option", [False, True], ids=["from the environment", "as an option"])
def test_no_secret_is_put_out_by_an_inventory(tmp_path: Path, as_option: bool) -> None:
    """It runs where Ansible itself logs: all kinds of failures, and a head that urllib3 has a word to say of."""
    faults = [replace(kind.fault, times=0) for kind in KINDS if is_other(kind)]
    faults += [replace(kind.fault, times=0, index=1) for kind in OPERATION_KINDS if is_other(kind)]
    faults = faults[as_option::2]
    odd = http_answer(b"[]", b"200 OK", b"there is no colon in this line")
    # With a proof in every call, which is in the URLs of those that are no batch.
    source: Json = {"plugin": "metaops.whatsapp.waba", **QUICK}
    if as_option:
        source.update(access_token=LOOKUPS["token"], app_secret=LOOKUPS["app_secret"], account_kinds=["owned"])
    sources = tmp_path / "sources"
    sources.mkdir()
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(new_sandbox(faults=[fault])) for fault in faults]
        hostile = stack.enter_context(Hostile(lambda _requests: [odd]))
        for number, url in enumerate([*(sandbox.url for sandbox in sandboxes), hostile.url]):
            (sources / f"{number}.waba.yml").write_text(json.dumps({**source, "api_url": url}), encoding="utf-8")
        run = run_ansible(
            tmp_path,
            ["ansible-inventory", "-i", "sources", "--list", "-vvvvv"],
            {
                **waba_environment(sandboxes[0]),
                "WABA_APP_SECRET": APP_SECRET,
                "ANSIBLE_DEBUG": "0" if as_option or DEBUG_TELLS else "1",
                "ANSIBLE_DISPLAY_TRACEBACK": "always",
            },
        )
    assert all(sandbox.log for sandbox in sandboxes)
    assert hostile.requests
    count(FAULTS, len(faults) + 1)
    count(TASKS, len(faults) + 1)
    assert "Could not" in run.stderr
    assert "urllib3" in run.log
    assert search(texts_of(run)) == []


def test_the_search_covers_what_is_written(tmp_path: Path) -> None:
    """A task that prints the token: it is found on each of the ways."""
    watch = Watch()
    planted = {"name": "Plant it", "ansible.builtin.command": {"argv": ["sleep", "0.2", "0.1"]}, "register": "done"}
    planted["environment"] = {"PLANTED": "{{ lookup('ansible.builtin.env', 'SECRET') }}"}
    show = {"name": "Show it", "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.env', 'SECRET') }}"}}
    run = run_playbook(
        tmp_path,
        [play([planted, show])],
        environment={
            "SECRET": TOKEN,
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
            "ANSIBLE_CALLBACK_TREE_DIR": str(tmp_path / "tree"),
            "JUNIT_OUTPUT_DIR": str(tmp_path / "junit"),
        },
        arguments=["-vvvvv"],
        meanwhile=watch,
    )
    assert run.rc == 0, run.output
    places = {
        leak.partition(" in ")[2] for leak in leaks({**texts_of(run), "commands": "\n".join(watch.commands.values())})
    }
    assert any(place.endswith("stdout") for place in places)
    assert any("tree" in place for place in places)
    assert any("commands" in place for place in places)

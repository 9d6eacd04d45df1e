# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets those who compete do the same work, each against a sandbox of its own, and measures what that took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmark.scenario import Scenario, make_sandbox, make_scenario
from processes import started
from sandbox import Sandbox

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.executable).parent
#: Seconds after which a command counts as stuck.
PATIENCE = 7200
#: So many people a loop is run for without being asked to.
LOOPS_UP_TO = 100


class Contestant(NamedTuple):
    """One way to do it. `people.json`, which holds the list, is added to the command."""

    title: str
    command: tuple[str, ...]
    #: How often it is run; the median run counts. Once is enough where a second more or less means nothing.
    runs: int = 1
    #: Whether it is a loop of Ansible's, which takes half a second and more for each person.
    is_loop: bool = False


def _playbook(name: str) -> tuple[str, ...]:
    return (str(PROGRAMS / "ansible-playbook"), str(HERE / "playbooks" / name), "--extra-vars")


def _script(mode: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "sdk.py"), mode)


MODULE = Contestant("`waba_assigned_users`", _playbook("list_module.yml"), runs=3)
USER_LOOP = Contestant("`waba_assigned_user` in a loop", _playbook("user_module.yml"), is_loop=True)
URI_LOOP = Contestant("`ansible.builtin.uri` in a loop", _playbook("uri.yml"), is_loop=True)
SDK_SEQUENTIAL = Contestant("script on Meta's SDK, sequential", _script("sequential"))
SDK_BATCHED = Contestant("script on Meta's SDK, batched", _script("batched"), runs=3)
CONTESTANTS = (MODULE, USER_LOOP, URI_LOOP, SDK_SEQUENTIAL, SDK_BATCHED)


class Run(NamedTuple):
    """One run of a contestant's command: what the clock and the sandbox's log say."""

    scenario: Scenario
    seconds: float
    round_trips: int
    #: Calls as the API counts them: every operation of a batch is one.
    quota: int
    connections: int
    #: What is wrong with the command or with the account afterwards; empty where nothing is.
    problem: str


class Weight(NamedTuple):
    """What the module's process used, from the start of its Python to the end."""

    people: int
    processor_seconds: float
    #: The most memory that it held at any one time, in MiB.
    peak: float


class Bench:
    """Where the commands run. Every measurement has its sandbox for itself."""

    def __init__(self, work: Path, environment: Mapping[str, str]) -> None:
        self._work = work
        self._environment = environment

    def measure(self, contestant: Contestant, people: int, latency: float, *, runs: int | None = None) -> Run:
        """The median of a contestant's runs, or the first with a problem; latency in milliseconds."""
        done = [self._run(contestant, people, latency) for _run in range(runs or contestant.runs)]
        median = statistics.median_low(run.seconds for run in done)
        return next((run for run in done if run.problem), next(run for run in done if run.seconds == median))

    def _run(self, contestant: Contestant, people: int, latency: float) -> Run:
        with make_sandbox(people, latency) as sandbox:
            scenario = make_scenario(sandbox, people)
            start = time.monotonic()
            problem = self._command(contestant, sandbox, scenario)
            seconds = time.monotonic() - start
            log = sandbox.log
            return Run(
                scenario=scenario,
                seconds=seconds,
                round_trips=len(log),
                quota=sum(len(request.operations) or 1 for request in log),
                connections=sandbox.connections,
                problem=problem or end_state_problem(sandbox, scenario),
            )

    def weigh(self, people: int) -> Weight:
        """The module's own process: the very program that Ansible makes of it, run once more by itself.

        Without latency: waiting takes neither memory nor the processor. Raises RuntimeError where it fails.
        """
        with make_sandbox(people, 0) as sandbox:
            scenario = make_scenario(sandbox, people)
            for old in self._programs():
                old.unlink()
            problem = self._command(MODULE, sandbox, scenario, ANSIBLE_KEEP_REMOTE_FILES="true")
            if problem:
                raise RuntimeError(problem)
            (program,) = self._programs()
            sandbox.reset()
            done = subprocess.run(
                [sys.executable, str(HERE / "weigh.py"), sys.executable, str(program)],
                env={**self._environment, **_reach(sandbox)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            problem = done.stderr if done.returncode else end_state_problem(sandbox, scenario)
            if problem:
                raise RuntimeError(f"the module by itself, {people} people: {problem}")
        used = json.loads(done.stdout)
        return Weight(people, used["seconds"], used["peak"] / 2**20)

    def _programs(self) -> list[Path]:
        return list(self._work.rglob("AnsiballZ_waba_assigned_users.py"))

    def _command(self, contestant: Contestant, sandbox: Sandbox, scenario: Scenario, **settings: str) -> str:
        """Run a contestant's command to its end; returns what is wrong, if anything."""
        people_file, output = self._work / "people.json", self._work / "output"
        people_file.write_text(json.dumps({"people": scenario.people}))
        argument = f"@{people_file}" if contestant.command[-1] == "--extra-vars" else str(people_file)
        environment = {**self._environment, **_reach(sandbox), **settings}
        command = [*contestant.command, argument]
        with output.open("wb") as file, started(command, env=environment, stdout=file, stderr=file) as process:
            try:
                status = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                return f"it did not end within {PATIENCE} seconds"
        if status:
            return f"it ended with status {status}: {output.read_text(errors='replace')[-2000:]}"
        return ""


def end_state_problem(sandbox: Sandbox, scenario: Scenario) -> str:
    """How the account differs from what is wanted; empty where it does not."""
    assigned = sandbox.assigned()
    wrong = sorted(
        user_id
        for user_id in assigned.keys() | scenario.expected.keys()
        if assigned.get(user_id) != scenario.expected.get(user_id)
    )
    return f"{len(wrong)} people are not as wanted, {wrong[0]} for one" if wrong else ""


def clean_environment(work: Path) -> dict[str, str]:
    """The user's environment without their settings of Ansible, Python and this collection: all are as they come."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "WABA_", "PYTHON"))}
    settings = work / "ansible.cfg"
    settings.write_text("[defaults]\n")
    return {
        **kept,
        "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
        "HOME": str(work / "home"),
        "LC_ALL": "C.UTF-8",
        # Everybody's programs are compiled once, and not in each run because the place for that is not to be written.
        "PYTHONPYCACHEPREFIX": str(work / "pycache"),
        # One of our own: else the user's, or one of /etc, would be found.
        "ANSIBLE_CONFIG": str(settings),
        "ANSIBLE_HOME": str(work / "home" / ".ansible"),
        # The shell finds the user's own home folder whatever HOME says.
        "ANSIBLE_REMOTE_TEMP": str(work / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": str(work / "collections"),
        "ANSIBLE_NOCOLOR": "true",
    }


def _reach(sandbox: Sandbox) -> dict[str, str]:
    """The environment variables that say where the API is, and whose account."""
    return {
        "WABA_API_URL": sandbox.url,
        "WABA_ACCESS_TOKEN": sandbox.token,
        "WABA_ID": sandbox.waba_id,
        "WABA_BUSINESS_ID": sandbox.business_id,
    }

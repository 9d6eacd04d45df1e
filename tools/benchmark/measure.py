# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every contestant's command against a sandbox of its own, and measures what that takes."""

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

from benchmark.scenario import Scenario, converged
from processes import started
from sandbox import Sandbox

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.executable).parent
#: Seconds after which a command counts as stuck.
PATIENCE = 1800


class Contestant(NamedTuple):
    """One way to do a job. The file with the job's options is added to the command."""

    title: str
    command: tuple[str, ...]
    #: How often it runs; the median counts. Once is enough where a second more or less means nothing.
    runs: int = 1


def _playbook(name: str) -> tuple[str, ...]:
    return (str(PROGRAMS / "ansible-playbook"), str(HERE / "playbooks" / name), "--extra-vars")


def _script(mode: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "sdk.py"), mode)


ACCESS = Contestant("`waba_access`", _playbook("access.yml"), runs=3)
ACCESS_INFO = Contestant("`waba_access_info`", _playbook("access_info.yml"), runs=3)
USERS = Contestant("`waba_assigned_users`", _playbook("assigned_users.yml"), runs=3)
USER_LOOP = Contestant("`waba_assigned_user` in a loop", _playbook("assigned_user_loop.yml"))
SDK_ONE_BY_ONE = Contestant("script on Meta's SDK, one by one", _script("one-by-one"))
SDK_BATCHED = Contestant("script on Meta's SDK, batched", _script("batched"), runs=3)


class Run(NamedTuple):
    """One run of a contestant's command: what the clock and the sandbox's log say."""

    seconds: float
    round_trips: int
    #: Calls as the API counts them: every operation of a batch is one.
    calls: int
    connections: int
    #: What is wrong with the command or with the accounts afterwards; empty where nothing is.
    problem: str


class Weight(NamedTuple):
    """What the engine used for so many converged accounts, without Ansible's own share."""

    accounts: int
    processor_seconds: float
    #: The most memory that its process held at any one time, in MiB.
    peak: float


class Bench:
    """Where the commands run. Every measurement has a sandbox of its own."""

    def __init__(self, work: Path, environment: Mapping[str, str]) -> None:
        self._work = work
        self._environment = environment

    def measure(self, contestant: Contestant, scenario: Scenario, latency: float, *, runs: int | None = None) -> Run:
        """The median of a contestant's runs, or the first with a problem; latency in milliseconds."""
        done = [self._run(contestant.command, scenario, latency) for _run in range(runs or contestant.runs)]
        median = statistics.median_low(run.seconds for run in done)
        return next((run for run in done if run.problem), next(run for run in done if run.seconds == median))

    def weigh(self, accounts: int) -> Weight:
        """The engine of `waba_access` in a Python process, without latency. Raises RuntimeError where it fails."""
        output = self._work / "weight.json"
        command = (sys.executable, str(HERE / "engine.py"), "waba_access")
        run = self._run(command, converged(accounts), 0, str(output))
        if run.problem:
            raise RuntimeError(f"the engine, {accounts} accounts: {run.problem}")
        used = json.loads(output.read_text())
        return Weight(accounts, used["seconds"], used["peak"] / 2**20)

    def _run(self, command: tuple[str, ...], scenario: Scenario, latency: float, *more: str) -> Run:
        with Sandbox(**scenario.options, latency=latency) as sandbox:
            start = time.monotonic()
            problem = self._command(command, sandbox, scenario, *more)
            seconds = time.monotonic() - start
            log = sandbox.log
            return Run(
                seconds=seconds,
                round_trips=len(log),
                calls=sum(len(request.operations) or 1 for request in log),
                connections=sandbox.connections,
                problem=problem or end_state_problem(sandbox, scenario),
            )

    def _command(self, command: tuple[str, ...], sandbox: Sandbox, scenario: Scenario, *more: str) -> str:
        """Run a command to its end; returns what is wrong, if anything."""
        given, output = self._work / "given.json", self._work / "output"
        given.write_text(json.dumps(scenario.given))
        argument = f"@{given}" if command[-1] == "--extra-vars" else str(given)
        environment = {
            **self._environment,
            "WABA_API_URL": sandbox.url,
            "WABA_ACCESS_TOKEN": sandbox.token,
            "WABA_ID": sandbox.waba_id,
            "WABA_BUSINESS_ID": sandbox.business_id,
        }
        whole = [*command, argument, *more]
        with output.open("wb") as file, started(whole, env=environment, stdout=file, stderr=file) as process:
            try:
                status = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                return f"it did not end within {PATIENCE} seconds"
        if status:
            return f"it ended with status {status}: {output.read_text(errors='replace')[-2000:]}"
        return ""


def end_state_problem(sandbox: Sandbox, scenario: Scenario) -> str:
    """How the accounts differ from what is expected; empty where they do not."""
    wrong = []
    for waba_id, expected in scenario.expected.items():
        held = sandbox.assigned(waba_id)
        users = sorted(held.keys() | expected.keys())
        wrong += [f"{user_id} on {waba_id}" for user_id in users if held.get(user_id) != expected.get(user_id)]
    return f"{len(wrong)} assignments are wrong, {wrong[0]} for one" if wrong else ""


def clean_environment(work: Path) -> dict[str, str]:
    """The user's environment without their settings of Ansible, Python and this collection: all have their defaults."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "WABA_", "PYTHON"))}
    settings = work / "ansible.cfg"
    settings.write_text("[defaults]\n")
    return {
        **kept,
        "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
        "HOME": str(work / "home"),
        "LC_ALL": "C.UTF-8",
        # Python compiles what it runs once, in the warm-up.
        "PYTHONPYCACHEPREFIX": str(work / "pycache"),
        # Without it Ansible would find the user's configuration, or that of /etc.
        "ANSIBLE_CONFIG": str(settings),
        "ANSIBLE_HOME": str(work / "home" / ".ansible"),
        # The shell finds the user's own home folder whatever HOME says.
        "ANSIBLE_REMOTE_TEMP": str(work / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": str(work / "collections"),
        "PYTHONPATH": str(work / "collections"),
        "ANSIBLE_NOCOLOR": "true",
    }

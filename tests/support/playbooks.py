# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks with the real ansible-playbook, apart from whatever is set up on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from sandbox import Request, Sandbox

#: Seconds after which a playbook counts as stuck: far beyond what any of them takes.
PATIENCE = 300
#: How many playbooks run side by side where a test has several.
SIDE_BY_SIDE = 2

GRAPH_ERROR_FIELDS = {
    "http_status",
    "code",
    "error_subcode",
    "type",
    "message",
    "error_user_title",
    "error_user_msg",
    "fbtrace_id",
    "is_transient",
}

# People of the sandbox's seed, by what they hold at the start.
JANE = "3456789012345678"  # nothing
JOHN = "2345678901234567"  # MANAGE, MANAGE_USERS, MANAGE_TEMPLATES
MARIA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES
REPORTER = "122100123456789013"  # VIEW_INSIGHTS, VIEW_COST
AHMED = "5678901234567890"  # DEVELOP, MANAGE_TEMPLATES, VIEW_TEMPLATES

Json = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One task's result as a callback gets it. `assigned` and `requests` are the watched sandbox's at that moment."""

    name: str
    status: str
    result: Json
    assigned: dict[str, list[str]] = field(default_factory=dict)
    requests: int = 0

    @property
    def message(self) -> str:
        """What the task says of its failure."""
        return str(self.result["msg"])

    @property
    def warnings(self) -> str:
        """The task's warnings, a line each."""
        return "\n".join(str(warning) for warning in self.result.get("warnings", []))


@dataclass(frozen=True)
class Run:
    """What came out of one run of ansible-playbook."""

    rc: int
    stdout: str
    stderr: str
    log: str
    record: str
    folder: Path

    @property
    def results(self) -> list[Result]:
        """Every task's result, in order."""
        return [Result(**json.loads(line)) for line in self.record.splitlines()]

    @property
    def by_name(self) -> dict[str, Result]:
        """Every task's result by the task's name."""
        return {result.name: result for result in self.results}

    @property
    def output(self) -> str:
        """All that a person or a log collector sees."""
        return "\n".join([self.stdout, self.stderr, self.log])


def task(name: str, module: str, options: Json, **keywords: Any) -> Json:
    """A task of one of the collection's modules."""
    return {"name": name, f"metaops.whatsapp.{module}": options, **keywords}


def play(tasks: Sequence[Json], hosts: str = "localhost", **keywords: Any) -> Json:
    """A play."""
    return {"name": "Test", "hosts": hosts, "gather_facts": False, "tasks": list(tasks), **keywords}


def waba_environment(sandbox: Sandbox) -> dict[str, str]:
    """The environment variables that the collection reads, without an app secret."""
    return {
        "WABA_API_URL": sandbox.url,
        "WABA_ACCESS_TOKEN": sandbox.token,
        "WABA_ID": sandbox.waba_id,
        "WABA_BUSINESS_ID": sandbox.business_id,
    }


def run_playbook(
    folder: Path,
    plays: Sequence[Json],
    *,
    environment: Mapping[str, str] | None = None,
    watch: Sandbox | None = None,
    arguments: Sequence[str] = (),
    inventory: str = "localhost ansible_connection=local\n",
    meanwhile: Callable[[int], None] = lambda _pid: None,
) -> Run:
    """Run a playbook in `folder`, which nothing else may use.

    `watch`: note this sandbox's state after every task. `meanwhile` gets the id of ansible-playbook's process, and runs
    beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "playbook.yml").write_text(yaml.safe_dump(list(plays), sort_keys=False, width=1000), encoding="utf-8")
    (folder / "hosts").write_text(inventory, encoding="utf-8")
    return run_ansible(
        folder,
        ["ansible-playbook", "-i", "hosts", *arguments, "playbook.yml"],
        {**({"METAOPS_RECORD_SANDBOX": watch.url} if watch else {}), **(environment or {})},
        meanwhile,
    )


def run_ansible(
    folder: Path,
    command: Sequence[str],
    environment: Mapping[str, str],
    meanwhile: Callable[[int], None] = lambda _pid: None,
) -> Run:
    """Run one of Ansible's programs in `folder`, which nothing else may use; `meanwhile` runs beside it."""
    here = own_environment(folder)
    record, log = folder / "record.jsonl", folder / "ansible.log"
    record.touch()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=folder,
        env={**here, "METAOPS_RECORD": str(record), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process, ThreadPoolExecutor(1) as pool:
        beside = pool.submit(meanwhile, process.pid)
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
        beside.result()
    logged = log.read_text(encoding="utf-8") if log.exists() else ""
    return Run(process.returncode, stdout, stderr, logged, record.read_text(encoding="utf-8"), folder)


def own_environment(folder: Path) -> dict[str, str]:
    """The environment in which Ansible has all that it keeps in `folder`, and sees nothing of the user's."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # One of our own: else one of the user's, or of /etc, would be found.
    (folder / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home" / ".ansible"),
        # The shell finds the user's own home folder whatever HOME says.
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ["METAOPS_COLLECTIONS"],
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_NOCOLOR": "1",
        # Saves some processes a task.
        "ANSIBLE_PIPELINING": "1",
    }


def may_change(request: Request) -> bool:
    """Whether a request could change something: a batch is as harmless as its operations."""
    return any(part["method"] != "GET" for part in request.operations or [{"method": request.method}])


def run_named(
    folder: Path,
    sandbox: Sandbox,
    name: str,
    variables: Json,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run one of the collection's playbooks by its name."""
    sandbox.clear_log()
    folder.mkdir(exist_ok=True)
    (folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    return run_playbook(
        folder,
        [play([])],
        environment={**waba_environment(sandbox), **(environment or {})},
        arguments=["-e", "@variables.json", *arguments, f"metaops.whatsapp.{name}"],
    )

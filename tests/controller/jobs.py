# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jobs as AWX does: with ansible-runner, on the project, credential type and surveys of examples/awx."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment
from support.playbooks import PATIENCE, Json, own_environment, run_ansible

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "awx"


def example(name: str) -> Any:
    """A file of examples/awx that is to be imported: YAML, of which JSON is a part."""
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def injected(fields: Mapping[str, str]) -> dict[str, str]:
    """The environment that a credential with these fields gives a job; a field that is left out is blank, as in AWX."""
    templates = ImmutableSandboxedEnvironment()
    injectors = example("credential_type_injectors.yml")
    return {name: templates.from_string(text).render(**fields) for name, text in injectors["env"].items()}


@dataclass(frozen=True)
class Job:
    """What came out of a job."""

    status: str
    events: list[Json]
    stdout: str
    artifacts: Json
    folder: Path

    @property
    def hosts(self) -> set[str]:
        """The hosts that a task was run on."""
        return {event["event_data"]["host"] for event in self.events if event["event"] == "runner_on_ok"}

    def texts(self) -> dict[str, str]:
        """All that the job left in its folder, but for the environment that it was given."""
        given = {self.folder / "env", self.folder / "artifacts" / "job" / "command"}
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.folder)): path.read_bytes().decode("utf-8", "replace")
            for path in files
            if not given & {path, *path.parents}
        }


class SynchronisationError(Exception):
    """The inventory could not be read; the text is all that was put out."""


class Controller:
    """One project, one credential, one inventory."""

    def __init__(self, folder: Path, credential: Mapping[str, str]) -> None:
        self._folder = folder
        self._jobs = 0
        self.credential = dict(credential)
        self.project = folder / "project"
        shutil.copytree(EXAMPLES / "project", self.project)

    def synchronise(self) -> Json:
        """The inventory as the controller takes it from the project's source, and keeps it."""
        command = ["ansible-inventory", "-i", str(self.project / "inventory"), "--list", "--export"]
        # A controller sets this, so that what cannot be read fails the synchronisation.
        environment = {**injected(self.credential), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True"}
        run = run_ansible(self._folder / "sync", command, environment)
        if run.rc != 0:
            raise SynchronisationError(run.output)
        inventory: Json = json.loads(run.stdout)
        return inventory

    def launch(
        self, playbook: str, inventory: Json, answers: Json | None = None, arguments: Sequence[str] = ("-vvvv",)
    ) -> Job:
        """Run a job of the project's playbook, with a survey's answers."""
        self._jobs += 1
        folder = self._folder / f"job-{self._jobs}"
        (folder / "env").mkdir(parents=True)
        (folder / "inventory").mkdir()
        shutil.copytree(self.project, folder / "project")
        # Answers are no templates.
        unsafe = [f"!unsafe {json.dumps(key)}: {_unsafe(value)}\n" for key, value in (answers or {}).items()]
        (folder / "env" / "extravars").write_text("".join(unsafe) or "{}", encoding="utf-8")
        script = folder / "inventory" / "hosts"
        script.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(inventory)}\nEND\n", encoding="utf-8")
        script.chmod(0o700)
        environment = {
            **own_environment(folder / "own"),
            **injected(self.credential),
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "METAOPS_RECORD": str(folder / "own" / "record.jsonl"),
        }
        (folder / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
        runner = [str(Path(sys.executable).parent / "ansible-runner"), "run", str(folder), "--ident", "job"]
        done = subprocess.run(
            [*runner, "--playbook", playbook, f"--cmdline={' '.join(arguments)}"],
            env={"PATH": environment["PATH"], "HOME": environment["HOME"], "LC_ALL": "C.UTF-8"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (folder / "artifacts" / "job" / "status").exists(), done.stdout + done.stderr
        return _job(folder)


def of_hosts(inventory: Json, hosts: Sequence[str]) -> Json:
    """The inventory as a slice of a job sees it: these hosts alone, in all their groups."""
    groups = {
        name: {**group, "hosts": [host for host in group.get("hosts", []) if host in hosts]}
        for name, group in inventory.items()
        if name != "_meta"
    }
    hostvars = {host: inventory["_meta"]["hostvars"][host] for host in hosts}
    return {**groups, "_meta": {"hostvars": hostvars}}


def _unsafe(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_unsafe(item) for item in value)}]"
    return f"!unsafe {json.dumps(value)}" if isinstance(value, str) else json.dumps(value)


def _job(folder: Path) -> Job:
    artifacts = folder / "artifacts" / "job"
    files = sorted((artifacts / "job_events").glob("*.json"), key=lambda path: int(path.name.partition("-")[0]))
    events = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    stats = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
    return Job(
        (artifacts / "status").read_text(encoding="utf-8"),
        events,
        (artifacts / "stdout").read_text(encoding="utf-8"),
        stats[-1].get("artifact_data", {}) if stats else {},
        folder,
    )

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as a process of its own, as Ansible does: its options come in as JSON, its result goes out as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resilience.counts import TASKS, count
from resilience.tasks import search
from support.playbooks import Json


@dataclass(frozen=True)
class Ended:
    """A process that has ended. In what it put out no secret was found."""

    returncode: int
    stdout: str
    stderr: str
    #: The most memory that it ever had, in bytes.
    memory: int

    @property
    def result(self) -> Json:
        """The module's result."""
        found: Json = json.loads(self.stdout)
        return found


class ModuleProcess:
    """A module's process, from its start on."""

    def __init__(
        self, folder: Path, module: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"ansible_collections.metaops.whatsapp.plugins.modules.{module}"],
            cwd=folder,
            env={
                "PYTHONPATH": os.environ["METAOPS_COLLECTIONS"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": str(folder / "home"),
                "TMPDIR": str(folder / "tmp"),
                "LC_ALL": "C.UTF-8",
                **(environment or {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        count(TASKS)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}))
        self._process.stdin.close()

    def kill(self, number: signal.Signals) -> Ended:
        """Send it a signal, and wait for its end."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> Ended:
        """Wait for its end."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            stdout, stderr = process.stdout.read(), process.stderr.read()
            _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert search({"stdout": stdout, "stderr": stderr}) == []
        return Ended(process.returncode, stdout, stderr, usage.ru_maxrss * 1024)

    @property
    def left_behind(self) -> list[str]:
        """The files that it made and did not take away."""
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]


def run_module(
    folder: Path, module: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Ended:
    """Run a module to its end."""
    return ModuleProcess(folder, module, options, environment).wait()


class Watch:
    """Notes the commands of a process, and of all that it starts, for as long as it lives."""

    def __init__(self) -> None:
        #: By process id, their parts divided by NUL characters.
        self.commands: dict[str, str] = {}

    def __call__(self, pid: int) -> None:
        """Watch this process."""
        while _state(pid) not in ("Z", ""):
            for each in [pid, *descendants(pid)]:
                with contextlib.suppress(OSError):
                    command = Path(f"/proc/{each}/cmdline").read_bytes().decode("utf-8", "replace")
                    # None while it begins, and when it has ended.
                    self.commands[str(each)] = command or self.commands.get(str(each), "")
            time.sleep(0.005)


def _state(pid: int) -> str:
    """What a process is at, in the kernel's letters: Z has ended; none where there is no such process any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """The processes that this one has started, and those that they have. Cheap, as Linux keeps a list of them."""
    found = [pid]
    for each in found:
        threads: list[Path] = []
        with contextlib.suppress(OSError):  # it may have ended
            threads += Path(f"/proc/{each}/task").iterdir()
        for thread in threads:
            with contextlib.suppress(OSError):
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found[1:]

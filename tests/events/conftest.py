# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share: the real ansible-rulebook, with the collection as it is installed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, os.environ.get("METAOPS_COLLECTIONS", ""))

from sandbox import Sandbox
from support.plain_pytest import needs_session
from support.playbooks import own_environment, waba_environment

pytest_configure = needs_session("events", "events")

#: The rulebook's variables, in its folder.
VARIABLES = Path("inventory", "group_vars", "all.yml")
#: Seconds after which a rulebook counts as stuck. It starts Java and asks ansible-galaxy several times.
PATIENCE = 180


class Rulebook:
    """A running ansible-rulebook."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> str:
        """All that it has put out so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self, until: Callable[[], object], seconds: float = PATIENCE) -> float:
        """Wait until it is so, and return the seconds that it took."""
        begin = time.monotonic()
        while not until():
            assert time.monotonic() < begin + seconds, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.05)
        return time.monotonic() - begin


@contextlib.contextmanager
def running(folder: Path, sandbox: Sandbox, name: str, *arguments: str) -> Iterator[Rulebook]:
    """Run one of the collection's rulebooks in a folder, with its variables in the inventory."""
    log = folder / "rulebook.log"
    inventory = 'localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"\n'
    (folder / "inventory" / "hosts").write_text(inventory, encoding="utf-8")
    command = ["ansible-rulebook", "--rulebook", name, "-i", "inventory", "--vars", str(VARIABLES), *arguments]
    environment = {**own_environment(folder), **waba_environment(sandbox)}
    if "JAVA_HOME" in os.environ:
        environment["JAVA_HOME"] = os.environ["JAVA_HOME"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / command[0]), *command[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Rulebook(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with nothing special about it."""
    with Sandbox() as started:
        yield started

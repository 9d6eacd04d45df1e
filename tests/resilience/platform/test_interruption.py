# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is killed, at any moment: running it again brings about what was asked.

Nothing matters but the API's own state.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from resilience.account import lies
from resilience.counts import KILLS, count
from resilience.exchanges import BY_NAME, Exchange, goal
from resilience.module_process import ModuleProcess, descendants
from resilience.tasks import USERS, options_for, search
from sandbox import Fault, Sandbox
from support.leaks import texts_of
from support.playbooks import PATIENCE, play, run_playbook, task, waba_environment

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
KILLED = [
    BY_NAME[name]
    for name in (
        "add one",
        "change one where that is refused",
        "remove one",
        "a list",
        "a list by plain calls",
        "a list where changes are refused",
        "a purge",
    )
]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A job in a shell's background ignores SIGINT, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def until_it_hangs(sandbox: Sandbox) -> None:
    """Wait until a request has met its fault."""
    deadline = time.monotonic() + PATIENCE
    while not any(request.fault for request in sandbox.log):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def comes_right(exchange: Exchange, sandbox: Sandbox) -> None:
    """The task, run again, brings about what was asked and tells the truth of it; then there is nothing left to do."""
    sandbox.clear_faults()
    before = sandbox.assigned()
    done = exchange.run(sandbox)
    assert not done.failed, done.message
    assert sandbox.assigned() == goal(exchange.name).people
    assert lies(before, sandbox.assigned(), done, exchange.user_id) == []
    assert exchange.run(sandbox).result["changed"] is False


@pytest.mark.share(31)
@pytest.mark.parametrize("exchange", KILLED, ids=lambda exchange: exchange.name)
@pytest.mark.parametrize(("number", "applied"), [(number, applied) for number in SIGNALS for applied in (False, True)])
def test_a_module_that_is_killed(tmp_path: Path, exchange: Exchange, number: signal.Signals, applied: bool) -> None:
    """At each request of its exchange, before the server carries it out and after."""
    requests = goal(exchange.name).requests
    for position in range(1, requests + 1):
        with exchange.server() as sandbox:
            sandbox.inject(Fault("hang", nth=position, after=applied))
            options = options_for(sandbox, {**exchange.options, "timeout": PATIENCE})
            process = ModuleProcess(tmp_path / str(position), exchange.module, options)
            until_it_hangs(sandbox)
            ended = process.kill(number)
            count(KILLS)
            assert ended.returncode != 0
            assert ended.stdout == ""
            assert process.left_behind == []
            comes_right(exchange, sandbox)


@pytest.mark.share(3)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_playbook_that_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    """In the middle of a batch, with all the processes that it has started."""
    exchange = BY_NAME["a list"]
    with exchange.server() as sandbox:
        sandbox.inject(Fault("hang", on="POST", after=True))
        plays = [play([task("do", USERS, {**exchange.options, "timeout": PATIENCE})])]
        environment = {**waba_environment(sandbox), "WABA_APP_SECRET": sandbox.app_secret}

        def kill(pid: int) -> None:
            until_it_hangs(sandbox)
            for each in [*descendants(pid), pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, number)
            count(KILLS)

        killed = run_playbook(tmp_path / "killed", plays, environment=environment, meanwhile=kill)
        assert killed.rc != 0
        assert search(texts_of(killed)) == []
        again = run_playbook(tmp_path / "again", plays, environment=environment)
        assert again.rc == 0, again.output
        assert sandbox.assigned() == goal(exchange.name).people
        comes_right(exchange, sandbox)

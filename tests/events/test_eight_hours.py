# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Eight hours of a watch over a hundred accounts, with a clock that goes when it is told to."""

from __future__ import annotations

import gc
import json
import threading
import tracemalloc
from collections import defaultdict
from pathlib import Path

from ansible_collections.metaops.whatsapp.plugins.module_utils._watch.watch import Watch
from sandbox import Fault, Sandbox

JANE = "3456789012345678"
HOURS = 8
POLLS_AN_HOUR = 12


class Clock(threading.Event):
    """A clock, and the event that stops a watch: to wait for it costs no time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return self.is_set()


def test_eight_hours_of_a_hundred_accounts(tmp_path: Path) -> None:
    """Within the quota, with flat memory, and every difference is told exactly once.

    Memory is traced in the last two hours alone, since that makes all else slow: it is compared between their ends.
    """
    calls: dict[str, list[float]] = defaultdict(list)
    made, told, ids, memory = [], [], set(), []
    clock, path = Clock(), tmp_path / "state.json"
    with Sandbox(accounts=100, people_each=2) as sandbox:
        accounts = sorted(sandbox.waba_ids)
        args = {"access_token": sandbox.token, "api_url": sandbox.url, "business_id": sandbox.business_id}
        watch = Watch({**args, "calls_per_hour": 20, "state_file": str(path)}, clock, clock)
        watch.poll()
        begin = clock.now
        for number in range(HOURS * POLLS_AN_HOUR):
            account = accounts[number * 7 % 100]
            if sandbox.tasks_of(JANE, account) is None:
                sandbox.assign(JANE, ["DEVELOP"], account)
                made.append(("came", account, JANE))
            else:
                sandbox.remove(JANE, account)
                made.append(("went", account, JANE))
            if number % 9 == 0:  # it is tried again
                sandbox.inject(Fault("status", on="POST", status=503, code=2))
            clock.now += watch.pause
            for event in watch.poll():
                if event["kind"] != "heartbeat":
                    told.append((event["kind"], event["waba_id"], event["user_id"]))
                    ids.add(event["event_id"])
            for operation in (operation for request in sandbox.log for operation in request.operations or []):
                if "assigned_users" in operation["relative_url"]:
                    calls[operation["relative_url"].split("/assigned_users")[0]].append(clock.now)
            sandbox.clear_log()
            if number == (HOURS - 2) * POLLS_AN_HOUR:
                tracemalloc.start()
            if number % POLLS_AN_HOUR == POLLS_AN_HOUR - 1 and tracemalloc.is_tracing():
                gc.collect()
                memory.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert clock.now >= begin + HOURS * 3600
    assert told == made
    assert len(ids) == len(told)
    assert len(calls) == 100
    assert all(len(times) >= HOURS * POLLS_AN_HOUR for times in calls.values())
    assert max(sum(end - 3600 < now <= end for now in times) for times in calls.values() for end in times) <= 20
    assert json.loads(path.read_text(encoding="utf-8"))["calls"]
    noted_by_this_test = 100 * POLLS_AN_HOUR * 60
    assert memory[1] - memory[0] < noted_by_this_test + 100_000, memory

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report: a Markdown document with tables of what was measured, the targets and the machine."""

from __future__ import annotations

import datetime
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from benchmark.measure import SDK_BATCHED, Run, Weight
from benchmark.scenario import PEOPLE_EACH, Scenario

#: Accounts up to which the wall time has a target; above it is mostly Ansible's own, for arguments and results.
TIMED_UP_TO = 200

HEADER = """<!--
Copyright: (c) 2026, metaops.whatsapp contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

"""

NOTES = f"""Every account has {PEOPLE_EACH} users, all of them declared, where the scenario says nothing else.

- *converged*: accounts are named, users are named by id, and nothing differs.
- *two changes in each*: one grant and one removal in each account.
- *one person off-boarded*: the person is named by e-mail, and the accounts are all that the business has.
- *read*: all accounts that the business has, and the business's people.
- *1 account*: a fifth of its people is removed, a fifth gets other tasks.

The collection reads, plans, guards against lock-out, writes in batches and reads back. The scripts on Meta's SDK read,
compare and write, one by one or 50 in a batch, across accounts. They neither guard nor read back.

Wall time is that of the whole command, the start of Python and Ansible included; Ansible's settings are its defaults.
Of the collection's modules and of the batched script the median of three runs is shown; of the loop and of the script
that works one by one, one run. Calls are what the API counts: each operation of a batch is a call. Processor time is
that of the engine in its own process, on converged accounts and without latency, without what Ansible spends on
arguments and results; peak memory is that of the whole process until then, Python and its libraries included.

The sandbox adds the latency to every answer, to that of a batch as to any other, and is reached without TLS. On the
Internet a batch takes longer than this, and each new connection costs round trips of its own.
"""


class Target(NamedTuple):
    """What was aimed at, and what came out."""

    aim: str
    measured: str
    met: bool


@dataclass
class Results:
    """All that was measured in one go; `latency` in milliseconds, `machine` a sentence."""

    latency: float
    machine: str
    scenarios: list[Scenario] = field(default_factory=list)
    #: (name of the scenario, title of the contestant) -> its run, in the order in which they ran.
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    weights: list[Weight] = field(default_factory=list)


def as_markdown(results: Results) -> str:
    """The whole document."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    parts = [
        "# Cost of the collection beside other ways",
        f"`make bench`, {today}, {results.latency:g} ms latency. {results.machine}",
        table(results),
        weights_table(results.weights),
        "## Targets",
        targets_table(targets(results)),
        "## What was measured",
        NOTES,
    ]
    return HEADER + "\n\n".join(parts)


def body(text: str) -> str:
    """The document without its license header."""
    return text.removeprefix(HEADER)


def table(results: Results) -> str:
    """A row for each scenario and contestant."""
    rows = [[name, title, *_cells(run)] for (name, title), run in results.runs.items()]
    head = ["Scenario", "How", "Wall time", "Round trips", "API calls", "Connections", "End state"]
    return _table(head, rows, right=(2, 3, 4, 5))


def _cells(run: Run) -> list[str]:
    state = "WRONG" if run.problem else "right"
    return [f"{run.seconds:.1f} s", f"{run.round_trips:,}", f"{run.calls:,}", f"{run.connections:,}", state]


def weights_table(weights: list[Weight]) -> str:
    """What the engine needs."""
    rows = [[f"{w.accounts:,}", f"{w.processor_seconds:.2f} s", f"{w.peak:.1f} MiB"] for w in weights]
    return _table(["Accounts", "Processor time of the engine", "Peak memory"], rows, right=(0, 1, 2))


def targets_table(found: list[Target]) -> str:
    """A row for each target."""
    rows = [[target.aim, target.measured, "met" if target.met else "NOT met"] for target in found]
    return _table(["Target", "Measured", "Verdict"], rows)


def targets(results: Results) -> list[Target]:
    """Those that can be told from what was measured. Times are aimed at for a latency of 100 ms."""
    found = []
    for scenario in results.scenarios:
        runs = {title: run for (name, title), run in results.runs.items() if name == scenario.name}
        ours, batched = next(iter(runs.values())), runs[SDK_BATCHED.title]
        measured = f"{ours.round_trips}, {ours.connections}"
        met = ours.round_trips <= scenario.round_trips and ours.connections == 1
        found.append(
            Target(f"{scenario.name}: at most {scenario.round_trips} round trips, 1 connection", measured, met)
        )
        if scenario.options.get("accounts", 0) <= TIMED_UP_TO:
            longer = ours.seconds - batched.seconds
            aim = f"{scenario.name}: at most 5 s longer than the SDK's batched script"
            found.append(Target(aim, f"{longer:.1f} s", longer <= 5))
    for weight in results.weights[-1:]:
        seconds = weight.processor_seconds
        aim = f"{weight.accounts:,} accounts: at most 3 s of processor time in the engine"
        found.append(Target(aim, f"{seconds:.2f} s", seconds <= 3))
    return found + _memory_targets(results.weights)


def _memory_targets(weights: list[Weight]) -> list[Target]:
    """Linear: the last stretch takes no more an account than the one before it, give or take a fifth."""
    if len(weights) < 3:
        return []
    first, second, third = weights[-3:]
    before = (second.peak - first.peak) / (second.accounts - first.accounts) * 1024
    after = (third.peak - second.peak) / (third.accounts - second.accounts) * 1024
    aim = f"Memory grows linearly: as much an account up to {second.accounts:,} accounts as up to {third.accounts:,}"
    return [Target(aim, f"{before:.1f} KiB and {after:.1f} KiB", after <= before * 1.2)]


def machine() -> str:
    """The machine and its programs, in a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    programs = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "requests", "facebook-business"))
    return (
        f"The machine: {_processor()}, {os.cpu_count()} cores (load {os.getloadavg()[0]:.1f} at the start),"
        f" {memory:.0f} GiB of memory, {_system()}, Python {platform.python_version()}, {programs}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name} ({platform.system()} {platform.release()})"


def _table(head: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> str:
    rules = ["---:" if column in right else "---" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows])

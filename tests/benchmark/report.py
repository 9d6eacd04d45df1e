# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, in words: a Markdown document with a table, the targets and the machine."""

from __future__ import annotations

import datetime
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from benchmark.measure import CONTESTANTS, LOOPS_UP_TO, MODULE, SDK_BATCHED, URI_LOOP, Contestant, Run, Weight

#: Operations a batch: the most that the API takes.
BATCH = 50

HEADER = """<!--
Copyright: (c) 2026, metaops.whatsapp contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

"""

NOTES = f"""Everybody starts from the same account and gets the same list of people: the first tenth is to be gone,
a fifth gets other tasks, a tenth is new, all others are in the list as they are. Five more people, among them the
token's own user, are not in the list and have to stay as they are.

- `waba_assigned_users` reads, compares, guards against lock-out, writes in batches, and reads back.
- `waba_assigned_user` in a loop does the same for each person by themselves.
- `ansible.builtin.uri` in a loop is what people write without the collection: a POST or a DELETE for everybody in the
  list. It compares nothing, guards against nothing, and reads nothing back.
- The scripts read, compare and write, one by one or 50 in a batch. They neither guard nor read back.

Wall time is that of the whole command, the start of Python and Ansible included; Ansible's settings are its defaults.
Of `waba_assigned_users` and of the batched script the median of three runs is shown. With
`make bench ARGS=--quick` the loops are left out for more than {LOOPS_UP_TO} people, where they take many minutes.
Quota is what the API counts: each operation of a batch is a call. Processor time and memory are those of the module's
own process, from the start of its Python to its end, without latency.

The sandbox adds the latency to every answer, to that of a batch as to any other, and is reached without TLS. On the
Internet a batch takes longer than this, and a new connection, which the loops open for every person, costs round trips
of its own.
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
    runs: dict[tuple[int, Contestant], Run] = field(default_factory=dict)
    weights: list[Weight] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """The numbers of people, in the order of the runs."""
        return list(dict.fromkeys(people for people, _contestant in self.runs))


def as_markdown(results: Results) -> str:
    """The whole document."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    parts = [
        "# What the collection costs, beside other ways",
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
    """The document without its licence header."""
    return text.removeprefix(HEADER)


def table(results: Results) -> str:
    """A row for each number of people and each contestant."""
    rows = []
    for people in results.sizes:
        for contestant in CONTESTANTS:
            run = results.runs.get((people, contestant))
            cells = _cells(run) if run else ["left out", "", "", "", ""]
            rows.append([f"{people:,}", contestant.title, *cells])
    head = ["People", "How", "Wall time", "Round trips", "Quota", "Connections", "End state"]
    return _table(head, rows, right=(0, 2, 3, 4, 5))


def _cells(run: Run) -> list[str]:
    state = "WRONG" if run.problem else "right"
    return [f"{run.seconds:.1f} s", f"{run.round_trips:,}", f"{run.quota:,}", f"{run.connections:,}", state]


def weights_table(weights: list[Weight]) -> str:
    """What the module's own process needs."""
    rows = [[f"{w.people:,}", f"{w.processor_seconds:.2f} s", f"{w.peak:.1f} MiB"] for w in weights]
    head = ["People", "Processor time of `waba_assigned_users`", "Peak memory"]
    return _table(head, rows, right=(0, 1, 2))


def targets_table(found: list[Target]) -> str:
    """A row for each target."""
    rows = [[target.aim, target.measured, "met" if target.met else "NOT met"] for target in found]
    return _table(["Target", "Measured", "Verdict"], rows)


def targets(results: Results) -> list[Target]:
    """Those that can be told from what was measured. Times are aimed at for a latency of 100 ms."""
    found = []
    for people in results.sizes:
        found += _call_targets(people, results.runs[people, MODULE])
    module, uri, sdk = (results.runs.get((100, each)) for each in (MODULE, URI_LOOP, SDK_BATCHED))
    if module and uri:
        factor = uri.seconds / module.seconds
        found.append(Target("100 people: 20 x faster than the `uri` loop", f"{factor:.1f} x", factor >= 20))
    if module and sdk:
        longer = module.seconds - sdk.seconds
        aim = "100 people: at most 2 s longer than the SDK's batched script"
        found.append(Target(aim, f"{longer:.1f} s", longer <= 2))
    for weight in results.weights:
        if weight.people == 1000:
            seconds = weight.processor_seconds
            aim = "1,000 people: at most 3 s of processor time in the module"
            found.append(Target(aim, f"{seconds:.2f} s", seconds <= 3))
    return found + _memory_targets(results.weights)


def _call_targets(people: int, run: Run) -> list[Target]:
    scenario = run.scenario
    needed = scenario.pages + scenario.changes + scenario.pages_after
    batches = -(-scenario.changes // BATCH)
    most = scenario.pages * 2 + batches + 2
    return [
        Target(
            f"{people:,} people: quota {needed} (pages {scenario.pages} + changes {scenario.changes} + read-back pages"
            f" {scenario.pages_after}), and at most 2 for the guard",
            f"{run.quota}",
            needed <= run.quota <= needed + 2,
        ),
        Target(
            f"{people:,} people: at most {most} round trips (pages {scenario.pages} x 2 + batches {batches} + 2)",
            f"{run.round_trips}",
            run.round_trips <= most,
        ),
    ]


def _memory_targets(weights: list[Weight]) -> list[Target]:
    """Linear: the last stretch takes no more a person than the one before it, give or take a fifth."""
    if len(weights) < 3:
        return []
    first, second, third = weights[-3:]
    before = (second.peak - first.peak) / (second.people - first.people) * 1024
    after = (third.peak - second.peak) / (third.people - second.people) * 1024
    aim = f"Memory grows linearly: as much a person up to {second.people:,} people as up to {third.people:,}"
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

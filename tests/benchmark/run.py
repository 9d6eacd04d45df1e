# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times the collection against the other ways to do the same, on a sandbox of the Graph API. ``make bench`` starts it.

It needs ansible-core, requests and facebook-business beside the Python that runs it. What it measures depends on how
busy the machine is: leave it alone meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tools")]

import checkout  # noqa: E402
from benchmark import report  # noqa: E402
from benchmark.measure import (  # noqa: E402
    CONTESTANTS,
    LOOPS_UP_TO,
    PROGRAMS,
    Bench,
    Run,
    Weight,
    clean_environment,
)
from processes import clean_up_when_interrupted  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
#: People that everybody once works for before the clock counts: nobody shall pay for compiling what all use.
WARM_UP = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where somebody got it wrong, whatever the targets say."""
    options = parser().parse_args(arguments)
    began = time.monotonic()
    (ROOT / ".venv").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".venv", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        environment = clean_environment(work)
        say("Build and install the collection")
        install(work, environment)
        bench = Bench(work, environment)
        say("Warm up")
        for contestant in CONTESTANTS:
            bench.measure(contestant, WARM_UP, 0, runs=1)
        results = report.Results(options.latency, machine=report.machine())
        for people in options.people:
            compete(bench, people, results, loops=not options.quick or people <= LOOPS_UP_TO)
        results.weights = [weigh(bench, people) for people in options.weigh]
    text = report.as_markdown(results)
    options.output.write_text(text, encoding="utf-8")
    say(f"\n{report.body(text)}\nWritten to {options.output}, after {time.monotonic() - began:.0f} s.")
    return 1 if any(run.problem for run in results.runs.values()) else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="make bench", description="Times the collection against other ways.")
    made.add_argument("--latency", type=at_least(0), default=100, metavar="MS", help="of every answer (default: 100)")
    made.add_argument(
        "--people", type=at_least(10), nargs="+", default=[100, 1000], metavar="N", help="accounts (default: 100 1000)"
    )
    made.add_argument(
        "--weigh",
        type=at_least(10),
        nargs="+",
        default=[100, 1000, 5000, 10000],
        metavar="N",
        help="accounts for which the module's memory and processor time are taken (default: 100 1000 5000 10000)",
    )
    made.add_argument(
        "--quick", action="store_true", help=f"leave out the loops for more than {LOOPS_UP_TO} people: they take most"
    )
    made.add_argument("--output", type=Path, default=RESULTS, metavar="FILE", help=f"default: {RESULTS.name} beside it")
    return made


def at_least(least: int) -> Callable[[str], int]:
    """A whole number from here on, for argparse."""

    def whole_number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} on, not {text}")
        return int(text)

    return whole_number


def install(work: Path, environment: dict[str, str]) -> None:
    """The collection as a user has it."""
    (work / "home").mkdir()
    source = checkout.copy(ROOT, work / "source")
    galaxy = [str(PROGRAMS / "ansible-galaxy"), "collection"]
    subprocess.run([*galaxy, "build"], cwd=source, env=environment, check=True, stdout=subprocess.DEVNULL)
    artefact = next(source.glob("*.tar.gz"))
    subprocess.run([*galaxy, "install", artefact.name], cwd=source, env=environment, check=True, capture_output=True)


def compete(bench: Bench, people: int, results: report.Results, *, loops: bool) -> None:
    """Everybody with so many people, one after the other."""
    for contestant in CONTESTANTS:
        label = f"{people:,} people, {contestant.title}"
        if contestant.is_loop and not loops:
            say(f"{label}: left out, as --quick says")
            continue
        say(f"{label} ...")
        run = results.runs[people, contestant] = bench.measure(contestant, people, results.latency)
        say(f"  {run_in_words(run)}")


def run_in_words(run: Run) -> str:
    if run.problem:
        return f"WRONG: {run.problem}"
    return f"{run.seconds:.1f} s, {run.round_trips} round trips, quota {run.quota}, end state right"


def weigh(bench: Bench, people: int) -> Weight:
    say(f"{people:,} people, the module's own process ...")
    weight = bench.weigh(people)
    say(f"  {weight.processor_seconds:.2f} s of processor time, at most {weight.peak:.1f} MiB of memory")
    return weight


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    clean_up_when_interrupted()
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"\nThe benchmark stopped: {error}")

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times the collection beside other ways to do the same, on a sandbox of the Graph API. ``make bench`` starts it.

It needs ansible-core, requests and facebook-business beside the Python that runs it. Other work on the machine changes
what it measures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

import checkout  # noqa: E402
from benchmark import report  # noqa: E402
from benchmark.measure import (  # noqa: E402
    ACCESS,
    ACCESS_INFO,
    PROGRAMS,
    SDK_BATCHED,
    SDK_ONE_BY_ONE,
    USER_LOOP,
    USERS,
    Bench,
    Contestant,
    Run,
    clean_environment,
)
from benchmark.scenario import Scenario, changed, converged, offboarded, one_account, read  # noqa: E402
from processes import clean_up_when_interrupted  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
SCRIPTS = (SDK_ONE_BY_ONE, SDK_BATCHED)
#: `--accounts` and `--many`, and those of --quick.
SIZES = (200, 1000)
QUICK = (50, 200)
WEIGHED = [250, 500, 1000]
PEOPLE = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where a contestant ends with a wrong result, whatever the targets say."""
    options = parser().parse_args(arguments)
    began = time.monotonic()
    (ROOT / ".venv").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".venv", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        environment = clean_environment(work)
        say("Build and install the collection")
        install(work, environment)
        bench = Bench(work, environment)
        results = report.Results(options.latency, machine=report.machine())
        jobs = make_jobs(options)
        say("Warm up")
        for contestant in dict.fromkeys(contestant for _scenario, contestants in jobs for contestant in contestants):
            warm_up = one_account(5) if contestant in (USERS, USER_LOOP) else converged(2)
            bench.measure(contestant, warm_up, 0, runs=1)
        for scenario, contestants in jobs:
            for contestant in contestants:
                say(f"{scenario.name}, {contestant.title} ...")
                run = results.runs[scenario.name, contestant.title] = bench.measure(
                    contestant, scenario, options.latency, runs=1 if options.once else None
                )
                say(f"  {run_in_words(run)}")
            results.scenarios.append(scenario)
        for accounts in options.weigh:
            say(f"{accounts:,} accounts, the engine alone ...")
            results.weights.append(bench.weigh(accounts))
    text = report.as_markdown(results)
    options.output.write_text(text, encoding="utf-8")
    say(f"\n{report.body(text)}\nWritten to {options.output}, after {time.monotonic() - began:.0f} s.")
    return 1 if any(run.problem for run in results.runs.values()) else 0


def make_jobs(options: argparse.Namespace) -> list[tuple[Scenario, tuple[Contestant, ...]]]:
    """Every scenario and those that compete in it, the collection first."""
    accounts, many = QUICK if options.quick else SIZES
    accounts, many = options.accounts or accounts, options.many or many
    loop = () if options.quick else (USER_LOOP,)
    return [
        (converged(accounts), (ACCESS, *SCRIPTS)),
        (changed(accounts), (ACCESS, *SCRIPTS)),
        (offboarded(accounts), (ACCESS, *SCRIPTS)),
        (read(accounts), (ACCESS_INFO, *SCRIPTS)),
        (converged(many), (ACCESS, *SCRIPTS)),
        (one_account(options.people), (USERS, *loop, *SCRIPTS)),
    ]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="make bench", description="Times the collection against other ways.")
    number: dict[str, Any] = {"type": at_least(1), "metavar": "N"}
    made.add_argument("--latency", type=at_least(0), default=100, metavar="MS", help="of every answer (default: 100)")
    made.add_argument("--accounts", **number, help=f"accounts (default: {SIZES[0]})")
    made.add_argument("--many", **number, help=f"accounts of the large scenario (default: {SIZES[1]})")
    made.add_argument("--people", type=at_least(5), default=PEOPLE, metavar="N", help="users of the one account")
    made.add_argument(
        "--weigh",
        **number,
        nargs="+",
        default=WEIGHED,
        help="accounts for which processor time and memory are taken (default: 250 500 1000)",
    )
    made.add_argument("--quick", action="store_true", help=f"{QUICK[0]} and {QUICK[1]} accounts, and no loop")
    made.add_argument("--once", action="store_true", help="one run of each instead of the median of three")
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
    artifact = next(source.glob("*.tar.gz"))
    subprocess.run([*galaxy, "install", artifact.name], cwd=source, env=environment, check=True, capture_output=True)


def run_in_words(run: Run) -> str:
    if run.problem:
        return f"WRONG: {run.problem}"
    return f"{run.seconds:.1f} s, {run.round_trips} round trips, {run.calls} calls, end state right"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    clean_up_when_interrupted()
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"\nThe benchmark stopped: {error}")

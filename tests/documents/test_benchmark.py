# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark measures what it says, and everything that competes ends with the right result. Times do not matter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmark.measure import Bench, Contestant, end_state_problem
from benchmark.scenario import LEAVER, Scenario, changed, converged, offboarded, one_account, read
from sandbox import Sandbox
from support.playbooks import PATIENCE

pytest.importorskip("facebook_business")

RUN = Path(__file__).resolve().parents[2] / "tools" / "benchmark" / "run.py"
COLUMNS = ["Scenario", "How", "Wall time", "Round trips", "API calls", "Connections", "End state"]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUN), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def rows(text: str, columns: int) -> list[list[str]]:
    """The tables' rows that have so many columns."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines if len(cells) == columns]


def test_a_small_benchmark_from_start_to_end(tmp_path: Path) -> None:
    output = tmp_path / "RESULTS.md"
    sizes = ["--accounts", "3", "--many", "60", "--people", "10", "--weigh", "5", "10", "20"]
    done = bench("--latency", "0", "--once", *sizes, "--output", str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    text = output.read_text(encoding="utf-8")
    assert text.partition("-->\n\n")[2] in done.stdout

    head, _rule, *competed = rows(text, len(COLUMNS))
    assert head == COLUMNS
    assert [row[-1] for row in competed] == ["right"] * 19
    counts = {(scenario, how): [int(number) for number in numbers] for scenario, how, _time, *numbers, _end in competed}
    # Round trips, API calls, connections. Off-boarding lists two pages of people and one of each kind of account.
    one_by_one, batched = "script on Meta's SDK, one by one", "script on Meta's SDK, batched"
    assert counts["3 accounts, converged", "`waba_access`"] == [1, 3, 1]
    assert counts["3 accounts, converged", one_by_one] == [3, 3, 1]
    assert counts["3 accounts, two changes in each", one_by_one] == [9, 9, 1]
    assert counts["3 accounts, two changes in each", batched] == [2, 9, 1]
    assert counts["3 accounts, one person off-boarded", one_by_one] == [10, 10, 1]
    assert counts["3 accounts, one person off-boarded", batched] == [6, 10, 1]
    assert counts["3 accounts, read", batched] == [5, 7, 1]
    assert counts["60 accounts, converged", "`waba_access`"] == [2, 60, 1]
    assert counts["60 accounts, converged", batched] == [2, 60, 1]
    assert counts["1 account, 10 people", batched] == [2, 5, 1]

    three = rows(text, 3)
    assert [verdict for aim, _measured, verdict in three if "round trips" in aim] == ["met"] * 6
    assert [accounts for accounts, _seconds, peak in three if peak.endswith(" MiB")] == ["5", "10", "20"]


def test_a_wrong_result_is_found(tmp_path: Path) -> None:
    idle = Contestant("does nothing", (sys.executable, "-c", ""))
    run = Bench(tmp_path, {}).measure(idle, offboarded(2), 0)
    assert run.problem == f"2 assignments are wrong, {LEAVER} on 7100000000000000 for one"
    assert (run.round_trips, run.calls) == (0, 0)

    failing = Contestant("fails", (sys.executable, "-c", "raise SystemExit('no idea')"))
    assert Bench(tmp_path, {}).measure(failing, converged(2), 0).problem == "it ended with status 1: no idea\n"


@pytest.mark.parametrize(
    ("scenario", "changes", "round_trips"),
    [
        (converged(200), 0, 4),
        (changed(200), 400, 4 + 8 + 4 + 1),
        (offboarded(200), 200, 2 + 4 + 4 + 4 + 1),
        (read(200), 0, 2 + 4),
        (converged(1000), 0, 20),
        (one_account(100), 40, 2 + 2 + 2 + 1),
    ],
)
def test_the_scenarios(scenario: Scenario, changes: int, round_trips: int) -> None:
    assert (scenario.changes, scenario.round_trips) == (changes, round_trips)
    with Sandbox(**scenario.options) as sandbox:
        assert all(users[sandbox.own_user_id] == {"FULL_CONTROL"} for users in scenario.expected.values())
        problem = end_state_problem(sandbox, scenario)
    assert problem.startswith(f"{changes} assignments are wrong") if changes else not problem


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--people", "4"], "argument --people: must be a whole number from 5 on, not 4"),
        (["--latency", "soon"], "argument --latency: must be a whole number from 0 on, not soon"),
    ],
)
def test_invalid_arguments(arguments: list[str], complaint: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr

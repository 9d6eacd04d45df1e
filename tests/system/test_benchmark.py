# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark measures what it says, and everybody who competes gets it right. How long it takes is of no matter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmark.measure import Bench, Contestant, end_state_problem
from benchmark.scenario import make_sandbox, make_scenario
from system.playbooks import PATIENCE

pytest.importorskip("facebook_business")

RUN = Path(__file__).resolve().parents[1] / "benchmark" / "run.py"
PEOPLE = 10


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
    weighed = ["--weigh", "10", "20", "30"]
    done = bench("--latency", "0", "--people", str(PEOPLE), *weighed, "--output", str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    text = output.read_text(encoding="utf-8")
    assert text.partition("-->\n\n")[2] in done.stdout

    # Eleven in the list, of whom one is to be gone, two are to hold other tasks, and one is new. Round trips:
    # a page, whose token, a batch of assignments, the removal, a page; a page for each of eleven, whose token for the
    # removal, a write and a page for each of four; a page, everybody; a page, four writes; a page, a batch.
    head, _rule, *competed = rows(text, 7)
    assert head == ["People", "How", "Wall time", "Round trips", "Quota", "Connections", "End state"]
    by_title = {title: [int(number) for number in numbers] for _people, title, _time, *numbers, _state in competed}
    assert by_title == {
        "`waba_assigned_users`": [5, 7, 1],
        "`waba_assigned_user` in a loop": [20, 20, 11],
        "`ansible.builtin.uri` in a loop": [12, 12, 12],
        "script on Meta's SDK, sequential": [5, 5, 1],
        "script on Meta's SDK, batched": [2, 5, 1],
    }
    assert {f"{row[0]} people: {row[-1]}" for row in competed} == {"10 people: right"}

    weights = rows(text, 3)
    targets = [each for each in weights if each[0].startswith(f"{PEOPLE} people: ")]
    assert [(measured, verdict) for _aim, measured, verdict in targets] == [("7", "met"), ("5", "met")]
    assert [each[0] for each in weights if each[2].endswith(" MiB")] == ["10", "20", "30"]


def test_who_gets_it_wrong_is_found_out(tmp_path: Path) -> None:
    idle = Contestant("does nothing", (sys.executable, "-c", ""))
    run = Bench(tmp_path, {}).measure(idle, PEOPLE, 0)
    assert run.problem == "4 people are not as wanted, 300000000000000007 for one"
    assert (run.round_trips, run.quota) == (0, 0)

    failing = Contestant("fails", (sys.executable, "-c", "raise SystemExit('no idea')"))
    assert Bench(tmp_path, {}).measure(failing, PEOPLE, 0).problem == "it ended with status 1: no idea\n"


def test_the_scenario() -> None:
    with make_sandbox(200, 0) as sandbox:
        scenario = make_scenario(sandbox, 200)
        assert scenario.at_start == len(scenario.expected) == 205
        assert (scenario.changes, scenario.pages, scenario.pages_after) == (80, 3, 3)
        assert [person["state"] for person in scenario.people] == ["absent"] * 20 + ["present"] * 200
        assert sandbox.own_user_id not in {person["user_id"] for person in scenario.people}
        assert scenario.expected[sandbox.own_user_id] == {"FULL_CONTROL"}
        assert end_state_problem(sandbox, scenario).startswith("80 people")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--people", "9"], "argument --people: must be a whole number from 10 on, not 9"),
        (["--latency", "soon"], "argument --latency: must be a whole number from 0 on, not soon"),
    ],
)
def test_arguments_that_make_no_sense(arguments: list[str], complaint: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr

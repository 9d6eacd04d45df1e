# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is promised of versions is one thing in all places, and the table of ``make matrix`` tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

import matrix
import matrix_table
import pytest
import yaml
from artifact.built import INSTALLED, ROOT

ALL = [python for core in matrix.CORES for python in core.pythons] + list(matrix.TARGETS)


def everything() -> dict[str, matrix_table.Row]:
    """Rows in which all passed."""
    return {
        core.version: matrix_table.Row(
            core.version,
            f"{core.version}.7",
            core.pythons[0],
            dict.fromkeys((matrix_table.SANITY, matrix_table.PLAYBOOKS, *core.targets), True),
        )
        for core in matrix.CORES
    }


def cells(table: str, core: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(f"| {core}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_oldest_core_is_the_one_that_is_required() -> None:
    runtime = yaml.safe_load((INSTALLED / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={matrix.OLDEST}.0" == ">=2.16.0"
    assert matrix.CORES[0].version == matrix.OLDEST


def test_the_oldest_target_is_the_one_that_is_required() -> None:
    config = yaml.safe_load((INSTALLED / "tests" / "config.yml").read_text(encoding="utf-8"))
    assert config["modules"]["python_requires"] == f">={matrix.TARGETS[0]}"


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_workflows_run_the_commands_that_people_run(workflow: Path) -> None:
    """On all Pythons, but for the quick check."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for job, content in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].items():
        commands = " ".join(step.get("run", "") for step in content["steps"]).replace(".ci/run", "make test")
        assert re.findall(r"\bmake (\w+)", commands) == [job], "a job is called like its command"
        assert job in targets
        pythons = next(step["with"]["python-version"] for step in content["steps"] if "setup-python" in str(step))
        assert job == "check" or set(matrix.TARGETS) <= set(pythons.split())


def test_the_guide_shows_that_all_passed_on_every_core() -> None:
    shown = (ROOT / matrix_table.GUIDE).read_text(encoding="utf-8").split(matrix_table.BEGIN)[1]
    expected = matrix_table.as_directive(matrix_table.table(everything()))
    # The last part of each version is that of the day.
    assert [
        re.sub(r"^(  \d+\.\d+)\.\w+", r"\1", line) for line in shown.split(matrix_table.END)[0].split("\n") if line
    ] == [line.replace(".7 |", " |", 1) for line in expected.splitlines() if line]


def test_where_all_passed_the_table_says_so() -> None:
    rows = everything()
    assert list(matrix_table.gaps(rows, ALL)) == []
    table = matrix_table.table(rows)
    assert len(table.splitlines()) == 2 + len(matrix.CORES)
    assert cells(table, "2.16") == ["2.16.7", "3.10", *["✔"] * 6, "–"]
    assert cells(table, "2.21") == ["2.21.7", "3.13", *["✔"] * 7]
    assert cells(table, "2.22") == ["2.22.7", "3.13", "✔ without pylint", *["✔"] * 6]


def test_what_failed_is_in_the_table() -> None:
    rows = everything()
    rows["2.19"].results["3.9"] = False
    assert cells(matrix_table.table(rows), "2.19")[2:] == ["✔", "✔", "**failed**", "✔", "✔", "✔", "✔"]
    assert list(matrix_table.gaps(rows, ALL)) == ["ansible-core 2.19: 3.9 failed"]


def test_what_is_not_here_is_said() -> None:
    rows = everything()
    del rows["2.16"], rows["2.17"], rows["2.22"]
    for row in rows.values():
        row.results.pop("3.10")
    here = ["3.9", "3.13"]
    assert cells(matrix_table.table(rows), "2.16") == ["2.16", *["not run"] * 7, "–"]
    assert cells(matrix_table.table(rows), "2.19")[4:7] == ["✔", "not run", "✔"]
    assert list(matrix_table.gaps(rows, here)) == [
        "ansible-core 2.16: it needs one of Python 3.10, 3.11, 3.12, and none is here",
        "ansible-core 2.17: it needs one of Python 3.10, 3.11, 3.12, and none is here",
        *(f"modules on Python {target}: no python{target} is here" for target in ("3.10", "3.11", "3.12")),
        "ansible-core 2.22: it did not run, the lines above say why",
    ]


def test_rows_are_kept_between_sessions(tmp_path: Path) -> None:
    for row in everything().values():
        row.save(tmp_path)
    assert matrix_table.load(tmp_path) == everything()


def test_the_table_takes_the_place_of_the_old_one() -> None:
    old, new = ("| a | b |\n| --- | --- |\n" + f"| {word} | ✔ |\n" for word in ("old", "new"))
    guide = f"before\n\n{matrix_table.BEGIN}\n{matrix_table.as_directive(old)}\n{matrix_table.END}\nafter\n"
    assert "  a | b\n  old | ✔\n" in guide
    assert matrix_table.put_into(guide, new) == guide.replace("old", "new")
    with pytest.raises(ValueError, match=r"guide_trust\.rst has no lines"):
        matrix_table.put_into("before\n", new)

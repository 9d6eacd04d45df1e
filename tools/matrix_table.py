# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows at the end of ``make matrix`` what passed on which ansible-core, as a Markdown table.

A table without gaps is written into the guide to what is promised. One with gaps, because a Python or a package is
missing on this machine, is only shown.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import find_pythons
import matrix

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
GUIDE = "docs/docsite/rst/guide_trust.rst"
BEGIN, END = ".. what make matrix found\n", ".. until here\n"

SANITY, PLAYBOOKS = "sanity", "playbooks"
COLUMNS = (SANITY, PLAYBOOKS, *matrix.TARGETS)
TITLES = ("ansible-core", "runs on Python", SANITY, PLAYBOOKS, *(f"modules on {target}" for target in matrix.TARGETS))
PASSED, FAILED, NOT_RUN, NOT_SUPPORTED = "✔", "**failed**", "not run", "–"


class Row(NamedTuple):
    """What was found on one ansible-core: its exact version, the controller's Python, which columns passed."""

    core: str
    version: str
    python: str
    results: dict[str, bool]

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.core}.json").write_text(json.dumps(self._asdict()), encoding="utf-8")


def load(folder: Path) -> dict[str, Row]:
    """The rows that were saved, by their core."""
    rows = [Row(**json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.json")]
    return {row.core: row for row in rows}


def table(rows: dict[str, Row]) -> str:
    lines = [TITLES, ("---",) * len(TITLES)]
    for core in matrix.CORES:
        row = rows.get(core.version, Row(core.version, core.version, NOT_RUN, {}))
        lines.append((row.version, row.python, *(_cell(core, row, column) for column in COLUMNS)))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cell(core: matrix.Core, row: Row, column: str) -> str:
    if column in matrix.TARGETS and column not in core.targets:
        return NOT_SUPPORTED
    if column not in row.results:
        return NOT_RUN
    without = f" without {', '.join(core.sanity_skipped)}" if column == SANITY and core.sanity_skipped else ""
    return (PASSED if row.results[column] else FAILED) + without


def gaps(rows: dict[str, Row], here: list[str]) -> Iterator[str]:
    """What keeps the table from being whole: a sentence each."""
    yield from matrix.left_out(here, tuple(core.version for core in matrix.CORES))
    for core in matrix.CORES:
        row = rows.get(core.version)
        if row is None and core.python(here):
            yield f"ansible-core {core.version}: it did not run, the lines above say why"
        for column, passed in (row.results if row else {}).items():
            if not passed:
                yield f"ansible-core {core.version}: {column} failed"


def as_directive(markdown: str) -> str:
    """Return a Markdown table as a directive of reStructuredText."""
    head, _rule, *rows = (line[2:-2] for line in markdown.splitlines())
    return "".join([".. csv-table::\n  :header-rows: 1\n  :delim: |\n\n", *(f"  {cells}\n" for cells in (head, *rows))])


def put_into(guide: str, markdown: str) -> str:
    """Return the guide with this table in place of its own."""
    before, begin, rest = guide.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{GUIDE} has no lines {BEGIN.strip()} and {END.strip()}, between which the table belongs")
    return f"{before}{BEGIN}\n{as_directive(markdown)}\n{END}{after}"


def main() -> None:
    rows = load(VENV / "matrix")
    found = table(rows)
    print(f"\n{found}")
    sentences = list(gaps(rows, find_pythons.linked(find_pythons.LINKS)))
    for sentence in sentences:
        print(f"  {sentence}")
    if sentences:
        print(f"\n{GUIDE} was not changed: the table has gaps.")
        return
    guide = ROOT / GUIDE
    guide.write_text(put_into(guide.read_text(encoding="utf-8"), found), encoding="utf-8")
    print(f"The table was written to {GUIDE}.")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much was tried: what the tests of this folder count, and `make trust` prints."""

from __future__ import annotations

from collections import Counter

FAULTS = "faults injected"
SEQUENCES = "sequences tried"
BAD_INPUTS = "bad inputs tried"
SEARCHES = "secrets searched for"
KILLS = "processes killed"
TASKS = "tasks run"
ALL = (TASKS, FAULTS, SEQUENCES, BAD_INPUTS, KILLS, SEARCHES)

#: Since the tests began.
counts: Counter[str] = Counter()


def count(what: str, number: int = 1) -> None:
    """Note that so much more was tried."""
    counts[what] += number

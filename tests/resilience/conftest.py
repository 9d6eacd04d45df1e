# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share: how much of them runs, and what is said of it at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from resilience.counts import ALL, counts
from resilience.scale import Scale
from support.plain_pytest import needs_session


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="try everything, and not only a share that fits everyday use")


def pytest_configure(config: pytest.Config) -> None:
    needs_session("resilience", "resilience")(config)
    Scale.whole = config.getoption("--whole")
    config.addinivalue_line("markers", "share(one_in): without --whole, one in so many of the test's cases runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is beyond the share: the cases of a test that stay are spread evenly over all of them."""
    if Scale.whole:
        return
    seen: dict[str, int] = {}
    left_out = []
    for item in items:
        marker = item.get_closest_marker("share")
        if marker is not None:
            test = item.nodeid.partition("[")[0]
            number = seen[test] = seen.get(test, -1) + 1
            if number % marker.args[0]:
                left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tried, and note it where `make trust` adds it up."""
    failures = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    total = {**{what: counts[what] for what in ALL}, "failures": failures}
    terminalreporter.section("what was tried")
    for what, number in total.items():
        terminalreporter.line(f"{number:9,} {what}")
    if "METAOPS_TRUST_COUNTS" in os.environ:
        Path(os.environ["METAOPS_TRUST_COUNTS"]).write_text(json.dumps(total), encoding="utf-8")

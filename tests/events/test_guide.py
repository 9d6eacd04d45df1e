# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every block of the guide to events is run, and what it says came out has to come out."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import java
import pytest
from events.conftest import PATIENCE
from support.documents import RST, reading, rst_blocks

JANE = "3456789012345678"
MARIA = "4567890123456789"


@pytest.mark.skipif(not shutil.which("java"), reason=java.MISSING)
def test_every_block_of_the_guide_to_events(tmp_path: Path) -> None:
    blocks = list(rst_blocks((RST / "guide_events.rst").read_text(encoding="utf-8")))
    with reading((RST / "guide_events.rst").name, blocks, tmp_path) as reader:
        reader.follow(blocks)
        sandbox = reader.sandbox
        assert sandbox.tasks_of(JANE) == {"FULL_CONTROL"}
        sandbox.clear_log()
        deadline = time.monotonic() + PATIENCE
        while not sandbox.log:  # the rulebook's first poll
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        sandbox.remove(MARIA)
        while sandbox.tasks_of(MARIA) is None or sandbox.tasks_of(JANE):
            assert time.monotonic() < deadline
            time.sleep(0.1)

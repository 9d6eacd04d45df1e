# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plain_pytest import needs_session
from sandbox import Sandbox

pytest_configure = needs_session("system", "system")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with nothing special about it."""
    with Sandbox() as started:
        yield started

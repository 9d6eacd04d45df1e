# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide that says what is promised names the tests that show it, and the bounds that hold."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging, transport
from resilience.exchanges import EXCHANGES, KINDS

ROOT = Path(__file__).resolve().parents[3]
GUIDE = " ".join((ROOT / "docs" / "docsite" / "rst" / "guide_trust.rst").read_text(encoding="utf-8").split())


def test_every_test_is_named_and_exists() -> None:
    """This one shows no promise."""
    named = set(re.findall(r"``(tests/\S+?\.py)``", GUIDE))
    assert all((ROOT / name).is_file() for name in named)
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "resilience").glob("*/test_*.py")}
    assert here - named == {Path(__file__).relative_to(ROOT).as_posix()}


def test_the_numbers_are_right() -> None:
    """As far as they are said."""
    for bytes_, words in (
        (transport.MAX_BODY_BYTES, "may have"),
        (paging.MAX_LIST_BYTES, "a list"),
        (paging.MAX_LISTS_BYTES, "together"),
    ):
        assert f"{words} {bytes_ // 2**20} MiB" in GUIDE
    assert transport.EXCHANGE_TIMEOUTS == 6
    assert "six times ``timeout``" in GUIDE
    assert "some ninety kinds" in GUIDE
    assert 80 <= len(KINDS) < 100
    assert "some thirty exchanges" in GUIDE
    assert 25 <= len(EXCHANGES) < 35

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``pytest`` without nox: it runs the unit tests, and says what runs the tests that need more than the checkout."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import checkout
import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What the unit tests import that may be missing.
UNIT = ("ansible", "hypothesis", "jsonschema", "requests")


def how_to(folder: str, session: str) -> str:
    """The sentence that says how to run a folder's tests."""
    return f"To run these tests: make ready && .venv/bin/nox -s {session} -- tests/{folder}"


def is_for_ansible_test() -> None:
    """A ``pytest_configure`` of a folder whose tests are no tests of pytest."""
    raise pytest.UsageError("To run these targets: make ready && .venv/bin/nox -s integration -- TARGET")


def needs_session(folder: str, session: str, variable: str = "METAOPS_COLLECTIONS") -> Callable[[pytest.Config], None]:
    """Return the ``pytest_configure`` of a folder whose tests need what a session of nox builds for them."""

    def pytest_configure(config: pytest.Config) -> None:
        if variable not in os.environ:
            raise pytest.UsageError(how_to(folder, session))

    return pytest_configure


def find_collection() -> None:
    """Let Python find the checkout as ``ansible_collections.metaops.whatsapp``, for the unit tests."""
    missing = [name for name in UNIT if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"Python has no module {' or '.join(missing)} here. {how_to('unit', 'unit')}")
    if not _is_found():
        sys.path.insert(0, str(checkout.link(ROOT, ROOT / ".venv" / "tree")))


def _is_found() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.metaops.whatsapp") is not None
    except ModuleNotFoundError:
        return False

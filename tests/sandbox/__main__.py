# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the sandbox from the command line: `python3 tests/sandbox`, or `python3 -m sandbox` with tests/ on the path."""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> int:
    """Run the command line. A folder given to Python is no package to it: make it one, by way of its parent."""
    if not __package__:
        sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from sandbox.cli import main  # noqa: PLC0415  # pylint: disable=import-outside-toplevel

    return main()


if __name__ == "__main__":
    sys.exit(run())

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that leave nothing behind: not those they start, nor what they made when they are interrupted."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block; ``options`` are those of ``Popen``."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clean_up_when_interrupted() -> None:
    """From now on a signal ends this program by way of its clean-up, which a second one does not cut short."""
    for interruption in INTERRUPTIONS:
        signal.signal(interruption, _stop)


def _stop(number: int, _frame: object) -> NoReturn:
    for interruption in INTERRUPTIONS:
        signal.signal(interruption, signal.SIG_IGN)
    sys.exit(128 + number)

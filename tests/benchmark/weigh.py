# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command and says, as JSON, what it used: `weigh.py COMMAND...`.

A process of its own, and a small one: Linux counts the memory of a process from before it became another program, which
is that of whoever started it.
"""

from __future__ import annotations

import json
import os
import sys


def main(command: list[str]) -> int:
    devnull = os.open(os.devnull, os.O_RDWR)
    silence = [(os.POSIX_SPAWN_DUP2, devnull, stream) for stream in (0, 1)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silence)
    _process, status, usage = os.wait4(process, 0)
    # Linux counts in KiB, macOS in bytes.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    sys.stdout.write(json.dumps({"seconds": usage.ru_utime + usage.ru_stime, "peak": peak}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sees to it that there is Java for the tests of rulebooks: Debian's, where it can be installed.

Run before the tests, as `browser.py` is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGE = "default-jre-headless"
#: What a run of the tests says of a machine without Java.
MISSING = (
    f"NO JAVA HERE: the tests with the real ansible-rulebook are skipped. On Debian: sudo apt-get install {PACKAGE}"
)


def main() -> None:
    if shutil.which("java"):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        print(MISSING, flush=True)
        return
    print(f"Installing Java for the tests of rulebooks: apt-get install {PACKAGE}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", PACKAGE]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            print(f"{MISSING} It cannot be installed here: {' '.join(last)}", flush=True)
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

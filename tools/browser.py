# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sees to it that there is a browser for the tests of the audit's page: Debian's Chromium, where it can be installed.

Run before the tests, and not by them: several of them run side by side, and apt does one thing at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PROGRAMS = ("chromium", "chromedriver")
PACKAGES = ("chromium", "chromium-driver")


def main() -> None:
    if all(shutil.which(program) for program in PROGRAMS):
        return
    wanted = f"apt-get install {' '.join(PACKAGES)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        print(f"No chromium here: the tests of the audit's page will be skipped. On Debian: sudo {wanted}", flush=True)
        return
    print(f"Installing a browser for the tests of the audit's page: {wanted}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *PACKAGES]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            print(f"It cannot be installed, so these tests will be skipped: {' '.join(last)}", flush=True)
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

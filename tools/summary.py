# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says at the end of ``make test`` what ran, with which result, and what could not run here."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import find_pythons
import java
import matrix


def main(report: Path) -> int:
    if not report.exists():
        print("\nNo session ran: the lines above say why.")
        return 1
    sessions = json.loads(report.read_text())["sessions"]
    here = find_pythons.linked(find_pythons.LINKS)
    print("\nWhat ran")
    for session in sessions:
        print(f"  {session['result']:8} {session['duration']:4.0f} s  {session['signatures'][0]}{_reason(session)}")
    print("\nOn")
    for core, python in matrix.tested(here):
        print(f"  ansible-core {core.version}, on Python {python}")
    print(f"  modules on Python {', '.join(target for target in matrix.TARGETS if target in here) or 'none'}")
    print("\nLeft out")
    left_out = [*matrix.left_out(here), *([] if shutil.which("java") else [java.MISSING])]
    for sentence in left_out or ["nothing"]:
        print(f"  {sentence}")
    results = Counter(session["result"] for session in sessions)
    failed = len(sessions) - results["success"] - results["skipped"]
    print(f"\nSessions: {results['success']} passed, {failed} failed, {results['skipped']} skipped")
    return 0


def _reason(session: dict[str, str]) -> str:
    return f": {session['reason']}" if session["result"] != "success" and session["reason"] else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo shows what it says, and leaves nothing behind, also when it is interrupted."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import checkout
import pytest
from support.playbooks import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs, in a clone of its own: others may run their own demo in the checkout meanwhile."""
    clone = tmp_path / "clone"
    checkout.copy(ROOT, clone)
    subprocess.run(["git", "init", "--quiet", str(clone)], check=True)
    (clone / ".venv").mkdir()
    process = subprocess.Popen(
        [sys.executable, "tools/demo.py"],
        cwd=clone,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def leftovers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "clone" / ".venv").iterdir())


def test_the_demo_from_start_to_end(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        output, _none = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert len(output.splitlines()) <= 200
    assert re.findall(r"^\$ ansible-playbook metaops\.whatsapp\.(\w+)", output, re.MULTILINE) == [
        *("export", "plan", "apply", "apply", "apply", "whois", "offboard", "audit")
    ]
    assert "+3456789012345678 (jane.doe@example.com): DEVELOP" in output
    assert "| no access | DEVELOP | 2099-12-31 | Contract 4711 |" in output
    assert "(DEVELOP) (ended 2026-01-31)" in " ".join(output.split())
    assert "3 accounts: 1 changed, 2 as declared, 0 failed." in output
    assert "100081234567890123 Automation Bot is the access token's own user" in output
    closing = "3 accounts: access revoked on 1, no access on 2, 0 failed; only these accounts were looked at."
    assert closing in " ".join(output.split())
    assert "Still declared" in output
    page = Path(re.findall(r"^ +(/\S+\.html)$", output, re.MULTILINE)[-1])
    assert "Maria Garcia" in page.read_text(encoding="utf-8")
    assert leftovers(tmp_path) == [page.parent]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    with demo(tmp_path) as process:
        assert process.stdout is not None
        url = next(match[1] for match in map(re.compile(r"at (http://\S+)").search, process.stdout) if match)
        process.send_signal(number)
        output, _none = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert "Traceback" not in output
    assert leftovers(tmp_path) == []
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/_sandbox/log", timeout=30)

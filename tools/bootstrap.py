# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes .venv ready for nox: links the Pythons of this machine, installs nox and uv.

Runs before every command, and is quick when nothing is new.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import find_pythons
import matrix

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "tests" / "requirements" / "nox.txt"
STAMP = VENV / "ready-for"
# Where python3 is too old for nox, the first of these that is here is taken.
GOOD_FOR_NOX = ("3.11", "3.12", "3.13", "3.10", "3.14")


class SetupError(Exception):
    """Something that the user has to put right; the text says how."""


def main() -> None:
    if shutil.which("git") is None:
        raise SetupError("git is not here: please install it.")
    pythons = find_pythons.find_all()
    if not matrix.runnable(list(pythons)):
        raise SetupError(
            "no Python here can run ansible-core: please install Python 3.10 or later, python3.11 for one."
        )
    if not _is_ready():
        _make(_choose(pythons))
    find_pythons.link_all(pythons, find_pythons.LINKS)


def _choose(pythons: dict[str, Path]) -> str:
    if sys.version_info >= (3, 10):
        return sys.executable
    return str(next(pythons[version] for version in GOOD_FOR_NOX if version in pythons))


def _stamp() -> str:
    # A virtual environment does not survive being moved, hence the place.
    return f"{ROOT}\n{REQUIREMENTS.read_text()}"


def _is_ready() -> bool:
    if not STAMP.exists() or STAMP.read_text() != _stamp():
        return False
    return _succeeds([PYTHON, "-c", "import nox, uv"])


def _make(python: str) -> None:
    print(f"Setting up .venv with nox and uv, on {python}", flush=True)
    if not _succeeds([python, "-c", "import ensurepip, venv"]):
        raise SetupError(
            f"{python} cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv"
        )
    if VENV.exists():
        shutil.rmtree(VENV)
    _run([python, "-m", "venv", VENV])
    _run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS])
    STAMP.write_text(_stamp())


def _succeeds(command: list[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str | Path]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise SetupError(f"this failed, the lines above say why: {' '.join(map(str, command))}")


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"Setting up .venv: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

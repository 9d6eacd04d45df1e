# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the Python interpreters of this machine and links them into one folder.

nox and ansible-test look for ``python3.9``, ``python3.10`` … on PATH. What they find there may be a shim of pyenv that
stands for a version that is not active, and fails. So the real interpreters, from PATH and from pyenv, are linked into
a folder that goes first on PATH.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Not directly below .venv: a Python that is started there takes that for its own virtual environment.
LINKS = Path(__file__).resolve().parents[1] / ".venv" / "pythons" / "bin"
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

# base_prefix leads past virtual environments and shims to the interpreter itself.
_ASK = """
import os, sys
print('%d.%d' % sys.version_info[:2])
print(os.path.join(sys.base_prefix, 'bin', 'python%d.%d' % sys.version_info[:2]))
print(sys.executable)
"""


def find(version: str) -> Path | None:
    """The first working interpreter of this version, or None."""
    for candidate in _candidates(f"python{version}", "python3"):
        interpreter = _real(candidate, version)
        if interpreter is not None:
            return interpreter
    return None


def find_all() -> dict[str, Path]:
    """The interpreters of this machine, by version."""
    return {version: path for version in VERSIONS if (path := find(version)) is not None}


def link_all(interpreters: dict[str, Path], folder: Path) -> None:
    """Links the interpreters into the folder, as ``python3.X``, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for version, path in interpreters.items():
        (folder / f"python{version}").symlink_to(path)


def linked(folder: Path) -> list[str]:
    """The versions that ``link_all`` has put into the folder."""
    return [version for version in VERSIONS if (folder / f"python{version}").exists()]


def _candidates(*names: str) -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [Path(folder) for folder in os.get_exec_path() if Path(folder) != pyenv / "shims"]
    folders += sorted(pyenv.glob("versions/*/bin"), reverse=True)
    for candidate in (folder / name for name in names for folder in folders):
        if os.access(candidate, os.X_OK):
            yield candidate


@functools.cache
def _ask(candidate: Path) -> list[str]:
    try:
        answer = subprocess.run([candidate, "-c", _ASK], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return [""]
    return answer.stdout.splitlines() or [""]


def _real(candidate: Path, version: str) -> Path | None:
    said, *places = _ask(candidate)
    if said != version:
        return None
    return next((path for place in places if os.access(path := Path(place), os.X_OK)), None)


if __name__ == "__main__":
    for _version, _path in find_all().items():
        print(f"Python {_version}: {_path}")

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepares a home folder in which ansible-test can install what its tests need.

ansible-test makes environments of its own, in which it runs pip with that home folder and without the environment
variables of the user. Two things are put there:

- The user's settings and cache of pip, so that a proxy or another index is found, and nothing is fetched twice.
- The script ``~/.ansible/test/cache/get_pip_<version>.py``, which ansible-test would otherwise fetch from a host of
  its own. The one made here installs that pip out of its wheel, from the index like everything else; and setuptools
  and wheel, which ansible-test up to 2.17 wants with it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pip_settings

_SCRIPT = '''\
"""Installs pip from its own wheel."""
import sys

sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main

OLD_OPTIONS = ("--no-setuptools", "--no-wheel")
arguments = [argument for argument in sys.argv[1:] if argument not in OLD_OPTIONS]
sys.exit(main(["install", "--upgrade", "--force-reinstall", "--no-index", "--find-links", {folder!r}, *arguments]))
'''


def prepare(home: Path, settings: Mapping[str, str], ansible_test: Path) -> None:
    """Prepares ``home`` for the ansible-test whose Python package lies in the other folder, with pip's settings."""
    pip_settings.write(home, {"cache-dir": _pip("cache", "dir"), **settings, "quiet": "2"})
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for package, version in _wanted(ansible_test):
        wheel = _download(package, version, cache)
        if package == "pip":
            script = cache / f"get_pip_{version.replace('.', '_')}.py"
            script.write_text(_SCRIPT.format(wheel=str(wheel), folder=str(cache)))


def _wanted(ansible_test: Path) -> list[tuple[str, str]]:
    source = (ansible_test / "_internal" / "python_requirements.py").read_text()
    return sorted(set(re.findall(r"\b(pip|setuptools|wheel)='([0-9.]+)'", source)))


def _download(package: str, version: str, folder: Path) -> Path:
    wheel = f"{package}-{version}-*.whl"
    if not any(folder.glob(wheel)):
        _pip("download", "--quiet", "--no-deps", "--dest", str(folder), f"{package}=={version}")
    return next(folder.glob(wheel))


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact, and what the tests of this folder do with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import checkout

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
INSTALLED = COLLECTIONS / checkout.COLLECTION
PROGRAMS = Path(sys.executable).parent
#: Seconds after which a command counts as stuck: far beyond what any of them takes.
PATIENCE = 300


def artifact() -> Path:
    """The one that the installed collection comes from."""
    (path,) = COLLECTIONS.parent.glob("*.tar.gz")
    return path


def names(path: Path) -> set[str]:
    """The files in an artifact, and the folders that hold none."""
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    files = {member.name for member in members if member.isfile()}
    folders = {member.name for member in members if not member.isfile()}
    return files | {folder for folder in folders if not any(name.startswith(f"{folder}/") for name in files)}


def build(source: Path, folder: Path) -> Path:
    """Build an artifact out of a folder, as a maintainer does."""
    shutil.rmtree(folder, ignore_errors=True)
    command("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(source), home=folder)
    (path,) = folder.glob("*.tar.gz")
    return path


def command(program: str, *arguments: str, home: Path) -> str:
    """Run a program of this environment, with a home folder of its own; gives what it put out."""
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        env={"PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]), "HOME": str(home), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout

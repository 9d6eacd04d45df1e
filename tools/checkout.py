# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of the checkout in which tools find the collection where they expect it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COLLECTION = Path("ansible_collections", "metaops", "whatsapp")
# ansible-test keeps results and caches of its own in here.
_KEPT = {".git", "tests/output"}


def files(root: Path) -> list[str]:
    """The files that git tracks, or would if they were added."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listed.split("\0") if name and (root / name).is_file()})


def copy(root: Path, target: Path, below: str = "") -> Path:
    """Makes ``target`` hold the checkout's files, all or those of one folder, and nothing else."""
    _empty(target / below, target)
    for name in files(root):
        if Path(name).is_relative_to(below):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target


def link(root: Path, tree: Path) -> Path:
    """Makes a tree that holds the checkout itself as a collection, for tools that follow a symbolic link."""
    place = tree / COLLECTION
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        place.symlink_to(root, target_is_directory=True)
    return tree


def _empty(folder: Path, top: Path) -> None:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        name = entry.relative_to(top).as_posix()
        if name in _KEPT:
            continue
        if not entry.is_dir() or entry.is_symlink():
            entry.unlink()
        elif any(kept.startswith(f"{name}/") for kept in _KEPT):
            _empty(entry, top)
        else:
            shutil.rmtree(entry)

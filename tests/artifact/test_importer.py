# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Galaxy's own importer takes the artifact without a word of complaint, and without leaving a check out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import checkout
from artifact.built import PATIENCE, PROGRAMS, ROOT, artifact, build

# What it says when it does what it can leave out.
SAID = (
    "Getting doc strings via ansible-doc",
    "Loading module waba_assigned_user",
    "Loading role waba_access",
    "Linting collection via ansible-lint",
    "Importer processing completed successfully",
)
COMPLAINT = re.compile(r"^(WARNING|ERROR|CRITICAL|Traceback)|skip|not found", re.IGNORECASE)


def said_by_importer(path: Path, folder: Path, programs: str = str(PROGRAMS)) -> list[str]:
    """What the importer says of an artifact, with these programs on its path."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(path)],
        cwd=folder,
        env={
            "PATH": os.pathsep.join([programs, os.defpath]),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            # As on galaxy.ansible.com.
            "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout.splitlines()


def complaints(lines: list[str]) -> list[str]:
    """The lines that complain, and what should have been said and was not."""
    return [
        *(line for line in lines if COMPLAINT.search(line)),
        *(f"It did not say: {words}" for words in SAID if not any(line.startswith(words) for line in lines)),
    ]


def test_the_importer_is_content(tmp_path: Path) -> None:
    assert complaints(said_by_importer(artifact(), tmp_path)) == []


def test_a_check_that_is_left_out_is_noticed(tmp_path: Path) -> None:
    """The importer goes on without ansible-doc and ansible-lint, and would call that a success."""
    found = complaints(said_by_importer(artifact(), tmp_path, programs=str(tmp_path)))
    assert any("ansible-doc not found" in line for line in found)


def test_what_the_importer_does_not_like_is_noticed(tmp_path: Path) -> None:
    """A role whose task has no name: ansible-lint says so, in a warning."""
    source = checkout.copy(ROOT, tmp_path / "source")
    tasks = source / "roles" / "waba_access" / "tasks" / "main.yml"
    tasks.write_text("- ansible.builtin.command: date\n", encoding="utf-8")
    found = complaints(said_by_importer(build(source, tmp_path / "built"), tmp_path / "import"))
    assert any("roles/waba_access/tasks/main.yml" in line for line in found)
    shutil.rmtree(source)

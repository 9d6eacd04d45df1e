# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release is prepared in a clone, and refused where something is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import checkout
import pytest
import release
import yaml
from artifact.built import PATIENCE, PROGRAMS, ROOT, build, names

LAST = tuple(map(int, yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"].split(".")))
OLD = "{}.{}.{}".format(*LAST)
PATCH = f"{LAST[0]}.{LAST[1]}.{LAST[2] + 1}"
MINOR = f"{LAST[0]}.{LAST[1] + 1}.0"
SUMMARY = "release_summary: Made up for a test.\n"


class Clone:
    """A clone in which nothing is left to be released, whatever is so in the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = checkout.copy(ROOT, folder / "clone")
        self.home = folder
        for fragment in (self.folder / "changelogs").glob("fragments/*.y*ml"):
            fragment.unlink()
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
        command = ["git", "-C", str(self.folder), *identity, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def release(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "tools/release.py", *arguments],
            cwd=self.folder,
            env={"PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]), "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    @property
    def state(self) -> tuple[str, ...]:
        """What a release must not touch on its own: commits and tags; and what differs from them."""
        return self.git("log", "--all", "--format=%H"), self.git("tag"), self.git("status", "--porcelain")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    made = Clone(tmp_path)
    yield made
    assert made.git("tag") == ""


def test_a_release_is_prepared(clone: Clone) -> None:
    clone.write(f"changelogs/fragments/{MINOR}.yml", SUMMARY)
    clone.write("changelogs/fragments/better.yml", "minor_changes:\n  - waba_access - is better.\n")
    clone.commit()
    log = clone.git("log", "--format=%H")
    status, said = clone.release("prepare", MINOR)
    assert status == 0, said
    assert re.search(rf"^version: {re.escape(MINOR)}$", clone.read("galaxy.yml"), re.MULTILINE)
    assert f'VERSION = "{MINOR}"' in clone.read("plugins/module_utils/_options.py")
    assert f"metaops.whatsapp:{MINOR} was installed successfully" in clone.read("README.md")
    for name in clone.git("ls-files", "README.md", "docs", "examples").split():
        assert not name.endswith((".md", ".rst", ".yml")) or f"whatsapp:{OLD}" not in clone.read(name), name
    assert f"version: {MINOR}\n" in clone.read("examples/execution-environment.yml")
    changed = yaml.safe_load(clone.read("changelogs/changelog.yaml"))["releases"][MINOR]["changes"]
    assert changed == {
        "minor_changes": ["waba_access - is better."],
        "release_summary": "Made up for a test.",
    }
    assert "Made up for a test" in clone.read("CHANGELOG.md")
    # All that differs is part of the release; it is left to a person to commit, tag and push it.
    assert sorted(clone.git("status", "--porcelain").split()) == sorted(
        [
            *("M", "CHANGELOG.md", "M", "README.md", "M", "galaxy.yml", "M", "plugins/module_utils/_options.py"),
            *("M", "docs/docsite/rst/guide_first_steps.rst", "M", "examples/execution-environment.yml"),
            *("M", "changelogs/changelog.yaml", "D", "changelogs/fragments/better.yml"),
            *("D", f"changelogs/fragments/{MINOR}.yml"),
        ]
    )
    assert clone.git("log", "--format=%H") == log
    # Out of it comes an artifact of that version.
    built = build(clone.folder, clone.home / "built")
    assert built.name == f"metaops-whatsapp-{MINOR}.tar.gz"
    assert "CHANGELOG.md" in names(built)
    status, said = clone.release("commands", MINOR)
    assert status == 0
    for command in (f"git tag --annotate {MINOR}", f"git push origin {MINOR}", f"collection publish dist/{built.name}"):
        assert command in said
    # And not twice.
    assert clone.release("prepare", MINOR)[0] == 1


def test_a_patch_of_bugfixes_is_prepared(clone: Clone) -> None:
    clone.write("changelogs/fragments/fix.yml", f"{SUMMARY}bugfixes:\n  - waba_access - is right again.\n")
    clone.commit()
    status, said = clone.release("prepare", PATCH)
    assert status == 0, said
    assert f"version: {PATCH}\n" in clone.read("galaxy.yml")


def test_a_release_that_is_prepared_goes_on_until_it_has_its_tag(clone: Clone) -> None:
    """As the first one, or one whose tests failed and were mended in a commit."""
    before = clone.state
    status, said = clone.release("prepare", OLD)
    assert (status, clone.state) == (0, before), said
    assert "prepared already" in said
    clone.git("tag", OLD)
    assert clone.release("prepare", OLD)[0] == 1
    clone.git("tag", "--delete", OLD)


def refused(clone: Clone, version: str) -> str:
    """What is said about a release that there is not to be, and of which no trace may be left."""
    before = clone.state
    status, said = clone.release("prepare", version)
    assert status == 1, said
    assert "Traceback" not in said
    assert clone.state == before
    return said


@pytest.mark.parametrize(
    "bad", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "1.02.3", "1.2.3-rc1", "1.2.x", "１.2.3", "1.2.3\n"]
)
def test_a_bad_version_is_refused(clone: Clone, bad: str) -> None:
    assert "make release VERSION=1.2.3" in refused(clone, bad)


def test_a_version_that_does_not_increase_is_refused(clone: Clone) -> None:
    clone.write("changelogs/fragments/x.yml", SUMMARY)
    clone.commit()
    for version in (OLD, "0.0.1"):  # the first is in the changelog, but not all that there is to be told
        assert f"{version} is not after {OLD}" in refused(clone, version)


def test_a_dirty_tree_is_refused(clone: Clone) -> None:
    clone.write("changelogs/fragments/x.yml", SUMMARY)
    clone.commit()
    clone.write("new.txt", "somebody's work")
    assert "new.txt" in refused(clone, MINOR)
    (clone.folder / "new.txt").unlink()
    clone.write("README.md", "somebody's work")
    assert "README.md" in refused(clone, MINOR)


def test_a_missing_fragment_is_refused(clone: Clone) -> None:
    assert f"write changelogs/fragments/{MINOR}.yml" in refused(clone, MINOR)
    clone.write("changelogs/fragments/x.yml", "bugfixes:\n  - waba_access - is right again.\n")
    clone.commit()
    assert "release_summary" in refused(clone, MINOR)


def test_a_version_too_small_for_its_changes_is_refused(clone: Clone) -> None:
    clone.write("changelogs/fragments/x.yml", f"{SUMMARY}minor_changes:\n  - waba_access - is better.\n")
    clone.commit()
    said = refused(clone, PATCH)
    assert "minor_changes" in said
    assert f"that takes {MINOR} or later" in said


@pytest.mark.parametrize(
    ("section", "after_0_4_1", "after_2_4_1"),
    [
        ("bugfixes", (0, 4, 2), (2, 4, 2)),
        ("security_fixes", (0, 4, 2), (2, 4, 2)),
        ("minor_changes", (0, 5, 0), (2, 5, 0)),
        ("deprecated_features", (0, 5, 0), (2, 5, 0)),
        ("breaking_changes", (0, 5, 0), (3, 0, 0)),
        ("removed_features", (0, 5, 0), (3, 0, 0)),
    ],
)
def test_which_version_such_changes_take(
    section: str, after_0_4_1: tuple[int, ...], after_2_4_1: tuple[int, ...]
) -> None:
    sections = {"release_summary", "bugfixes", section}
    assert release.least_version(sections, (0, 4, 1)) == after_0_4_1
    assert release.least_version(sections, (2, 4, 1)) == after_2_4_1


def test_a_fragment_that_is_wrong_is_refused(clone: Clone) -> None:
    """antsibull-changelog finds it, when the version is set already: that is taken back."""
    clone.write("changelogs/fragments/x.yml", f"{SUMMARY}no_such_section:\n  - x\n")
    clone.commit()
    assert "no_such_section" in refused(clone, MINOR)

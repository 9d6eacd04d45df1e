# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepares a release: ``make release VERSION=1.2.3`` sets the version and makes the changelog out of the fragments.

It refuses before it changes anything. It neither commits nor tags nor pushes; it prints the commands that do.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
# Where the version is written down, each exactly once. A test shows that modules and artifact agree.
PLACES = {
    "galaxy.yml": r"^(version: )\S+$",
    "plugins/module_utils/_options.py": r'^(VERSION = ")[^"]+(?=")',
    # What installing it prints.
    "README.md": r"^(metaops\.whatsapp:)\S+(?= was installed successfully$)",
    "docs/docsite/rst/guide_first_steps.rst": r"^(  metaops\.whatsapp:)\S+(?= was installed successfully$)",
    "examples/execution-environment.yml": r"^(        version: )\S+$",
}
# Sections of the changelog that a release of some kind must not have.
BREAKING = {"breaking_changes", "removed_features"}
FEATURES = {"major_changes", "minor_changes", "deprecated_features"}

Version = tuple[int, ...]


class RefusedError(Exception):
    """There is to be no such release; the text says why, and what to do."""


def prepare(text: str) -> None:
    version = parse(text)
    if changes := git("status", "--porcelain"):
        raise RefusedError(f"there are changes that are not committed; commit or remove them first:\n{changes}")
    last = last_version()
    if version == last and is_prepared(text):
        print(f"{text} is prepared already, and has no tag yet.")
        return
    if version <= last:
        raise RefusedError(f"{text} is not after {show(last)}, the last version")
    check_fragments(text, version, last)
    files = {name: put(name, pattern, text) for name, pattern in PLACES.items()}
    try:
        for name, content in files.items():
            (ROOT / name).write_text(content, encoding="utf-8")
        for command in (["antsibull-changelog", "lint"], ["antsibull-changelog", "release"]):
            subprocess.run(command, cwd=ROOT, check=True)
    except BaseException:
        # There was nothing but what is committed.
        git("restore", ".")
        raise
    print(f"Version and changelog are those of {text}.")


def parse(text: str) -> Version:
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", text):
        raise RefusedError(f"{text!r} is no version like 1.2.3: make release VERSION=1.2.3")
    return tuple(map(int, text.split(".")))


def show(version: Version) -> str:
    return ".".join(map(str, version))


def last_version() -> Version:
    """The newest version that the changelog or galaxy.yml knows."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    changelog = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    return max(parse(text) for text in (galaxy["version"], *changelog["releases"]))


def is_prepared(text: str) -> bool:
    """Whether all of this version's changes are in the changelog, and it was not released yet."""
    changelog = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    fragments = list((ROOT / "changelogs" / "fragments").glob("*.y*ml"))
    return text in changelog["releases"] and not fragments and not git("tag", "--list", text)


def check_fragments(text: str, version: Version, last: Version) -> None:
    """That there is a changelog to be made, and that the version is one that such changes may have."""
    fragments = sorted((ROOT / "changelogs" / "fragments").glob("*.y*ml"))
    sections = {name for path in fragments for name in yaml.safe_load(path.read_text(encoding="utf-8")) or {}}
    if "release_summary" not in sections:
        raise RefusedError(
            f"no changelog fragment says what this release is about: write changelogs/fragments/{text}.yml with a"
            " release_summary"
        )
    least = least_version(sections, last)
    if version < least:
        raise RefusedError(f"changelog fragments have {', '.join(sorted(sections))}: that takes {show(least)} or later")


def least_version(sections: set[str], last: Version) -> Version:
    """The first version after the last one that may have such sections in its changelog."""
    major, minor, patch = last
    # Before 1.0.0, a minor version may break.
    if sections & BREAKING and major:
        return major + 1, 0, 0
    if sections & (BREAKING | FEATURES):
        return major, minor + 1, 0
    return major, minor, patch + 1


def put(name: str, pattern: str, text: str) -> str:
    """The file with this version in place of its own."""
    content, count = re.subn(pattern, rf"\g<1>{text}", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise RefusedError(f"the version is {count} times in {name}, and not once: {pattern}")
    return content


def commands(text: str) -> None:
    print(f"""
{text} is prepared. To publish it:

  git commit --all --message "Release {text}"
  git push origin HEAD
  # when the workflows CI and "Every ansible-core" are content with it, and it is on main:
  git fetch origin && git switch --detach origin/main
  git tag --annotate {text} --message "metaops.whatsapp {text}"
  git push origin {text}
  make build
  ansible-galaxy collection publish dist/metaops-whatsapp-{text}.tar.gz

To take it back instead: git restore .""")


def git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.rstrip()


if __name__ == "__main__":
    try:
        {"prepare": prepare, "commands": commands}[sys.argv[1]](sys.argv[2])
    except (RefusedError, subprocess.CalledProcessError) as error:
        sys.exit(f"No release: {error}")

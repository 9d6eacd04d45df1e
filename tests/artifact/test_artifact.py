# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact holds what users need, and nothing else."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import checkout
from artifact.built import ROOT, artifact, build, names

# What may be in it, by folder; a star stands for a name, not for a path.
ALLOWED = (
    # Galaxy's own: what is in the artifact, with checksums.
    *("FILES.json", "MANIFEST.json"),
    *("README.md", "CHANGELOG.md"),
    *("COPYING", "LICENSES/*.txt", "REUSE.toml"),
    # What installations and execution environments need.
    *("meta/runtime.yml", "meta/execution-environment.yml", "requirements.txt", "bindep.txt"),
    *(f"plugins/{kind}/*.py" for kind in ("doc_fragments", "filter", "inventory", "lookup", "module_utils", "modules")),
    "plugins/module_utils/_*/*.py",
    *(f"plugins/plugin_utils/*.{kind}" for kind in ("py", "css", "js", "html.j2")),
    *("playbooks/*.yml", "playbooks/tasks/*.yml", "playbooks/templates/*.j2", "roles/*/README.md"),
    *(f"roles/*/{folder}/*.yml" for folder in ("defaults", "meta", "tasks", "vars")),
    *("extensions/eda/plugins/event_source/*.py", "extensions/eda/rulebooks/*.yml"),
    # To be copied.
    "examples/*.yml",
    # Documentation sites and the changelogs of collections of collections are made out of these.
    *(
        "docs/*.json",
        "docs/docsite/*.yml",
        "docs/docsite/rst/*.rst",
        "docs/docsite/rst/images/*.png",
        "changelogs/changelog.yaml",
        "changelogs/config.yaml",
    ),
    # Says to ansible-test sanity, which Automation Hub runs on the artifact, on which Pythons modules run. The tests
    # themselves stay out: who changes the collection has a clone, and nobody else could run them.
    "tests/config.yml",
)
# Folders whose files are all needed.
WHOLE = ("extensions", "meta", "playbooks", "plugins", "roles")


def allowed(name: str) -> bool:
    parts = name.split("/")
    return any(
        len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
        for wanted in (pattern.split("/") for pattern in ALLOWED)
    )


def test_nothing_is_in_it_that_has_no_place_there() -> None:
    assert [name for name in sorted(names(artifact())) if not allowed(name)] == []


def test_the_list_of_what_may_be_in_it_can_refuse() -> None:
    for name in ("tests/unit/conftest.py", "noxfile.py", "plugins/modules/__pycache__/x.py", ".venv", "plugins/x/y.py"):
        assert not allowed(name), name


def test_everything_is_in_it_that_users_need() -> None:
    inside = names(artifact())
    needed = {name for name in checkout.files(ROOT) if name.split("/")[0] in WHOLE}
    assert needed
    assert needed - inside == set()
    assert {"README.md", "CHANGELOG.md", "COPYING", "requirements.txt", "bindep.txt", "tests/config.yml"} <= inside


def test_what_tools_leave_behind_stays_out(tmp_path: Path) -> None:
    """Built in a checkout that was worked in, or out of its git URL, it is the same."""
    source = checkout.copy(ROOT, tmp_path / "source")
    ignored = [line for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    assert ignored
    for pattern in ignored:
        name = pattern.strip("/").replace("*", "left").replace("[cod]", "c")
        for folder in (source,) if "/" in pattern.rstrip("/") else (source, source / "plugins" / "modules"):
            left = folder / name / "left.txt" if pattern.endswith("/") else folder / name
            left.parent.mkdir(parents=True, exist_ok=True)
            left.write_text("left behind", encoding="utf-8")
    assert names(build(source, tmp_path / "built")) == names(artifact())

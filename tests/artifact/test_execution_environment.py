# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder finds what the collection needs, and makes a context out of the example."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from artifact.built import COLLECTIONS, INSTALLED, command
from matrix import CORES

EXAMPLE = INSTALLED / "examples" / "execution-environment.yml"


def requirements(name: str) -> list[str]:
    """The lines of a requirements file of the collection, without comments."""
    lines = (INSTALLED / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_what_the_collection_needs_is_found(tmp_path: Path) -> None:
    """Exactly what its files say: requests from the index, and no package of the system."""
    found = yaml.safe_load(command("ansible-builder", "introspect", str(COLLECTIONS), home=tmp_path))
    assert [line.partition("#")[0].strip() for line in found["python"]] == requirements("requirements.txt")
    assert requirements("requirements.txt") == ["requests>=2.25"]
    assert found["system"] == requirements("bindep.txt") == []


def test_every_file_that_is_named_is_there() -> None:
    named = yaml.safe_load((INSTALLED / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    assert named["dependencies"] == {"python": "requirements.txt", "system": "bindep.txt"}
    assert all((INSTALLED / name).is_file() for name in named["dependencies"].values())


def test_a_context_is_made_out_of_the_example(tmp_path: Path) -> None:
    """With all that its Containerfile copies, and the collection among what it installs."""
    context = tmp_path / "context"
    options = ("-f", str(EXAMPLE), "-c", str(context), "--output-filename", "Containerfile")
    command("ansible-builder", "create", *options, home=tmp_path)
    containerfile = (context / "Containerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(\S+) ", containerfile, re.MULTILINE)
    assert copied
    assert [name for name in copied if not (context / name).exists()] == []
    assert 'ARG EE_BASE_IMAGE="quay.io/centos/centos:' in containerfile
    stages = re.findall(r"^FROM .* as (\w+)$", containerfile, re.MULTILINE | re.IGNORECASE)
    assert stages == ["base", "galaxy", "builder", "final"]
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert [collection["name"] for collection in wanted["collections"]] == ["metaops.whatsapp"]


def test_the_example_takes_this_version() -> None:
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    (wanted,) = example["dependencies"]["galaxy"]["collections"]
    manifest = json.loads((INSTALLED / "MANIFEST.json").read_text(encoding="utf-8"))
    assert manifest["collection_info"]["version"] == wanted["version"]


def test_the_example_pairs_an_ansible_core_with_a_python_that_it_is_tested_on() -> None:
    needs = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["dependencies"]
    core = next(core for core in CORES if core.requirement == needs["ansible_core"]["package_pip"])
    python = needs["python_interpreter"]
    assert python["package_system"].removeprefix("python") in core.pythons
    assert python["python_path"] == f"/usr/bin/{python['package_system']}"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows is run, and what it says came out has to come out."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sandbox import Sandbox
from system import galaxy
from system.playbooks import PATIENCE, may_change, play, run_playbook, waba_environment

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
INSTALLED = COLLECTIONS / "ansible_collections" / "metaops" / "whatsapp"
MODULES = sorted((INSTALLED / "plugins" / "modules").glob("*.py"))
FILTERS = sorted((INSTALLED / "plugins" / "filter").glob("*.py"))


@dataclass(frozen=True)
class Block:
    """A fenced block of a Markdown file: its language, its text, and the line it begins in."""

    language: str
    text: str
    line: int


def blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks, in order."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        yield Block(match[1], match[2], markdown.count("\n", 0, match.start()) + 1)


def commands(console: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown for it."""
    parts = re.split(r"^\$ (.*)\n", console, flags=re.MULTILINE)
    assert parts[0] == "", "a console block begins with a command"
    yield from zip(parts[1::2], parts[2::2])


def normal(output: str) -> str:
    """The output without what depends on the terminal: rows of stars, and blanks that align columns."""
    lines = [re.sub(r"\*{3,}", "****", re.sub(r"[ \t]+", " ", line)).rstrip() for line in output.splitlines()]
    return "\n".join(lines).strip()


def shows(expected: str, output: str) -> bool:
    """Whether an output is what is shown; a line `[...]` stands for any lines."""
    pattern = ".*".join(re.escape(part) for part in normal(expected).split("[...]"))
    return re.fullmatch(pattern, normal(output), re.DOTALL) is not None


def test_the_comparison_of_outputs_can_fail() -> None:
    assert shows("a\n[...]\nc  ******", "a\nb\n\nc *******")
    assert not shows("a\n[...]\nc", "a\nb\nd")
    assert not shows("a", "a\nb")


def test_every_block_of_the_readme(tmp_path: Path) -> None:
    readme = list(blocks((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {block.language for block in readme} == {"yaml", "console"}, "only these two can be run"
    exports = dict(re.findall(r"^\$ export (\w+)=(\S+)$", "".join(block.text for block in readme), re.MULTILINE))
    (artefact,) = COLLECTIONS.parent.glob("*.tar.gz")
    with Sandbox(token=exports["WABA_ACCESS_TOKEN"]) as sandbox, galaxy.serve(artefact) as galaxy_url:
        environment = {
            **waba_environment(sandbox),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(tmp_path / "home"),
            "PWD": str(tmp_path),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_GALAXY_SERVER": galaxy_url,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
        }
        del environment["WABA_ACCESS_TOKEN"], environment["WABA_ID"], environment["WABA_BUSINESS_ID"]
        written: set[str] = set()
        for block in readme:
            if block.language == "yaml":
                name = re.match(r"# (\S+\.yml)\n", block.text)
                assert name, f"README.md:{block.line}: a YAML block begins with its file's name"
                (tmp_path / name[1]).write_text(block.text, encoding="utf-8")
                written.add(name[1])
                continue
            for command, expected in commands(block.text):
                if command.startswith("export "):
                    environment.update(dict([command[len("export ") :].split("=", 1)]))
                    continue
                words = shlex.split(command)
                written -= {word.lstrip("@") for word in words}
                done = subprocess.run(
                    words,
                    cwd=tmp_path,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                    check=False,
                )
                assert done.returncode == 0, f"README.md:{block.line}: {command}\n{done.stdout}\n{done.stderr}"
                assert shows(expected, done.stdout), f"README.md:{block.line}: {command}\n{done.stdout}"
                assert sandbox.token not in done.stdout + done.stderr
        assert not written, "every YAML block is run"
        managers = json.loads((tmp_path / "managers.json").read_text(encoding="utf-8"))
        assert {user["id"] for user in managers} == {sandbox.own_user_id, "2345678901234567"}
        assert sandbox.tasks_of("3456789012345678") == {"DEVELOP", "VIEW_INSIGHTS"}
        assert sandbox.tasks_of("4567890123456789") is None


@pytest.mark.parametrize("plugin", MODULES + FILTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_every_example_of_every_plugin(tmp_path: Path, plugin: Path, check: bool) -> None:
    match = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', plugin.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert match is not None
    with Sandbox() as sandbox:
        run = run_playbook(
            tmp_path,
            [play(yaml.safe_load(match[1]))],
            environment=waba_environment(sandbox),
            arguments=["--check", "--diff"] if check else [],
        )
        assert run.rc == 0, run.output
        assert sandbox.log or plugin not in MODULES
        assert not check or not any(map(may_change, sandbox.log))


def test_the_modules_are_those_of_the_action_group_and_of_the_readme() -> None:
    names = [module.stem for module in MODULES]
    assert names
    runtime = yaml.safe_load((INSTALLED / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["waba"]) == names
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `metaops\.whatsapp\.(\w+)` \|", readme, re.MULTILINE) == names
    for kind in ("roles", "playbooks"):
        contents = sorted(path.stem for path in (INSTALLED / kind).iterdir())
        assert sorted(re.findall(rf"^\| {kind[:-1]} `metaops\.whatsapp\.(\w+)` \|", readme, re.MULTILINE)) == contents

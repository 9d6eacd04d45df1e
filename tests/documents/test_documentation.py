# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows is run, and what it says came out has to come out."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from pathlib import Path

import pytest
import yaml
from sandbox import Sandbox
from sandbox.cli import _greeting as greeting
from support.documents import INSTALLED, ROOT, RST, markdown_blocks, reading, rst_blocks, shows
from support.playbooks import may_change, play, run_playbook, waba_environment

MODULES = sorted((INSTALLED / "plugins" / "modules").glob("*.py"))
FILTERS = sorted((INSTALLED / "plugins" / "filter").glob("*.py"))
# tests/directory and tests/events run those that need a directory or ansible-rulebook.
GUIDES = sorted(path for path in RST.glob("**/*.rst") if path.stem not in ("guide_directory", "guide_events"))


def test_the_comparison_of_outputs_can_fail() -> None:
    assert shows("a\n[...]\nc  ******", "a\nb\n\nc *******")
    assert shows("a[...]\n[...]c", "a b c")
    assert not shows("a\n[...]\nc", "a\nb\nd")
    assert not shows("a[...]\nc", "a b c")
    assert not shows("a", "a\nb")


def test_the_blocks_of_both_formats_are_found() -> None:
    yaml_block, console_block = "# a.yml\n- b:\n\n    c\n", "$ d\ne\n"
    markdown = f"Text\n\n```yaml\n{yaml_block}```\n\n```console\n{console_block}```\n"
    yaml_rst, console_rst = (textwrap.indent(text, "  ") for text in (yaml_block, console_block))
    rst = f"Text\n\n.. code-block:: yaml\n  :caption: c\n\n{yaml_rst}\n.. code-block:: console\n\n{console_rst}\nText\n"
    expected = [("yaml", yaml_block, 3), ("console", console_block)]
    for blocks in (list(markdown_blocks(markdown)), list(rst_blocks(rst))):
        assert [(block.language, block.text) for block in blocks] == [entry[:2] for entry in expected]
        assert blocks[0].line == 3
    assert [block.language for block in rst_blocks("Text::\n\n  code\n\n.. note::\n\n  A note\n")] == [""]


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        ("yaml\n- no name", "begins with its file's name"),
        ("yaml\n# unused.yml", "is not used"),
        ("json\n{}", "only yaml and console"),
        ("console\n$ false", "false"),
        ("console\n$ echo failed=1\nfailed=1", "echo failed=1"),
        ("console\n$ echo a\nb", "echo a"),
        ("console\n$ false\n$ echo $?\n0", "echo"),
        ("console\n$ printenv WABA_ACCESS_TOKEN\n[...]", "printenv"),
    ],
)
def test_what_is_wrong_in_a_document_is_noticed(tmp_path: Path, block: str, wrong: str) -> None:
    blocks = list(markdown_blocks(f"```{block}\n```\n"))
    with reading("a.md", blocks, tmp_path) as reader, pytest.raises(AssertionError, match=wrong):
        reader.follow(blocks)


def test_every_block_of_the_readme(tmp_path: Path) -> None:
    blocks = list(markdown_blocks((ROOT / "README.md").read_text(encoding="utf-8")))
    with reading("README.md", blocks, tmp_path) as reader:
        reader.follow(blocks)
        assert reader.sandbox.tasks_of("3456789012345678") == {"DEVELOP", "VIEW_INSIGHTS"}
        assert reader.sandbox.tasks_of("4567890123456789") is None


def test_the_readme_from_the_first_playbook_on_with_what_the_sandbox_prints(tmp_path: Path) -> None:
    """The README sends readers without an account from `make sandbox` to the first playbook."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(#your-first-playbook)" in readme
    _before, heading, rest = readme.partition("## Your first playbook\n")
    assert heading
    blocks = list(markdown_blocks(rest))
    assert not any("$ export " in block.text for block in blocks)
    with reading("README.md", blocks, tmp_path) as reader:
        lines = [line for line in greeting(reader.sandbox).splitlines() if line.startswith("export ")]
        pasted = dict(word.split("=", 1) for word in shlex.split(lines[0])[1:])
        for variable in [name for name in reader.environment if name.startswith("WABA_")]:
            del reader.environment[variable]
        reader.environment.update(pasted)
        reader.follow(blocks)
        assert reader.sandbox.tasks_of("4567890123456789") is None


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 220


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_block_of_every_guide(tmp_path: Path, guide: Path) -> None:
    blocks = list(rst_blocks(guide.read_text(encoding="utf-8")))
    with reading(guide.name, blocks, tmp_path) as reader:
        reader.follow(blocks)
        if guide.stem == "guide_first_steps":
            managers = json.loads((tmp_path / "managers.json").read_text(encoding="utf-8"))
            assert {user["id"] for user in managers} == {reader.sandbox.own_user_id, "2345678901234567"}
            assert reader.sandbox.tasks_of("3456789012345678") == {"DEVELOP"}
            assert "DEVELOP" in (reader.sandbox.tasks_of("3456789012345678", "6543210987654321") or ())


def test_the_measurements_in_the_guide_to_the_quota_are_those_of_the_benchmark() -> None:
    guide = (INSTALLED / "docs" / "docsite" / "rst" / "guide_quota.rst").read_text(encoding="utf-8")
    results = (ROOT / "tools" / "benchmark" / "RESULTS.md").read_text(encoding="utf-8")
    measured = re.findall(r"^\| (.*) \|$", results.partition("\n## ")[0].replace("`", "``"), re.MULTILINE)
    measured = [row for row in measured if not row.startswith("---")]
    assert len(measured) > 20
    shown = re.findall(r"^  (\S.* \| .*)$", guide, re.MULTILINE)
    assert shown == measured, "copy the rows of tools/benchmark/RESULTS.md into docs/docsite/rst/guide_quota.rst"
    date = re.search(r"`make bench`, (\d{4}-\d\d-\d\d), (\d+ ms latency)", results)
    assert date
    assert f"``make bench`` against the sandbox, {date[1]}, {date[2]}." in guide


def files_shown(guide: Path) -> dict[str, str]:
    """The files of a guide by the names in their first lines."""
    blocks = re.findall(r"^  # (\S+\.yml)\n((?:  .*\n|\n)+)", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: textwrap.dedent(text) for name, text in blocks}


def test_the_project_of_the_guide_to_awx_is_that_of_the_examples() -> None:
    """Nobody is to copy what the guide does not speak of, such as a purge."""
    project = ROOT / "examples" / "awx" / "project"
    shown = files_shown(RST / "guide_awx.rst")
    assert len(shown) == 8
    for name, text in shown.items():
        assert yaml.safe_load(text) == yaml.safe_load((project / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize("folder", ["directory", "notify"])
def test_the_files_of_a_guide_are_those_of_the_examples(folder: str) -> None:
    shown = files_shown(RST / f"guide_{folder}.rst")
    examples = sorted((ROOT / "examples" / folder).glob("*.yml"))
    assert examples
    for path in examples:
        assert yaml.safe_load(shown[path.name]) == yaml.safe_load(path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ansible-playbook examples/people.yml --tags list", "2345678901234567 John Smith: MANAGE,"),
        ("ansible-playbook examples/people.yml --check --diff", "-4567890123456789 Maria Garcia: MESSAGING,"),
        (
            "ansible-playbook metaops.whatsapp.apply -e @examples/access.yml --check --diff",
            "1 account: 1 would be changed, 0 as declared, 0 failed.",
        ),
    ],
)
def test_the_examples(tmp_path: Path, command: str, expected: str) -> None:
    with reading("examples", [], tmp_path) as reader:
        (tmp_path / "examples").symlink_to(ROOT / "examples")
        done = reader._run(shlex.split(command))
    assert done.returncode == 0, done.stdout + done.stderr
    assert expected in done.stdout


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


def test_the_readme_lists_all_content() -> None:
    names = [module.stem for module in MODULES]
    assert names
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = {}
    for kind, rows in re.findall(r"^\| \*\*([\w ]+)\*\* \| \|\n((?:\| \[.*\n)+)", readme, re.MULTILINE):
        listed[kind] = re.findall(r"^\| \[`metaops\.whatsapp\.(\w+)`\]\(https://\S+\) \| \w", rows, re.MULTILINE)
    assert listed.pop("Modules") == names
    inventories = sorted(path.stem for path in (INSTALLED / "plugins" / "inventory").glob("*.py"))
    assert {kind: sorted(content) for kind, content in listed.items()} == {
        "Roles": sorted(path.stem for path in (INSTALLED / "roles").iterdir()),
        "Playbooks": sorted(path.stem for path in (INSTALLED / "playbooks").glob("*.yml")),
        "Inventory plugin": inventories,
        "Filters": sorted(path.stem for path in FILTERS if not path.stem.startswith("_")),
    }

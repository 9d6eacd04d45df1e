# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows is run, and what it says came out has to come out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sandbox import Sandbox
from sandbox.cli import _greeting as greeting
from system import galaxy
from system.playbooks import PATIENCE, may_change, play, run_playbook, waba_environment

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
INSTALLED = COLLECTIONS / "ansible_collections" / "metaops" / "whatsapp"
MODULES = sorted((INSTALLED / "plugins" / "modules").glob("*.py"))
FILTERS = sorted((INSTALLED / "plugins" / "filter").glob("*.py"))
EVENTS = INSTALLED / "docs" / "docsite" / "rst" / "guide_events.rst"
# tests/events has the one that needs ansible-rulebook.
GUIDES = sorted(set((INSTALLED / "docs" / "docsite" / "rst").glob("**/*.rst")) - {EVENTS})


@dataclass(frozen=True)
class Block:
    """A block of code in a document: its language, its text, and the line it begins in."""

    language: str
    text: str
    line: int


def markdown_blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks, in order."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        yield Block(match[1], match[2], markdown.count("\n", 0, match.start()) + 1)


def rst_blocks(rst: str) -> Iterator[Block]:
    """The blocks of the directive `code-block`, in order, and literal blocks, which have no language."""
    indented = r"((?:[ ]+\S.*\n|[ \t]*\n)+)"
    for match in re.finditer(
        rf"^(?:\.\. (?:code-block|code|sourcecode)::[ ]*(\S*)|.*::)\n{indented}", rst, re.MULTILINE
    ):
        if match[1] is None and match[0].startswith(".. "):
            continue
        text = re.sub(r"\A(?: +:[\w-]+:.*\n)+", "", match[2])
        yield Block(match[1] or "", textwrap.dedent(text).strip("\n") + "\n", rst.count("\n", 0, match.start()) + 1)


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
    """Whether an output is what is shown. `[...]` stands for anything.

    One at the end of a line and one at the start of the next are one: so are pieces of a long line shown.
    """
    parts = re.split(r"\[\.\.\.\](?:\n\[\.\.\.\])?", normal(expected))
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, normal(output), re.DOTALL) is not None


@dataclass
class Reader:
    """Somebody who does what a document shows, in order, in a folder of their own and against one sandbox.

    A YAML block is written to the file that its first line names. Each command of a console block has to put out what
    is shown for it, and to succeed, unless the output shown has a task that failed. `echo $?` is the exit status of the
    command before it, which then may be any. A command that ends in `&` runs until the document is through.
    """

    name: str
    folder: Path
    sandbox: Sandbox
    environment: dict[str, str]
    running: contextlib.ExitStack

    def follow(self, blocks: Sequence[Block]) -> None:
        """Do all of it."""
        strange = {block.language for block in blocks} - {"yaml", "console"}
        assert not strange, f"{self.name}: only yaml and console can be run, not {strange}"
        texts = [block.text for block in blocks]
        for number, block in enumerate(blocks):
            place = f"{self.name}:{block.line}"
            if block.language == "console":
                self._type(list(commands(block.text)), place)
                continue
            name = re.match(r"# (\S+\.ya?ml)\n", block.text)
            assert name, f"{place}: a YAML block begins with its file's name"
            others = texts[:number] + texts[number + 1 :]
            assert any(name[1] in text for text in others), f"{place}: {name[1]} is not used"
            (self.folder / name[1]).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name[1]).write_text(block.text, encoding="utf-8")

    def _type(self, typed: Sequence[tuple[str, str]], place: str) -> None:
        status = 0
        for (command, expected), (following, _shown) in zip(typed, [*typed[1:], ("", "")]):
            said = f"{place}: {command}"
            if command == "echo $?":
                assert shows(expected, str(status)), f"{said}\n{status}"
            elif command.startswith("export "):
                self.environment.update(dict([command[len("export ") :].split("=", 1)]))
            elif command.endswith(" &"):
                self.running.enter_context(self._background(shlex.split(command[:-2])))
            else:
                done = self._run(shlex.split(command))
                status = done.returncode
                fails = re.search(r"FAILED!|\bfailed=[1-9]", expected) is not None
                assert following == "echo $?" or (status != 0) == fails, f"{said}\n{done.stdout}\n{done.stderr}"
                assert shows(expected, done.stdout), f"{said}\n{done.stdout}\n{done.stderr}"
                for token in self.sandbox.tokens.values():
                    assert token not in done.stdout + done.stderr, said

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextlib.contextmanager
    def _background(self, words: Sequence[str]) -> Iterator[None]:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdin=quiet, stdout=quiet, stderr=quiet
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextlib.contextmanager
def reading(name: str, blocks: Sequence[Block], folder: Path) -> Iterator[Reader]:
    """A reader of a document, and all that it takes for granted.

    The sandbox takes the token that the document shows. The environment says where it is, as far as the document does
    not do that itself; the collection is there unless the document installs it, and so is `tests` of the repository.
    """
    text = "".join(block.text for block in blocks)
    exports = set(re.findall(r"^\$ export (\w+)=", text, re.MULTILINE))
    token = re.search(r"\bEAA\w{20,}", text)
    (artefact,) = COLLECTIONS.parent.glob("*.tar.gz")
    (folder / "tests").symlink_to(ROOT / "tests")
    with (
        Sandbox(token=token and token[0]) as sandbox,
        galaxy.serve(artefact) as galaxy_url,
        contextlib.ExitStack() as running,
    ):
        environment = {
            **{variable: value for variable, value in waba_environment(sandbox).items() if variable not in exports},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(folder / "home"),
            "PWD": str(folder),
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_GALAXY_SERVER": galaxy_url,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            # Saves some processes a task.
            "ANSIBLE_PIPELINING": "1",
        }
        if "ansible-galaxy collection install" not in text:
            environment["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
        yield Reader(name, folder, sandbox, environment, running)


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
    results = (ROOT / "tests" / "benchmark" / "RESULTS.md").read_text(encoding="utf-8")
    measured = re.findall(r"^\| (.*) \|$", results.partition("\n## ")[0].replace("`", "``"), re.MULTILINE)
    measured = [row for row in measured if not row.startswith("---")]
    assert len(measured) > 20
    shown = re.findall(r"^  (\S.* \| .*)$", guide, re.MULTILINE)
    assert shown == measured, "copy the rows of tests/benchmark/RESULTS.md into docs/docsite/rst/guide_quota.rst"
    date = re.search(r"`make bench`, (\d{4}-\d\d-\d\d), (\d+ ms latency)", results)
    assert date
    assert f"``make bench`` against the sandbox, {date[1]}, {date[2]}." in guide


def test_the_project_of_the_guide_to_awx_is_that_of_the_examples() -> None:
    """Nobody is to copy what the guide does not speak of, such as a purge."""
    project = ROOT / "examples" / "awx" / "project"
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"^  # (\S+\.yml)\n((?:  .*\n|\n)+)", guide, re.MULTILINE)
    assert len(blocks) == 8
    for name, text in blocks:
        assert yaml.safe_load(textwrap.dedent(text)) == yaml.safe_load((project / name).read_text(encoding="utf-8")), (
            name
        )


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


def test_no_layer_of_the_guide_imports_from_above() -> None:
    plugins = INSTALLED / "plugins"
    guide = (INSTALLED / "docs" / "docsite" / "rst" / "guide_inside.rst").read_text(encoding="utf-8")
    rows = re.findall(r"^  \* - (.*?)\n    - ", guide, re.MULTILINE | re.DOTALL)
    layers = {name: number for number, row in enumerate(rows) for name in re.findall(r"``(\w+_utils/[\w/]+)``", row)}
    files = {path.relative_to(plugins).with_suffix("").as_posix(): path for path in plugins.glob("*_utils/**/*.py")}
    assert files
    assert set(layers) == set(files)
    for name, path in files.items():
        text = path.read_text(encoding="utf-8")
        package = ["ansible_collections", "metaops", "whatsapp", "plugins", *name.split("/")]
        used = []
        for dots, origin, names in re.findall(r"^from (\.*)([\w.]*) import (\([^)]*\)|.*)$", text, re.MULTILINE):
            parts = [*(package[: -len(dots)] if dots else []), *filter(None, origin.split("."))]
            for imported in re.findall(r"\w+", names):
                candidates = ("/".join(parts[4:]), "/".join([*parts[4:], imported]))
                used += [candidate for candidate in candidates if parts[:4] == package[:4] and candidate in layers]
        assert [other for other in used if layers[other] < layers[name]] == [], name


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

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a document as its user does: run its blocks, in order, and compare their output with what is shown."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import Sandbox
from support import galaxy
from support.playbooks import PATIENCE, waba_environment

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
INSTALLED = COLLECTIONS / "ansible_collections" / "metaops" / "whatsapp"
#: The guides, as they are installed.
RST = INSTALLED / "docs" / "docsite" / "rst"


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
    (artifact,) = COLLECTIONS.parent.glob("*.tar.gz")
    (folder / "tests").symlink_to(ROOT / "tests")
    with (
        Sandbox(token=token and token[0]) as sandbox,
        galaxy.serve(artifact) as galaxy_url,
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

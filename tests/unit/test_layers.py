# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers, as the guide "How it works inside" lists them: imports go down, files and functions stay short."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_inside.rst"
PYTHON_FILES = sorted(PLUGINS.rglob("*.py"))
#: The longest file and the longest function, in lines.
LONGEST_FILE, LONGEST_FUNCTION = 450, 50


def test_no_layer_of_the_guide_imports_from_above() -> None:
    rows = re.findall(r"^  \* - (.*?)\n    - ", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    layers = {name: number for number, row in enumerate(rows) for name in re.findall(r"``(\w+_utils/[\w/]+)``", row)}
    files = {path.relative_to(PLUGINS).with_suffix("").as_posix(): path for path in PLUGINS.glob("*_utils/**/*.py")}
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


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists the public surface: whatever a user's playbook can name, and a release must not change by accident.

``make surface`` writes the list to docs/public_surface.md, and a test compares it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import jinja2
import jinja2.nodes
import yaml
from ansible.plugins.doc_fragments import constructed, inventory_cache

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "public_surface.md"
COLLECTION = "metaops.whatsapp"
HEAD = """\
<!--
Copyright: (c) 2026, metaops.whatsapp contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Public surface

Everything that a playbook can name. `make surface` writes this file, and a test fails where it is not current: a change
here is a change for users, which needs a changelog fragment and, once released, a deprecation.
"""

#: Options that every inventory plugin of Ansible can have: another ansible-core has others.
_OF_INVENTORIES = {
    name
    for fragment in (constructed, inventory_cache)
    for name in yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
}
#: Variables of Ansible itself in our playbooks.
_OF_ANSIBLE = {"ansible_play_hosts_all", "ansible_check_mode", "hostvars", "omit", "_raw_params", "lookup", "groups"}

Json = dict[str, t.Any]
Row = tuple[str, ...]


def surface(collections: Path) -> str:
    """Return the list as Markdown, of the collection that is installed below the folder."""
    collection = collections / "ansible_collections" / COLLECTION.replace(".", "/")
    modules = documented("module", collection / "plugins" / "modules", collections)
    inventory = documented("inventory", collection / "plugins" / "inventory", collections)
    filters = documented("filter", collection / "plugins" / "filter", collections)
    for each in inventory.values():
        for name in _OF_INVENTORIES:
            each["doc"]["options"].pop(name, None)
    shared = set.intersection(*(set(each["doc"]["options"]) for each in modules.values()))
    some = next(iter(modules.values()))["doc"]["options"]
    parts = [
        HEAD,
        section("Options of every module", OPTION, options({name: some[name] for name in shared})),
        *(
            part
            for name, each in modules.items()
            for part in (
                section(
                    f"Module {name}: options",
                    OPTION,
                    options({key: about for key, about in each["doc"]["options"].items() if key not in shared}),
                ),
                section(f"Module {name}: results", RESULT, results(each["return"] or {})),
            )
        ),
        *(
            section(f"Inventory {name}: options", OPTION, options(each["doc"]["options"]))
            for name, each in inventory.items()
        ),
        *(
            section(f"Filter {name}: options", OPTION, options(each["doc"]["options"]))
            for name, each in filters.items()
        ),
        *(
            section(f"Role {path.name}: variables", OPTION, role(path))
            for path in sorted((collection / "roles").iterdir())
        ),
        *(
            section(f"Playbook {path.stem}: variables", ("Variable",), [(f"`{name}`",) for name in variables(path)])
            for path in sorted((collection / "playbooks").glob("*.yml"))
        ),
    ]
    return "\n".join(part for part in parts if part)


OPTION = ("Name", "Type", "Default", "Required", "Choices")
RESULT = ("Name", "Type")


def section(title: str, head: Row, rows: t.Sequence[Row]) -> str:
    """Return a heading and its table; nothing where the table is empty."""
    if not rows:
        return ""
    table = [head, tuple("---" for _cell in head), *rows]
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(row)} |" for row in table), ""])


def documented(kind: str, folder: Path, collections: Path) -> dict[str, Json]:
    """Return the documentation of the plugins in a folder by name; those that begin with _ are internal."""
    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))
    command = ["ansible-doc", "--json", "--type", kind, *(f"{COLLECTION}.{name}" for name in names)]
    run = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        env={
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(Path.home()),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    return {name: found[f"{COLLECTION}.{name}"] for name in names}


def options(about: t.Mapping[str, Json]) -> list[Row]:
    return [_option(name, each) for name, each in sorted(about.items())]


def role(folder: Path) -> list[Row]:
    specs = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return options(specs["main"]["options"])


def results(about: t.Mapping[str, Json], prefix: str = "") -> list[Row]:
    rows: list[Row] = []
    for name, each in sorted(about.items()):
        rows.append((f"`{prefix}{name}`", _type(each)))
        rows += results(each.get("contains") or {}, f"{prefix}{name}.")
    return rows


def variables(playbook: Path) -> list[str]:
    """Return the variables that a playbook reads, and that neither it nor a role sets."""
    text = playbook.read_text(encoding="utf-8")
    tasks = [text, *(path.read_text(encoding="utf-8") for path in playbook.parents[1].glob("roles/*/tasks/*.yml"))]
    own = {name for each in tasks for name in re.findall(r"^\s+register: (\w+)", each, re.MULTILINE)}
    for play in yaml.safe_load(text):
        own |= set(play.get("vars", {}))
    environment = jinja2.Environment()
    trees = [environment.parse(expression) for expression in _expressions(yaml.safe_load(text))]
    read = {name.name for tree in trees for name in tree.find_all(jinja2.nodes.Name) if name.ctx == "load"}
    return sorted(read - own - _OF_ANSIBLE)


def _expressions(node: t.Any, key: str = "") -> t.Iterator[str]:
    if isinstance(node, dict):
        for name, each in node.items():
            yield from _expressions(each, name)
    elif isinstance(node, list):
        for each in node:
            yield from _expressions(each, key)
    elif isinstance(node, str):
        yield "{{ " + node + " }}" if key in ("that", "when") else node


def _option(name: str, about: Json) -> Row:
    default = "" if about.get("default") is None else f"`{json.dumps(about['default'])}`"
    choices = ", ".join(f"`{choice}`" for choice in about.get("choices") or ())
    return f"`{name}`", _type(about), default, "yes" if about.get("required") else "", choices


def _type(about: Json) -> str:
    elements = about.get("elements")
    return f"{about.get('type', 'str')} of {elements}" if elements else str(about.get("type", "str"))


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collections", type=Path, help="the folder of collections that has metaops.whatsapp installed")
    FILE.write_text(surface(parser.parse_args().collections), encoding="utf-8")


if __name__ == "__main__":
    main()

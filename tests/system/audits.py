# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the playbook audit, and reads the report that it wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
from sandbox import Sandbox
from system.playbooks import Json, Run, play, run_playbook, waba_environment

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "audit-report.schema.json").read_text("utf-8"))
FILES = [f"waba-access-audit.{kind}" for kind in ("csv", "html", "json", "ndjson")]


def audit(
    folder: Path, sandbox: Sandbox, variables: Json, arguments: Sequence[str] = (), **environment: str | None
) -> Run:
    """Run the playbook in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    given = {**waba_environment(sandbox), "PWD": str(folder), **environment}
    return run_playbook(
        folder,
        [play([])],
        environment={name: value for name, value in given.items() if value is not None},
        arguments=["-e", "@variables.json", *arguments, "metaops.whatsapp.audit"],
    )


def report(folder: Path, name: str = "waba-access-audit") -> Json:
    """The report that a run wrote, which fits the schema."""
    written: Json = json.loads((folder / name / "waba-access-audit.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, SCHEMA)
    return written

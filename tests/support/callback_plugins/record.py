# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that writes every result, as any callback sees it, into a file: a JSON object a line.

Where it is given a sandbox's address, it adds who is assigned and what was asked at that moment: results are handed to
callbacks before the next task begins.
"""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: aggregate
short_description: Writes every result into the file that METAOPS_RECORD names
description:
  - For the tests of the collection metaops.whatsapp.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Records what comes by."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task that went well."""
        _record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        _record("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task that was left out."""
        _record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A task whose host could not be reached."""
        _record("unreachable", result)


def _record(status: str, result: Any) -> None:
    # The underscored names are those of ansible-core before 2.19.
    task = result.task if hasattr(result, "task") else result._task
    found = result.result if hasattr(result, "result") else result._result
    record = {"name": task.get_name(), "status": status, "result": found}
    sandbox = os.environ.get("METAOPS_RECORD_SANDBOX")
    if sandbox:
        record["assigned"] = _get(f"{sandbox}/_sandbox/state")["assigned"]
        record["requests"] = len(_get(f"{sandbox}/_sandbox/log")["requests"])
    with Path(os.environ["METAOPS_RECORD"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, default=str) + "\n")


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rulebooks of the collection with the real ansible-rulebook: changes behind its back are told, and put back."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import java
import pytest
import yaml
from events.conftest import PATIENCE, VARIABLES, running
from sandbox import Sandbox

COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
INSTALLED = COLLECTIONS / "ansible_collections" / "metaops" / "whatsapp"
SOURCE = INSTALLED / "extensions" / "eda" / "plugins" / "event_source" / "assigned_users.py"
JANE = "3456789012345678"
MARIA = "4567890123456789"
AHMED = "5678901234567890"
LI = "6789012345678901"
#: Seconds between two polls here.
INTERVAL = 2

# tools/java.py has tried to install it before.
needs_java = pytest.mark.skipif(not shutil.which("java"), reason=java.MISSING)


def declare(folder: Path, sandbox: Sandbox, **variables: Any) -> None:
    """Declare the current access of the first account in the inventory, with variables of the rulebook.

    Ahmed is nobody's but kept, which is a variable that the rulebook does not hand on.
    """
    users = [{"user_id": one, "tasks": sorted(tasks)} for one, tasks in sandbox.assigned().items() if one != AHMED]
    declared = {
        "waba_access_accounts": [{"waba_id": sandbox.waba_id, "users": users}],
        "waba_access_purge_users": True,
        "waba_access_keep_users": [AHMED],
        "interval": INTERVAL,
        "calls_per_hour": 5000,
        **variables,
    }
    (folder / VARIABLES).parent.mkdir(parents=True)
    (folder / VARIABLES).write_text(yaml.safe_dump(declared), encoding="utf-8")


@needs_java
def test_a_change_is_an_event_within_an_interval_and_is_put_back(tmp_path: Path, sandbox: Sandbox) -> None:
    declare(tmp_path, sandbox, waba_access_max_removals=1)
    before = sandbox.assigned()
    with running(tmp_path, sandbox, "metaops.whatsapp.restore_access", "--print-events") as rulebook:
        rulebook.wait(lambda: "'heartbeat'" in rulebook.output)
        sandbox.assign(JANE, ["FULL_CONTROL"])
        polls = rulebook.output.count("'heartbeat'")
        rulebook.wait(lambda: re.search(rf"'came'(.|\n)*{JANE}|{JANE}(.|\n)*'came'", rulebook.output))
        # The poll that was under way, the next, and one that was not printed yet.
        assert rulebook.output.partition("'came'")[0].count("'heartbeat'") <= polls + 2
        sandbox.remove(MARIA)
        rulebook.wait(lambda: sandbox.assigned() == before)
        # Two removals are more than allowed.
        sandbox.assign(JANE, ["FULL_CONTROL"])
        sandbox.assign(LI, ["DEVELOP"])
        rulebook.wait(lambda: "max_removals is 1" in rulebook.output)
        assert {JANE, LI} <= sandbox.assigned().keys()
        os.kill(rulebook.process.pid, signal.SIGINT)
        rulebook.process.wait(PATIENCE)
    assert sandbox.token not in rulebook.output
    assert stat.S_IMODE((tmp_path / "waba-restore.json").stat().st_mode) == 0o600


@needs_java
def test_what_happens_while_a_killed_rulebook_is_away_is_told_after_its_restart(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    """Two rulebooks in one process: that of all changes, and that of full control alone."""
    declare(tmp_path, sandbox)
    files = [
        INSTALLED / "extensions" / "eda" / "rulebooks" / f"{name}.yml"
        for name in ("report_drift", "alert_full_control")
    ]
    (tmp_path / "both.yml").write_text("".join(file.read_text(encoding="utf-8") for file in files), encoding="utf-8")
    with running(tmp_path, sandbox, "both.yml") as rulebook:
        rulebook.wait(lambda: sum(bool(request.operations) for request in sandbox.log) > 4)
        os.kill(rulebook.process.pid, signal.SIGKILL)
        rulebook.process.wait()
    sandbox.assign(JANE, ["DEVELOP"])
    with running(tmp_path, sandbox, "both.yml") as rulebook:
        rulebook.wait(lambda: f"came: {JANE} on {sandbox.waba_id}" in rulebook.output)
        sandbox.assign(MARIA, ["FULL_CONTROL"])
        rulebook.wait(lambda: f"Full control of {sandbox.waba_id}: {MARIA} Maria Garcia" in rulebook.output)
        rulebook.wait(lambda: f"tasks_changed: {MARIA} on {sandbox.waba_id}" in rulebook.output)
        assert f"Full control of {sandbox.waba_id}: {JANE}" not in rulebook.output


@pytest.mark.parametrize("is_package", [False, True], ids=["alone", "beside PyPI's package ansible"])
def test_the_installed_source_finds_the_collection_by_itself(
    tmp_path: Path, sandbox: Sandbox, is_package: bool
) -> None:
    """ansible-rulebook knows no collections: it runs the file, in a Python that has never heard of this one."""
    program = """
import asyncio, json, runpy, sys
sys.path.append(sys.argv[3])
main = runpy.run_path(sys.argv[1])["main"]
async def first():
    queue = asyncio.Queue()
    task = asyncio.create_task(main(queue, json.loads(sys.argv[2])))
    event = await queue.get()
    task.cancel()
    print(json.dumps(event))
asyncio.run(first())
"""
    args = {"access_token": sandbox.token, "api_url": sandbox.url, "business_id": sandbox.business_id}
    args["state_file"] = "state.json"
    fresh = tmp_path / "collections"
    (artifact,) = COLLECTIONS.parent.glob("*.tar.gz")
    galaxy = str(Path(sys.executable).parent / "ansible-galaxy")
    subprocess.run([galaxy, "collection", "install", "-p", str(fresh), str(artifact)], check=True, capture_output=True)
    other = tmp_path / "other"
    (other / "ansible_collections").mkdir(parents=True)
    if is_package:
        (other / "ansible_collections" / "__init__.py").touch()
    source = fresh / SOURCE.relative_to(COLLECTIONS)
    # Isolated: without PYTHONPATH, and without the folder of the program.
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(source), json.dumps(args), str(other)],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    event = json.loads(done.stdout)
    assert (event["kind"], event["accounts"], event["msg"]) == ("heartbeat", 3, None)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as ansible-rulebook runs it: loaded by its path, as a task of a loop that has others."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
import typing as t
from pathlib import Path

import ansible_collections.metaops.whatsapp.plugins.module_utils._options as collection
import pytest
import yaml
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

ROOT = Path(str(collection.__file__)).parents[2]
SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "assigned_users.py"
MARIA = "4567890123456789"

Json = dict[str, t.Any]


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def source() -> Json:
    # Where ansible-core has hooks for imports, runpy takes the file for a package.
    spec = importlib.util.spec_from_file_location("assigned_users", SOURCE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def args(bench: Bench, **others: t.Any) -> Json:
    sandbox = bench.sandbox
    common: Json = {"access_token": sandbox.token, "api_url": sandbox.url, "business_id": sandbox.business_id}
    common |= {"state_file": "state.json", "interval": 0.2, "calls_per_hour": 5000}
    return {**common, "retries": 0, "timeout": 2, **others}


def test_the_loop_lives_while_the_api_hangs_and_the_source_is_cancelled_at_once(bench: Bench, source: Json) -> None:
    async def rulebook() -> int:
        queue: asyncio.Queue[Json] = asyncio.Queue(1)
        task = asyncio.create_task(source["main"](queue, {**args(bench), "eda_feedback_queue": queue}))
        while len(bench.sandbox.log) < 4:
            await asyncio.sleep(0.01)
        bench.sandbox.remove(MARIA)
        while (event := await asyncio.wait_for(queue.get(), 10))["kind"] == "heartbeat":
            pass
        assert (event["kind"], event["user_id"]) == ("went", MARIA)
        bench.sandbox.inject(Fault("hang", times=0))
        requests = len(bench.sandbox.log)
        while len(bench.sandbox.log) == requests:  # takes the heartbeats, so that the source goes on
            await asyncio.sleep(0.01)
            if not queue.empty():
                queue.get_nowait()
        # The loop comes here while the request hangs.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(bench.sandbox.log) - requests

    assert asyncio.run(rulebook()) == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("asyncio")]


def test_an_invalid_option_ends_the_source_before_any_request(bench: Bench, source: Json) -> None:
    with pytest.raises(Exception, match="interval must be between"):
        asyncio.run(source["main"](None, args(bench, interval=-1)))
    assert bench.sandbox.log == []


def test_the_documentation_names_the_options_and_defaults(source: Json) -> None:
    documented = yaml.safe_load(source["DOCUMENTATION"])["options"]
    spec = source["Watch"].__init__.__globals__["_OWN"]
    assert spec.keys() - documented.keys() == set()
    for option, about in spec.items():
        assert documented[option]["type"] == about["type"]
        assert documented[option].get("default") == about.get("default")
        assert documented[option].get("required") == about.get("required")
    for example in yaml.safe_load(source["EXAMPLES"]):
        assert example["metaops.whatsapp.assigned_users"].keys() <= documented.keys()

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hostile server takes a bounded part of the memory, and of the time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import MAX_BATCH
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import MAX_LISTS_BYTES
from resilience.counts import BAD_INPUTS, count
from resilience.exchanges import OWN
from resilience.hostile import Hostile, http_answer
from resilience.module_process import run_module
from resilience.tasks import INFO, USERS, new_sandbox, options_for
from support.playbooks import Json

#: Bytes: no more than this, whatever comes. A task that meets nothing of the kind needs a tenth of it.
MUCH_MEMORY = 2**30
#: Bytes: as large as an answer may be.
LARGE = 4 * 2**20 - 100

TASKS: dict[str, tuple[str, Json]] = {
    "read": (INFO, {}),
    "purge": (USERS, {"users": [{"user_id": OWN, "tasks": ["FULL_CONTROL"]}], "purge_users": True}),
}


def smallest_people() -> Iterator[bytes]:
    """Pages without an end, each as large as can be, of people who are as small as can be."""
    ids = itertools.count(10**6)
    for page in itertools.count():
        entries = ",".join(f'{{"id":{next(ids)}}}' for _entry in range(LARGE // 17))
        yield http_answer(f'{{"data":[{entries}],"paging":{{"next":"x","cursors":{{"after":"{page}"}}}}}}'.encode())


def batches(paging: str) -> Iterator[bytes]:
    """The same, as the answers to batches: in each operation a list of as many people as fit."""
    ids = itertools.count(10**6)
    for page in itertools.count():
        entries = ",".join(f'{{"id":{next(ids)}}}' for _entry in range(LARGE // MAX_BATCH // 20))
        list_ = f'{{"data":[{entries}],"paging":{paging % page}}}'
        yield http_answer(json.dumps([{"code": 200, "body": list_}] * MAX_BATCH).encode())


def long_names() -> Iterator[bytes]:
    """Pages without an end, of people with names as long as can be."""
    for page in itertools.count():
        people = [{"id": str(page), "name": chr(page % 50 + 200) * (LARGE // 8)}]
        value = {"data": people, "paging": {"next": "x", "cursors": {"after": str(page)}}}
        yield http_answer(json.dumps(value).encode())


def one(body: bytes) -> Callable[[], Iterator[bytes]]:
    """The same, for ever."""
    return lambda: itertools.repeat(http_answer(body))


ANSWERS: dict[str, Callable[[], Iterator[bytes]]] = {
    "the smallest people": smallest_people,
    "long names": long_names,
    "empty lists": one(b"[" + b"[]," * (LARGE // 3) + b"1]"),
    "empty objects": one(b'{"data": [' + b"{}," * (LARGE // 3) + b"1]}"),
    "deep nesting": one(b'{"data":' + b"[" * LARGE),
    "an error without an end": one(b'{"error": {"code": 2, "message": "' + b"e" * LARGE + b'"}}'),
    "cookies": lambda: itertools.repeat(
        http_answer(
            b'{"error": {"code": 2}}',
            b"500 x",
            *(b"Set-Cookie: c%d=%s" % (number, b"c" * 60_000) for number in range(80)),
        )
    ),
}


@pytest.mark.share(5)
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("answers", ANSWERS)
def test_the_memory_of_a_task_is_bounded(tmp_path: Path, answers: str, name: str) -> None:
    """And the task ends with a failure that says what is wrong, not with a traceback."""
    module, own = TASKS[name]
    pages = ANSWERS[answers]()
    with new_sandbox() as nowhere, Hostile(lambda _requests: [next(pages)]) as hostile:
        options = options_for(nowhere, {**own, "api_url": hostile.url, "retries": 3, "max_retry_wait": 0})
        ended = run_module(tmp_path, module, options)
    count(BAD_INPUTS)
    assert ended.result["failed"] is True
    assert ended.result["msg"].startswith("Could not read the assigned users")
    assert len(ended.stdout) < 2**20
    assert "Traceback" not in ended.stderr
    assert ended.memory < MUCH_MEMORY


@pytest.mark.share(2)
@pytest.mark.parametrize("paging", ['{"next":"x","cursors":{"after":"%d"}}', '{"page":%d}'], ids=["endless", "large"])
def test_the_memory_of_a_task_that_reads_many_accounts_is_bounded(tmp_path: Path, paging: str) -> None:
    """However many they are, and however much each of them has."""
    answers = batches(paging)
    waba_ids = [str(10**15 + number) for number in range(12 * MAX_BATCH)]
    with new_sandbox() as nowhere, Hostile(lambda _requests: [next(answers)]) as hostile:
        ended = run_module(tmp_path, INFO, options_for(nowhere, {"waba_ids": waba_ids, "api_url": hostile.url}))
    count(BAD_INPUTS)
    told = [ended.result.get("msg"), *(account["msg"] for account in ended.result.get("accounts", []))]
    assert "lists are together larger than 32 MiB: ask for fewer" in str(told[-1])
    assert len(hostile.requests) < 2 * MAX_LISTS_BYTES / LARGE
    assert "Traceback" not in ended.stderr
    assert ended.memory < 2 * MUCH_MEMORY

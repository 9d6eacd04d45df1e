# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts with more people than anybody has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox import Sandbox
from support.playbooks import play, run_playbook, task, waba_environment

PEOPLE = 10_000


@pytest.fixture
def crowd() -> Iterator[Sandbox]:
    """Exactly so many people on the account."""
    with Sandbox() as plain:
        some = len(plain.assigned())
    with Sandbox(people=PEOPLE - some) as started:
        yield started


def test_ten_thousand_people_take_a_hundred_calls_on_one_connection(crowd: Sandbox, tmp_path: Path) -> None:
    """Everybody is listed once, with their tasks, in the API's order."""
    listing = task("list", "waba_assigned_users_info", {})
    run = run_playbook(tmp_path, [play([listing])], environment=waba_environment(crowd))
    assert run.rc == 0, run.output
    (listed,) = run.results
    truth = {user_id: sorted(tasks) for user_id, tasks in crowd.assigned().items()}
    users = listed.result["assigned_users"]
    assert len(users) == PEOPLE
    assert [(user["id"], user["tasks"]) for user in users] == list(truth.items())
    assert listed.result["total_count"] == PEOPLE
    assert listed.result["paging"]["has_next"] is False
    assert listed.result["api_calls"] == PEOPLE // 100
    assert len(crowd.log) == PEOPLE // 100
    assert crowd.connections == 1

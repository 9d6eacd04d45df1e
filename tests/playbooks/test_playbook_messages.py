# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One failure is one message of a few lines that says what to do, in playbooks and roles as well."""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from sandbox import Sandbox
from support.playbooks import (
    JANE,
    SIDE_BY_SIDE,
    Json,
    Run,
    run_named,
)

PLAYBOOKS = ("apply", "audit", "export", "offboard", "whois")
VARIABLES: Json = {
    "person": "jane.doe@example.com",
    "waba_access_accounts": [{"waba_id": "1234567890123456", "users": [{"user_id": JANE, "tasks": ["DEVELOP"]}]}],
}
# What is wrong, and the words that say so.
MISTAKES: dict[str, tuple[dict[str, str], list[str]]] = {
    "no token": ({"WABA_ACCESS_TOKEN": ""}, ["access_token", "Set the environment variable WABA_ACCESS_TOKEN"]),
    "wrong token": ({"WABA_ACCESS_TOKEN": "EAAwrongRw4vYdH1nJ6s"}, ["HTTP 401, code 190", "WABA_ACCESS_TOKEN"]),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Run]:
    """Every playbook with every mistake."""
    folder = tmp_path_factory.mktemp("failed")
    with Sandbox() as sandbox, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

        def run(pair: tuple[str, str]) -> Run:
            playbook, mistake = pair
            # Without the environment that waits: retries are of no use here.
            return run_named(folder / "-".join(pair), sandbox, playbook, VARIABLES, environment=MISTAKES[mistake][0])

        pairs = [(playbook, mistake) for playbook in PLAYBOOKS for mistake in MISTAKES]
        return dict(zip(pairs, pool.map(run, pairs)))


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_failing_playbook_shows_its_message_alone(
    failed: dict[tuple[str, str], Run], playbook: str, mistake: str
) -> None:
    run = failed[playbook, mistake]
    assert run.rc == 2
    (result,) = (result for result in run.results if result.status == "failed")
    message = result.message
    for words in MISTAKES[mistake][1]:
        assert words in message
    assert len(textwrap.wrap(message, 100)) <= 10
    # Neither the module's whole result, nor Ansible's own errors about expressions.
    for noise in ("graph_error", "api_calls", "Finalization of task args", "Traceback"):
        assert noise not in run.output
    # Ansible shows each as a line.
    assert all(isinstance(line, str) and "\n" not in line for line in result.result["msg"])

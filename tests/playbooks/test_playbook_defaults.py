# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where options come from: a play's defaults for the whole group, the environment, the task itself."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from sandbox import Sandbox
from sandbox.seed import APP_SECRET, TOKEN
from support.playbooks import JANE, play, run_playbook, task, waba_environment

INFO, USER = "waba_assigned_users_info", "waba_assigned_user"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


def test_module_defaults_of_the_group_reach_every_module(sandbox: Sandbox, tmp_path: Path) -> None:
    """`group/metaops.whatsapp.waba`, without any environment variable; a task's own option wins."""
    defaults = {
        "group/metaops.whatsapp.waba": {
            "access_token": sandbox.token,
            "app_secret": sandbox.app_secret,
            "waba_id": sandbox.waba_id,
            "business_id": sandbox.business_id,
            "api_url": sandbox.url,
            "api_version": "v24.0",
        }
    }
    run = run_playbook(
        tmp_path,
        [
            play(
                [
                    task("user", USER, {"user_id": JANE, "tasks": ["DEVELOP"]}),
                    task("alias", USER, {"user": JANE, "tasks": ["DEVELOP"]}),
                    task("info", INFO, {}),
                    task("own version", INFO, {"api_version": "v25.0"}),
                ],
                module_defaults=defaults,
            )
        ],
    )
    assert run.rc == 0, run.output
    assert [result.result["changed"] for result in run.results] == [True, False, False, False]
    assert [request.path.split("/")[1] for request in sandbox.log] == ["v24.0"] * 5 + ["v25.0"]
    assert all(PROOF in request.raw_target + request.body for request in sandbox.log)
    assert [result.warnings for result in run.results] == [""] * 4


def test_the_environment_fills_what_is_not_given(sandbox: Sandbox, tmp_path: Path) -> None:
    """All six variables; a task's option and a play's defaults go before them; `environment:` works as well."""
    sandbox.configure(require_proof=True)
    environment = {
        **waba_environment(sandbox),
        "WABA_APP_SECRET": sandbox.app_secret,
        "WABA_API_VERSION": "v22.0",
    }
    run = run_playbook(
        tmp_path,
        [
            play([task("environment", INFO, {}), task("option", INFO, {"api_version": "v24.0"})]),
            play(
                [task("defaults", INFO, {})],
                module_defaults={"group/metaops.whatsapp.waba": {"api_version": "v25.0"}},
            ),
            play([task("task's environment", INFO, {}, environment={"WABA_API_VERSION": "v26.0"})]),
        ],
        environment=environment,
    )
    assert run.rc == 0, run.output
    assert [request.path.split("/")[1] for request in sandbox.log] == ["v22.0", "v24.0", "v25.0", "v26.0"]
    assert all(request.query["appsecret_proof"] == [PROOF] for request in sandbox.log)


def test_an_empty_variable_counts_as_none(sandbox: Sandbox, tmp_path: Path) -> None:
    """As a controller leaves it for a field that nobody filled in."""
    run = run_playbook(
        tmp_path,
        [play([task("info", INFO, {})])],
        environment={**waba_environment(sandbox), "WABA_APP_SECRET": "", "WABA_API_VERSION": ""},
    )
    assert run.rc == 0, run.output
    (request,) = sandbox.log
    assert "appsecret_proof" not in request.query
    assert request.path.startswith("/v23.0/")


def test_a_play_for_other_hosts_delegates_to_localhost(sandbox: Sandbox, tmp_path: Path) -> None:
    """Hosts that are accounts and no machines; the environment is the controller's."""
    accounts = [sandbox.waba_id, "6543210987654321"]
    inventory = "".join(f"account{number} waba='{waba_id}'\n" for number, waba_id in enumerate(accounts))
    grant = {"waba_id": "{{ waba | string }}", "user_id": JANE, "tasks": ["DEVELOP"]}
    run = run_playbook(
        tmp_path,
        [play([task("grant", USER, grant, delegate_to="localhost")], hosts="all")],
        environment=waba_environment(sandbox),
        inventory=inventory,
    )
    assert run.rc == 0, run.output
    assert [result.result["changed"] for result in run.results] == [True, True]
    for waba_id in accounts:
        assert sandbox.tasks_of(JANE, waba_id) == {"DEVELOP"}


def test_an_expired_version_is_warned_of(sandbox: Sandbox, tmp_path: Path) -> None:
    """The API answers with another version than the one asked for, once a task."""
    run = run_playbook(
        tmp_path,
        [play([task("info", INFO, {"api_version": "v16.0"})])],
        environment=waba_environment(sandbox),
    )
    assert run.rc == 0, run.output
    assert "answered as version v21.0, not v16.0" in run.results[0].warnings


def test_each_request_is_as_the_api_documents_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """Headers, query and form on the wire."""
    run = run_playbook(
        tmp_path,
        [
            play(
                [
                    task("add", USER, {"user_id": JANE, "tasks": ["MESSAGING", "DEVELOP"]}),
                    task("remove", USER, {"user_id": JANE, "state": "absent"}),
                ]
            )
        ],
        environment=waba_environment(sandbox),
    )
    assert run.rc == 0, run.output
    for request in sandbox.log:
        name, _slash, version = request.headers["user-agent"].partition("/")
        assert name == "metaops-whatsapp"
        assert version[0].isdigit()
        assert request.headers["accept"] == "application/json"
        assert request.headers["authorization"] == f"Bearer {sandbox.token}"
    read, assign = sandbox.log[:2]
    assert read.query == {
        "business": [sandbox.business_id],
        "fields": ["id,name,user_type,business,tasks"],
        "limit": ["100"],
        "summary": ["total_count"],
    }
    assert assign.headers["content-type"] == "application/x-www-form-urlencoded"
    assert assign.form == {"user": [JANE], "tasks": ['["DEVELOP","MESSAGING"]']}
    (remove,) = (request for request in sandbox.log if request.method == "DELETE")
    assert (remove.query, remove.form) == ({"user": [JANE]}, {"user": [JANE]})

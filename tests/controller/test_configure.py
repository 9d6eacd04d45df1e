# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/awx/configure.yml with the real modules of awx.awx, against a stand-in for a controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from controller.awx_server import Controller, serve

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "awx"
TOKEN = "EAAconfigure7Qm2ZCxT9pLwR4vYdH1nJ6sGfA8uEo"
APP_SECRET = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e"
NAME = "WhatsApp access"
PATIENCE = 300


def run(
    folder: Path, url: str, *arguments: str, token: str = TOKEN, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the playbook."""
    folder.mkdir(exist_ok=True)
    (folder / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
    programs = Path(sys.executable).parent
    playbook = str(EXAMPLES / "configure.yml")
    return subprocess.run(
        [str(programs / "ansible-playbook"), playbook, "-e", "project_url=https://git.example.com/x.git", *arguments],
        cwd=folder,
        env={
            "PATH": os.pathsep.join([str(programs), os.defpath]),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["METAOPS_AWX_COLLECTIONS"],
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            "CONTROLLER_HOST": url,
            "CONTROLLER_OAUTH_TOKEN": "controller-token",
            "WABA_ACCESS_TOKEN": token,
            "WABA_APP_SECRET": APP_SECRET,
            "WABA_BUSINESS_ID": "9876543210987654",
            "WABA_API_VERSION": "v23.0",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """A controller on which the playbook was run."""
    controller = Controller()
    with serve(controller) as url:
        done = run(tmp_path_factory.mktemp("configure"), url, "-vvv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert APP_SECRET not in done.stdout + done.stderr
    return controller


def test_its_syntax(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9", "--syntax-check")
    assert done.returncode == 0, done.stderr


def test_the_credential_type_is_that_of_the_files(made: Controller) -> None:
    (kind,) = made.kinds["credential_types"]
    for name in ("inputs", "injectors"):
        text = (EXAMPLES / f"credential_type_{name}.yml").read_text(encoding="utf-8")
        assert kind[name] == yaml.safe_load(text)
    (credential,) = made.kinds["credentials"]
    assert credential["credential_type"] == kind["id"]
    assert credential["inputs"] == {
        "access_token": TOKEN,
        "app_secret": APP_SECRET,
        "business_id": "9876543210987654",
        "api_version": "v23.0",
    }


def test_the_token_is_in_the_credential_alone(made: Controller) -> None:
    assert json.dumps(made.kinds).count(TOKEN) == 1
    assert TOKEN not in json.dumps(made.below)


def test_the_job_templates(made: Controller) -> None:
    templates = made.named("job_templates")
    actions = ("audit", "plan", "apply", "offboard")
    assert set(templates) == {f"{NAME}: {action}" for action in actions}
    (inventory,), (project,), (credential,) = (made.kinds[k] for k in ("inventories", "projects", "credentials"))
    for action in actions:
        template = templates[f"{NAME}: {action}"]
        assert (EXAMPLES / "project" / template["playbook"]).exists()
        assert (template["inventory"], template["project"]) == (inventory["id"], project["id"])
        assert made.below[f"{template['url']}credentials/"] == [{"id": credential["id"]}]
        survey = json.loads((EXAMPLES / f"survey_{action}.json").read_text(encoding="utf-8"))
        assert made.below[f"{template['url']}survey_spec/"] == survey
        assert template["survey_enabled"] is True
    assert [templates[f"{NAME}: {action}"]["job_slice_count"] for action in actions] == [1, 1, 2, 1]
    checked = {action for action in actions if templates[f"{NAME}: {action}"]["ask_job_type_on_launch"]}
    assert checked == {"apply", "offboard"}


def test_the_inventory_is_read_with_the_credential(made: Controller) -> None:
    (source,) = made.kinds["inventory_sources"]
    assert source["credential"] == made.kinds["credentials"][0]["id"]
    assert (EXAMPLES / "project" / source["source_path"] / "company.waba.yml").exists()
    assert source["update_on_launch"] is True
    assert source["update_cache_timeout"] == 0
    assert "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED" in source["source_vars"]


def test_the_schedule_is_of_the_audit(made: Controller) -> None:
    (schedule,) = made.kinds["schedules"]
    assert schedule["unified_job_template"] == made.named("job_templates")[f"{NAME}: audit"]["id"]
    assert schedule["rrule"].startswith("DTSTART:")
    questions = json.loads((EXAMPLES / "survey_audit.json").read_text(encoding="utf-8"))["spec"]
    answers = schedule["extra_data"]
    assert set(answers) == {question["variable"] for question in questions}
    assert answers["waba_access_audit_fail_on"]
    assert set(answers["waba_access_audit_fail_on"]) <= set(questions[0]["choices"])


def test_the_workflow_applies_the_approved_plan(made: Controller) -> None:
    nodes = {node["identifier"]: node for node in made.kinds["workflow_job_template_nodes"]}
    templates = made.named("job_templates")
    for action in ("audit", "plan", "apply"):
        assert nodes[action]["unified_job_template"] == templates[f"{NAME}: {action}"]["id"]
        assert nodes[action].get("job_type") is None
    (approval,) = made.kinds["workflow_approval_templates"]
    assert nodes["approve"]["unified_job_template"] == approval["id"]
    assert "the plan in the output of the job before" in approval["description"]
    follows = {name: made.below.get(f"{node['url']}success_nodes/", []) for name, node in nodes.items()}
    assert follows == {
        "audit": [{"id": nodes["plan"]["id"]}],
        "plan": [{"id": nodes["approve"]["id"]}],
        "approve": [{"id": nodes["apply"]["id"]}],
        "apply": [],
    }


def test_the_apply_job_of_the_workflow_is_one_job_and_needs_a_plan(made: Controller) -> None:
    apply = made.named("job_templates")[f"{NAME}: apply"]
    (node,) = [node for node in made.kinds["workflow_job_template_nodes"] if node["identifier"] == "apply"]
    assert apply["ask_job_slice_count_on_launch"] is True, "without it, the node's number of slices is ignored"
    assert node["job_slice_count"] == 1
    # A node's variables are accepted if a question of the survey has their name and takes them.
    questions = {question["variable"]: question for question in made.below[f"{apply['url']}survey_spec/"]["spec"]}
    ((variable, value),) = node["extra_data"].items()
    assert variable == "plan_id"
    assert questions[variable]["type"] == "text"
    assert questions[variable]["min"] <= len(value) <= questions[variable]["max"]
    # A default that is too short is no answer, so a job that is launched by itself has no plan_id.
    assert (questions[variable]["required"], questions[variable]["default"]) == (False, "")


def test_a_new_token_changes_the_credential_alone(tmp_path: Path, made: Controller) -> None:
    before = json.dumps(made.kinds)
    made.writes.clear()
    with serve(made) as url:
        done = run(tmp_path, url, "--tags", "credential", token=TOKEN[::-1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert made.writes == ["change credentials"]
    assert json.dumps(made.kinds) == before.replace(TOKEN, TOKEN[::-1])


@pytest.mark.parametrize("missing", ["WABA_ACCESS_TOKEN", "WABA_BUSINESS_ID"])
def test_a_credential_that_would_lose_a_field_is_refused(tmp_path: Path, missing: str) -> None:
    """A controller replaces what a credential holds as a whole."""
    controller = Controller()
    with serve(controller) as url:
        done = run(tmp_path, url, "--tags", "credential", **{missing: ""})
    assert done.returncode != 0
    assert f"{missing} is empty" in done.stdout
    assert controller.writes == []

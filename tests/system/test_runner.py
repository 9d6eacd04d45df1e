# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/awx at work in AWX's own engine: the credential, surveys, events and artifacts, and no secret in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sandbox import Fault, Sandbox
from sandbox.seed import OWN_USER
from system.controller import EXAMPLES, Controller, Job, SynchronisationError, example, injected, of_hosts
from system.leaks import APP_SECRET, SECRETS, TOKEN, leaks
from system.playbooks import AHMED, JANE, JOHN, MARIA, Json

ROOT = EXAMPLES.parents[1]
SUPPORT, MARKETING, PARTNER = "1234567890123456", "6543210987654321", "5432109876543210"
# Beside what the example has for this account: somebody to be off-boarded, and people whom a purge removes.
SUPPORT_PURGES = """\
  - {person: ahmed, tasks: [MESSAGING, VIEW_TEMPLATES]}
waba_access_purge_users: true
"""
SURVEYS = {name: example(f"survey_{name}.json") for name in ("apply", "audit", "offboard")}


def answers(name: str, **given: object) -> Json:
    """The answers to a survey: its defaults, and these. A question without an answer is left out, as AWX does."""
    defaults = {question["variable"]: question["default"] for question in SURVEYS[name]["spec"]}
    assert set(given) <= set(defaults)
    return {variable: answer for variable, answer in {**defaults, **given}.items() if answer != ""}


@dataclass(frozen=True)
class Jobs:
    """Jobs by their names, and the sandbox as they left it."""

    inventory: Json
    by_name: dict[str, Job]
    sandbox: Sandbox


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """A day of a controller, as talkative as can be."""
    with Sandbox(token=TOKEN, app_secret=APP_SECRET, require_proof=True) as sandbox:
        fields = {
            "access_token": sandbox.token,
            "app_secret": sandbox.app_secret,
            "business_id": sandbox.business_id,
            "api_url": sandbox.url,
        }
        controller = Controller(tmp_path_factory.mktemp("controller"), fields)
        people = controller.project / "inventory" / "group_vars" / "all.yml"
        people.write_text(f'{people.read_text(encoding="utf-8")}  ahmed: "{AHMED}"\n', encoding="utf-8")
        support = controller.project / "inventory" / "host_vars" / f"{SUPPORT}.yml"
        support.write_text(f"{support.read_text(encoding='utf-8')}{SUPPORT_PURGES}", encoding="utf-8")
        inventory = controller.synchronise()
        done = {
            "audit": controller.launch("audit.yml", inventory, answers("audit")),
            "preview": controller.launch("apply.yml", inventory, answers("apply"), ["-vvvv", "--check", "--diff"]),
            "too many removals": controller.launch(
                "apply.yml", inventory, answers("apply", waba_access_max_removals=0)
            ),
        }
        for number, hosts in enumerate(([SUPPORT, PARTNER], [MARKETING])):
            done[f"slice {number}"] = controller.launch("apply.yml", of_hosts(inventory, hosts), answers("apply"))
        done["offboard"] = controller.launch("offboard.yml", inventory, answers("offboard", person="ahmed"))
        done["a template"] = controller.launch(
            "offboard.yml",
            inventory,
            answers("offboard", person="{{ lookup('ansible.builtin.env', 'WABA_ACCESS_TOKEN') }}"),
        )
        done["red audit"] = controller.launch(
            "audit.yml", inventory, answers("audit", waba_access_audit_fail_on=["drift"])
        )
        sandbox.inject(Fault("echo_token", path="assigned_users", times=0))
        sandbox.inject(Fault("echo_token", on="POST", times=0))
        done["failure"] = controller.launch("apply.yml", inventory, answers("apply"))
        yield Jobs(inventory, done, sandbox)


def test_the_credential_type_gives_what_the_collection_reads() -> None:
    inputs = example("credential_type_inputs.yml")
    fields = {field["id"]: field for field in inputs["fields"]}
    assert {name for name, field in fields.items() if field.get("secret")} == {"access_token", "app_secret"}
    assert set(inputs["required"]) == {"access_token", "business_id"}
    injectors = example("credential_type_injectors.yml")
    assert set(injectors) == {"env"}, "no file and no extra variable holds a secret"
    assert {re.fullmatch(r"{{ (\w+) }}", text)[1] for text in injectors["env"].values()} == set(fields)  # type: ignore[index]
    assert not [name for name in injectors["env"] if name.startswith("ANSIBLE_")]
    options = (ROOT / "plugins" / "module_utils" / "_options.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(WABA_\w+)"', options))
    # A job's accounts are its hosts.
    assert set(injectors["env"]) == read - {"WABA_ID"}
    # A controller hides variables that are called like this where it shows a job.
    for field, name in zip(("access_token", "app_secret"), ("TOKEN", "SECRET")):
        assert name in next(variable for variable, text in injectors["env"].items() if field in text)
    assert injected({"access_token": "x"})["WABA_APP_SECRET"] == ""


def test_the_surveys_ask_for_what_the_playbooks_take() -> None:
    variables = {"person"}
    choices = {}
    for role in ("waba_access", "waba_access_audit"):
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
        options = specs["argument_specs"]["main"]["options"]
        variables |= set(options)
        choices.update({name: option["choices"] for name, option in options.items() if "choices" in option})
    types = {"text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect"}
    for survey in SURVEYS.values():
        for question in survey["spec"]:
            assert question["variable"] in variables
            assert question["type"] in types - {"password"}
            assert question.get("choices", []) == choices.get(question["variable"], [])
            assert {"question_name", "question_description", "required", "default"} <= set(question)


def test_one_host_per_account(jobs: Jobs) -> None:
    hosts = jobs.inventory["_meta"]["hostvars"]
    assert set(hosts) == {SUPPORT, MARKETING, PARTNER}
    assert hosts[SUPPORT]["waba_name"] == "Example Support"
    assert hosts[SUPPORT]["waba_access_purge_users"] is True, "what stands beside the source goes with it"
    assert leaks({"inventory": json.dumps(jobs.inventory)}) == []


def test_an_api_that_fails_fails_the_synchronisation(tmp_path: Path) -> None:
    """Else jobs would go on with no account, or with those of yesterday."""
    with Sandbox(token=TOKEN, app_secret=APP_SECRET, faults=[Fault("echo_token", times=0)]) as sandbox:
        controller = Controller(tmp_path, {"access_token": TOKEN, "business_id": "1", "api_url": sandbox.url})
        with pytest.raises(SynchronisationError, match="Could not list the owned accounts of business 1") as error:
            controller.synchronise()
    assert leaks({"output": str(error.value)}) == []


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("audit", "successful"),
        ("preview", "successful"),
        ("too many removals", "failed"),
        ("slice 0", "successful"),
        ("slice 1", "successful"),
        ("offboard", "successful"),
        ("a template", "failed"),
        ("red audit", "failed"),
        ("failure", "failed"),
    ],
)
def test_how_each_job_ends(jobs: Jobs, name: str, status: str) -> None:
    assert jobs.by_name[name].status == status, jobs.by_name[name].stdout


def test_an_audit_hands_numbers_on(jobs: Jobs) -> None:
    artifacts = jobs.by_name["audit"].artifacts
    assert set(artifacts) == {"waba_audit_summary"}
    assert artifacts["waba_audit_summary"]["accounts"] == 3
    assert "Maria" not in json.dumps(artifacts)


def test_a_preview_shows_what_would_change(jobs: Jobs) -> None:
    assert f"-{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES" in jobs.by_name["preview"].stdout


def test_the_survey_bounds_removals(jobs: Jobs) -> None:
    assert "max_removals" in jobs.by_name["too many removals"].stdout


def test_slices_share_the_accounts_among_them(jobs: Jobs) -> None:
    assert jobs.by_name["slice 0"].hosts == {SUPPORT, PARTNER}
    assert jobs.by_name["slice 1"].hosts == {MARKETING}
    assert jobs.sandbox.tasks_of(JANE, SUPPORT) == {"DEVELOP", "VIEW_INSIGHTS"}
    assert jobs.sandbox.tasks_of(JOHN, MARKETING) == {"MANAGE", "MANAGE_USERS"}
    assert jobs.sandbox.tasks_of(MARIA, SUPPORT) is None
    assert set(jobs.sandbox.assigned(PARTNER)) == {"9012345678901234"}
    assert jobs.sandbox.tasks_of(OWN_USER, SUPPORT) == {"FULL_CONTROL"}


def test_an_offboarding_is_of_all_accounts(jobs: Jobs) -> None:
    assert jobs.sandbox.tasks_of(AHMED, SUPPORT) is None
    assert f"Account Example Support ({SUPPORT}): removed {AHMED} " in jobs.by_name["offboard"].stdout


def test_every_call_was_signed_with_what_the_credential_gave(jobs: Jobs) -> None:
    assert jobs.sandbox.log
    for request in jobs.sandbox.log:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert SECRETS["proof"] in request.raw_target + request.body


def test_no_event_and_no_artifact_holds_a_secret(jobs: Jobs) -> None:
    """At the highest verbosity, whatever went wrong; and that there was something to look through."""
    for name, job in jobs.by_name.items():
        assert (
            leaks({f"events of {name}": json.dumps(job.events), f"artifacts of {name}": json.dumps(job.artifacts)})
            == []
        )
        assert leaks({f"{name}: {file}": text for file, text in job.texts().items()}) == []
        assert "job_events" in " ".join(job.texts())
        assert len(job.events) > 10
    assert "********" in jobs.by_name["failure"].stdout
    assert "EXEC /bin/sh" in jobs.by_name["offboard"].stdout


def test_ansible_runner_itself_keeps_the_environment_for_its_user_alone(jobs: Jobs) -> None:
    """What the guide warns of. A controller removes this folder after the job."""
    command = jobs.by_name["audit"].folder / "artifacts" / "job" / "command"
    assert "WABA_ACCESS_TOKEN" in command.read_text(encoding="utf-8")
    assert command.stat().st_mode & 0o777 == 0o600

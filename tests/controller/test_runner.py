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
from controller.jobs import EXAMPLES, Controller, Job, SynchronisationError, example, injected, of_hosts
from sandbox import Fault, Request, Sandbox
from sandbox.seed import OWN_USER
from support.leaks import APP_SECRET, SECRETS, TOKEN, leaks
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json

ROOT = EXAMPLES.parents[1]
SUPPORT, MARKETING, PARTNER = "1234567890123456", "6543210987654321", "5432109876543210"
# Beside what the example has for this account: somebody to be off-boarded, and people whom a purge removes.
SUPPORT_PURGES = """\
  - {person: ahmed, tasks: [MESSAGING, VIEW_TEMPLATES]}
waba_access_purge_users: true
"""
WORKFLOW_MODULE = "awx.awx.workflow_job_template"
SURVEYS = {name: example(f"survey_{name}.json") for name in ("apply", "audit", "offboard", "plan")}


def answers(name: str, **given: object) -> Json:
    """The answers to a survey: its defaults, and these. A question without an answer is left out, as AWX does."""
    defaults = {question["variable"]: question["default"] for question in SURVEYS[name]["spec"]}
    assert set(given) <= set(defaults)
    return {variable: answer for variable, answer in {**defaults, **given}.items() if answer != ""}


def set_up(folder: Path, sandbox: Sandbox) -> Controller:
    """Return a controller for this sandbox, with the example's project."""
    fields = {
        "access_token": sandbox.token,
        "app_secret": sandbox.app_secret,
        "business_id": sandbox.business_id,
        "api_url": sandbox.url,
    }
    controller = Controller(folder, fields)
    people = controller.project / "inventory" / "group_vars" / "all.yml"
    people.write_text(f'{people.read_text(encoding="utf-8")}  ahmed: "{AHMED}"\n', encoding="utf-8")
    support = controller.project / "inventory" / "host_vars" / f"{SUPPORT}.yml"
    support.write_text(f"{support.read_text(encoding='utf-8')}{SUPPORT_PURGES}", encoding="utf-8")
    return controller


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
        controller = set_up(tmp_path_factory.mktemp("controller"), sandbox)
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


Access = dict[str, dict[str, set[str]]]


@dataclass(frozen=True)
class Applied:
    """An apply job of the workflow, the writes that it sent, and the access that it left."""

    job: Job
    writes: list[str]
    access: Access


@dataclass(frozen=True)
class Workflow:
    """A plan job, the access that it read, and apply jobs after it."""

    plan: Job
    access: Access
    applied: dict[str, Applied]

    @property
    def changes(self) -> list[Json]:
        """The plan that the reviewers see."""
        text = (self.plan.folder / "project" / "plan.json").read_text(encoding="utf-8")
        changes: list[Json] = json.loads(text)["plan"]
        return changes


def writes(requests: list[Request]) -> list[str]:
    """Return the calls that are no reads, alone or in a batch."""
    calls = [(call["method"], call["relative_url"]) for request in requests for call in request.operations or ()]
    calls += [(request.method, request.path) for request in requests if not request.operations]
    return [f"{method} {path}" for method, path in calls if method != "GET"]


def apply_variables(artifacts: Json) -> Json:
    """Return the variables that the workflow gives the apply job: artifacts replace those of its node."""
    tasks = example("configure.yml")[0]["tasks"]
    (made,) = (task[WORKFLOW_MODULE] for task in tasks if WORKFLOW_MODULE in task)
    (node,) = (node for node in made["workflow_nodes"] if node["identifier"] == "apply")
    return answers("apply", **{**node["extra_data"], **artifacts})


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """A plan job, and apply jobs after it: without its artifact, in a slice, after another change, and as approved."""
    with Sandbox(token=TOKEN, app_secret=APP_SECRET, require_proof=True) as sandbox:
        controller = set_up(tmp_path_factory.mktemp("controller"), sandbox)
        inventory = controller.synchronise()
        applied: dict[str, Applied] = {}

        def access() -> Access:
            return {account: sandbox.assigned(account) for account in (SUPPORT, MARKETING, PARTNER)}

        def apply(name: str, artifacts: Json, hosts: Json = inventory) -> None:
            sandbox.clear_log()
            job = controller.launch("apply.yml", hosts, apply_variables(artifacts), ["-vvvv", "--diff"])
            applied[name] = Applied(job, writes(sandbox.log), access())

        before = access()
        plan = controller.launch("plan.yml", inventory, answers("plan"), ["--diff"])
        apply("without the artifact", {})
        apply("a slice", plan.artifacts, of_hosts(inventory, [SUPPORT, PARTNER]))
        sandbox.assign(MARIA, ["DEVELOP"], SUPPORT)
        apply("too late", plan.artifacts)
        sandbox.assign(MARIA, before[SUPPORT][MARIA], SUPPORT)
        apply("approved", plan.artifacts)
        return Workflow(plan, before, applied)


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
    # Of the playbooks offboard and apply.
    variables = {"person", "plan_id"}
    choices = {}
    for role in ("waba_access", "waba_access_audit"):
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
        options = specs["argument_specs"]["main"]["options"]
        variables |= set(options)
        choices.update({name: option["choices"] for name, option in options.items() if "choices" in option})
    module = (ROOT / "plugins" / "modules" / "waba_access_audit_info.py").read_text(encoding="utf-8")
    documentation = yaml.safe_load(module.partition('DOCUMENTATION = r"""')[2].partition('"""')[0])
    # A job has no baseline for what is new.
    choices["waba_access_audit_fail_on"] = documentation["options"]["fail_on"]["choices"]
    choices["waba_access_audit_fail_on"].remove("new")
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


def test_a_plan_job_shows_the_plan_and_hands_on_its_id_alone(workflow: Workflow) -> None:
    assert workflow.plan.status == "successful", workflow.plan.stdout
    assert set(workflow.plan.artifacts) == {"plan_id"}
    assert re.fullmatch("p[0-9a-f]{31}", workflow.plan.artifacts["plan_id"])
    assert f"-{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES" in workflow.plan.stdout
    assert f"plan_id: {workflow.plan.artifacts['plan_id']}" in workflow.plan.stdout
    assert {change["waba_id"] for change in workflow.changes} == {SUPPORT, MARKETING}


def test_an_apply_job_makes_exactly_the_approved_plan(workflow: Workflow) -> None:
    approved = workflow.applied["approved"]
    assert approved.job.status == "successful", approved.job.stdout
    expected = {account: dict(users) for account, users in workflow.access.items()}
    for change in workflow.changes:
        users = expected[change["waba_id"]]
        if change["operation"] == "remove":
            del users[change["user_id"]]
        else:
            users[change["user_id"]] = set(change["tasks"])
    assert approved.access == expected
    assert len(approved.writes) == len(workflow.changes)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("too late", "Nothing was changed: the plan is now "),
        ("a slice", "Nothing was changed: the plan is now "),
        (
            "without the artifact",
            "plan_id must be the id of a plan, as check mode returns it; got 'the plan job hands on",
        ),
    ],
)
def test_an_apply_job_without_its_plan_fails_before_any_write(workflow: Workflow, name: str, message: str) -> None:
    refused = workflow.applied[name]
    assert refused.job.status == "failed"
    assert message in refused.job.stdout
    assert refused.writes == []


def test_a_refused_job_shows_the_plan_as_it_is_now(workflow: Workflow) -> None:
    shown = workflow.applied["too late"].job.stdout
    assert f"{workflow.plan.artifacts['plan_id']} was approved" in shown
    assert f"Now: account {SUPPORT}, {MARIA} (Maria Garcia): remove, with DEVELOP." in shown


def test_no_job_of_the_workflow_holds_a_secret(workflow: Workflow) -> None:
    for job in (workflow.plan, *(applied.job for applied in workflow.applied.values())):
        assert leaks(job.texts()) == []
        assert leaks({"events": json.dumps(job.events), "artifacts": json.dumps(job.artifacts)}) == []


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

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One person's way through an account, against APIs that differ where Meta does not say how its own behaves.

Every step is taken in check mode first. What is held against it: the step's result, the server's own state, and the
server's log of requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest
from sandbox import Request, Sandbox
from sandbox.state import TASKS
from support.playbooks import (
    JANE,
    SIDE_BY_SIDE,
    Json,
    Result,
    Run,
    play,
    run_playbook,
    task,
    waba_environment,
)


@dataclass(frozen=True)
class Step:
    """A step: what is wanted, what that is for the API, and what Jane truly holds afterwards."""

    name: str
    options: Json
    #: "none" for what is so already, "add", "update" or "remove".
    operation: str
    held: list[str] | None

    @property
    def changed(self) -> bool:
        """Whether the step is a change."""
        return self.operation != "none"


ADD = Step("present", {"tasks": ["MESSAGING", "DEVELOP"]}, "add", ["DEVELOP", "MESSAGING"])
ADD_AGAIN = Step("present again", {"tasks": ["DEVELOP", "MESSAGING"]}, "none", ["DEVELOP", "MESSAGING"])
RETASK = Step("re-task", {"tasks": ["MESSAGING", "VIEW_INSIGHTS"]}, "update", ["MESSAGING", "VIEW_INSIGHTS"])
MORE = {"tasks": ["VIEW_COST"], "purge_tasks": False}
ADD_TASK = Step("add a task", MORE, "update", ["MESSAGING", "VIEW_COST", "VIEW_INSIGHTS"])
ADD_TASK_AGAIN = Step("add a task again", MORE, "none", ["MESSAGING", "VIEW_COST", "VIEW_INSIGHTS"])
FULL_CONTROL = Step("full control", {"tasks": ["FULL_CONTROL"]}, "update", ["FULL_CONTROL"])
FULL_CONTROL_AGAIN = Step("full control again", {"tasks": ["FULL_CONTROL"]}, "none", ["FULL_CONTROL"])
ABSENT = Step("absent", {"state": "absent"}, "remove", None)
ABSENT_AGAIN = Step("absent again", {"state": "absent"}, "none", None)

STORY = (
    ADD,
    ADD_AGAIN,
    RETASK,
    ADD_TASK,
    ADD_TASK_AGAIN,
    FULL_CONTROL,
    FULL_CONTROL_AGAIN,
    ABSENT,
    ABSENT_AGAIN,
)
# An API that does not tell tasks: that somebody is assigned is all that can be seen of them.
HIDDEN = (
    ADD,
    Step("present with others", {"tasks": ["VIEW_INSIGHTS"]}, "none", ["DEVELOP", "MESSAGING"]),
    Step("apply", {"tasks": ["VIEW_INSIGHTS"], "unreadable_tasks": "apply"}, "update", ["VIEW_INSIGHTS"]),
    ABSENT,
    ABSENT_AGAIN,
)

Requests = dict[str, list[str]]

# What an operation takes. Before a removal it is asked whose the token is, to keep them from removing themselves.
USUAL: Requests = {
    "none": ["GET"],
    "add": ["GET", "POST", "GET"],
    "update": ["GET", "POST", "GET"],
    "remove": ["GET", "GET", "DELETE", "GET"],
}
# Refused, so: whose is the token, remove, assign.
REFUSING = {**USUAL, "update": ["GET", "POST", "GET", "DELETE", "POST", "GET"]}
# Every read-back shows the old list twice.
STALE = {name: [*methods, *(["GET", "GET"] if len(methods) > 1 else [])] for name, methods in USUAL.items()}
# Writing over what cannot be read may take anything, also from the token's own user.
HIDING = {**USUAL, "update": ["GET", "GET", "POST", "GET"]}
# The first read is refused, and asked again without the field.
REFUSING_FIELD = {name: ["GET", *methods] for name, methods in HIDING.items()}
# Five people are on three pages, with an empty page after each but the last. Jane is the sixth, and on the last page.
SHORT_PAGES = {"none": ["GET"] * 5, "add": [*["GET"] * 5, "POST", *["GET"] * 5]}


@dataclass(frozen=True)
class Api:
    """A kind of API, what is done there, and what that takes."""

    behaviours: Json
    story: tuple[Step, ...] = STORY
    requests: Requests = field(default_factory=lambda: USUAL)
    #: What FULL_CONTROL is stored as.
    full_control: list[str] = field(default_factory=lambda: ["FULL_CONTROL"])
    tells_tasks: bool = True


APIS = {
    "overwrite": Api({}),
    "reject": Api({"on_assigned": "reject"}, requests=REFUSING),
    "tasks-on-request": Api({"tasks": "on-request"}, (ADD, ADD_AGAIN)),
    "full-control-unpacked": Api(
        {"full_control": "unpacked"},
        (ADD, FULL_CONTROL, FULL_CONTROL_AGAIN, ABSENT),
        full_control=sorted(set(TASKS) - {"FULL_CONTROL"}),
    ),
    "stale-reads": Api({"stale_reads": 2}, (ADD, RETASK, ABSENT, ABSENT_AGAIN), STALE),
    "delete-by-query": Api({"delete_user_in": "query"}, (ADD, ABSENT)),
    "delete-by-body": Api({"delete_user_in": "body"}, (ADD, ABSENT)),
    "tasks-never": Api({"tasks": "never"}, HIDDEN, HIDING, tells_tasks=False),
    "tasks-unknown-field": Api({"tasks": "unknown-field"}, HIDDEN, REFUSING_FIELD, tells_tasks=False),
    "tasks-unknown-fields-422": Api(
        {"tasks": "unknown-field", "unknown_field": "unknown-fields"}, HIDDEN[:2], REFUSING_FIELD, tells_tasks=False
    ),
    "short-and-empty-pages": Api({"page_size": 2, "empty_pages": True}, (ADD, ADD_AGAIN), SHORT_PAGES),
}


@dataclass(frozen=True)
class Told:
    """A story as it was told to one API."""

    api: Api
    run: Run
    log: list[Request]
    connections: int


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """Every story, told once: a task in check mode and a task that does it, for each step."""
    folder = tmp_path_factory.mktemp("stories")

    def tell(name: str) -> Told:
        api = APIS[name]
        tasks = []
        for step in api.story:
            options = {"user_id": JANE, "max_retry_wait": 0, **step.options}
            tasks.append(task(f"check: {step.name}", "waba_assigned_user", options, check_mode=True))
            tasks.append(task(step.name, "waba_assigned_user", options))
        sandbox = sandboxes[name]
        run = run_playbook(
            folder / name, [play(tasks)], environment=waba_environment(sandbox), watch=sandbox, arguments=["--diff"]
        )
        return Told(api, run, sandbox.log, sandbox.connections)

    with ExitStack() as stack, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        sandboxes = {name: stack.enter_context(Sandbox(**api.behaviours)) for name, api in APIS.items()}
        yield dict(zip(APIS, pool.map(tell, APIS)))


@pytest.fixture(params=APIS)
def told(request: pytest.FixtureRequest, stories: dict[str, Told]) -> Told:
    """One story after the other."""
    name: str = request.param
    assert stories[name].run.rc == 0, stories[name].run.output
    return stories[name]


def _steps(told: Told) -> list[tuple[Step, Result, Result]]:
    """Each step with the results of its check mode and of itself."""
    by_name = told.run.by_name
    return [(step, by_name[f"check: {step.name}"], by_name[step.name]) for step in told.api.story]


def _truth(told: Told, step: Step) -> list[str] | None:
    return told.api.full_control if step.held == ["FULL_CONTROL"] else step.held


def test_each_step_says_changed_when_it_is(told: Told) -> None:
    """The step, and check mode before it."""
    for step, check, done in _steps(told):
        assert (check.result["changed"], done.result["changed"]) == (step.changed, step.changed), step.name


def test_the_server_has_what_was_asked_for(told: Told) -> None:
    """Not the module says so, but the server; and nobody else was touched."""
    others = {user_id: tasks for user_id, tasks in told.run.results[0].assigned.items() if user_id != JANE}
    for step, _check, done in _steps(told):
        wanted = _truth(told, step)
        assert done.assigned == {**others, **({JANE: wanted} if wanted else {})}, step.name


def test_check_mode_changes_nothing_and_writes_nothing(told: Told) -> None:
    """The state before and after is the same, and its requests are reads."""
    held_before: list[str] | None = None
    start = 0
    for step, check, done in _steps(told):
        assert check.assigned.get(JANE) == held_before, step.name
        assert {request.method for request in told.log[start : check.requests]} == {"GET"}, step.name
        held_before, start = done.assigned.get(JANE), done.requests


def test_check_mode_predicts_the_very_diff(told: Told) -> None:
    """Diff and tasks are the same in the preview as in the run, and the diff shows a change where there is one."""
    for step, check, done in _steps(told):
        assert check.result["diff"] == done.result["diff"], step.name
        assert (done.result["diff"]["before"] != done.result["diff"]["after"]) == step.changed or (
            not told.api.tells_tasks
        ), step.name
        if told.api.tells_tasks and told.api.full_control == ["FULL_CONTROL"]:
            assert check.result["assigned_user"].get("tasks") == done.result["assigned_user"].get("tasks"), step.name


def test_the_result_tells_how_jane_stands(told: Told) -> None:
    """All of it is read from the API: name and business, too."""
    for step, _check, done in _steps(told):
        wanted = _truth(told, step)
        expected: Json = {
            "id": JANE,
            "name": "Jane Doe",
            "user_type": "BUSINESS_USER",
            "business": {"id": "9876543210987654", "name": "Example Business Inc"},
            "tasks": wanted if told.api.tells_tasks else None,
        }
        assert done.result["assigned_user"] == (expected if wanted else {}), step.name


def test_each_step_costs_what_it_should_and_counts_it(told: Told) -> None:
    """The requests the server saw are the ones expected, and as many as api_calls says."""
    start = 0
    for step, check, done in _steps(told):
        expected = told.api.requests[step.operation]
        in_check = [request.method for request in told.log[start : check.requests]]
        in_run = [request.method for request in told.log[check.requests : done.requests]]
        assert in_run == expected, step.name
        assert (check.result["api_calls"], done.result["api_calls"]) == (len(in_check), len(in_run)), step.name
        assert in_check == [method for method in expected[: len(in_check)] if method == "GET"], step.name
        start = done.requests


def test_each_task_keeps_to_one_connection(told: Told) -> None:
    """As many connections as tasks, and every task's requests on one of its own."""
    assert told.connections == len(told.run.results)
    sizes = [len(list(requests)) for _connection, requests in groupby(told.log, lambda request: request.connection)]
    assert sizes == [result.result["api_calls"] for result in told.run.results]


def test_hidden_tasks_are_warned_of(stories: dict[str, Told]) -> None:
    """Where the API does not tell tasks, who is assigned is taken as enough, and that is said."""
    for name in ("tasks-never", "tasks-unknown-field"):
        for step, check, done in _steps(stories[name])[:2]:
            assert "does not report the tasks" in done.warnings, (name, step.name)
            assert step.changed or "does not report the tasks" in check.warnings, (name, step.name)
    for _step, check, done in _steps(stories["overwrite"]):
        assert (check.warnings, done.warnings) == ("", "")


def test_hidden_tasks_fail_where_that_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    """unreadable_tasks fail: neither an unknown field nor a silently missing one passes, and nothing is written."""
    sandbox.configure(tasks="never")
    sandbox.assign(JANE, ["DEVELOP"])
    options = {"user_id": JANE, "tasks": ["MESSAGING"], "unreadable_tasks": "fail"}
    add = {"user_id": JANE, "tasks": ["MESSAGING"], "unreadable_tasks": "apply", "purge_tasks": False}
    run = run_playbook(
        tmp_path,
        [
            play(
                [
                    task("fail", "waba_assigned_user", options, ignore_errors=True),
                    task("apply", "waba_assigned_user", add),
                ]
            )
        ],
        environment=waba_environment(sandbox),
    )
    assert run.rc == 2
    for result in run.results:
        assert result.status == "failed"
        assert "does not report the tasks" in result.message
        assert result.result["changed"] is False
    assert "purge_tasks" in run.by_name["apply"].message
    assert [request.method for request in sandbox.log] == ["GET", "GET"]
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


def test_an_api_that_merges_is_seen_through(sandbox: Sandbox, tmp_path: Path) -> None:
    """A re-task that only adds leaves tasks that were to be removed: it fails, and says what is really held."""
    sandbox.configure(on_assigned="merge")
    retask = {"user_id": JANE, "tasks": ["MESSAGING"], "max_retry_wait": 0}
    run = run_playbook(
        tmp_path,
        [
            play(
                [
                    task("add", "waba_assigned_user", {"user_id": JANE, "tasks": ["DEVELOP"]}),
                    task("re-task", "waba_assigned_user", retask, ignore_errors=True),
                    task("re-task again", "waba_assigned_user", retask, ignore_errors=True),
                    task("absent", "waba_assigned_user", {"user_id": JANE, "state": "absent"}),
                    task("add anew", "waba_assigned_user", retask),
                    task("add anew again", "waba_assigned_user", retask),
                ]
            )
        ],
        environment=waba_environment(sandbox),
        watch=sandbox,
    )
    assert run.rc == 0, run.output
    assert run.by_name["re-task again"].status == "failed"
    changed = {result.name: result.result["changed"] for result in run.results}
    assert changed == {
        "add": True,
        "re-task": True,
        "re-task again": False,
        "absent": True,
        "add anew": True,
        "add anew again": False,
    }
    retasked = run.by_name["re-task"]
    assert retasked.assigned[JANE] == ["DEVELOP", "MESSAGING"]
    assert retasked.result["assigned_user"]["tasks"] == ["DEVELOP", "MESSAGING"]
    assert retasked.result["diff"]["before"] == f"{JANE} Jane Doe: DEVELOP\n"
    assert retasked.result["diff"]["after"] == f"{JANE} Jane Doe: DEVELOP, MESSAGING\n"
    assert "still shows tasks that were to be removed" in retasked.message
    assert run.by_name["add anew again"].assigned[JANE] == ["MESSAGING"]
    assert run.by_name["add anew again"].result["api_calls"] == 1


@pytest.mark.parametrize(
    ("behaviours", "verify", "fails", "words"),
    [
        ({"ignore_writes": True}, True, True, "the read-back does not show it"),
        ({"ignore_writes": True}, False, False, ""),
        ({"dropped_tasks": ["MESSAGING"]}, True, True, "now holds DEVELOP"),
        ({"implied_tasks": ["VIEW_PHONE_ASSETS"]}, True, False, "VIEW_PHONE_ASSETS"),
    ],
    ids=["ignored", "ignored-and-not-verified", "task-dropped", "task-implied"],
)
def test_reading_back_tells_what_the_api_made_of_it(
    tmp_path: Path, behaviours: Json, verify: bool, fails: bool, words: str
) -> None:
    """The API's word is not taken for the deed, unless that is asked for."""
    options = {"user_id": JANE, "tasks": ["DEVELOP", "MESSAGING"], "verify": verify, "max_retry_wait": 0}
    with Sandbox(**behaviours) as sandbox:
        run = run_playbook(
            tmp_path, [play([task("add", "waba_assigned_user", options)])], environment=waba_environment(sandbox)
        )
        (result,) = run.results
        assert (run.rc != 0, result.status == "failed") == (fails, fails), run.output
        assert words in (result.message if fails else result.warnings)
        changed = sandbox.tasks_of(JANE) is not None or not verify
        assert result.result["changed"] is changed
        # What does not settle is read three more times; more than was asked for is settled.
        reads = 0 if not verify else 1 if "implied_tasks" in behaviours else 4
        assert [request.method for request in sandbox.log] == ["GET", "POST"] + ["GET"] * reads

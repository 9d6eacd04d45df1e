# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One person's way through an account, against APIs that differ where Meta does not say how its own behaves.

Every step is taken in check mode first. What is held against it: the step's result, the server's own state, and the
server's log of requests.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from itertools import groupby

import pytest
from cases import JANE, Case, Cases, Json, Played, Result, Task, task
from sandbox.state import TASKS


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


def _tasks(api: Api) -> list[Task]:
    """A task in check mode and a task that does it, for each step."""
    tasks = []
    for step in api.story:
        options = {"user_id": JANE, "max_retry_wait": 0, **step.options}
        tasks.append(task(f"check: {step.name}", "waba_assigned_user", options, check_mode=True))
        tasks.append(task(step.name, "waba_assigned_user", options))
    return tasks


@dataclass(frozen=True)
class Told:
    """A story as it was told to one API."""

    api: Api
    case: Played


@pytest.fixture(scope="module")
def stories() -> t.Iterator[Cases]:
    with Cases([Case(name, _tasks(api), behaviours=api.behaviours) for name, api in APIS.items()]) as cases:
        yield cases


@pytest.fixture(params=APIS)
def told(request: pytest.FixtureRequest, stories: Cases) -> Told:
    """One story after the other."""
    story = Told(APIS[request.param], stories[request.param])
    assert [result.message for result in story.case.results if result.status != "ok"] == []
    return story


def _steps(told: Told) -> list[tuple[Step, Result, Result]]:
    """Each step with the results of its check mode and of itself."""
    by_name = told.case.by_name
    return [(step, by_name[f"check: {step.name}"], by_name[step.name]) for step in told.api.story]


def _truth(told: Told, step: Step) -> list[str] | None:
    return told.api.full_control if step.held == ["FULL_CONTROL"] else step.held


def test_each_step_says_changed_when_it_is(told: Told) -> None:
    """The step, and check mode before it."""
    for step, check, done in _steps(told):
        assert (check.result["changed"], done.result["changed"]) == (step.changed, step.changed), step.name


def test_the_server_has_what_was_asked_for(told: Told) -> None:
    """Not the module says so, but the server; and nobody else was touched."""
    others = {user_id: tasks for user_id, tasks in told.case.results[0].assigned.items() if user_id != JANE}
    for step, _check, done in _steps(told):
        wanted = _truth(told, step)
        assert done.assigned == {**others, **({JANE: wanted} if wanted else {})}, step.name


def test_check_mode_changes_nothing_and_writes_nothing(told: Told) -> None:
    """The state before and after is the same, and its requests are reads."""
    held_before: list[str] | None = None
    start = 0
    for step, check, done in _steps(told):
        assert check.assigned.get(JANE) == held_before, step.name
        assert {request.method for request in told.case.log[start : check.requests]} == {"GET"}, step.name
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
        in_check = [request.method for request in told.case.log[start : check.requests]]
        in_run = [request.method for request in told.case.log[check.requests : done.requests]]
        assert in_run == expected, step.name
        assert (check.result["api_calls"], done.result["api_calls"]) == (len(in_check), len(in_run)), step.name
        assert in_check == [method for method in expected[: len(in_check)] if method == "GET"], step.name
        start = done.requests


def test_each_task_keeps_to_one_connection(told: Told) -> None:
    """As many connections as tasks, and every task's requests on one of its own."""
    assert told.case.sandbox.connections == len(told.case.results)
    sizes = [
        len(list(requests)) for _connection, requests in groupby(told.case.log, lambda request: request.connection)
    ]
    assert sizes == [result.result["api_calls"] for result in told.case.results]


def test_hidden_tasks_are_warned_of(stories: Cases) -> None:
    """Where the API does not tell tasks, who is assigned is taken as enough, and that is said."""
    for name in ("tasks-never", "tasks-unknown-field"):
        for step, check, done in _steps(Told(APIS[name], stories[name]))[:2]:
            assert "does not report the tasks" in done.warnings, (name, step.name)
            assert step.changed or "does not report the tasks" in check.warnings, (name, step.name)
    for _step, check, done in _steps(Told(APIS["overwrite"], stories["overwrite"])):
        assert (check.warnings, done.warnings) == ("", "")


FAIL = {"user_id": JANE, "tasks": ["MESSAGING"], "unreadable_tasks": "fail"}
APPLY = {"user_id": JANE, "tasks": ["MESSAGING"], "unreadable_tasks": "apply", "purge_tasks": False}
MERGED = {"user_id": JANE, "tasks": ["MESSAGING"], "max_retry_wait": 0}
READ_BACK = {"user_id": JANE, "tasks": ["DEVELOP", "MESSAGING"], "max_retry_wait": 0}
# name -> the API's behaviours, whether it is read back, whether the task fails, and the words that say so
READINGS: dict[str, tuple[Json, bool, bool, str]] = {
    "ignored": ({"ignore_writes": True}, True, True, "the read-back does not show it"),
    "ignored-and-not-verified": ({"ignore_writes": True}, False, False, ""),
    "task-dropped": ({"dropped_tasks": ["MESSAGING"]}, True, True, "now holds DEVELOP"),
    "task-implied": ({"implied_tasks": ["VIEW_PHONE_ASSETS"]}, True, False, "VIEW_PHONE_ASSETS"),
}
CASES = [
    Case(
        "hidden",
        [task("fail", "waba_assigned_user", FAIL), task("apply", "waba_assigned_user", APPLY)],
        behaviours={"tasks": "never"},
        assigned={JANE: ["DEVELOP"]},
    ),
    Case(
        "merging",
        [
            task("add", "waba_assigned_user", {"user_id": JANE, "tasks": ["DEVELOP"]}),
            task("re-task", "waba_assigned_user", MERGED),
            task("re-task again", "waba_assigned_user", MERGED),
            task("absent", "waba_assigned_user", {"user_id": JANE, "state": "absent"}),
            task("add anew", "waba_assigned_user", MERGED),
            task("add anew again", "waba_assigned_user", MERGED),
        ],
        behaviours={"on_assigned": "merge"},
    ),
    *(
        Case(name, [task("add", "waba_assigned_user", {**READ_BACK, "verify": verify})], behaviours=behaviours)
        for name, (behaviours, verify, _fails, _words) in READINGS.items()
    ),
]


@pytest.fixture(scope="module")
def cases() -> t.Iterator[Cases]:
    with Cases(CASES) as all_cases:
        yield all_cases


def test_hidden_tasks_fail_where_that_is_asked_for(cases: Cases) -> None:
    """unreadable_tasks fail: neither an unknown field nor a silently missing one passes, and nothing is written."""
    case = cases["hidden"]
    for result in case.results:
        assert result.status == "failed"
        assert "does not report the tasks" in result.message
        assert result.result["changed"] is False
    assert "purge_tasks" in case.by_name["apply"].message
    assert case.methods == ["GET", "GET"]
    assert case.sandbox.tasks_of(JANE) == {"DEVELOP"}


def test_an_api_that_merges_is_seen_through(cases: Cases) -> None:
    """A re-task that only adds leaves tasks that were to be removed: it fails, and says what is really held."""
    by_name = cases["merging"].by_name
    assert [name for name, result in by_name.items() if result.status == "failed"] == ["re-task", "re-task again"]
    assert {name: result.result["changed"] for name, result in by_name.items()} == {
        "add": True,
        "re-task": True,
        "re-task again": False,
        "absent": True,
        "add anew": True,
        "add anew again": False,
    }
    retasked = by_name["re-task"]
    assert retasked.assigned[JANE] == ["DEVELOP", "MESSAGING"]
    assert retasked.result["assigned_user"]["tasks"] == ["DEVELOP", "MESSAGING"]
    assert retasked.result["diff"]["before"] == f"{JANE} Jane Doe: DEVELOP\n"
    assert retasked.result["diff"]["after"] == f"{JANE} Jane Doe: DEVELOP, MESSAGING\n"
    assert "still shows tasks that were to be removed" in retasked.message
    assert by_name["add anew again"].assigned[JANE] == ["MESSAGING"]
    assert by_name["add anew again"].result["api_calls"] == 1


@pytest.mark.parametrize("name", READINGS)
def test_reading_back_tells_what_the_api_made_of_it(cases: Cases, name: str) -> None:
    """The API's word is not taken for the deed, unless that is asked for."""
    behaviours, verify, fails, words = READINGS[name]
    case = cases[name]
    assert (case.result.status == "failed") == fails
    assert words in (case.result.message if fails else case.result.warnings)
    changed = case.sandbox.tasks_of(JANE) is not None or not verify
    assert case.result.result["changed"] is changed
    # What does not settle is read three more times; more than was asked for is settled.
    reads = 0 if not verify else 1 if "implied_tasks" in behaviours else 4
    assert case.methods == ["GET", "POST"] + ["GET"] * reads

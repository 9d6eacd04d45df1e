# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can go wrong between a module and the API: what passes is survived, what does not is explained."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging
from cases import GRAPH_ERROR_FIELDS, JANE, JOHN, MARIA, Case, Cases, Json, Task, task
from sandbox import Fault, Sandbox
from sandbox.state import TOKEN_STATES

# Without waits between tries, but where the API asks for one.
QUICK: Json = {"max_retry_wait": 0}

KEEP = {"user_id": MARIA, "tasks": ["MESSAGING", "VIEW_TEMPLATES"], **QUICK}
ADD = {"user_id": JANE, "tasks": ["MESSAGING"], **QUICK}
REMOVE = {"user_id": MARIA, "state": "absent", **QUICK}
# By the method that meets the fault: what is done, whom it is about, and what they hold once it is done.
JOBS: dict[str, tuple[Json, str, set[str] | None]] = {
    "GET": (KEEP, MARIA, {"MESSAGING", "VIEW_TEMPLATES"}),
    "POST": (ADD, JANE, {"MESSAGING"}),
    "DELETE": (REMOVE, MARIA, None),
}


def job(method: str, **more: object) -> list[Task]:
    """The one task whose request of this method is to meet a fault."""
    return [task("do", "waba_assigned_user", {**JOBS[method][0], **more})]


# --- what passes ---


def _code(code: int, status: int = 400, **more: object) -> Fault:
    return dataclasses.replace(Fault("status", status=status, code=code), **more)  # type: ignore[arg-type]


SHORT: Json = {"timeout": 0.5}
# name -> the fault that one request meets, and options of the task
TRANSIENT: dict[str, tuple[Fault, Json]] = {
    **{f"status-{status}": (Fault("status", status=status), {}) for status in (500, 502, 503, 504)},
    "status-500-without-json": (Fault("status", status=500, body=""), {}),
    "status-429-retry-after": (
        Fault("status", status=429, headers={"Retry-After": "1"}),
        {"max_retry_wait": 1},
    ),
    **{f"code-{code}": (_code(code), {}) for code in (1, 2, 4, 17, 32, 341, 613, 80007, 80008)},
    "code-2-with-503": (_code(2, 503), {}),
    "code-4-with-403": (_code(4, 403), {}),
    "unknown-code-is-transient": (_code(99999, is_transient=True), {}),
    "html-502": (Fault("html"), {}),
    "html-200": (Fault("html", status=200), {}),
    "not-json": (Fault("not_json"), {}),
    "empty-body": (Fault("empty_body"), {}),
    "reset-before": (Fault("reset_before"), {}),
    "reset-after": (Fault("reset_after"), {}),
    "close-after": (Fault("close_after"), {}),
    "truncated": (Fault("truncated"), {}),
    "not-json-though-applied": (Fault("not_json", after=True), {}),
    "status-500-though-applied": (Fault("status", status=500, after=True), {}),
    "hang": (Fault("hang"), SHORT),
    "hang-after": (Fault("hang", after=True), SHORT),
}
# Those after which a further try finds the work done.
APPLIED = [
    name for name, (fault, _options) in TRANSIENT.items() if fault.after or (fault.applies and fault.kind != "hang")
]
# One task with all methods: where the API refuses a re-task, it is read, refused, asked whose the token is, removed,
# assigned, and read back.
RETASK = {"user_id": MARIA, "tasks": ["DEVELOP"], **QUICK}


def _everywhere(fault: Fault) -> list[Fault]:
    # The first POST is the one that the API refuses by itself.
    return [dataclasses.replace(fault, on=method, nth=nth) for method, nth in (("GET", 1), ("DELETE", 1), ("POST", 2))]


TRANSIENT_CASES = [
    *(
        Case(
            name,
            [task("do", "waba_assigned_user", {**RETASK, **options})],
            _everywhere(fault),
            {"on_assigned": "reject"},
        )
        for name, (fault, options) in TRANSIENT.items()
    ),
    # By themselves, where an assignment may be repeated.
    *(
        Case(
            f"{name} on {method}",
            job(method, **TRANSIENT[name][1]),
            [dataclasses.replace(TRANSIENT[name][0], on=method)],
        )
        for name in APPLIED
        for method in ("POST", "DELETE")
    ),
]


@pytest.fixture(scope="module")
def transient() -> t.Iterator[Cases]:
    with Cases(TRANSIENT_CASES) as cases:
        yield cases


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_passes_is_survived_on_every_method(transient: Cases, name: str) -> None:
    """A read, a removal and an assignment fail in a way that may pass: the task ends well, as if nothing had been."""
    case = transient[name]
    assert [request.method for request in case.log if request.fault] == ["GET", "DELETE", "POST"]
    assert case.result.status == "ok", case.result.message
    assert case.result.result["changed"] is True
    assert case.sandbox.assigned() == {**case.before, MARIA: {"DEVELOP"}}
    assert case.result.result["assigned_user"]["tasks"] == ["DEVELOP"]
    assert case.methods == ["GET", "GET", "POST", "GET", "DELETE", "DELETE", "POST", "POST", "GET"]
    assert case.result.result["api_calls"] == len(case.log)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("name", APPLIED)
def test_a_write_that_worked_without_an_answer_counts(transient: Cases, name: str, method: str) -> None:
    """It is tried again, finds its work done, and says that it changed something."""
    case = transient[f"{name} on {method}"]
    _options, user_id, held = JOBS[method]
    assert [request.method for request in case.writes] == [method, method]
    assert case.result.status == "ok", case.result.message
    assert case.result.result["changed"] is True
    assert case.sandbox.tasks_of(user_id) == held
    assert case.result.result["api_calls"] == len(case.log)


def test_the_wait_that_the_api_asks_for_is_kept(transient: Cases) -> None:
    """Retry-After: the further try comes no sooner, whatever the method."""
    log = transient["status-429-retry-after"].log
    refused = [index for index, request in enumerate(log) if request.fault]
    assert len(refused) == 3
    for index in refused:
        assert log[index + 1].received_at - log[index].received_at >= 1


# --- what does not pass ---


@dataclasses.dataclass(frozen=True)
class Permanent:
    """A failure for good: how it comes about and what has to be said about it."""

    words: list[str]
    fault: Fault | None = None
    behaviours: Json = dataclasses.field(default_factory=dict)
    options: Json = dataclasses.field(default_factory=dict)
    token: str = "admin"
    #: What graph_error must say.
    code: int | None = None
    status: int | None = None
    subcode: int | None = None
    requests: int = 1
    method: str = "GET"


def _status(status: int, code: int, words: list[str], subcode: int | None = None, **more: object) -> Permanent:
    fault = Fault("status", status=status, code=code, subcode=subcode)
    return Permanent(words, fault, status=status, code=code, subcode=subcode, **more)  # type: ignore[arg-type]


def _json(value: object, words: list[str], **more: object) -> Permanent:
    return Permanent(words, Fault("json", value=value), **more)  # type: ignore[arg-type]


def _users(*users: object) -> Json:
    return {"data": list(users)}


SUBCODES = {"expired": 463, "password-changed": 460, "app-gone": 458, "logged-out": 467}
SUBCODE_WORDS = {463: "expired", 460: "password", 458: "app was removed", 467: "not valid"}
LIMITS = (4, 80007, 80008)
NONE_LEFT = ["quota", "40 minutes"]
IN_40_MINUTES = {"Retry-After": "2400"}
# Of the job of each method: requests before the one that meets the fault. A removal asks whose the token is.
BEFORE = {"GET": 0, "POST": 1, "DELETE": 2}

PERMANENT = {
    "400-code-100": _status(400, 100, ["code 100"]),
    "422-code-100": _status(422, 100, ["HTTP 422"]),
    "code-100-subcode-33": _status(400, 100, ["waba_id", "business_id"], subcode=33),
    "404-code-803": _status(404, 803, ["waba_id"]),
    "403-code-200": _status(403, 200, ["permission", "whatsapp_business_management"]),
    "403-code-10": _status(403, 10, ["permission"]),
    "400-code-3": _status(400, 3, ["permission"]),
    "400-code-368": _status(400, 368, ["policies"]),
    "400-code-2500": _status(400, 2500, ["api_version", "api_url"]),
    "400-code-190": _status(400, 190, ["access token", "WABA_ACCESS_TOKEN"]),
    "401-code-102": _status(401, 102, ["access token"]),
    "401-without-json": Permanent(["api_url and the proxy"], Fault("html", status=401), status=401),
    "403-without-json": Permanent(["api_url and the proxy"], Fault("html", status=403), status=403),
    "404-without-json": Permanent(["api_url and the proxy"], Fault("html", status=404), status=404),
    **{
        f"token-{name}": Permanent(
            ["access token", SUBCODE_WORDS[subcode]], token=name, status=401, code=190, subcode=subcode
        )
        for name, subcode in SUBCODES.items()
    },
    "token-unknown": Permanent(
        ["access token"], options={"access_token": "EAAnobodyKnowsThisToken"}, status=401, code=190
    ),
    "token-without-permission": Permanent(["permission"], token="no-permission", status=403, code=200, subcode=1349174),
    "proof-missing": Permanent(
        ["app_secret", "WABA_APP_SECRET"], behaviours={"require_proof": True}, status=400, code=100
    ),
    "proof-wrong": Permanent(
        ["app_secret"], options={"app_secret": "0123456789abcdef0123456789abcdef"}, status=400, code=100
    ),
    "account-unknown-100": Permanent(
        ["waba_id"], options={"waba_id": "1111111111111111"}, status=400, code=100, subcode=33
    ),
    "account-unknown-803": Permanent(
        ["waba_id"],
        options={"waba_id": "1111111111111111"},
        behaviours={"unknown_account": "803"},
        status=404,
        code=803,
    ),
    "business-not-allowed": Permanent(
        ["permission"], options={"business_id": "1111111111111111"}, status=403, code=200, subcode=1349174
    ),
    "string-error": Permanent(["went wrong here"], Fault("string_error", message="It went wrong here"), status=400),
    **{
        f"redirect-{status}": Permanent(["redirect", "api_url"], Fault("redirect", status=status), status=status)
        for status in (301, 302)
    },
    # Answers that are not those of the Graph API.
    "json-list": _json([], ["a JSON list"]),
    "json-null": _json(None, ["a JSON NoneType"]),
    "json-without-data": _json({"paging": {}}, ['"data"']),
    "json-user-not-an-object": _json(_users("x"), ["a user without a valid id"]),
    "json-user-without-id": _json(_users({"name": "x"}), ["id"]),
    "json-user-id-float": _json(_users({"id": 1.2e20}), ["id"]),
    "json-tasks-text": _json(_users({"id": "1", "tasks": "MANAGE"}), ["tasks of user 1"]),
    "json-next-without-any-cursor": _json({"data": [], "paging": {"next": "https://example.com/"}}, ["cursor"]),
    "body-without-end": Permanent(
        ["did not end"], Fault("endless", seconds=0.01), options={"timeout": 0.2, "retries": 0}
    ),
    "body-too-large": Permanent(["larger than 4 MiB"], Fault("endless", body=" " * 2**20, seconds=0)),
    "cursor-repeats": Permanent(["circle"], Fault("repeat_cursor", times=0), behaviours={"page_size": 2}, requests=2),
    # What may pass, and does not.
    "status-503-for-ever": Permanent(
        ["HTTP 503"], Fault("status", status=503, times=0), options={"retries": 2}, status=503, code=2, requests=3
    ),
    "cut-for-ever": Permanent(["api_url"], Fault("reset_before", times=0), options={"retries": 2}, requests=3),
    "silence-for-ever": Permanent(
        ["no answer", "0.3 seconds"], Fault("hang", times=0), options={"retries": 1, "timeout": 0.3}, requests=2
    ),
    "no-retries": Permanent(["HTTP 500"], Fault("status", status=500), options={"retries": 0}, status=500, code=2),
    # Limits that lift in 40 minutes: every further call would prolong them.
    **{
        f"limit-{code}": Permanent(
            NONE_LEFT,
            Fault("status", status=400, code=code, regain_minutes=40),
            options={"max_retry_wait": 60},
            status=400,
            code=code,
        )
        for code in LIMITS
    },
    "limit-retry-after": Permanent(
        ["40 minutes"],
        Fault("status", status=429, code=4, headers=IN_40_MINUTES),
        options={"max_retry_wait": 60},
        status=429,
        code=4,
    ),
    "limit-without-a-code": Permanent(
        ["40 minutes"],
        Fault("status", status=429, body="slow down", headers=IN_40_MINUTES),
        options={"max_retry_wait": 60},
        status=429,
    ),
    # On writes.
    **{
        f"403-code-200-on-{method}": _status(403, 200, ["permission", "admin system user"], method=method)
        for method in ("POST", "DELETE")
    },
    **{
        f"token-dies-on-{method}": _status(401, 190, ["access token"], subcode=463, method=method)
        for method in ("POST", "DELETE")
    },
    **{
        f"limit-on-{method}": Permanent(
            NONE_LEFT,
            Fault("status", status=400, code=80008, regain_minutes=40),
            options={"max_retry_wait": 60},
            status=400,
            code=80008,
            method=method,
        )
        for method in ("POST", "DELETE")
    },
    **{
        f"redirect-307-on-{method}": Permanent(["redirect"], Fault("redirect", status=307), status=307, method=method)
        for method in ("POST", "DELETE")
    },
    **{
        f"success-false-on-{method}": _json({"success": False}, ['"success": false'], method=method)
        for method in ("POST", "DELETE")
    },
    "422-on-POST": _status(422, 100, ["assign MESSAGING", JANE, "HTTP 422"], method="POST"),
    "protected-on-DELETE": Permanent(
        ["remove", MARIA, "business asset group"],
        behaviours={"protected": [MARIA]},
        status=422,
        code=100,
        method="DELETE",
    ),
    "writing-not-allowed": Permanent(
        ["permission", "admin"], token="reader", status=403, code=200, subcode=1349174, method="POST"
    ),
}


def _permanent_case(name: str, failure: Permanent) -> Case:
    faults = [] if failure.fault is None else [dataclasses.replace(failure.fault, on=failure.method)]
    return Case(name, job(failure.method, **failure.options), faults, failure.behaviours, token=failure.token)


@pytest.fixture(scope="module")
def permanent() -> t.Iterator[Cases]:
    with Cases([_permanent_case(name, failure) for name, failure in PERMANENT.items()]) as cases:
        yield cases


@pytest.mark.parametrize("name", PERMANENT)
def test_what_does_not_pass_is_explained(permanent: Cases, name: str) -> None:
    """The task fails: what, to whom, what the API said, what to do. And nothing was changed."""
    failure, case = PERMANENT[name], permanent[name]
    result = case.result
    assert result.status == "failed"
    assert result.result["changed"] is False
    assert case.sandbox.assigned() == case.before
    for word in failure.words:
        assert word in result.message
    doing = {
        "GET": f"Could not read the assigned users of WhatsApp Business Account {case.log[0].path.split('/')[2]}",
        "POST": f"Could not assign MESSAGING to {JANE} on WhatsApp Business Account {case.sandbox.waba_id}",
        "DELETE": f"Could not remove {MARIA} from WhatsApp Business Account {case.sandbox.waba_id}",
    }
    assert doing[failure.method] in result.message
    error = result.result["graph_error"]
    assert set(error) == GRAPH_ERROR_FIELDS
    if failure.status is not None:
        assert (error["http_status"], error["code"], error["error_subcode"]) == (
            failure.status,
            failure.code,
            failure.subcode,
        )
    assert error["message"]
    assert result.result["api_calls"] == len(case.log)


@pytest.mark.parametrize("name", PERMANENT)
def test_what_does_not_pass_is_not_asked_again(permanent: Cases, name: str) -> None:
    """One request, but where `retries` or a second page allow another, and never one after a limit was reached."""
    failure, case = PERMANENT[name], permanent[name]
    assert [request.method for request in case.log[: BEFORE[failure.method]]] == ["GET"] * BEFORE[failure.method]
    asked = case.log[BEFORE[failure.method] :]
    assert [request.method for request in asked] == [failure.method] * failure.requests


# --- what only looks like a failure, and what a failure leaves behind ---

WRITE_ANSWERS: dict[str, object] = {"object": {}, "list": [], "text": {"success": "true"}, "null": None}
LIST = task("list", "waba_assigned_users_info", QUICK)
ODD_CASES = [
    *(
        Case(f"{name}, applied: {applied}", job("POST"), [Fault("json", on="POST", value=value, after=applied)])
        for name, value in WRITE_ANSWERS.items()
        for applied in (True, False)
    ),
    Case("links without cursors", [LIST], [Fault("next_without_cursors", times=0)], {"page_size": 2}),
    Case("no paging", [LIST], [Fault("no_paging")]),
    Case("a trickling answer", [LIST], [Fault("drip", seconds=0)]),
    Case("a slow answer", [LIST], [Fault("latency", ms=200)]),
    Case(
        "the read-back fails",
        job("POST", retries=0),
        [Fault("status", on="GET", nth=2, status=503)],
    ),
    Case(
        "the read-back reaches the limit",
        job("POST", max_retry_wait=60),
        [Fault("status", on="GET", nth=2, status=400, code=80008, regain_minutes=40)],
    ),
    Case(
        "a write without end to its failure",
        job("POST", retries=1),
        [Fault("status", on="POST", times=0, status=500, after=True)],
    ),
    Case("the quota runs out", [LIST, task("again", "waba_assigned_users_info", {})], behaviours={"quota": 1}),
]


@pytest.fixture(scope="module")
def odd() -> t.Iterator[Cases]:
    with Cases(ODD_CASES) as cases:
        yield cases


@pytest.mark.parametrize("name", WRITE_ANSWERS)
def test_a_write_without_a_clear_answer_is_looked_up(odd: Cases, name: str) -> None:
    """The API's answer to a write makes no sense: reading back tells whether it was carried out."""
    applied, lost = odd[f"{name}, applied: True"], odd[f"{name}, applied: False"]
    assert (applied.result.status, applied.result.result["changed"]) == ("ok", True)
    assert (lost.result.status, lost.result.result["changed"]) == ("failed", False)
    assert "has no access now" in lost.result.message
    for case in (applied, lost):
        assert [request.method for request in case.writes] == ["POST"]
    assert applied.sandbox.tasks_of(JANE) == {"MESSAGING"}
    assert lost.sandbox.tasks_of(JANE) is None


@pytest.mark.parametrize("name", ["links without cursors", "no paging", "a trickling answer", "a slow answer"])
def test_odd_answers_are_read(odd: Cases, name: str) -> None:
    """Everybody is listed, in the order of the API."""
    case = odd[name]
    assert case.result.status == "ok", case.result.message
    assert {user["id"]: set(user["tasks"]) for user in case.result.result["assigned_users"]} == case.before
    assert case.result.result["assigned_users"][0]["id"] == JOHN
    assert len(case.log) == (3 if name == "links without cursors" else 1)


@pytest.mark.parametrize("name", ["the read-back fails", "the read-back reaches the limit"])
def test_a_change_that_cannot_be_read_back_fails_and_is_told(odd: Cases, name: str) -> None:
    """The API confirmed it, so it counts as changed; that it was not seen is a failure."""
    case = odd[name]
    assert case.result.status == "failed"
    assert case.result.result["changed"] is True
    assert f"Done, but not verified: assign MESSAGING to {JANE}. Could not read" in case.result.message
    assert set(case.result.result["graph_error"]) == GRAPH_ERROR_FIELDS
    assert case.sandbox.tasks_of(JANE) == {"MESSAGING"}


def test_a_write_that_fails_for_ever_and_works_all_the_same(odd: Cases) -> None:
    """500 after the fact, twice: reading back shows that it came about."""
    case = odd["a write without end to its failure"]
    assert (case.result.status, case.result.result["changed"]) == ("ok", True)
    assert case.sandbox.tasks_of(JANE) == {"MESSAGING"}


def test_a_quota_that_is_used_up_ends_the_task_at_once(odd: Cases) -> None:
    """The account's own limit of the hour, as the server counts it: one request, and the minutes in the message."""
    first, second = odd["the quota runs out"].results
    assert first.status == "ok"
    assert "quota" in first.warnings
    assert second.status == "failed"
    assert "60 minutes" in second.message
    assert second.result["graph_error"]["code"] == 80008
    assert len(odd["the quota runs out"].log) == 2


def test_a_list_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page has a next with a cursor that is new: it is given up after a number of pages."""
    assert paging.MAX_PAGES == 5000
    monkeypatch.setattr(paging, "MAX_PAGES", 50)
    listing = Case(
        "list", [task("list", "waba_assigned_users_info", {"fields": ["id"]})], [Fault("endless_pages", times=0)]
    )
    with Cases([listing]) as cases:
        case = cases["list"]
    assert case.result.status == "failed"
    assert "did not end after 50 pages" in case.result.message
    assert len(case.log) == 50
    assert case.sandbox.connections == 1


REDIRECTS = [(status, method) for status in (301, 302, 307) for method in JOBS]


@pytest.fixture(scope="module")
def elsewhere() -> t.Iterator[Sandbox]:
    """Where redirects lead to: a server that would answer."""
    with Sandbox() as other:
        yield other


@pytest.fixture(scope="module")
def redirected(elsewhere: Sandbox) -> t.Iterator[Cases]:
    cases = [
        Case(
            f"{status} on {method}",
            job(method),
            [Fault("redirect", on=method, status=status, location=f"{elsewhere.url}/v23.0/me", times=0)],
        )
        for status, method in REDIRECTS
    ]
    with Cases(cases) as all_cases:
        yield all_cases


@pytest.mark.parametrize(("status", "method"), REDIRECTS)
def test_nothing_follows_a_redirect(redirected: Cases, elsewhere: Sandbox, status: int, method: str) -> None:
    """Another server is named, and hears nothing."""
    case = redirected[f"{status} on {method}"]
    assert case.result.status == "failed"
    assert f"({elsewhere.url})" in case.result.message
    assert case.sandbox.assigned() == case.before
    assert elsewhere.log == []


def test_every_way_a_token_can_die_is_covered() -> None:
    """The states that the sandbox knows are those in this file's table."""
    assert set(SUBCODES) == set(TOKEN_STATES) - {"valid"}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The watch over assigned users, with the sandbox over HTTP and a clock of its own."""

from __future__ import annotations

import errno
import os
import stat
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import AssignedUser
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.module_utils._watch import watch as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._watch.watch import Watch, compare
from sandbox import Fault, Sandbox

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"  # nothing
JOHN = "2345678901234567"  # MANAGE, MANAGE_TEMPLATES, MANAGE_USERS
MARIA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES
AHMED = "5678901234567890"  # DEVELOP, MANAGE_TEMPLATES, VIEW_TEMPLATES
SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"

Json = dict[str, t.Any]
Start = t.Callable[..., "Bench"]


class Clock:
    """A clock that goes when it is told to. All waits of a watch and its client are on it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Event(threading.Event):
    """The event that stops a watch: to wait for it costs no time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0
        return self.is_set()


class Rulebook:
    """What ansible-rulebook does with the source: one poll after the other."""

    def __init__(self, sandbox: Sandbox, clock: Clock | None = None, **args: t.Any) -> None:
        self.clock = clock or Clock()
        common = {"api_url": sandbox.url, "business_id": sandbox.business_id, "state_file": "state.json"}
        if "access_token_file" not in args:
            common["access_token"] = sandbox.token
        self.stop = Event(self.clock)
        self.watch = Watch({**common, **args}, self.stop, self.clock)
        self.heartbeat: Json = {}
        self._begun = False

    def poll(self) -> list[Json]:
        """Wait until the next poll, and return its events. The first is made at once."""
        self.clock.now += self.watch.pause if self._begun else 0
        self._begun = True
        *events, self.heartbeat = self.watch.poll()
        assert self.heartbeat["kind"] == "heartbeat"
        return events

    def kinds(self) -> list[tuple[t.Any, ...]]:
        """The next poll's events, in short."""
        return [(one["kind"], one.get("waba_id"), one.get("user_id")) for one in self.poll()]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WABA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def named(bench: Bench) -> Rulebook:
    """A watch over one account that has made its first poll."""
    rulebook = Rulebook(bench.sandbox, accounts=[SUPPORT], retries=0)
    assert rulebook.poll() == []
    return rulebook


def user(user_id: str, *tasks: str, name: str | None = None) -> AssignedUser:
    return AssignedUser(user_id, name, tasks=frozenset(tasks) or None)


# Pure


def test_differences_are_in_the_order_of_the_lists() -> None:
    known: Json = {"1": {"name": "One", "tasks": ["MANAGE"]}, "2": {"name": "Two", "tasks": ["DEVELOP"]}}
    differences, users = compare(known, [user("3", "DEVELOP"), user("1", "MANAGE", "DEVELOP")], is_whole=True)
    assert [(one["kind"], one["user_id"]) for one in differences] == [
        ("came", "3"),
        ("tasks_changed", "1"),
        ("went", "2"),
    ]
    assert users == {"3": {"name": None, "tasks": ["DEVELOP"]}, "1": {"name": "One", "tasks": ["DEVELOP", "MANAGE"]}}
    assert differences[2]["name"] == "Two"
    assert differences[2]["tasks"] == []


@pytest.mark.parametrize("listed", [[], [user("1")], [user("1", "MANAGE")]])
def test_users_who_are_not_listed_stay_known_where_the_list_is_incomplete(listed: list[AssignedUser]) -> None:
    known: Json = {"1": {"name": "One", "tasks": ["MANAGE"]}, "2": {"name": "Two", "tasks": None}}
    assert compare(known, listed, is_whole=False) == ([], known)


def test_unknown_tasks_are_no_change_and_are_learned_later() -> None:
    differences, users = compare({}, [user("1")], is_whole=True)
    assert (differences[0]["tasks"], differences[0]["previous_tasks"]) == (None, [])
    differences, users = compare(users, [user("1", "MANAGE")], is_whole=True)
    assert (differences, users["1"]["tasks"]) == ([], ["MANAGE"])
    differences, users = compare(users, [user("1")], is_whole=True)
    assert (differences, users["1"]["tasks"]) == ([], ["MANAGE"])
    assert compare(users, [user("1", "DEVELOP")], is_whole=True)[0][0]["previous_tasks"] == ["MANAGE"]


@pytest.mark.parametrize(
    ("before", "after", "gains"),
    [
        ([], ["FULL_CONTROL"], True),
        (["MANAGE"], ["FULL_CONTROL", "MANAGE"], True),
        (["FULL_CONTROL"], ["FULL_CONTROL", "MANAGE"], False),
        (["FULL_CONTROL"], ["MANAGE"], False),
        (["MANAGE"], ["DEVELOP"], False),
    ],
)
def test_full_control_is_gained(before: list[str], after: list[str], gains: bool) -> None:
    known = {"1": {"name": None, "tasks": before}} if before else {}
    assert compare(known, [user("1", *after)], is_whole=True)[0][0]["gains_full_control"] is gains


# Events


def test_each_kind_of_difference_is_one_event(bench: Bench, named: Rulebook) -> None:
    bench.sandbox.assign(JANE, ["DEVELOP"])
    bench.sandbox.assign(AHMED, ["FULL_CONTROL"])
    bench.sandbox.remove(MARIA)
    events = {event["kind"]: event for event in named.poll()}
    assert named.poll() == []
    assert len({event["event_id"] for event in events.values()}) == 3
    assert all(event["meta"]["uuid"] == event["event_id"] for event in events.values())
    common = {"waba_id": SUPPORT, "account": None, "msg": None, "seen_at": "2027-01-15T08:05:00Z"}
    expected: list[Json] = [
        {"kind": "came", "user_id": JANE, "name": "Jane Doe", "tasks": ["DEVELOP"], "previous_tasks": []},
        {
            "kind": "tasks_changed",
            "user_id": AHMED,
            "name": "Ahmed Hassan",
            "tasks": ["FULL_CONTROL"],
            "previous_tasks": ["DEVELOP", "MANAGE_TEMPLATES", "VIEW_TEMPLATES"],
            "gains_full_control": True,
        },
        {
            "kind": "went",
            "user_id": MARIA,
            "name": "Maria Garcia",
            "tasks": [],
            "previous_tasks": ["MESSAGING", "VIEW_TEMPLATES"],
        },
    ]
    for one in expected:
        event = {name: value for name, value in events[one["kind"]].items() if name not in ("event_id", "meta")}
        assert event == {**common, "gains_full_control": False, **one}


def test_a_change_that_comes_back_has_another_id(bench: Bench, named: Rulebook) -> None:
    ids: set[str] = set()
    for _time in range(2):
        bench.sandbox.assign(JANE, ["DEVELOP"])
        ids.update(event["event_id"] for event in named.poll())
        bench.sandbox.remove(JANE)
        ids.update(event["event_id"] for event in named.poll())
    assert len(ids) == 4


def test_an_incomplete_list_says_of_nobody_that_they_went(bench: Bench, named: Rulebook) -> None:
    bench.sandbox.configure(unlisted=[JOHN])
    bench.sandbox.assign(JANE, ["DEVELOP"])
    bench.sandbox.remove(MARIA)
    events = named.poll()
    assert [event["kind"] for event in events] == ["unreadable", "came"]
    assert "counts 5 assigned users and listed 4" in events[0]["msg"]
    assert named.poll() == []
    bench.sandbox.configure(unlisted=[])
    assert named.kinds() == [("readable_again", SUPPORT, None), ("went", SUPPORT, MARIA)]


@pytest.mark.parametrize("tasks", ["never", "unknown-field"])
def test_tasks_that_the_api_no_longer_reports_have_not_changed(bench: Bench, named: Rulebook, tasks: str) -> None:
    bench.sandbox.configure(tasks=tasks)
    assert named.poll() == []
    bench.sandbox.assign(JANE, ["DEVELOP"])
    assert [event["tasks"] for event in named.poll()] == [None]
    bench.sandbox.configure(tasks="default")
    bench.sandbox.assign(JOHN, ["MANAGE"])
    assert named.kinds() == [("tasks_changed", SUPPORT, JOHN)]


def test_one_account_of_several_that_cannot_be_read(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, retries=0)
    rulebook.poll()
    bench.sandbox.inject(Fault("status", waba_id=SUPPORT, status=400, code=100, subcode=33, times=0))
    bench.sandbox.remove(MARIA)
    bench.sandbox.remove(JOHN, MARKETING)
    assert rulebook.kinds() == [("unreadable", SUPPORT, None), ("went", MARKETING, JOHN)]
    assert rulebook.poll() == []
    bench.sandbox.clear_faults()
    assert rulebook.kinds() == [("readable_again", SUPPORT, None), ("went", SUPPORT, MARIA)]


STATUSES = [(500, None), (503, 2), (400, 100), (401, 190), (400, 4), (400, 80008), (403, 10), (400, 368)]
KINDS = ["html", "not_json", "empty_body", "string_error", "reset_before", "close_after", "truncated", "echo_token"]
VALUES: list[t.Any] = [[], {"data": None}, {"data": [7]}, {"data": [{"id": "1", "tasks": 1}]}]
FAULTS: list[Json] = [
    *({"kind": "status", "status": status, "code": code} for status, code in STATUSES),
    *({"kind": kind} for kind in [*KINDS, "redirect", "repeat_cursor"]),
    *({"kind": "json", "value": value} for value in VALUES),
]


@pytest.mark.parametrize("discover", [False, True], ids=["named", "discovered"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_fault_is_an_event_and_no_difference(start: Start, fault: Json, discover: bool) -> None:
    bench = start()
    accounts: Json = {} if discover else {"accounts": [SUPPORT, MARKETING]}
    rulebook = Rulebook(bench.sandbox, retries=0, **accounts)
    rulebook.poll()
    kind, *_rest = fault.values()
    fault = {**fault, "times": 0, **({"path": "assigned_users", "in_batch": True} if kind == "repeat_cursor" else {})}
    bench.sandbox.inject(Fault(**fault))
    bench.sandbox.remove(MARIA)
    said = rulebook.poll()
    assert {event["kind"] for event in said} == {"unreadable"}
    assert all(event["msg"] and bench.sandbox.token not in event["msg"] for event in said)
    assert rulebook.poll() == []
    bench.sandbox.clear_faults()
    rulebook.clock.now += 3900  # the longest rest after a limit
    kinds = [event[0] for event in rulebook.kinds()]
    assert kinds == ["readable_again"] * len(said) + ["went"] or sorted(kinds) == ["readable_again"] * len(said) + [
        "went"
    ]
    assert rulebook.poll() == []


def test_a_transient_error_is_tried_again_within_the_poll(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, accounts=[SUPPORT])
    rulebook.poll()
    bench.sandbox.inject(Fault("status", status=503, code=2, times=2))
    bench.sandbox.remove(MARIA)
    assert rulebook.kinds() == [("went", SUPPORT, MARIA)]


def test_an_error_that_nobody_foresaw_is_an_event(named: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: t.Any) -> t.NoReturn:
        raise MemoryError

    with monkeypatch.context() as context:
        context.setattr(module, "user_lists", fail)
        (event,) = named.poll()
        assert (event["kind"], event["waba_id"], event["msg"]) == ("unreadable", None, "The poll failed: MemoryError.")
        assert named.poll() == []
    assert named.kinds() == [("readable_again", None, None)]


def test_the_token_is_read_from_its_file_at_every_poll(bench: Bench, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{bench.sandbox.token}\n", encoding="utf-8")
    rulebook = Rulebook(bench.sandbox, access_token_file=str(token), retries=0)
    assert rulebook.poll() == []
    for invalid in (bench.sandbox.tokens["expired"], "", "with a space", None):
        if invalid is None:
            token.unlink()
        else:
            token.write_text(invalid, encoding="utf-8")
        bench.sandbox.remove(MARIA)
        (event,) = rulebook.poll()
        assert (event["kind"], event["waba_id"]) == ("unreadable", None)
        assert "access_token" in event["msg"]
        bench.sandbox.assign(MARIA, ["MESSAGING", "VIEW_TEMPLATES"])
        token.write_text(bench.sandbox.token, encoding="utf-8")
        assert rulebook.kinds() == [("readable_again", None, None)]


# Accounts of a business


def test_all_users_of_an_account_that_is_new_in_the_business_came(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, account_kinds=["owned"])
    bench.sandbox.configure(unlisted=[MARKETING])
    said = rulebook.poll()
    assert [(event["kind"], event["waba_id"]) for event in said] == [("unreadable", None)]
    bench.sandbox.configure(unlisted=[])
    assert rulebook.kinds() == [("readable_again", None, None)]
    rulebook.watch._state["accounts"].pop(MARKETING)
    assert [event[:2] for event in rulebook.kinds()] == [("came", MARKETING)] * 3


def test_an_account_that_the_business_no_longer_lists_is_unreadable(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox)
    rulebook.poll()
    state = rulebook.watch._state["accounts"]
    state["7"] = {**state[SUPPORT]}
    (event,) = rulebook.poll()
    assert (event["kind"], event["waba_id"], event["msg"]) == (
        *("unreadable", "7"),
        "The business no longer lists this account.",
    )
    assert rulebook.poll() == []


def test_accounts_that_are_known_are_watched_while_the_business_cannot_list_them(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox)
    rulebook.poll()
    bench.sandbox.configure(refused_edges=["owned_whatsapp_business_accounts"])
    bench.sandbox.remove(MARIA)
    assert sorted(rulebook.kinds(), key=str) == [("unreadable", None, None), ("went", SUPPORT, MARIA)]


# The state file


def test_a_restart_loses_nothing_and_tells_nothing_again(bench: Bench, tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "state.json"
    args: Json = {"accounts": [SUPPORT], "state_file": str(path)}
    os.umask(0o022)
    Rulebook(bench.sandbox, clock, **args).poll()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    bench.sandbox.remove(MARIA)
    second = Rulebook(bench.sandbox, clock, **args)
    assert second.kinds() == [("went", SUPPORT, MARIA)]
    assert second.poll() == []
    assert Rulebook(bench.sandbox, clock, **args).poll() == []
    assert bench.sandbox.token not in path.read_text(encoding="utf-8")


class KilledError(BaseException):
    """The process was killed."""


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_watch_that_is_killed_before_its_state_is_written_has_told_nothing_and_loses_nothing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    clock, args = Clock(), {"accounts": [SUPPORT], "state_file": str(tmp_path / "state.json")}
    Rulebook(bench.sandbox, clock, **args).poll()
    bench.sandbox.remove(MARIA)
    bench.sandbox.assign(JANE, ["DEVELOP"])

    def kill(*_args: t.Any, **_kwargs: t.Any) -> t.NoReturn:
        raise KilledError

    killed = Rulebook(bench.sandbox, clock, **args)
    with monkeypatch.context() as context:
        context.setattr(*(Path, "replace", kill) if call == "replace" else (os, call, kill))
        with pytest.raises(KilledError):
            killed.poll()
    again = Rulebook(bench.sandbox, clock, **args)
    assert sorted(again.kinds()) == [("came", SUPPORT, JANE), ("went", SUPPORT, MARIA)]
    assert again.poll() == []
    assert Rulebook(bench.sandbox, clock, **args).poll() == []


def test_a_watch_that_is_killed_before_its_next_poll_repeats_its_last_events_with_their_ids(
    bench: Bench, tmp_path: Path
) -> None:
    clock, args = Clock(), {"accounts": [SUPPORT], "state_file": str(tmp_path / "state.json")}
    Rulebook(bench.sandbox, clock, **args).poll()
    bench.sandbox.remove(MARIA)
    told = Rulebook(bench.sandbox, clock, **args).poll()
    bench.sandbox.assign(JANE, ["DEVELOP"])
    again = Rulebook(bench.sandbox, clock, **args)
    repeated, came = again.poll()
    assert [repeated] == told
    assert came["user_id"] == JANE
    once_more = Rulebook(bench.sandbox, clock, **args)
    assert once_more.poll() == [repeated, came]  # of the last poll, whether repeated or not
    assert once_more.poll() == []
    assert Rulebook(bench.sandbox, clock, **args).poll() == []


def test_a_state_file_that_cannot_be_written_holds_no_event_back(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook = Rulebook(bench.sandbox, accounts=[SUPPORT], state_file=str(tmp_path / "state.json"))
    rulebook.poll()

    def full(*_args: t.Any) -> t.NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.sandbox.remove(MARIA)
    with monkeypatch.context() as context:
        context.setattr(os, "fsync", full)
        assert rulebook.kinds() == [("went", SUPPORT, MARIA)]
    msg = rulebook.heartbeat["msg"]
    assert msg == f"state_file '{tmp_path}/state.json' cannot be written: No space left on device."
    assert rulebook.poll() == []


def test_a_watch_that_was_stopped_writes_no_state(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    rulebook = Rulebook(bench.sandbox, accounts=[SUPPORT], state_file=str(path))
    before = path.read_bytes()
    rulebook.stop.set()
    with pytest.raises(InterruptedError):
        rulebook.poll()
    bench.sandbox.inject(Fault("status", status=503, code=2, times=0))
    with pytest.raises(InterruptedError):
        rulebook.poll()
    assert path.read_bytes() == before


# Options


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"intervall": 5}, "intervall (did you mean interval?)"),
        ({"access_token": None}, "access_token. Set the environment variable WABA_ACCESS_TOKEN, or give the option."),
        ({"access_token": ""}, "access_token is empty: give it, or leave the option out to use WABA_ACCESS_TOKEN"),
        ({"access_token": "two words"}, "access_token holds a character"),
        ({"business_id": None}, "business_id is empty: give the id, digits only, in quotes, or set WABA_BUSINESS_ID"),
        ({"accounts": [7.5]}, "accounts[0].waba_id must be an id"),
        ({"accounts": ["7", "x"]}, "accounts[1].waba_id must be an id"),
        ({"accounts": []}, "accounts is an empty list"),
        ({"account_kinds": ["owner"]}, "owner (did you mean owned?)"),
        ({"interval": 0}, "interval must be between 0.1 and 86400 seconds; got 0"),
        ({"interval": "soon"}, "interval"),
        ({"calls_per_hour": 5}, "calls_per_hour must be between 6 and 5000 calls; got 5"),
        ({"calls_per_hour": float("inf")}, "calls_per_hour"),
        ({"state_file": None}, "missing required arguments: state_file"),
        ({"state_file": "/nowhere/state.json"}, "state_file '/nowhere/state.json' cannot be written: No such file"),
        ({"state_file": "/proc"}, "state_file '/proc' is not that of a watch, or cannot be read (IsADirectoryError)"),
        ({"state_file": "/proc/version"}, "state_file '/proc/version' is not that of a watch, or cannot be read"),
        (
            {"access_token_file": "/nowhere/token"},
            "access_token_file '/nowhere/token' cannot be read: FileNotFoundError",
        ),
        ({"api_url": "http://example.com"}, "api_url must begin with https://"),
        ({"api_version": "23"}, "api_version must be like v23.0"),
        ({"timeout": 0}, "timeout must be between"),
    ],
)
def test_an_invalid_option_is_named_before_any_request(bench: Bench, args: Json, expected: str) -> None:
    with pytest.raises(OptionError) as caught:
        Rulebook(bench.sandbox, **args)
    assert expected in str(caught.value)
    assert bench.sandbox.log == []
    assert bench.sandbox.token not in str(caught.value)


def test_a_missing_token_is_named_with_its_variable() -> None:
    with pytest.raises(OptionError, match=r"access_token\. Set the environment variable WABA_ACCESS_TOKEN"):
        Watch({"state_file": "state.json"}, threading.Event())


def test_the_environment_has_the_secrets(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sandbox = bench.sandbox
    sandbox.configure(require_proof=True)
    monkeypatch.setenv("WABA_ACCESS_TOKEN", sandbox.token)
    monkeypatch.setenv("WABA_APP_SECRET", sandbox.app_secret)
    monkeypatch.setenv("WABA_BUSINESS_ID", sandbox.business_id)
    monkeypatch.setenv("WABA_API_URL", sandbox.url)
    (heartbeat,) = Watch({"state_file": str(tmp_path / "state.json")}, threading.Event()).poll()
    assert (heartbeat["accounts"], heartbeat["msg"]) == (3, None)


def test_accounts_can_be_those_of_a_declaration(bench: Bench) -> None:
    declared = {"waba_id": SUPPORT, "name": "Support", "users": [{"person": "who", "tasks": ["MANAGE"]}]}
    rulebook = Rulebook(bench.sandbox, accounts=[declared])
    rulebook.poll()
    bench.sandbox.remove(MARIA)
    assert [event["account"] for event in rulebook.poll()] == ["Support"]


# The quota


def most_in_an_hour(calls: t.Sequence[tuple[float, str]]) -> int:
    """The most calls of an account in any hour."""
    by_account: dict[str, list[float]] = {}
    for now, waba_id in calls:
        by_account.setdefault(waba_id, []).append(now)
    return max(sum(end - 3600 < now <= end for now in times) for times in by_account.values() for end in times)


def calls_of(sandbox: Sandbox, now: float) -> t.Iterator[tuple[float, str]]:
    """The calls of accounts in the log."""
    for request in sandbox.log:
        operations = request.operations or [{"relative_url": request.path.partition("/")[2].partition("/")[2]}]
        for operation in operations:
            url = operation["relative_url"].lstrip("/").removeprefix("v23.0/")
            if "assigned_users" in url:
                yield now, url.partition("/")[0]
    sandbox.clear_log()


@pytest.mark.parametrize("faulty", [False, True])
def test_no_account_has_more_calls_in_an_hour_than_configured(start: Start, faulty: bool) -> None:
    sandbox = start(people=250, page_size=50).sandbox
    rulebook = Rulebook(sandbox, interval=1, calls_per_hour=40, retries=2)
    calls: list[tuple[float, str]] = []
    if faulty:
        sandbox.inject(Fault("status", waba_id=MARKETING, status=503, code=2, times=0))
    begin = rulebook.clock.now
    while rulebook.clock.now < begin + 3 * 3600:
        rulebook.poll()
        calls += calls_of(sandbox, rulebook.clock.now)
    assert 20 < most_in_an_hour(calls) <= 40


def test_calls_are_counted_over_restarts(bench: Bench, tmp_path: Path) -> None:
    clock, calls = Clock(), []
    for _restart in range(40):
        Rulebook(bench.sandbox, clock, accounts=[SUPPORT], calls_per_hour=20, state_file=str(tmp_path / "s")).poll()
        calls += list(calls_of(bench.sandbox, clock.now))
        clock.now += 10
    assert len(calls) == 15  # and five tries are in reserve


def test_a_list_that_the_quota_has_no_room_for_is_incomplete(start: Start) -> None:
    sandbox = start(people=100, page_size=5).sandbox
    rulebook = Rulebook(sandbox, accounts=[SUPPORT], calls_per_hour=6, retries=0)
    events = rulebook.poll()
    assert [event["kind"] for event in events] == ["unreadable"]
    assert "calls_per_hour is too low for a list of more than 5 pages" in events[0]["msg"]
    assert rulebook.poll() == []


def test_an_account_at_its_limit_is_left_alone_for_an_hour(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, retries=0)
    rulebook.poll()
    bench.sandbox.inject(Fault("status", waba_id=SUPPORT, status=400, code=80008))
    assert rulebook.kinds() == [("unreadable", SUPPORT, None)]
    limited = rulebook.clock.now
    bench.sandbox.clear_log()
    while not rulebook.poll():
        assert rulebook.clock.now < limited + 2 * 3600
    assert rulebook.clock.now >= limited + 3600
    times = [waba_id for _now, waba_id in calls_of(bench.sandbox, 0)]
    assert times.count(SUPPORT) == 1
    assert times.count(MARKETING) > 10


def test_polls_become_rare_while_the_api_says_that_it_is_busy(named: Rulebook, bench: Bench) -> None:
    usage: Json = {"headers": {"X-App-Usage": '{"call_count": 90}'}, "status": 400, "code": 4}
    bench.sandbox.inject(Fault("status", times=3, **usage))
    pauses = []
    for _poll in range(5):
        named.poll()
        pauses.append(named.watch.pause)
    assert pauses == [600, 1200, 2400, 300, 300]


def test_the_wait_that_the_api_asks_for_is_kept(named: Rulebook, bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=4, headers={"Retry-After": "4000"}))
    named.poll()
    assert named.watch.pause == 4000


def test_a_heartbeat_comes_with_each_poll(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, interval=600)
    beats = [(rulebook.poll(), rulebook.heartbeat, rulebook.clock.now)[1:] for _poll in range(3)]
    begin = beats[0][1]
    assert [now - begin for _beat, now in beats] == [0, 600, 1200]
    assert len({beat["event_id"] for beat, _now in beats}) == 3
    assert {key: value for key, value in beats[-1][0].items() if value is not None and "id" not in key} == {
        "kind": "heartbeat",
        "warnings": [],
        "used_percent": 1.0,
        "accounts": 3,
        "unreadable": [],
        "seen_at": "2027-01-15T08:20:00Z",
        "next_poll_at": "2027-01-15T08:30:00Z",
        "meta": {"uuid": beats[-1][0]["event_id"]},
    }


def test_nothing_is_readable_again_while_all_accounts_are_left_alone(bench: Bench) -> None:
    rulebook = Rulebook(bench.sandbox, accounts=[SUPPORT, MARKETING], retries=0)
    rulebook.poll()
    bench.sandbox.inject(Fault("status", in_batch=True, status=400, code=80008, times=2))
    assert rulebook.kinds() == [("unreadable", None, None)]
    limited = rulebook.clock.now
    while not (events := rulebook.kinds()):
        assert rulebook.clock.now < limited + 3600 * 3
    assert events == [("readable_again", None, None)]
    assert rulebook.clock.now >= limited + 3600


def test_a_clock_that_is_set_back_stops_no_watch(bench: Bench, named: Rulebook) -> None:
    bench.sandbox.remove(MARIA)
    named.clock.now -= 100_000
    assert named.watch.pause <= 300
    assert named.kinds() == [("went", SUPPORT, MARIA)]

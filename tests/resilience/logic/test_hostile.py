# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server, or what has put itself in its place, that answers with whatever it likes.

A task ends, within bounds of time and memory, with a result or with a failure that says why; no other exception ever
comes out of it. And nothing is written on the strength of a list that was not read whole.
"""

from __future__ import annotations

import gzip
import itertools
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import paging, transport
from hypothesis import given
from hypothesis import strategies as st
from resilience.counts import BAD_INPUTS, count
from resilience.exchanges import ACCOUNTS, OWN
from resilience.hostile import Hostile, http_answer
from resilience.scale import examples
from resilience.tasks import INFO, INVENTORY, PEOPLE, USER, USERS, Done, new_sandbox, options_for, run_task
from support.playbooks import JANE, JOHN, Json

# Seconds after which a task counts as stuck, of those whose own bounds are a few tenths of a second.
PATIENCE = 60

TASKS: dict[str, tuple[str, Json]] = {
    "add": (USER, {"user_id": JANE, "tasks": ["DEVELOP"]}),
    "remove": (USER, {"user_id": JOHN, "state": "absent"}),
    "purge": (
        USERS,
        {
            "users": [{"user_id": OWN, "tasks": ["FULL_CONTROL"]}, {"user_id": JANE, "tasks": ["DEVELOP"]}],
            "purge_users": True,
        },
    ),
    "purge by plain calls": (
        USERS,
        {"users": [{"user_id": OWN, "tasks": ["FULL_CONTROL"]}], "purge_users": True, "batch_size": 1},
    ),
    "list": (INFO, {}),
    "list some": (INFO, {"user_types": ["BUSINESS_USER"], "tasks": ["MANAGE"], "fields": ["name"]}),
    "list several accounts": (INFO, {"waba_ids": ACCOUNTS}),
    "list who is in a business": (PEOPLE, {"kinds": ["business_user", "system_user", "pending_user"]}),
    "list the accounts of a business": (INVENTORY, {}),
}
tasks = st.sampled_from(sorted(TASKS))


@pytest.fixture(autouse=True)
def _few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 12)


def meets(name: str, hostile: Hostile, **options: Any) -> Done:
    """Run a task of those above against a hostile server; it has to end."""
    module, own = TASKS[name]
    with new_sandbox() as nowhere:
        common = options_for(nowhere, {**own, "timeout": 5, **options, "api_url": hostile.url})
    count(BAD_INPUTS)
    done = run_task(module, common)
    if done.failed:
        assert done.message
        assert len(done.message) < 20_000
    return done


# Any JSON, and JSON that is nearly right

texts = st.text(max_size=20) | st.sampled_from(["\ud800", "\x00", "\u202e", "1", OWN, "9" * 5000, "x" * 70_000])
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**30), float("inf")])
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def nearly(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What it should be, most of the time."""
    return st.one_of(value, value, value, anything)


ids = st.sampled_from([OWN, JOHN, JANE, "1", "007"])
users = st.fixed_dictionaries(
    {},
    optional={
        "id": nearly(ids | st.integers()),
        "name": nearly(st.text(max_size=10)),
        "user_type": nearly(st.sampled_from(["BUSINESS_USER", "SYSTEM_USER"])),
        "business": nearly(st.fixed_dictionaries({"id": ids, "name": texts})),
        "tasks": nearly(st.lists(st.sampled_from(["MANAGE", "FULL_CONTROL", "DEVELOP", "X\n"]), max_size=3)),
    },
)
pages = st.fixed_dictionaries(
    {"data": nearly(st.lists(nearly(users), max_size=4))},
    optional={
        "paging": nearly(
            st.fixed_dictionaries(
                {},
                optional={
                    "next": nearly(st.sampled_from(["https://example.com/?after=x", "http://[", "x"])),
                    "previous": anything,
                    "cursors": nearly(st.fixed_dictionaries({}, optional={"after": nearly(texts), "before": anything})),
                },
            )
        ),
        "summary": nearly(st.fixed_dictionaries({"total_count": nearly(st.integers(0, 99))})),
        "error": anything,
    },
)
errors = st.fixed_dictionaries(
    {
        "error": nearly(
            st.fixed_dictionaries(
                {},
                optional={
                    "message": nearly(texts),
                    "code": nearly(st.sampled_from([1, 2, 4, 100, 190, 200, 803, 80008, "100", "2"])),
                    "error_subcode": nearly(st.sampled_from([33, 463])),
                    "type": nearly(texts),
                    "is_transient": nearly(st.booleans()),
                    "error_user_title": anything,
                    "error_user_msg": anything,
                    "fbtrace_id": anything,
                },
            )
        )
    }
)
operations = st.fixed_dictionaries(
    {},
    optional={
        "code": nearly(st.sampled_from([200, 400, 500, "200", 10**30])),
        "body": nearly(st.sampled_from(['{"success": true}', "{}", "[" * 9000, "null", "\ud800"])),
        "headers": nearly(
            st.lists(nearly(st.fixed_dictionaries({"name": nearly(texts), "value": anything})), max_size=3)
        ),
    },
)
answers = st.one_of(
    pages,
    errors,
    anything,
    st.lists(nearly(operations), max_size=3),
    st.fixed_dictionaries({"success": nearly(st.booleans())}),
    st.fixed_dictionaries({"id": nearly(ids)}),
)
statuses = st.sampled_from(
    [200] * 6 + [100, 101, 199, 201, 204, 206, 304, 400, 401, 403, 404, 418, 429, 500, 503, 600, 999]
)
header_values = st.one_of(
    st.sampled_from(
        [
            b"",
            b"0",
            b"-1",
            b"99999999999999999999",
            b"1e9",
            b"\xd9\xa3",
            b"Fri, 31 Dec 9999 23:59:59 GMT",
            b"Fri, 31 Dec 0000 23:59:59 -9999",
            b"{}",
            b'{"call_count": 1e999, "total_time": NaN}',
            b'{"1": [{"estimated_time_to_regain_access": 1e308, "call_count": [[]]}], "2": 3}',
            b"[" * 30_000,
            b"identity",
            b"gzip",
            b"text/html; charset=klingon",
            b"http://[",
            b"//\x85\xa0",
            b"x" * 60_000,
        ]
    ),
    st.binary(max_size=20).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"Retry-After",
                b"X-App-Usage",
                b"X-Business-Use-Case-Usage",
                b"facebook-api-version",
                b"Location",
                b"Content-Type",
                b"Content-Encoding",
                b"Transfer-Encoding",
                b"Content-Length",
                b"Set-Cookie",
                b"Connection",
            ]
        ),
        header_values,
    ).map(b": ".join),
    max_size=4,
)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@given(tasks, st.lists(st.tuples(statuses, headers, answers), min_size=1, max_size=6))
@examples(share=20, whole=2000)
def test_any_answers(name: str, script: list[tuple[int, list[bytes], Any]]) -> None:
    """One after the other, and then the last one for ever."""

    def answer(requests: list[str]) -> Iterable[bytes]:
        status, more, value = script[min(len(requests), len(script)) - 1]
        return [http_answer(encoded(value), f"{status} x".encode(), *more)]

    with Hostile(answer) as hostile:
        meets(name, hostile)


@given(tasks, st.lists(answers, min_size=1, max_size=4), st.integers(1, 7))
@examples(share=20, whole=2000)
def test_any_answers_in_the_middle(name: str, script: list[Any], since: int) -> None:
    """The exchange begins as it should; from some request on the answers are not the API's."""

    def answer(requests: list[str]) -> Iterable[bytes] | None:
        turn = len(requests) - since
        return None if turn < 0 else [http_answer(encoded(script[min(turn, len(script) - 1)]))]

    with new_sandbox(page_size=2) as sandbox, Hostile(answer, sandbox) as hostile:
        meets(name, hostile)


@given(tasks, st.binary(max_size=400) | st.binary(max_size=100).map(lambda raw: b"HTTP/1.1 200 OK\r\n" + raw))
@examples(share=20, whole=2000)
def test_any_bytes(name: str, raw: bytes) -> None:
    """Where HTTP was to be."""
    with Hostile(lambda _requests: [raw]) as hostile:
        assert meets(name, hostile).failed


@given(
    tasks, st.binary(max_size=200) | st.sampled_from(["utf-16", "utf-32", "utf-7", "latin-1"]).map("\u00e9{}".encode)
)
@examples(share=15, whole=1000)
def test_any_body(name: str, raw: bytes) -> None:
    """In any encoding."""
    with Hostile(lambda _requests: [http_answer(raw)]) as hostile:
        assert meets(name, hostile).failed


# A list that was not read whole


@given(st.sampled_from(["remove", "purge", "purge by plain calls"]), pages | anything, st.integers(1, 3))
@examples(share=30, whole=4000)
def test_nothing_is_written_after_a_list_that_was_not_read_whole(name: str, told: Any, since: int) -> None:
    """From some page on the list is spoiled: a write needs one that ends, of nothing but people."""

    def answer(requests: list[str]) -> Iterable[bytes] | None:
        is_list = all(request.startswith("GET ") for request in requests) and "assigned_users" in requests[-1]
        return [http_answer(encoded(told))] if is_list and len(requests) >= since else None

    with new_sandbox(page_size=2) as sandbox, Hostile(answer, sandbox) as hostile:
        done = meets(name, hostile, retries=0)
        writes = [request for request in sandbox.log if request.method != "GET"]
        if writes:
            assert not done.failed or "diff" in done.result
            found_before = name == "remove" and since > 1  # the first page has John
            assert found_before or is_a_last_page(told)
            listed = {str(user["id"]) for user in told["data"]} if is_a_last_page(told) else set()
            removed = {request.query["user"][0] for request in writes if request.method == "DELETE"}
            removed |= {
                operation["relative_url"].rpartition("=")[2].partition("&")[0]
                for request in writes
                for operation in request.operations
                if operation["method"] == "DELETE"
            }
            assert removed <= listed | sandbox_people(since)


def sandbox_people(since: int) -> set[str]:
    """Those of the seed's list on the pages before this one, two a page."""
    with new_sandbox() as sandbox:
        return set(list(sandbox.assigned())[: 2 * (since - 1)])


def is_a_last_page(told: Any) -> bool:
    """Whether it is a page of the list, of people, and says of no further one."""
    if not isinstance(told, dict) or told.get("error") or not isinstance(told.get("data"), list):
        return False
    paging = told.get("paging")
    return not (isinstance(paging, dict) and paging.get("next")) and all(is_a_person(user) for user in told["data"])


def is_a_person(user: Any) -> bool:
    if not isinstance(user, dict):
        return False
    user_id, held = user.get("id"), user.get("tasks")
    named = isinstance(user_id, str) and user_id.isascii() and user_id.isdigit()
    numbered = isinstance(user_id, int) and not isinstance(user_id, bool) and user_id >= 0
    return (named or numbered) and (
        held is None or (isinstance(held, list) and all(isinstance(each, str) for each in held))
    )


# Too much of it


def person(number: int, name: str = "x") -> Json:
    return {"id": str(number), "name": name, "tasks": ["DEVELOP"]}


def endless_pages(people: int, size: int) -> Iterator[bytes]:
    """Pages of so many people with names of this length, always with a new cursor."""
    for number in itertools.count():
        yield encoded(
            {
                "data": [person(number * people + place, "n" * size) for place in range(people)],
                "paging": {"cursors": {"after": str(number)}, "next": "x"},
            }
        )


def filled(before: bytes, unit: bytes, after: bytes) -> bytes:
    """As many of these as just fit into an answer."""
    return before + unit * ((transport.MAX_BODY_BYTES - 100) // len(unit)) + after


#: Answers that are as large as can be, and wrong in the end; the last one is larger.
BIG_BODIES = {
    "long names": filled(b'{"data": [', b'{"id": "1", "name": "' + b"n" * 2**19 + b'"},', b"1]}"),
    "one long name": filled(b'{"data": [{"id": "1", "name": "', b"n", b'"}, 1]}'),
    "many of the smallest people": filled(b'{"data": [', b'{"id":1},', b"1]}"),
    "empty objects": filled(b'{"data": [', b"{},", b"1]}"),
    "empty lists": filled(b"[", b"[],", b"1]"),
    "keys": b"{" + b",".join(b'"%d":0' % number for number in range(300_000)) + b"}",
    "deep nesting of lists": filled(b'{"data":', b"[", b""),
    "deep nesting of objects": filled(b"", b'{"a":', b""),
    "deep nesting that ends": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number without an end": filled(b'{"data": ', b"9", b"}"),
    "a long error": filled(b'{"error": {"code": 2, "message": "', b"e", b'"}}'),
    "one long id": filled(b'{"data": [{"id": "', b"1", b'", "tasks": [1]}]}'),
    "tasks without an end": filled(b'{"data": [{"id": "1", "tasks": [', b'"A",', b"1]}]}"),
    "a string of escapes": filled(b'{"data": [{"id": "1", "name": "', b"\\ud83d\\ude00", b'"}, 1]}'),
    "blanks, and more than fit": b" " * (transport.MAX_BODY_BYTES + 1),
}


@pytest.mark.share(9)
@pytest.mark.parametrize("name", ["purge", "list"])
@pytest.mark.parametrize("body", BIG_BODIES)
def test_big_answers_are_bounded(name: str, body: str) -> None:
    """They are not accepted, and not told on. How much memory they take is shown in platform/test_bounds.py."""
    big = http_answer(BIG_BODIES[body])
    with Hostile(lambda _requests: [big]) as hostile:
        assert meets(name, hostile, retries=0).failed


@pytest.mark.parametrize(("people", "size"), [(100, 4_000), (5_000, 1)], ids=["long names", "more than asked for"])
@pytest.mark.parametrize("name", ["purge", "list"])
def test_pages_without_an_end_are_bounded(name: str, people: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them fits; together they do not."""
    monkeypatch.setattr(paging, "MAX_PAGES", 5000)
    monkeypatch.setattr(paging, "MAX_LIST_BYTES", 2**20)
    endless = endless_pages(people, size)
    with Hostile(lambda _requests: [http_answer(next(endless))]) as hostile:
        assert "list is larger than 1 MiB" in meets(name, hostile).message
    assert len(hostile.requests) > 2


def test_what_a_server_wants_to_be_remembered_is_not() -> None:
    """A cookie: it could be large, new with every answer, and would be sent back."""
    cookie = b"Set-Cookie: a=" + b"c" * 60_000
    page = http_answer(encoded({"data": [], "paging": {"next": "x", "cursors": {"after": "y"}}}), b"200 OK", cookie)
    with Hostile(lambda _requests: [page]) as hostile:
        assert meets("list", hostile).failed
    assert len(hostile.heads) > 1
    assert not [head for head in hostile.heads if b"\r\ncookie:" in head.lower()]


def bomb(layers: int) -> bytes:
    """Some gigabytes of blanks, packed."""
    packed = gzip.compress(b" " * 2**26, 9)
    for _layer in range(layers - 1):
        packed = gzip.compress(packed, 9)
    return packed


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_packed_answers_are_bounded(coding: str, layers: int) -> None:
    """The client does not ask for them."""
    body = bomb(layers) if coding == "gzip" else zlib.compress(b" " * 2**26, 9)
    header = b"Content-Encoding: " + ", ".join([coding] * layers).encode()
    with Hostile(lambda _requests: [http_answer(body, b"200 OK", header)]) as hostile:
        done = meets("list", hostile, retries=0)
    assert done.failed
    assert ("content encoding that was not requested" in done.message) == (layers > 1)


# Too slow


def slowly(raw: bytes, pause: float) -> Iterator[bytes]:
    """A byte at a time, for ever in the end."""
    for byte in itertools.chain(raw, itertools.repeat(b" "[0])):
        yield bytes([byte])
        time.sleep(pause)


def chatter(line: bytes) -> Iterator[bytes]:
    """The same for ever."""
    while True:
        yield line
        time.sleep(0.01)


DRIPS: dict[str, Callable[[], Iterable[bytes]]] = {
    "the status line": lambda: slowly(b"HTTP/1.1 200 " + b"O" * 9999, 0.05),
    "a header": lambda: slowly(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 9999, 0.05),
    "headers": lambda: itertools.chain([b"HTTP/1.1 200 OK\r\n"], chatter(b"X: y\r\n" * 1)),
    "the body": lambda: slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", 0.05),
    "a body without length": lambda: slowly(b"HTTP/1.1 200 OK\r\n\r\n", 0.05),
    "the length of a chunk": lambda: slowly(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 9999, 0.05
    ),
    "chunks": lambda: itertools.chain(
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], chatter(b"1\r\n \r\n")
    ),
    "go on, go on": lambda: chatter(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "go on, with headers": lambda: chatter(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"),
    "nothing": lambda: chatter(b""),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_a_trickle_comes_to_an_end(drip: str) -> None:
    """Whatever of the answer it is that trickles in: not each byte has the timeout, but the whole of them some."""
    ended = threading.Event()
    found: list[Done] = []

    def run() -> None:
        with Hostile(lambda _requests: DRIPS[drip]()) as hostile:
            found.append(meets("list", hostile, timeout=0.3, retries=0))
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    assert ended.wait(PATIENCE)
    assert found[0].failed

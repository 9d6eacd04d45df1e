# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import gc
import hashlib
import hmac
import socket
import threading
import time
import typing as t
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import client as module
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import errors, paging, redaction, transport, usage
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import KnownFields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox import Fault
from sandbox.seed import DEFAULT

if t.TYPE_CHECKING:
    from conftest import Bench

SECRET = "5ebe2294ecd0e0f08eab7690d2a6ee69"


def path_of(bench: Bench) -> str:
    return f"{bench.sandbox.waba_id}/assigned_users"


def read(bench: Bench, client: module.GraphClient, **params: str) -> dict[str, t.Any]:
    return client.get(path_of(bench), {"business": bench.sandbox.business_id, **params})


def write(bench: Bench, client: module.GraphClient, method: str, **params: str) -> None:
    problem = client.write(module.Operation(method, path_of(bench), params))
    if problem:
        raise problem


def lists(
    client: module.GraphClient, edges: t.Sequence[tuple[str, dict[str, str]]]
) -> list[list[paging.Page] | errors.GraphError]:
    """Read lists whole: of each its pages, or why it could not be read."""
    known = KnownFields()
    listings = [paging.Listing(paging.Edge(path, ("id", "name", "tasks"), known, params)) for path, params in edges]
    paging.read(client, listings)
    return [listing.error or listing.pages for listing in listings]


def pages(bench: Bench, client: module.GraphClient, **params: str) -> list[paging.Page]:
    (result,) = lists(client, [(path_of(bench), {"business": bench.sandbox.business_id, **params})])
    if isinstance(result, errors.GraphError):
        raise result
    return result


def ids(found: list[paging.Page]) -> list[str]:
    return [user["id"] for page in found for user in page.data]


# What is sent


@pytest.mark.parametrize(
    "spell",
    [
        lambda token: token,
        lambda token: urllib.parse.quote(token, safe=""),
        lambda token: token.replace("|", "%7c"),
        lambda token: "".join(f"%{ord(character):02x}" for character in token),
        lambda token: "".join(f"\\u{ord(character):04X}" for character in token),
        lambda token: token.replace("|", "\\u007c"),
        lambda token: token.replace("|", "&#124;"),
        lambda token: token.replace("|", "&#x07C;"),
        lambda token: "".join(f"&#{ord(character)};" for character in token),
    ],
)
def test_a_secret_is_redacted_in_every_spelling(bench: Bench, spell: t.Callable[[str], str]) -> None:
    client = bench.client(access_token="1234567890|AbCdEfGhIjKlMnOpQr")
    assert client.redact(f"before {spell('1234567890|AbCdEfGhIjKlMnOpQr')} after") == "before ******** after"


def test_the_token_is_a_header_and_never_in_a_url(bench: Bench) -> None:
    client = bench.client(user_agent="metaops-whatsapp/1.2.3")
    read(bench, client)
    (request,) = bench.sandbox.log
    assert request.headers["authorization"] == f"Bearer {bench.sandbox.token}"
    assert request.headers["user-agent"] == "metaops-whatsapp/1.2.3"
    assert request.headers["accept"] == "application/json"
    assert bench.sandbox.token not in request.raw_target


def test_what_urllib3_logs_of_an_address_is_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """It warns of headers that it cannot read, with the whole URL; an inventory runs where Ansible keeps a log."""
    answer = b'HTTP/1.1 200 OK\r\nNo header\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"id": "1"}'
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        client = module.GraphClient(module.Settings("EAAtoken", app_secret=SECRET, api_url=url, retries=0))
        client.get("me", {})
    assert "appsecret_proof=********" in caplog.text
    assert not [secret for secret in client.secrets if secret in caplog.text]
    client.close()
    assert not any(logger.filters for logger in redaction.LOGGERS)


def test_every_call_carries_the_proof_when_there_is_an_app_secret(start: t.Callable[..., Bench]) -> None:
    bench = start(require_proof=True)
    client = bench.client(app_secret=bench.sandbox.app_secret)
    read(bench, client)
    write(bench, client, "POST", user="3456789012345678", tasks='["DEVELOP"]')
    write(bench, client, "DELETE", user="3456789012345678")
    proof = hmac.new(bench.sandbox.app_secret.encode(), bench.sandbox.token.encode(), hashlib.sha256).hexdigest()
    assert [request.status for request in bench.sandbox.log] == [200, 200, 200]
    for request in bench.sandbox.log:
        assert (request.query if request.method != "POST" else request.form)["appsecret_proof"] == [proof]
        assert bench.sandbox.app_secret not in request.raw_target + request.body


def test_without_an_app_secret_there_is_no_proof(bench: Bench) -> None:
    read(bench, bench.client())
    assert "appsecret_proof" not in bench.sandbox.log[0].raw_target


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_delete_works_wherever_the_server_looks_for_its_parameters(start: t.Callable[..., Bench], place: str) -> None:
    bench = start(delete_user_in=place)
    write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert bench.sandbox.tasks_of("4567890123456789") is None


def test_one_connection_serves_all_calls(bench: Bench) -> None:
    client = bench.client()
    read(bench, client)
    write(bench, client, "POST", user="3456789012345678", tasks='["DEVELOP"]')
    write(bench, client, "DELETE", user="3456789012345678")
    read(bench, client)
    assert bench.sandbox.connections == 1
    assert client.calls == 4


def test_netrc_does_not_replace_the_token(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    read(bench, bench.client())
    assert bench.sandbox.log[0].headers["authorization"] == f"Bearer {bench.sandbox.token}"


@contextlib.contextmanager
def answering(answer: bytes, pause: float = 0) -> t.Iterator[tuple[str, list[bytes]]]:
    """A server that answers every connection with these bytes, with a pause after each; and what it was sent."""
    received: list[bytes] = []

    def answer_one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            received.append(connection.recv(65536))
            for part in [bytes([byte]) for byte in answer] if pause else [answer]:
                connection.sendall(part)
                time.sleep(pause)

    def accept(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=answer_one, args=[connection], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, args=[listening], daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", received
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def fails(**settings: t.Any) -> errors.GraphError:
    """How a call with these settings fails."""
    client = module.GraphClient(module.Settings("secret-token", retries=0, **settings), lambda _: None)
    with contextlib.closing(client), pytest.raises(errors.GraphError) as caught:
        client.get("me", {})
    return caught.value


def test_a_proxy_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with answering(b"HTTP/1.1 502 No\r\n\r\n") as (address, received):
        monkeypatch.setenv("https_proxy", f"http://{address}")
        fails(api_url="https://graph.example")
    assert received[0].startswith(b"CONNECT graph.example:443")
    assert b"secret-token" not in b"".join(received)


def test_plain_http_never_leaves_the_machine_through_a_proxy(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    assert read(bench, bench.client())["data"]


@pytest.mark.parametrize("url", ["https://graph..example", f"https://{'a' * 70}.example"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    found = fails(api_url=url)
    assert "api_url" in str(found)
    assert not found.worth_a_retry


@pytest.mark.parametrize(
    "proxy", ["http://user:pass/word@proxy.example:3128", "http://user:password@[bad", "socks5://x"]
)
def test_a_proxy_that_is_none_is_told_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    text = str(fails(api_url="https://graph.example"))
    assert "proxy" in text
    assert "pass" not in text


def test_a_bundle_of_authorities_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle")
    assert "/no/such/bundle" in str(fails(api_url="https://127.0.0.1:9"))


@pytest.mark.parametrize("location", [b"http://[::1", b"\xff\xfe", b"//", b"?"])
def test_a_redirect_to_nowhere_is_a_redirect(location: bytes) -> None:
    with answering(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n") as (
        address,
        _sent,
    ):
        assert isinstance(fails(api_url=f"http://{address}"), errors.RedirectError)


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found"])
def test_a_body_that_trickles_in_is_given_up(status: bytes) -> None:
    head = b"HTTP/1.1 " + status + b"\r\nLocation: http://x/\r\nContent-Length: 1000\r\n\r\n"
    with answering(head + b" " * 1000, pause=0.01) as (address, _sent):
        assert "did not end within" in str(fails(api_url=f"http://{address}", timeout=0.5))


# urllib3 leaves the socket of such an answer to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_lengths_that_contradict_each_other_are_no_answer() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}   ") as (address, _sent):
        assert "api_url" in str(fails(api_url=f"http://{address}"))
        gc.collect()


# Failures


TRANSIENT = [
    Fault("status", status=500, code=2),
    Fault("status", status=400, code=1),
    Fault("status", status=400, code=17),
    Fault("status", status=400, code=80008),
    Fault("status", status=429, code=4, is_transient=True),
    Fault("status", status=400, code=100, is_transient=True),
    Fault("status", status=503, code=2, headers={"Retry-After": "1"}),
    Fault("html"),
    Fault("html", status=200),
    Fault("empty_body"),
    Fault("not_json"),
    Fault("truncated"),
    Fault("reset_before"),
    Fault("reset_after"),
    Fault("close_after"),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.code}")
def test_what_may_pass_is_tried_again(bench: Bench, fault: Fault) -> None:
    bench.sandbox.inject(fault)
    client = bench.client()
    assert len(read(bench, client)["data"]) == 5
    assert (client.calls, len(bench.waits)) == (2, 1)


def test_a_hang_is_cut_and_tried_again(bench: Bench) -> None:
    bench.sandbox.inject(Fault("hang", seconds=60))
    assert read(bench, bench.client(timeout=0.2))["data"]
    assert len(bench.waits) == 1


def test_tries_are_bounded_and_the_waits_between_grow(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=500, code=2, times=0))
    with pytest.raises(errors.GraphError, match="code 2"):
        read(bench, bench.client(retries=5))
    assert len(bench.sandbox.log) == 6
    for turn, wait in enumerate(bench.waits):
        assert 0.5 * usage.FIRST_BACKOFF * 2**turn <= wait <= usage.FIRST_BACKOFF * 2**turn
    assert len(set(bench.waits)) == 5


def test_no_wait_of_its_own_making_is_longer_than_the_longest_allowed(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=500, code=2, times=0))
    with pytest.raises(errors.GraphError):
        read(bench, bench.client(retries=8, max_retry_wait=3))
    assert max(bench.waits) == 3


PERMANENT = [
    (Fault("status", status=401, code=190, subcode=463), errors.TokenError),
    (Fault("status", status=403, code=200), errors.PermissionDeniedError),
    (Fault("status", status=404, code=803), errors.NotFoundError),
    (Fault("status", status=400, code=100), errors.GraphError),
    (Fault("string_error", status=400), errors.GraphError),
    (Fault("redirect"), errors.RedirectError),
    (Fault("redirect", status=307), errors.RedirectError),
    (Fault("json", value=[]), errors.MalformedAnswerError),
    (Fault("json", value="text"), errors.MalformedAnswerError),
    (Fault("json", value=None), errors.MalformedAnswerError),
    (Fault("json", value={"error": {"code": 10}}, status=200), errors.PermissionDeniedError),
]


@pytest.mark.parametrize(("fault", "kind"), PERMANENT, ids=lambda value: getattr(value, "kind", ""))
def test_what_does_not_pass_is_not_tried_again(bench: Bench, fault: Fault, kind: type[errors.GraphError]) -> None:
    bench.sandbox.inject(fault)
    with pytest.raises(errors.GraphError) as caught:
        read(bench, bench.client())
    assert caught.value.__class__ is kind
    assert (bench.waits, len(bench.sandbox.log)) == ([], 1)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "close_after", "truncated", "hang", "not_json"])
def test_a_write_without_an_answer_may_have_been_carried_out(bench: Bench, kind: str) -> None:
    bench.sandbox.inject(Fault(kind))
    with pytest.raises(errors.GraphError) as caught:
        write(bench, bench.client(retries=0, timeout=0.2), "DELETE", user="4567890123456789")
    assert caught.value.maybe_applied


def test_a_write_that_was_tried_again_may_have_been_carried_out_the_first_time(bench: Bench) -> None:
    bench.sandbox.inject(Fault("reset_after"))
    with pytest.raises(errors.NotFoundError) as caught:
        write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert caught.value.maybe_applied
    with pytest.raises(errors.NotFoundError) as refused:
        write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert not refused.value.maybe_applied


@pytest.mark.parametrize("value", [{}, {"success": "yes"}, {"success": 1}, {"data": []}])
def test_a_write_is_done_only_where_the_api_says_success(bench: Bench, value: t.Any) -> None:
    bench.sandbox.inject(Fault("json", value=value))
    with pytest.raises(errors.MalformedAnswerError) as caught:
        write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert caught.value.maybe_applied


def test_a_try_that_may_have_worked_is_not_forgotten(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=503, after=True))
    bench.sandbox.inject(Fault("json", value={"success": False}))
    with pytest.raises(errors.GraphError, match="success") as caught:
        write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert caught.value.maybe_applied


@pytest.mark.parametrize("fault", [Fault("status", status=400, code=2), Fault("status", status=400, is_transient=True)])
def test_errors_that_may_pass_may_come_after_the_fact(bench: Bench, fault: Fault) -> None:
    bench.sandbox.inject(fault)
    with pytest.raises(errors.GraphError) as caught:
        write(bench, bench.client(retries=0), "DELETE", user="4567890123456789")
    assert caught.value.maybe_applied


def test_success_false_is_a_refusal(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"success": False}))
    with pytest.raises(errors.GraphError, match="success") as caught:
        write(bench, bench.client(), "DELETE", user="4567890123456789")
    assert not caught.value.maybe_applied


def test_nobody_listens() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_address[1]
    client = module.GraphClient(module.Settings("token", api_url=f"http://127.0.0.1:{port}", retries=1), lambda _: None)
    with pytest.raises(errors.NoAnswerError, match="refused"):
        client.get("me", {})


def test_a_body_without_end_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", 100_000)
    bench.sandbox.inject(Fault("endless", seconds=0, times=0))
    with pytest.raises(errors.MalformedAnswerError, match="larger than"):
        read(bench, bench.client())


def test_an_answer_that_trickles_in_for_ever_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "EXCHANGE_TIMEOUTS", 0.1)
    bench.sandbox.inject(Fault("endless", seconds=0.02, times=0))
    with pytest.raises(errors.NoAnswerError, match=r"did not end within 0\.5 seconds"):
        read(bench, bench.client(timeout=5, retries=0))


# Waits


def test_retry_after_in_seconds_is_honoured(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=429, code=4, headers={"Retry-After": "7"}, regain_minutes=3))
    read(bench, bench.client())
    assert bench.waits == [7]


def test_retry_after_as_a_date_is_honoured(bench: Bench) -> None:
    later = formatdate(time.time() + 30, usegmt=True)
    bench.sandbox.inject(Fault("status", status=503, headers={"Retry-After": later}))
    read(bench, bench.client())
    assert 25 < bench.waits[0] <= 30


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "0", "00", "9" * 5000, "Thu, 99 Nov 2026 00:00:00 GMT"])
def test_a_retry_after_that_is_none_is_passed_over(bench: Bench, value: str) -> None:
    bench.sandbox.inject(Fault("status", status=500, headers={"Retry-After": value}))
    if value.startswith("9"):
        with pytest.raises(errors.GraphError, match="asks to wait"):
            read(bench, bench.client())
    else:
        read(bench, bench.client())
        assert bench.waits[0] <= usage.FIRST_BACKOFF


def test_the_minutes_in_the_usage_header_are_honoured(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=80008, regain_minutes=1))
    read(bench, bench.client())
    assert bench.waits == [60]


def test_after_a_limit_one_call_probes_and_no_more(bench: Bench) -> None:
    """Calls while a limit holds prolong it."""
    bench.sandbox.inject(Fault("status", status=400, code=4, times=0))
    with pytest.raises(errors.LimitError):
        read(bench, bench.client(retries=4))
    assert len(bench.sandbox.log) == 2
    bench.sandbox.clear_faults()
    bench.sandbox.inject(Fault("status", status=400, code=80008))
    assert read(bench, bench.client(retries=4))["data"]


@pytest.mark.parametrize(
    ("code", "calls"),
    [(4, 12 + 1), (80008, 12 + 12)],
    ids=["the app's: one probe for all", "the accounts' own: one probe for each"],
)
def test_after_a_limit_of_many_calls_one_of_each_limit_probes(
    start: t.Callable[..., Bench], code: int, calls: int
) -> None:
    bench = accounts(start, 12, 1)
    bench.sandbox.inject(Fault("status", in_batch=True, status=400, code=code, times=0))
    client = bench.client(retries=4)
    results = lists(client, edges(bench, *range(7000, 7012)))
    assert all(isinstance(result, errors.LimitError) for result in results)
    assert client.calls == calls


def test_writes_to_a_limited_account_are_probed_by_one_of_them(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", in_batch=True, nth=5, status=400, code=80008, times=0))
    client = bench.client(retries=4)
    users = [str(900 + number) for number in range(46)]
    params = [{"user": user, "tasks": '["DEVELOP"]'} for user in users]
    answers = client.batch([module.Operation("POST", path_of(bench), one) for one in params])
    assert sum(isinstance(answer, errors.LimitError) for answer in answers) == 42
    assert client.calls == 46 + 1


def test_a_limit_that_has_lifted_lets_the_others_of_it_through(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 5, 1)
    bench.sandbox.inject(Fault("status", in_batch=True, status=400, code=4, times=3))
    client = bench.client(retries=1)
    assert [len(found(result)) for result in lists(client, edges(bench, *range(7000, 7005)))] == [1] * 5
    assert sizes(bench) == [5, 1, 2]


def test_a_limit_that_lifts_in_40_minutes_fails_at_once(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=80008, regain_minutes=40, times=0))
    with pytest.raises(errors.LimitError, match="in 40 minutes"):
        read(bench, bench.client())
    assert (bench.waits, len(bench.sandbox.log)) == ([], 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-App-Usage": "no json", "X-Business-Use-Case-Usage": "[]"},
        {"X-App-Usage": '{"call_count": "many"}', "X-Business-Use-Case-Usage": '{"1": [null, {"call_count": true}]}'},
        {"X-App-Usage": "[" * 100_000},
        {"X-App-Usage": '{"call_count": 1e999, "total_time": NaN}', "X-Business-Use-Case-Usage": '{"1": {}}'},
    ],
)
def test_usage_headers_may_hold_anything(headers: dict[str, str]) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    assert usage.usage(lower) == (0, None)


def test_a_used_up_quota_is_a_warning(start: t.Callable[..., Bench]) -> None:
    bench = start(quota=10)
    client = bench.client()
    for _call in range(8):
        read(bench, client)
    assert client.warnings == []
    for _call in range(2):
        read(bench, client)
    assert len(client.warnings) == 1


def test_an_expired_version_is_a_warning(bench: Bench) -> None:
    client = bench.client(api_version="v2.0")
    read(bench, client)
    read(bench, client)
    (warning,) = client.warnings
    assert "v2.0" in warning
    assert "v21.0" in warning


# Secrets


def test_what_a_server_echoes_is_redacted(bench: Bench) -> None:
    client = bench.client(app_secret=SECRET)
    bench.sandbox.inject(Fault("echo_token"))
    with pytest.raises(errors.GraphError) as caught:
        read(bench, client)
    assert "********" in str(caught.value)
    for secret in client.secrets:
        assert secret not in f"{caught.value!s} {caught.value!r} {caught.value.as_result()}"


def test_what_a_server_lists_is_redacted_and_can_be_passed_on(bench: Bench) -> None:
    client = bench.client()
    bench.sandbox.inject(Fault("json", value={"data": [{"name": f"I am {bench.sandbox.token}", "half": "\ud800"}]}))
    assert read(bench, client)["data"] == [{"name": "I am ********", "half": "?"}]


def test_redaction_finds_secrets_that_are_written_as_in_a_url() -> None:
    token = "EAA+tok/en=="
    client = module.GraphClient(module.Settings(token))
    for form in (token, urllib.parse.quote(token), urllib.parse.quote(token, safe=""), urllib.parse.quote_plus(token)):
        assert client.redact(f"in {form} it") == "in ******** it"


@pytest.mark.parametrize("kind", ["reset_before", "truncated", "hang", "redirect", "html"])
def test_no_failure_shows_a_secret(bench: Bench, kind: str) -> None:
    bench.sandbox.inject(Fault(kind, times=0))
    client = bench.client(app_secret=SECRET, timeout=0.2, retries=1)
    with pytest.raises(errors.GraphError) as caught:
        read(bench, client)
    error: BaseException | None = caught.value
    while error is not None:  # what a traceback would show
        assert not any(secret in str(error) for secret in client.secrets)
        error = None if error.__suppress_context__ else error.__context__


def test_a_redirect_is_not_followed(bench: Bench, start: t.Callable[..., Bench]) -> None:
    elsewhere = start()
    bench.sandbox.inject(Fault("redirect", location=f"{elsewhere.sandbox.url}/v23.0/me"))
    with pytest.raises(errors.RedirectError):
        read(bench, bench.client())
    assert elsewhere.sandbox.log == []


# Paging


def test_all_pages_are_read_forwards(start: t.Callable[..., Bench]) -> None:
    bench = start(people=30)
    found = pages(bench, bench.client(), limit="10")
    assert len(found) == 4
    assert set(ids(found)) == set(bench.sandbox.assigned())
    assert [page.has_next for page in found] == [True, True, True, False]


def test_pages_are_read_backwards_from_before(start: t.Callable[..., Bench]) -> None:
    bench = start(people=30)
    forwards = pages(bench, bench.client(), limit="10")
    assert forwards[-1].before is not None
    backwards = pages(bench, bench.client(), limit="10", before=forwards[-1].before)
    assert ids(backwards[::-1]) == ids(forwards[:-1])


@pytest.mark.parametrize("options", [{"page_size": 3}, {"empty_pages": True}, {"page_size": 1, "empty_pages": True}])
def test_short_and_empty_pages_hide_nobody(start: t.Callable[..., Bench], options: dict[str, t.Any]) -> None:
    bench = start(people=20, **options)
    assert set(ids(pages(bench, bench.client()))) == set(bench.sandbox.assigned())


def test_a_next_without_cursors_is_followed_by_the_cursor_in_it(start: t.Callable[..., Bench]) -> None:
    bench = start(people=20, page_size=10)
    bench.sandbox.inject(Fault("next_without_cursors"))
    found = pages(bench, bench.client())
    assert set(ids(found)) == set(bench.sandbox.assigned())
    for request in bench.sandbox.log:
        assert bench.sandbox.token not in request.raw_target


def test_a_list_without_paging_is_whole(bench: Bench) -> None:
    bench.sandbox.inject(Fault("no_paging"))
    assert len(pages(bench, bench.client())) == 1


def test_a_cursor_that_repeats_is_a_loop(start: t.Callable[..., Bench]) -> None:
    bench = start(people=20, page_size=10)
    bench.sandbox.inject(Fault("repeat_cursor", times=0))
    with pytest.raises(errors.MalformedAnswerError, match="circle"):
        pages(bench, bench.client())
    assert len(bench.sandbox.log) == 2


def test_new_cursors_without_end_are_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 20)
    bench.sandbox.inject(Fault("endless_pages", times=0))
    with pytest.raises(errors.MalformedAnswerError, match="20 pages"):
        pages(bench, bench.client())
    assert len(bench.sandbox.log) == 20


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"data": []}, paging.Page([])),
        ({"data": [], "paging": None}, paging.Page([])),
        ({"data": [], "paging": {"cursors": None, "next": ""}}, paging.Page([])),
        ({"data": [], "paging": {"cursors": {"after": "A", "before": 7}}}, paging.Page([], after="A")),
        (
            {"data": [], "paging": {"next": "https://x/?after=A%2B&access_token=T"}},
            paging.Page([], None, "A+", False, True),
        ),
        ({"data": [], "paging": {"next": "https://[x/?after=A"}}, paging.Page([], None, None, False, True)),
        ({"data": [], "paging": {"next": {"a": 1}}}, paging.Page([], None, None, False, True)),
        ({"data": [], "paging": {"previous": "https://x/?before=B"}}, paging.Page([], "B", None, True, False)),
        ({"data": [], "summary": {"total_count": 3}}, paging.Page([], total_count=3)),
        ({"data": [], "summary": {"total_count": True}}, paging.Page([])),
        ({"data": [], "summary": [3]}, paging.Page([])),
    ],
)
def test_pages_of_any_shape(answer: dict[str, t.Any], expected: paging.Page) -> None:
    assert paging._page(answer) == expected


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, {"data": "text"}])
def test_a_list_without_data_is_no_list(answer: dict[str, t.Any]) -> None:
    with pytest.raises(errors.MalformedAnswerError):
        paging._page(answer)


def test_a_page_that_promises_another_without_a_cursor_fails(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [], "paging": {"next": "https://x/"}}))
    with pytest.raises(errors.MalformedAnswerError, match="cursor"):
        pages(bench, bench.client())


# Many lists at once


def accounts(start: t.Callable[..., Bench], count: int, people: int, **options: t.Any) -> Bench:
    """A sandbox with so many accounts of so many people each, who are the same on all of them."""
    members = {str(10**17 + number): ["DEVELOP"] for number in range(people)}
    seed = {
        **DEFAULT,
        "people": [*DEFAULT["people"], *({"id": user_id, "name": user_id} for user_id in members)],
        "accounts": [{"id": str(7000 + number), "name": "A", "assigned": members} for number in range(count)],
    }
    return start(seed=seed, **options)


def edges(bench: Bench, *waba_ids: int, **params: str) -> list[tuple[str, dict[str, str]]]:
    common = {"business": bench.sandbox.business_id, "limit": "100", **params}
    return [(f"{waba_id}/assigned_users", common) for waba_id in waba_ids]


def found(result: list[paging.Page] | errors.GraphError) -> list[str]:
    assert isinstance(result, list), result
    return ids(result)


def sizes(bench: Bench) -> list[int]:
    """How many calls each round trip held; 0 for a call of its own."""
    return [len(request.operations or ()) for request in bench.sandbox.log]


def test_two_hundred_accounts_are_four_round_trips(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 200, 20)
    client = bench.client()
    results = lists(client, edges(bench, *range(7000, 7200)))
    assert [len(found(result)) for result in results] == [20] * 200
    assert sizes(bench) == [50, 50, 50, 50]
    assert client.calls == 200


def test_second_pages_share_round_trips_with_first_ones(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 60, 3)
    client = bench.client()
    results = lists(client, edges(bench, *range(7000, 7060), limit="2"))
    assert [found(result) for result in results] == [list(bench.sandbox.assigned("7000"))] * 60
    assert [len(result) for result in results if isinstance(result, list)] == [2] * 60
    # 60 first pages and 60 second ones: 120 calls, as few round trips as can be.
    assert sizes(bench) == [50, 50, 20]
    assert client.calls == 120


def test_one_list_is_read_by_plain_calls(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 1, 5)
    (result,) = lists(bench.client(), edges(bench, 7000, limit="2"))
    assert len(found(result)) == 5
    assert bench.methods == ["GET", "GET", "GET"]
    assert lists(bench.client(), []) == []


def test_the_last_list_that_goes_on_is_read_by_plain_calls(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 2, 3)
    bench.sandbox.remove(str(10**17), "7001")
    for result in lists(bench.client(), edges(bench, 7000, 7001, limit="2")):
        assert found(result)
    assert bench.methods == ["POST", "GET"]


@pytest.mark.parametrize("options", [{"page_size": 1}, {"empty_pages": True}, {"page_size": 2, "empty_pages": True}])
def test_short_and_empty_pages_of_many_lists_hide_nobody(
    start: t.Callable[..., Bench], options: dict[str, t.Any]
) -> None:
    bench = accounts(start, 3, 5, **options)
    for result in lists(bench.client(), edges(bench, 7000, 7001, 7002)):
        assert set(found(result)) == set(bench.sandbox.assigned("7000"))


def test_a_list_that_cannot_be_read_does_not_hide_the_others(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 3, 2)
    first, missing, last = lists(bench.client(), edges(bench, 7000, 999, 7002))
    assert isinstance(missing, errors.NotFoundError)
    assert len(found(first)) == len(found(last)) == 2
    assert sizes(bench) == [3]


def test_an_error_on_a_later_page_is_an_error_of_the_list(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 2, 3)
    bench.sandbox.inject(Fault("status", index=1, nth=2, status=403, code=200))
    first, second = lists(bench.client(), edges(bench, 7000, 7001, limit="1"))
    assert len(found(first)) == 3
    assert isinstance(second, errors.PermissionDeniedError)


FINAL = [
    (Fault("status", times=0, status=401, code=190, subcode=463), errors.TokenError),
    (Fault("status", index=3, times=0, status=401, code=190), errors.TokenError),
    (Fault("status", index=3, times=0, status=400, code=4), errors.LimitError),
    (Fault("reset_before", times=0), errors.NoAnswerError),
    (Fault("redirect", times=0), errors.RedirectError),
]


@pytest.mark.parametrize(("fault", "kind"), FINAL, ids=lambda value: getattr(value, "kind", ""))
def test_what_concerns_all_calls_ends_the_reading(
    start: t.Callable[..., Bench], fault: Fault, kind: type[errors.GraphError]
) -> None:
    bench = accounts(start, 60, 1)
    bench.sandbox.inject(fault)
    results = lists(bench.client(retries=0), edges(bench, *range(7000, 7060)))
    assert sizes(bench) in ([50], [0])  # what never became a batch has no operations
    told = [result for result in results if isinstance(result, errors.GraphError)]
    assert {error.__class__ for error in told} == {kind}
    if fault.index is None:
        assert len(told) == 60
    else:
        # What was read stays; what was not asked for any more has the reason.
        assert [number for number, result in enumerate(results) if isinstance(result, list)] == [
            number for number in range(50) if number != 3
        ]


def test_a_limit_of_one_account_ends_the_reading_of_no_other(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 60, 1)
    for index in (3, 0):  # its place among all, and when it is tried again
        bench.sandbox.inject(Fault("status", index=index, times=0, status=400, code=80008, path="/7003/"))
    results = lists(bench.client(retries=1), edges(bench, *range(7000, 7060)))
    assert [number for number, result in enumerate(results) if isinstance(result, errors.LimitError)] == [3]
    assert all(len(found(result)) == 1 for number, result in enumerate(results) if number != 3)


def test_what_may_pass_is_tried_again_beside_an_account_whose_limit_lifts_later(
    start: t.Callable[..., Bench],
) -> None:
    bench = accounts(start, 3, 1)
    bench.sandbox.inject(Fault("status", index=0, status=400, code=80008, regain_minutes=40, times=0, path="/7000/"))
    bench.sandbox.inject(Fault("status", index=2, status=500, code=2))
    limited, fine, passing = lists(bench.client(), edges(bench, 7000, 7001, 7002))
    assert isinstance(limited, errors.LimitError)
    assert "in 40 minutes" in str(limited)
    assert len(found(fine)) == len(found(passing)) == 1
    asked = [operation["relative_url"] for request in bench.sandbox.log for operation in request.operations or ()]
    assert len([url for url in asked if url.startswith("7000/")]) == 1


def test_what_may_pass_is_tried_again_alone(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 5, 1)
    bench.sandbox.inject(Fault("null_operation", index=1))
    bench.sandbox.inject(Fault("status", index=4, status=500, code=2))
    client = bench.client()
    assert [len(found(result)) for result in lists(client, edges(bench, *range(7000, 7005)))] == [1] * 5
    assert sizes(bench) == [5, 2]
    assert (client.calls, len(bench.waits)) == (7, 1)


def test_an_operation_that_is_never_answered_is_an_error_of_its_own(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 2, 1)
    bench.sandbox.inject(Fault("null_operation", path="/7001/", times=0))
    first, lost = lists(bench.client(retries=2), edges(bench, 7000, 7001))
    assert len(found(first)) == 1
    assert isinstance(lost, errors.LostError)
    assert not lost.maybe_applied  # nothing was to be applied


def test_a_loop_in_one_list_leaves_the_others(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 2, 1)
    page = {"data": [{"id": "1"}], "paging": {"cursors": {"after": "A"}, "next": "https://x/?after=A"}}
    bench.sandbox.inject(Fault("json", path="/7001/", index=1, value=page))
    bench.sandbox.inject(Fault("json", path="/7001/", value=page))
    first, turning = lists(bench.client(), edges(bench, 7000, 7001))
    assert len(found(first)) == 1
    assert isinstance(turning, errors.MalformedAnswerError)
    assert "circle" in str(turning)
    assert len(bench.sandbox.log) == 2


def test_lists_that_are_too_large_together_end_the_reading(
    start: t.Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = accounts(start, 60, 1)
    monkeypatch.setattr(paging, "MAX_LISTS_BYTES", 1000)
    results = lists(bench.client(), edges(bench, *range(7000, 7060)))
    assert sizes(bench) == [50]
    assert [len(found(result)) for result in results[:50]] == [1] * 50  # what was read to its end stays
    assert all(isinstance(result, errors.MalformedAnswerError) for result in results[50:])
    assert "the API's lists are together larger than 0 MiB: ask for fewer" in str(results[50])


@pytest.mark.parametrize("value", [{}, [], "text", {"data": None}, {"data": [], "paging": {"next": "https://x/"}}])
def test_an_answer_that_is_no_list_leaves_the_others(start: t.Callable[..., Bench], value: t.Any) -> None:
    bench = accounts(start, 2, 1)
    bench.sandbox.inject(Fault("json", index=0, value=value))
    broken, second = lists(bench.client(), edges(bench, 7000, 7001))
    assert isinstance(broken, errors.MalformedAnswerError)
    assert len(found(second)) == 1


def test_a_batch_of_lists_is_signed_and_shows_no_secret(start: t.Callable[..., Bench]) -> None:
    bench = accounts(start, 2, 3, require_proof=True)
    client = bench.client(app_secret=bench.sandbox.app_secret)
    for result in lists(client, edges(bench, 7000, 7001, limit="2")):
        assert len(found(result)) == 3
    for request in bench.sandbox.log:
        assert not any(secret in request.raw_target for secret in client.secrets)


# Hostile answers


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what the test put into `answer`."""

    answer: t.ClassVar[tuple[int, dict[str, str], bytes]] = (200, {}, b"")
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 - the name in the base class
        pass


@pytest.fixture(scope="module")
def echo_url() -> t.Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    # Below 200 and for 204 and 304, HTTP has no body: the server here would break the protocol itself.
    status=st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    headers=st.dictionaries(
        st.sampled_from(
            ["Retry-After", "X-App-Usage", "X-Business-Use-Case-Usage", "facebook-api-version", "Location"]
        ),
        header_values,
    ),
    body=st.binary(max_size=60)
    | st.sampled_from(
        [b"[" * 100_000, b'{"data":' * 50_000, b'{"error":{"code":' + b"9" * 5000 + b"}}", b"\xff\xfe{}"]
    ),
)
def test_any_answer_is_an_object_or_an_error(echo_url: str, status: int, headers: dict[str, str], body: bytes) -> None:
    Echo.answer = (status, headers, body)
    client = module.GraphClient(module.Settings("token", api_url=echo_url, retries=0), lambda _: None)
    with contextlib.suppress(errors.GraphError), contextlib.closing(client):
        assert isinstance(client.get("me", {}), dict)

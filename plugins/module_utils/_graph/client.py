# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""A client for any edge of Meta's Graph API: one session, authentication, retries, usage, paging, batches.

It knows nothing of WhatsApp nor of Ansible.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import hmac
import json
import logging
import random
import re
import threading
import time
import traceback
import typing as t
from email.utils import parsedate_to_datetime
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import parse_qs, quote, quote_plus, urlencode, urlsplit

from .errors import (
    AddressError,
    GraphError,
    LimitError,
    LostError,
    MalformedAnswerError,
    NoAnswerError,
    RedirectError,
    UntrustedServerError,
    concerns_all,
    error_from_answer,
    printable,
)

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

#: A hundred people are some 20 KB: a body beyond this is not an answer but an attack or a mistake. So is a list beyond
#: what 80,000 people take. In memory the smallest objects take some fifty times their size in JSON.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_LIST_BYTES = 16 * 1024 * 1024
#: The same for lists that are read together, however many they are.
MAX_LISTS_BYTES = 32 * 1024 * 1024
#: An answer may trickle in: each read has the timeout, the body as a whole this many timeouts.
BODY_TIMEOUTS = 4
#: What comes before the body may trickle in, too, and so may the answers of name servers and proxies: a request and
#: its answer as a whole have this many timeouts.
EXCHANGE_TIMEOUTS = BODY_TIMEOUTS + 2
#: None is asked for, and yet gateways pack. Others, or several at once, can unpack to gigabytes before that is noticed.
CODINGS = ("", "identity", "gzip", "x-gzip", "deflate")
#: Operations a batch: the most that the API takes.
MAX_BATCH = 50
#: No account may make more calls an hour than this: a list that long ends in the rate limit anyway.
MAX_PAGES = 5000
#: Meta's ids have up to 18 digits.
MAX_ID_DIGITS = 40
#: Seconds before the first further try; doubled for each one after it.
FIRST_BACKOFF = 0.5
#: From this share of the quota on, people are warned.
USAGE_WARNING_PERCENT = 90


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of an edge's list. `before` and `after` are the cursors to its neighbours, if it gave any."""

    data: list[t.Any]
    before: str | None = None
    after: str | None = None
    has_previous: bool = False
    has_next: bool = False
    #: The number of objects in the whole list: only where `summary=total_count` was asked for and answered.
    total_count: int | None = None


@dataclasses.dataclass(frozen=True)
class Operation:
    """A call that changes something, or one of a batch."""

    method: str
    path: str
    params: t.Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        """As batches have it: the parameters of a POST as a body, all others, a DELETE's too, in the query."""
        params = urlencode(self.params)
        if self.method == "POST":
            return {"method": self.method, "relative_url": self.path, "body": params}
        return {"method": self.method, "relative_url": f"{self.path}?{params}"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How to reach the API. The values are taken as valid: whoever takes them from people checks them."""

    access_token: str = dataclasses.field(repr=False)
    app_secret: str | None = dataclasses.field(default=None, repr=False)
    api_url: str = "https://graph.facebook.com"
    api_version: str = "v23.0"
    #: Sent as the User-Agent. Meta's description allows `name/1.2.3`, the name of letters, digits, `-` and `_`.
    user_agent: str = "metaops-whatsapp/0.0.0"
    #: `True` for the system's authorities, a path for one's own, `False` for no check at all.
    verify: bool | str = True
    #: Seconds: to connect, and again for each read.
    timeout: float = 30.0
    #: Further tries of one request after a failure that may pass.
    retries: int = 4
    #: Seconds: the longest single wait between two tries.
    max_retry_wait: float = 60.0


def appsecret_proof(access_token: str, app_secret: str) -> str:
    """The proof that the caller knows the app's secret: hex HMAC-SHA256 of the token.

    Source: <https://developers.facebook.com/docs/graph-api/guides/secure-requests/>.
    """
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class GraphClient:
    """Requests to one Graph API with one token over one connection.

    What reads raises `GraphError`; what writes, and a batch, returns it, so that several failures can be told at once.
    """

    def __init__(self, settings: Settings, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._session = _session(settings)
        proof = appsecret_proof(settings.access_token, settings.app_secret) if settings.app_secret else None
        self._signature = {"appsecret_proof": proof} if proof else {}
        self._secrets = [secret for secret in (settings.access_token, settings.app_secret, proof) if secret]
        self._secret_forms = _forms(self._secrets)
        self._log_filter = _LogFilter(self.redact)
        for logger in _LOGGERS:
            logger.addFilter(self._log_filter)
        self._bytes_received = 0
        #: Calls made so far, further tries and each operation of a batch included: what the quota is charged with.
        self.calls = 0
        #: What people should know about the exchange so far, each thing once.
        self.warnings: list[str] = []

    @property
    def secrets(self) -> list[str]:
        """Every value that must not be seen: the token, the app secret, and the proof made of both."""
        return list(self._secrets)

    def get(self, path: str, params: t.Mapping[str, str]) -> dict[str, t.Any]:
        """Read an object or one page of an edge; `path` is what follows the version, such as `me`."""
        return self._request("GET", path, params={**params, **self._signature})

    def write(self, operation: Operation) -> GraphError | None:
        """Make a call that changes something; returns what went wrong, or `None`.

        A DELETE's parameters go into the form body, where Meta's OpenAPI description requires them, and into the query,
        where Meta's own SDKs send them: HTTP gives the body of a DELETE no meaning, so a gateway may drop it.
        """
        params = {**operation.params, **self._signature}
        try:
            if operation.method == "POST":
                self._request("POST", operation.path, form=params)
            else:
                self._request(operation.method, operation.path, params=params, form=operation.params)
        except GraphError as error:
            return error
        return None

    def batch(self, operations: t.Sequence[Operation]) -> list[dict[str, t.Any] | GraphError]:
        """Make up to `MAX_BATCH` calls in one round trip; returns the answer to each, or what is wrong with it.

        They run in parallel: no two of them may be about the same thing. What may pass is tried again, as a call
        by itself would be. An operation that came back as `null` is one of those: it may have been carried out, or not.
        Source: <https://developers.facebook.com/docs/graph-api/batch-requests/>.
        """
        results: dict[int, dict[str, t.Any] | GraphError] = {}
        waiting = list(range(len(operations)))
        for turn in range(self._settings.retries + 1):
            again: list[GraphError] = []
            for number, answer in zip(waiting, self._try_batch([operations[number] for number in waiting])):
                if isinstance(answer, GraphError):
                    before = results.get(number)
                    is_write = operations[number].method != "GET"
                    answer.maybe_applied = (isinstance(before, GraphError) and before.maybe_applied) or (
                        is_write and answer.outcome_unknown
                    )
                    again += [answer] if answer.worth_a_retry and (is_write or not self._is_far_off(answer)) else []
                results[number] = answer
            waiting = [number for number in waiting if results[number] in again]
            if not waiting or not self._may_try_again(turn, again):
                break
        return [results[number] for number in range(len(operations))]

    def pages(self, path: str, params: t.Mapping[str, str]) -> t.Iterator[Page]:
        """Read an edge's list a page at a time, forwards from `after`, or backwards where `params` has `before`."""
        walk = _Walk(path, params)
        received = self._bytes_received
        while True:
            page = _page(self.get(walk.path, walk.params))
            yield page
            if not walk.goes_on(page):
                return
            if excess := self._excess(received, lists=1):
                raise excess

    def lists(self, edges: t.Sequence[tuple[str, t.Mapping[str, str]]]) -> list[list[Page] | GraphError]:
        """Read the lists of several edges whole, each given by path and parameters, up to `MAX_BATCH` in a round trip.

        Returns for each its pages, or what was wrong with one of them. What would go wrong with all other calls too
        ends the reading: it is then what is wrong with everything that was not read to its end.
        """
        pages: list[list[Page]] = [[] for _edge in edges]
        errors: dict[int, GraphError] = {}
        walks = {number: _Walk(path, params) for number, (path, params) in enumerate(edges)}
        received = self._bytes_received
        while walks:
            turn = list(walks)[:MAX_BATCH]
            for number, answer in zip(turn, self._get_each([walks[number] for number in turn])):
                walk = walks.pop(number)
                try:
                    if isinstance(answer, GraphError):
                        raise answer
                    pages[number].append(_page(answer))
                    if walk.goes_on(pages[number][-1]):
                        walks[number] = walk  # behind those that were not asked for yet: batches are as full as can be
                except GraphError as error:
                    errors[number] = error
            final = next((error for error in errors.values() if concerns_all(error)), None)
            final = final or self._excess(received, lists=len(edges))
            if final:
                errors.update(dict.fromkeys(walks, final))
                break
        return [errors.get(number, pages[number]) for number in range(len(edges))]

    def _excess(self, received: int, lists: int) -> MalformedAnswerError | None:
        """What is wrong where so many lists go on, and more has come in since `received` than is held of them."""
        limit = MAX_LIST_BYTES if lists == 1 else MAX_LISTS_BYTES
        if self._bytes_received - received <= limit:
            return None
        size = f"larger than {limit // 1024 // 1024} MiB"
        several = f"the API's lists are together {size}: ask for fewer at a time"
        return MalformedAnswerError(f"the API's list is {size}" if lists == 1 else several)

    def _get_each(self, walks: list[_Walk]) -> t.Sequence[dict[str, t.Any] | GraphError]:
        """The next page of each: one by a call of its own, several in one batch."""
        if len(walks) > 1:
            return self.batch([Operation("GET", walk.path, walk.params) for walk in walks])
        try:
            return [self.get(walks[0].path, walks[0].params)]
        except GraphError as error:
            return [error]

    def pause(self, turn: int) -> None:
        """Wait before the next of several tries at the same thing; `turn` counts from 0."""
        self._sleep(min(self._settings.max_retry_wait, _backoff(turn)))

    def redact(self, text: str) -> str:
        """The text without any secret in it, also where one was written as in a URL."""
        return self._secret_forms.sub("********", text)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
        for logger in _LOGGERS:
            logger.removeFilter(self._log_filter)

    def _request(self, method: str, path: str, **sent: t.Any) -> dict[str, t.Any]:
        maybe_applied = False
        for turn in range(self._settings.retries + 1):
            try:
                self.calls += 1
                return self._object(method, *self._exchange(method, path, **sent))
            except GraphError as error:  # noqa: PERF203 - what is tried again is what has failed
                maybe_applied = error.maybe_applied = maybe_applied or (method != "GET" and error.outcome_unknown)
                if not self._may_try_again(turn, [error]):
                    raise
        raise AssertionError("unreachable: the last turn returns or raises")

    def _may_try_again(self, turn: int, errors: list[GraphError]) -> bool:
        """Wait for as long as it takes until these may have passed; `False` where that cannot be hoped for."""
        settings = self._settings
        asked = [error.wait for error in errors if error.wait is not None]
        if turn == settings.retries or not all(error.worth_a_retry for error in errors):
            return False
        if asked and max(asked) > settings.max_retry_wait:
            return False
        self._sleep(max(asked) if asked else min(_backoff(turn), settings.max_retry_wait))
        return True

    def _is_far_off(self, error: GraphError) -> bool:
        """Whether this is one account's own limit that lifts too late: reads of others need not be given up for it."""
        return not concerns_all(error) and error.wait is not None and error.wait > self._settings.max_retry_wait

    def _try_batch(self, operations: list[Operation]) -> list[dict[str, t.Any] | GraphError]:
        self.calls += len(operations)
        form = {
            "batch": json.dumps([operation.as_json() for operation in operations], separators=(",", ":")),
            "access_token": self._settings.access_token,
            **self._signature,
        }
        try:
            answers = self._judge(*self._exchange("POST", "", form=form), list)
            if len(answers) != len(operations):
                raise MalformedAnswerError(f"a batch of {len(operations)} got {len(answers)} answers")
        except GraphError as error:
            return [copy.copy(error) for _operation in operations]
        return [self._operation_answer(*pair) for pair in zip(operations, answers)]

    def _operation_answer(self, operation: Operation, answer: t.Any) -> dict[str, t.Any] | GraphError:
        if answer is None:
            return LostError("the batch was answered without this call, which was not finished in time")
        try:
            status, body = answer["code"], answer["body"].encode()
            headers = {header["name"].lower(): header["value"] for header in answer.get("headers") or []}
            return self._object(operation.method, int(status), headers, body)
        except GraphError as error:
            return error
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return MalformedAnswerError("an answer in the batch is not of the form that batches have")

    def _object(self, method: str, status: int, headers: t.Mapping[str, str], raw: bytes) -> dict[str, t.Any]:
        answer = t.cast("dict[str, t.Any]", self._judge(status, headers, raw, dict))
        if method != "GET":
            _check_success(answer)
        return answer

    def _judge(self, status: int, headers: t.Mapping[str, str], raw: bytes, kind: type) -> t.Any:
        """The JSON of an answer, which has to be of this kind; or the error that it is."""
        self._note_version(headers.get("facebook-api-version"))
        usage = _usage(headers)
        if usage.percent >= USAGE_WARNING_PERCENT:
            self._warn("Most of the quota of API calls for this hour is used up: further calls may be refused soon.")
        if 300 <= status < 400:
            elsewhere = self.redact(_host(headers.get("location")))
            raise RedirectError(f"the server redirects to another address ({elsewhere})", status)
        answer = self._json(status, raw)
        if status >= 400 or (isinstance(answer, dict) and answer.get("error")):
            error = error_from_answer(status, answer)
            if error.code is None and not isinstance(answer, dict):
                error.message = f"not the Graph API's words but {_nature(raw)}"
            error.wait = _retry_after(headers.get("retry-after"))
            if error.wait is None and isinstance(error, LimitError):
                error.wait = usage.regain_seconds
            raise error
        if not isinstance(answer, kind):
            raise MalformedAnswerError(f"the API's answer is a JSON {type(answer).__name__}, not a {kind.__name__}")
        return answer

    def _exchange(self, method: str, path: str, **sent: t.Any) -> tuple[int, t.Mapping[str, str], bytes]:
        """One HTTP request and its whole answer, bounded in size and time.

        It has a thread of its own: no library below bounds the time that a line of HTTP may take to come in.
        """
        outcome: list[tuple[int, t.Mapping[str, str], bytes] | Exception] = []

        def exchange() -> None:
            try:
                outcome.append(self._send(method, path, **sent))
            except Exception as error:
                outcome.append(error)

        seconds = self._settings.timeout * EXCHANGE_TIMEOUTS
        thread = threading.Thread(target=exchange, daemon=True)
        thread.start()
        thread.join(seconds)
        answer = outcome[0] if outcome else NoAnswerError(f"the answer did not end within {seconds:g} seconds")
        if isinstance(answer, GraphError):
            raise answer
        if isinstance(answer, Exception):
            # requests lets errors of urllib3 and of the standard library through, too. Their texts hold the URL: only
            # the innermost reason is told on.
            raise self._no_answer(answer) from None
        self._bytes_received += len(answer[2])
        return answer

    def _send(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, str] | None = None,
        form: t.Mapping[str, str] | None = None,
    ) -> tuple[int, t.Mapping[str, str], bytes]:
        settings = self._settings
        with self._session.request(
            method,
            f"{settings.api_url}/{settings.api_version}/{path}",
            params=params,
            data=form,
            timeout=(settings.timeout, settings.timeout),
            # Said here and not on the session, whose setting loses to REQUESTS_CA_BUNDLE.
            verify=settings.verify,
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, response.headers, _body(response, settings.timeout * BODY_TIMEOUTS)

    def _no_answer(self, error: Exception) -> GraphError:
        host = _host(self._settings.api_url)
        kind = requests.exceptions
        no_address = (kind.InvalidURL, kind.InvalidSchema, kind.MissingSchema)
        if isinstance(error, no_address) or "LocationParse" in type(error).__name__:
            # Without the reason: it can be a part of a proxy's password.
            return AddressError(f"api_url ({host}) or the address of a proxy is not one")
        reason = printable(self.redact(_innermost(error)))
        if isinstance(error, kind.SSLError) and "certificate" in reason.lower():
            return UntrustedServerError(f"there is no TLS connection to {host} that can be trusted: {reason}")
        if error.__class__ is OSError:
            return UntrustedServerError(f"TLS cannot be verified: {printable(self.redact(str(error)))}")
        if isinstance(error, kind.ConnectTimeout):
            return NoAnswerError(f"no connection to {host} within {self._settings.timeout:g} seconds")
        if isinstance(error, kind.Timeout) or "timed out" in reason:
            return NoAnswerError(f"no answer from {host} within {self._settings.timeout:g} seconds")
        return NoAnswerError(f"no whole answer from {host}: {reason}")

    def _json(self, status: int, raw: bytes) -> t.Any:
        """The answer's JSON; an error status without JSON is still an answer, and judged by its status."""
        try:
            return self._clean(json.loads(raw.decode("utf-8")))
        except (ValueError, RecursionError):
            if status >= 400:
                return None
            raise MalformedAnswerError(
                f"the answer is not JSON but {_nature(raw)}", status, worth_a_retry=True
            ) from None

    def _clean(self, value: t.Any) -> t.Any:
        """The value without secrets, should the server repeat one, and without halves of characters.

        JSON can hold these, and UTF-8, in which Ansible passes results on, cannot.
        """
        if isinstance(value, str):
            return self.redact(value.encode("utf-8", "replace").decode())
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {self._clean(key): self._clean(item) for key, item in value.items()}
        return value

    def _note_version(self, answered: str | None) -> None:
        asked = self._settings.api_version
        if answered and answered != asked:
            self._warn(
                f"The API answered as version {printable(self.redact(answered))}, not {asked}:"
                " an expired version silently becomes the oldest that is left. Set api_version."
            )

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


class _LogFilter(logging.Filter):
    """Takes the secrets out of what urllib3 logs: some of it holds URLs, and an inventory runs where Ansible logs."""

    def __init__(self, redact: t.Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, without secrets and without the exception, whose text can hold what a server repeats."""
        record.msg, record.args, record.exc_info = self._redact(record.getMessage()), None, None
        return True


#: A filter is not asked about what the loggers below log: here are all that urllib3 has.
_LOGGERS = [
    logging.getLogger(f"urllib3.{name}")
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
]


def _forms(secrets: list[str]) -> re.Pattern[str]:
    """What finds the secrets in a text, also where they are written as in a URL; the longest spelling first."""
    forms = {form(secret) for secret in secrets for form in (str, quote, quote_plus, partial(quote, safe=""))}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _check_success(answer: dict[str, t.Any]) -> None:
    """Raise what is wrong with the answer to a write, which is to be `"success": true`."""
    if answer.get("success") is False:
        raise GraphError('the API answered "success": false and gave no reason')
    if answer.get("success") is not True:
        raise MalformedAnswerError('the API did not answer "success" to a write')


def _session(settings: Settings) -> requests.Session:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {settings.access_token}"
        return request

    session = requests.Session()
    # Plain HTTP is for this machine alone: a proxy would carry the token off it.
    session.trust_env = settings.api_url.startswith("https:")
    # requests looks at where a redirect leads even if it is not to be followed, and reads all that comes with it.
    session.resolve_redirects = lambda *_args, **_kwargs: iter(())  # type: ignore[method-assign]
    # As an authentication and not as a header: else requests would replace it with what ~/.netrc has for the host.
    session.auth = sign
    # Cookies of any size would be kept, and sent back with every request; the API has none.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers.update(
        {"User-Agent": settings.user_agent, "Accept": "application/json", "Accept-Encoding": "identity"}
    )
    return session


def _body(response: requests.Response, seconds: float) -> bytes:
    if response.headers.get("content-encoding", "").strip().lower() not in CODINGS:
        raise MalformedAnswerError("the answer is packed in a way that was not asked for")
    deadline = time.monotonic() + seconds
    body = bytearray()
    for piece in _pieces(response):
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise MalformedAnswerError(f"the answer is larger than {MAX_BODY_BYTES // 1024 // 1024} MiB")
        if time.monotonic() > deadline:
            raise NoAnswerError(f"the answer did not end within {seconds:g} seconds")
    return bytes(body)


def _pieces(response: requests.Response) -> t.Iterator[bytes]:
    """The body as it comes in, each piece as soon as it is there, so that a trickle is seen to be one."""
    read1 = getattr(response.raw, "read1", None)
    if read1 is None:  # urllib3 before 2
        yield from response.iter_content(1)
        return
    while piece := read1(64 * 1024, decode_content=True):
        yield piece


def _nature(raw: bytes) -> str:
    if not raw.strip():
        return "nothing at all"
    return "a web page, as gateways send it" if raw.lstrip()[:1] == b"<" else f"{len(raw)} bytes of something else"


def object_id(value: t.Any) -> str | None:
    """An id in an answer, which is digits in a string; a number will do, for JSON's are exact here."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**MAX_ID_DIGITS:
        return str(value)
    is_id = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_ID_DIGITS
    return t.cast("str", value) if is_id else None


def text_or_none(value: t.Any) -> str | None:
    """A text in an answer; `None` where there is none."""
    return value if isinstance(value, str) and value else None


def hidden(counted: int | None, listed: int, what: str) -> list[str]:
    """A warning where the API counts more than it listed, in a list that was read whole."""
    if counted is None or counted <= listed:
        return []
    return [f"The API counts {counted} {what} and listed {listed}: the access token may not see them all."]


class _Walk:
    """Where the reading of a list stands, and what to ask for next.

    A list ends where `paging.next` is missing and nowhere else: pages may be short, or empty with a next one.
    `paging.next` itself is a URL that carries the token: it is never followed, only its cursor is taken.
    """

    def __init__(self, path: str, params: t.Mapping[str, str]) -> None:
        self.path = path
        self.params = dict(params)
        self._cursor_name = "before" if "before" in params else "after"
        self._seen = {params.get(self._cursor_name)}

    def goes_on(self, page: Page) -> bool:
        """Whether another page follows this one, which `params` then ask for; raises where there is no way to it."""
        if not (page.has_previous if self._cursor_name == "before" else page.has_next):
            return False
        cursor = getattr(page, self._cursor_name)
        if cursor is None:
            raise MalformedAnswerError("the API says that there is another page and gives no cursor to it")
        if cursor in self._seen:
            raise MalformedAnswerError("the API's pages go round in a circle: a cursor came a second time")
        if len(self._seen) == MAX_PAGES:
            raise MalformedAnswerError(f"the API's list did not end after {MAX_PAGES} pages")
        self._seen.add(cursor)
        self.params[self._cursor_name] = cursor
        return True


def _page(answer: dict[str, t.Any]) -> Page:
    data = answer.get("data")
    if not isinstance(data, list):
        raise MalformedAnswerError('the API\'s list has no "data"')
    paging = _dict(answer.get("paging"))
    cursors = _dict(paging.get("cursors"))
    total_count = _dict(answer.get("summary")).get("total_count")
    return Page(
        data=data,
        before=_cursor(cursors, paging, "before", "previous"),
        after=_cursor(cursors, paging, "after", "next"),
        has_previous=bool(paging.get("previous")),
        has_next=bool(paging.get("next")),
        total_count=total_count if isinstance(total_count, int) and not isinstance(total_count, bool) else None,
    )


def _cursor(cursors: dict[str, t.Any], paging: dict[str, t.Any], name: str, link: str) -> str | None:
    """A page's cursor; where only the link to the neighbour is given, the one in the link's query."""
    cursor = cursors.get(name)
    if isinstance(cursor, str) and cursor:
        return cursor
    url = paging.get(link)
    if not isinstance(url, str):
        return None
    try:
        found = parse_qs(urlsplit(url).query).get(name)
    except ValueError:
        return None
    return found[0] if found else None


@dataclasses.dataclass(frozen=True)
class _Usage:
    percent: float
    regain_seconds: float | None


def _usage(headers: t.Mapping[str, str]) -> _Usage:
    """The highest use of any quota that the answer tells of, and the longest wait it names.

    Source: <https://developers.facebook.com/docs/graph-api/overview/rate-limiting/>.
    """
    entries = [_header_json(headers, "x-app-usage")]
    for group in _header_json(headers, "x-business-use-case-usage").values():
        entries.extend(_dict(entry) for entry in (group if isinstance(group, list) else []))
    percents = [_positive(entry.get(f)) for entry in entries for f in ("call_count", "total_time", "total_cputime")]
    minutes = max((_positive(entry.get("estimated_time_to_regain_access")) for entry in entries), default=0)
    return _Usage(max(percents, default=0), minutes * 60 or None)


def _header_json(headers: t.Mapping[str, str], name: str) -> dict[str, t.Any]:
    try:
        return _dict(json.loads(headers.get(name, "{}")))
    except (ValueError, RecursionError):
        return {}


def _dict(value: t.Any) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def _positive(value: t.Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e9 else 0.0


def _retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date; `None` where it asks for no wait."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9]) or None
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def _backoff(turn: int) -> float:
    """Seconds: doubled with each turn, and anywhere in its upper half, so that many clients do not return as one."""
    return float(FIRST_BACKOFF * 2**turn * random.uniform(0.5, 1.0))  # noqa: S311 - no secret is made of it


def _host(url: str | None) -> str:
    """Scheme and host of a URL for a message: nothing of its path or query, where a secret could be."""
    try:
        parts = urlsplit(url or "")
        return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}") if parts.netloc else "no other host"
    except ValueError:
        return "an address that is none"


def _innermost(error: BaseException) -> str:
    """The reason at the bottom of requests' and urllib3's nested exceptions, without the URL that their texts hold."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        nested = [getattr(current, "reason", None), *reversed(current.args), current.__cause__, current.__context__]
        current = next((inner for inner in nested if isinstance(inner, BaseException) and inner not in seen), None)
    last = seen[-1]
    if isinstance(last, OSError) and last.strerror:
        return str(last.strerror)
    return str(last) if len(seen) > 1 and "://" not in str(last) else type(last).__name__

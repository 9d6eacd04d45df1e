# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP requests with the access token, limited in size and time, with typed errors."""

from __future__ import annotations

import dataclasses
import threading
import time
import traceback
import typing as t
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

from .errors import GraphError, MalformedAnswerError, NoAnswerError, NotSentError
from .values import printable

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

#: A hundred users are some 20 KB: a larger body is an attack or a mistake.
MAX_BODY_BYTES = 4 * 1024 * 1024
#: Headers, bodies, name servers and proxies can be slow: each read has the timeout, the whole request this many.
EXCHANGE_TIMEOUTS = 6
#: No coding is requested, but gateways compress. Others, or several at once, can expand to gigabytes.
CODINGS = ("", "identity", "gzip", "x-gzip", "deflate")

#: Status, headers and body.
Answer = tuple[int, t.Mapping[str, str], bytes]


@dataclasses.dataclass(frozen=True)
class Settings:
    """How to reach the API. The values are valid: `_options.graph_settings` checks them."""

    access_token: str = dataclasses.field(repr=False)
    app_secret: str | None = dataclasses.field(default=None, repr=False)
    api_url: str = "https://graph.facebook.com"
    api_version: str = "v23.0"
    #: The User-Agent. Meta's description allows `name/1.2.3`, with letters, digits, `-` and `_` in the name.
    user_agent: str = "metaops-whatsapp/0.0.0"
    #: `True` for the system's certificate authorities, the path of others, `False` for no verification.
    verify: bool | str = True
    #: Seconds to connect, and again for each read.
    timeout: float = 30.0
    #: Further tries of a request after a transient failure.
    retries: int = 4
    #: Seconds of the longest wait between two tries.
    max_retry_wait: float = 60.0


class Transport:
    """Requests to one Graph API over one connection."""

    def __init__(self, settings: Settings, redact: t.Callable[[str], str]) -> None:
        self._settings = settings
        self._redact = redact
        self._session = _session(settings)
        self.bytes_received = 0

    def close(self) -> None:
        self._session.close()

    def exchange(self, method: str, path: str, **sent: t.Any) -> Answer:
        """Make one HTTP request and return its whole answer. Raises `GraphError`.

        It runs in a thread: requests limits the time of each read, but not their number before the body, so that a
        server which sends a header byte by byte would block a task for ever. A deadline in the same thread would need
        signals, which belong to Ansible, or a second HTTP library.
        """
        outcome: list[Answer | Exception] = []

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
            # Also errors of urllib3 and of the standard library. Their texts hold the URL, so they are not chained.
            raise self._no_answer(answer) from None
        self.bytes_received += len(answer[2])
        return answer

    def _send(
        self, method: str, path: str, params: t.Mapping[str, str] | None = None, form: t.Mapping[str, str] | None = None
    ) -> Answer:
        settings = self._settings
        with self._session.request(
            method,
            f"{settings.api_url}/{settings.api_version}/{path}",
            params=params,
            data=form,
            timeout=(settings.timeout, settings.timeout),
            # Not a setting of the session, over which REQUESTS_CA_BUNDLE takes precedence.
            verify=settings.verify,
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, response.headers, _body(response, settings.timeout * EXCHANGE_TIMEOUTS)

    def _no_answer(self, error: Exception) -> GraphError:
        host = host_of(self._settings.api_url)
        kind = requests.exceptions
        no_address = (kind.InvalidURL, kind.InvalidSchema, kind.MissingSchema)
        if isinstance(error, no_address) or "LocationParse" in type(error).__name__:
            # Without the reason, which can be a part of a proxy's password.
            problem = NotSentError(f"api_url ({host}) or the address of a proxy is invalid")
            problem.remedy = "Check api_url and the proxy variables of the environment (HTTPS_PROXY, ALL_PROXY)."
            return problem
        reason = printable(self._redact(_innermost(error)))
        if isinstance(error, kind.SSLError) and "certificate" in reason.lower():
            return NotSentError(f"there is no trusted TLS connection to {host}: {reason}")
        if error.__class__ is OSError:
            return NotSentError(f"TLS cannot be verified: {printable(self._redact(str(error)))}")
        if isinstance(error, kind.ConnectTimeout):
            return NoAnswerError(f"no connection to {host} within {self._settings.timeout:g} seconds")
        if isinstance(error, kind.Timeout) or "timed out" in reason:
            return NoAnswerError(f"no answer from {host} within {self._settings.timeout:g} seconds")
        return NoAnswerError(f"no whole answer from {host}: {reason}")


def host_of(url: str | None) -> str:
    """Return scheme and host of a URL for a message, without path and query, which can hold a secret."""
    try:
        parts = urlsplit(url or "")
        return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}") if parts.netloc else "no other host"
    except ValueError:
        return "an invalid address"


def _session(settings: Settings) -> requests.Session:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {settings.access_token}"
        return request

    session = requests.Session()
    # Plain HTTP is for this machine only: a proxy would get the token.
    session.trust_env = settings.api_url.startswith("https:")
    # Even with allow_redirects=False requests resolves a redirect, and reads its body without a limit.
    session.resolve_redirects = lambda *_args, **_kwargs: iter(())  # type: ignore[method-assign]
    # As authentication, not as a header, which requests would replace with credentials from ~/.netrc.
    session.auth = sign
    # Cookies of any size would be stored and sent back; the API has none.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers.update(
        {"User-Agent": settings.user_agent, "Accept": "application/json", "Accept-Encoding": "identity"}
    )
    return session


def _body(response: requests.Response, seconds: float) -> bytes:
    if response.headers.get("content-encoding", "").strip().lower() not in CODINGS:
        raise MalformedAnswerError("the answer has a content encoding that was not requested")
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
    """Yield each piece of the body as soon as it arrives, so that the deadline holds for slow bodies."""
    read1 = getattr(response.raw, "read1", None)
    if read1 is None:  # urllib3 before 2
        yield from response.iter_content(1)
        return
    while piece := read1(64 * 1024, decode_content=True):
        yield piece


def _innermost(error: BaseException) -> str:
    """Return the reason of the innermost of nested exceptions, without the URL that the outer ones hold."""
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

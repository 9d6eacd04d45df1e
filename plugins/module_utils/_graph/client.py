# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client for any edge of Meta's Graph API: authentication, retries, rate limits, batches."""

from __future__ import annotations

import collections
import copy
import dataclasses
import hashlib
import hmac
import json
import time
import typing as t
from urllib.parse import urlencode

from . import errors
from .errors import GraphError, LimitError, MalformedAnswerError, concerns_all, error_from_answer
from .redaction import LOGGERS, LogFilter, Redaction
from .transport import REQUESTS_IMPORT_ERROR, Settings, Transport, host_of
from .usage import backoff, retry_after, usage
from .values import printable

__all__ = ["MAX_BATCH", "REQUESTS_IMPORT_ERROR", "GraphClient", "Operation", "Settings", "appsecret_proof"]

#: The API's limit of operations in a batch.
MAX_BATCH = 50
#: Use of the quota from which on there is a warning.
USAGE_WARNING_PERCENT = 90

Json = dict[str, t.Any]
#: The answers or errors of the operations of a batch so far, by the operation's number.
Answers = dict[int, t.Union[Json, GraphError]]


@dataclasses.dataclass(frozen=True)
class Operation:
    """A write, or a call in a batch."""

    method: str
    path: str
    params: t.Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        """The operation in a batch: a POST has its parameters in the body, others have them in the query."""
        params = urlencode(self.params)
        if self.method == "POST":
            return {"method": self.method, "relative_url": self.path, "body": params}
        return {"method": self.method, "relative_url": f"{self.path}?{params}"}


def appsecret_proof(access_token: str, app_secret: str) -> str:
    """Return the proof that the caller knows the app's secret: hex HMAC-SHA256 of the token.

    Source: <https://developers.facebook.com/docs/graph-api/guides/secure-requests/>.
    """
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class GraphClient:
    """Requests to one Graph API with one token over one connection.

    `get` raises `GraphError`; `write` and `batch` return it, so that several failures can be reported together.
    Calls during a rate limit prolong it: after a limit one single call checks whether it has lifted.
    """

    def __init__(self, settings: Settings, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        proof = appsecret_proof(settings.access_token, settings.app_secret) if settings.app_secret else None
        self._signature = {"appsecret_proof": proof} if proof else {}
        #: Values that must not be shown: the token, the app secret, and the proof made of both.
        self.secrets = [secret for secret in (settings.access_token, settings.app_secret, proof) if secret]
        self.redact = Redaction(self.secrets)
        self._log_filter = LogFilter(self.redact)
        for logger in LOGGERS:
            logger.addFilter(self._log_filter)
        self._transport = Transport(settings, self.redact)
        #: Calls so far that count against the quota: all tries, and each operation of a batch.
        self.calls = 0
        #: The same by the object that a path begins with, such as an account: accounts have limits of their own.
        self.calls_by_object: collections.Counter[str] = collections.Counter()
        self.warnings: list[str] = []
        #: The highest use of a quota so far in percent, or `None` where no answer reported one.
        self.used_percent: float | None = None

    @property
    def token_inspection(self) -> Operation:
        """The call that describes the access token. For `batch` alone: a plain call would have the token in its URL."""
        return Operation("GET", "debug_token", {"input_token": self._settings.access_token})

    @property
    def bytes_received(self) -> int:
        return self._transport.bytes_received

    def get(self, path: str, params: t.Mapping[str, str]) -> Json:
        """Read an object or one page of an edge; `path` follows the version, such as `me`. Raises `GraphError`."""
        return self._request("GET", path, params={**params, **self._signature})

    def write(self, operation: Operation) -> GraphError | None:
        """Make a write; return its error, or `None`.

        A DELETE's parameters go into the form body, where Meta's OpenAPI description requires them, and into the query,
        where Meta's own SDKs send them: HTTP gives the body of a DELETE no meaning, so a gateway may drop it.
        """
        signed = {**operation.params, **self._signature}
        query, form = (None, signed) if operation.method == "POST" else (signed, operation.params)
        try:
            self._request(operation.method, operation.path, params=query, form=form)
        except GraphError as error:
            return error
        return None

    def batch(self, operations: t.Sequence[Operation]) -> list[Json | GraphError]:
        """Make up to `MAX_BATCH` calls in one round trip; return the answer or the error of each.

        The API runs them in parallel, so they must be independent. Transient errors are tried again, as with a single
        call; an answer `null`, where the outcome is unknown, is one of them.
        Source: <https://developers.facebook.com/docs/graph-api/batch-requests/>.
        """
        answers: Answers = {}
        self._try_batch(operations, range(len(operations)), answers)
        for turn in range(self._settings.retries):
            if any(map(_limits_everything, answers.values())):
                break
            transient = {
                number: answer
                for number, answer in answers.items()
                if isinstance(answer, GraphError) and answer.worth_a_retry and not isinstance(answer, LimitError)
            }
            if not transient or not self.pause(turn, transient.values()):
                break
            self._try_batch(operations, transient, answers)
        if self._settings.retries:
            self._probe_limits(operations, answers)
        return [answers[number] for number in range(len(operations))]

    def pause(self, turn: int, after: t.Iterable[GraphError] = ()) -> bool:
        """Wait before the next of several tries; `False` where that is too long. `turn` counts from 0.

        The wait is the longest that these errors ask for, or else the backoff.
        """
        longest = self._settings.max_retry_wait
        asked = [error.wait for error in after if error.wait is not None]
        wait = max(asked) if asked else min(backoff(turn), longest)
        if wait <= longest:
            self._sleep(wait)
        return wait <= longest

    def close(self) -> None:
        self._transport.close()
        for logger in LOGGERS:
            logger.removeFilter(self._log_filter)

    def _request(self, method: str, path: str, **sent: t.Any) -> Json:
        maybe_applied = was_limited = False
        for turn in range(self._settings.retries + 1):
            try:
                self._count(path)
                return self._object(method, *self._transport.exchange(method, path, **sent))
            except GraphError as error:  # noqa: PERF203 - what is tried again is what has failed
                maybe_applied = error.maybe_applied = maybe_applied or (method != "GET" and error.outcome_unknown)
                is_last = turn == self._settings.retries or was_limited
                was_limited = isinstance(error, LimitError)
                if is_last or not error.worth_a_retry or not self.pause(turn, [error]):
                    raise
        raise AssertionError("unreachable: the last turn returns or raises")

    def _count(self, *paths: str) -> None:
        self.calls += len(paths)
        self.calls_by_object.update(path.partition("/")[0] for path in paths)

    def _try_batch(self, operations: t.Sequence[Operation], numbers: t.Iterable[int], answers: Answers) -> None:
        """Make the operations with these numbers once, and note their answers."""
        chosen = list(numbers)
        for number, answer in zip(chosen, self._send_batch([operations[number] for number in chosen])):
            if isinstance(answer, GraphError):
                before = answers.get(number)
                answer.maybe_applied = (isinstance(before, GraphError) and before.maybe_applied) or (
                    operations[number].method != "GET" and answer.outcome_unknown
                )
            answers[number] = answer

    def _probe_limits(self, operations: t.Sequence[Operation], answers: Answers) -> None:
        """Try one call of each rate limit again; where it succeeds, try the other calls of that limit, too.

        A limit of the app or the token is one limit for all calls; else each account, which is the first part of a
        path, has its own.
        """
        limits: dict[str, dict[int, LimitError]] = {}
        everything = any(map(_limits_everything, answers.values()))
        for number, answer in answers.items():
            if isinstance(answer, LimitError) and (not everything or concerns_all(answer)):
                limits.setdefault("" if everything else operations[number].path.partition("/")[0], {})[number] = answer
        longest = self._settings.max_retry_wait
        short = [limit for limit in limits.values() if all((error.wait or 0) <= longest for error in limit.values())]
        if not short or not self.pause(0, [error for limit in short for error in limit.values()]):
            return
        probes = [min(limit) for limit in short]
        self._try_batch(operations, probes, answers)
        lifted = [limit for probe, limit in zip(probes, short) if not isinstance(answers[probe], LimitError)]
        rest = [number for limit in lifted for number in limit if number not in probes]
        if rest:
            self._try_batch(operations, rest, answers)

    def _send_batch(self, operations: list[Operation]) -> list[Json | GraphError]:
        self._count(*(operation.path for operation in operations))
        form = {
            "batch": json.dumps([operation.as_json() for operation in operations], separators=(",", ":")),
            "access_token": self._settings.access_token,
            **self._signature,
        }
        try:
            answers = self._judge(*self._transport.exchange("POST", "", form=form), list)
            if len(answers) != len(operations):
                raise MalformedAnswerError(f"a batch of {len(operations)} got {len(answers)} answers")
        except GraphError as error:
            return [copy.copy(error) for _operation in operations]
        return [self._operation_answer(*pair) for pair in zip(operations, answers)]

    def _operation_answer(self, operation: Operation, answer: t.Any) -> Json | GraphError:
        if answer is None:
            return errors.LostError("the batch was answered without this call, which was not finished in time")
        try:
            status, body = answer["code"], answer["body"].encode("utf-8", "replace")
            headers = {header["name"].lower(): header["value"] for header in answer.get("headers") or []}
            return self._object(operation.method, int(status), headers, body)
        except GraphError as error:
            return error
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return MalformedAnswerError("an answer in the batch is not of the form that batches have")

    def _object(self, method: str, status: int, headers: t.Mapping[str, str], raw: bytes) -> Json:
        answer = t.cast("Json", self._judge(status, headers, raw, dict))
        if method != "GET" and answer.get("success") is False:
            raise GraphError('the API answered "success": false and gave no reason')
        if method != "GET" and answer.get("success") is not True:
            raise MalformedAnswerError('the API did not answer "success" to a write')
        return answer

    def _judge(self, status: int, headers: t.Mapping[str, str], raw: bytes, kind: type) -> t.Any:
        """Return the JSON of an answer, which must be of this type. Raises `GraphError`."""
        version = headers.get("facebook-api-version")
        if version and version != self._settings.api_version:
            self._warn(
                f"The API answered as version {printable(self.redact(version))}, not {self._settings.api_version}:"
                " an expired version silently becomes the oldest that is left. Set api_version."
            )
        used_percent, regain_seconds = usage(headers)
        if "x-app-usage" in headers or "x-business-use-case-usage" in headers:
            self.used_percent = max(used_percent, self.used_percent or 0)
        if used_percent >= USAGE_WARNING_PERCENT:
            self._warn("Most of the quota of API calls for this hour is used up: further calls may be refused soon.")
        if 300 <= status < 400:
            elsewhere = self.redact(host_of(headers.get("location")))
            raise errors.RedirectError(f"the server redirects to another address ({elsewhere})", status)
        answer = self._json(status, raw)
        if status >= 400 or (isinstance(answer, dict) and answer.get("error")):
            error = error_from_answer(status, answer)
            if error.code is None and not isinstance(answer, dict):
                error.message = f"the answer is not from the Graph API but {_nature(raw)}"
            error.wait = retry_after(headers.get("retry-after"))
            if error.wait is None and isinstance(error, LimitError):
                error.wait = regain_seconds
            raise error
        if not isinstance(answer, kind):
            raise MalformedAnswerError(f"the API's answer is a JSON {type(answer).__name__}, not a {kind.__name__}")
        return answer

    def _json(self, status: int, raw: bytes) -> t.Any:
        """Return the JSON of an answer; `None` where an answer with an error status has none."""
        try:
            answer = json.loads(raw.decode("utf-8"))
            # A list is a batch: each of its answers is parsed and redacted later.
            return answer if isinstance(answer, list) else self._clean(answer)
        except (ValueError, RecursionError):
            if status >= 400:
                return None
            raise errors.NotJsonError(f"the answer is not JSON but {_nature(raw)}", status) from None

    def _clean(self, value: t.Any) -> t.Any:
        """Return the value without secrets that the server repeats, and without lone surrogates.

        JSON can hold surrogates; UTF-8, in which Ansible passes results on, cannot.
        """
        if isinstance(value, str):
            return self.redact(value if value.isascii() else value.encode("utf-8", "replace").decode())
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {self._clean(key): self._clean(item) for key, item in value.items()}
        return value

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def _limits_everything(answer: Json | GraphError) -> bool:
    return isinstance(answer, LimitError) and concerns_all(answer)


def _nature(raw: bytes) -> str:
    if not raw.strip():
        return "nothing at all"
    return "a web page, as gateways send it" if raw.lstrip()[:1] == b"<" else f"{len(raw)} bytes of something else"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""A client for any edge of Meta's Graph API: authentication, retries, rate limits, batches.

It knows nothing of WhatsApp nor of Ansible.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import hmac
import json
import time
import typing as t
from urllib.parse import urlencode

from .errors import (
    GraphError,
    LimitError,
    LostError,
    MalformedAnswerError,
    RedirectError,
    concerns_all,
    error_from_answer,
)
from .redaction import LOGGERS, LogFilter, Redaction
from .text import printable
from .transport import REQUESTS_IMPORT_ERROR, Settings, Transport, host_of
from .usage import backoff, retry_after, usage

__all__ = ["MAX_BATCH", "REQUESTS_IMPORT_ERROR", "GraphClient", "Operation", "Settings", "appsecret_proof"]

#: Operations a batch: the most that the API takes.
MAX_BATCH = 50
#: From this share of the quota on, people are warned.
USAGE_WARNING_PERCENT = 90

Json = dict[str, t.Any]
#: The answers to the operations of a batch so far, or what is wrong with them, by the operation's number.
Answers = dict[int, t.Union[Json, GraphError]]


@dataclasses.dataclass(frozen=True)
class Operation:
    """A call that changes something, or one of a batch."""

    method: str
    path: str
    params: t.Mapping[str, str]

    @property
    def object_id(self) -> str:
        """The object that the call is about: an account's own rate limit concerns its calls alone."""
        return self.path.partition("/")[0]

    def as_json(self) -> dict[str, str]:
        """As batches have it: the parameters of a POST as a body, all others, a DELETE's too, in the query."""
        params = urlencode(self.params)
        if self.method == "POST":
            return {"method": self.method, "relative_url": self.path, "body": params}
        return {"method": self.method, "relative_url": f"{self.path}?{params}"}


def appsecret_proof(access_token: str, app_secret: str) -> str:
    """The proof that the caller knows the app's secret: hex HMAC-SHA256 of the token.

    Source: <https://developers.facebook.com/docs/graph-api/guides/secure-requests/>.
    """
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class GraphClient:
    """Requests to one Graph API with one token over one connection.

    What reads raises `GraphError`; what writes, and a batch, returns it, so that several failures can be told at once.
    Calls while a rate limit holds prolong it: after a limit a single call probes, at most once, whether it has lifted.
    """

    def __init__(self, settings: Settings, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        proof = appsecret_proof(settings.access_token, settings.app_secret) if settings.app_secret else None
        self._signature = {"appsecret_proof": proof} if proof else {}
        self._secrets = [secret for secret in (settings.access_token, settings.app_secret, proof) if secret]
        self.redact = Redaction(self._secrets)
        self._log_filter = LogFilter(self.redact)
        for logger in LOGGERS:
            logger.addFilter(self._log_filter)
        self._transport = Transport(settings, self.redact)
        #: Calls made so far, further tries and each operation of a batch included: what the quota is charged with.
        self.calls = 0
        #: What people should know about the exchange so far, each thing once.
        self.warnings: list[str] = []

    @property
    def secrets(self) -> list[str]:
        """Every value that must not be seen: the token, the app secret, and the proof made of both."""
        return list(self._secrets)

    @property
    def bytes_received(self) -> int:
        """Bytes of all answers so far."""
        return self._transport.bytes_received

    def get(self, path: str, params: t.Mapping[str, str]) -> Json:
        """Read an object or one page of an edge; `path` is what follows the version, such as `me`."""
        return self._request("GET", path, params={**params, **self._signature})

    def write(self, operation: Operation) -> GraphError | None:
        """Make a call that changes something; return what went wrong, or `None`.

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

    def batch(self, operations: t.Sequence[Operation]) -> list[Json | GraphError]:
        """Make up to `MAX_BATCH` calls in one round trip; return the answer to each, or what is wrong with it.

        They run in parallel: no two of them may be about the same thing. Transient errors are tried again, as with a
        plain call. An operation that came back as `null` has one of those: it may have been carried out, or not.
        Source: <https://developers.facebook.com/docs/graph-api/batch-requests/>.
        """
        answers: Answers = {}
        self._try_batch(operations, range(len(operations)), answers)
        for turn in range(self._settings.retries):
            waiting = [number for number, answer in answers.items() if _is_transient(answer)]
            if not waiting or any(_limits_everything(answer) for answer in answers.values()):
                break
            if not self._wait(turn, [t.cast("GraphError", answers[number]) for number in waiting]):
                break
            self._try_batch(operations, waiting, answers)
        if self._settings.retries:
            self._probe_limits(operations, answers)
        return [answers[number] for number in range(len(operations))]

    def pause(self, turn: int) -> None:
        """Wait before the next of several tries at the same thing; `turn` counts from 0."""
        self._sleep(min(self._settings.max_retry_wait, backoff(turn)))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()
        for logger in LOGGERS:
            logger.removeFilter(self._log_filter)

    def _request(self, method: str, path: str, **sent: t.Any) -> Json:
        maybe_applied = was_limited = False
        for turn in range(self._settings.retries + 1):
            try:
                self.calls += 1
                return self._object(method, *self._transport.exchange(method, path, **sent))
            except GraphError as error:  # noqa: PERF203 - what is tried again is what has failed
                maybe_applied = error.maybe_applied = maybe_applied or (method != "GET" and error.outcome_unknown)
                is_last = turn == self._settings.retries or was_limited
                was_limited = isinstance(error, LimitError)
                if is_last or not error.worth_a_retry or not self._wait(turn, [error]):
                    raise
        raise AssertionError("unreachable: the last turn returns or raises")

    def _wait(self, turn: int, errors: t.Sequence[GraphError]) -> bool:
        """Wait for as long as it takes until these may have passed; `False` where that takes too long."""
        longest = self._settings.max_retry_wait
        asked = [error.wait for error in errors if error.wait is not None]
        if asked and max(asked) > longest:
            return False
        self._sleep(max(asked) if asked else min(backoff(turn), longest))
        return True

    def _try_batch(self, operations: t.Sequence[Operation], numbers: t.Iterable[int], answers: Answers) -> None:
        """Make these of the operations once, and note the answers."""
        chosen = list(numbers)
        for number, answer in zip(chosen, self._send_batch([operations[number] for number in chosen])):
            if isinstance(answer, GraphError):
                before = answers.get(number)
                answer.maybe_applied = (isinstance(before, GraphError) and before.maybe_applied) or (
                    operations[number].method != "GET" and answer.outcome_unknown
                )
            answers[number] = answer

    def _probe_limits(self, operations: t.Sequence[Operation], answers: Answers) -> None:
        """Try one call of each limit once more; where it comes through, the others of that limit, too.

        A limit of everything is one limit; else each account's is one of its own.
        """
        limits: dict[str, list[int]] = {}
        everything = any(_limits_everything(answer) for answer in answers.values())
        for number, answer in answers.items():
            if isinstance(answer, LimitError) and (not everything or concerns_all(answer)):
                limits.setdefault("" if everything else operations[number].object_id, []).append(number)
        longest = self._settings.max_retry_wait
        near = [
            numbers
            for numbers in limits.values()
            if all((t.cast("GraphError", answers[number]).wait or 0) <= longest for number in numbers)
        ]
        if not near or not self._wait(0, [t.cast("GraphError", answers[n]) for numbers in near for n in numbers]):
            return
        self._try_batch(operations, [numbers[0] for numbers in near], answers)
        rest = [number for numbers in near if not isinstance(answers[numbers[0]], LimitError) for number in numbers[1:]]
        if rest:
            self._try_batch(operations, rest, answers)

    def _send_batch(self, operations: list[Operation]) -> list[Json | GraphError]:
        self.calls += len(operations)
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
            return LostError("the batch was answered without this call, which was not finished in time")
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
        if method != "GET":
            _check_success(answer)
        return answer

    def _judge(self, status: int, headers: t.Mapping[str, str], raw: bytes, kind: type) -> t.Any:
        """The JSON of an answer, which has to be of this kind; or the error that it is."""
        self._note_version(headers.get("facebook-api-version"))
        used = usage(headers)
        if used.percent >= USAGE_WARNING_PERCENT:
            self._warn("Most of the quota of API calls for this hour is used up: further calls may be refused soon.")
        if 300 <= status < 400:
            elsewhere = self.redact(host_of(headers.get("location")))
            raise RedirectError(f"the server redirects to another address ({elsewhere})", status)
        answer = self._json(status, raw)
        if status >= 400 or (isinstance(answer, dict) and answer.get("error")):
            error = error_from_answer(status, answer)
            if error.code is None and not isinstance(answer, dict):
                error.message = f"not the Graph API's words but {_nature(raw)}"
            error.wait = retry_after(headers.get("retry-after"))
            if error.wait is None and isinstance(error, LimitError):
                error.wait = used.regain_seconds
            raise error
        if not isinstance(answer, kind):
            raise MalformedAnswerError(f"the API's answer is a JSON {type(answer).__name__}, not a {kind.__name__}")
        return answer

    def _json(self, status: int, raw: bytes) -> t.Any:
        """The answer's JSON; an error status without JSON is still an answer, and judged by its status."""
        try:
            answer = json.loads(raw.decode("utf-8"))
            # A list is a batch: each of its answers comes here by itself.
            return answer if isinstance(answer, list) else self._clean(answer)
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
            return self.redact(value if value.isascii() else value.encode("utf-8", "replace").decode())
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


def _is_transient(answer: Json | GraphError) -> bool:
    """Whether an operation is worth another try which no rate limit forbids."""
    return isinstance(answer, GraphError) and answer.worth_a_retry and not isinstance(answer, LimitError)


def _limits_everything(answer: Json | GraphError) -> bool:
    return isinstance(answer, LimitError) and concerns_all(answer)


def _check_success(answer: Json) -> None:
    """Raise what is wrong with the answer to a write, which is to be `"success": true`."""
    if answer.get("success") is False:
        raise GraphError('the API answered "success": false and gave no reason')
    if answer.get("success") is not True:
        raise MalformedAnswerError('the API did not answer "success" to a write')


def _nature(raw: bytes) -> str:
    if not raw.strip():
        return "nothing at all"
    return "a web page, as gateways send it" if raw.lstrip()[:1] == b"<" else f"{len(raw)} bytes of something else"

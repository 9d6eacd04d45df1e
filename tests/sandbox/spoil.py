# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault puts on the wire in place of an answer, or makes of one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .errors import error_body
from .faults import Fault, target_of
from .graph import token_value, use_case_usage
from .messages import Answer, Call
from .paging import Cursor, decode_cursor, encode_cursor, with_query
from .server import Reply

_STATUS = {"status": 500, "string_error": 400, "echo_token": 400, "html": 502, "redirect": 302}
# Which code a bare status stands for, where the fault names none.
_CODE = {429: 4, 500: 2, 502: 2, 503: 2, 504: 2}
_DELIVERY = {"reset_before": "reset", "reset_after": "reset", "close_after": "close"}
_PAUSE = {"drip": 0.05, "endless": 0.001}
_HTML = (
    "<!DOCTYPE html>\n<html><head><title>Error</title></head>"
    "<body><h1>Sorry, something went wrong.</h1></body></html>\n"
)


@dataclass
class RawAnswer(Answer):
    """An answer whose body is given as text, be it JSON or not."""

    raw: str = ""

    @property
    def text(self) -> str:
        """The body as given."""
        return self.raw


def plain_reply(answer: Answer) -> Reply:
    """An answer on its way without a fault."""
    return Reply(answer.status, answer.headers, answer.text.encode())


def faulty_reply(fault: Fault, call: Call, answer: Answer | None) -> Reply:
    """What goes on the wire for a call that a fault has met. `answer` is the true answer of a call that was applied."""
    if fault.kind in _DELIVERY:
        return Reply(delivery=_DELIVERY[fault.kind])
    if answer is None or fault.kind in _BODIES:
        return _instead(fault, call)
    reply = plain_reply(_astray(fault, call, answer))
    reply.headers.update(fault.headers)
    if fault.kind in ("drip", "truncated"):
        return replace(reply, delivery=fault.kind, pause=_pause(fault))
    return reply


def faulty_operation(fault: Fault, call: Call, answer: Answer | None) -> Answer | None:
    """What a batch's operation that a fault has met is answered; None stands for null. `answer` as above."""
    if fault.kind == "null_operation":
        return None
    if answer is not None and fault.kind in _PAGES:
        return _astray(fault, call, answer)
    reply = _instead(fault, call)
    return RawAnswer(reply.status, None, reply.headers, reply.body.decode())


# --- answers that have nothing to do with what was asked ---


def _instead(fault: Fault, call: Call) -> Reply:
    status = fault.status or _STATUS.get(fault.kind, 200)
    headers = {**_headers(fault, call), **fault.headers}
    body = _BODIES[fault.kind](fault, call, status).encode()
    delivery = "endless" if fault.kind == "endless" else "whole"
    return Reply(status, headers, body, delivery, _pause(fault))


def _pause(fault: Fault) -> float:
    return _PAUSE.get(fault.kind, 0.0) if fault.seconds is None else fault.seconds


def _headers(fault: Fault, call: Call) -> dict[str, str]:
    headers = {}
    if fault.kind in ("html", "redirect"):
        headers["Content-Type"] = "text/html; charset=utf-8"
    if fault.kind == "redirect":
        headers["Location"] = fault.location or call.base_url + target_of(call)
    if fault.regain_minutes is not None:
        node = next((segment for segment in call.path.split("/") if segment.isdigit()), "0")
        headers["X-Business-Use-Case-Usage"] = use_case_usage(node, 100, fault.regain_minutes)
    return headers


def _error(fault: Fault, _call: Call, status: int) -> str:
    if fault.body is not None:
        return fault.body
    code = _CODE.get(status, 1) if fault.code is None else fault.code
    value = error_body(
        fault.message,
        fault.type,
        code,
        subcode=fault.subcode,
        is_transient=fault.is_transient,
        user_title=fault.user_title,
        user_msg=fault.user_msg,
    )
    return json.dumps(value)


def _echo(_fault: Fault, call: Call, _status: int) -> str:
    token, proof = token_value(call), call.params.get("appsecret_proof", "none")
    url = call.base_url + target_of(call)
    message = f"Cannot parse access_token={token} (appsecret_proof={proof}) in {url}"
    return json.dumps(error_body(message, "OAuthException", 100))


_BODIES: dict[str, Callable[[Fault, Call, int], str]] = {
    "status": _error,
    "echo_token": _echo,
    "string_error": lambda fault, _call, _status: json.dumps({"error": fault.message}),
    "json": lambda fault, _call, _status: json.dumps(fault.value),
    "html": lambda fault, _call, _status: fault.body or _HTML,
    "not_json": lambda fault, _call, _status: fault.body or '{"data": [{"id": ',
    "empty_body": lambda _fault, _call, _status: "",
    "redirect": lambda _fault, _call, _status: "",
    "endless": lambda fault, _call, _status: fault.body or " " * 1024,
}


# --- pages that lead astray ---


def _astray(fault: Fault, call: Call, answer: Answer) -> Answer:
    """The answer as a fault that is about pages makes it: another one where it is a page."""
    return _PAGES[fault.kind](answer, call) if fault.kind in _PAGES and _paging(answer) else answer


def _repeat_cursor(answer: Answer, call: Call) -> Answer:
    used = call.params.get("after")
    return _with_after(answer, call, lambda last: used or encode_cursor(_first_page(last)))


def _endless_pages(answer: Answer, call: Call) -> Answer:
    return _with_after(answer, call, lambda last: encode_cursor(replace(_first_page(last), nonce=secrets.token_hex(4))))


def _first_page(cursor: Cursor) -> Cursor:
    return replace(cursor, position=-1, empty_next=False)


def _with_after(answer: Answer, call: Call, new: Callable[[Cursor], str]) -> Answer:
    """The page with another cursor for what comes next."""
    paging = _paging(answer)
    after = new(decode_cursor(paging["cursors"]["after"]))
    link = with_query(call.base_url + target_of(call), access_token=token_value(call), after=after)
    changed = {**paging, "cursors": {**paging["cursors"], "after": after}, "next": link}
    return replace(answer, value={**answer.value, "paging": changed})


def _next_without_cursors(answer: Answer, _call: Call) -> Answer:
    paging = _paging(answer)
    kept = {key: value for key, value in paging.items() if key != "cursors"}
    return replace(answer, value={**answer.value, "paging": kept})


def _no_paging(answer: Answer, _call: Call) -> Answer:
    return replace(answer, value={key: value for key, value in answer.value.items() if key != "paging"})


def _paging(answer: Answer) -> dict[str, Any]:
    """The paging member; empty for what is no page, and for an empty list, which has no page to be repeated."""
    paging: dict[str, Any] = answer.value.get("paging", {}) if isinstance(answer.value, dict) else {}
    return paging


_PAGES: dict[str, Callable[[Answer, Call], Answer]] = {
    "repeat_cursor": _repeat_cursor,
    "endless_pages": _endless_pages,
    "next_without_cursors": _next_without_cursors,
    "no_paging": _no_paging,
}

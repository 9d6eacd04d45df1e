# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: one POST with up to 50 operations that run, as far as anybody can tell, in parallel."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from . import graph
from .errors import GraphError, bad_parameter
from .messages import Answer, Call, split_target
from .state import World

MAX_OPERATIONS = 50
# Runs one operation, or something else in its place; None stands for `null` in the batch's answer.
OperationHook = Callable[[int, Call, Callable[[], Answer]], "Answer | None"]


def is_batch(call: Call) -> bool:
    """Whether a call is a batch: a POST to the API's root, or a version's, with a `batch` parameter."""
    segments = [segment for segment in call.path.split("/") if segment]
    at_root = not segments or (len(segments) == 1 and segments[0].startswith("v"))
    return call.method == "POST" and at_root and "batch" in call.params


def operations_of(call: Call) -> list[Any]:
    """The operations as they were sent. Raises GraphError when they are no array or too many."""
    try:
        operations = json.loads(call.params["batch"])
    except ValueError:
        operations = None
    if not isinstance(operations, list) or not operations:
        raise bad_parameter("(#100) Param batch must be a non-empty array.")
    if len(operations) > MAX_OPERATIONS:
        message = f"Too many requests in batch message. Maximum batch size is {MAX_OPERATIONS}"
        raise GraphError(400, 100, message, "GraphBatchException")
    return operations


def answer(world: World, call: Call, hook: OperationHook) -> tuple[Answer, list[Any]]:
    """The answer to a batch and the codes of its operations (None for `null`).

    Every operation sees the lists as they were before the batch, for they run in parallel at Meta: a write and its own
    read-back in one batch show the old list, two writes for one user do not know of each other.
    """
    headers: dict[str, str] = {}
    codes: list[Any] = []
    try:
        segments = [segment for segment in call.path.split("/") if segment]
        version, segments = graph.split_version(segments, world.behaviours.api_versions)
        headers["facebook-api-version"] = version
        graph.check_token(world, call, segments)
        operations = operations_of(call)
    except GraphError as error:
        return Answer(error.status, error.body, headers), codes
    seen = {account.id: dict(account.assigned) for account in world.accounts.values()}
    run = partial(graph.answer, world, seen=seen)
    answers = [
        _operation(partial(operation_call, call, version, operation), run, partial(hook, index))
        for index, operation in enumerate(operations)
    ]
    with_headers = call.params.get("include_headers", "true") not in ("false", "0")
    codes = [each and each.status for each in answers]
    value = [each and _as_entry(each, with_headers) for each in answers]
    headers.update(graph.usage_headers(world, ""))
    return Answer(200, value, headers), codes


def _operation(
    make_call: Callable[[], Call],
    run: Callable[[Call], Answer],
    hook: Callable[[Call, Callable[[], Answer]], Answer | None],
) -> Answer | None:
    try:
        call = make_call()
    except GraphError as error:
        return Answer(error.status, error.body)
    return hook(call, partial(run, call))


def operation_call(call: Call, version: str, operation: Any) -> Call:
    """An operation as a call of its own, with the batch's token and proof. A body is read from a POST or PUT only."""
    if not isinstance(operation, dict) or not isinstance(operation.get("relative_url"), str):
        raise bad_parameter("(#100) Each operation of a batch needs a relative_url")
    method = str(operation.get("method", "GET")).upper()
    path, query = split_target("/" + operation["relative_url"].lstrip("/"))
    if not path.startswith("/v"):
        path = f"/{version}{path}"
    body = operation.get("body")
    form = parse_qs(body, keep_blank_values=True) if isinstance(body, str) and method in ("POST", "PUT") else {}
    outer = {key: [value] for key, value in call.params.items() if key in ("access_token", "appsecret_proof")}
    return replace(call, method=method, path=path, query={**outer, **query}, form=form)


def _as_entry(each: Answer, with_headers: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": each.status}
    if with_headers:
        headers = {"Content-Type": "application/json; charset=UTF-8", **each.headers}
        entry["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
    entry["body"] = each.text
    return entry

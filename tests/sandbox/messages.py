# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels between the sandbox's floors: a call to the Graph API, its answer, the log's record of a request."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Params = dict[str, list[str]]


@dataclass(frozen=True)
class Call:
    """One call as the Graph API sees it, alone or out of a batch. `base_url` is where the caller found us."""

    method: str
    path: str
    query: Params
    form: Params
    headers: dict[str, str]
    base_url: str = ""

    @property
    def params(self) -> dict[str, str]:
        """Query and form together; of a repeated key the last value counts, as PHP does it."""
        return {key: values[-1] for part in (self.query, self.form) for key, values in part.items() if values}


@dataclass
class Answer:
    """What the Graph API answers: a status, headers and a JSON value."""

    status: int
    value: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as it is put on the wire."""
        return json.dumps(self.value, ensure_ascii=True, separators=(",", ":"))


@dataclass
class Request:
    """The log's record of one HTTP request, as received.

    `connection` numbers the TCP connections that carried API requests, from 1. `status` is the status that was sent,
    None while the request is still being answered and for good when the connection was cut. `fault` is the kind of the
    fault that met it. `operations` lists the operations of a batch, each with its method, relative_url, body and the
    code it got (None for `null`). `received_at` is seconds since the epoch.
    """

    number: int
    connection: int
    method: str
    path: str
    query: Params
    form: Params
    headers: dict[str, str]
    raw_target: str
    body: str
    status: int | None
    fault: str | None
    operations: list[dict[str, Any]]
    received_at: float

    def as_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return asdict(self)


def split_target(target: str) -> tuple[str, Params]:
    """Path and query of a request target; the absolute form that proxies receive is understood too."""
    parts = urlsplit(target)
    return parts.path or "/", parse_qs(parts.query, keep_blank_values=True)


def parse_form(body: str, content_type: str) -> Params:
    """Parameters of a body, url-encoded or a JSON object (values that are not strings become their JSON text)."""
    if "json" not in content_type:
        return parse_qs(body, keep_blank_values=True)
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {key: [item if isinstance(item, str) else json.dumps(item)] for key, item in value.items()}

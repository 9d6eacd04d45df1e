# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the Graph API's shape: statuses, codes and messages of Meta's OpenAPI description where it has them."""

from __future__ import annotations

import secrets
from typing import Any

DOCS = "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
DENIED_SUBCODE = 1349174
DENIED_TITLE = "Permission Denied"
DENIED_MSG = "Your app doesn't have permission to access this resource"


class GraphError(Exception):
    """A refusal: raised anywhere in the API's rules, turned into an answer in one place."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        error_type: str = "OAuthException",
        *,
        subcode: int | None = None,
        is_transient: bool | None = None,
        user_title: str | None = None,
        user_msg: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(
            message,
            error_type,
            code,
            subcode=subcode,
            is_transient=is_transient,
            user_title=user_title,
            user_msg=user_msg,
        )


def trace_id() -> str:
    """A made-up fbtrace_id."""
    return "A" + secrets.token_urlsafe(16)


def error_body(
    message: str,
    error_type: str,
    code: int,
    *,
    subcode: int | None = None,
    is_transient: bool | None = None,
    user_title: str | None = None,
    user_msg: str | None = None,
) -> dict[str, Any]:
    """The JSON object of an error; what is None is left out, as the API does."""
    members = {
        "message": message,
        "type": error_type,
        "code": code,
        "error_subcode": subcode,
        "is_transient": is_transient,
        "error_user_title": user_title,
        "error_user_msg": user_msg,
        "fbtrace_id": trace_id(),
    }
    return {"error": {key: value for key, value in members.items() if value is not None}}


def bad_parameter(message: str) -> GraphError:
    """Code 100: a parameter that is missing or wrong."""
    return GraphError(400, 100, message)


def denied(message: str, code: int = 200) -> GraphError:
    """The token may not do this (HTTP 403, code 200, or 10 without Meta's user texts)."""
    if code == 200:
        return GraphError(403, 200, message, subcode=DENIED_SUBCODE, user_title=DENIED_TITLE, user_msg=DENIED_MSG)
    return GraphError(403, code, f"(#{code}) {message}")


def unsupported(method: str, node: str) -> GraphError:
    """Code 100/33: Meta's one answer for an object that is unknown, hidden, or cannot do what was asked."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to "
        f"missing permissions, or does not support this operation. {DOCS}"
    )
    return GraphError(400, 100, message, "GraphMethodException", subcode=33)


def unknown_path(segments: list[str]) -> GraphError:
    """Code 2500: a path that names no version, node or edge."""
    return GraphError(400, 2500, "Unknown path components: /" + "/".join(segments))


def already_assigned() -> GraphError:
    """The OpenAPI description's 422 for a POST on an assigned user."""
    return GraphError(422, 100, "User is already assigned to this WhatsApp Business Account", "GraphMethodException")


def not_assigned() -> GraphError:
    """The OpenAPI description's 404 for a DELETE on a user who is not assigned."""
    return GraphError(404, 803, "User is not assigned to this WhatsApp Business Account", "GraphMethodException")


def protected_user() -> GraphError:
    """The OpenAPI description's 422 for a DELETE that a business asset group forbids."""
    return GraphError(422, 100, "Cannot remove user due to business asset group permissions", "GraphMethodException")


def too_many_calls() -> GraphError:
    """Code 80008: this account's hourly limit (business use case rate limit)."""
    message = (
        "(#80008) There have been too many calls to this WhatsApp Business account. Wait a bit and try again. For "
        "more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
    )
    return GraphError(400, 80008, message)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What can go wrong with a request to the Graph API: typed errors, made from an answer or from its absence.

The HTTP status is not a function of the error code (code 2 was seen with 400, 500 and 503; code 4 with 400, 403 and
429), so errors are judged by their code first and by the status where the code says nothing.
Source: <https://developers.facebook.com/docs/graph-api/guides/error-handling/>.
"""

from __future__ import annotations

import math
import typing as t

from .text import printable

# Limits of a WhatsApp Business Account: others may still be used.
ACCOUNT_LIMIT_CODES = frozenset({80007, 80008})
# Limits of the app, the user, the page, the account.
LIMIT_CODES = frozenset({4, 17, 32, 341, 613, *ACCOUNT_LIMIT_CODES})
TRANSIENT_CODES = frozenset({1, 2})
TOKEN_CODES = frozenset({102, 104, 190})
PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
NOT_FOUND_CODES = frozenset({803})
# 100: a parameter; 368: blocked for a breach of policy; 2500: the path or the parameters make no sense.
OTHER_PERMANENT_CODES = frozenset({100, 368, 2500})
PERMANENT_CODES = TOKEN_CODES | PERMISSION_CODES | NOT_FOUND_CODES | OTHER_PERMANENT_CODES
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})

# Code 100 with this subcode: the object does not exist, or the token may not see it.
NOT_FOUND_SUBCODE = 33

TOKEN_SUBCODES = {
    458: "the app was removed from the account of the token's owner",
    460: "the password of the token's owner was changed",
    463: "it has expired",
    467: "it was revoked or is not valid",
}


#: What Meta says in words alone, in lower case, and what to do about it.
HINTS_BY_WORDS = {
    "valid user id": "Check user_id: it is the business-scoped id of a person or system user of the business.",
    "business asset group": "The person has this access through a group of assets: change that in Meta's settings.",
    "cursor": "The list has changed since the cursor was given: begin again without after and before.",
    "nonexisting field (assigned_users)": "Check waba_id: this is the id of something else, such as a phone number.",
}
HINTS_BY_CODE = {
    368: "Meta blocks this for a breach of its policies: see the account's notices in Meta Business Suite.",
    2500: "Check api_version and api_url.",
}


class GraphError(Exception):
    """The Graph API refused a request, or gave no answer that can be used.

    The attributes down to `is_transient` are those of the API's error object, `None` where it gave none.
    Nothing in them holds a secret: whoever makes an error passes its texts through the client's redaction.
    """

    FIELDS = (
        "http_status",
        "code",
        "error_subcode",
        "type",
        "message",
        "error_user_title",
        "error_user_msg",
        "fbtrace_id",
        "is_transient",
    )

    def __init__(self, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.code: int | None = None
        self.error_subcode: int | None = None
        self.type: str | None = None
        self.message = message
        self.error_user_title: str | None = None
        self.error_user_msg: str | None = None
        self.fbtrace_id: str | None = None
        self.is_transient: bool | None = None
        #: Seconds the API asked to wait before the next request, where it said so.
        self.wait: float | None = None
        #: Whether this request, or an earlier try of it, may have been carried out all the same.
        self.maybe_applied = False
        #: What was being done and to whom; goes into "Could not ...".
        self.doing = "use the Graph API"
        #: What to do about it where whoever made the call knows better than `hint`.
        self.remedy: str | None = None

    def as_result(self) -> dict[str, t.Any]:
        """The error as a task returns it under `graph_error`: every field, `None` where the API gave none."""
        return {field: getattr(self, field) for field in self.FIELDS}

    @property
    def worth_a_retry(self) -> bool:
        """Whether the same request may succeed a little later."""
        if self.is_transient or self.code in TRANSIENT_CODES:
            return True
        if self.code in PERMANENT_CODES:
            return False
        return self.http_status in TRANSIENT_STATUSES

    @property
    def outcome_unknown(self) -> bool:
        """Whether a write that got this error may have been carried out: servers fail after the fact, too."""
        return bool(self.is_transient) or self.code in TRANSIENT_CODES or (self.http_status or 0) >= 500

    @property
    def hint(self) -> str:
        """What a person can do about it; empty where nothing better is known than what the API said."""
        if "appsecret_proof" in self.message:
            return (
                "The app wants every call signed with its secret: set app_secret (or WABA_APP_SECRET)"
                " to the secret of the app that the access token belongs to."
            )
        for words, remedy in HINTS_BY_WORDS.items():
            if words in self.message.lower():
                return remedy
        if self.code in HINTS_BY_CODE:
            return HINTS_BY_CODE[self.code]
        if self.wait is not None:
            return f"The API asks to wait {duration(self.wait)}: run this again then."
        if self.worth_a_retry:
            return "The API has a fault that may pass: run this again later."
        return ""

    @property
    def said(self) -> str:
        """What the API said, with the numbers that its support asks for."""
        numbers = [f"HTTP {self.http_status}"] if self.http_status is not None else []
        if self.code is not None:
            numbers.append(f"code {self.code}")
        if self.error_subcode is not None:
            numbers.append(f"subcode {self.error_subcode}")
        texts = [self.message, *(text for text in (self.error_user_title, self.error_user_msg) if text)]
        text = " ".join(_sentence(part) for part in dict.fromkeys(texts))
        trace = f" (fbtrace_id {self.fbtrace_id})" if self.fbtrace_id else ""
        return f"the API answered {', '.join(numbers)}: {text}{trace}" if numbers else f"{text}{trace}"

    def __str__(self) -> str:
        return " ".join(part for part in (f"Could not {self.doing}: {self.said}", self.remedy or self.hint) if part)


class TokenError(GraphError):
    """The access token is refused: nothing else will work with it either."""

    @property
    def hint(self) -> str:
        if "appsecret_proof" in self.message:
            return super().hint
        reason = TOKEN_SUBCODES.get(self.error_subcode or 0, "it is wrong, expired or revoked")
        return (
            f"The access token is refused ({reason}): make a new one for the system user in Meta's Business settings"
            " and give it as access_token or WABA_ACCESS_TOKEN."
        )


class PermissionDeniedError(GraphError):
    """The token is valid and may not do this."""

    @property
    def hint(self) -> str:
        return (
            "The access token lacks a permission: it needs whatsapp_business_management, and to change people it must"
            " belong to an admin system user that has full control of this WhatsApp Business Account."
            " A wrong business_id is answered like this, too."
        )


class NotFoundError(GraphError):
    """The object does not exist, or the token may not see it: the API does not tell the two apart."""

    @property
    def hint(self) -> str:
        return (
            "Check waba_id, business_id and user_id, and that the access token's system user has this WhatsApp Business"
            " Account among its assets: the API does not tell a wrong id from a missing access."
        )


class LimitError(GraphError):
    """A rate limit is reached: nothing was done, and every further call prolongs the block."""

    outcome_unknown = False

    @property
    def worth_a_retry(self) -> bool:
        return True

    @property
    def hint(self) -> str:
        until = "within the hour" if self.wait is None else f"in {duration(self.wait)}"
        return (
            f"The quota is used up and lifts {until} (200 calls an hour for an account without a registered number,"
            " 5,000 with one); calls made before then prolong the block."
        )


class NoAnswerError(GraphError):
    """No whole answer arrived: refused, cut, timed out. Whether a write was carried out is not known."""

    worth_a_retry = True
    outcome_unknown = True
    hint = "Check the network, the proxy variables of the environment, and api_url."


class LostError(GraphError):
    """A batch was answered, and this operation of it was not: it was not finished in time, and may still be."""

    worth_a_retry = True
    outcome_unknown = True


class UntrustedServerError(GraphError):
    """There is no TLS connection that can be trusted; nothing was sent."""

    worth_a_retry = False
    outcome_unknown = False
    hint = (
        "Check api_url, the clock, ca_path and REQUESTS_CA_BUNDLE; where a proxy or gateway has a certificate of a"
        " private authority, give that authority's certificate as ca_path."
    )


class AddressError(GraphError):
    """The address of the API, or that of a proxy, is none; nothing was sent."""

    worth_a_retry = False
    outcome_unknown = False
    hint = "Check api_url and the proxy variables of the environment (HTTPS_PROXY, ALL_PROXY)."


class RedirectError(GraphError):
    """The server wanted to send the request, and with it the token, elsewhere."""

    worth_a_retry = False
    hint = "Redirects are never followed, for they would carry the access token elsewhere: check api_url."

    @property
    def outcome_unknown(self) -> bool:
        return self.http_status == 303  # "see other": what was asked for has been done, the answer is elsewhere


class MalformedAnswerError(GraphError):
    """The answer is not one of the Graph API's. Whether a write was carried out is not known."""

    outcome_unknown = True
    hint = "Something between here and the API may have answered in its place: check api_url and the proxy."

    def __init__(self, message: str, http_status: int | None = None, *, worth_a_retry: bool = False) -> None:
        super().__init__(message, http_status)
        self._worth_a_retry = worth_a_retry

    @property
    def worth_a_retry(self) -> bool:
        return self._worth_a_retry


#: Errors after which no other request can be expected to work.
STOPS_EVERYTHING = (TokenError, LimitError, NoAnswerError, UntrustedServerError, AddressError, RedirectError)


def concerns_all(error: GraphError) -> bool:
    """Whether no call to anything else can be expected to work either: a limit may be one account's own."""
    return isinstance(error, STOPS_EVERYTHING) and error.code not in ACCOUNT_LIMIT_CODES


def error_from_answer(status: int, body: t.Any) -> GraphError:
    """Make the typed error from an answer's status and its JSON body, whatever that is."""
    raw = body.get("error") if isinstance(body, dict) else None
    if isinstance(raw, str):  # seen from Meta's gateways
        raw = {"message": raw}
    if not isinstance(raw, dict):
        if status != 429:
            # No word of the Graph API's own: a gateway may say 401 or 404 of itself.
            return MalformedAnswerError("no reason was given", status, worth_a_retry=status in TRANSIENT_STATUSES)
        raw = {}

    def text(field: str) -> str | None:
        value = raw.get(field)
        return printable(value) if isinstance(value, str) and value else None

    code, subcode = _number(raw.get("code")), _number(raw.get("error_subcode"))
    error = _kind(status, code, subcode)(text("message") or "no reason was given", status)
    error.code, error.error_subcode = code, subcode
    error.type = text("type")
    error.error_user_title, error.error_user_msg = text("error_user_title"), text("error_user_msg")
    error.fbtrace_id = text("fbtrace_id")
    transient = raw.get("is_transient")
    error.is_transient = transient if isinstance(transient, bool) else None
    return error


def duration(seconds: float) -> str:
    """A wait in words, in minutes from two minutes up, never shorter than it is."""
    whole = math.ceil(seconds)
    if whole < 120:
        return f"{whole} second{'' if whole == 1 else 's'}"
    return f"{math.ceil(whole / 60)} minutes"


def _kind(status: int, code: int | None, subcode: int | None) -> type[GraphError]:
    if code in TOKEN_CODES:
        return TokenError
    if code in LIMIT_CODES:
        return LimitError
    if code in PERMISSION_CODES:
        return PermissionDeniedError
    if code in NOT_FOUND_CODES or (code == 100 and subcode == NOT_FOUND_SUBCODE):
        return NotFoundError
    if code is not None:
        return GraphError
    return {401: TokenError, 403: PermissionDeniedError, 404: NotFoundError, 429: LimitError}.get(status, GraphError)


def _number(value: t.Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."

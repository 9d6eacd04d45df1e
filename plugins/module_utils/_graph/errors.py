# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed errors of requests to the Graph API, made from an answer or from its absence.

The HTTP status is not a function of the error code (code 2 was seen with 400, 500 and 503; code 4 with 400, 403 and
429), so errors are classified by their code first, and by the status where there is no known code.
Source: <https://developers.facebook.com/docs/graph-api/guides/error-handling/>.
"""

from __future__ import annotations

import math
import re
import typing as t

from .values import printable

# Limits of one WhatsApp Business Account: other accounts can still be used.
ACCOUNT_LIMIT_CODES = frozenset({80007, 80008})
# Limits of the app, the user, the page, the account.
LIMIT_CODES = frozenset({4, 17, 32, 341, 613, *ACCOUNT_LIMIT_CODES})
TRANSIENT_CODES = frozenset({1, 2})
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
#: 100: invalid parameter; 368: blocked for a breach of policy; 2500: invalid path or parameters. See `_KINDS`, too.
PERMANENT_CODES = frozenset({100, 368, 2500})

TOKEN_SUBCODES = {
    458: "the app was removed from the account of the token's owner",
    460: "the password of the token's owner was changed",
    463: "it has expired",
    467: "it was revoked or is not valid",
}

#: Words of Meta's messages, in lower case, and what to do about it.
HINTS_BY_WORDS = {
    "appsecret_proof": "Set app_secret (WABA_APP_SECRET) to the secret of the token's app, which wants signed calls.",
    "valid user id": "Check user_id: the business has no such user. waba_business_users_info lists its users.",
    "business asset group": "The person has this access through a group of assets: change that in Meta's settings.",
    "cursor": "The list has changed since the cursor was given: begin again without after and before.",
}
HINTS_BY_CODE = {
    368: "Meta blocks this for a breach of its policies: see the account's notices in Meta Business Suite.",
    2500: "Check api_version and api_url.",
}
#: What the API says of an edge that the object of the given id does not have, and of which type the object is.
_NO_SUCH_EDGE = re.compile(
    r"nonexisting field \((?P<field>\w+)\)(?: on node type \((?P<type>\w+)\))?|unknown path components: /(?P<edge>\w+)",
    re.IGNORECASE,
)
#: The option with the id of the object that has an edge.
_OPTIONS_BY_EDGE = {
    "assigned_users": "waba_id",
    **dict.fromkeys(("business_users", "system_users", "pending_users"), "business_id"),
    **dict.fromkeys(("owned_whatsapp_business_accounts", "client_whatsapp_business_accounts"), "business_id"),
}
_SWAPPED = "Perhaps waba_id and business_id are swapped."
#: What the id of an object of a type is, and the option that it may be meant for.
_TYPES = {
    "Business": f"a business, as business_id takes it. {_SWAPPED}",
    "WhatsAppBusinessAccount": f"a WhatsApp Business Account, as waba_id takes it. {_SWAPPED}",
    "WhatsAppBusinessPhoneNumber": "a phone number.",
    **dict.fromkeys(("BusinessUser", "SystemUser", "User"), "a user, as user_id takes it."),
    "Application": "an app.",
}


class GraphError(Exception):
    """The Graph API refused a request, or gave no answer that can be used.

    The attributes in `FIELDS` are those of the API's error object, `None` where it gave none. They hold no secret: the
    client redacts all texts of answers.
    """

    TEXTS = ("type", "error_user_title", "error_user_msg", "fbtrace_id")
    FIELDS = ("http_status", "code", "error_subcode", "message", "is_transient", *TEXTS)

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
        #: Seconds to wait before the next request, where the API said so.
        self.wait: float | None = None
        #: Whether this request, or an earlier try of it, may have been carried out all the same.
        self.maybe_applied = False
        #: What was being done and to whom, to follow "Could not".
        self.doing = "use the Graph API"
        #: What to do about it, instead of `hint`.
        self.remedy: str | None = None

    def as_result(self) -> dict[str, t.Any]:
        """Return the error as tasks return it in `graph_error`."""
        return {field: getattr(self, field) for field in self.FIELDS}

    def as_failure(self) -> dict[str, t.Any]:
        """Return the error with its message, as tasks return what failed."""
        return {"msg": str(self), "graph_error": self.as_result()}

    @property
    def worth_a_retry(self) -> bool:
        """Whether the same request may succeed a little later."""
        if self.is_transient or self.code in TRANSIENT_CODES:
            return True
        is_permanent = self.code in PERMANENT_CODES or self.code in _KINDS
        return not is_permanent and self.http_status in TRANSIENT_STATUSES

    @property
    def outcome_unknown(self) -> bool:
        """Whether a write that got this error may have been carried out: servers can fail after the change."""
        return bool(self.is_transient) or self.code in TRANSIENT_CODES or (self.http_status or 0) >= 500

    @property
    def hint(self) -> str:
        """What to do about it; empty where that is not known."""
        for words, remedy in HINTS_BY_WORDS.items():
            if words in self.message.lower():
                return remedy
        hint = _hint_of_wrong_id(self.message) or HINTS_BY_CODE.get(self.code or 0, "")
        if hint:
            return hint
        if self.wait is not None:
            return f"The API asks to wait {duration(self.wait)}: run this again then."
        if self.worth_a_retry:
            return "This error of the API may be transient: run this again later."
        return ""

    @property
    def said(self) -> str:
        """What the API said, with the numbers that its support asks for."""
        numbered = (("HTTP", self.http_status), ("code", self.code), ("subcode", self.error_subcode))
        numbers = [f"{name} {number}" for name, number in numbered if number is not None]
        texts = dict.fromkeys(text for text in (self.message, self.error_user_title, self.error_user_msg) if text)
        text = " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in texts)
        trace = f" (fbtrace_id {self.fbtrace_id})" if self.fbtrace_id else ""
        return f"the API answered {', '.join(numbers)}: {text}{trace}" if numbers else f"{text}{trace}"

    def __str__(self) -> str:
        return " ".join(part for part in (f"Could not {self.doing}: {self.said}", self.remedy or self.hint) if part)


class TokenError(GraphError):
    """The access token is refused: every other call with it fails, too."""

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
    """The token is valid and lacks a permission."""

    hint = (
        "The access token lacks a permission: it needs whatsapp_business_management, and to change people it must"
        " belong to an admin system user that has full control of this WhatsApp Business Account."
        " A wrong business_id is answered like this, too, such as one that is swapped with waba_id."
    )


class NotFoundError(GraphError):
    """The object does not exist, or the token may not see it: the API does not tell the two apart."""

    hint = (
        "Check waba_id, business_id and user_id, and that the access token's system user has this WhatsApp Business"
        " Account among its assets: the API does not tell a wrong id, or ids that are swapped, from a missing access."
    )


class LimitError(GraphError):
    """A rate limit is reached: nothing was done, and every further call prolongs the block."""

    worth_a_retry = True
    outcome_unknown = False

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


class NotSentError(GraphError):
    """Nothing was sent: there is no trusted TLS connection, or the address of the API or of a proxy is invalid."""

    worth_a_retry = False
    outcome_unknown = False
    hint = (
        "Check api_url, the clock, ca_path and REQUESTS_CA_BUNDLE; where a proxy or gateway has a certificate of a"
        " private authority, give that authority's certificate as ca_path."
    )


class RedirectError(GraphError):
    """The server redirects the request, and with it the token, to another address."""

    worth_a_retry = False
    hint = "Redirects are never followed, for they would carry the access token elsewhere: check api_url."

    @property
    def outcome_unknown(self) -> bool:
        return self.http_status == 303  # "see other": the change was made, its result is elsewhere


class MalformedAnswerError(GraphError):
    """The answer is not one of the Graph API's. Whether a write was carried out is not known."""

    outcome_unknown = True
    hint = "Something between here and the API may have answered in its place: check api_url and the proxy."


class NotJsonError(MalformedAnswerError):
    """An answer without an error status is not JSON, such as a gateway's page."""

    worth_a_retry = True


#: Kinds of errors by their code; errors of other codes are a plain `GraphError`.
_KINDS: dict[int, type[GraphError]] = {
    **dict.fromkeys((102, 104, 190), TokenError),
    **dict.fromkeys(LIMIT_CODES, LimitError),
    **dict.fromkeys((3, 10, *range(200, 300)), PermissionDeniedError),
    803: NotFoundError,
}
#: Kinds of errors without a code.
_KINDS_BY_STATUS = {401: TokenError, 403: PermissionDeniedError, 404: NotFoundError, 429: LimitError}
#: Errors after which every other request is expected to fail.
STOPS_EVERYTHING = (TokenError, LimitError, NoAnswerError, NotSentError, RedirectError)


def concerns_all(error: GraphError) -> bool:
    """Whether every other call is expected to fail, too. The limit of one account concerns its calls alone."""
    return isinstance(error, STOPS_EVERYTHING) and error.code not in ACCOUNT_LIMIT_CODES


def error_from_answer(status: int, body: t.Any) -> GraphError:
    """Return the typed error of an answer with this status and JSON body."""
    raw = body.get("error") if isinstance(body, dict) else None
    if isinstance(raw, str):  # seen from Meta's gateways
        raw = {"message": raw}
    if not isinstance(raw, dict):
        if status != 429:
            # Not from the Graph API: a gateway can answer 401 or 404 itself.
            return MalformedAnswerError("no reason was given", status)
        raw = {}

    def text(field: str) -> str | None:
        value = raw.get(field)
        return printable(value) if isinstance(value, str) and value else None

    code, subcode = _number(raw.get("code")), _number(raw.get("error_subcode"))
    kind = _KINDS_BY_STATUS.get(status, GraphError) if code is None else _KINDS.get(code, GraphError)
    if code == 100 and subcode == 33:  # the object does not exist, or the token may not see it
        kind = NotFoundError
    error = kind(text("message") or "no reason was given", status)
    error.code, error.error_subcode = code, subcode
    for field in GraphError.TEXTS:
        setattr(error, field, text(field))
    transient = raw.get("is_transient")
    error.is_transient = transient if isinstance(transient, bool) else None
    return error


def _hint_of_wrong_id(message: str) -> str:
    """Return which option has the id of something else, and what it is the id of; empty for other messages."""
    match = _NO_SUCH_EDGE.search(message)
    option = _OPTIONS_BY_EDGE.get((match["field"] or match["edge"]).lower()) if match else None
    if match is None or option is None:
        return ""
    return f"Check {option}: this is the id of {_TYPES.get(match['type'], f'something else. {_SWAPPED}')}"


def duration(seconds: float) -> str:
    """A wait in words, rounded up; in minutes from two minutes on."""
    whole = math.ceil(seconds)
    if whole < 120:
        return f"{whole} second{'' if whole == 1 else 's'}"
    return f"{math.ceil(whole / 60)} minutes"


def _number(value: t.Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_text = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return int(value) if is_number or is_text else None

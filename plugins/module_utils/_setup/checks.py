# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Checks of the set-up. Pure functions from what was read to what is ok, what is not, and what to do about it."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches

from .._edges.assigned_users import UserList
from .._edges.business import PEOPLE, KindListing, Node
from .._edges.token import AccessToken, OwnUser
from .._graph.client import USAGE_WARNING_PERCENT
from .._graph.errors import (
    AddressError,
    GraphError,
    LimitError,
    MalformedAnswerError,
    NoAnswerError,
    NotFoundError,
    RedirectError,
    TokenError,
    UntrustedServerError,
    concerns_all,
)
from .._graph.text import label, printable

Json = dict[str, t.Any]
#: Whether it is ok (`None` where that is not known), the message, and what to do.
Verdict = tuple[t.Optional[bool], str, t.Optional[str]]

#: The time before its end from which on an access token is not ok.
MIN_LIFE = timedelta(days=7)
#: Accounts that a message names.
_NAMED = 10
_NEW_TOKEN = "Generate a new one for the system user in Meta's Business settings, and set WABA_ACCESS_TOKEN to it."
_NO_API = (NoAnswerError, UntrustedServerError, AddressError, RedirectError, MalformedAnswerError)
_ASSETS = "Assign an account to the system user in Meta's Business settings, and set waba_id (WABA_ID) to its id."
_WORDS = {"Business": "a business", "WhatsAppBusinessPhoneNumber": "a phone number"}


@dataclasses.dataclass
class Facts:
    """What was read of the set-up."""

    waba_id: str | None
    business_id: str | None
    has_secret: bool
    #: The API's URL with the version.
    address: str
    own: OwnUser = dataclasses.field(default_factory=lambda: OwnUser(None))
    own_error: GraphError | None = None
    token: AccessToken = dataclasses.field(default_factory=AccessToken)
    token_error: GraphError | None = None
    #: The objects with these ids, and with those that the token is for.
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    #: The lists of the business.
    listings: dict[str, KindListing] = dataclasses.field(default_factory=dict)
    #: The assigned users of the account.
    users: UserList | None = None
    #: The names of the accounts that the token sees, by id.
    accounts: dict[str, str | None] = dataclasses.field(default_factory=dict)
    used_percent: float | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether every other call is expected to fail as the first one did."""
        error = self.own_error
        return error is not None and (concerns_all(error) or _is_no_api(error) or _is_about_proof(error))

    @property
    def targets(self) -> list[str]:
        """The ids of the accounts that the token was granted for, where the API names them."""
        grants = [each for each in self.token.granular_scopes or [] if str(each["scope"]).startswith("whatsapp_")]
        return list(dict.fromkeys(target for each in grants for target in each["target_ids"] or []))

    @property
    def businesses(self) -> dict[str, str]:
        """The labels of the business of `business_id` and of those of the accounts, the likeliest first, by id."""
        nodes = [self.nodes.get(one or "") for one in (self.waba_id, self.business_id)]
        owners = {
            key: label(key, name)
            for node in [*filter(None, nodes), *self.nodes.values()]
            for key, name in node.owners.items()
        }
        given = self.business_id
        if given is None or self.nodes[given].is_account:
            return owners
        return {given: owners.get(given, given), **owners}


def make_checks(facts: Facts, now: datetime) -> list[Json]:
    """Return the checks in the order in which they build on each other."""
    verdicts: dict[str, t.Callable[[], Verdict]] = {
        "api": lambda: _api(facts),
        "token": lambda: _token(facts, now),
        "app-secret": lambda: _app_secret(facts),
        "scopes": lambda: _scopes(facts),
        "own-user": lambda: _own_user(facts),
        "business": lambda: _business(facts),
        "account": lambda: _account(facts),
        "people": lambda: _people(facts),
        "quota": lambda: _quota(facts),
    }
    checks = []
    for name, verdict in verdicts.items():
        ok, message, remedy = verdict()
        checks.append({"id": name, "ok": ok, "message": message, "remedy": remedy})
        if name == "app-secret" and facts.is_blocked:
            rest = (None, "Not checked, since the API cannot be used.", None)
            verdicts.update(dict.fromkeys(("scopes", "own-user", "business", "account", "people"), lambda: rest))
    return checks


def _is_no_api(error: GraphError) -> bool:
    """Whether this is no answer of the Graph API, or one to a version that it does not have."""
    return isinstance(error, _NO_API) or error.code == 2500


def _is_about_proof(error: GraphError) -> bool:
    return "appsecret_proof" in error.message.lower()


def _api(facts: Facts) -> Verdict:
    error = facts.own_error
    if error and _is_no_api(error):
        return False, f"The Graph API cannot be used at {facts.address}: {error.said}", error.hint or "Check api_url."
    return True, f"The Graph API answers at {facts.address}.", None


def _token(facts: Facts, now: datetime) -> Verdict:
    error, token = facts.own_error, facts.token
    if isinstance(error, TokenError) and not _is_about_proof(error):
        return False, f"The access token is refused: {error.said}", error.hint
    if error and facts.is_blocked:
        return None, "Not checked, since the API cannot be used.", None
    if facts.token_error or token.expires_at is None:
        reason = facts.token_error.said if facts.token_error else "the API does not report it."
        return None, f"The access token works. When it ends is not known: {reason}", None
    what = f"The access token ({token.type or 'of unknown type'}, app {label(token.app_id or '?', token.application)})"
    ends = [end for end in (token.expires_at, token.data_access_expires_at) if end]
    if not ends:
        return True, f"{what} does not end.", None
    end = datetime.fromtimestamp(min(ends), timezone.utc)
    is_long = end - now >= MIN_LIFE
    message = f"{what} ends on {end:%Y-%m-%d %H:%M} UTC, in {max(0, (end - now).days)} days."
    return is_long, message, None if is_long else f"It ends soon. {_NEW_TOKEN}"


def _app_secret(facts: Facts) -> Verdict:
    error = facts.own_error
    if error and _is_about_proof(error):
        return (
            False,
            f"{'app_secret is wrong' if facts.has_secret else 'The app needs app_secret'}: {error.said}",
            error.hint,
        )
    if error and facts.is_blocked:
        return None, "Not checked, since the API cannot be used.", None
    return (
        True,
        "app_secret is that of the token's app." if facts.has_secret else "The app does not need app_secret.",
        None,
    )


def _scopes(facts: Facts) -> Verdict:
    scopes = facts.token.scopes
    if scopes is None:
        return None, "The permissions of the access token are not known.", None
    missing = [name for name in ("whatsapp_business_management", "business_management") if name not in scopes]
    remedy = f"{_NEW_TOKEN} Choose the permission {' and '.join(missing)}."
    if "whatsapp_business_management" in missing:
        return False, f"The access token lacks {' and '.join(missing)}.", remedy
    return True, f"The access token has {', '.join(sorted(scopes))}{' (see people)' if missing else ''}.", None


def _own_user(facts: Facts) -> Verdict:
    ids = {facts.own.id, facts.token.user_id} - {None}
    users = [user for kind in PEOPLE if kind in facts.listings for user in facts.listings[kind].users]
    # /me can have another id than the lists.
    found = [user for user in users if user.id in ids] or [user for user in users if user.name == facts.own.name]
    role = found[0].role if len(found) == 1 else None
    who = label(min(ids, default="?"), facts.own.name)
    if role is None:
        reason = facts.own_error.said if facts.own_error else "the role in the business is not known."
        return None, f"{who} is the access token's own user: {reason}", None
    if role.upper() == "ADMIN":
        return True, f"{who} is an admin of the business.", None
    remedy = "Reading works. To change access, use the token of a system user with the role Admin."
    return False, f"{who} has the role {printable(role)} in the business.", remedy


def _business(facts: Facts) -> Verdict:
    given = facts.business_id
    others = {one: words for one, words in facts.businesses.items() if one != given}
    remedy = f"Set business_id (WABA_BUSINESS_ID) to {' or '.join(others.values()) or 'the id under Business portfolio info'}."
    if given is None:
        return False, "business_id is not given.", remedy
    node = facts.nodes[given]
    if node.is_account:
        return False, f"business_id is the id of the account {node.label}.", remedy
    is_of_account = facts.users is not None and not facts.users.error
    lists = list(facts.listings.values())
    if is_of_account or (any(not one.error for one in lists) and (facts.users is None or not others)):
        return (
            True,
            f"{facts.businesses[given]} is {'a business of the account' if is_of_account else 'readable'}.",
            None,
        )
    error = facts.users.error if facts.users else lists[0].error
    said = error.said if error else ""
    if error and not isinstance(error, NotFoundError) and not others:
        return None, f"It is not known whether {given} is right: {said}", error.hint
    return False, f"business_id {given} cannot be used: {said}", remedy


def _account(facts: Facts) -> Verdict:
    given, seen = facts.waba_id, {key: label(key, name) for key, name in facts.accounts.items()}
    names = ", ".join(list(seen.values())[:_NAMED]) + (" …" if len(seen) > _NAMED else "")
    if given is None:
        found = f"waba_id is not given. The access token sees {len(seen)} accounts: {names}."
        return (True, found, None) if seen else (None, "waba_id is not given, and no account is known.", _ASSETS)
    near = [seen[one] for one in get_close_matches(given, [one for one in seen if one != given], 1)]
    remedy = (
        f"Set waba_id (WABA_ID) to the right one{f', such as {near[0]}' if near else ''}. Accounts: {names or 'none'}."
    )
    node = facts.nodes[given]
    if node.error and given not in seen:
        if isinstance(node.error, LimitError) or node.error.worth_a_retry:
            return None, f"{given} cannot be read at present: {node.error.said}", node.error.hint
        if node.type:
            return False, f"waba_id is the id of {_WORDS.get(node.type, 'something else')}, not of an account.", remedy
        return False, f"{given} cannot be read: {node.error.said}", remedy if seen else node.error.hint
    if facts.users is None or facts.users.error:
        return None, f"{seen[given]} exists. Its users cannot be listed with this business_id: see business.", None
    return True, f"{seen[given]} can be read, with {facts.users.count} assigned users.", None


def _people(facts: Facts) -> Verdict:
    lists = [facts.listings[kind] for kind in PEOPLE if kind in facts.listings]
    errors = [one.error for one in lists if one.error]
    if errors:
        return False, f"The people cannot be listed: {errors[0].said}", errors[0].remedy or errors[0].hint
    if not lists:
        return None, "Not checked, since the business is not known.", None
    counts = " and ".join(f"{one.total_count} {one.words}" for one in lists)
    warnings = [warning for one in lists for warning in one.warnings]
    return (None, " ".join(warnings), None) if warnings else (True, f"{counts} can be listed.", None)


def _quota(facts: Facts) -> Verdict:
    errors = [facts.own_error, facts.users.error if facts.users else None, *(one.error for one in facts.nodes.values())]
    limits = [error for error in errors if isinstance(error, LimitError)]
    if limits:
        return False, f"The quota is used up: {limits[0].said}", limits[0].hint
    if facts.used_percent is None:
        return None, "The API does not report how much of the quota is used.", None
    is_low = facts.used_percent < USAGE_WARNING_PERCENT
    message = f"{facts.used_percent:g} % of the calls of this hour are used."
    return is_low, message, None if is_low else "Wait until the hour is over: further calls may be refused."

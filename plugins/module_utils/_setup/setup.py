# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The logic of `waba_setup_info`: read the set-up and check it. Each check is a pure function of what was read."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches

from .._access.end import utc_now
from .._edges.assigned_users import Account, UserList, read_users, user_lists
from .._edges.business import ACCOUNT_KINDS, PEOPLE, KindListing, Node, accounts_of_user, read_kinds, read_nodes
from .._edges.token import OwnUser, describe_token, read_own_user, read_token
from .._graph.client import MAX_BATCH, USAGE_WARNING_PERCENT, GraphClient
from .._graph.errors import GraphError, LimitError, NotFoundError, TokenError, is_foreign
from .._graph.text import label, printable
from .._options import check_between, check_id

Json = dict[str, t.Any]
#: Whether it is ok (`None` where that is not known), what was found, and what to do.
Verdict = tuple[t.Optional[bool], str, str]

#: The time before its end from which on an access token is not ok.
MIN_LIFE = timedelta(days=7)
_MARKS = {True: "ok", False: "NOT OK", None: "not known"}
_RENEW = "Generate a token for the system user in Meta's Business settings, and set access_token (WABA_ACCESS_TOKEN)"
_SCOPES = ("whatsapp_business_management", "business_management")


@dataclasses.dataclass
class Facts:
    """What was read of the set-up."""

    params: t.Mapping[str, t.Any]
    now: datetime
    own: OwnUser = dataclasses.field(default_factory=lambda: OwnUser(None))
    own_error: GraphError | None = None
    token: Json = dataclasses.field(default_factory=lambda: describe_token({}))
    token_error: GraphError | None = None
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    listings: dict[str, KindListing] = dataclasses.field(default_factory=dict)
    users: UserList | None = None
    #: The labels of the accounts that the access token sees, by id.
    accounts: dict[str, str] = dataclasses.field(default_factory=dict)
    used_percent: float | None = None

    @property
    def blocked_by(self) -> str | None:
        """The check that explains why the first call failed, and every other one would."""
        error = self.own_error
        if error is None:
            return None
        if "appsecret_proof" in error.message.lower():
            return "app-secret"
        kinds = {
            "api": is_foreign(error),
            "token": isinstance(error, TokenError),
            "quota": isinstance(error, LimitError),
        }
        return next((check for check, is_kind in kinds.items() if is_kind), None)

    @property
    def businesses(self) -> dict[str, str]:
        """The labels of the given business, and of those that the accounts belong to, by id."""
        given, node = self.params["business_id"], self.nodes.get(self.params["business_id"])
        owners = {key: label(key, name) for node in self.nodes.values() for key, name in node.owners.items()}
        return {given: owners.get(given, given), **owners} if node and not node.is_account else owners


def inspect_setup(params: t.Mapping[str, t.Any], client: GraphClient) -> Json:
    """Return the checks of the set-up as a result. Raises `OptionError`."""
    for option in ("waba_id", "business_id"):
        if params[option] is not None:
            check_id(option, params[option])
    check_between("batch_size", params["batch_size"], 1, MAX_BATCH, "calls")
    facts = Facts(params, utc_now())
    try:
        facts.own = read_own_user(client)
    except GraphError as error:
        facts.own_error = error
    if not facts.blocked_by:
        _read(client, facts)
    facts.used_percent = client.used_percent
    checks = make_checks(facts)
    token = {**facts.token, "user_id": facts.token["user_id"] or facts.own.id}
    return {"changed": False, "checks": checks, "token": token, "msg": "\n".join(map(_line, checks))}


def make_checks(facts: Facts) -> list[Json]:
    """Return the checks, in the order in which they depend on each other."""
    checks: list[Json] = []
    for check, verdict_of in _CHECKS.items():
        blocked_by = facts.blocked_by if check not in ("api", "quota", facts.blocked_by) else None
        ok, message, remedy = (None, f"Not checked, see {blocked_by}.", "") if blocked_by else verdict_of(facts)
        checks.append({"id": check, "ok": ok, "message": message, "remedy": remedy or None})
    return checks


def _read(client: GraphClient, facts: Facts) -> None:
    """Read all but the token's own user. Where `debug_token` cannot be called in a batch, nothing else is."""
    waba_id, business_id, batch_size = (facts.params[option] for option in ("waba_id", "business_id", "batch_size"))
    try:
        facts.token = read_token(client, batch_size)
    except GraphError as error:
        facts.token_error = error
        batch_size = batch_size if error.code else 1
    targets = [one for grant in facts.token["granular_scopes"] or [] for one in grant["target_ids"] or []]
    facts.nodes = read_nodes(client, [waba_id, business_id, *targets], batch_size)
    user_id = facts.own.id or facts.token["user_id"]
    if user_id and not facts.businesses:
        facts.nodes.update(read_nodes(client, accounts_of_user(client, user_id), batch_size))
    facts.accounts = {node.id: node.label for node in facts.nodes.values() if node.is_account}
    for business in list(facts.businesses)[:1]:
        kinds = [(business, kind) for kind in (*PEOPLE, *ACCOUNT_KINDS)]
        facts.listings = {listing.kind: listing for listing in read_kinds(client, kinds, batch_size)}
        listed = [account for listing in facts.listings.values() for account in listing.accounts]
        facts.accounts.update({account["id"]: label(account["id"], account["name"]) for account in listed})
        if waba_id in facts.accounts:
            (facts.users,) = lists = user_lists([Account(waba_id, business)])
            read_users(client, lists)


def _line(check: Json) -> str:
    remedy = f" -> {check['remedy']}" if check["remedy"] else ""
    return f"[{_MARKS[check['ok']]}] {check['id']}: {check['message']}{remedy}"


def _failed(ok: bool | None, message: str, error: GraphError | None, remedy: str = "") -> Verdict:
    if error is None or isinstance(error, NotFoundError):
        said = "it does not exist, or the access token has no access to it."
    else:
        said = error.said
    return ok, f"{message}: {said}", remedy or (error and (error.remedy or error.hint)) or ""


def _api(facts: Facts) -> Verdict:
    where = f"{facts.params['api_url']}/{facts.params['api_version']}"
    if facts.blocked_by == "api":
        return _failed(False, f"The Graph API cannot be used at {where}", facts.own_error)
    return True, f"The Graph API answers at {where}.", ""


def _token(facts: Facts) -> Verdict:
    token = facts.token
    if facts.blocked_by:
        return _failed(False, "The access token is refused", facts.own_error)
    if token["expires_at"] is None:
        return _failed(None, "The access token works. Its end is not known", facts.token_error)
    what = f"The access token ({token['type']} of app {label(token['app_id'] or '?', token['application'])})"
    ends = [token[field] for field in ("expires_at", "data_access_expires_at") if token[field]]
    if not ends:
        return True, f"{what} does not expire.", ""
    end = datetime.fromtimestamp(min(ends), timezone.utc)
    is_long = end - facts.now >= MIN_LIFE
    days = max(0, (end - facts.now).days)
    return is_long, f"{what} ends on {end:%Y-%m-%d}, in {days} days.", "" if is_long else f"{_RENEW}."


def _app_secret(facts: Facts) -> Verdict:
    given = facts.params["app_secret"] is not None
    if facts.blocked_by:
        return _failed(False, "app_secret is wrong" if given else "The app requires app_secret", facts.own_error)
    return True, "app_secret is that of the token's app." if given else "The app does not require app_secret.", ""


def _scopes(facts: Facts) -> Verdict:
    if facts.token["scopes"] is None:
        return _failed(None, "The permissions of the access token are not known", facts.token_error)
    missing = " and ".join(scope for scope in _SCOPES if scope not in facts.token["scopes"])
    if _SCOPES[0] in missing:
        return False, f"The access token lacks {missing}.", f"{_RENEW}, with {missing}."
    return (
        True,
        f"The access token has {_SCOPES[0]}{f', but not {missing}, see people' if missing else f' and {_SCOPES[1]}'}.",
        "",
    )


def _own_user(facts: Facts) -> Verdict:
    ids = [one for one in (facts.own.id, facts.token["user_id"]) if one]
    users = [user for listing in facts.listings.values() for user in listing.users]
    # /me can have another id than the lists.
    found = [one for one in users if one.id in ids] or [one for one in users if one.name == facts.own.name]
    who = f"The access token's own user {label(ids[0], facts.own.name) if ids else ''}".rstrip()
    if len(found) != 1 or not found[0].role:
        return None, f"{who} has a role that is not known.", "Its role is under Users, System users: it must be Admin."
    if found[0].role.upper() == "ADMIN":
        return True, f"{who} is an admin.", ""
    remedy = "Reading works. To change access, use the token of a system user with the role Admin."
    return False, f"{who} is no admin, but {printable(found[0].role)}.", remedy


def _business(facts: Facts) -> Verdict:
    given, users = facts.params["business_id"], facts.users
    others = [words for business_id, words in facts.businesses.items() if business_id != given]
    remedy = f"Set business_id (WABA_BUSINESS_ID) to {' or '.join(others) or 'the id under Business portfolio info'}."
    if given is None:
        return False, "business_id is not given.", remedy
    if facts.nodes[given].is_account:
        return False, f"business_id is the id of the account {facts.accounts[given]}.", remedy
    if users and not users.error:
        return True, f"{facts.businesses[given]} owns the account, or has access to it.", ""
    if any(not listing.error for listing in facts.listings.values()) and not (users and others):
        return True, f"{facts.businesses[given]} can be read.", ""
    error = users.error if users else facts.listings[PEOPLE[0]].error
    is_wrong = bool(users and others) or isinstance(error, NotFoundError)
    return _failed(
        False if is_wrong else None, f"business_id {given} cannot be used", error, remedy if is_wrong else ""
    )


def _account(facts: Facts) -> Verdict:
    given, names = facts.params["waba_id"], ", ".join(facts.accounts.values())
    if given is None:
        what = f"The access token sees {names}." if names else "The access token is not known to see an account."
        return True if names else None, f"waba_id is not given. {what}", ""
    if facts.users and not facts.users.error:
        return True, f"{facts.accounts[given]} can be read. It has {facts.users.count} assigned users.", ""
    if given in facts.accounts:
        return _failed(
            None, f"{facts.accounts[given]}: its users cannot be listed", facts.users.error if facts.users else None
        )
    swapped = [facts.accounts[one] for one in [facts.params["business_id"]] if one in facts.accounts]
    near = [facts.accounts[one] for one in get_close_matches(given, facts.accounts, 1)]
    remedy = f"Set waba_id (WABA_ID) to {(swapped or near or ['one of these'])[0]}. The access token sees {names}."
    node = facts.nodes[given]
    if node.type:
        return False, f"waba_id is the id of an object of the type {node.type}, not of an account.", remedy
    return _failed(False, f"Account {given} cannot be read", node.error, remedy if names else "")


def _people(facts: Facts) -> Verdict:
    lists = [facts.listings[kind] for kind in PEOPLE if kind in facts.listings]
    errors = [listing.error for listing in lists if listing.error]
    if not lists or any(isinstance(error, NotFoundError) for error in errors):
        return None, "Not checked, see business.", ""
    if errors:
        return _failed(False, "The people of the business cannot be listed", errors[0])
    warnings = " ".join(warning for listing in lists for warning in listing.warnings)
    counts = " and ".join(f"{listing.total_count} {listing.words}" for listing in lists)
    return None if warnings else True, warnings or f"{counts} can be listed.", ""


def _quota(facts: Facts) -> Verdict:
    errors = [facts.own_error, facts.users and facts.users.error, *(node.error for node in facts.nodes.values())]
    for error in errors:
        if isinstance(error, LimitError):
            return _failed(False, "The quota is used up", error)
    if facts.used_percent is None:
        return None, "The API does not report how much of the quota is used.", ""
    is_low = facts.used_percent < USAGE_WARNING_PERCENT
    return is_low, f"{facts.used_percent:g} % of the calls of this hour are used.", "" if is_low else "Wait an hour."


_CHECKS: dict[str, t.Callable[[Facts], Verdict]] = {
    "api": _api,
    "token": _token,
    "app-secret": _app_secret,
    "scopes": _scopes,
    "own-user": _own_user,
    "business": _business,
    "account": _account,
    "people": _people,
    "quota": _quota,
}

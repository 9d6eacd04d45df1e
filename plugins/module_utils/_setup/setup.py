# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of `waba_setup_info`: read the set-up and check it. Each check is a pure function of what was read."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches

from .._access.end import utc_now
from .._edges import business
from .._edges.assigned_users import Account, UserList, user_lists
from .._edges.token import OwnUser, describe_token, read_own_user, read_token
from .._graph import errors
from .._graph.client import MAX_BATCH, USAGE_WARNING_PERCENT, GraphClient
from .._graph.errors import GraphError
from .._graph.paging import read
from .._graph.values import label, object_id, printable
from .._options import check_between, check_id

Json = dict[str, t.Any]
#: Whether it is ok (`None` where that is not known), what was found, and what to do.
Verdict = tuple[t.Optional[bool], str, str]

#: The time before its end from which on an access token is not ok.
MIN_LIFE = timedelta(days=7)
#: The number of accounts that a message names.
MAX_NAMED = 10
_RENEW = "Generate a token for the system user in Meta's Business settings, and set access_token (WABA_ACCESS_TOKEN)"
_BLOCKED = {
    "api": "The Graph API cannot be used",
    "token": "The access token is refused",
    "app-secret": "app_secret is missing, or is not that of the token's app",
    "quota": "The quota is used up",
}
_MARKS = {True: "ok", False: "NOT OK", None: "not known"}
_REFUSALS = (errors.NotFoundError, errors.PermissionDeniedError)
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
    nodes: dict[str, business.Node] = dataclasses.field(default_factory=dict)
    listings: dict[str, business.KindListing] = dataclasses.field(default_factory=dict)
    users: UserList | None = None
    used_percent: float | None = None

    @property
    def blocked_by(self) -> str | None:
        """The check that says why the first call failed, and every other one would."""
        error = self.own_error
        if error and "appsecret_proof" in error.message.lower():
            return "app-secret"
        if isinstance(error, (errors.TokenError, errors.LimitError)):
            return "token" if isinstance(error, errors.TokenError) else "quota"
        # Answers that are not from the API, or are to a version that it does not have.
        is_foreign = isinstance(error, errors.MalformedAnswerError) or (error and error.code == 2500)
        return "api" if error and (is_foreign or errors.concerns_all(error)) else None

    @property
    def businesses(self) -> dict[str, str]:
        """The labels of the given business, and of those that the accounts belong to, by id."""
        given = self.params["business_id"]
        owners = {key: words for node in self.nodes.values() for key, words in node.owners.items()}
        is_business = given in self.nodes and self.nodes[given].type != business.ACCOUNT_TYPE
        return {given: owners.get(given, given), **owners} if is_business else owners

    @property
    def accounts(self) -> dict[str, str]:
        """The labels of the accounts that the access token sees, by id."""
        read = {node_id: node.label for node_id, node in self.nodes.items() if node.type == business.ACCOUNT_TYPE}
        listed = [account for listing in self.listings.values() for account in listing.accounts]
        return {**read, **{account["id"]: label(account["id"], account["name"]) for account in listed}}


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
    lines = [
        f"[{_MARKS[one['ok']]}] {one['id']}: {' -> '.join(filter(None, (one['message'], one['remedy'])))}"
        for one in checks
    ]
    token = {**facts.token, "user_id": facts.token["user_id"] or facts.own.id}
    return {"changed": False, "checks": checks, "token": token, "msg": "\n".join(lines)}


def _read(client: GraphClient, facts: Facts) -> None:
    """Read all but the token's own user. Where `debug_token` cannot be called in a batch, nothing else is."""
    waba_id, business_id, batch_size = (facts.params[option] for option in ("waba_id", "business_id", "batch_size"))
    try:
        facts.token = read_token(client, batch_size)
    except GraphError as error:
        facts.token_error = error
        batch_size = batch_size if error.code else 1
    targets = [target for grant in facts.token["granular_scopes"] or [] for target in grant["target_ids"] or []]
    facts.nodes = business.read_nodes(client, [waba_id, business_id, *map(object_id, targets)], batch_size)
    user_id = facts.own.id or facts.token["user_id"]
    if user_id and not facts.businesses:
        facts.nodes.update(business.read_nodes(client, business.accounts_of_user(client, user_id), batch_size))
    for owner_id in list(facts.businesses)[:1]:
        kinds = [(owner_id, kind) for kind in (*business.PEOPLE, *business.ACCOUNT_KINDS)]
        facts.listings = {listing.kind: listing for listing in business.read_kinds(client, kinds, batch_size)}
        if waba_id in facts.accounts:
            (facts.users,) = lists = user_lists([Account(waba_id, owner_id)])
            read(client, lists)


def make_checks(facts: Facts) -> list[Json]:
    """Return the checks, in the order in which they depend on each other."""
    blocked_by, checks = facts.blocked_by, []
    for check, verdict_of in _CHECKS.items():
        if check == blocked_by:
            ok, message, remedy = _failed(False, _BLOCKED[check], facts.own_error)
        elif blocked_by and check not in ("api", "quota"):
            ok, message, remedy = None, f"Not checked, see {blocked_by}.", ""
        else:
            ok, message, remedy = verdict_of(facts)
        checks.append({"id": check, "ok": ok, "message": message, "remedy": None if ok else remedy or None})
    return checks


def _failed(ok: bool | None, message: str, error: GraphError | None, remedy: str = "") -> Verdict:
    if error is None:
        return ok, f"{message}: the API does not report it.", remedy
    is_hidden = isinstance(error, errors.NotFoundError)
    said = "it does not exist, or the access token has no access to it." if is_hidden else error.said
    return ok, f"{message}: {said}", remedy or error.remedy or error.hint


def _token(facts: Facts) -> Verdict:
    token = facts.token
    if token["expires_at"] is None:
        return _failed(None, "The access token works. Its end is not known", facts.token_error)
    kind, app = printable(token["type"] or "type not known"), label(token["app_id"] or "?", token["application"])
    what = f"The access token ({kind} of app {app})"
    ends = [token[field] for field in ("expires_at", "data_access_expires_at") if token[field]]
    if not ends:
        return True, f"{what} does not expire.", ""
    end = datetime.fromtimestamp(min(ends), timezone.utc)
    left = end - facts.now
    return left >= MIN_LIFE, f"{what} ends on {end:%Y-%m-%d}, in {max(0, left.days)} days.", f"{_RENEW}."


def _scopes(facts: Facts) -> Verdict:
    if facts.token["scopes"] is None:
        return _failed(None, "The permissions of the access token are not known", facts.token_error)
    missing = " and ".join(scope for scope in _SCOPES if scope not in facts.token["scopes"])
    if _SCOPES[0] in missing:
        return False, f"The access token lacks {missing}.", f"{_RENEW}, with {missing}."
    rest = f", but not {missing}, see people" if missing else f" and {_SCOPES[1]}"
    return True, f"The access token has {_SCOPES[0]}{rest}.", ""


def _own_user(facts: Facts) -> Verdict:
    ids = [one for one in (facts.own.id, facts.token["user_id"]) if one]
    users = [user for listing in facts.listings.values() for user in listing.users]
    # /me can have another id than the lists.
    found = [one for one in users if one.id in ids] or [one for one in users if one.name and one.name == facts.own.name]
    role = found[0].role if len(found) == 1 else None
    message = f"{label(ids[0] if ids else '?', facts.own.name)} has the role {printable(role or 'not known')}."
    remedy = "Use the token of a system user that has the role Admin under Users, System users, to change access."
    return role.upper() == "ADMIN" if role else None, message, remedy


def _business(facts: Facts) -> Verdict:
    given, users = facts.params["business_id"], facts.users
    others = [words for business_id, words in facts.businesses.items() if business_id != given]
    remedy = f"Set business_id (WABA_BUSINESS_ID) to {' or '.join(others) or 'the id under Business portfolio info'}."
    if given is None or facts.nodes[given].type == business.ACCOUNT_TYPE:
        what = "not given" if given is None else f"the id of the account {facts.accounts[given]}"
        return False, f"business_id is {what}.", remedy
    if users and not users.error:
        return True, f"{facts.businesses[given]} has the account.", ""
    listed = [account["id"] for listing in facts.listings.values() for account in listing.accounts]
    error = users.error if users else None
    # An account that others share with the business has another owner.
    is_wrong = bool(others) and isinstance(error, _REFUSALS) and facts.params["waba_id"] not in listed
    if any(not listing.error for listing in facts.listings.values()) and not is_wrong:
        return True, f"{facts.businesses[given]} can be read.", ""
    error = error or facts.listings[business.PEOPLE[0]].error
    ok = False if is_wrong or isinstance(error, errors.NotFoundError) else None
    return _failed(ok, f"business_id {given} cannot be used", error, "" if ok is None else remedy)


def _account(facts: Facts) -> Verdict:
    given, accounts, users = facts.params["waba_id"], facts.accounts, facts.users
    named, more = list(accounts.values())[:MAX_NAMED], len(accounts) - MAX_NAMED
    names = ", ".join(named) + (f" and {more} more" if more > 0 else "") or "no account that is known"
    names = f"The access token sees {names}."
    if given is None:
        return True if accounts else None, f"waba_id is not given. {names}", ""
    if users and not users.error:
        return True, f"{accounts[given]} can be read. It has {users.count} assigned users.", ""
    if given in accounts:
        error = users.error if users else None
        ok = False if isinstance(error, _REFUSALS) and _business(facts)[0] else None
        return _failed(ok, f"The users of {accounts[given]} cannot be read", error)
    node = facts.nodes[given]
    # Swapped with business_id, or else mistyped.
    similar = [] if node.type else get_close_matches(given, accounts, 1)
    near = [accounts[one] for one in (facts.params["business_id"], *similar) if one in accounts]
    remedy = f"Set waba_id (WABA_ID) to {near[0] if near else 'the right id'}. {names}"
    if node.type:
        return False, f"waba_id is the id of an object of the type {node.type}, not of an account.", remedy
    ok = False if isinstance(node.error, _REFUSALS) else None
    return _failed(ok, f"Account {given} cannot be read", node.error, remedy if accounts else "")


def _people(facts: Facts) -> Verdict:
    lists = [facts.listings[kind] for kind in business.PEOPLE if kind in facts.listings]
    failures = [listing.error for listing in lists if listing.error]
    if not lists:
        return None, "Not checked, see business.", ""
    if failures:
        ok = False if isinstance(failures[0], _REFUSALS) and _business(facts)[0] is not False else None
        return _failed(ok, "The people of the business cannot be listed", failures[0])
    warnings = " ".join(warning for listing in lists for warning in listing.warnings)
    counts = " and ".join(f"{listing.count} {listing.words}" for listing in lists)
    return None if warnings else True, warnings or f"{counts} can be listed.", ""


def _quota(facts: Facts) -> Verdict:
    for error in [facts.users and facts.users.error, *(node.error for node in facts.nodes.values())]:
        if isinstance(error, errors.LimitError):
            return _failed(False, _BLOCKED["quota"], error)
    if facts.used_percent is None:
        return None, "The API does not report how much of the quota is used.", ""
    message = f"{facts.used_percent:g} % of the calls of this hour are used."
    return facts.used_percent < USAGE_WARNING_PERCENT, message, "Wait an hour: further calls may be refused."


_CHECKS: dict[str, t.Callable[[Facts], Verdict]] = {
    "api": lambda facts: (True, f"The API answers at {facts.params['api_url']}/{facts.params['api_version']}.", ""),
    "token": _token,
    "app-secret": lambda facts: (
        True,
        f"app_secret is {'right' if facts.params['app_secret'] else 'not required'}.",
        "",
    ),
    "scopes": _scopes,
    "own-user": _own_user,
    "business": _business,
    "account": _account,
    "people": _people,
    "quota": _quota,
}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Graph API's rules: a call in, an answer out. No sockets here.

Source of the rules: Meta's OpenAPI description of the edges, Meta's SDKs and reference pages; where those leave a
question open, `behaviours.Behaviours` decides.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from .behaviours import VERSION, Behaviours, version_key
from .errors import (
    GraphError,
    already_assigned,
    bad_parameter,
    denied,
    not_assigned,
    protected_user,
    too_many_calls,
    unknown_path,
    unsupported,
)
from .messages import Answer, Call
from .paging import Cursor, decode_cursor, list_key, page_after, page_before, paging_object, same_members
from .state import (
    APP_ID,
    APP_NAME,
    TASKS,
    Account,
    Assigned,
    Business,
    Person,
    Token,
    World,
    count_call,
    lists_to_read,
    regain_minutes,
    usage_percent,
    write_assigned,
)

DIGITS = re.compile(r"[0-9]+")
# The lists that every operation of a batch sees: account id -> its list before the batch.
Seen = dict[str, Assigned]


@dataclass(frozen=True)
class Visit:
    """A call that has been let in: what the rules of the nodes and edges look at."""

    world: World
    call: Call
    token: Token
    version: str
    seen: Seen | None

    @property
    def rules(self) -> Behaviours:
        """The behaviours in force."""
        return self.world.behaviours

    @property
    def own_business(self) -> str:
        """The business of the token's user."""
        return self.world.people[self.token.user_id].business_id

    def assigned(self, account: Account) -> Assigned:
        """Who is on an account, as this call may know it."""
        return account.assigned if self.seen is None else self.seen[account.id]


NAME_FIELDS = ("id", "name")
ASSIGNED_USER_FIELDS = ("id", "name", "business", "user_type", "tasks")
BUSINESS_USER_FIELDS = (
    "id",
    "name",
    "business",
    "email",
    "pending_email",
    "role",
    "title",
    "two_fac_status",
    "marked_for_removal",
    "first_name",
    "last_name",
    "finance_permission",
    "ip_permission",
)
SYSTEM_USER_FIELDS = ("id", "name", "role", "created_time", "created_by", "finance_permission", "ip_permission")
PENDING_USER_FIELDS = (
    "id",
    "email",
    "role",
    "status",
    "created_time",
    "created_by",
    "expiration_time",
    "finance_role",
    "invited_user_type",
    "owner",
    "updated_time",
    "updated_by",
)
ACCOUNT_FIELDS = (
    "id",
    "name",
    "status",
    "account_review_status",
    "purchase_order_number",
    "audiences",
    "ownership_type",
    "subscribed_apps",
    "business_verification_status",
    "country",
    "currency",
    "timezone_id",
    "on_behalf_of_business_info",
    "owner_business_info",
    "schedules",
    "is_enabled_for_insights",
    "dcc_config",
    "message_templates",
    "message_template_namespace",
    "phone_numbers",
)
APP_FIELDS = ("id", "name", "link")
# The first four by default.
ACTIVITY_FIELDS = (
    "id",
    "activity_type",
    "timestamp",
    "actor_type",
    "actor_id",
    "actor_name",
    "description",
    "details",
    "ip_address",
    "user_agent",
)
NEWER_ACTIVITY_FIELDS = ("id", "event_type", "category", "event_time", "actor_business_id")
PERSON_ACCOUNT_FIELDS = (
    "id",
    "name",
    "status",
    "assignment_date",
    "permissions",
    "tasks",
    "business_id",
    "phone_numbers",
)

TOKEN_ERRORS = {
    "expired": (463, "Error validating access token: Session has expired on Saturday, 01-Nov-25 00:00:00 PDT."),
    "password-changed": (
        460,
        (
            "Error validating access token: The session has been invalidated because the user changed their password "
            "or Facebook has changed the session for security reasons."
        ),
    ),
    "app-gone": (458, "Error validating access token: The user has not authorized application 1122334455667788."),
    "logged-out": (467, "Error validating access token: The session is invalid because the user logged out."),
}


def answer(world: World, call: Call, seen: Seen | None = None) -> Answer:
    """What the API answers to one call (not a batch). `seen`: the lists to look at instead of the present ones."""
    headers = {"facebook-api-version": world.behaviours.api_versions[0]}
    segments = [segment for segment in call.path.split("/") if segment]
    try:
        version, segments = split_version(segments, world.behaviours.api_versions)
        headers["facebook-api-version"] = version
        token = check_token(world, call, segments)
        value = _route(Visit(world, call, token, version, seen), segments)
        status = 200
    except GraphError as error:
        status, value = error.status, error.body
    headers.update(usage_headers(world, segments[0] if segments else ""))
    return Answer(status, value, headers)


def split_version(segments: list[str], known: tuple[str, ...]) -> tuple[str, list[str]]:
    """The version that answers, and the rest of the path. Expired versions fall forward; none means the oldest."""
    if not segments or not re.match(r"v[0-9]", segments[0]):
        return known[0], segments
    asked = segments[0]
    if not VERSION.fullmatch(asked):
        raise unknown_path(segments)
    if version_key(asked) < version_key(known[0]):
        return known[0], segments[1:]
    if asked not in known:
        raise unknown_path(segments)
    return asked, segments[1:]


def token_value(call: Call) -> str:
    """The access token of a call: a parameter, or the Authorization header (Bearer or OAuth); '' when there is none."""
    in_params = call.params.get("access_token", "")
    scheme, _space, value = call.headers.get("authorization", "").partition(" ")
    return in_params or (value.strip() if scheme.lower() in ("bearer", "oauth") else "")


def check_token(world: World, call: Call, segments: list[str]) -> Token:
    """The valid token of a call. Raises GraphError for a token or an app secret proof that is missing or wrong."""
    value = token_value(call)
    if not value and segments[:1] == ["me"]:
        raise GraphError(400, 2500, "An active access token must be used to query information about the current user.")
    if not value:
        raise GraphError(401, 190, "Invalid OAuth access token")
    token = world.token_of(value)
    if token is None:
        raise GraphError(401, 190, "Invalid OAuth access token - Cannot parse access token")
    _check_proof(world, call, value)
    if token.state != "valid":
        subcode, message = TOKEN_ERRORS[token.state]
        raise GraphError(401, 190, message, subcode=subcode)
    return token


def _check_proof(world: World, call: Call, token: str) -> None:
    proof = call.params.get("appsecret_proof")
    if proof is None:
        if world.behaviours.require_proof:
            message = "API calls from the server require an appsecret_proof argument"
            raise GraphError(400, 100, message, "GraphMethodException")
        return
    right = hmac.new(world.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof.encode(), right.encode()):
        raise GraphError(400, 100, "Invalid appsecret_proof provided in the API argument", "GraphMethodException")


def _route(visit: Visit, segments: list[str]) -> Any:
    if not segments or len(segments) > 2:
        raise unknown_path(segments)
    node, edge = segments[0], segments[1] if len(segments) == 2 else ""
    if node == "me":
        return _me(visit, edge)
    if node == "debug_token":
        return {"data": _debug_token(visit)}
    if node in visit.world.accounts or edge == "assigned_users":
        return _account_call(visit, _account(visit, node), edge)
    if visit.call.method != "GET" or (node not in visit.world.people and node not in visit.world.businesses):
        raise unsupported(visit.call.method, node)
    return _business_call(visit, node, edge)


def _me(visit: Visit, edge: str) -> Any:
    if visit.call.method != "GET" or edge:
        raise unsupported(visit.call.method, "me")
    if not visit.token.can_read_me:
        raise denied("Application does not have permission for this action", code=10)
    person, rules = visit.world.people[visit.token.user_id], visit.rules
    record = _name_node(visit, replace(person, id=rules.own_id or person.id), "User")
    return record if rules.own_name == "shown" else {"id": record["id"]}


def _debug_token(visit: Visit) -> dict[str, Any]:
    """What is known of the token in `input_token`, which need not be valid."""
    if visit.rules.debug_token == "refused":
        message = (
            "(#100) You must provide an app access token, or a user access token that is an owner or developer of the "
            "app"
        )
        raise bad_parameter(message)
    value = visit.call.params.get("input_token")
    if not value:
        raise bad_parameter("(#100) The parameter input_token is required")
    token = visit.world.token_of(value)
    if token is None:
        error = {"code": 190, "message": "The access token could not be decrypted"}
        return {"error": error, "is_valid": False, "scopes": []}
    person = visit.world.people[token.user_id]
    targets = {"target_ids": list(token.target_ids)} if token.target_ids else {}
    record: dict[str, Any] = {
        "app_id": APP_ID,
        "type": "SYSTEM_USER" if person.user_type == "SYSTEM_USER" else "USER",
        "application": APP_NAME,
        "data_access_expires_at": token.data_access_expires_at,
        "expires_at": token.expires_at,
        "is_valid": token.state == "valid",
        "issued_at": 1760000000,
        "scopes": list(token.permissions),
        "granular_scopes": [
            {"scope": name, **(targets if name.startswith("whatsapp") else {})} for name in token.permissions
        ],
        "user_id": token.user_id,
    }
    if token.state != "valid":
        subcode, message = TOKEN_ERRORS[token.state]
        record["error"] = {"code": 190, "message": message, "subcode": subcode}
    return record


def _name_node(visit: Visit, named: Person | Business, node_type: str) -> dict[str, Any]:
    return select({"id": named.id, "name": named.name}, asked_fields(visit, NAME_FIELDS, NAME_FIELDS, node_type))


# --- the account and its assigned users ---


def _account(visit: Visit, account_id: str) -> Account:
    """The account, when the token may see it. Counts the call."""
    if "whatsapp_business_management" not in visit.token.permissions:
        raise denied("Need permission on WhatsAppBusinessAccount or this Business", int(visit.rules.permission_error))
    account = visit.world.accounts.get(account_id)
    if account is None or not account.seen_by(visit.own_business):
        if visit.rules.unknown_account == "803":
            raise GraphError(404, 803, "WhatsApp Business Account not found", "GraphMethodException")
        raise unsupported(visit.call.method, account_id)
    if not count_call(visit.world, account_id, time.monotonic()):
        raise too_many_calls()
    return account


def _account_call(visit: Visit, account: Account, edge: str) -> Any:
    method = visit.call.method
    if edge == "assigned_users" and method in _ASSIGNED_USERS:
        return _ASSIGNED_USERS[method](visit, account)
    if edge in visit.rules.refused_edges:
        raise denied("Your app doesn't have permission to access this WhatsApp Business Account")
    if edge in visit.rules.unknown_edges:
        message = f"(#100) Tried accessing nonexisting field ({edge}) on node type (WhatsAppBusinessAccount)"
        raise bad_parameter(message)
    if edge not in ("", "assigned_users", *_ACCOUNT_EDGES):
        raise unknown_path([edge])
    if method != "GET":
        raise unsupported(method, account.id)
    if edge:
        return _ACCOUNT_EDGES[edge](visit, account)
    default = ("id", "name", "timezone_id", "message_template_namespace")
    record = _account_record(visit.world, account)
    return select(record, asked_fields(visit, ACCOUNT_FIELDS, default, "WhatsAppBusinessAccount"))


def _subscribed_apps(visit: Visit, account: Account) -> Any:
    """The apps, without pages, each in a member of its own or flat."""
    names = asked_fields(visit, APP_FIELDS, APP_FIELDS, "WhatsAppBusinessAccountSubscribedApp")
    apps = [select(app, names) for app in account.apps]
    return {"data": apps if visit.rules.apps_shape == "flat" else [{"whatsapp_business_api_data": app} for app in apps]}


def _activities(visit: Visit, account: Account) -> Any:
    """What happened, the latest first, in the shape of the version that answers."""
    shape = visit.rules.activities_shape
    known, default = ACTIVITY_FIELDS, ACTIVITY_FIELDS[:4]
    rows = [dict(row) for row in reversed(account.activities)]
    if shape == "v25":
        known = default = NEWER_ACTIVITY_FIELDS
        rows = [{**row, "event_type": row["activity_type"], "category": "ACCOUNT"} for row in rows]
        for row in rows:
            row.update(actor_business_id=account.business_id, event_time=row["timestamp"])
    elif shape == "odd":
        rows = [{"id": row["id"], "activity_type": 7, "timestamp": 1, "details": [None, {"x": []}]} for row in rows]
    names = asked_fields(visit, known, default, "WhatsAppBusinessAccountActivity")
    return _connection(visit, f"{account.id}/activities", [rows], names)


def _list_assigned(visit: Visit, account: Account) -> Any:
    params = visit.call.params
    business = params.get("business", "")
    if not business:
        raise bad_parameter("The parameter business is required to specify a business")
    if not DIGITS.fullmatch(business):
        raise bad_parameter("Invalid parameter: business must be a valid business ID")
    if not account.seen_by(business):
        raise denied("Need permission on WhatsAppBusinessAccount or this Business")
    mode = visit.rules.tasks
    known = tuple(name for name in ASSIGNED_USER_FIELDS if name != "tasks" or mode != "unknown-field")
    default = ("id", "name", "tasks") if mode == "default" else NAME_FIELDS
    asked = asked_fields(visit, known, default, "WhatsAppBusinessAccountAssignedUser")
    if mode == "never":
        asked = [name for name in asked if name != "tasks"]
    first_page = not (params.get("after") or params.get("before"))
    lists = lists_to_read(account, first_page=first_page) if visit.seen is None else [visit.assigned(account)]
    rows_of = [[_assigned_record(visit.world, user, tasks) for user, tasks in listed.items()] for listed in lists]
    return _connection(visit, f"{account.id}/assigned_users", rows_of, asked)


def _assigned_record(world: World, user_id: str, tasks: tuple[str, ...]) -> dict[str, Any]:
    person = world.people[user_id]
    return {
        "id": person.id,
        "name": person.name,
        "business": _business_record(world, person.business_id),
        "user_type": person.user_type,
        "tasks": list(tasks),
    }


def _business_record(world: World, business_id: str) -> dict[str, Any]:
    return {"id": business_id, "name": world.businesses[business_id].name}


def _assign(visit: Visit, account: Account) -> Any:
    rules = visit.rules
    if not visit.token.can_write:
        raise denied("Your app doesn't have permission to add users to this WhatsApp Business Account")
    person = _assignable(visit, account)
    tasks = parse_tasks(visit.call.params.get("tasks"))
    held = visit.assigned(account).get(person.id)
    if rules.own_grants == "refuse" and person.id == visit.token.user_id and set(tasks) - set(held or ()):
        raise denied("Your app doesn't have permission to add users to this WhatsApp Business Account")
    if held is not None and rules.on_assigned == "reject":
        raise already_assigned()
    if held is not None and rules.on_assigned == "merge":
        tasks = held + tasks
    if not rules.ignore_writes:
        write_assigned(account, person.id, stored_tasks(rules, tasks), rules.stale_reads)
    return {"success": True}


def _assignable(visit: Visit, account: Account) -> Person:
    person = visit.world.people.get(visit.call.params.get("user", ""))
    if person is None or person.pending or person.left:
        raise bad_parameter("Invalid parameter: user must be a valid user ID")
    if not account.seen_by(person.business_id):
        raise denied("Need permission on WhatsAppBusinessAccount or this Business")
    return person


def parse_tasks(text: str | None) -> tuple[str, ...]:
    """The tasks of a POST: one JSON array in one form field, 1 to 16 known tasks."""
    if text is None:
        raise bad_parameter("(#100) The parameter tasks is required")
    try:
        tasks = json.loads(text)
    except ValueError:
        tasks = None
    if not isinstance(tasks, list):
        raise bad_parameter("(#100) Param tasks must be an array.")
    if not 1 <= len(tasks) <= 16:
        raise bad_parameter("(#100) Param tasks must have between 1 and 16 elements.")
    for index, task in enumerate(tasks):
        if task not in TASKS:
            choices = ", ".join(TASKS)
            raise bad_parameter(f"(#100) Param tasks[{index}] must be one of {{{choices}}} - got {json.dumps(task)}.")
    return tuple(tasks)


def stored_tasks(rules: Behaviours, tasks: tuple[str, ...]) -> tuple[str, ...]:
    """The tasks as the account keeps them, each once."""
    if "FULL_CONTROL" in tasks and rules.full_control == "unpacked":
        tasks = tuple(task for task in TASKS if task != "FULL_CONTROL")
    tasks += rules.implied_tasks
    return tuple(task for task in dict.fromkeys(tasks) if task not in rules.dropped_tasks)


def _remove(visit: Visit, account: Account) -> Any:
    rules = visit.rules
    if not visit.token.can_write:
        raise denied("Your app doesn't have permission to remove users from this WhatsApp Business Account")
    user_id = _user_to_remove(visit.call, rules.delete_user_in)
    if user_id not in visit.assigned(account):
        raise not_assigned()
    if user_id in rules.protected:
        raise protected_user()
    if not rules.ignore_writes:
        write_assigned(account, user_id, None, rules.stale_reads)
    return {"success": True}


_ACCOUNT_EDGES: dict[str, Callable[[Visit, Account], Any]] = {
    "subscribed_apps": _subscribed_apps,
    "activities": _activities,
}
_ASSIGNED_USERS: dict[str, Callable[[Visit, Account], Any]] = {
    "GET": _list_assigned,
    "POST": _assign,
    "DELETE": _remove,
}


def _user_to_remove(call: Call, where: str) -> str:
    """The user of a DELETE: Meta's description wants it in the body, Meta's SDKs send it in the query."""
    in_query = call.query.get("user", [])[-1:] if where != "body" else []
    in_body = call.form.get("user", [])[-1:] if where != "query" else []
    named = set(in_query + in_body)
    if len(named) != 1 or not DIGITS.fullmatch(min(named)):
        raise bad_parameter("Invalid parameter: user must be a valid user ID")
    return named.pop()


# --- the business's edges around it ---


def _business_call(visit: Visit, node: str, edge: str) -> Any:
    """Reading a business or a person, or the edges of one. They need business_management on the token."""
    person = visit.world.people.get(node)
    if "business_management" not in visit.token.permissions or edge in visit.rules.refused_edges:
        if visit.rules.business_error == "100/33":
            raise unsupported(visit.call.method, node)
        raise denied("Missing Permissions", int(visit.rules.business_error))
    if visit.own_business != (person.business_id if person else node) or (person and person.left):
        raise unsupported(visit.call.method, node)
    if not edge:
        return _name_node(visit, person or visit.world.businesses[node], "User" if person else "Business")
    edges = PERSON_EDGES if person else BUSINESS_EDGES
    if edge not in edges:
        raise unknown_path([edge])
    records, known, default, node_type = edges[edge]
    if edge in PEOPLE_EDGES:
        known, default = (_without(fields, visit.rules.unknown_person_fields) for fields in (known, default))
    rows = records(visit.world, node, visit.call.params)
    return _connection(visit, f"{node}/{edge}", [rows], asked_fields(visit, known, default, node_type))


def _without(fields: tuple[str, ...], unknown: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name not in unknown)


def _people_records(world: World, business_id: str, user_types: tuple[str, ...], pending: bool) -> list[dict[str, Any]]:
    there = [person for person in world.people.values() if person.business_id == business_id and not person.left]
    return [
        {"id": person.id, "name": person.name, **person.details}
        for person in there
        if person.user_type in user_types and person.pending == pending
    ]


def _business_users(world: World, node: str, _params: dict[str, str]) -> list[dict[str, Any]]:
    rows = _people_records(world, node, ("BUSINESS_USER", "PERSONAL_USER"), pending=False)
    # A flag is shown where it is false, too.
    always = {"business": _business_record(world, node), "marked_for_removal": False}
    return [{**always, **row} for row in rows]


def _system_users(world: World, node: str, _params: dict[str, str]) -> list[dict[str, Any]]:
    return _people_records(world, node, ("SYSTEM_USER",), pending=False)


def _pending_users(world: World, node: str, params: dict[str, str]) -> list[dict[str, Any]]:
    rows = _people_records(world, node, ("BUSINESS_USER",), pending=True)
    return [row for row in rows if params.get("email", row.get("email")) == row.get("email")]


def _account_record(world: World, account: Account) -> dict[str, Any]:
    owner = _business_record(world, account.business_id)
    return {"id": account.id, "name": account.name, "owner_business_info": owner, **account.details}


def _found(world: World, accounts: list[Account], params: dict[str, str]) -> list[dict[str, Any]]:
    return [_account_record(world, account) for account in accounts if params.get("find", account.id) == account.id]


def _owned_accounts(world: World, node: str, params: dict[str, str]) -> list[dict[str, Any]]:
    return _found(world, [account for account in world.accounts.values() if account.business_id == node], params)


def _client_accounts(world: World, node: str, params: dict[str, str]) -> list[dict[str, Any]]:
    return _found(world, [account for account in world.accounts.values() if node in account.shared_with], params)


def _accounts_of_person(world: World, node: str, _params: dict[str, str]) -> list[dict[str, Any]]:
    held = [(account, account.assigned[node]) for account in world.accounts.values() if node in account.assigned]
    return [
        {
            "status": "ACTIVE",
            **_account_record(world, account),
            "business_id": account.business_id,
            "permissions": list(tasks),
            "tasks": list(tasks),
        }
        for account, tasks in held
    ]


Records = Callable[[World, str, dict[str, str]], list[dict[str, Any]]]
# edge -> where its rows come from, the fields it knows, those it shows by default, the name of its node type
Edges = dict[str, tuple[Records, tuple[str, ...], tuple[str, ...], str]]
PEOPLE_EDGES: Edges = {
    "business_users": (_business_users, BUSINESS_USER_FIELDS, ("id", "name", "business", "role"), "BusinessUser"),
    "system_users": (_system_users, SYSTEM_USER_FIELDS, ("id", "name", "role"), "SystemUser"),
    "pending_users": (_pending_users, PENDING_USER_FIELDS, ("id", "email", "role", "status"), "BusinessRoleRequest"),
}
BUSINESS_EDGES: Edges = {
    **PEOPLE_EDGES,
    "owned_whatsapp_business_accounts": (
        _owned_accounts,
        ACCOUNT_FIELDS,
        ("id", "name", "message_template_namespace", "timezone_id"),
        "WhatsAppBusinessAccount",
    ),
    "client_whatsapp_business_accounts": (
        _client_accounts,
        ACCOUNT_FIELDS,
        ("id", "name", "currency", "timezone_id"),
        "WhatsAppBusinessAccount",
    ),
}
PERSON_EDGES: Edges = {
    "assigned_whatsapp_business_accounts": (
        _accounts_of_person,
        PERSON_ACCOUNT_FIELDS,
        ("id", "name", "status"),
        "WhatsAppBusinessAccount",
    ),
}


# --- fields, pages, headers ---


def asked_fields(visit: Visit, known: tuple[str, ...], default: tuple[str, ...], node_type: str) -> list[str]:
    """The fields to show: those asked for, or the defaults. Raises GraphError for one that is unknown."""
    text = visit.call.params.get("fields", "")
    # A sub-selection such as business{id,name} changes nothing here: the sub-objects are small and sent whole.
    names = [name.strip() for name in re.sub(r"\{[^{}]*\}", "", text).split(",") if name.strip()]
    for name in names:
        if name in known and name not in visit.rules.unknown_fields:
            continue
        if visit.rules.unknown_field == "unknown-fields":
            raise GraphError(422, 100, f"Unknown fields: {name}.", "GraphMethodException")
        raise bad_parameter(f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})")
    away = {*visit.rules.hidden_fields, *visit.rules.unknown_fields}
    return [name for name in names or default if name not in away] or ["id"]


def select(record: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The record cut to these fields. The id is always there; a field without a value is left out, as the API does."""
    return {name: record[name] for name in dict.fromkeys([*names, "id"]) if name in record}


def _connection(visit: Visit, edge: str, lists: list[list[dict[str, Any]]], names: list[str]) -> dict[str, Any]:
    """One page of an edge. `lists`: its rows, and possibly an older list that a cursor may still belong to."""
    params = visit.call.params
    limit = _limit(params)
    size = min(limit, visit.rules.page_size or limit)
    after, before = params.get("after", ""), params.get("before", "")
    if after and before:
        raise bad_parameter("(#100) Cannot specify both before and after cursors")
    cursor = _cursor(after or before)
    counted, key = _list_for(edge, lists, cursor)
    rows = [row for row in counted if row["id"] not in visit.rules.unlisted]
    if before and cursor:
        page = page_before(key, len(rows), size, cursor)
    else:
        page = page_after(key, len(rows), size, cursor, empty_pages=visit.rules.empty_pages)
    value: dict[str, Any] = {"data": [select(row, names) for row in rows[page.start : page.end]]}
    if rows:
        value["paging"] = paging_object(page, _edge_url(visit, edge, limit))
    if "total_count" in params.get("summary", "") or params.get("summary") in ("true", "1"):
        value["summary"] = {"total_count": len(counted)}
    return value


def _cursor(text: str) -> Cursor | None:
    try:
        return decode_cursor(text) if text else None
    except ValueError:
        raise bad_parameter("(#100) Invalid cursors values") from None


def _list_for(edge: str, lists: list[list[dict[str, Any]]], cursor: Cursor | None) -> tuple[list[dict[str, Any]], str]:
    """The list to page through and its key: the very one the cursor was made for, else one with the same members."""
    keys = [list_key(edge, rows) for rows in lists]
    if cursor is None:
        return lists[0], keys[0]
    for same in (cursor.key.__eq__, partial(same_members, cursor.key)):
        for key, rows in zip(keys, lists):
            if same(key):
                return rows, key
    raise bad_parameter("(#100) Invalid cursors values: the list has changed")


def _limit(params: dict[str, str]) -> int:
    text = params.get("limit") or params.get("first") or params.get("last") or "25"
    if not DIGITS.fullmatch(text) or not 1 <= int(text) <= 100:
        raise bad_parameter("(#100) Invalid parameter: limit must be an integer between 1 and 100")
    return int(text)


def _edge_url(visit: Visit, edge: str, limit: int) -> str:
    """This edge's URL with the token in it, which is what Meta's paging links look like."""
    params = visit.call.params.items()
    kept = {key: value for key, value in params if key not in ("after", "before", "appsecret_proof")}
    query = {**kept, "access_token": token_value(visit.call), "limit": str(limit)}
    return f"{visit.call.base_url}/{visit.version}/{edge}?{urlencode(query)}"


def usage_headers(world: World, account_id: str) -> dict[str, str]:
    """The headers that tell how much of the limits is used; the business use case one on an account's calls only."""
    if not world.behaviours.usage_headers:
        return {}
    most = usage_percent(world, max(world.calls, key=lambda each: len(world.calls[each]), default=""))
    headers = {"x-app-usage": json.dumps({"call_count": most, "total_time": most, "total_cputime": most})}
    if account_id in world.accounts:
        minutes = regain_minutes(world, account_id, time.monotonic())
        headers["x-business-use-case-usage"] = use_case_usage(account_id, usage_percent(world, account_id), minutes)
    return headers


def use_case_usage(account_id: str, percent: int, minutes: int) -> str:
    """The value of X-Business-Use-Case-Usage."""
    usage = {
        "type": "whatsapp_business_management",
        "call_count": percent,
        "total_cputime": percent,
        "total_time": percent,
        "estimated_time_to_regain_access": minutes,
    }
    return json.dumps({account_id: [usage]})

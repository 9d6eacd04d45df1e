# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a world begins: the built-in seed, seeds from files, and their checks. README.md describes the format."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .behaviours import Behaviours
from .state import APP, PERMISSIONS, TASKS, TOKEN_STATES, USER_TYPES, Account, Business, Person, Token, World

# Made up. Long, because Ansible masks a no_log value wherever it occurs; believable, so that it is seen in a log.
TOKEN = "EAAsandboxB7kQ2mZCxT9pLwR4vYdH1nJ6sGfA8uEoZBiKc3tXyMq5WbVZDr0NhPjLzUaSgOe"
APP_SECRET = "5f1c0de9a7b34e628d0f9b1a2c3d4e5f"

BUSINESS = "9876543210987654"
PARTNER = "8765432109876543"
OWN_USER = "100081234567890123"
MARIA = "4567890123456789"

DEFAULT: dict[str, Any] = {
    "app_secret": APP_SECRET,
    "tokens": [
        {"name": "admin", "token": TOKEN, "user": OWN_USER},
        {"name": "reader", "token": TOKEN + "Rd1", "user": "122100123456789013", "can_write": False},
        {"name": "expired", "token": TOKEN + "Ex2", "user": OWN_USER, "state": "expired"},
        {"name": "password-changed", "token": TOKEN + "Pw3", "user": OWN_USER, "state": "password-changed"},
        {"name": "app-gone", "token": TOKEN + "Ap4", "user": OWN_USER, "state": "app-gone"},
        {"name": "logged-out", "token": TOKEN + "Lo5", "user": OWN_USER, "state": "logged-out"},
        {"name": "no-permission", "token": TOKEN + "Np6", "user": OWN_USER, "permissions": []},
        {
            "name": "no-business",
            "token": TOKEN + "Nb7",
            "user": OWN_USER,
            "permissions": ["whatsapp_business_management"],
        },
        {"name": "no-me", "token": TOKEN + "Nm8", "user": OWN_USER, "can_read_me": False},
    ],
    "businesses": [
        {"id": BUSINESS, "name": "Example Business Inc"},
        {"id": PARTNER, "name": "Partner Agency Ltd"},
    ],
    "people": [
        {"id": OWN_USER, "name": "Automation Bot", "user_type": "SYSTEM_USER", "role": "ADMIN"},
        {
            "id": "2345678901234567",
            "name": "John Smith",
            "email": "john.smith@example.com",
            "role": "ADMIN",
            "title": "Head of Support",
            "first_name": "John",
            "last_name": "Smith",
            "two_fac_status": "DISABLED",
        },
        {
            "id": MARIA,
            "name": "Maria Garcia",
            "email": "maria.garcia@example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "ENABLED",
        },
        {
            "id": "5678901234567890",
            "name": "Ahmed Hassan",
            "email": "ahmed.hassan@example.com",
            "role": "DEVELOPER",
            "two_fac_status": "ENABLED",
        },
        {"id": "122100123456789013", "name": "Reporting Bot", "user_type": "SYSTEM_USER", "role": "EMPLOYEE"},
        {
            "id": "3456789012345678",
            "name": "Jane Doe",
            "email": "jane.doe@example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "ENABLED",
        },
        {
            "id": "6789012345678901",
            "name": "Li Wei",
            "email": "li.wei@example.com",
            "pending_email": "li.wei@new.example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "ENABLED",
        },
        {
            "id": "100091234567890127",
            "name": "Zo\u00eb M\u00fcller",
            "email": "zoe@example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "DISABLED",
            "marked_for_removal": True,
        },
        # Shares her name with somebody else.
        {
            "id": "4455667788990011",
            "name": "Maria Garcia",
            "email": "maria.garcia.lopez@example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "ENABLED",
        },
        {"id": "7890123456789012", "name": "Sam Taylor", "user_type": "PERSONAL_USER", "role": "EMPLOYEE"},
        {"id": "122100987654321099", "name": "Backup Bot", "user_type": "SYSTEM_USER", "role": "EMPLOYEE"},
        {
            "id": "8901234567890123",
            "name": "New Colleague",
            "email": "new.colleague@example.com",
            "role": "EMPLOYEE",
            "status": "PENDING",
            "created_by": {"id": "2345678901234567", "name": "John Smith"},
            "expiration_time": "2026-12-01T09:00:00+0000",
            "pending": True,
        },
        {
            "id": "3344556677889900",
            "name": "Nina Former",
            "email": "nina.former@example.com",
            "role": "EMPLOYEE",
            "two_fac_status": "ENABLED",
            "left": True,
        },
        {
            "id": "9012345678901234",
            "name": "Pat Partner",
            "business": PARTNER,
            "email": "pat@partner.example",
            "two_fac_status": "ENABLED",
        },
    ],
    "accounts": [
        {
            "id": "1234567890123456",
            "name": "Example Support",
            "assigned": {
                "2345678901234567": ["MANAGE", "MANAGE_USERS", "MANAGE_TEMPLATES"],
                OWN_USER: ["FULL_CONTROL"],
                "4567890123456789": ["MESSAGING", "VIEW_TEMPLATES"],
                "122100123456789013": ["VIEW_INSIGHTS", "VIEW_COST"],
                "5678901234567890": ["DEVELOP", "MANAGE_TEMPLATES", "VIEW_TEMPLATES"],
            },
            "timezone_id": "1",
            "currency": "USD",
            "country": "US",
            "message_template_namespace": "58e6d318_b627_4112_b9c7_2961197553ea",
            "account_review_status": "APPROVED",
            "business_verification_status": "VERIFIED",
            "ownership_type": "SELF_OWNED",
            "apps": [
                APP,
                {"id": "2233445566778899", "name": "Support Desk", "link": "https://support-desk.example/"},
            ],
            "activities": [
                {
                    "id": "5001",
                    "activity_type": "USER_ADDED",
                    "timestamp": "2026-10-05T08:12:00Z",
                    "actor_type": "ADMIN",
                    "actor_id": "2345678901234567",
                    "actor_name": "John Smith",
                    "description": "New user Ahmed Hassan was added to the account",
                    "details": {"user_id": "5678901234567890", "user_name": "Ahmed Hassan", "role": "DEVELOPER"},
                    "ip_address": "192.0.2.7",
                },
                {
                    "id": "5002",
                    "activity_type": "TEMPLATE_CREATED",
                    "timestamp": "2026-10-06T14:30:00Z",
                    "actor_type": "USER",
                    "actor_id": "5678901234567890",
                    "actor_name": "Ahmed Hassan",
                    "description": "New message template 'welcome' was created",
                    "details": {"template_name": "welcome"},
                },
                {
                    "id": "5003",
                    "activity_type": "PERMISSION_GRANTED",
                    "timestamp": "2026-11-02T16:45:00Z",
                    "actor_type": "ADMIN",
                    "actor_id": "2345678901234567",
                    "actor_name": "John Smith",
                    "description": "VIEW_TEMPLATES was granted to Maria Garcia",
                    "details": {"user_id": MARIA, "user_name": "Maria Garcia", "permission": "VIEW_TEMPLATES"},
                },
            ],
        },
        {
            "id": "6543210987654321",
            "name": "Example Marketing",
            "shared_with": [PARTNER],
            "assigned": {
                OWN_USER: ["FULL_CONTROL"],
                "2345678901234567": ["MANAGE"],
                "3344556677889900": ["VIEW_INSIGHTS"],
            },
            "timezone_id": "47",
            "currency": "EUR",
            "country": "DE",
            "message_template_namespace": "ba30dd89_2ebd_41e4_b805_f2c05ae04cc9",
            "account_review_status": "PENDING",
            "ownership_type": "SELF_OWNED",
        },
        {
            "id": "5432109876543210",
            "name": "Partner Hotline",
            "business": PARTNER,
            "shared_with": [BUSINESS],
            "assigned": {"9012345678901234": ["FULL_CONTROL"]},
            "timezone_id": "1",
            "currency": "USD",
            "account_review_status": "APPROVED",
            "ownership_type": "CLIENT_OWNED",
            "on_behalf_of_business_info": {"id": BUSINESS, "name": "Example Business Inc"},
        },
        {
            "id": "4321098765432109",
            "name": "Partner Private",
            "business": PARTNER,
            "assigned": {"9012345678901234": ["FULL_CONTROL"]},
            "timezone_id": "1",
        },
    ],
}


# Made-up people of many accounts: with the built-in ones, two pages of the business.
POOL = 150


def many_accounts(accounts: int, people_each: int = 20) -> dict[str, Any]:
    """The built-in seed with `accounts` made-up accounts of the first business in place of its own.

    Each has `people_each` users: the token's own user with FULL_CONTROL, Maria Garcia, and made-up people, who are in
    the business and on several accounts each. Raises ValueError.
    """
    if accounts < 1:
        raise ValueError(f"accounts: must be 1 or more, not {accounts}")
    if people_each < 2:
        raise ValueError(f"people_each: must be 2 or more, not {people_each}")
    others = people_each - 2
    pool = [_member(number) for number in range(1, max(POOL, others) + 1)]
    made_up = []
    for number in range(accounts):
        members = [pool[(number * others + place) % len(pool)]["id"] for place in range(others)]
        assigned = {OWN_USER: ["FULL_CONTROL"], MARIA: ["MESSAGING", "VIEW_TEMPLATES"]}
        assigned.update((user_id, [TASKS[place % 14], "VIEW_INSIGHTS"]) for place, user_id in enumerate(members))
        account_id = str(7100000000000000 + number * 13)
        made_up.append({"id": account_id, "name": f"Shop {number + 1:04}", "assigned": assigned})
    return {**DEFAULT, "people": DEFAULT["people"] + pool, "accounts": made_up}


def _member(number: int) -> dict[str, Any]:
    return {
        "id": str(310000000000000000 + number * 7),
        "name": f"Member {number:04}",
        "email": f"member{number:04}@example.com",
        "role": "EMPLOYEE",
        "two_fac_status": "ENABLED",
    }


class SeedError(ValueError):
    """A seed that cannot be a world; the message says where and why."""


def read_seed(path: str) -> dict[str, Any]:
    """A seed from a JSON file. Raises SeedError for a file that cannot be read or is no JSON object."""
    try:
        seed = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise SeedError(f"{path}: not JSON ({error})") from error
    if not isinstance(seed, dict):
        raise SeedError(f"{path}: not a JSON object")
    return seed


def build_world(
    seed: dict[str, Any],
    behaviours: Behaviours,
    people: int = 0,
    token: str | None = None,
    app_secret: str | None = None,
) -> World:
    """A world from a seed. Raises SeedError.

    `people` made-up ones more are assigned to the first account; `token` replaces the first token's value, `app_secret`
    the secret.
    """
    _only(seed, "the seed", {"app_secret", "tokens", "businesses", "people", "accounts"})
    businesses = {
        entry["id"]: Business(entry["id"], _text(entry, where, "name"))
        for entry, where in _entries(seed, "businesses", {"id", "name"})
    }
    first_business = next(iter(businesses))
    world = World(businesses, {}, {}, {}, app_secret or _text(seed, "the seed", "app_secret", APP_SECRET), behaviours)
    for entry, where in _entries(seed, "people"):
        world.people[entry["id"]] = _person(entry, where, world, first_business)
    for entry, where in _entries(seed, "accounts"):
        world.accounts[entry["id"]] = _account(entry, where, world, first_business)
    for entry, where in _entries(
        seed,
        "tokens",
        {
            "name",
            "token",
            "user",
            "state",
            "permissions",
            "can_write",
            "can_read_me",
            "target_ids",
            "expires_at",
            "data_access_expires_at",
        },
    ):
        made = _token(entry, where, world, token if not world.tokens else None)
        world.tokens[made.name] = made
    _add_people(world, people)
    return world


def _add_people(world: World, count: int) -> None:
    account = next(iter(world.accounts.values()))
    for number in range(1, count + 1):
        # Beyond 2**53, where ids survive as text only.
        user_id = str(300000000000000000 + number * 7)
        details = {"email": f"person{number:04}@example.com", "role": "EMPLOYEE", "two_fac_status": "ENABLED"}
        name = f"Person {number:04}"
        world.people[user_id] = Person(user_id, name, "BUSINESS_USER", account.business_id, details=details)
        account.assigned[user_id] = (TASKS[number % 14], "VIEW_INSIGHTS") if number % 14 != 9 else ("VIEW_INSIGHTS",)


def _person(entry: dict[str, Any], where: str, world: World, first_business: str) -> Person:
    user_type = _text(entry, where, "user_type", "BUSINESS_USER")
    if user_type not in USER_TYPES:
        raise SeedError(f"{where}: user_type must be one of {', '.join(USER_TYPES)}, not {user_type!r}")
    business = _known(_text(entry, where, "business", first_business), world.businesses, where, "business")
    return Person(
        id=_id(entry, where),
        name=_text(entry, where, "name"),
        user_type=user_type,
        business_id=business,
        pending=_flag(entry, where, "pending", False),
        left=_flag(entry, where, "left", False),
        details=_rest(entry, {"id", "name", "user_type", "business", "pending", "left"}),
    )


def changed_person(world: World, user_id: str, changes: dict[str, Any], first_business: str) -> Person:
    """The person of this id with `changes`, members as in a seed; None takes one away. Raises SeedError.

    Somebody who is not there yet begins as a business user of `first_business`, named after the id.
    """
    before = world.people.get(user_id)
    entry = _as_entry(before) if before else {"name": f"Person {user_id}"}
    changed = {key: value for key, value in {**entry, **changes}.items() if value is not None}
    return _person({**changed, "id": user_id}, f"person {user_id}", world, first_business)


def _as_entry(person: Person) -> dict[str, Any]:
    """A person as a seed has them."""
    members = asdict(person)
    details, business = members.pop("details"), members.pop("business_id")
    return {**details, **members, "business": business}


def _account(entry: dict[str, Any], where: str, world: World, first_business: str) -> Account:
    assigned = entry.get("assigned", {})
    if not isinstance(assigned, dict):
        raise SeedError(f"{where}: assigned must be an object of user ids and lists of tasks")
    for user_id, tasks in assigned.items():
        _known(user_id, world.people, where, "assigned")
        if not isinstance(tasks, list) or not all(isinstance(task, str) for task in tasks):
            raise SeedError(f"{where}: assigned: the tasks of {user_id} must be a list of strings")
    shared_with = tuple(
        _known(each, world.businesses, where, "shared_with") for each in _list(entry, where, "shared_with", ())
    )
    return Account(
        id=entry["id"],
        name=_text(entry, where, "name"),
        business_id=_known(_text(entry, where, "business", first_business), world.businesses, where, "business"),
        shared_with=shared_with,
        assigned={user_id: tuple(tasks) for user_id, tasks in assigned.items()},
        details=_rest(entry, {"id", "name", "business", "shared_with", "assigned", "apps", "activities"}),
        apps=tuple(_rows(entry, where, "apps", (APP,))),
        activities=tuple(_rows(entry, where, "activities", ())),
    )


def _token(entry: dict[str, Any], where: str, world: World, value: str | None) -> Token:
    made = Token(
        name=_text(entry, where, "name", f"token{len(world.tokens) + 1}"),
        value=value or _text(entry, where, "token"),
        user_id=_known(_text(entry, where, "user"), world.people, where, "user"),
        state=_text(entry, where, "state", "valid"),
        permissions=tuple(_list(entry, where, "permissions", PERMISSIONS)),
        can_write=_flag(entry, where, "can_write", True),
        can_read_me=_flag(entry, where, "can_read_me", True),
        target_ids=tuple(_list(entry, where, "target_ids", ())),
        expires_at=_seconds(entry, where, "expires_at"),
        data_access_expires_at=_seconds(entry, where, "data_access_expires_at"),
    )
    if made.name in world.tokens or world.token_of(made.value):
        raise SeedError(f"{where}: a token of this name or value is there already")
    return checked_token(made, where)


def checked_token(token: Token, where: str) -> Token:
    """The token itself. Raises SeedError for a state or a permission that does not exist."""
    if token.state not in TOKEN_STATES:
        raise SeedError(f"{where}: state must be one of {', '.join(TOKEN_STATES)}, not {token.state!r}")
    unknown = set(token.permissions) - set(PERMISSIONS)
    if unknown:
        raise SeedError(f"{where}: permissions: no such permission: {', '.join(sorted(unknown))}")
    return token


def _entries(seed: dict[str, Any], name: str, members: set[str] | None = None) -> list[tuple[dict[str, Any], str]]:
    """The entries of one of the seed's lists, each with its place for messages. Ids are digits, each there once."""
    entries = _list(seed, "the seed", name, ())
    if not entries:
        raise SeedError(f"the seed: {name} must have an entry at least")
    seen = set()
    placed = []
    for index, entry in enumerate(entries):
        where = f"{name}[{index}]"
        if not isinstance(entry, dict):
            raise SeedError(f"{where}: not a JSON object")
        if members is not None:
            _only(entry, where, members)
        if name != "tokens":
            entry_id = _id(entry, where)
            if entry_id in seen:
                raise SeedError(f"{where}: id {entry_id} is there already")
            seen.add(entry_id)
        placed.append((entry, where))
    return placed


def _only(entry: dict[str, Any], where: str, members: set[str]) -> None:
    unknown = set(entry) - members
    if unknown:
        raise SeedError(f"{where}: no such member: {', '.join(sorted(unknown))} (known: {', '.join(sorted(members))})")


def _rest(entry: dict[str, Any], members: set[str]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in members}


def _id(entry: dict[str, Any], where: str) -> str:
    entry_id = entry.get("id")
    if not isinstance(entry_id, str) or not re.fullmatch("[0-9]+", entry_id):
        raise SeedError(f"{where}: id must be a string of digits, not {entry_id!r}")
    return entry_id


def _text(entry: dict[str, Any], where: str, name: str, default: str | None = None) -> str:
    value = entry.get(name, default)
    if not isinstance(value, str) or not value:
        raise SeedError(f"{where}: {name} must be a string, not {value!r}")
    return value


def _flag(entry: dict[str, Any], where: str, name: str, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise SeedError(f"{where}: {name} must be true or false, not {value!r}")
    return value


def _seconds(entry: dict[str, Any], where: str, name: str) -> int:
    value: Any = entry.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SeedError(f"{where}: {name} must be whole seconds since 1970, not {value!r}")
    return int(value)


def _list(entry: dict[str, Any], where: str, name: str, default: tuple[Any, ...]) -> list[Any]:
    value = entry.get(name, list(default))
    if not isinstance(value, list):
        raise SeedError(f"{where}: {name} must be a list, not {value!r}")
    return value


def _rows(entry: dict[str, Any], where: str, name: str, default: tuple[Any, ...]) -> list[dict[str, Any]]:
    rows = _list(entry, where, name, default)
    if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
        raise SeedError(f"{where}: {name} must be a list of objects with an id")
    return rows


def _known(value: Any, known: dict[str, Any], where: str, name: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise SeedError(f"{where}: {name}: nothing has the id {value!r}")
    return value

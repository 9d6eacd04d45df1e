# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's world: businesses, people, accounts with who is assigned, tokens, and the count of calls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .behaviours import Behaviours

# The 15 tasks of Meta's OpenAPI description, in its order.
TASKS = (
    "MANAGE",
    "DEVELOP",
    "MANAGE_TEMPLATES",
    "MANAGE_PHONE",
    "VIEW_COST",
    "MANAGE_EXTENSIONS",
    "VIEW_PHONE_ASSETS",
    "MANAGE_PHONE_ASSETS",
    "VIEW_TEMPLATES",
    "VIEW_INSIGHTS",
    "RECEIVE_INCOMING_MESSAGES",
    "MANAGE_BILLING",
    "MANAGE_USERS",
    "MESSAGING",
    "FULL_CONTROL",
)
USER_TYPES = ("BUSINESS_USER", "SYSTEM_USER", "PERSONAL_USER")
TOKEN_STATES = ("valid", "expired", "password-changed", "app-gone", "logged-out")
PERMISSIONS = ("whatsapp_business_management", "business_management")
# The app that all tokens are of.
APP_ID = "1122334455667788"
APP_NAME = "Example Access App"
APP = {"id": APP_ID, "name": APP_NAME, "link": f"https://www.facebook.com/games/?app_id={APP_ID}"}
# What Meta gives an active account with a registered number; the scale of the usage headers when no quota is set.
USUAL_QUOTA = 5000

# user id -> tasks in the order they were given; its own order is the order of the API's list.
Assigned = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Business:
    """A business portfolio."""

    id: str
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody of a business: invited only (`pending`), in it, or out of it again with their tasks kept (`left`).

    `details` holds further fields the business's edges show (email, role, title...).
    """

    id: str
    name: str
    user_type: str
    business_id: str
    pending: bool = False
    left: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """An access token: whose it is, whether it still holds, and what it may do."""

    name: str
    value: str
    user_id: str
    state: str = "valid"
    permissions: tuple[str, ...] = PERMISSIONS
    can_write: bool = True
    can_read_me: bool = True
    # The accounts that it was granted for (empty: no word about it), and its ends in seconds since 1970 (0: none).
    target_ids: tuple[str, ...] = ()
    expires_at: int = 0
    data_access_expires_at: int = 0


@dataclass
class Account:
    """A WhatsApp Business Account. `before` is the list that stale reads show, for `stale_left` further reads."""

    id: str
    name: str
    business_id: str
    shared_with: tuple[str, ...]
    assigned: Assigned
    details: dict[str, Any] = field(default_factory=dict)
    # The apps that are subscribed, and what happened, oldest first.
    apps: tuple[dict[str, Any], ...] = ()
    activities: tuple[dict[str, Any], ...] = ()
    before: Assigned | None = None
    stale_left: int = 0

    def seen_by(self, business_id: str) -> bool:
        """Whether this business owns the account or has it shared."""
        return business_id == self.business_id or business_id in self.shared_with


@dataclass
class World:
    """Everything the API's answers depend on."""

    businesses: dict[str, Business]
    people: dict[str, Person]
    accounts: dict[str, Account]
    tokens: dict[str, Token]
    app_secret: str
    behaviours: Behaviours
    # account id -> when it was called, seconds on a monotonic clock, oldest first
    calls: dict[str, list[float]] = field(default_factory=dict)

    def token_of(self, value: str) -> Token | None:
        """The token with this value."""
        return next((token for token in self.tokens.values() if token.value == value), None)


def write_assigned(account: Account, user_id: str, tasks: tuple[str, ...] | None, stale_reads: int) -> None:
    """Assign `tasks` to a user, or remove the user (None), through the API: later reads may be stale for a while.

    Writes in a row leave the oldest list to be shown, as a replica does that has seen none of them yet.
    """
    if stale_reads:
        if not account.stale_left:
            account.before = dict(account.assigned)
        account.stale_left = stale_reads
    set_assigned(account, user_id, tasks)


def set_assigned(account: Account, user_id: str, tasks: tuple[str, ...] | None) -> None:
    """Change who is assigned, at once visible."""
    if tasks is None:
        account.assigned.pop(user_id, None)
    else:
        account.assigned[user_id] = tasks


def lists_to_read(account: Account, *, first_page: bool) -> list[Assigned]:
    """The lists a read may be served from, the one to show first. A further page may belong to either list."""
    if account.before is None:
        return [account.assigned]
    if first_page:
        if not account.stale_left:
            return [account.assigned]
        account.stale_left -= 1
        return [account.before]
    return [account.assigned, account.before]


def count_call(world: World, account_id: str, now: float) -> bool:
    """Count one call on an account at `now` seconds; False when it is over the quota. Refused calls count as well."""
    window_start = now - world.behaviours.quota_window
    recent = [moment for moment in world.calls.get(account_id, []) if moment > window_start]
    world.calls[account_id] = [*recent, now]
    quota = world.behaviours.quota
    return not quota or len(recent) < quota


def usage_percent(world: World, account_id: str) -> int:
    """How much of its quota an account has used, in percent."""
    return math.ceil(100 * len(world.calls.get(account_id, [])) / (world.behaviours.quota or USUAL_QUOTA))


def regain_minutes(world: World, account_id: str, now: float) -> int:
    """Whole minutes until a call on this account is possible again; 0 when it is possible now."""
    quota = world.behaviours.quota
    calls = world.calls.get(account_id, [])
    if not quota or len(calls) < quota:
        return 0
    return max(0, math.ceil((calls[len(calls) - quota] + world.behaviours.quota_window - now) / 60))

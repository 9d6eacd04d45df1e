# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Meta's permission tasks, and how sets of them compare. Pure functions.

Source: Meta's OpenAPI description, <https://github.com/facebook/openapi>.
"""

from __future__ import annotations

import typing as t

FULL_CONTROL = "FULL_CONTROL"
MANAGE = "MANAGE"
MANAGE_USERS = "MANAGE_USERS"
#: Every task that Meta's description names, in its order.
TASKS = (
    MANAGE,
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
    MANAGE_USERS,
    "MESSAGING",
    FULL_CONTROL,
)
#: Tasks that a user who loses them may be unable to get back.
ADMIN_TASKS = frozenset({MANAGE, MANAGE_USERS, FULL_CONTROL})

Tasks = frozenset[str]


def has_full_control(tasks: Tasks) -> bool:
    """Whether these tasks are full control: FULL_CONTROL, or all other tasks together."""
    return FULL_CONTROL in tasks or tasks >= {*TASKS} - {FULL_CONTROL}


def is_exactly(desired: Tasks, held: Tasks) -> bool:
    """Whether a user holds the desired tasks and no others. Full control is the same with or without others."""
    return has_full_control(held) if has_full_control(desired) else desired == held


def is_at_least(desired: Tasks, held: Tasks) -> bool:
    """Whether a user holds the desired tasks, and perhaps others."""
    return has_full_control(held) or (FULL_CONTROL not in desired and desired <= held)


def can_manage(tasks: Tasks | None) -> bool:
    """Whether these tasks include managing the account; not where they are unknown."""
    return tasks is not None and bool(tasks & {MANAGE, FULL_CONTROL})


def admin_tasks(tasks: Tasks) -> Tasks:
    """Return the admin tasks among these tasks: all of them for full control."""
    return ADMIN_TASKS if has_full_control(tasks) else tasks & ADMIN_TASKS


def in_order(tasks: t.Iterable[str]) -> list[str]:
    """Return the tasks in Meta's order, then unknown ones by name."""
    found = set(tasks)
    return [*(task for task in TASKS if task in found), *sorted(found.difference(TASKS))]

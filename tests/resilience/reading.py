# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds what a task has read against the same task on a server without faults.

Of what a task reads (the people of accounts, who is in a business, its accounts) a part can be missing where the task
says so, and a field that the API does not know. All else is as it is, or the task fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from resilience.tasks import Done
from support.playbooks import Json

PEOPLE_KINDS = ("business_user", "system_user", "pending_user")
ACCOUNT_KINDS = ("owned", "client")

# What was read, by what it is of; `None` where the task says that it could not be read.
Parts = dict[str, "list[Json] | None"]


def misread(done: Done, truth: Done) -> list[str]:
    """What a task that succeeded tells, and is not so: a sentence each."""
    unknown = set(re.findall(r"does not know the field (\w+)", done.warnings))
    parts, true_parts = _parts(done), _parts(truth)
    found = [f"only one of them tells of {name}" for name in parts.keys() ^ true_parts.keys()]
    for name in parts.keys() & true_parts.keys():
        told, true = parts[name], true_parts[name] or []
        if told is not None and told not in (true, _without(true, unknown)):
            found.append(f"of {name} it tells {told}, and not {true}")
    return found


def _without(entries: list[Json], fields: set[str]) -> list[Json]:
    return [{**entry, **dict.fromkeys(fields & entry.keys())} for entry in entries]


def is_whole(done: Done) -> bool:
    """Whether a task that succeeded has read all that it was to read."""
    return None not in _parts(done).values()


def _parts(done: Done) -> Parts:
    result = done.result
    if "accounts" in result:
        return {entry["waba_id"]: None if entry["msg"] else entry["assigned_users"] for entry in result["accounts"]}
    if "business_users" in result:
        unread = [entry["kind"] for entry in result["unread"]]
        return _by(PEOPLE_KINDS, unread, result["business_users"], lambda user: [user["user_type"].lower()])
    if "hosts" in result:
        return _by(ACCOUNT_KINDS, [], result["hosts"], lambda host: host["kinds"])
    return {"the account": result["assigned_users"]}


def _by(kinds: Iterable[str], unread: list[str], entries: list[Json], kinds_of: Callable[[Json], list[str]]) -> Parts:
    """The entries by their kinds. What is told of a kind that is said not to be read is never as it is."""
    parts: Parts = {}
    for kind in kinds:
        told = [{**entry, "kinds": None} for entry in entries if kind in kinds_of(entry)]
        if kind in unread:
            parts[kind] = [*told, {"unread": True}] if told else None
        else:
            parts[kind] = told
    return parts

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Differences between two reads of an account's assigned users, and the state of a watch in a file."""

from __future__ import annotations

import json
import os
import typing as t
import uuid

from .._edges.assigned_users import AssignedUser
from .._edges.tasks import has_full_control
from .._options import OptionError

Json = dict[str, t.Any]
#: Seconds of calls that are counted together, and after which they no longer count: an hour after the last of them.
SLOT = 300
COUNTED = 3600 + SLOT


def compare(known: Json, listed: t.Iterable[AssignedUser], *, is_whole: bool) -> tuple[list[Json], Json]:
    """Return the differences, and the users that are known now, by id.

    A user who is missing from an incomplete list may still be assigned. Tasks that the API does not report have not
    changed. In an event, `[]` is no tasks, and `None` is unknown.
    """
    users: Json = {}
    differences: list[Json] = []
    for user in listed:
        before = known.get(user.id, {"name": None, "tasks": []})
        tasks = sorted(user.tasks) if user.tasks else before["tasks"] or None
        users[user.id] = {"name": user.name or before["name"], "tasks": tasks}
        if user.id not in known or (tasks != before["tasks"] and before["tasks"]):
            differences.append(_difference("came" if user.id not in known else "tasks_changed", user.id, before, users))
    for user_id in sorted(known.keys() - users.keys()):
        if is_whole:
            differences.append(_difference("went", user_id, known[user_id], {}))
        else:
            users[user_id] = known[user_id]
    return differences, users


def _difference(kind: str, user_id: str, before: Json, users: Json) -> Json:
    after = users.get(user_id, {"name": before["name"], "tasks": []})
    return {
        "kind": kind,
        "user_id": user_id,
        "name": after["name"],
        "tasks": after["tasks"],
        "previous_tasks": before["tasks"],
        "gains_full_control": has_full_control(frozenset(after["tasks"] or ()))
        and not has_full_control(frozenset(before["tasks"] or ())),
    }


def new_state() -> Json:
    """Return the state of a watch that has seen nothing."""
    return {
        "version": 1,
        "id": str(uuid.uuid4()),
        "accounts": {},
        "fault": None,
        "faults": 0,
        "calls": {},
        "pending": [],
        "has_listed": False,
    }


def load(path: str | None) -> Json:
    """Return the state in a file; a new one where there is none yet. Raises `OptionError`."""
    if path is None:
        return new_state()
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - Path's raises for a path that is too long
            state = json.load(file)
        if not (isinstance(state, dict) and state.keys() == new_state().keys() and state["version"] == 1):
            raise ValueError
    except FileNotFoundError:
        state = new_state()
    except OSError as error:
        raise OptionError(f"state_file {path!r} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise OptionError(
            f"state_file {path!r} is not the state of a watch: name another file, or remove it to begin anew."
        ) from None
    try:
        save(path, state)
    except OSError as error:
        raise OptionError(
            f"state_file {path!r} cannot be written: {error.strerror}. Its folder must exist, and be writable."
        ) from None
    return t.cast("Json", state)


def save(path: str, state: Json) -> None:
    """Replace the file as a whole, so that a crash leaves the old state or the new one. Raises `OSError`."""
    folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - as above
    new = os.path.join(folder, f".{name}.new")  # noqa: PTH118
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(state, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)  # noqa: PTH105
    folder_fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_fd)
    finally:
        os.close(folder_fd)


def used(state: Json, key: str) -> int:
    """Return the calls of an object that count against its limit."""
    return sum(calls.get(key, 0) for calls in state["calls"].values())


def count(state: Json, calls: t.Mapping[str, int], now: float) -> None:
    """Add calls, and drop those that no longer count."""
    current = int(now // SLOT) * SLOT
    slots = {slot: old for slot, old in state["calls"].items() if 0 <= current - int(slot) < COUNTED}
    slot = slots.setdefault(str(current), {})
    for key, number in calls.items():
        slot[key] = slot.get(key, 0) + number
    state["calls"] = slots

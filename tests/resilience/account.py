# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds a task's own account of what it did against what the server knows.

Written from what the documentation promises, and from nothing of the code under test. People are dictionaries of user
ids and sets of tasks, as `Sandbox.assigned` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from resilience.tasks import Done
from sandbox.state import TASKS
from support.playbooks import Json

People = Mapping[str, set[str]]
NOBODY: Mapping[str, str] = MappingProxyType({})

EVERYTHING_ELSE = frozenset(TASKS) - {"FULL_CONTROL"}

# The words with which a message admits that only a further look could tell.
UNKNOWN = "is not known"
UNREADABLE = "tasks that the API does not report"


def lies(
    before: People, after: People, done: Done, user_id: str | None = None, ended: Mapping[str, str] = NOBODY
) -> list[str]:
    """What the task says of itself that is not so: a sentence each. `user_id`: whom a single-user task is about.

    `ended`: whom it removes for the end of their access has passed, and when that was.

    `before` and `after` are the server's own truth around the task, at which nobody else was at work.
    """
    result = done.result
    if not done.failed and UNKNOWN in done.message:
        return ["it succeeded with something unknown"]
    if "diff" not in result:
        # It failed before anything was written, or only read.
        return [f"it says nothing of it, and {before} became {after}"] * (before != after or result["changed"])
    found = list(_one(before, after, done, user_id) if user_id else _many(before, after, done))
    unsure = unsure_of(done, user_id)
    if before != after and not result["changed"] and not unsure:
        found.append("it says that nothing changed")
    if before == after and result["changed"]:
        found.append("it says that something changed")
    found += _diff(before, after, result, unsure, user_id)
    return found + notes(result["diff"], ended)


def diff_lines(text: str) -> dict[str, str]:
    """The tasks that a side of a diff shows, by user, without the remark on an end."""
    return {user: tasks for user, (tasks, _end) in _lines(text).items()}


def notes(diff: Mapping[str, str], ended: Mapping[str, str]) -> list[str]:
    """What a diff says wrongly of ends that have passed, which it tells of whom they remove: a sentence each."""
    found = []
    for name, wanted in (("before", ended), ("after", NOBODY)):
        told = {user: end for user, (_tasks, end) in _lines(diff[name]).items() if end}
        if told != wanted:
            found.append(f"the diff says {name} that the access of {told} has ended, and it is {wanted}")
    return found


def _lines(text: str) -> dict[str, tuple[str, str]]:
    lines = re.findall(r"^(\d+)[^:\n]*: (.+?)(?: \(ended ([^()]*)\))?$", text, re.MULTILINE)
    return {user: (tasks, end) for user, tasks, end in lines}


def same(told: Iterable[str] | None, truth: set[str] | None) -> bool:
    """Whether these are the same tasks. Beside FULL_CONTROL the others mean nothing, and together they are it."""
    if told is None or truth is None:
        return told is truth
    held = set(told)
    return held == truth or (is_everything(held) and is_everything(truth))


def is_everything(held: set[str]) -> bool:
    """Whether these tasks are full control, by name or unpacked."""
    return "FULL_CONTROL" in held or held >= EVERYTHING_ELSE


def unsure_of(done: Done, user_id: str | None) -> set[str]:
    """Of whom the task says that how they stand is not known."""
    if "diff" not in done.result:
        return set()
    if user_id:
        return {user_id} if UNKNOWN in done.message else set()
    return {entry["id"] for entry in done.result["failed_users"] if UNKNOWN in entry["msg"]}


def _one(before: People, after: People, done: Done, user_id: str) -> Iterator[str]:
    others = {key: tasks for key, tasks in before.items() if key != user_id}
    if others != {key: tasks for key, tasks in after.items() if key != user_id}:
        yield "others were touched"
    if done.failed and "Done, but not verified" not in done.message:
        yield from _story(user_id, done.message, before.get(user_id), after.get(user_id))
    if user_id not in unsure_of(done, user_id):
        yield from _shown(user_id, done.result["assigned_user"] or None, after.get(user_id))


def _many(before: People, after: People, done: Done) -> Iterator[str]:
    result = done.result
    claims = {entry["id"]: (name, entry) for name in ("added", "updated", "removed") for entry in result[name]}
    failed = {entry["id"]: entry["msg"] for entry in result["failed_users"]}
    not_attempted = {entry["id"] for entry in result["not_attempted"]}
    if len(claims) + len(failed) + len(not_attempted) != sum(
        len(result[name]) for name in ("added", "updated", "removed", "failed_users", "not_attempted")
    ):
        yield "somebody is in two of its lists"
    if (failed or not_attempted) and not done.failed:
        yield "something failed and the task did not"
    shown = {user["id"]: user for user in result["assigned_users"]}
    for user_id in before.keys() | after.keys() | claims.keys() | failed.keys() | not_attempted:
        was, now = before.get(user_id), after.get(user_id)
        if user_id in claims:
            yield from _claim(user_id, *claims[user_id], was, now)
        elif user_id in failed:
            yield from _story(user_id, failed[user_id], was, now)
        elif was != now:
            yield f"{user_id} is in none of its lists, or in what was not attempted, and {was} became {now}"
        if UNKNOWN not in failed.get(user_id, ""):
            yield from _shown(user_id, shown.get(user_id), now)


def _claim(user_id: str, name: str, entry: Json, was: set[str] | None, now: set[str] | None) -> Iterator[str]:
    operation = "added" if was is None else "removed" if now is None else "updated"
    if was == now or operation != name:
        yield f"{user_id} is said to be {name}, and {was} became {now}"
    for key, truth in (("tasks", now), ("previous_tasks", was)):
        if entry.get(key) is not None and not same(entry[key], truth):
            yield f"{key} of {user_id} are said to be {entry[key]}, and are {truth}"


def _story(user_id: str, message: str, was: set[str] | None, now: set[str] | None) -> Iterator[str]:
    """A failure says how the person stands, or that it is not known; where it says neither, nothing has changed."""
    if UNKNOWN in message:
        return
    holds = re.findall(r" now holds ([A-Z_, ]+)\.", message)
    if "has no access now" in message:
        true = now is None
    elif holds:
        true = same(holds[-1].split(", "), now)
    elif "is assigned. The API does not report the tasks" in message:
        true = now is not None
    else:
        true = now == was
    if not true:
        yield f"of {user_id} it says {message!r}, and {was} became {now}"


def _shown(user_id: str, user: Json | None, now: set[str] | None) -> Iterator[str]:
    """How the result shows a person afterwards. Tasks that the API does not tell are none."""
    if (user is None) != (now is None) or (user and user["tasks"] is not None and not same(user["tasks"], now)):
        yield f"{user_id} is shown as {user and user['tasks']}, and is {now}"


def _diff(before: People, after: People, result: Json, unsure: set[str], user_id: str | None) -> Iterator[str]:
    for name, truth in (("before", before), ("after", after)):
        lines = diff_lines(result["diff"][name])
        people = {key: tasks for key, tasks in truth.items() if user_id in (None, key)}
        for key in (lines.keys() | people.keys()) - (unsure if name == "after" else set()):
            shown = lines.get(key)
            if shown != UNREADABLE and not same(shown.split(", ") if shown else None, people.get(key)):
                yield f"the diff has {key} {name} as {shown}, and the server as {people.get(key)}"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds what a task says of several accounts against what the server knows of each.

Written from what the documentation promises, and from nothing of the code under test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from resilience.account import NOBODY, UNKNOWN, UNREADABLE, People, _claim, _story, diff_lines, notes, same
from resilience.tasks import Done
from sandbox import Sandbox
from support.playbooks import Json

#: The users of each account, as the server has them.
Accounts = Mapping[str, People]
NO_ACCOUNT: Mapping[str, Mapping[str, str]] = MappingProxyType({})

LISTS = ("added", "updated", "removed")
OPERATIONS = ("add", "update", "remove")


def truth(sandbox: Sandbox, waba_ids: list[str]) -> dict[str, People]:
    """The users of these accounts, by the server's own account."""
    return {waba_id: sandbox.assigned(waba_id) for waba_id in waba_ids}


def lies_of_accounts(
    before: Accounts, after: Accounts, done: Done, ended: Mapping[str, Mapping[str, str]] = NO_ACCOUNT
) -> list[str]:
    """What the task says that is not so: a sentence each.

    `ended`: by account, whom it removes for the end of their access has passed, and when that was.
    """
    result = done.result
    if "accounts" not in result:
        told = [] if before == after and not result["changed"] else ["it failed without a word of what it changed"]
        return [*told, *(["there are no accounts, and it did not fail"] if not done.failed else [])]
    entries = {entry["waba_id"]: entry for entry in result["accounts"]}
    if len(entries) != len(result["accounts"]) or set(entries) != set(before):
        return ["an account is missing, there twice, or of another task"]
    found = []
    for waba_id, entry in entries.items():
        lies = [*_of_account(before[waba_id], after[waba_id], entry), *_of_plan(before[waba_id], entry, result["plan"])]
        found += [f"{waba_id}: {lie}" for lie in lies]
    failed = [entry for entry in entries.values() if entry["msg"] is not None]
    if bool(failed) != done.failed:
        found.append("an account failed and the task did not, or the other way round")
    if not done.failed and UNKNOWN in done.message:
        found.append("it succeeded with something unknown")
    if result["changed"] != any(entry["changed"] for entry in entries.values()):
        found.append("changed of the whole is not that of the accounts")
    came_about = [entry for entry in entries.values() if entry["changed"] and entry["msg"] is None]
    numbers = {
        "accounts": len(entries),
        "changed": len(came_about),
        "unchanged": len(entries) - len(came_about) - len(failed),
        "failed": len(failed),
    }
    if result["summary"] != numbers:
        found.append(f"the summary is {result['summary']}, and not {numbers}")
    found += _of_diffs(before, after, result, {waba_id: unsure_users(entry) for waba_id, entry in entries.items()})
    for diff in result["diff"]:
        found += notes(diff, ended.get(_account_of(diff), NOBODY))
    return found


def unsure_users(entry: Json) -> set[str]:
    """Of whom an account's entry says that how they stand is not known."""
    return {one["id"] for one in entry["failed_users"] if UNKNOWN in one["msg"]}


def _of_account(before: People, after: People, entry: Json) -> Iterator[str]:
    claims = {one["id"]: (name, one) for name in LISTS for one in entry[name]}
    failed = {one["id"]: one["msg"] for one in entry["failed_users"]}
    not_attempted = {one["id"] for one in entry["not_attempted"]}
    if len(claims.keys() | failed.keys() | not_attempted) != sum(
        len(entry[name]) for name in (*LISTS, "failed_users", "not_attempted")
    ):
        yield "somebody is in two of its lists"
    if (failed or not_attempted) and entry["msg"] is None:
        yield "something failed and no message says so"
    for user_id in before.keys() | after.keys() | claims.keys() | failed.keys():
        was, now = before.get(user_id), after.get(user_id)
        if user_id in claims:
            yield from _claim(user_id, *claims[user_id], was, now)
        elif user_id in failed:
            yield from _story(user_id, failed[user_id], was, now)
        elif was != now:
            yield f"{user_id} is in none of its lists, or was not attempted, and {was} became {now}"
    differs = any(before.get(user) != after.get(user) for user in (before.keys() | after.keys()) - unsure_users(entry))
    if differs and not entry["changed"]:
        yield "it says that nothing changed"
    if dict(before) == dict(after) and entry["changed"]:
        yield "it says that something changed"


def _of_plan(before: People, entry: Json, plan: list[Json]) -> Iterator[str]:
    """What was planned starts at what there was, and each of it came about, failed, or was not attempted."""
    own = [one for one in plan if one["waba_id"] == entry["waba_id"]]
    planned = {one["user_id"]: one["operation"] for one in own}
    if len(planned) != len(own):
        yield "somebody is planned twice"
    for one in own:
        was = before.get(one["user_id"])
        if (one["operation"] == "add") != (was is None) or (one["operation"] == "remove") != (one["tasks"] is None):
            yield f"it plans to {one['operation']} {one['user_id']}, who held {was}"
        if one["previous_tasks"] is not None and not same(one["previous_tasks"], was):
            yield f"the plan has the tasks of {one['user_id']} as {one['previous_tasks']}, and they were {was}"
    outcome = {
        **{one["id"]: operation for name, operation in zip(LISTS, OPERATIONS) for one in entry[name]},
        **{one["id"]: one["operation"] for name in ("failed_users", "not_attempted") for one in entry[name]},
    }
    refused = {one["id"] for one in entry["failed_users"] if one["msg"].startswith("Not done, to keep people")}
    if {user: operation for user, operation in outcome.items() if user not in refused} != planned:
        yield f"it planned {planned}, and tells of {outcome}"


def _of_diffs(before: Accounts, after: Accounts, result: Json, unsure: Mapping[str, set[str]]) -> Iterator[str]:
    shown = {_account_of(diff): diff for diff in result["diff"]}
    if len(shown) != len(result["diff"]) or not shown.keys() <= before.keys():
        yield "a diff is there twice, or of another account"
    for entry in result["accounts"]:
        if entry["changed"] != (entry["waba_id"] in shown):
            yield f"the diff and changed of {entry['waba_id']} differ"
    for waba_id, diff in shown.items():
        lines = {name: diff_lines(diff[name]) for name in ("before", "after")}
        told = lines["before"].keys() | lines["after"].keys()
        for name, people in (("before", before[waba_id]), ("after", after[waba_id])):
            for user_id in told - (unsure[waba_id] if name == "after" else set()):
                tasks = lines[name].get(user_id)
                if tasks != UNREADABLE and not same(tasks.split(", ") if tasks else None, people.get(user_id)):
                    yield f"the diff of {waba_id} has {user_id} {name} as {tasks}, and it is {people.get(user_id)}"
        users = before[waba_id].keys() | after[waba_id].keys()
        changed = {user for user in users if before[waba_id].get(user) != after[waba_id].get(user)}
        if changed - told - unsure[waba_id]:
            yield f"the diff of {waba_id} does not show {changed - told}"


def _account_of(diff: Json) -> str:
    match = re.search(r"(\d+)\)?$", diff["after_header"])
    return match[1] if match else ""

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds what a task says of several accounts against what the server knows of each.

Written from what the documentation promises, and from nothing of the code under test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sandbox import Sandbox
from system.playbooks import Json
from trust.account import UNKNOWN, UNREADABLE, People, _claim, _story, same
from trust.tasks import Done

#: The users of each account, as the server has them.
Accounts = Mapping[str, People]

LISTS = ("added", "updated", "removed")


def truth(sandbox: Sandbox, waba_ids: list[str]) -> dict[str, People]:
    """The users of these accounts, by the server's own account."""
    return {waba_id: sandbox.assigned(waba_id) for waba_id in waba_ids}


def lies_of_accounts(before: Accounts, after: Accounts, done: Done) -> list[str]:
    """What the task says that is not so: a sentence each."""
    result = done.result
    if "accounts" not in result:
        return [] if before == after and not result["changed"] else ["it failed without a word of what it changed"]
    entries = {entry["waba_id"]: entry for entry in result["accounts"]}
    found = [] if set(entries) == set(before) else ["an account is missing"]
    unsure = {waba_id for waba_id, entry in entries.items() if UNKNOWN in (entry["msg"] or "")}
    for waba_id, entry in entries.items():
        found += [f"{waba_id}: {lie}" for lie in _of_account(before[waba_id], after[waba_id], entry)]
    failed = [entry for entry in entries.values() if entry["msg"] is not None]
    if bool(failed) != done.failed:
        found.append("an account failed and the task did not, or the other way round")
    if result["changed"] != any(entry["changed"] for entry in entries.values()):
        found.append("changed of the whole is not that of the accounts")
    if not unsure and result["changed"] != (dict(before) != dict(after)):
        found.append(f"changed is {result['changed']}, and {before} became {after}")
    numbers = result["summary"]
    if numbers["failed"] != len(failed) or sum(numbers.values()) - numbers["accounts"] != numbers["accounts"]:
        found.append(f"the summary {numbers} does not add up")
    found += _of_diffs(before, after, result, unsure)
    return found


def _of_account(before: People, after: People, entry: Json) -> Iterator[str]:
    claims = {one["id"]: (name, one) for name in LISTS for one in entry[name]}
    failed = {one["id"]: one["msg"] for one in entry["failed_users"]}
    not_attempted = {one["id"] for one in entry["not_attempted"]}
    if len(claims) + len(failed) + len(not_attempted) != sum(
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


def _of_diffs(before: Accounts, after: Accounts, result: Json, unsure: set[str]) -> Iterator[str]:
    shown: dict[str, Json] = {}
    for diff in result["diff"]:
        match = re.search(r"(\d+)\)?$", diff["after_header"])
        shown[match[1] if match else ""] = diff
    for waba_id in before:
        if waba_id in unsure:
            continue
        if waba_id not in shown:
            if before[waba_id] != after[waba_id]:
                yield f"no diff shows that {before[waba_id]} became {after[waba_id]}"
            continue
        for name, people in (("before", before[waba_id]), ("after", after[waba_id])):
            lines = dict(re.findall(r"^(\d+)[^:\n]*: (.+)$", shown[waba_id][name], re.MULTILINE))
            for user_id, tasks in lines.items():
                if tasks != UNREADABLE and not same(tasks.split(", "), people.get(user_id)):
                    yield f"the diff of {waba_id} has {user_id} {name} as {tasks}, and it is {people.get(user_id)}"
        changed = {
            user
            for user in before[waba_id].keys() | after[waba_id].keys()
            if before[waba_id].get(user) != after[waba_id].get(user)
        }
        named = set(re.findall(r"^(\d+)", shown[waba_id]["before"] + shown[waba_id]["after"], re.MULTILINE))
        if changed - named:
            yield f"the diff of {waba_id} does not show {changed - named}"

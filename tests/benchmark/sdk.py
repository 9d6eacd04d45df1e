# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings people to where they shall be with Meta's own SDK: `sdk.py sequential|batched PEOPLE.json`.

What a competent author would write in an afternoon: it reads everybody, writes what differs, and fails at the first
refusal. It tries nothing a second time, guards against no lock-out and reads nothing back. Token, account and business
come from the environment variables that the collection reads.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

from facebook_business.adobjects.whatsappbusinessaccount import WhatsAppBusinessAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

BATCH = 50
# A person's id and the tasks to assign; None removes them.
Write = tuple[str, "list[str] | None"]


def main(mode: str, people_file: str) -> None:
    # The SDK does not know that assigned users have tasks, and says so.
    warnings.filterwarnings("ignore", "assigned_users does not allow field tasks")
    session = FacebookSession(access_token=os.environ["WABA_ACCESS_TOKEN"], timeout=30)
    session.GRAPH = os.environ["WABA_API_URL"]
    # FacebookAdsApi.init() would have tracebacks posted to Meta.
    api = FacebookAdsApi(session, api_version="v23.0")
    account = WhatsAppBusinessAccount(os.environ["WABA_ID"], api=api)
    params = {"business": os.environ["WABA_BUSINESS_ID"], "limit": 100}
    listed = account.get_assigned_users(fields=["id", "tasks"], params=params)
    writes = difference(json.loads(Path(people_file).read_text())["people"], {user["id"]: user for user in listed})
    if mode == "batched":
        write_batched(api, account, writes)
    else:
        write_sequentially(account, writes)


def difference(people: list[dict[str, Any]], found: dict[str, Any]) -> list[Write]:
    writes: list[Write] = []
    for person in people:
        user_id, tasks = person["user_id"], person.get("tasks")
        held = set(found[user_id]["tasks"]) if user_id in found else None
        if held != (None if tasks is None else set(tasks)):
            writes.append((user_id, tasks))
    return writes


def write_sequentially(account: Any, writes: list[Write]) -> None:
    for user_id, tasks in writes:
        if tasks is None:
            account.delete_assigned_users(params={"user": user_id})
        else:
            account.create_assigned_user(params={"user": user_id, "tasks": tasks})


def write_batched(api: Any, account: Any, writes: list[Write]) -> None:
    # The SDK does not cut batches.
    for start in range(0, len(writes), BATCH):
        batch = api.new_batch()
        for user_id, tasks in writes[start : start + BATCH]:
            if tasks is None:
                # By delete_assigned_users() the user would go into the operation's body, where Meta does not look.
                edge = f"{account.get_id()}/assigned_users"
                batch.add("DELETE", f"{edge}?user={user_id}", failure=refused)
            else:
                params = {"user": user_id, "tasks": tasks}
                account.create_assigned_user(params=params, batch=batch, failure=refused)
        while batch is not None:
            # What was not finished in time comes back as a batch of its own.
            batch = batch.execute()


def refused(response: Any) -> NoReturn:
    raise response.error()


if __name__ == "__main__":
    main(*sys.argv[1:])

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same job with Meta's own SDK: `sdk.py one-by-one|batched GIVEN.json`.

What a competent author writes in an afternoon: it reads the accounts, writes what differs, and fails at the first
refusal. It retries nothing, has no lock-out guard and reads nothing back. `GIVEN.json` holds the options of
`waba_access`; token and business come from the environment variables that the collection reads.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from facebook_business.adobjects.business import Business
from facebook_business.adobjects.whatsappbusinessaccount import WhatsAppBusinessAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

BATCH = 50
BUSINESS = os.environ["WABA_BUSINESS_ID"]
FIELDS = ["id", "name", "tasks"]
PARAMS = {"business": BUSINESS, "limit": 100}
# An account's id, a user's id and the tasks to assign; None removes the user.
Write = tuple[str, str, "list[str] | None"]


class Script:
    """Reads and writes the users of accounts, one by one or batched."""

    def __init__(self, api: Any, *, batched: bool) -> None:
        self._api = api
        self._batched = batched

    def run(self, given: dict[str, Any]) -> None:
        declared = {account["waba_id"]: account["users"] for account in given.get("accounts", [])}
        if not declared:
            business = Business(BUSINESS, api=self._api)
            people = list(business.get_business_users(fields=["id", "email"], params={"limit": 100}))
            leavers = [person["id"] for person in people if person.get("email") in given.get("revoke", [])]
            absent = [{"user_id": user_id, "state": "absent"} for user_id in leavers]
            declared = {account["id"]: absent for account in accounts_of(business)}
        found = self.read(list(declared))
        self.write([write for waba_id, users in declared.items() for write in differences(waba_id, users, found)])

    def account(self, waba_id: str) -> Any:
        return WhatsAppBusinessAccount(waba_id, api=self._api)

    def read(self, waba_ids: list[str]) -> dict[str, dict[str, Any]]:
        found = {}
        if not self._batched:
            return {waba_id: by_id(self.read_one(waba_id)) for waba_id in waba_ids}

        def keep(waba_id: str, response: Any) -> None:
            page = response.json()
            # The SDK does not follow pages in a batch.
            more = "next" in page.get("paging", {})
            found[waba_id] = by_id(self.read_one(waba_id) if more else page["data"])

        def add(batch: Any, waba_id: str) -> None:
            options = {"fields": FIELDS, "params": PARAMS, "success": partial(keep, waba_id), "failure": refused}
            self.account(waba_id).get_assigned_users(batch=batch, **options)

        self.execute(add, waba_ids)
        return found

    def read_one(self, waba_id: str) -> Any:
        return self.account(waba_id).get_assigned_users(fields=FIELDS, params=PARAMS)

    def write(self, writes: list[Write]) -> None:
        if self._batched:
            self.execute(self.add_write, writes)
            return
        for waba_id, user_id, tasks in writes:
            if tasks is None:
                self.account(waba_id).delete_assigned_users(params={"user": user_id})
            else:
                self.account(waba_id).create_assigned_user(params={"user": user_id, "tasks": tasks})

    def add_write(self, batch: Any, write: Write) -> None:
        waba_id, user_id, tasks = write
        if tasks is None:
            # delete_assigned_users() would put the user into the operation's body, where Meta does not look.
            batch.add("DELETE", f"{waba_id}/assigned_users?user={user_id}", failure=refused)
        else:
            params = {"user": user_id, "tasks": tasks}
            self.account(waba_id).create_assigned_user(params=params, batch=batch, failure=refused)

    def execute(self, add: Any, items: list[Any]) -> None:
        # The SDK does not cut batches.
        for start in range(0, len(items), BATCH):
            batch = self._api.new_batch()
            for item in items[start : start + BATCH]:
                add(batch, item)
            while batch is not None:
                # Operations that did not finish in time come back as a batch of their own.
                batch = batch.execute()


def accounts_of(business: Any) -> list[Any]:
    owned = business.get_owned_whats_app_business_accounts(fields=["id"], params={"limit": 100})
    return [*owned, *business.get_client_whats_app_business_accounts(fields=["id"], params={"limit": 100})]


def by_id(users: Any) -> dict[str, Any]:
    return {user["id"]: user for user in users}


def differences(waba_id: str, users: list[dict[str, Any]], found: dict[str, dict[str, Any]]) -> list[Write]:
    writes: list[Write] = []
    for user in users:
        user_id, tasks = user["user_id"], user.get("tasks")
        held = found[waba_id].get(user_id)
        if (held and set(held["tasks"])) != (tasks and set(tasks)):
            writes.append((waba_id, user_id, tasks))
    return writes


def refused(response: Any) -> NoReturn:
    raise response.error()


def main(mode: str, given_file: str) -> None:
    # The SDK does not know that assigned users have tasks, and says so.
    warnings.filterwarnings("ignore", "assigned_users does not allow field tasks")
    session = FacebookSession(access_token=os.environ["WABA_ACCESS_TOKEN"], timeout=30)
    session.GRAPH = os.environ["WABA_API_URL"]
    # FacebookAdsApi.init() would have tracebacks posted to Meta.
    api = FacebookAdsApi(session, api_version="v23.0")
    Script(api, batched=mode == "batched").run(json.loads(Path(given_file).read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import sys
import threading
import typing as t
from pathlib import Path

DOCUMENTATION = r"""
---
short_description: Changes of who has access to WhatsApp Business Accounts, as events
description:
  - Reads the assigned users of accounts again and again, and sends an event for each difference.
  - C(kind) is C(came), C(went) or C(tasks_changed) for a user, C(unreadable) or C(readable_again) for an account, or for
    all of them where C(waba_id) is null, and C(heartbeat). C(user_id), C(name), C(tasks), C(previous_tasks) and
    C(gains_full_control) describe a user, C(waba_id) and C(account) (its name) the account, C(msg) a fault.
  - C(tasks) and C(previous_tasks) are C([]) where there are none, and null where the API does not report them.
  - C(event_id) is the same where a restart repeats an event. C(seen_at) is the time of the poll.
  - The first read of an account sends no events of users. A user who is missing from an incomplete list has not C(went).
options:
  accounts:
    description:
      - Ids of accounts in quotes, or dictionaries with C(waba_id), C(name) and C(business_id).
      - Without it, all accounts that the business lists. All users of an account that is new there have C(came).
    type: list
    elements: raw
  account_kinds:
    description: Accounts of the business to list, C(owned) or C(client) ones.
    type: list
    elements: str
    default: [owned, client]
  interval:
    description: Seconds between two polls. They are longer where O(calls_per_hour) or Meta's quota requires it.
    type: float
    default: 300
  calls_per_hour:
    description: Calls of each account in any hour that are never exceeded. Meta allows 200, or 5000 for an active account.
    type: int
    default: 100
  state_file:
    description:
      - File for what was seen last, and for the events of the last poll, which a restart repeats. Its folder must exist.
      - Without it, changes made while the rulebook does not run are not noticed.
    type: path
  heartbeat:
    description: Seconds between two heartbeats; 0 for none.
    type: float
    default: 300
  access_token_file:
    description: File with the access token, which is read at every poll, in place of O(access_token).
    type: path
  access_token:
    description:
      - Access token. Set the environment variable E(WABA_ACCESS_TOKEN) instead, or O(access_token_file).
      - O(app_secret), O(business_id), O(api_version), O(api_url), O(validate_certs), O(ca_path), O(timeout), O(retries) and
        O(max_retry_wait), and their environment variables, are those of the collection's modules.
    type: str
"""

EXAMPLES = r"""
- name: All accounts of the business in WABA_BUSINESS_ID
  metaops.whatsapp.assigned_users:
    state_file: /var/lib/waba/watch.json

- name: Two accounts, every minute
  metaops.whatsapp.assigned_users:
    accounts: ["1234567890123456", "6543210987654321"]
    interval: 60
"""

# ansible-rulebook loads this file by its path, and knows no collections.
_COLLECTIONS = str(Path(__file__).absolute().parents[7])
if _COLLECTIONS not in sys.path:
    sys.path.insert(0, _COLLECTIONS)

from ansible_collections.metaops.whatsapp.plugins.module_utils._watch.watch import Watch  # noqa: E402


async def main(queue: t.Any, args: dict[str, t.Any]) -> None:
    """Put events into the queue until the task is cancelled. Raises `OptionError` before any request."""
    stop = threading.Event()
    watch = Watch({key: value for key, value in args.items() if key != "eda_feedback_queue"}, stop)
    try:
        while True:
            for event in await _in_thread(watch.turn):
                await queue.put(event)
            await asyncio.sleep(watch.pause())
    finally:
        stop.set()


def _in_thread(function: t.Callable[[], t.Any]) -> asyncio.Future[t.Any]:
    """Run a function in a thread that the end of the process does not wait for, unlike one of `asyncio.to_thread`."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def set_outcome(result: t.Any, error: Exception | None) -> None:
        if not future.done():
            future.set_exception(error) if error else future.set_result(result)

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except Exception as raised:  # passed on
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(set_outcome, result, error)

    threading.Thread(target=run, daemon=True).start()
    return future

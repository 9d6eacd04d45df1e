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
  - Reads the assigned users of accounts at an interval, and sends an event for each difference and a heartbeat.
  - The guide "Changes of access as events" has the fields of an event.
options:
  accounts:
    description: Ids of accounts in quotes, or accounts of a declaration. Default is all accounts of the business.
    type: list
    elements: raw
  account_kinds: {description: Kinds of its accounts., type: list, elements: str, default: [owned, client]}
  interval:
    description: Seconds between two polls; more where O(calls_per_hour) or Meta's quota requires it.
    type: float
    default: 300
  calls_per_hour:
    description: Most calls of an account in any hour. Meta allows 200, or 5000 for an active account.
    type: int
    default: 100
  state_file:
    description: File of this watch alone, for what it saw last and for the last events, which a restart repeats.
    type: path
    required: true
  access_token_file: {description: File with the access token; it is read at every poll., type: path}
  access_token:
    description:
      - Set E(WABA_ACCESS_TOKEN) or O(access_token_file) instead.
      - O(app_secret), O(business_id), O(api_url), O(api_version), O(validate_certs), O(ca_path), O(timeout), O(retries)
        and O(max_retry_wait) with their environment variables are those of the modules.
    type: str
"""

EXAMPLES = r"""
- metaops.whatsapp.assigned_users:
    accounts: ["1234567890123456", "6543210987654321"]
    interval: 60
    state_file: /var/lib/waba/watch.json
"""

# ansible-rulebook loads this file by its path, and knows no collections. Another ansible_collections may be a package.
_COLLECTIONS = Path(__file__).absolute().parents[6]
if str(_COLLECTIONS.parent) not in sys.path:
    sys.path.insert(0, str(_COLLECTIONS.parent))
import ansible_collections  # noqa: E402

if str(_COLLECTIONS) not in ansible_collections.__path__:
    ansible_collections.__path__.insert(0, str(_COLLECTIONS))
from ansible_collections.metaops.whatsapp.plugins.module_utils._watch.watch import Watch  # noqa: E402


async def main(queue: t.Any, args: dict[str, t.Any]) -> None:
    """Put events into the queue until the task is cancelled. Raises `OptionError` before any request."""
    stop = threading.Event()
    watch = Watch({key: value for key, value in args.items() if key != "eda_feedback_queue"}, stop)
    try:
        while True:
            # A thread, so that other sources go on. At the end, it waits for the one request that is being made.
            for event in await asyncio.to_thread(watch.poll):
                await queue.put(event)
            await asyncio.sleep(watch.pause)
    finally:
        stop.set()

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report in lines: for programs that collect events, and for the end of a run. Pure functions."""

from __future__ import annotations

import collections
import json
import typing as t

from .facts import Json
from .history import change_key
from .kinds import CHECKS


def as_ndjson(report: Json) -> str:
    """Return a line of JSON for each finding and each change, with keys that are the same in each report."""
    return "".join(
        json.dumps({"event": event, "generated_at": report["generated_at"], **facts}) + "\n"
        for event, facts in _events(report)
    )


def _events(report: Json) -> t.Iterator[tuple[str, Json]]:
    for finding in report["findings"]:
        yield "finding", finding
    changes = report["changes"] or {"accounts_new": [], "accounts_gone": [], "people": []}
    gone = {account["waba_id"]: account["name"] for account in changes["accounts_gone"]}
    nobody = {"user_id": None, "tasks_before": None, "tasks": None}
    accounts = {account["waba_id"]: account["name"] for account in report["accounts"]}
    new = {waba_id: accounts[waba_id] for waba_id in changes["accounts_new"]}
    for change in (
        *({"waba_id": key, "name": name, "change": "account-new", **nobody} for key, name in new.items()),
        *({"waba_id": key, "name": name, "change": "account-gone", **nobody} for key, name in gone.items()),
        *changes["people"],
    ):
        yield "change", {"key": f"{changes['since']}:{change_key(change)}", "since": changes["since"], **change}


def closing_lines(report: Json) -> list[str]:
    """Return what was counted, and what was not looked at."""
    summary, findings = report["summary"], report["summary"]["findings"]
    unread = f" ({summary['accounts_unread']} unreadable)" if summary["accounts_unread"] else ""
    counts = f"Users: {summary['people']}, accounts: {summary['accounts']}{unread}"
    counts += f", findings: {sum(findings.values())}, of which high: {findings['high']}"
    counts += "" if summary["new"] is None else f", new: {summary['new']}"
    counts += f", accepted: {summary['accepted']}" if summary["accepted"] else ""
    checks = collections.Counter(finding["check"] for finding in report["findings"] if finding["check"])
    gaps = [CHECKS[check] + (f" ({count})" if count > 1 else "") for check, count in checks.items()]
    return [f"{counts}.", *([f"Not looked at, as not-checked explains: {', '.join(gaps)}."] if gaps else [])]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in lines: for programs that collect events, and for the end of a run. Pure functions."""

from __future__ import annotations

import collections
import json
import typing as t

from .facts import Json
from .history import change_key
from .kinds import CHECKS

_NOBODY: Json = {"user_id": None, "tasks_before": None, "tasks": None}


def as_ndjson(report: Json) -> str:
    """Return a line of JSON for each finding and each change, with keys that are the same in each report."""
    return "".join(
        json.dumps({"event": event, "generated_at": report["generated_at"], **facts}) + "\n"
        for event, facts in _events(report)
    )


def _events(report: Json) -> t.Iterator[tuple[str, Json]]:
    for finding in report["findings"]:
        yield "finding", finding
    changes = report["changes"]
    if changes is None:
        return
    new = [account for account in report["accounts"] if account["waba_id"] in changes["accounts_new"]]
    for change in (
        *({**_NOBODY, "change": "account-new", "waba_id": one["waba_id"], "name": one["name"]} for one in new),
        *({**_NOBODY, "change": "account-gone", **one} for one in changes["accounts_gone"]),
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
    gaps = not_looked_at(report)
    return [f"{counts}.", *([f"Not looked at, as not-checked explains: {', '.join(gaps)}."] if gaps else [])]


def not_looked_at(report: Json) -> list[str]:
    """Return what was not looked at, and in how many findings, where there are several."""
    checks = collections.Counter(finding["check"] for finding in report["findings"] if finding["check"])
    return [CHECKS[check] + (f" ({count})" if count > 1 else "") for check, count in checks.items()]

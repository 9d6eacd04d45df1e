# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes since an earlier report: assigned users, removed users, changed tasks."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .._edges.tasks import has_full_control
from .._graph.values import by_id, dict_or_empty
from .._options import OptionError
from .facts import Json

#: Identifies a JSON file as such a report, and the version of its structure.
FORMAT = "metaops.whatsapp/waba-access-audit/1"

CAME = "came"
WENT = "went"
TASKS_CHANGED = "tasks"


def read_baseline(path: str) -> Json:
    """Return an earlier report from its file. Raises `OptionError` for anything else."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OptionError(f"baseline: {path} cannot be read: {reason}.") from error
    return parse_baseline(text)


def parse_baseline(text: str) -> Json:
    """Return an earlier report from its text. Raises `OptionError` for anything else."""
    try:
        report = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise _no_baseline(f"it is not JSON ({error})") from error
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise _no_baseline(f"its format is not {FORMAT}")
    accounts, findings = report.get("accounts"), report.get("findings")
    if not isinstance(report.get("generated_at"), str) or not isinstance(accounts, list):
        raise _no_baseline("it has no generated_at or no accounts")
    if not all(map(_is_account, accounts)) or not isinstance(findings, list) or not all(map(_is_finding, findings)):
        raise _no_baseline("its accounts or findings were changed by hand")
    return report


def changes_since(baseline: Json, accounts: t.Sequence[Json]) -> Json:
    """Return the differences between the baseline and `accounts`, which are those of a report.

    An account that could not be read, now or then, is in `not_compared`.
    """
    before = {account["waba_id"]: account for account in baseline["accounts"]}
    now = {account["waba_id"]: account for account in accounts}
    both = sorted(before.keys() & now.keys(), key=by_id)
    compared = [key for key in both if before[key].get("msg") is None and now[key]["msg"] is None]
    return {
        "since": baseline["generated_at"],
        "accounts_new": sorted(now.keys() - before.keys(), key=by_id),
        "accounts_gone": [
            {"waba_id": key, "name": before[key].get("name")} for key in sorted(before.keys() - now.keys(), key=by_id)
        ],
        "not_compared": [key for key in both if key not in compared],
        "people": [change for key in compared for change in _account_changes(key, before[key], now[key])],
    }


def change_key(change: Json) -> str:
    """Return a stable id of a change of a user: the same change since the same tasks has the same id."""
    before, now = (",".join(change[key] or ()) for key in ("tasks_before", "tasks"))
    return f"{change['change']}:{change['waba_id']}:{change['user_id']}:{before}>{now}"


def with_age(findings: list[Json], baseline: Json, now: str) -> list[Json]:
    """Return findings that tell whether they are new since the baseline, and since when they are known.

    New is also what concerns further accounts, and what is no longer accepted.
    """
    known = {one["key"]: one for one in baseline["findings"]}
    return [{**finding, **_age(finding, known, baseline["generated_at"], now)} for finding in findings]


def _age(finding: Json, known: t.Mapping[str, Json], before: str, now: str) -> Json:
    earlier = known.get(finding["key"])
    if earlier is None or any(waba_id not in accounts_of(earlier) for waba_id in accounts_of(finding)):
        return {"new": True, "since": now}
    is_new = finding["accepted"] is None and earlier.get("accepted") is not None
    return {"new": is_new, "since": earlier["since"] if isinstance(earlier.get("since"), str) else before}


def accounts_of(finding: Json) -> list[str | None]:
    """Return the ids of the accounts that a finding is about; one that is `None` where it is about none."""
    return finding.get("waba_ids") or [finding.get("waba_id")]


def _account_changes(waba_id: str, before: Json, now: Json) -> t.Iterator[Json]:
    had = {user["id"]: user for user in before["assigned_users"]}
    has = {user["id"]: user for user in now["assigned_users"]}
    for user_id in sorted(had.keys() | has.keys(), key=by_id):
        old, new = had.get(user_id), has.get(user_id)
        change = CAME if old is None else WENT if new is None else TASKS_CHANGED
        if old is not None and new is not None and not _differ(old["tasks"], new["tasks"]):
            continue
        yield {
            "waba_id": waba_id,
            "user_id": user_id,
            "name": (new or old or {}).get("name"),
            "change": change,
            "tasks_before": old["tasks"] if old else None,
            "tasks": new["tasks"] if new else None,
        }


def _differ(old: list[str] | None, new: list[str] | None) -> bool:
    """Whether a user can do something else: all tasks are FULL_CONTROL, and unknown tasks are no change."""
    if old is None or new is None:
        return False
    before, now = frozenset(old), frozenset(new)
    return before != now and not (has_full_control(before) and has_full_control(now))


def _is_finding(value: t.Any) -> bool:
    finding = dict_or_empty(value)
    return isinstance(finding.get("key"), str) and isinstance(finding.get("waba_ids") or [], list)


def _is_account(value: t.Any) -> bool:
    account = dict_or_empty(value)
    users = account.get("assigned_users")
    return isinstance(account.get("waba_id"), str) and isinstance(users, list) and all(map(_is_user, users))


def _is_user(value: t.Any) -> bool:
    user = dict_or_empty(value)
    if not isinstance(user.get("id"), str) or not isinstance(user.get("name"), (str, type(None))):
        return False
    tasks = user.get("tasks", ())
    return tasks is None or (isinstance(tasks, list) and all(isinstance(task, str) for task in tasks))


def _no_baseline(reason: str) -> OptionError:
    return OptionError(
        f"baseline is not an earlier report of the role waba_access_audit: {reason}."
        " Give the path of a waba-access-audit.json that the role wrote."
    )

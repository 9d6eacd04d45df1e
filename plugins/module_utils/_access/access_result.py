# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result and the message of a task of `waba_access`. Pure functions."""

from __future__ import annotations

import typing as t

from .approval import plan_id
from .outcome import Outcome, planned_changes, tasks_text
from .plan import Change
from .resolve import Unresolved, unresolved_lines

#: Lines about failed accounts in a message; the others are in the result.
MAX_LINES = 8

Json = dict[str, t.Any]
_VERBS = {"add": "granted", "update": "changed", "remove": "removed"}
_PREVIEW = {"add": "would grant", "update": "would change", "remove": "would remove"}


def access_result(
    outcomes: t.Sequence[Outcome],
    *,
    check_mode: bool,
    all_of: str | None,
    unresolved: t.Sequence[Unresolved] = (),
    revoked: bool = False,
) -> Json:
    """Return the result of a task: the accounts, the plan, a diff for each changed account, and the message."""
    accounts = [outcome.result() for outcome in outcomes]
    failed = [(outcome, account) for outcome, account in zip(outcomes, accounts) if account["msg"]]
    changed = [outcome for outcome, account in zip(outcomes, accounts) if account["changed"] and not account["msg"]]
    summary = {
        "accounts": len(outcomes),
        "changed": len(changed),
        "unchanged": len(outcomes) - len(changed) - len(failed),
        "failed": len(failed),
    }
    lines = [f"Account {outcome.account.label}: {account['msg']}" for outcome, account in failed[:MAX_LINES]]
    if len(failed) > MAX_LINES:
        lines.append(f"{len(failed) - MAX_LINES} more accounts failed: see accounts.")
    if not failed:
        lines += [_changes_line(outcome, _PREVIEW if check_mode else _VERBS) for outcome in changed]
        granted = [each for each in unresolved if each.entry.tasks is not None]
        lines += [f"Not granted yet: {line}" for line in unresolved_lines(granted)]
    lines.append(_closing_line(summary, outcomes, all_of, check_mode, revoked))
    plan = planned_changes(outcomes)
    errors = [account["graph_error"] for account in accounts if account["graph_error"]]
    return {
        "changed": any(account["changed"] for account in accounts),
        "accounts": accounts,
        "summary": summary,
        "plan": plan,
        "plan_id": plan_id(plan),
        "diff": [
            outcome.diff({change.user_id for change in outcome.plan.changes}) for outcome in outcomes if outcome.changed
        ],
        "unresolved": [each.as_result() for each in unresolved],
        "warnings": [
            f"Account {outcome.account.label}: {warning}" if len(outcomes) > 1 else warning
            for outcome in outcomes
            for warning in outcome.warnings
        ],
        "msg": "\n".join(lines),
        **({"failed": True, "graph_error": errors[0] if errors else None} if failed else {}),
    }


def _changes_line(outcome: Outcome, verbs: t.Mapping[str, str]) -> str:
    changes = [_change_words(step.change, verbs) for step in outcome.steps if outcome.has_changed(step)]
    return f"Account {outcome.account.label}: {'; '.join(changes)}."


def _change_words(change: Change, verbs: t.Mapping[str, str]) -> str:
    verb = verbs[change.operation]
    if change.operation == "add":
        return f"{verb} {tasks_text(change.tasks)} to {change.label}"
    before = tasks_text(change.before.tasks if change.before else None)
    if change.operation == "update":
        return f"{verb} {change.label} from {before} to {tasks_text(change.tasks)}"
    return f"{verb} {change.label} ({before}){change.ended}"


def _closing_line(
    summary: t.Mapping[str, int], outcomes: t.Sequence[Outcome], all_of: str | None, check_mode: bool, revoked: bool
) -> str:
    count = f"{summary['accounts']} account{'' if summary['accounts'] == 1 else 's'}"
    what = f"All {count} of business {all_of}" if all_of else count
    would = "would be " if check_mode else ""
    if revoked:
        parts = [f"access {would}revoked on {summary['changed']}", f"no access on {summary['unchanged']}"]
    else:
        parts = [f"{summary['changed']} {would}changed", f"{summary['unchanged']} as declared"]
    parts.append(f"{summary['failed']} failed")
    line = f"{what}: {', '.join(parts)}"
    undeclared = 0 if revoked else len(_undeclared(outcomes))
    if undeclared:
        line += f"; {undeclared} undeclared user{'' if undeclared == 1 else 's'} left alone"
    return f"{line}."


def _undeclared(outcomes: t.Sequence[Outcome]) -> set[str]:
    """Return the users whom no entry names and no purge removes."""
    found: set[str] = set()
    for outcome in outcomes:
        if not outcome.target.rules.purge_users:
            declared = {desired.user_id for desired in outcome.target.desired}
            found |= outcome.before.keys() - declared - outcome.target.rules.keep_users
    return found

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that was approved: its id, and the check that a run makes this plan and no other. Pure functions."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import typing as t
from operator import itemgetter

from .._graph.errors import GraphError
from .._graph.values import printable
from .._options import OptionError, check_id
from .plan import RefusedError

Json = dict[str, t.Any]

#: What an id is made of. Names and reasons are for readers, and can change without changing the plan.
_DIGESTED = ("waba_id", "user_id", "operation", "tasks", "previous_tasks", "valid_until")
_digested = itemgetter(*_DIGESTED)
_key = itemgetter("waba_id", "user_id")
#: Changes that a message shows; the result has them all.
_MAX_LINES = 8


@dataclasses.dataclass(frozen=True)
class Approval:
    """What was approved: the id of a plan, and the plan itself where it was given."""

    plan_id: str
    plan: tuple[Json, ...] | None = None


def plan_id(plan: t.Iterable[Json]) -> str:
    """Return the id of a plan: the same for the same changes, in whatever order they are.

    It begins with a letter, so that no variable makes a number of it.
    """
    digested = sorted(json.dumps(_digested(change)) for change in plan)
    digest = hashlib.sha256("\n".join(digested).encode()).hexdigest()
    return f"p{digest[:31]}"


def parse_approval(params: t.Mapping[str, t.Any]) -> Approval | None:
    """Return what the options `plan` and `plan_id` approve; `None` without them. Raises `OptionError`."""
    given_id, given = params["plan_id"], params["plan"]
    if given_id is not None and not re.fullmatch("p[0-9a-f]{31}", given_id):
        raise OptionError(f"plan_id must be the id of a plan, as check mode returns it; got {given_id!r}.")
    if given is None:
        return None if given_id is None else Approval(given_id)
    plan = tuple(_change(f"plan[{number}]", change) for number, change in enumerate(given))
    if len({_key(change) for change in plan}) < len(plan):
        raise OptionError(
            "plan has two changes of the same user on the same account: give it as check mode returns it."
        )
    approved_id = plan_id(plan)
    if given_id not in (None, approved_id):
        raise OptionError(
            f"plan_id {given_id} is not the id of plan: one of the two was changed after the preview. Preview again."
        )
    return Approval(approved_id, plan)


def check_approval(plan: t.Sequence[Json], approval: Approval, unread: t.Sequence[GraphError] = ()) -> None:
    """Raise `RefusedError` where a plan is not the approved one. The error's result has the plan as it is now.

    `unread`: why accounts could not be read. The plan has no changes there.
    """
    now = plan_id(plan)
    if now == approval.plan_id:
        return
    lines = [
        f"Nothing was changed: the plan is now {now}, and {approval.plan_id} was approved. Preview and approve again.",
        *map(str, unread),
    ]
    if approval.plan is None:
        lines += _shown([f"Now: {_text(change)}" for change in plan] or ["Now: no changes"])
    else:
        lines += _shown(_differences({_key(one): one for one in approval.plan}, {_key(one): one for one in plan}))
    errors = {"graph_error": unread[0].as_result()} if unread else {}
    raise RefusedError("\n".join(lines), {"plan": list(plan), "plan_id": now, **errors})


def _differences(approved: t.Mapping[t.Any, Json], current: t.Mapping[t.Any, Json]) -> list[str]:
    lines = [f"New: {_text(change)}" for key, change in current.items() if key not in approved]
    lines += [f"Gone: {_text(change)}" for key, change in approved.items() if key not in current]
    lines += [
        f"Different: {_text(current[key])}; approved: {_what(change)}"
        for key, change in approved.items()
        if key in current and _digested(change) != _digested(current[key])
    ]
    return lines


def _shown(lines: t.Sequence[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return [f"{line}." for line in lines[:_MAX_LINES]] + ([f"And {more} more: see plan."] if more > 0 else [])


def _text(change: Json) -> str:
    name = f" ({printable(str(change['name']))})" if change.get("name") else ""
    return f"account {change['waba_id']}, {change['user_id']}{name}: {_what(change)}"


def _what(change: Json) -> str:
    words = {
        key: ", ".join(map(printable, change[key] or ())) or "unknown tasks" for key in ("tasks", "previous_tasks")
    }
    is_removal = change["operation"] == "remove"
    until = printable(change["valid_until"] or "")
    end = f" ({'ended' if is_removal else 'valid until'} {until})" if until else ""
    if change["operation"] == "add":
        return f"add with {words['tasks']}{end}"
    if is_removal:
        return f"remove, with {words['previous_tasks']}{end}"
    return f"update from {words['previous_tasks']} to {words['tasks']}{end}"


def _change(place: str, raw: t.Any) -> Json:
    if not isinstance(raw, t.Mapping) or any(key not in raw for key in _DIGESTED):
        raise OptionError(f"{place} must be a change with {', '.join(_DIGESTED)}, as check mode returns it.")
    for key in ("waba_id", "user_id"):
        check_id(f"{place}.{key}", raw[key])
    tasks = [raw[key] for key in ("tasks", "previous_tasks") if raw[key] is not None]
    are_words = all(isinstance(one, list) and all(isinstance(task, str) for task in one) for one in tasks)
    if raw["operation"] not in ("add", "update", "remove") or not are_words:
        raise OptionError(f"{place} has an operation or tasks that check mode does not return.")
    if raw["valid_until"] is not None and not isinstance(raw["valid_until"], str):
        raise OptionError(f"{place}.valid_until must be a text or null, as check mode returns it.")
    return dict(raw)

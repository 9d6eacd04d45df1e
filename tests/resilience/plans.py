# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that are approved, and what a task says of one that is no longer what it would do.

Written from what the documentation promises, and from nothing of the code under test.
"""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st
from resilience.tasks import Done
from support.playbooks import JANE, Json

#: One user's change: the operation, the tasks, the former tasks, the end.
Change = tuple[str, "list[str] | None", "list[str] | None", "str | None"]
#: By account and user.
Changes = dict[tuple[str, str], Change]

#: What makes a change another one.
MEMBERS = st.sampled_from(["operation", "tasks", "previous_tasks", "valid_until"])
#: The options by which a plan is approved.
GIVEN = st.sampled_from([("plan",), ("plan_id",), ("plan", "plan_id")])


def approval_of(result: Json, given: tuple[str, ...]) -> Json:
    """The options that approve what a preview has returned."""
    return {name: result[name] for name in given}


def changes_of(plan: list[Json]) -> Changes:
    """A plan as a task returns it, by account and user."""
    found: Changes = {}
    for one in plan:
        change = (one["operation"], one["tasks"], one["previous_tasks"], one["valid_until"])
        found[one["waba_id"], one["user_id"]] = change
    assert len(found) == len(plan)
    return found


def untraced(done: Done) -> str:
    """A task's result, without what is different in every answer."""
    return re.sub(r'(fbtrace_id"?:?) "?[\w-]+', r"\1", json.dumps(done.result))


def tampered(plan: list[Json], member: str) -> list[Json]:
    """Another plan than this, by one member of one change; where nothing is planned, somebody is removed."""
    if not plan:
        change = {"waba_id": "1234567890123456", "user_id": JANE, "operation": "remove", "tasks": None}
        return [{**change, "previous_tasks": ["DEVELOP"], "valid_until": None}]
    others = ("add", "remove") if member == "operation" else ("2030-01-01", None)
    if member in ("tasks", "previous_tasks"):
        return [{**plan[0], member: ["MANAGE"] if plan[0][member] != ["MANAGE"] else ["MESSAGING"]}, *plan[1:]]
    return [{**plan[0], member: others[0] if plan[0][member] != others[0] else others[1]}, *plan[1:]]


def check_words(message: str, approved: Changes | None, current: Changes) -> None:
    """It says that nothing was changed, and what is new, gone and different, or else what the plan is now."""
    assert message.startswith("Nothing was changed: the plan is now ")
    if approved is None:
        differences = {("Now", *key) for key in current}
        assert differences or "Now: no changes." in message
    else:
        differences = {("New", *key) for key in current.keys() - approved.keys()}
        differences |= {("Gone", *key) for key in approved.keys() - current.keys()}
        shared = current.keys() & approved.keys()
        differences |= {("Different", *key) for key in shared if current[key] != approved[key]}
        assert differences
    told = re.findall(r"^(New|Gone|Different|Now): account (\d+), (\d+)", message, re.MULTILINE)
    more = re.search(r"^And (\d+) more", message, re.MULTILINE)
    assert set(told) <= differences
    assert len(told) + (int(more[1]) if more else 0) == len(differences)
    assert len(told) == len(differences) or len(told) >= 8

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is on the account, and who shall be: the same work for everybody who competes."""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox import Sandbox
from sandbox.seed import DEFAULT

#: People a page: the most that the API gives.
PAGE = 100


class Scenario(NamedTuple):
    """A sandbox's account at the start, and what is wanted of it."""

    #: The list as a playbook has it: people with `user_id`, `tasks` and `state`.
    people: list[dict[str, Any]]
    #: Everybody who shall be on the account in the end, those whom the list does not name included.
    expected: dict[str, set[str]]
    #: How many people are on the account at the start.
    at_start: int
    changes: int

    @property
    def pages(self) -> int:
        """Calls that it takes to read everybody at the start."""
        return _pages(self.at_start)

    @property
    def pages_after(self) -> int:
        """Calls that it takes to read everybody in the end."""
        return _pages(len(self.expected))


def make_sandbox(people: int, latency: float) -> Sandbox:
    """A sandbox, not yet started, with so many people beside those of its seed; latency in milliseconds."""
    newcomers = [{"id": _newcomer(number), "name": f"Newcomer {number:04}"} for number in range(people // 10)]
    return Sandbox(seed={**DEFAULT, "people": DEFAULT["people"] + newcomers}, people=people, latency=latency)


def make_scenario(sandbox: Sandbox, people: int) -> Scenario:
    """The first tenth gone, a fifth with other tasks, a tenth new, all others as they are.

    The people of the sandbox's seed, the token's own user among them, are not in the list and shall stay as they are.
    """
    before = sandbox.assigned()
    crowd = list(before)[-people:]
    tenth, fifth = people // 10, people // 5
    wanted: dict[str, set[str] | None] = {user_id: before[user_id] for user_id in crowd}
    wanted.update((user_id, None) for user_id in crowd[:tenth])
    wanted.update((user_id, {"DEVELOP", "MESSAGING", "VIEW_COST"}) for user_id in crowd[tenth : tenth + fifth])
    wanted.update((_newcomer(number), {"MESSAGING", "VIEW_TEMPLATES"}) for number in range(tenth))
    others = {user_id: tasks for user_id, tasks in before.items() if user_id not in wanted}
    return Scenario(
        people=[_entry(user_id, tasks) for user_id, tasks in wanted.items()],
        expected={**others, **{user_id: tasks for user_id, tasks in wanted.items() if tasks is not None}},
        at_start=len(before),
        changes=sum(before.get(user_id) != tasks for user_id, tasks in wanted.items()),
    )


def _newcomer(number: int) -> str:
    return str(400000000000000000 + number * 7)


def _entry(user_id: str, tasks: set[str] | None) -> dict[str, Any]:
    if tasks is None:
        return {"user_id": user_id, "state": "absent"}
    return {"user_id": user_id, "tasks": sorted(tasks), "state": "present"}


def _pages(people: int) -> int:
    return max(1, -(-people // PAGE))

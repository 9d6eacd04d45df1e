# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that run at the same time, on one account and on several.

Each is about other people. In the end everybody stands as was asked, at once or after a rerun of what failed; and no
task costs more than the guide to the quota says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from resilience.counts import SEQUENCES, count
from resilience.scale import examples
from resilience.tasks import USER, USERS, Done, new_sandbox, options_for, run_task
from sandbox import Sandbox
from support.playbooks import Json

ACCOUNTS = ("1234567890123456", "6543210987654321")
#: So many times is what has failed run again.
ROUNDS = 5


def crowd(number: int) -> list[str]:
    """Ids of made-up people."""
    return [str(400000000000000000 + place) for place in range(number)]


def at_once(jobs: list[Callable[[], Done]]) -> list[Done]:
    """Run all of them at the same time; what they gave, in their order."""
    found: dict[int, Done] = {}
    ready = threading.Barrier(len(jobs))

    def run(place: int, job: Callable[[], Done]) -> None:
        ready.wait()
        found[place] = job()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[place] for place in range(len(jobs))]


def job(sandbox: Sandbox, module: str, options: Json) -> Callable[[], Done]:
    """A task to be run."""
    return lambda: run_task(module, options_for(sandbox, options))


wishes = st.none() | st.lists(st.sampled_from(["DEVELOP", "MESSAGING", "VIEW_COST"]), min_size=1, unique=True)


def single(account: str, user: str, wish: list[str] | None) -> tuple[str, Json]:
    return USER, {"waba_id": account, **_entry(user, wish)}


def many(account: str, part: dict[str, list[str] | None], batch_size: int) -> tuple[str, Json]:
    users = [_entry(user, wish) for user, wish in part.items()]
    return USERS, {"waba_id": account, "users": users, "batch_size": batch_size}


def _entry(user: str, wish: list[str] | None) -> Json:
    return {"user_id": user, "state": "absent"} if wish is None else {"user_id": user, "tasks": wish}


@given(
    st.lists(wishes, min_size=6, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.sampled_from(["overwrite", "reject"]),
    st.sampled_from([0, 3]),
    st.sampled_from([1, 50]),
)
@examples(share=6, whole=300)
def test_tasks_at_the_same_time(
    wanted: list[list[str] | None], assigned: list[bool], on_assigned: str, page_size: int, batch_size: int
) -> None:
    """Single people and lists, on two accounts, all at once."""
    count(SEQUENCES)
    with new_sandbox(on_assigned=on_assigned, page_size=page_size, latency=1) as sandbox:
        ids = crowd(len(wanted))
        for account in ACCOUNTS:
            for user, is_assigned in zip(ids, assigned):
                sandbox.add_person(user, f"Person {user}")
                if is_assigned:
                    sandbox.assign(user, ["MANAGE_PHONE"], account)
        others = {account: sandbox.assigned(account).keys() - set(ids) for account in ACCOUNTS}
        middle = len(ids) // 2
        asked = [
            *(single(account, ids[place], wanted[place]) for account in ACCOUNTS for place in range(middle)),
            *(many(account, dict(zip(ids[middle:], wanted[middle:])), batch_size) for account in ACCOUNTS),
        ]
        for _round in range(ROUNDS):
            done = at_once([job(sandbox, *each) for each in asked])
            for (_module, options), result in zip(asked, done):
                pages = -(-(len(sandbox.assigned(options["waba_id"])) + len(ids)) // (page_size or 100))
                changes = len(options.get("users", [None])) * (3 if on_assigned == "reject" else 1)
                assert result.result["api_calls"] <= 2 * pages + changes + 1
            asked = [each for each, result in zip(asked, done) if result.failed]
            if not asked:
                break
        assert not asked, [result.message for result in done if result.failed]
        goal = {user: set(wish) for user, wish in zip(ids, wanted) if wish is not None}
        for account in ACCOUNTS:
            now = sandbox.assigned(account)
            assert {user: held for user, held in now.items() if user in ids} == goal
            assert now.keys() - set(ids) == others[account]


def test_the_same_change_at_the_same_time() -> None:
    """Everybody asks for the same: it is so, and whoever failed succeeds with a rerun."""
    (user,) = crowd(1)
    for on_assigned in ("overwrite", "reject"):
        for wish in (["DEVELOP"], ["MESSAGING", "VIEW_COST"], None):
            with new_sandbox(on_assigned=on_assigned, latency=1) as sandbox:
                count(SEQUENCES)
                sandbox.add_person(user, "Somebody")
                sandbox.assign(user, ["MANAGE_PHONE"])
                same = single(sandbox.waba_id, user, wish)
                done = at_once([job(sandbox, *same)] * 6)
                # GET, me, and where it is refused: POST, DELETE, POST, and put back; each at most twice; and read back.
                assert all(each.result["api_calls"] <= 2 * 6 + 4 for each in done)
                again = run_task(same[0], options_for(sandbox, same[1]))
                assert not again.failed, again.message
                assert sandbox.tasks_of(user) == (None if wish is None else set(wish))

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several forks, and several playbooks, at the same time: on one account, and on many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from resilience.counts import SEQUENCES, TASKS, count
from resilience.exchanges import OWN
from resilience.scale import Scale
from resilience.tasks import USER, USERS, new_sandbox
from sandbox import Sandbox
from support.playbooks import AHMED, Json, Run, play, run_playbook, task, waba_environment

ACCOUNTS = ("1234567890123456", "6543210987654321")
#: So often is a playbook that failed run again.
ROUNDS = 4


def environment(sandbox: Sandbox) -> dict[str, str]:
    return {**waba_environment(sandbox), "WABA_APP_SECRET": sandbox.app_secret}


def people(sandbox: Sandbox, number: int) -> list[str]:
    """Ids of people who exist and are not assigned."""
    ids = [str(500000000000000000 + place) for place in range(number)]
    for user in ids:
        sandbox.add_person(user, f"Person {user}")
    return ids


def until_it_succeeds(folder: Path, plays: list[Json], sandbox: Sandbox, inventory: str, *, forks: int) -> list[Run]:
    """Run a playbook, again where it failed."""
    runs: list[Run] = []
    while not runs or (runs[-1].rc and len(runs) < ROUNDS):
        place = folder / str(len(runs))
        arguments = ["--forks", str(forks)]
        runs.append(
            run_playbook(place, plays, environment=environment(sandbox), arguments=arguments, inventory=inventory)
        )
        count(TASKS, len(runs[-1].results))
    assert runs[-1].rc == 0, runs[-1].output
    return runs


def test_forks_on_one_account_and_on_several(tmp_path: Path) -> None:
    """A host for each person, all at once, on two accounts."""
    number = 12 if Scale.whole else 4
    with new_sandbox(page_size=4) as sandbox:
        ids = people(sandbox, number)
        before = {account: sandbox.assigned(account) for account in ACCOUNTS}
        inventory = "".join(f"h{user} ansible_connection=local user={user}\n" for user in ids)
        tasks = [
            task("do", USER, {"waba_id": account, "user_id": "{{ user }}", "tasks": ["DEVELOP"]})
            for account in ACCOUNTS
        ]
        runs = until_it_succeeds(tmp_path, [play(tasks, hosts="all")], sandbox, inventory, forks=number)
        count(SEQUENCES)
        for account in ACCOUNTS:
            assert sandbox.assigned(account) == {**before[account], **{user: {"DEVELOP"} for user in ids}}
        pages = -(-(len(before[ACCOUNTS[0]]) + number) // 4)
        for result in [result for run in runs for result in run.results]:
            assert result.result["api_calls"] <= 2 * pages + 1 + 4 * (result.status == "failed")


def test_playbooks_on_one_account(tmp_path: Path) -> None:
    """Each with a list of its own, and one that purges somebody else and keeps all of theirs."""
    playbooks = 4 if Scale.whole else 2
    with new_sandbox(page_size=3, on_assigned="reject") as sandbox:
        ids = people(sandbox, 4 * playbooks)
        for user in ids[::2]:
            sandbox.assign(user, ["MANAGE_PHONE"])
        before = sandbox.assigned()
        parts = [ids[number::playbooks] for number in range(playbooks)]
        plays = [
            [play([task("do", USERS, {"users": [{"user_id": user, "tasks": ["MESSAGING"]} for user in part]})])]
            for part in parts
        ]
        own = {"user_id": OWN, "tasks": ["FULL_CONTROL"]}
        kept = [*ids, *(user for user in before if user not in (OWN, AHMED))]
        plays.append([play([task("purge", USERS, {"users": [own], "purge_users": True, "keep_users": kept})])])

        def run(number: int) -> list[Run]:
            inventory = "localhost ansible_connection=local\n"
            return until_it_succeeds(tmp_path / str(number), plays[number], sandbox, inventory, forks=1)

        with ThreadPoolExecutor(len(plays)) as pool:
            list(pool.map(run, range(len(plays))))
        count(SEQUENCES)
        assert AHMED in before
        others = {user: held for user, held in before.items() if user != AHMED}
        assert sandbox.assigned() == {**others, **{user: {"MESSAGING"} for user in ids}}

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any declaration of several accounts on any server, held against the model of each account.

What has to be true after each task is worked out from the documentation, as in `test_model`: who is declared on which
account, which rules are in force there, and then, for each account by itself, what the server makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from system.playbooks import Json
from trust.account import People
from trust.accounts import lies_of_accounts, truth
from trust.counts import SEQUENCES, count
from trust.exchanges import OWN
from trust.logic.test_access import ACCOUNTS, EVERY_ACCOUNT, declared, entries, manages, run
from trust.logic.test_model import STALE_READS, Model, behaviours, holds, options, people, tasks
from trust.scale import examples
from trust.tasks import INFO, Done, new_sandbox, run_in

Wishes = dict[str, "list[str] | None"]

wishes = st.dictionaries(people, st.none() | tasks, max_size=3)
#: Rules that an account can have of its own.
own_rules = st.fixed_dictionaries(
    {},
    optional={
        "purge_users": st.booleans(),
        "keep_users": st.lists(people, max_size=2, unique=True),
        "max_removals": st.integers(0, 3),
        "purge_tasks": st.booleans(),
        "allow_lockout": st.booleans(),
        "unreadable_tasks": st.sampled_from(["warn", "apply", "fail"]),
    },
)
shared_rules = st.fixed_dictionaries(
    {},
    optional={
        "keep_users": st.lists(people, max_size=2, unique=True),
        "max_removals": st.integers(0, 5),
        "batch_size": st.sampled_from([1, 2, 3, 50]),
    },
)
#: Mostly without what is refused for its form alone.
careless = st.sampled_from([False] * 7 + [True])


class Plans:
    """What a task for several accounts comes to on each: the model of an account that it is about, or a refusal."""

    def __init__(self, ways: Any, before: Mapping[str, People], task: Json) -> None:
        self.task = task
        self.revoke: list[str] | None = task.get("revoke")
        #: Words of reasons for which nothing is done anywhere, before the plans are made.
        self.misdeclared: set[str] = set()
        self.models: dict[str, Model] = {}
        for account in task["accounts"]:
            self.models[account["waba_id"]] = Model(ways, before[account["waba_id"]], *self.declared_on(account))

    def declared_on(self, account: Json) -> tuple[Wishes, Json]:
        """Who is declared on an account, and by which rules."""
        rules = {key: value for key, value in account.items() if key not in ("waba_id", "name", "users")}
        options = {key: value for key, value in {**self.task, **rules}.items() if key not in ("accounts", "users")}
        if account.get("max_removals") is None:
            options.pop("max_removals", None)  # that of the task is for all accounts together
        if self.revoke is not None:
            kept = ("allow_lockout", "verify")
            return dict.fromkeys(self.revoke), {key: options[key] for key in kept if key in options}
        own, everywhere = wishes_of(account["users"]), wishes_of(self.task["users"])
        if any((own[user] is None) != (everywhere[user] is None) for user in own.keys() & everywhere.keys()):
            self.misdeclared.add("one present, one absent")
        merged = {**everywhere, **own}
        if any(user in merged and merged[user] is None for user in options.get("keep_users", [])):
            self.misdeclared.add("to be absent, and kept")
        stays = any(merged.values()) or options.get("keep_users") or options.get("allow_lockout")
        if options.get("purge_users") and not stays:
            self.misdeclared = {"would remove everybody"}
        return merged, options

    @property
    def refusals(self) -> set[str]:
        """Why nothing is done anywhere: words of the reasons."""
        if "would remove everybody" in self.misdeclared:
            return {"would remove everybody"}  # told before any request
        if self.misdeclared:
            return self.misdeclared
        if self.revoke is not None:
            return set()
        found = {reason for model in self.models.values() for reason in model.refusals}
        limit = self.task.get("max_removals")
        if limit is not None and sum(len(model.removed) for model in self.models.values()) > limit:
            found.add("max_removals")
        return found or {reason for waba_id in self.models for reason in self.lockouts(waba_id)}

    def lockouts(self, waba_id: str) -> set[str]:
        """Why the plan of an account would lock people out."""
        model = self.models[waba_id]
        return set() if model.options.get("allow_lockout") else model.lockouts

    def kept(self, waba_id: str) -> set[str]:
        """Whose revocation is refused on an account, to keep people from being locked out."""
        model = self.models[waba_id]
        if self.revoke is None or not self.lockouts(waba_id):
            return set()
        seen = {user: model.seen(user) for user in model.removed}
        return {user for user, held in seen.items() if user == OWN or held is None or model.manages(held)}

    def after(self, waba_id: str) -> People:
        """How an account stands if it all comes about."""
        model = self.models[waba_id]
        return {**model.after, **{user: model.before[user] for user in self.kept(waba_id)}}

    def comes_about(self, waba_id: str) -> bool:
        """Whether there is nothing for the account to fail over."""
        return self.models[waba_id].comes_about and not self.kept(waba_id)

    @property
    def repeats(self) -> bool:
        """Whether tasks are written every time."""
        return any(model.hidden and model.unreadable == "apply" for model in self.models.values())

    @property
    def most_calls(self) -> int:
        """The formula of the guide to the quota: whose token it is, is asked once."""
        asks = [model.takes_access or model.behaviours.on_assigned == "reject" for model in self.models.values()]
        calls: int = sum(model.most_calls for model in self.models.values()) - sum(asks) + any(asks)
        # A person on none of the accounts is looked for in the business: in two lists of people.
        ways = next(iter(self.models.values())).behaviours
        assigned = {user for model in self.models.values() for user in model.before}
        pages = 16 // (ways.page_size or 100) + 1
        lists: int = 2 * pages * (2 if ways.empty_pages else 1)
        return calls + (lists if self.revoke is not None and set(self.revoke) - assigned else 0)


def wishes_of(users: list[Json]) -> Wishes:
    return {entry["user_id"]: entry.get("tasks") for entry in users}


class ManyAccounts(RuleBasedStateMachine):
    """Three accounts over the time, and all that can happen to them."""

    @initialize(behaviours=behaviours)
    def begin(self, behaviours: Json) -> None:
        count(SEQUENCES)
        self.sandbox = new_sandbox(**behaviours).start()

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.stop()

    @rule(behaviours=behaviours)
    def becomes_another(self, behaviours: Json) -> None:
        """The API changes its ways."""
        self.sandbox.configure(**behaviours)

    @rule(waba_id=st.sampled_from(ACCOUNTS), user=people, held=st.none() | tasks)
    def somebody_else_was_here(self, waba_id: str, user: str, held: list[str] | None) -> None:
        """In Meta's own settings."""
        if held is None:
            self.sandbox.remove(user, waba_id)
        else:
            self.sandbox.assign(user, held, waba_id)

    @rule(
        own=st.lists(st.tuples(wishes, own_rules), min_size=1, max_size=3),
        everywhere=wishes,
        options=options,
        shared=shared_rules,
        careless=careless,
    )
    def declare(
        self, own: list[tuple[Wishes, Json]], everywhere: Wishes, options: Json, shared: Json, careless: bool
    ) -> None:
        """Apply a declaration of one to three accounts."""
        accounts = []
        for waba_id, (users, rules) in zip(ACCOUNTS, own):
            part = (users, rules) if careless else careful(users, everywhere, {**options, **shared}, rules)
            accounts.append(declared(waba_id, part[0], **part[1]))
        self.step({**options, **shared, "accounts": accounts, "users": entries(everywhere)})

    @rule(
        revoke=st.lists(people, min_size=1, max_size=3, unique=True),
        rules=st.lists(own_rules, min_size=1, max_size=3),
        options=options,
        shared=shared_rules,
    )
    def revoke(self, revoke: list[str], rules: list[Json], options: Json, shared: Json) -> None:
        """Remove people from one to three accounts, whatever else is declared."""
        accounts = [declared(waba_id, {}, **own) for waba_id, own in zip(ACCOUNTS, rules)]
        self.step({**options, **shared, "accounts": accounts, "users": [], "revoke": revoke})

    def catch_up(self) -> None:
        """Let reads show what is there."""
        for waba_id in ACCOUNTS * STALE_READS:
            run_in(self.sandbox, INFO, {"waba_id": waba_id})  # one by one: the sandbox's batches are never behind

    def step(self, task: Json) -> None:
        """Preview a task, run it, and run it again."""
        self.catch_up()
        before = truth(self.sandbox, EVERY_ACCOUNT)
        plans = Plans(self.sandbox.behaviours, before, task)

        preview = run(self.sandbox, task, check_mode=True)
        assert truth(self.sandbox, EVERY_ACCOUNT) == before

        done = run(self.sandbox, task)
        after = truth(self.sandbox, EVERY_ACCOUNT)
        refusals = plans.refusals
        assert ("accounts" not in done.result) == bool(refusals), (refusals, done.message)
        assert done.result["api_calls"] == sum(len(request.operations) or 1 for request in self.sandbox.log)
        assert done.result["api_calls"] <= plans.most_calls
        if refusals:
            assert (preview.failed, done.failed, preview.message, after) == (True, True, done.message, before)
            assert all(words in done.message for words in refusals), (refusals, done.message)
            return
        assert [entry["waba_id"] for entry in done.result["accounts"]] == list(plans.models)
        assert preview.result["plan"] == done.result["plan"]
        for entry in done.result["accounts"]:
            self.check_end(plans, entry, before, after)
        self.check_truth(plans, before, after, done)
        honest = all(model.honest for model in plans.models.values())
        if honest and not done.failed:
            for name in ("accounts", "diff", "changed", "summary"):
                assert preview.result[name] == done.result[name]
            self.run_again(task, plans, after)

    def check_end(self, plans: Plans, entry: Json, before: Mapping[str, People], after: Mapping[str, People]) -> None:
        """The account holds what was declared, or it failed; and nobody else was touched."""
        waba_id = entry["waba_id"]
        model, was, now = plans.models[waba_id], before[waba_id], after[waba_id]
        touched = model.written.keys() | model.removed
        assert {user: held for user, held in now.items() if user not in touched} == {
            user: held for user, held in was.items() if user not in touched
        }
        kept = plans.kept(waba_id)
        assert all(now.get(user) == was[user] for user in kept)
        refused = {one["id"] for one in entry["failed_users"] if one["msg"].startswith("Not done, to keep people")}
        assert refused == kept
        assert entry["msg"] is None or not plans.comes_about(waba_id), entry["msg"]
        if not model.options.get("allow_lockout") and not model.hidden and manages(was):
            assert manages(now), "nobody is left to manage"
        if entry["msg"] is not None or model.options.get("verify") is False:
            return
        assert not model.removed & now.keys()
        for user, wish in model.written.items():
            assert user in now
            assert model.hidden or not now[user] or holds(wish, now[user], exactly=False)
        if model.honest:
            assert now == plans.after(waba_id)

    def check_truth(self, plans: Plans, before: Mapping[str, People], after: Mapping[str, People], done: Done) -> None:
        """What the task says of itself is so; where the API's word is all it has, on a server that does not lie."""
        others = [waba_id for waba_id in before if waba_id not in plans.models]
        assert [before[waba_id] for waba_id in others] == [after[waba_id] for waba_id in others]
        ways = self.sandbox.behaviours
        server_lies = ways.ignore_writes or ways.dropped_tasks or ways.implied_tasks or ways.on_assigned == "merge"
        hidden = any(model.hidden for model in plans.models.values())
        empty = any(not held for waba_id in plans.models for held in after[waba_id].values())
        if (server_lies and (plans.task.get("verify") is False or hidden or empty)) or plans.repeats:
            return
        about = list(plans.models)
        assert lies_of_accounts({w: before[w] for w in about}, {w: after[w] for w in about}, done) == []

    def run_again(self, task: Json, plans: Plans, after: Mapping[str, People]) -> None:
        """There is nothing left to do."""
        self.catch_up()
        again = run(self.sandbox, task)
        assert truth(self.sandbox, EVERY_ACCOUNT) == after
        if not plans.repeats:
            # Whom an unchecked run has assigned, a further one can find to be unreadable, and refuse to go on.
            assert again.failed == bool(Plans(self.sandbox.behaviours, after, task).refusals), again.message
            assert again.result["changed"] is False


def careful(users: Wishes, everywhere: Wishes, shared: Json, rules: Json) -> tuple[Wishes, Json]:
    """An account's own part without what contradicts the rest or is refused for its form."""
    users = {
        user: held
        for user, held in users.items()
        if user not in everywhere or (held is None) == (everywhere[user] is None)
    }
    merged = {**everywhere, **users}
    kept: list[str] = {**shared, **rules}.get("keep_users", [])
    rules = {**rules, "keep_users": [user for user in kept if merged.get(user, []) is not None]}
    if not any(merged.values()) and not rules.get("allow_lockout", shared.get("allow_lockout")):
        rules.pop("purge_users", None)
    return users, rules


ManyAccounts.TestCase.settings = examples(share=15, whole=600, stateful_step_count=6)
TestManyAccounts = ManyAccounts.TestCase

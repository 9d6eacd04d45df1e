# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any declaration of several accounts on any server, held against the model of each account.

What has to be true after each task is worked out from the documentation, as in `test_model`: who is declared on which
account, which rules are in force there, and then, for each account by itself, what the server makes of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from resilience.account import People
from resilience.accounts import lies_of_accounts, truth
from resilience.counts import SEQUENCES, count
from resilience.ends import START, earlier, ends, has_passed, moves, shown
from resilience.exchanges import LI, OWN
from resilience.logic.test_access import ACCOUNTS, EVERY_ACCOUNT, declared, manages, run
from resilience.logic.test_model import STALE_READS, Model, behaviours, holds, options, people, tasks
from resilience.plans import GIVEN, MEMBERS, Changes, approval_of, changes_of, check_words, tampered, untraced
from resilience.scale import examples
from resilience.tasks import INFO, Done, new_sandbox, run_in
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json

#: By user, the tasks and the end; `None` for somebody who is to be absent.
Claims = dict[str, "tuple[list[str], str | None] | None"]
claims = st.dictionaries(people, st.none() | st.tuples(tasks, st.none() | ends | ends), max_size=3)
SHORT_NAMES = {JANE: "jane", LI: "li", JOHN: "john", MARIA: "maria", AHMED: "ahmed", OWN: "deploy"}
#: The table of people: who has a short name, and until when all their access lasts.
tables = st.dictionaries(people, st.none() | ends, max_size=3)
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


class Plans:
    """What a task for several accounts comes to on each: the model of an account that it is about, or a refusal."""

    def __init__(self, ways: Any, before: Mapping[str, People], task: Json, now: datetime) -> None:
        self.task = task
        self.now = now
        self.revoke: list[str] | None = task.get("revoke")
        self.table = {person["id"]: person.get("valid_until") for person in task["people"].values()}
        #: Words of reasons for which nothing is done anywhere, before the plans are made.
        self.misdeclared: set[str] = set()
        #: Accounts that are not purged, for all their declared access has ended.
        self.unpurged: set[str] = set()
        #: By account, whose access is declared with an end, as tasks show it.
        self.ends: dict[str, dict[str, str | None]] = {}
        self.models: dict[str, Model] = {}
        for account in task["accounts"]:
            waba_id = account["waba_id"]
            wishes, options, urgent = self.declared_on(account)
            self.models[waba_id] = Model(ways, before[waba_id], wishes, options, urgent)

    def declared_on(self, account: Json) -> tuple[dict[str, list[str] | None], Json, set[str]]:
        """Who is declared on an account, by which rules, and whose removal is a matter of its own."""
        rules = {key: value for key, value in account.items() if key not in ("waba_id", "name", "users")}
        options = {key: value for key, value in {**self.task, **rules}.items() if key not in ("accounts", "users")}
        if account.get("max_removals") is None:
            options.pop("max_removals", None)  # that of the task is for all accounts together
        if self.revoke is not None:
            rules = {key: options[key] for key in ("allow_lockout", "verify") if key in options}
            return dict.fromkeys(self.revoke), rules, set(self.revoke)
        own, everywhere = self.claims_of(account["users"]), self.claims_of(self.task["users"])
        if any((own[user] is None) != (everywhere[user] is None) for user in own.keys() & everywhere.keys()):
            self.misdeclared.add("one present, one absent")
        merged = {**everywhere, **own}
        keep = options.get("keep_users", [])
        kept = [user for user in keep if not has_passed(self.table.get(user), self.now)]
        if any(user in merged and merged[user] is None for user in kept):
            self.misdeclared.add("to be absent, and kept")
        if options.get("purge_users") and not (any(merged.values()) or keep or options.get("allow_lockout")):
            self.misdeclared = {"would remove everybody"}
        self.ends[account["waba_id"]] = {user: shown(claim[1]) for user, claim in merged.items() if claim}
        ended = {user for user, claim in merged.items() if claim and has_passed(claim[1], self.now)}
        wishes = {user: None if claim is None or user in ended else claim[0] for user, claim in merged.items()}
        purges = bool(options.get("purge_users"))
        if purges and not (any(wishes.values()) or kept or options.get("allow_lockout")):
            self.unpurged.add(account["waba_id"])
            purges = False
        return wishes, {**options, "keep_users": kept, "purge_users": purges}, ended

    def claims_of(self, users: list[Json]) -> Claims:
        """What entries say, with the earlier of two ends for each."""
        ids = {name: user for user, name in SHORT_NAMES.items()}
        found: Claims = {}
        for entry in users:
            user = entry.get("user_id") or ids[entry["person"]]
            end = earlier([entry.get("valid_until"), self.table.get(user)])
            found[user] = (entry["tasks"], end) if "tasks" in entry else None
        return found

    @property
    def refusals(self) -> set[str]:
        """Why nothing is done anywhere: words of the reasons."""
        if "would remove everybody" in self.misdeclared:
            return {"would remove everybody"}  # told before any request
        if self.misdeclared:
            return self.misdeclared
        models = self.models.values()
        found: set[str] = set()
        if self.revoke is None:
            found = {reason for model in models for reason in model.refusals}
            limit = self.task.get("max_removals")
            if limit is not None and sum(len(model.removed) for model in models) > limit:
                found.add("max_removals")
        return found or {reason for model in models for reason in model.lockouts}

    @property
    def changes(self) -> Changes:
        """The changes of all accounts."""
        return {
            (waba_id, user): change
            for waba_id, model in self.models.items()
            for user, change in model.changes(self.ends.get(waba_id, {})).items()
        }

    @property
    def ended(self) -> dict[str, dict[str, str]]:
        """By account, whom an end that has passed removes, and when that was."""
        return {
            waba_id: {user: end for user, end in self.ends.get(waba_id, {}).items() if end and user in model.gone}
            for waba_id, model in self.models.items()
        }

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


@st.composite
def declarations(draw: st.DrawFn) -> Json:
    """A task that declares one to three accounts, mostly without what is refused for its form alone."""
    table, everywhere = draw(tables), draw(claims)
    common = {**draw(options), **draw(shared_rules)}
    careless = draw(st.sampled_from([False] * 7 + [True]))
    own: list[tuple[Claims, Json]] = draw(st.lists(st.tuples(claims, own_rules), min_size=1, max_size=3))
    if draw(st.sampled_from([False] * 5 + [True])):
        # All that is declared on an account that purges has ended.
        everywhere = {}
        ended: Claims = {user: (claim[0], "2028-02-27") for user, claim in own[0][0].items() if claim}
        own[0] = ended, {"purge_users": True, "keep_users": [], "allow_lockout": False}
    accounts = []
    for waba_id, (users, rules) in zip(ACCOUNTS, own):
        part = (users, rules) if careless else careful(users, everywhere, common, rules)
        accounts.append({**declared(waba_id, {}, **part[1]), "users": entries(part[0], table)})
    return {**common, "accounts": accounts, "users": entries(everywhere, table), "people": people_of(table)}


@st.composite
def revocations(draw: st.DrawFn) -> Json:
    """A task that removes people from one to three accounts, whatever else is declared."""
    rules = draw(st.lists(own_rules, min_size=1, max_size=3))
    return {
        **draw(options),
        **draw(shared_rules),
        "accounts": [declared(waba_id, {}, **own) for waba_id, own in zip(ACCOUNTS, rules)],
        "users": [],
        "people": people_of(draw(tables)),
        "revoke": draw(st.lists(people, min_size=1, max_size=3, unique=True)),
    }


#: What happens while a plan waits for its approval: time passes, or somebody changes a user of an account, or one of
#: those whom the plan is about.
strangers = st.tuples(st.sampled_from(ACCOUNTS), people, st.none() | tasks)
events = st.lists(moves | strangers | st.tuples(st.integers(0, 4), st.none() | tasks), max_size=2)


class ManyAccounts(RuleBasedStateMachine):
    """Three accounts over the time, and all that can happen to them."""

    @initialize(behaviours=behaviours)
    def begin(self, behaviours: Json) -> None:
        count(SEQUENCES)
        self.now = START
        self.sandbox = new_sandbox(**behaviours).start()

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.stop()

    @rule(behaviours=behaviours)
    def becomes_another(self, behaviours: Json) -> None:
        """The API changes its ways."""
        self.sandbox.configure(**behaviours)

    @rule(seconds=moves)
    def time_passes(self, seconds: int) -> None:
        """Until an end is there, or past it."""
        self.now += timedelta(seconds=seconds)

    @rule(waba_id=st.sampled_from(ACCOUNTS), user=people, held=st.none() | tasks)
    def somebody_else_was_here(self, waba_id: str, user: str, held: list[str] | None) -> None:
        """In Meta's own settings."""
        if held is None:
            self.sandbox.remove(user, waba_id)
        else:
            self.sandbox.assign(user, held, waba_id)

    @rule(task=declarations())
    def declare(self, task: Json) -> None:
        """Apply a declaration of one to three accounts."""
        self.last = task
        self.step(task)

    @precondition(lambda self: hasattr(self, "last"))
    @rule(seconds=moves)
    def apply_again(self, seconds: int) -> None:
        """As a schedule does it: the same declaration, later."""
        self.time_passes(seconds)
        self.step(self.last)

    @rule(task=revocations())
    def revoke(self, task: Json) -> None:
        """Remove people from one to three accounts."""
        self.step(task)

    @rule(
        task=declarations() | revocations(),
        meanwhile=events,
        given=GIVEN,
        order=st.randoms(use_true_random=False),
        tampers=st.none() | MEMBERS,
    )
    def approve(
        self, task: Json, meanwhile: list[Any], given: tuple[str, ...], order: random.Random, tampers: str | None
    ) -> None:
        """Preview a task, let things happen, and run exactly what was previewed, or nothing."""
        self.catch_up()
        first = Plans(self.sandbox.behaviours, truth(self.sandbox, EVERY_ACCOUNT), task, self.now)
        preview = self.run(task, check_mode=True)
        if "accounts" not in preview.result:
            return
        plan = order.sample(preview.result["plan"], len(preview.result["plan"]))
        for event in meanwhile:
            if isinstance(event, int):
                self.time_passes(event)
            elif len(event) == 3:
                self.somebody_else_was_here(*event)
            elif plan:
                change = plan[event[0] % len(plan)]
                self.somebody_else_was_here(change["waba_id"], change["user_id"], event[1])
        approval = approval_of({**preview.result, "plan": plan}, given)
        approved = first.changes
        if tampers:
            approval["plan"] = tampered(plan, tampers)
            approved = changes_of(approval["plan"])
            if "plan_id" in given:
                self.is_refused_unread({**task, **approval})
                return
        self.catch_up()
        before = truth(self.sandbox, EVERY_ACCOUNT)
        plans = Plans(self.sandbox.behaviours, before, task, self.now)
        usual = self.run(task, check_mode=True)
        if plans.refusals or plans.changes == approved:
            self.run_as_approved(task, approval, plans, before, usual)
            return
        for check_mode in (True, False):
            done = self.run({**task, **approval}, check_mode=check_mode)
            assert truth(self.sandbox, EVERY_ACCOUNT) == before
            assert done.failed
            assert done.result["changed"] is False
            assert "accounts" not in done.result
            assert done.result["plan"] == usual.result["plan"]
            assert done.result["plan_id"] == usual.result["plan_id"]
            assert done.result["api_calls"] == usual.result["api_calls"]
            check_words(done.message, approved if "plan" in approval else None, plans.changes)

    def is_refused_unread(self, task: Json) -> None:
        """The plan is not the one whose id is given."""
        before = truth(self.sandbox, EVERY_ACCOUNT)
        done = self.run(task)
        assert truth(self.sandbox, EVERY_ACCOUNT) == before
        assert done.failed
        assert "is not the id of plan" in done.message
        assert self.sandbox.log == []

    def run_as_approved(
        self, task: Json, approval: Json, plans: Plans, before: Mapping[str, People], usual: Done
    ) -> None:
        """A run with an approval that holds is one without: in what it says, in what comes of it, and in its calls."""
        assert self.run({**task, **approval}, check_mode=True).result == usual.result
        done = self.run({**task, **approval})
        after = truth(self.sandbox, EVERY_ACCOUNT)
        for waba_id in EVERY_ACCOUNT:
            for user in after[waba_id]:
                self.sandbox.remove(user, waba_id)
            for user, held in before[waba_id].items():
                self.sandbox.assign(user, held, waba_id)
        self.step(task)
        if plans.refusals:
            assert (done.message, after) == (usual.message, before)
            return
        assert done.result["plan"] == usual.result["plan"]
        assert after == truth(self.sandbox, EVERY_ACCOUNT)
        assert untraced(done) == untraced(self.done)

    def catch_up(self) -> None:
        """Let reads show what is there."""
        for waba_id in ACCOUNTS * STALE_READS:
            run_in(self.sandbox, INFO, {"waba_id": waba_id})  # one by one: the sandbox's batches are never behind

    def run(self, task: Json, *, check_mode: bool = False) -> Done:
        return run(self.sandbox, task, check_mode=check_mode, now=self.now)

    def step(self, task: Json) -> None:
        """Preview a task, run it, and run it again."""
        self.catch_up()
        before = truth(self.sandbox, EVERY_ACCOUNT)
        plans = Plans(self.sandbox.behaviours, before, task, self.now)

        preview = self.run(task, check_mode=True)
        assert truth(self.sandbox, EVERY_ACCOUNT) == before

        self.done = done = self.run(task)
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
        assert preview.result["plan_id"] == done.result["plan_id"]
        assert changes_of(done.result["plan"]) == plans.changes
        assert done.warnings.count("was not purged") == len(plans.unpurged)
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
        kept = model.kept
        assert all(now.get(user) == was[user] for user in kept)
        refused = {one["id"] for one in entry["failed_users"] if one["msg"].startswith("Not done, to keep people")}
        assert refused == kept
        assert entry["msg"] is None or not model.comes_about, entry["msg"]
        if not model.options.get("allow_lockout") and not model.hidden and manages(was):
            assert manages(now), "nobody is left to manage"
        if entry["msg"] is not None or model.options.get("verify") is False:
            return
        assert not model.removed & now.keys()
        for user, wish in model.written.items():
            assert user in now
            assert model.hidden or not now[user] or holds(wish, now[user], exactly=False)
        if model.honest:
            assert now == model.after

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
        assert lies_of_accounts({w: before[w] for w in about}, {w: after[w] for w in about}, done, plans.ended) == []

    def run_again(self, task: Json, plans: Plans, after: Mapping[str, People]) -> None:
        """There is nothing left to do."""
        self.catch_up()
        again = self.run(task)
        assert truth(self.sandbox, EVERY_ACCOUNT) == after
        if not plans.repeats:
            # Whom an unchecked run has assigned, a further one can find to be unreadable, and refuse to go on.
            assert again.failed == bool(Plans(self.sandbox.behaviours, after, task, self.now).refusals), again.message
            assert again.result["changed"] is False


def entries(users: Claims, table: Mapping[str, str | None]) -> list[Json]:
    """What a declaration says of these users: by short name, where they have one and are in an even place."""
    found: list[Json] = []
    for number, (user, claim) in enumerate(users.items()):
        by_name = user in table and number % 2 == 0
        entry: Json = {"person": SHORT_NAMES[user]} if by_name else {"user_id": user}
        if claim is None:
            found.append({**entry, "state": "absent"})
        else:
            found.append({**entry, "tasks": claim[0], **({"valid_until": claim[1]} if claim[1] else {})})
    return found


def people_of(table: Mapping[str, str | None]) -> Json:
    """The table of people as a declaration has it."""
    return {SHORT_NAMES[user]: {"id": user, "valid_until": end} for user, end in table.items()}


def careful(users: Claims, everywhere: Claims, shared: Json, rules: Json) -> tuple[Claims, Json]:
    """An account's own part without what contradicts the rest or is refused for its form."""
    users = {
        user: held
        for user, held in users.items()
        if user not in everywhere or (held is None) == (everywhere[user] is None)
    }
    merged = {**everywhere, **users}
    kept: list[str] = {**shared, **rules}.get("keep_users", [])
    rules = {**rules, "keep_users": [user for user in kept if user not in merged or merged[user]]}
    if not any(merged.values()) and not rules.get("allow_lockout", shared.get("allow_lockout")):
        rules.pop("purge_users", None)
    return users, rules


ManyAccounts.TestCase.settings = examples(share=15, whole=600, stateful_step_count=6)
TestManyAccounts = ManyAccounts.TestCase

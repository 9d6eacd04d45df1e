# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of the API beside the API: random sequences of tasks on servers of every kind, each step held against it.

What has to be true after each step is worked out here from the documentation, out of what the server held before and
what was asked for, and from nothing of the code under test.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from resilience.account import EVERYTHING_ELSE, People, is_everything, lies
from resilience.counts import SEQUENCES, count
from resilience.ends import START, ends, has_passed, moves, shown
from resilience.exchanges import LI, OWN
from resilience.plans import GIVEN, MEMBERS, Change, approval_of, changes_of, check_words, tampered, untraced
from resilience.scale import examples
from resilience.tasks import INFO, USER, USERS, Done, new_sandbox, run_in
from support.playbooks import AHMED, JANE, JOHN, MARIA, Json

KEYS = frozenset({"MANAGE", "MANAGE_USERS", "FULL_CONTROL"})
PEOPLE = [JANE, LI, JOHN, MARIA, AHMED, OWN]
STALE_READS = 3  # so often is a read-back repeated

people = st.sampled_from(PEOPLE)
tasks = st.lists(
    st.sampled_from(["MANAGE", "MANAGE_USERS", "FULL_CONTROL", "DEVELOP", "MESSAGING", "VIEW_COST"]),
    min_size=1,
    max_size=3,
    unique=True,
)
wishes = st.dictionaries(people, st.none() | tasks, max_size=5)
untils = st.dictionaries(people, ends, max_size=4)
options = st.fixed_dictionaries(
    {},
    optional={
        "purge_tasks": st.booleans(),
        "verify": st.booleans(),
        "allow_lockout": st.booleans(),
        "unreadable_tasks": st.sampled_from(["warn", "apply", "fail"]),
    },
)
list_options = st.fixed_dictionaries(
    {},
    optional={
        "purge_users": st.booleans(),
        "keep_users": st.lists(people, max_size=2, unique=True),
        "max_removals": st.integers(0, 3),
        "batch_size": st.sampled_from([1, 2, 3, 50]),
    },
)
behaviours = st.fixed_dictionaries(
    {},
    optional={
        "on_assigned": st.sampled_from(["overwrite", "reject", "merge"]),
        "tasks": st.sampled_from(["default", "on-request", "never", "unknown-field"]),
        "unknown_field": st.sampled_from(["nonexisting", "unknown-fields"]),
        "full_control": st.sampled_from(["stored", "unpacked"]),
        "page_size": st.sampled_from([1, 2, 3, 0]),
        "empty_pages": st.booleans(),
        "stale_reads": st.integers(0, STALE_READS),
        "ignore_writes": st.booleans(),
        "dropped_tasks": st.sampled_from([(), ("VIEW_COST",)]),
        "implied_tasks": st.sampled_from([(), ("VIEW_PHONE_ASSETS",)]),
        "protected": st.sampled_from([(), (MARIA,), (JOHN, MARIA)]),
        "delete_user_in": st.sampled_from(["any", "query", "body"]),
    },
)


class Model:
    """What a server with these behaviours makes of a task with these options."""

    def __init__(
        self,
        behaviours: Any,
        before: People,
        wishes: Mapping[str, list[str] | None],
        options: Json,
        urgent: Collection[str] = (),
    ) -> None:
        """`urgent`: whose removal, where it is refused to keep people from being locked out, stops nothing else."""
        self.behaviours = behaviours
        self.before = before
        self.options = options
        self.wishes = wishes
        self.is_list = "users" in options
        purged = before.keys() - wishes.keys() - set(options.get("keep_users", []))
        self.removed = {user for user, wish in wishes.items() if wish is None and user in before}
        self.removed |= purged if options.get("purge_users") else set()
        self.urgent = self.removed & set(urgent)
        self.written = {
            user: set(wish) | (set() if self.exactly else self.seen(user) or set())
            for user, wish in wishes.items()
            if wish is not None and self.is_to_be_written(user, set(wish))
        }

    @property
    def hidden(self) -> bool:
        """Whether the API does not tell people's tasks."""
        return self.behaviours.tasks in ("never", "unknown-field")

    @property
    def exactly(self) -> bool:
        return bool(self.options.get("purge_tasks", True))

    @property
    def unreadable(self) -> str:
        return str(self.options.get("unreadable_tasks", "warn"))

    @property
    def honest(self) -> bool:
        """Whether the server does just what it is asked to, by whatever way."""
        rules = self.behaviours
        return not (rules.ignore_writes or rules.dropped_tasks or rules.implied_tasks or rules.protected) and (
            rules.on_assigned != "merge" and rules.delete_user_in != "body"
        )

    @property
    def comes_about(self) -> bool:
        """Whether there is nothing for the task to fail over, once it was not refused."""
        reassigns = self.behaviours.on_assigned == "reject" and self.written.keys() & self.before.keys()
        return not (self.kept or reassigns or (self.hidden and self.unreadable == "fail")) and self.honest

    def seen(self, user: str) -> set[str] | None:
        """The tasks of somebody as the list tells them; `None` where it tells none: nobody is assigned for nothing."""
        return None if self.hidden else self.before.get(user) or None

    def is_to_be_written(self, user: str, wish: set[str]) -> bool:
        if user not in self.before:
            return True
        seen = self.seen(user)
        if seen is None:
            return self.unreadable == "apply"
        return not holds(wish, seen, exactly=self.exactly)

    @property
    def after(self) -> People:
        """How everybody stands if it all comes about, on a server that is honest."""
        stored = {user: self.stored(wish) for user, wish in self.written.items()}
        return {user: held for user, held in {**self.before, **stored}.items() if user not in self.gone}

    def stored(self, wish: set[str]) -> set[str]:
        unpacked = self.behaviours.full_control == "unpacked" and "FULL_CONTROL" in wish
        return set(EVERYTHING_ELSE) if unpacked else set(wish)

    @property
    def refusals(self) -> set[str]:
        """Why nothing may be done: words of the reasons."""
        found = set()
        present = {user for user, wish in self.wishes.items() if wish is not None and user in self.before}
        unreadable = {user for user in present if self.seen(user) is None}
        if unreadable and self.unreadable == "fail":
            found.add("unreadable_tasks is fail")
        if self.behaviours.tasks == "unknown-field" and self.unreadable == "fail" and self.written:
            found.add("unreadable_tasks is fail")
        if unreadable and self.unreadable == "apply" and not self.exactly:
            found.add("adding to them could remove others")
        limit = self.options.get("max_removals")
        if limit is not None and len(self.removed) > limit:
            found.add("max_removals")
        return found

    @property
    def kept(self) -> set[str]:
        """Whose removal alone is refused, to keep people from being locked out: no more of them than has to be."""
        if self.options.get("allow_lockout") or not self.locked_out(self.removed):
            return set()
        managing = {user for user in self.urgent if self.seen(user) is None or self.manages(self.seen(user))}
        for found in (self.urgent & {OWN}, managing | (self.urgent & {OWN})):
            if found and not self.locked_out(self.removed - found):
                return found
        return set()

    @property
    def gone(self) -> set[str]:
        """Who is removed."""
        return self.removed - self.kept

    @property
    def lockouts(self) -> set[str]:
        """Why all is refused, to keep people from being locked out: words of the reasons."""
        return set() if self.options.get("allow_lockout") or self.kept else self.locked_out(self.removed)

    def changes(self, ends: Mapping[str, str | None]) -> dict[str, Change]:
        """The planned changes by user, with the ends of what is declared."""
        found: dict[str, Change] = {}
        for user in self.gone | self.written.keys():
            seen, tasks = self.seen(user), self.written.get(user)
            found[user] = (
                "remove" if tasks is None else "update" if user in self.before else "add",
                None if tasks is None else sorted(tasks),
                None if seen is None else sorted(seen),
                ends.get(user),
            )
        return found

    def locked_out(self, removed: set[str]) -> set[str]:
        """Why people could be locked out if these are removed."""
        found = set()
        if OWN in removed:
            found.add("would end this access")
        if OWN in self.written and OWN in self.before and self.taken(OWN):
            found.add("own user, and would lose")
        managers = {user for user in self.before if self.manages(self.seen(user))}
        left = {user for user in managers - removed if user not in self.written}
        left |= {user for user, held in self.written.items() if self.manages(held)}
        if managers and not left:
            found.add("Nobody with MANAGE or FULL_CONTROL would be left")
        return found

    def taken(self, user: str) -> set[str]:
        """The admin tasks that a user loses by what is written, or may lose."""
        if "FULL_CONTROL" in self.written[user]:
            return set()
        seen = self.seen(user)
        return (set(KEYS) if seen is None or is_everything(seen) else seen & KEYS) - self.written[user]

    @staticmethod
    def manages(held: set[str] | None) -> bool:
        return bool(held and held & {"MANAGE", "FULL_CONTROL"})

    @property
    def takes_access(self) -> bool:
        return bool(self.removed) or any(user in self.before and self.taken(user) for user in self.written)

    @property
    def hands_over(self) -> bool:
        """Whether nobody who manages the account now will manage it afterwards."""
        managers = {user for user in self.before if self.manages(self.seen(user))}
        return bool(managers) and not any(
            self.manages(self.written.get(user, self.seen(user))) for user in managers - self.gone
        )

    @property
    def most_calls(self) -> int:
        """The formula of the guide to the quota."""
        rules = self.behaviours
        size = rules.page_size or 100
        listing = max(1, math.ceil((len(self.before) + len(self.written)) / size)) * (2 if rules.empty_pages else 1)
        changes = len(self.written) + len(self.removed)
        # Refused, removed, assigned anew; and should that fail, put back.
        again = 3 * len(self.written) if rules.on_assigned == "reject" else 0
        unknown_field = rules.tasks == "unknown-field"
        # Repeated while they do not show what was written, as they may never on a server that does not do it.
        turns = 1 if self.comes_about and not rules.stale_reads else 1 + STALE_READS
        unchecked = self.comes_about and self.options.get("verify") is False and not self.hands_over
        read_backs = turns if changes and not unchecked else 0
        asks_whose = self.takes_access or rules.on_assigned == "reject"
        # Grants on which the management rests are read back before others lose it.
        hands_over = turns if self.hands_over else 0
        calls: int = listing * (1 + read_backs + hands_over) + changes + again + asks_whose + unknown_field
        return calls


def holds(wish: set[str], held: set[str], *, exactly: bool) -> bool:
    """Whether somebody who holds this has what is wished. Full control is everything, by name or unpacked."""
    if "FULL_CONTROL" in wish:
        return is_everything(held)
    return wish == held if exactly else is_everything(held) or wish <= held


class Declared:
    """What the options of a task for one account declare, at a time."""

    def __init__(self, options: Json, now: datetime) -> None:
        entries: list[Json] = options.get("users", [options])
        #: When declared access ends, as tasks show it.
        self.ends = {entry["user_id"]: shown(entry.get("valid_until")) for entry in entries}
        self.ended = {entry["user_id"] for entry in entries if has_passed(entry.get("valid_until"), now)}
        self.wishes = {
            entry["user_id"]: None if entry["user_id"] in self.ended else entry.get("tasks") for entry in entries
        }
        stays = any(self.wishes.values()) or options.get("keep_users") or options.get("allow_lockout")
        self.is_unpurged = bool(options.get("purge_users") and not stays)
        self.options = {**options, "purge_users": options.get("purge_users") and not self.is_unpurged}

    def model(self, behaviours: Any, before: People) -> Model:
        return Model(behaviours, before, self.wishes, self.options, self.ended)

    def ended_in(self, model: Model) -> dict[str, str]:
        """Whom an end that has passed removes, and when that was."""
        return {user: end for user, end in self.ends.items() if end and user in self.ended & model.gone}


def wish_of(user: str, held: list[str] | None, end: str | None) -> Json:
    """What a playbook says for this person to hold this, until then, or nothing."""
    if held is None:
        return {"user_id": user, "state": "absent"}
    return {"user_id": user, "tasks": held, **({"valid_until": end} if end else {})}


@st.composite
def lists(draw: st.DrawFn) -> Json:
    """The options of a task for a list, without what is refused for its form alone."""
    declared, until = draw(wishes), draw(untils)
    common: Json = draw(options)
    more: Json = draw(list_options)
    absent = {user for user, held in declared.items() if held is None}
    kept: list[str] = more.get("keep_users", [])
    return {
        **common,
        **more,
        "users": [wish_of(user, held, until.get(user)) for user, held in declared.items()],
        "keep_users": [user for user in kept if user not in absent],
        "purge_users": bool(more.get("purge_users") and (common.get("allow_lockout") or any(declared.values()))),
    }


class Account(RuleBasedStateMachine):
    """An account over the time, and all that can happen to it."""

    @initialize(behaviours=behaviours, people=st.sampled_from([0, 0, 5]))
    def begin(self, behaviours: Json, people: int) -> None:
        count(SEQUENCES)
        self.now = START
        self.sandbox = new_sandbox(people=people, **behaviours).start()

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.stop()

    @rule(behaviours=behaviours)
    def becomes_another(self, behaviours: Json) -> None:
        """The API changes its ways."""
        self.sandbox.configure(**behaviours)

    @rule(user=people, held=st.none() | tasks)
    def somebody_else_was_here(self, user: str, held: list[str] | None) -> None:
        """In Meta's own settings."""
        if held is None:
            self.sandbox.remove(user)
        else:
            self.sandbox.assign(user, held)

    @rule(seconds=moves)
    def time_passes(self, seconds: int) -> None:
        """Until an end is there, or past it."""
        self.now += timedelta(seconds=seconds)

    @rule(user=people, held=st.none() | tasks, end=st.none() | ends, options=options)
    def one_person(self, user: str, held: list[str] | None, end: str | None, options: Json) -> None:
        """The module for one person."""
        self.step(USER, {**wish_of(user, held, end), **options})

    @rule(options=lists())
    def a_list(self, options: Json) -> None:
        """The module for a list."""
        self.last = options
        self.step(USERS, options)

    @precondition(lambda self: hasattr(self, "last"))
    @rule(seconds=moves)
    def the_list_again(self, seconds: int) -> None:
        """As a schedule does it: the same list, later."""
        self.time_passes(seconds)
        self.step(USERS, self.last)

    @rule(
        options=lists(),
        seconds=st.just(0) | moves,
        user=people,
        held=st.none() | tasks,
        given=GIVEN,
        what=st.sampled_from(["nothing", "nothing", "a change"]) | MEMBERS,
    )
    def approve(
        self, options: Json, seconds: int, user: str, held: list[str] | None, given: tuple[str, ...], what: str
    ) -> None:
        """Preview a list, let things happen, and make exactly what was previewed, or nothing."""
        self.catch_up()
        preview = self.run(USERS, options, check_mode=True)
        if "diff" not in preview.result:
            return
        self.time_passes(seconds)
        if what == "a change":
            self.somebody_else_was_here(user, held)
        self.catch_up()
        before = self.sandbox.assigned()
        approval = approval_of(preview.result, given)
        if what not in ("nothing", "a change"):
            done = self.run(USERS, {**options, **approval, "plan": tampered(preview.result["plan"], what)})
            assert done.failed
            assert ("is not the id of plan" in done.message) == ("plan_id" in given) == (self.sandbox.log == [])
            assert self.sandbox.assigned() == before
            return
        usual = self.run(USERS, options, check_mode=True)
        done = self.run(USERS, {**options, **approval}, check_mode=True)
        assert done.result["api_calls"] == usual.result["api_calls"]
        approved, declared = changes_of(preview.result["plan"]), Declared(options, self.now)
        model = declared.model(self.sandbox.behaviours, before)
        changes = {(self.sandbox.waba_id, user): one for user, one in model.changes(declared.ends).items()}
        if model.refusals or model.lockouts or changes == approved:
            assert untraced(done) == untraced(usual)
            self.step(USERS, {**options, **approval}, is_approved=True)
            return
        done = self.run(USERS, {**options, **approval})
        assert done.failed
        assert self.sandbox.assigned() == before
        assert (done.result["plan"], done.result["plan_id"]) == (usual.result["plan"], usual.result["plan_id"])
        check_words(done.message, approved if "plan" in given else None, changes)

    def run(self, module: str, options: Json, *, check_mode: bool = False) -> Done:
        return run_in(self.sandbox, module, options, check_mode=check_mode, now=self.now)

    @rule()
    def read(self) -> None:
        """Everybody, in the order of the API."""
        self.catch_up()
        done = run_in(self.sandbox, INFO, {})
        truth = self.sandbox.assigned()
        hidden = self.sandbox.behaviours.tasks in ("never", "unknown-field")
        found = [(user["id"], user["tasks"]) for user in done.result["assigned_users"]]
        assert found == [(user, None if hidden or not held else sorted(held)) for user, held in truth.items()]
        assert done.result["total_count"] == len(truth)

    def catch_up(self) -> None:
        """Let reads show what is there."""
        for _read in range(STALE_READS):
            run_in(self.sandbox, INFO, {})

    def step(self, module: str, options: Json, *, is_approved: bool = False) -> None:
        """Preview a task, run it, and run it again; where it is approved, that would be another plan."""
        self.catch_up()
        before = self.sandbox.assigned()
        declared = Declared(options, self.now)
        model = declared.model(self.sandbox.behaviours, before)

        preview = self.run(module, options, check_mode=True)
        assert {request.method for request in self.sandbox.log} <= {"GET"}
        assert self.sandbox.assigned() == before

        done = self.run(module, options)
        after = self.sandbox.assigned()
        self.check_guards(model, preview, done)
        assert done.result["api_calls"] == sum(len(request.operations) or 1 for request in self.sandbox.log)
        assert done.result["api_calls"] <= model.most_calls
        if "diff" not in done.result:
            return
        assert ("was not purged" in done.warnings) == declared.is_unpurged
        if module == USERS:
            told = {user: change for (_waba_id, user), change in changes_of(done.result["plan"]).items()}
            assert told == model.changes(declared.ends)
            assert done.result["plan_id"] == preview.result["plan_id"]
        self.check_end(model, module, options, done)
        repeats = model.hidden and model.unreadable == "apply"
        if module == USERS or not (model.hidden and model.unreadable == "apply"):
            self.check_account(model, module, options, after, done, declared.ended_in(model), repeats=repeats)
        assert not (model.comes_about and done.failed), done.message
        if not options.get("allow_lockout") and any(map(model.manages, before.values())):
            assert model.hidden or any(map(model.manages, after.values())), "nobody is left to manage"
        if model.honest and not done.failed:
            assert after == model.after
            assert in_common(preview) == in_common(done)
            if not is_approved:
                self.run_again(model, module, options, after, repeats=repeats)

    def check_guards(self, model: Model, preview: Done, done: Done) -> None:
        """It refuses just what it has to, in a preview, too; and then nothing was done."""
        expected = model.refusals or model.lockouts
        assert ("diff" not in done.result) == bool(expected), done.message
        for result in (preview, done):
            if expected:
                assert result.failed
                assert result.message.startswith("Nothing was changed")
                assert all(words in result.message for words in expected), (result.message, expected)
        if expected:
            assert self.sandbox.assigned() == model.before

    def check_end(self, model: Model, module: str, options: Json, done: Done) -> None:
        """The server holds what was asked for, or the task failed; and nobody else was touched."""
        after = self.sandbox.assigned()
        touched = model.written.keys() | model.removed
        assert {user: held for user, held in after.items() if user not in touched} == {
            user: held for user, held in model.before.items() if user not in touched
        }
        if done.failed or options.get("verify") is False:
            return
        for user in model.removed:
            assert user not in after
        for user, wish in model.written.items():
            assert user in after
            if model.hidden or not after[user]:
                assert "does not report the tasks" in done.warnings
            else:
                assert holds(wish, after[user], exactly=False)
                assert holds(wish, after[user], exactly=True) or f"{user}" in done.warnings

    def check_account(
        self,
        model: Model,
        module: str,
        options: Json,
        after: People,
        done: Done,
        ended: Mapping[str, str],
        *,
        repeats: bool,
    ) -> None:
        """What it says of itself is so, where the API's word is all that it has: on a server that does not lie."""
        rules = model.behaviours
        server_lies = rules.ignore_writes or rules.dropped_tasks or rules.implied_tasks or rules.on_assigned == "merge"
        trusts = options.get("verify") is False or model.hidden or not all(after.values())
        if (server_lies and trusts) or repeats:
            return
        assert lies(model.before, after, done, options.get("user_id"), ended) == []

    def run_again(self, model: Model, module: str, options: Json, after: People, *, repeats: bool) -> None:
        """There is nothing left to do."""
        self.catch_up()
        again = self.run(module, options)
        assert self.sandbox.assigned() == after
        if not repeats:
            # Whom an unchecked run has assigned, a further one can find to be unreadable, and refuse to go on.
            refusals = Model(model.behaviours, after, model.wishes, model.options).refusals
            assert again.failed == bool(refusals), again.message
            assert again.result["changed"] is False
            assert {request.method for request in self.sandbox.log} == {"GET"}


def in_common(done: Done) -> Json:
    """What a preview and a run have in common."""
    names = ("changed", "diff", "added", "updated", "removed", "failed_users", "not_attempted")
    return {name: done.result[name] for name in names if name in done.result}


Account.TestCase.settings = examples(share=15, whole=600, stateful_step_count=8)
TestAccount = Account.TestCase

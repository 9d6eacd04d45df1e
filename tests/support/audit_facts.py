# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts for tests of the audit: a few at hand, and any that there may be."""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.declaration import DeclaredAccount, Entry
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.end import parse_end
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.people import Directory, Reference
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Desired, Rules
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.resolve import Resolved, Unresolved
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.accept import parse_acceptances
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.history import parse_baseline
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.report import make_report
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import (
    USER_TYPES,
    Account,
    AssignedUser,
    UserList,
    user_lists,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import KindListing
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.paging import KnownFields, Page
from hypothesis import strategies as st

Json = dict[str, t.Any]

OURS = "9"
NOW = "2026-11-22T06:00:00Z"

ids = st.integers(1, 10**20).map(str)
few_ids = st.integers(1, 6).map(str)
names = st.none() | st.text(max_size=30)
tasks = st.sets(st.sampled_from((*TASKS, "A_TASK_OF_TOMORROW")), min_size=1).map(sorted)
businesses = st.none() | st.fixed_dictionaries({"id": st.sampled_from([OURS, "8"]), "name": names})
users: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "id": few_ids,
        "name": names,
        "user_type": st.none() | st.sampled_from(USER_TYPES),
        "business": businesses,
        "tasks": st.none() | tasks,
    }
)
accounts: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "waba_id": few_ids,
        "name": names,
        "business_id": st.just(OURS),
        "assigned_users": st.lists(users, max_size=6, unique_by=lambda user: user["id"]),
        "total_count": st.none() | st.integers(0, 8),
        "graph_error": st.none(),
        "msg": st.none() | st.none() | st.just("Need permission"),
    }
)
listings = st.lists(accounts, max_size=4, unique_by=lambda account: account["waba_id"])
people: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "id": few_ids,
        "name": names,
        "email": st.none() | st.emails(),
        "two_fac_status": st.none() | st.sampled_from(["ENABLED", "DISABLED", "odd"]),
        "marked_for_removal": st.none() | st.booleans(),
    }
)
directories = st.dictionaries(
    st.sampled_from([OURS, "8"]),
    st.fixed_dictionaries(
        {
            "business_users": st.none() | st.lists(people, max_size=6, unique_by=lambda person: person["id"]),
            "unread": st.just([]) | st.just([{"kind": "SYSTEM_USER", "msg": "refused", "graph_error": None}]),
        }
    ),
)
wishes = st.fixed_dictionaries({"user_id": few_ids, "tasks": st.sets(st.sampled_from(TASKS), min_size=1).map(sorted)})
absences = st.fixed_dictionaries({"user_id": few_ids, "state": st.just("absent")})
declarations = st.lists(
    st.fixed_dictionaries(
        {
            "waba_id": few_ids,
            "users": st.lists(wishes | absences, max_size=6, unique_by=lambda wish: wish["user_id"]),
            "purge_users": st.booleans(),
            "purge_tasks": st.booleans(),
            "keep_users": st.lists(few_ids, max_size=2),
        }
    ),
    max_size=4,
    unique_by=lambda account: account["waba_id"],
)


def user(user_id: str, *held: str, **facts: t.Any) -> Json:
    """Somebody of our business; without tasks, the API does not tell them."""
    return {
        "id": user_id,
        "name": f"Person {user_id}",
        "user_type": "BUSINESS_USER",
        "business": {"id": OURS, "name": "Ours"},
        "tasks": list(held) or None,
        **facts,
    }


def account(*assigned: Json, **facts: t.Any) -> Json:
    """An account of ours."""
    listed = {"waba_id": "1", "name": "Support", "business_id": OURS, "assigned_users": list(assigned)}
    return {**listed, "total_count": len(assigned), "graph_error": None, "msg": None, **facts}


def report(*listed: Json, **options: t.Any) -> Json:
    """A report made now, of facts as JSON has them."""
    given = {"generated_at": NOW, "max_full_control": 3, **options}
    given["directories"] = {key: _directory(key, facts) for key, facts in given.get("directories", {}).items()}
    if given.get("declared") is not None:
        given["declared"] = [_declared(one) for one in given["declared"]]
    given["acceptances"] = parse_acceptances(given.pop("accept", []))
    if given.get("baseline") is not None:
        given["baseline"] = parse_baseline(given["baseline"])
    made, _warnings = make_report(map(_account, listed), **given)
    return made


class _RefusedError(GraphError):
    """An error with the message and the API's error object of a result."""

    def __init__(self, facts: Json) -> None:
        super().__init__(facts["msg"])
        self._error_object = facts.get("graph_error")

    def __str__(self) -> str:
        return self.message

    def as_result(self) -> t.Any:
        return self._error_object


def _account(facts: Json) -> UserList:
    (users,) = user_lists([Account(facts["waba_id"], facts["business_id"], facts["name"])])
    listed = [
        AssignedUser(**{**one, "tasks": frozenset(one["tasks"]) if one["tasks"] else None})
        for one in facts["assigned_users"]
    ]
    users.users = {one.id: one for one in listed}
    users.total_count = facts.get("total_count", len(listed))
    users.error = None if facts.get("msg") is None else _RefusedError(facts)
    users.is_ended = users.error is None
    return users


def _directory(business_id: str, facts: Json) -> Directory:
    """The people of a business, or those kinds that could not be listed."""
    directory = Directory(business_id)
    unread = {each["kind"].lower(): each["msg"] for each in facts.get("unread", [])}
    if facts.get("business_users") is None:
        unread = dict.fromkeys(("business_user", "system_user"), facts.get("msg") or "it was not listed")
    people = [{"role": "EMPLOYEE", "marked_for_removal": False, **one} for one in facts.get("business_users") or []]
    for kind in ("business_user", "system_user"):
        listing = KindListing(business_id, kind, KnownFields())
        if kind in unread:
            listing.fail(GraphError(unread[kind]))
        else:
            users = [one for one in people if (one.get("user_type") == "SYSTEM_USER") == (kind == "system_user")]
            count = facts.get("total_count", len(users)) if kind == "business_user" else len(users)
            listing.add(Page(users, total_count=count))
            listing.is_ended = True
        directory.add(listing)
    return directory


def _declared(facts: Json) -> Resolved:
    rules = Rules(purge_users=facts.get("purge_users", False), purge_tasks=facts.get("purge_tasks", True))
    account = DeclaredAccount(facts["waba_id"], OURS, place="accounts[0]", is_declared=True, rules=rules)
    desired = tuple(
        Desired(
            one["user_id"],
            None if one.get("state") == "absent" else frozenset(one["tasks"]),
            end=parse_end("valid_until", one.get("valid_until")),
            reason=one.get("reason"),
        )
        for one in facts["users"]
    )
    lost = tuple(
        Unresolved(account, Entry("users[0]", Reference("somebody"), frozenset()), problem, True)
        for problem in facts.get("problems", [])
    )
    return Resolved(account, desired, frozenset(facts.get("keep_users", [])), lost, (), ())


def found(made: Json, *kinds: str) -> list[tuple[str, str | None, str | None]]:
    """The findings of a report, or those of these kinds: kind, account, person."""
    return [
        (finding["id"], finding["waba_id"], finding["user_id"])
        for finding in made["findings"]
        if not kinds or finding["id"] in kinds
    ]

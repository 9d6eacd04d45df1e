# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts for tests of the audit: a few at hand, and any that there may be."""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import TASKS, USER_TYPES
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit import make_report
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
        "business_id": st.none() | st.just(OURS),
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
    """A report made now."""
    return make_report(list(listed), **{"generated_at": NOW, "max_full_control": 3, **options})


def found(made: Json, *kinds: str) -> list[tuple[str, str | None, str | None]]:
    """The findings of a report, or those of these kinds: kind, account, person."""
    return [
        (finding["id"], finding["waba_id"], finding["user_id"])
        for finding in made["findings"]
        if not kinds or finding["id"] in kinds
    ]

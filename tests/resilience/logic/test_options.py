# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever somebody writes for an option: it is used, or refused with the option's name before any request."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from resilience.counts import BAD_INPUTS, count
from resilience.exchanges import OWN
from resilience.scale import examples
from resilience.tasks import ACCESS, ACCESS_INFO, AUDIT, INFO, PEOPLE, USER, USERS, new_sandbox, options_for, run_task
from support.playbooks import JANE, JOHN, Json

SUPPORT = "1234567890123456"

# What YAML and templates make of what people type.
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [JANE, JOHN, OWN, "", " ", "0", "-1", "1e20", "MANAGE", "present", "absent", "no", "\ud800", "\x00"]
    ),
    st.sampled_from([10**18, 1.2e20, 10**300, float("nan"), "INFINITY"]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
endings = st.sampled_from(["2026-12-31", "2020-02-29", "2026-12-31T18:00:00+01:00", "2026-02-30", "2026-12-31T18:00"])
names = st.sampled_from([JANE, "jane", "jane.doe@example.com", "Jane Doe", "nobody@example.com"])
entries = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "user_id": st.sampled_from([JANE, OWN]) | anything,
            "person": names | anything,
            "email": names | anything,
            "tasks": st.just(["DEVELOP"]) | anything,
            "state": st.sampled_from(["present", "absent"]) | anything,
            "valid_until": endings | anything,
            "reason": st.just("On call") | anything,
            "whatever": anything,
        },
    ),
    max_size=3,
)
persons = st.lists(names | scalars, max_size=3)
declared = st.fixed_dictionaries(
    {},
    optional={
        "waba_id": st.sampled_from([SUPPORT, "6543210987654321"]) | anything,
        "name": st.just("Support") | anything,
        "business_id": st.just("9876543210987654") | anything,
        "users": entries | anything,
        "purge_users": st.booleans() | anything,
        "keep_users": persons | anything,
        "max_removals": scalars,
        "purge_tasks": st.booleans() | anything,
        "allow_lockout": st.booleans() | anything,
        "unreadable_tasks": st.sampled_from(["warn", "apply", "fail"]) | anything,
        "whatever": anything,
    },
)
short_names = st.dictionaries(
    st.sampled_from(["jane", "li", "a b", "1", ""]),
    st.fixed_dictionaries(
        {},
        optional={
            "id": names | anything,
            "email": names | anything,
            "system_user": names | anything,
            "name": names | anything,
            "valid_until": endings | anything,
            "reason": st.just("On call") | anything,
            "whatever": anything,
        },
    )
    | anything,
    max_size=3,
)
change = st.fixed_dictionaries(
    {
        "waba_id": st.just(SUPPORT) | anything,
        "user_id": st.just(JANE) | anything,
        "operation": st.sampled_from(["add", "update", "remove"]) | anything,
        "tasks": st.just(["DEVELOP"]) | st.none() | st.lists(scalars, max_size=2) | anything,
        "previous_tasks": st.none() | anything,
        "valid_until": st.none() | endings | anything,
    },
    optional={"name": anything, "reason": anything, "whatever": anything},
)
plans = st.lists(change | anything, max_size=3) | anything
plan_ids = st.sampled_from(["p" + "0" * 31, "p0123456789abcde" + "f" * 16, "p" + "0" * 30]) | anything
SHARED = ["waba_id", "business_id", "api_version", "timeout", "retries", "max_retry_wait", "validate_certs", "ca_path"]
OWN_OPTIONS: dict[str, tuple[Json, list[str]]] = {
    USER: (
        {"user_id": JANE, "tasks": ["DEVELOP"]},
        ["user_id", "tasks", "state", "purge_tasks", "verify", "allow_lockout", "unreadable_tasks", "valid_until"],
    ),
    USERS: (
        {"users": [{"user_id": JANE, "tasks": ["DEVELOP"]}]},
        [
            *("users", "purge_users", "keep_users", "max_removals", "batch_size", "purge_tasks", "verify"),
            *("allow_lockout", "plan", "plan_id"),
        ],
    ),
    INFO: ({}, ["waba_ids", "fields", "limit", "after", "before", "all_pages", "user_ids", "user_types", "tasks"]),
    PEOPLE: ({}, ["kinds", "emails", "names", "roles"]),
    ACCESS: (
        {"accounts": [{"waba_id": SUPPORT, "users": [{"user_id": JANE, "tasks": ["DEVELOP"]}]}]},
        [
            *("accounts", "users", "people", "revoke", "account_kinds", "purge_users", "keep_users", "max_removals"),
            *("batch_size", "purge_tasks", "verify", "allow_lockout", "unreadable_tasks", "unresolved"),
            *("plan", "plan_id"),
        ],
    ),
    ACCESS_INFO: ({}, ["accounts", "people", "account_kinds", "person", "read_people", "batch_size"]),
    AUDIT: ({}, ["accounts", "audit_accounts", "users", "people", "max_full_control", "fail_on", "keep_users"]),
}


# Ansible's own conversion falls over what is infinite where an int is wanted: `run_module` sees to that, and playbooks
# with bad input try it. Lists it takes for the digits and the exponent of a decimal, and those may be huge.
NUMBERS = {"timeout", "retries", "max_retry_wait", "limit", "max_removals", "batch_size", "max_full_control"}


@given(st.data())
@examples(share=60, whole=5000)
def test_any_value_of_any_option(data: Any) -> None:
    """A task works with it, or says what is wrong; it never falls over it."""
    module = data.draw(st.sampled_from(sorted(OWN_OPTIONS)))
    good, own = OWN_OPTIONS[module]
    wrong = data.draw(st.lists(st.sampled_from([*own, *SHARED]), min_size=1, max_size=3, unique=True))
    accounts = st.lists(declared, max_size=3) | anything
    kinds = {
        "users": entries | anything,
        "accounts": accounts,
        "people": short_names | anything,
        "plan": plans,
        "plan_id": plan_ids,
        "valid_until": endings | anything,
        **dict.fromkeys(("revoke", "keep_users"), persons | anything),
        **dict.fromkeys(NUMBERS, scalars),
    }
    values = {name: data.draw(kinds.get(name, anything), label=name) for name in wrong}
    count(BAD_INPUTS)
    with new_sandbox() as sandbox:
        before = sandbox.assigned()
        done = run_task(module, options_for(sandbox, {**good, **values}))
        if done.failed and not sandbox.log:
            assert any(name in done.message for name in wrong), done.message
            assert sandbox.assigned() == before
        if not done.failed:
            assert sandbox.log

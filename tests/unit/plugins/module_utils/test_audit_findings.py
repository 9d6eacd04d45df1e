# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of the audit: what they are about, what is new, what is accepted, and their lines for a SIEM."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.accept import parse_acceptances
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.audit import _fails
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.export_lines import as_ndjson, closing_lines
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.kinds import CHECKS, KINDS
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from hypothesis import given
from hypothesis import strategies as st
from support.audit_facts import OURS, Json, account, declarations, directories, found, listings, report, user

LATER = "2026-11-29T06:00:00Z"
BOSS = user("10", "MANAGE")
GUEST = user("2", "DEVELOP", user_type="PERSONAL_USER")

patterns = st.none() | st.sampled_from(["*", "1", "[12]", "?", "2*"])
acceptances = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(list(KINDS)), "reason": st.just("agreed"), "person": patterns, "account": patterns},
        optional={"valid_until": st.sampled_from(["2026-11-01", "2027-01-01"])},
    ),
    max_size=6,
)


def accounts_of(finding: Json) -> list[str | None]:
    return finding["waba_ids"] or [finding["waba_id"]]


def two_accounts(*people: Json) -> list[Json]:
    return [account(BOSS, *people, waba_id=waba_id, name=f"Shop {waba_id}") for waba_id in ("1", "2")]


# What they are about


def test_a_person_who_is_the_reason_is_one_finding() -> None:
    five = [account(BOSS, GUEST, waba_id=str(number), name=f"Shop {number}") for number in range(1, 6)]
    (finding,) = report(*five)["findings"]
    assert (finding["waba_id"], finding["waba_ids"]) == (None, ["1", "2", "3", "4", "5"])
    where = "5 accounts: Shop 1 (1), Shop 2 (2), Shop 3 (3) and 2 others"
    assert finding["message"] == f"Person 2 (2) is a personal user and holds tasks in {where}."
    (alone,) = report(*five[:1])["findings"]
    assert (alone["waba_id"], alone["waba_ids"], alone["key"]) == ("1", None, finding["key"])


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        (["MANAGE"], "undeclared-admin-tasks"),
        (["FULL_CONTROL", "DEVELOP"], "undeclared-admin-tasks"),
        (["MANAGE_USERS"], "undeclared-people"),
        ([], "undeclared-people"),
    ],
)
def test_an_undeclared_user_who_manages_is_high(held: list[str], kind: str) -> None:
    made = report(account(user("2", *held)), declared=[{"waba_id": "1", "users": []}])
    assert found(made, "undeclared-people", "undeclared-admin-tasks") == [(kind, "1", "2")]
    purged = [{"waba_id": "1", "users": [{"user_id": "10", "tasks": ["MANAGE"]}], "purge_users": True}]
    assert ("drift", "1", "2") in found(report(account(user("2", *held)), declared=purged))


@pytest.mark.parametrize(
    ("end", "days", "kinds"),
    [
        ("2026-12-05", 14, ["ending-soon"]),
        ("2026-12-06T06:00:00Z", 14, ["ending-soon"]),
        ("2026-12-06T06:00:01Z", 14, []),
        ("2026-11-22", 0, []),
        ("2026-12-06", 15, ["ending-soon"]),
    ],
)
def test_access_that_ends_soon(end: str, days: int, kinds: list[str]) -> None:
    wish = {"user_id": "10", "tasks": ["MANAGE"], "valid_until": end, "reason": "CHG-1"}
    gone = {**wish, "user_id": "77"}
    made = report(account(BOSS), declared=[{"waba_id": "1", "users": [wish, gone]}], ending_days=days)
    ends = [finding for finding in made["findings"] if finding["id"] == "ending-soon"]
    assert [finding["id"] for finding in ends] == kinds
    assert all(
        finding["message"] == f"Person 10 (10) has access until {end} (CHG-1) in Support (1)." for finding in ends
    )


@given(listings, directories, st.none() | declarations)
def test_every_finding_has_a_key_of_its_own(accounts: list[Json], people: Json, declared: list[Json] | None) -> None:
    findings = report(*accounts, directories=people, declared=declared)["findings"]
    assert len({finding["key"] for finding in findings}) == len(findings)
    assert {finding["check"] for finding in findings if finding["id"] == "not-checked"} <= set(CHECKS)
    assert all((finding["check"] is not None) == (finding["id"] == "not-checked") for finding in findings)


# What is new


@given(listings, directories, st.none() | declarations, st.randoms())
def test_names_and_order_make_nothing_new(
    accounts: list[Json], people: Json, declared: list[Json] | None, random: t.Any
) -> None:
    baseline = json.dumps(report(*accounts, directories=people, declared=declared))
    renamed = copy.deepcopy(accounts)
    for one in renamed:
        one["name"] = random.choice([None, "Renamed"])
        for each in one["assigned_users"]:
            each["name"] = random.choice([None, "Somebody", "Else"])
        random.shuffle(one["assigned_users"])
    random.shuffle(renamed)
    made = report(*renamed, directories=people, declared=declared, baseline=baseline, generated_at=LATER)
    fresh = [finding for finding in made["findings"] if finding["new"]]
    # An account that could not be read is not compared with the baseline: that is said only now.
    assert all(finding["check"] == "baseline" for finding in fresh)
    assert {finding["since"] for finding in made["findings"] if not finding["new"]} <= {"2026-11-22T06:00:00Z"}
    assert made["summary"]["new"] == len(fresh)


@given(listings, listings, directories)
def test_what_the_baseline_lacks_is_new(before: list[Json], now: list[Json], people: Json) -> None:
    earlier = report(*before, directories=people)
    made = report(*now, directories=people, baseline=json.dumps(earlier), generated_at=LATER)
    known = {(one["key"], waba_id) for one in earlier["findings"] for waba_id in accounts_of(one)}
    for finding in made["findings"]:
        keys = {(finding["key"], waba_id) for waba_id in accounts_of(finding)}
        assert finding["new"] is (not keys <= known)
        assert finding["since"] == (LATER if finding["new"] else "2026-11-22T06:00:00Z")


def test_one_more_account_and_other_tasks_are_new() -> None:
    one, two = two_accounts(GUEST)
    grown = report(one, two, baseline=json.dumps(report(one)))
    assert [finding["new"] for finding in grown["findings"]] == [True]
    shrunk = report(one, baseline=json.dumps(report(one, two)))
    assert [finding["new"] for finding in shrunk["findings"]] == [False]
    declared = [{"waba_id": "1", "users": []}]
    before = json.dumps(report(account(user("2", "DEVELOP")), declared=declared))
    worse = report(account(user("2", "DEVELOP", "MESSAGING")), declared=declared, baseline=before)
    assert {finding["id"] for finding in worse["findings"] if finding["new"]} == {
        "undeclared-people",
        "changed-since-baseline",
    }


def test_a_finding_is_known_since_the_first_of_a_chain_of_reports() -> None:
    one, _two = two_accounts(GUEST)
    first = report(one)
    second = report(one, baseline=json.dumps(first), generated_at=LATER)
    third = report(one, baseline=json.dumps(second), generated_at="2026-12-06T06:00:00Z")
    assert [finding["since"] for made in (first, second, third) for finding in made["findings"]] == [
        None,
        first["generated_at"],
        first["generated_at"],
    ]


@pytest.mark.parametrize("findings", [None, [{"id": "drift"}], [{"key": 5}], ["x"], [{"key": "a", "waba_ids": 5}]])
def test_a_baseline_without_keys_is_refused_as_it_cannot_tell_what_is_new(findings: t.Any) -> None:
    with pytest.raises(OptionError, match="its accounts or findings were changed by hand"):
        report(account(BOSS, GUEST), baseline=json.dumps({**report(account(BOSS)), "findings": findings}))


# What is accepted


@given(listings, directories, acceptances)
def test_accepting_hides_nothing(accounts: list[Json], people: Json, entries: list[Json]) -> None:
    plain = report(*accounts, directories=people)["findings"]
    made = report(*accounts, directories=people, accept=entries)
    assert [{**finding, "accepted": None} for finding in made["findings"]] == plain
    accepted = [finding for finding in made["findings"] if finding["accepted"]]
    assert made["summary"]["accepted"] == len(accepted)
    assert sum(made["summary"]["findings"].values()) == len(plain) - len(accepted)
    valid = [entry for entry in entries if entry.get("valid_until") != "2026-11-01"]
    for finding in accepted:
        assert not any(_fails(finding, [kind, "new"]) for kind in KINDS)
        for waba_id in accounts_of(finding):
            alone = {**finding, "accepted": None}
            one_by_one = [entry for entry in valid if entry["id"] == finding["id"]]
            assert any(
                parse_acceptances([entry])[0].matches(alone, waba_id, names(accounts, finding), account_names(accounts))
                for entry in one_by_one
            )


def names(accounts: list[Json], finding: Json) -> dict[str, list[str]]:
    users = [each for one in accounts for each in one["assigned_users"] if each["id"] == finding["user_id"]]
    return {each["id"]: [each["name"] for each in users if each["name"]] for each in users}


def account_names(accounts: list[Json]) -> dict[str, list[str]]:
    return {one["waba_id"]: [one["name"]] for one in accounts if one["name"]}


@pytest.mark.parametrize(
    ("entry", "is_accepted"),
    [
        ({}, True),
        ({"person": "2"}, True),
        ({"person": "person ?"}, True),
        ({"person": "guest"}, True),
        ({"person": "Person"}, False),
        ({"person": "10"}, False),
        ({"account": "[12]"}, True),
        ({"account": "shop *"}, True),
        ({"account": "1"}, False),
        ({"id": "no-two-factor"}, False),
        ({"valid_until": "2026-11-22"}, True),
        ({"valid_until": "2026-11-21"}, False),
    ],
)
def test_what_an_entry_accepts(entry: Json, is_accepted: bool) -> None:
    accept = [{"id": "personal-user", "reason": "agreed", **entry}]
    (finding,) = report(*two_accounts(GUEST), accept=accept, short_names={"2": ["guest"]})["findings"]
    expected = {"reason": "agreed", "valid_until": entry.get("valid_until")}
    assert finding["accepted"] == (expected if is_accepted else None)


def test_entries_for_each_account_accept_a_finding_about_both() -> None:
    accept = [
        {"id": "personal-user", "account": "1", "reason": "one", "valid_until": "2027-01-01"},
        {"id": "personal-user", "account": "2", "reason": "two", "valid_until": "2026-12-01"},
    ]
    (finding,) = report(*two_accounts(GUEST), accept=accept)["findings"]
    assert finding["accepted"] == {"reason": "one; two", "valid_until": "2026-12-01"}


def test_a_pattern_matches_no_finding_without_such_a_part() -> None:
    failed = {OURS: {"msg": "No permission"}}
    for entry in ({"account": "*"}, {"person": "*"}, {"check": "owner"}):
        accept = [{"id": "not-checked", "reason": "agreed", **entry}]
        assert report(account(BOSS), directories=failed, accept=accept)["summary"]["accepted"] == 0
    accept = [{"id": "not-checked", "check": "people", "reason": "agreed"}]
    assert report(account(BOSS), directories=failed, accept=accept)["summary"]["accepted"] == 1


def test_what_is_no_longer_accepted_is_new() -> None:
    accept = [{"id": "personal-user", "reason": "agreed"}]
    one, _two = two_accounts(GUEST)
    accepted = report(one, accept=accept)
    (ended,) = report(one, baseline=json.dumps(accepted), generated_at=LATER)["findings"]
    assert (ended["new"], ended["since"]) == (True, accepted["generated_at"])
    (still,) = report(one, baseline=json.dumps(accepted), accept=accept)["findings"]
    assert still["new"] is False


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("x", "accept[0] must be a dictionary with an id and a reason; got 'x'."),
        ({"reason": "r"}, "accept[0].id is missing."),
        ({"id": "drift"}, "accept[0].reason is missing."),
        ({"id": "drift", "reason": " "}, "accept[0].reason must be a text that is not empty; got ' '."),
        ({"id": "drfit", "reason": "r"}, "accept[0].id: there is no 'drfit' (did you mean drift?)."),
        ({"id": "new", "reason": "r"}, "accept[0].id: there is no 'new'."),
        ({"id": "drift", "reason": "r", "acount": "1"}, "accept[0] has no key acount (did you mean account?)."),
        ({"id": "drift", "reason": "r", "check": "owner"}, "accept[0].check is for the id not-checked; got 'drift'."),
        (
            {"id": "not-checked", "reason": "r", "check": "ownr"},
            "accept[0].check: there is no 'ownr' (did you mean owner?).",
        ),
        (
            {"id": "drift", "reason": "r", "valid_until": "2026-02-30"},
            "accept[0].valid_until: there is no such day or time as 2026-02-30.",
        ),
        ({"id": "drift", "reason": "r", "person": ["2"]}, "accept[0].person must be a text that is not empty"),
    ],
)
def test_entries_that_are_invalid(entry: t.Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_acceptances([entry])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(message)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(OptionError) as caught:
        parse_acceptances([{"id": "drfit", "valid_until": "soon"}, {"id": "drift", "reason": "r", "person": 7}, 5])
    assert [line.split()[0].rstrip(":") for line in str(caught.value).splitlines()] == [
        "accept[0].reason",
        "accept[0].valid_until",
        "accept[0].id",
        "accept[2]",
    ]


# Lines


@given(listings, listings, directories)
def test_a_line_a_finding_and_a_line_a_change(before: list[Json], now: list[Json], people: Json) -> None:
    made = report(*now, directories=people, baseline=json.dumps(report(*before)), generated_at=LATER)
    text = as_ndjson(made)
    assert text.isascii()
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert {line["generated_at"] for line in lines} <= {LATER}
    findings = [line for line in lines if line["event"] == "finding"]
    assert findings == [{"event": "finding", "generated_at": LATER, **finding} for finding in made["findings"]]
    changes = [line for line in lines if line["event"] == "change"]
    told = made["changes"]
    assert len(changes) == len(told["people"]) + len(told["accounts_new"]) + len(told["accounts_gone"])
    assert len({line["key"] for line in lines}) == len(lines)
    assert len({frozenset(line) for line in changes}) <= 1, "each change has the same fields"


def test_the_closing_lines_say_what_was_counted_and_not_looked_at() -> None:
    failed = {OURS: {"msg": "No permission"}}
    accept = [{"id": "personal-user", "reason": "agreed"}]
    made = report(account(BOSS, GUEST), account(waba_id="3", msg="No"), directories=failed, accept=accept)
    assert closing_lines(made) == [
        "Users: 2, accounts: 2 (1 unreadable), findings: 3, of which high: 1, accepted: 1.",
        "Not looked at, as not-checked explains: people of businesses, admins of businesses.",
    ]
    assert closing_lines(report(account(BOSS), baseline=json.dumps(report(account(BOSS))))) == [
        "Users: 1, accounts: 1, findings: 0, of which high: 0, new: 0."
    ]

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Desired, Rules, Target, make_plan
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.kinds import KINDS, SEVERITIES
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import (
    Account,
    AssignedUser,
    user_lists,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import label, printable
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import VERSION, OptionError
from hypothesis import given
from hypothesis import strategies as st
from support.audit_facts import OURS, Json, account, declarations, directories, found, listings, report, user

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "docs" / "audit-report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BOSS = user("10", "MANAGE")


def kinds(made: Json) -> list[str]:
    return [kind for kind, _account, _person in found(made)]


def directory(*people: Json, **facts: t.Any) -> Json:
    return {OURS: {"business_users": list(people), "unread": [], **facts}}


# The report as a whole


@given(listings, directories, st.none() | declarations, st.none() | listings, st.booleans())
def test_every_report_fits_the_schema(
    accounts: list[Json], people: Json, declared: list[Json] | None, earlier: list[Json] | None, emails: bool
) -> None:
    baseline = None if earlier is None else json.dumps(report(*earlier))
    made = report(*accounts, directories=people, declared=declared, baseline=baseline, emails=emails)
    VALIDATOR.validate(made)
    for finding in made["findings"]:
        assert finding["severity"] == KINDS[finding["id"]].severity
        assert finding["remedy"] == KINDS[finding["id"]].remedy
        assert finding["message"].isprintable()
    severities = [SEVERITIES.index(finding["severity"]) for finding in made["findings"]]
    assert severities == sorted(severities)
    assert sum(made["summary"]["findings"].values()) == len(made["findings"])
    assert emails or not re.search(r"[^\"]@example\.", json.dumps(made["accounts"]))


@given(listings, directories, declarations, listings, st.randoms())
def test_the_order_of_what_is_given_does_not_matter(
    accounts: list[Json], people: Json, declared: list[Json], earlier: list[Json], random: t.Any
) -> None:
    baseline = json.dumps(report(*earlier))
    made = report(*accounts, directories=people, declared=declared, baseline=baseline)
    for one in (*accounts, *declared):
        for key in ("assigned_users", "users", "keep_users"):
            random.shuffle(one.get(key, []))
    for one in people.values():
        random.shuffle(one["business_users"] or [])
    random.shuffle(accounts)
    random.shuffle(declared)
    turned = dict(reversed(list(people.items())))
    assert report(*accounts, directories=turned, declared=declared, baseline=baseline) == made


def test_the_schema_names_every_kind_of_finding() -> None:
    assert SCHEMA["properties"]["findings"]["items"]["properties"]["id"]["enum"] == list(KINDS)
    assert [kind.severity for kind in KINDS.values()] == sorted(
        (kind.severity for kind in KINDS.values()), key=SEVERITIES.index
    )


def test_the_numbers_of_the_summary_count_everybody_once() -> None:
    bot = user("11", "FULL_CONTROL", user_type="SYSTEM_USER")
    guest = user("12", "MESSAGING", business={"id": "8", "name": "Partner"})
    made = report(
        account(BOSS, bot, guest),
        account(BOSS, bot, waba_id="2"),
        account(waba_id="3", msg="refused"),
    )
    summary = {key: value for key, value in made["summary"].items() if key != "findings"}
    assert summary == {
        "accounts": 3,
        "accounts_unread": 1,
        "people": 3,
        "managers": 2,
        "system_users": 1,
        "other_business": 1,
        "accepted": 0,
        "new": None,
    }
    assert (made["collection_version"], made["generated_at"]) == (VERSION, "2026-11-22T06:00:00Z")


# Findings


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (report(account(BOSS)), []),
        (report(account(msg="Not for you", graph_error={"code": 200})), [("account-unreadable", "1", None)]),
        (report(account(BOSS, total_count=3)), [("list-incomplete", "1", None)]),
        (report(account(BOSS, user("2"), user("3"))), [("tasks-not-reported", "1", None)]),
        (report(account(user("2", "MESSAGING"))), [("nobody-manages", "1", None)]),
        (report(account()), [("nobody-manages", "1", None)]),
        # It could be one of those whom nothing is known of.
        (report(account(user("2"))), [("tasks-not-reported", "1", None)]),
        (report(account(user("2", "DEVELOP"), total_count=2)), [("list-incomplete", "1", None)]),
        (report(account(user("2", "FULL_CONTROL"))), []),
        (report(account(user("2", "FULL_CONTROL")), max_full_control=0), [("full-control-holders", "1", None)]),
        (report(account(BOSS, user("2", "X_NEW"))), [("unknown-tasks", "1", "2")]),
        (report(account(BOSS, user("2", "DEVELOP", business={"id": "8"}))), [("other-business", "1", "2")]),
        (report(account(BOSS, user("2", "DEVELOP", business=None))), [("not-checked", None, None)]),
        (report(account(BOSS, user("2", "DEVELOP", user_type="PERSONAL_USER"))), [("personal-user", "1", "2")]),
    ],
)
def test_what_the_lists_of_accounts_give_away(made: Json, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert found(made) == expected


@pytest.mark.parametrize(
    ("tasks", "user_type", "expected"),
    [
        (["MESSAGING", "MANAGE"], "SYSTEM_USER", True),
        (["FULL_CONTROL"], "SYSTEM_USER", True),
        (["MESSAGING", "MANAGE_USERS"], "SYSTEM_USER", False),
        (["MANAGE", "DEVELOP"], "SYSTEM_USER", False),
        (["MESSAGING", "MANAGE"], "BUSINESS_USER", False),
        (["FULL_CONTROL"], None, False),
    ],
)
def test_system_users_that_message_and_manage(tasks: list[str], user_type: str | None, expected: bool) -> None:
    made = report(account(BOSS, user("2", *tasks, user_type=user_type)))
    assert (kinds(made) == ["system-user-messaging-and-manage"]) is expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"two_fac_status": "ENABLED", "marked_for_removal": False}, []),
        ({"two_fac_status": "DISABLED"}, ["no-two-factor"]),
        ({"two_fac_status": "disabled"}, ["no-two-factor"]),
        ({"two_fac_status": None}, ["not-checked"]),
        ({"two_fac_status": "PERHAPS"}, ["not-checked"]),
        ({"two_fac_status": "ENABLED", "marked_for_removal": True}, ["marked-for-removal"]),
    ],
)
def test_what_the_list_of_the_business_gives_away(person: Json, expected: list[str]) -> None:
    assert kinds(report(account(BOSS), directories=directory({"id": "10", **person}))) == expected
    bot = {**BOSS, "user_type": "SYSTEM_USER"}
    of_bots = [kind for kind in expected if kind == "marked-for-removal"]
    assert kinds(report(account(bot), directories=directory({"id": "10", **person}))) == of_bots


def test_who_left_is_known_only_from_a_whole_list_of_their_own_business() -> None:
    assert kinds(report(account(BOSS), directories=directory())) == ["left-business"]
    partial = directory(unread=[{"kind": "BUSINESS_USER", "msg": "Not for you."}])
    assert kinds(report(account(BOSS), directories=partial)) == ["not-checked"]
    others = directory(unread=[{"kind": "SYSTEM_USER", "msg": "Not for you."}])
    assert kinds(report(account(BOSS), directories=others)) == ["left-business", "not-checked"]
    counted = directory({"id": "11", "two_fac_status": "ENABLED"}, total_count=2)
    assert kinds(report(account(BOSS), directories=counted)) == ["not-checked"], "the API counts one more than it lists"
    failed = {OURS: {"msg": "No permission"}}
    finding, _system_users = report(account(BOSS), directories=failed)["findings"]
    assert finding["id"] == "not-checked"
    assert "without two-factor authentication: " in finding["message"]
    assert "No permission" in finding["message"]
    guest = {**BOSS, "business": {"id": "8", "name": None}}
    assert kinds(report(account(guest), directories=directory())) == ["other-business"]
    assert kinds(report(account({**BOSS, "business": None}), directories=directory())) == ["not-checked"]


@pytest.mark.parametrize(
    ("user_type", "unread", "expected"),
    [
        (None, [], ["left-business"]),
        ("A_TYPE_OF_TOMORROW", [], ["left-business"]),
        (None, [{"kind": "SYSTEM_USER", "msg": "refused"}], []),
        ("BUSINESS_USER", [{"kind": "SYSTEM_USER", "msg": "refused"}], ["left-business"]),
    ],
)
def test_who_left_is_known_without_a_type_where_all_lists_are_whole(
    user_type: str | None, unread: list[Json], expected: list[str]
) -> None:
    people = {OURS: {"business_users": [], "unread": unread}}
    made = report(account(user("2", "MANAGE", user_type=user_type)), directories=people)
    assert [kind for kind in kinds(made) if kind == "left-business"] == expected


def test_a_message_names_whom_and_where() -> None:
    (finding,) = report(account(BOSS, user("2", "DEVELOP", user_type="PERSONAL_USER")))["findings"]
    assert finding["message"] == "Person 2 (2) is a personal user and holds tasks in Support (1)."


# Drift


def as_declared(accounts: t.Iterable[Json], **rules: t.Any) -> list[Json]:
    """The declaration that says what is."""
    return [
        {
            "waba_id": one["waba_id"],
            "users": [{"user_id": each["id"], "tasks": each["tasks"]} for each in one["assigned_users"]],
            "purge_users": True,
            **rules,
        }
        for one in accounts
    ]


@given(listings, st.booleans(), st.booleans())
def test_a_listing_does_not_drift_from_itself(accounts: list[Json], purge_users: bool, purge_tasks: bool) -> None:
    told = [
        {**one, "assigned_users": [each for each in one["assigned_users"] if each["tasks"] is not None]}
        for one in accounts
    ]
    made = report(*told, declared=as_declared(told, purge_users=purge_users, purge_tasks=purge_tasks))
    assert {entry["status"] for entry in made["drift"]} <= {drift.AS_DECLARED}
    assert found(made, "drift", "undeclared-people") == []
    assert len(made["drift"]) == sum(len(one["assigned_users"]) for one in told if one["msg"] is None)


@given(listings, declarations)
def test_drift_is_what_the_role_would_change(accounts: list[Json], declared: list[Json]) -> None:
    made = report(*accounts, declared=declared)
    drifted = found(made, "drift")
    for one in accounts:
        for wanted in (each for each in declared if each["waba_id"] == one["waba_id"] and one["msg"] is None):
            observed = {
                each["id"]: AssignedUser(each["id"], tasks=None if each["tasks"] is None else frozenset(each["tasks"]))
                for each in one["assigned_users"]
            }
            wishes = [
                Desired(wish["user_id"], None if wish.get("state") == "absent" else frozenset(wish["tasks"]))
                for wish in wanted["users"]
            ]
            rules = Rules(
                purge_users=wanted["purge_users"],
                purge_tasks=wanted["purge_tasks"],
                keep_users=frozenset(wanted["keep_users"]),
            )
            (users,) = user_lists([Account(one["waba_id"], OURS)])
            users.users = observed
            changed = {change.user_id for change in make_plan(Target(users, tuple(wishes), rules)).changes}
            assert {person for _kind, waba_id, person in drifted if waba_id == one["waba_id"]} == changed


@pytest.mark.parametrize(
    ("held", "wanted", "rules", "status"),
    [
        (["MANAGE"], ["MANAGE"], {}, drift.AS_DECLARED),
        (["MANAGE", "DEVELOP"], ["MANAGE"], {}, drift.DIFFERENT),
        (["MANAGE", "DEVELOP"], ["MANAGE"], {"purge_tasks": False}, drift.AS_DECLARED),
        (["DEVELOP"], ["MANAGE"], {"purge_tasks": False}, drift.DIFFERENT),
        (["FULL_CONTROL", "MANAGE"], ["FULL_CONTROL"], {}, drift.AS_DECLARED),
        (["FULL_CONTROL"], ["MANAGE"], {}, drift.DIFFERENT),
        ([], ["MANAGE"], {}, drift.NOT_REPORTED),
    ],
)
def test_how_somebody_stands(held: list[str], wanted: list[str], rules: Json, status: str) -> None:
    declared = [{"waba_id": "1", "users": [{"user_id": "2", "tasks": wanted}], **rules}]
    (entry,) = report(account(user("2", *held)), declared=declared)["drift"]
    assert (entry["status"], entry["enforced"], entry["declared_tasks"]) == (status, True, wanted)


def test_people_who_are_extra() -> None:
    extra = user("2", "DEVELOP")

    def entry(**declaration: t.Any) -> tuple[list[tuple[str, bool]], list[str]]:
        declared = [{"waba_id": "1", "users": [{"user_id": "10", "tasks": ["MANAGE"]}], **declaration}]
        made = report(account(BOSS, extra), declared=declared)
        return [(each["status"], each["enforced"]) for each in made["drift"] if each["user_id"] == "2"], kinds(made)

    assert entry(purge_users=True) == ([("extra", True)], ["drift"])
    assert entry(purge_users=False) == ([("extra", False)], ["undeclared-people"])
    assert entry(purge_users=True, keep_users=["2"]) == ([("as-declared", True)], [])
    absent = [{"user_id": "10", "tasks": ["MANAGE"]}, {"user_id": "2", "state": "absent"}]
    assert entry(users=absent) == ([("extra", True)], ["drift"])


def test_somebody_missing_is_called_by_the_name_that_is_known_elsewhere() -> None:
    declared = [{"waba_id": "1", "users": [{"user_id": "2", "tasks": ["DEVELOP"]}]}]
    people = directory({"id": "2", "name": "Jane", "two_fac_status": "ENABLED"}, {**BOSS, "two_fac_status": "ENABLED"})
    made = report(account(BOSS), declared=declared, directories=people)
    (finding,) = [each for each in made["findings"] if each["id"] == "drift"]
    assert finding["message"] == "Jane (2) should hold DEVELOP and is not assigned in Support (1)."


def test_accounts_that_are_not_declared_and_declared_ones_that_are_not_audited() -> None:
    declared = [{"waba_id": "7", "users": [{"user_id": "2", "tasks": ["DEVELOP"]}]}]
    made = report(account(BOSS), declared=declared)
    assert made["drift"] == []
    assert found(made) == [("not-checked", "1", None), ("not-checked", "7", None)]


def test_an_account_that_could_not_be_read_has_no_drift() -> None:
    declared = as_declared([account(BOSS)])
    assert kinds(report(account(msg="refused"), declared=declared)) == ["account-unreadable"]


# History


def since(before: t.Sequence[Json], *now: Json) -> Json:
    made = report(*now, baseline=json.dumps(report(*before, generated_at="2026-10-22T06:00:00Z")))
    changes: Json = made["changes"]
    assert changes["since"] == "2026-10-22T06:00:00Z"
    return changes


@given(listings)
def test_nothing_changes_from_a_listing_to_itself(accounts: list[Json]) -> None:
    changes = since(accounts, *accounts)
    assert (changes["people"], changes["accounts_new"], changes["accounts_gone"]) == ([], [], [])
    assert set(changes["not_compared"]) == {one["waba_id"] for one in accounts if one["msg"] is not None}


@given(listings, listings)
def test_what_came_one_way_goes_the_other(before: list[Json], now: list[Json]) -> None:
    there, back = since(before, *now), since(now, *before)
    turned = {"came": "went", "went": "came", "tasks": "tasks"}
    assert [(each["waba_id"], each["user_id"], each["change"]) for each in there["people"]] == [
        (each["waba_id"], each["user_id"], turned[each["change"]]) for each in back["people"]
    ]
    assert there["accounts_new"] == [gone["waba_id"] for gone in back["accounts_gone"]]


def test_who_came_who_went_and_whose_tasks_changed() -> None:
    before = [account(BOSS, user("2", "DEVELOP"), user("3", "FULL_CONTROL")), account(waba_id="5", name="Old")]
    stayed = [user("2", "MANAGE"), user("3", "FULL_CONTROL", "MANAGE")]
    now = [account(*stayed, user("4", "VIEW_COST")), account(waba_id="6")]
    changes = since(before, *now)
    assert [(each["user_id"], each["change"], each["tasks_before"], each["tasks"]) for each in changes["people"]] == [
        ("2", "tasks", ["DEVELOP"], ["MANAGE"]),
        ("4", "came", None, ["VIEW_COST"]),
        ("10", "went", ["MANAGE"], None),
    ]
    assert (changes["accounts_new"], changes["accounts_gone"]) == (["6"], [{"waba_id": "5", "name": "Old"}])


def test_tasks_that_are_not_told_are_no_change() -> None:
    assert since([account(user("2", "DEVELOP"))], account(user("2")))["people"] == []


def test_changes_are_a_finding_each_account() -> None:
    baseline = json.dumps(report(account(BOSS)))
    made = report(account(BOSS, user("2", "DEVELOP")), baseline=baseline)
    (finding,) = made["findings"]
    assert (finding["id"], finding["waba_id"]) == ("changed-since-baseline", "1")
    assert finding["message"].endswith("1 came, 0 went, 0 hold other tasks.")


def spoilt(**changes: t.Any) -> str:
    return json.dumps({**report(account(BOSS)), **changes})


def spoilt_user(**facts: t.Any) -> str:
    return spoilt(accounts=[{"waba_id": "1", "assigned_users": [facts]}])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON"),
        ("[]", "its format is not"),
        ("{}", "its format is not"),
        (spoilt(format="metaops.whatsapp/waba-access-audit/2"), "its format is not"),
        (spoilt(accounts={}), "no generated_at or no accounts"),
        (spoilt(generated_at=5), "no generated_at or no accounts"),
        (spoilt(accounts=["x"]), "changed by hand"),
        (spoilt(accounts=[{"waba_id": "1"}]), "changed by hand"),
        (spoilt_user(id="1"), "changed by hand"),
        (spoilt_user(id=1, tasks=None), "changed by hand"),
        (spoilt_user(id="1", tasks=[1]), "changed by hand"),
        (spoilt_user(id="1", tasks=None, name=1), "changed by hand"),
    ],
)
def test_a_baseline_that_is_no_report_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"is not an earlier report of the role waba_access_audit: .*{reason}"):
        report(account(BOSS), baseline=text)


# Texts


@given(st.text())
def test_a_text_that_is_visible_is_printable_and_stays_what_it_was(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    restored = re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda match: chr(int(match[1], 16)), shown)
    plain = "".join(" " if character.isspace() and not character.isprintable() else character for character in text)
    assert restored == plain or "⟨U+" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 李伟", "Zoë 李伟"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\nb\x00", "a b⟨U+0000⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("Jane\u200d", "Jane⟨U+200D⟩"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_long_name_is_cut_within_a_sentence_and_keeps_its_id() -> None:
    assert label("1", "x" * 200) == f"{'x' * 80}… (1)"
    assert (label("1", None), label("1", "")) == ("1", "1")


def test_declared_people_who_cannot_be_found_are_findings() -> None:
    problem = "gone@example.com was not found in business 9"
    made = report(account(BOSS), declared=[{"waba_id": "1", "users": [], "problems": [problem]}])
    (finding,) = [finding for finding in made["findings"] if finding["id"] == "declared-unknown"]
    assert (finding["waba_id"], finding["user_id"], finding["message"]) == (
        "1",
        None,
        f"users[0] (account 1, somebody): {problem}.",
    )

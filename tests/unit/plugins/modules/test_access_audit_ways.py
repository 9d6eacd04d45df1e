# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`waba_access_audit_info`: who can act beside assigned users, what was not looked at, and how many calls it takes."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import audit
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.gaps import ALWAYS
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.accounts import activity
from ansible_collections.metaops.whatsapp.plugins.modules import waba_access_audit_info
from sandbox import Fault
from tasks import Json, options_of, round_trips

if t.TYPE_CHECKING:
    from conftest import Bench

SCHEMA = json.loads((Path(__file__).resolve().parents[4] / "docs" / "audit-report.schema.json").read_text("utf-8"))

SUPPORT, MARKETING, PARTNERS = "1234567890123456", "6543210987654321", "5432109876543210"
BUSINESS, PARTNER = "9876543210987654", "8765432109876543"
JOHN, MARIA, OWN = "2345678901234567", "4567890123456789", "100081234567890123"
ALL = [{"waba_id": SUPPORT}, {"waba_id": PARTNERS}, {"waba_id": MARKETING}]


def run(bench: Bench, *, token: str | None = None, **options: t.Any) -> Json:
    bench.sandbox.clear_log()
    given = options_of(waba_access_audit_info, {"business_id": bench.sandbox.business_id, **options})
    settings = {"access_token": bench.sandbox.tokens[token]} if token else {}
    result = audit.audit_access(given, bench.client(**settings))
    jsonschema.Draft202012Validator(SCHEMA).validate(result["report"])
    return result


def not_checked(result: Json) -> list[str]:
    """What could not be checked, without what no API tells."""
    findings = [one for one in result["report"]["findings"] if one["id"] == "not-checked"]
    return [one["message"] for one in findings if one["message"] not in ALWAYS.values()]


def account(result: Json, waba_id: str) -> Json:
    return next(one for one in result["report"]["accounts"] if one["waba_id"] == waba_id)


def ways(result: Json) -> dict[str, dict[str, list[str]]]:
    return {one["user_id"]: {way["way"]: way["waba_ids"] for way in one["ways"]} for one in result["report"]["people"]}


def test_each_way_to_act_is_in_the_report(bench: Bench) -> None:
    bench.sandbox.add_person("777", "Ann Admin", role="ADMIN")
    bench.sandbox.add_person("778", "Admin Bot", user_type="SYSTEM_USER", role="admin")
    result = run(bench)
    every = [SUPPORT, PARTNERS, MARKETING]
    found = ways(result)
    assert found["777"] == {"admin": every}
    assert found["778"] == {"admin-system-user": every}
    assert found[JOHN] == {"assigned": [SUPPORT, MARKETING], "admin": every}
    assert found[OWN] == {"assigned": [SUPPORT, MARKETING], "admin-system-user": every}
    assert found[MARIA] == {"assigned": [SUPPORT]}
    assert "3456789012345678" not in found, "an employee without tasks cannot act"
    people = {one["user_id"]: one for one in result["report"]["people"]}
    assert {key: people[JOHN][key] for key in ("name", "role", "business_id", "user_type")} == {
        "name": "John Smith",
        "role": "ADMIN",
        "business_id": BUSINESS,
        "user_type": "BUSINESS_USER",
    }
    assert list(people) == sorted(people, key=lambda one: (len(one), one))


def test_an_admin_without_tasks_is_looked_at_as_well(bench: Bench) -> None:
    bench.sandbox.add_person("777", "Ann Admin", role="ADMIN", two_fac_status="DISABLED", marked_for_removal=True)
    bench.sandbox.add_person("778", "Eve Employee", role="EMPLOYEE", two_fac_status="DISABLED", marked_for_removal=True)
    bench.sandbox.add_person("779", "Max Admin", role="ADMIN", two_fac_status="PERHAPS")
    result = run(bench, fail_on=["no-two-factor", "not-checked"])
    about = [one for one in result["report"]["findings"] if one["user_id"] in ("777", "778", "779")]
    who = f"Ann Admin (777) is an admin of the business {BUSINESS} and"
    assert {one["id"]: one["message"] for one in about} == {
        "marked-for-removal": f"{who} is marked for removal from it.",
        "no-two-factor": f"{who} has no two-factor authentication.",
    }
    assert len(about) == 2, "an employee without tasks cannot act"
    assert not_checked(result) == [
        "The API does not report whether these have two-factor authentication: Max Admin (779)."
    ]
    assert len(result["failing"]) == 3, "the third is that of a person with tasks"


@pytest.mark.parametrize("shape", ["nested", "flat"])
@pytest.mark.parametrize("accounts", [[], ALL])
@pytest.mark.parametrize("read_people", [True, False])
def test_the_apps_and_the_owner_of_each_account(
    bench: Bench, accounts: list[Json], shape: str, read_people: bool
) -> None:
    bench.sandbox.configure(apps_shape=shape)
    result = run(bench, audit_accounts=accounts, read_people=read_people)
    assert [one["name"] for one in account(result, SUPPORT)["apps"]] == ["Example Access App", "Support Desk"]
    assert account(result, PARTNERS)["owner"] == {"id": PARTNER, "name": "Partner Agency Ltd"}
    assert account(result, PARTNERS)["on_behalf_of"] == {"id": BUSINESS, "name": "Example Business Inc"}
    assert account(result, SUPPORT)["on_behalf_of"] is None
    assert result["report"]["businesses"] == [{"id": BUSINESS, "name": "Example Business Inc"}]
    assert result["report"]["token_user"] == {"id": OWN, "name": "Automation Bot"}


def test_invitations_have_their_end(bench: Bench) -> None:
    invitation = {
        "business_id": BUSINESS,
        "id": "8901234567890123",
        "role": "EMPLOYEE",
        "status": "PENDING",
        "expires": "2026-12-01T09:00:00+0000",
        "invited_by": "John Smith",
    }
    assert run(bench)["report"]["invitations"] == [invitation]
    with_emails = run(bench, emails=True)["report"]
    assert with_emails["invitations"] == [{**invitation, "email": "new.colleague@example.com"}]
    assert {one["user_id"]: one["email"] for one in with_emails["people"]}[JOHN] == "john.smith@example.com"
    assert run(bench, read_people=False)["report"]["invitations"] == []


def test_the_history_is_shown_where_it_is_asked_for(bench: Bench) -> None:
    assert run(bench)["report"]["activities"] is None
    granted, added = run(bench, activities=True)["report"]["activities"]
    assert granted == {
        "waba_id": SUPPORT,
        "at": "2026-11-02T16:45:00Z",
        "type": "PERMISSION_GRANTED",
        "actor": "John Smith",
        "target": "Maria Garcia",
        "text": "VIEW_TEMPLATES was granted to Maria Garcia",
    }
    assert (added["type"], added["target"]) == ("USER_ADDED", "Ahmed Hassan")


@pytest.mark.parametrize("shape", ["v25", "odd"])
def test_histories_of_other_shapes_are_texts(bench: Bench, shape: str) -> None:
    bench.sandbox.configure(activities_shape=shape)
    result = run(bench, activities=True, audit_accounts=[{"waba_id": SUPPORT}])
    found = result["report"]["activities"]
    assert {one["waba_id"] for one in found} == {SUPPORT}
    if shape == "v25":
        assert found[0] == {
            "waba_id": SUPPORT,
            "at": "2026-11-02T16:45:00Z",
            "type": "PERMISSION_GRANTED",
            "actor": BUSINESS,
            "target": None,
            "text": None,
        }
    else:
        assert found[0] == {
            "waba_id": SUPPORT,
            "at": "1",
            "type": "7",
            "actor": None,
            "target": None,
            "text": '[null, {"x": []}]',
        }
    assert not_checked(result) == not_checked(run(bench, audit_accounts=[{"waba_id": SUPPORT}]))


def test_an_activity_is_short_and_about_people() -> None:
    assert activity({"activity_type": "TEMPLATE_CREATED"}) is None
    assert len((activity({"description": "x" * 5000}) or {})["text"]) == 300
    assert activity({}) == {"at": None, "type": None, "actor": None, "target": None, "text": None}


def test_what_no_api_tells_is_always_said_and_fails_no_run(bench: Bench) -> None:
    result = run(bench, fail_on=["not-checked"])
    assert not_checked(result) == []
    assert result["failing"] == []
    messages = [one["message"] for one in result["report"]["findings"]]
    assert all(messages.count(text) == 1 for text in ALWAYS.values())


HIDDEN = [
    ({"hidden_fields": ("role",)}, "does not report the role of"),
    ({"unknown_person_fields": ("role",)}, "does not report the role of"),
    ({"hidden_fields": ("two_fac_status",)}, "whether these have two-factor authentication"),
    ({"unknown_person_fields": ("two_fac_status",)}, "whether these have two-factor authentication"),
    ({"hidden_fields": ("marked_for_removal",)}, "does not report who is to be removed of"),
    ({"unknown_person_fields": ("marked_for_removal",)}, "does not report who is to be removed of"),
    ({"hidden_fields": ("user_type",)}, "whether these are people, system users or personal users"),
    ({"unknown_fields": ("user_type",)}, "whether these are people, system users or personal users"),
    ({"hidden_fields": ("business",)}, "to which business these belong: Nina Former (3344556677889900)"),
    ({"unknown_fields": ("business",)}, "to which business these belong"),
    ({"hidden_fields": ("owner_business_info",)}, "the owner could not be read"),
    ({"unknown_fields": ("owner_business_info",)}, "the owner could not be read"),
    ({"unknown_fields": ("on_behalf_of_business_info",)}, "the owner could not be read"),
    ({"hidden_fields": ("expiration_time",)}, "does not report all of this: expires"),
    ({"unknown_person_fields": ("status", "created_by")}, "does not report all of this: invited_by, status"),
    ({"unlisted": (JOHN,)}, "could not all be read"),
    ({"unlisted": ("8901234567890123",)}, f"The invitations of the business {BUSINESS} could not all be read"),
    ({"refused_edges": ("business_users",)}, "who left it, or is an admin"),
    ({"refused_edges": ("system_users",)}, "act on every account as admins"),
    ({"refused_edges": ("pending_users",)}, f"The invitations of the business {BUSINESS} could not all be read"),
    ({"refused_edges": ("subscribed_apps",)}, "the apps that act on them could not be read"),
    ({"unknown_edges": ("subscribed_apps",)}, "the apps that act on them could not be read"),
    ({"refused_edges": ("activities",)}, "the history could not be read"),
    ({"unknown_edges": ("activities",)}, "the history could not be read"),
    (
        {"refused_edges": ("client_whatsapp_business_accounts",)},
        f"It is unknown whether the business {BUSINESS} has other client accounts",
    ),
]


@pytest.mark.parametrize(("behaviours", "words"), HIDDEN)
@pytest.mark.parametrize("accounts", [[], ALL])
def test_a_hidden_field_or_a_missing_right_is_not_checked_and_can_fail_the_run(
    bench: Bench, accounts: list[Json], behaviours: Json, words: str
) -> None:
    bench.sandbox.configure(**behaviours)
    kinds = ["owned"] if "client_whatsapp_business_accounts" in str(behaviours) else ["owned", "client"]
    result = run(bench, audit_accounts=accounts, account_kinds=kinds, activities=True, fail_on=["not-checked"])
    assert any(words in text for text in not_checked(result)), not_checked(result)
    assert any(words in line for line in result["failing"])
    assert len(not_checked(result)) <= 5, "one cause, few findings"


def test_a_token_without_business_management(bench: Bench) -> None:
    result = run(bench, token="no-business", audit_accounts=ALL)
    checks = "\n".join(not_checked(result))
    for words in (
        f"The people of the business {BUSINESS} could not all be read",
        f"The system users of the business {BUSINESS} could not all be read",
        f"The invitations of the business {BUSINESS} could not all be read",
        f"It is unknown whether the business {BUSINESS} has other owned accounts",
        f"It is unknown whether the business {BUSINESS} has other client accounts",
    ):
        assert words in checks
    assert "business_management" in checks
    # What needs no such right is there.
    assert account(result, PARTNERS)["owner"]["id"] == PARTNER
    assert account(result, SUPPORT)["apps"]
    assert ways(result)[JOHN] == {"assigned": [SUPPORT, MARKETING]}


def test_a_token_that_may_not_say_whose_it_is(bench: Bench) -> None:
    result = run(bench, token="no-me")
    assert result["report"]["token_user"] is None
    assert any("user of the access token" in text for text in not_checked(result))


def test_accounts_of_the_business_that_were_not_audited_are_named(bench: Bench) -> None:
    (text,) = not_checked(run(bench, audit_accounts=[{"waba_id": SUPPORT}]))
    assert f"Partner Hotline ({PARTNERS}), Example Marketing ({MARKETING})" in text
    (text,) = not_checked(run(bench, account_kinds=["owned"]))
    assert text == f"These accounts of the business {BUSINESS} were not audited: Partner Hotline ({PARTNERS})."
    coverage, people = not_checked(run(bench, audit_accounts=ALL, read_people=False))
    assert "read_people is false" in people
    assert coverage.count("they were not listed") == 2


def test_an_account_that_cannot_be_read_has_one_finding(bench: Bench) -> None:
    result = run(bench, audit_accounts=[*ALL, {"waba_id": "999"}], activities=True)
    assert not_checked(result) == []
    lost = account(result, "999")
    assert (lost["owner"], lost["on_behalf_of"], lost["apps"]) == (None, None, None)


def test_an_app_without_an_id_leaves_the_apps_unknown(bench: Bench) -> None:
    value = {"data": [{"name": "Nobody"}]}
    bench.sandbox.inject(Fault("json", path=f"{SUPPORT}/subscribed_apps", in_batch=True, value=value, times=0))
    result = run(bench)
    assert account(result, SUPPORT)["apps"] is None
    (text,) = not_checked(result)
    assert text.startswith(f"Example Support ({SUPPORT}): the apps that act on them could not be read")


def test_a_reason_that_accounts_share_is_told_once(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", path="subscribed_apps", in_batch=True, status=403, code=200, times=0))
    (text,) = not_checked(run(bench))
    assert all(name in text for name in ("Example Support", "Partner Hotline", "Example Marketing"))
    assert not_checked(run(bench)) == [text], "the same words in each run"


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("activities", [False, True])
def test_200_accounts_of_20_people_take_few_round_trips(
    start: t.Callable[..., Bench], named: bool, activities: bool
) -> None:
    bench = start(accounts=200, people_each=20)
    accounts = [{"waba_id": waba_id} for waba_id in bench.sandbox.waba_ids] if named else []
    result = run(bench, audit_accounts=accounts, activities=activities)
    made = round_trips(bench)
    # First the token's user, the invitations, people and accounts of the business in two pages each, then all else.
    per_account = 3 if activities else 2
    assert [len(calls) for calls in made] == [6, 2, *[50] * (4 * per_account)]
    assert bench.sandbox.connections == 1
    report = result["report"]
    assert len(report["accounts"]) == 200
    assert all(one["owner"]["id"] == BUSINESS and len(one["apps"]) == 1 for one in report["accounts"])
    assert not_checked(result) == []
    assert ways(result)[JOHN] == {"admin": [one["waba_id"] for one in report["accounts"]]}


def test_200_named_accounts_without_the_right_to_list_them(start: t.Callable[..., Bench]) -> None:
    bench = start(accounts=200, people_each=20)
    accounts = [{"waba_id": waba_id} for waba_id in bench.sandbox.waba_ids]
    alone = run(bench, audit_accounts=accounts, read_people=False)
    assert [len(calls) for calls in round_trips(bench)] == [*[50] * 12, 1]
    refused = run(bench, token="no-business", audit_accounts=accounts)
    assert [len(calls) for calls in round_trips(bench)] == [6, *[50] * 12]
    for result in (alone, refused):
        assert all(one["owner"]["id"] == BUSINESS for one in result["report"]["accounts"])

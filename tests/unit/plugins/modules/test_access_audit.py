# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`waba_access_audit_info`: what it reads, and what it compares."""

from __future__ import annotations

import datetime
import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import audit
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.modules import waba_access_audit_info
from sandbox import Fault
from tasks import Json, options_of, round_trips

if t.TYPE_CHECKING:
    from conftest import Bench

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "docs" / "audit-report.schema.json").read_text(encoding="utf-8"))

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
JOHN = "2345678901234567"
MARIA = "4567890123456789"
OWN = "100081234567890123"


def run(bench: Bench, **options: t.Any) -> Json:
    bench.sandbox.clear_log()
    given = options_of(waba_access_audit_info, {"business_id": bench.sandbox.business_id, **options})
    now = datetime.datetime(2026, 11, 24, 6, 0, tzinfo=datetime.timezone.utc)
    result = audit.audit_access(given, bench.client(), now=now)
    jsonschema.Draft202012Validator(SCHEMA).validate(result["report"])
    return result


def found(result: Json, *kinds: str) -> list[tuple[str, str | None, str | None]]:
    return [(one["id"], one["waba_id"], one["user_id"]) for one in result["report"]["findings"] if one["id"] in kinds]


def accounts_not_compared(result: Json) -> set[str | None]:
    findings = result["report"]["findings"]
    return {one["waba_id"] for one in findings if one["id"] == "not-checked" and "declared" in one["message"]}


def test_without_accounts_all_of_the_business_are_audited(bench: Bench) -> None:
    result = run(bench, fail_on=["left-business", "drift"])
    assert round_trips(bench) == [["GET"] * 6, ["GET"] * 6]
    assert result["report"]["generated_at"] == "2026-11-24T06:00:00Z"
    assert [one["name"] for one in result["report"]["accounts"]] == [
        "Example Support",
        "Partner Hotline",
        "Example Marketing",
    ]
    (line,) = result["failing"]
    assert line.startswith("left-business: Nina Former (3344556677889900) is no longer in the business")
    assert result["report"]["drift"] is None


def test_an_empty_list_of_accounts_means_not_given(bench: Bench) -> None:
    declared = [{"waba_id": SUPPORT, "users": [{"user_id": JOHN, "tasks": ["MANAGE"]}]}]
    assert len(run(bench, audit_accounts=[], accounts=declared)["report"]["accounts"]) == 1


def test_drift_is_what_waba_access_would_change(bench: Bench) -> None:
    users = [
        {"email": "john.smith@example.com", "tasks": "MANAGE,MANAGE_USERS"},
        {"user_id": MARIA, "state": "absent"},
        {"email": "jane.doe@example.com", "tasks": ["DEVELOP"]},
    ]
    result = run(bench, accounts=[{"waba_id": SUPPORT, "name": "Support", "users": users, "purge_users": "false"}])
    assert {
        (user, entry["status"]) for entry in result["report"]["drift"] if (user := entry["user_id"]) in (JOHN, MARIA)
    } == {
        (JOHN, "different"),
        (MARIA, "extra"),
    }
    assert len(found(result, "drift")) == 3
    assert len(found(result, "undeclared-people")) == 2
    assert found(result, "undeclared-admin-tasks") == [("undeclared-admin-tasks", SUPPORT, OWN)]
    purged = run(bench, accounts=[{"waba_id": SUPPORT, "users": users, "purge_users": "yes"}])
    assert len(found(purged, "drift")) == 6


def test_accounts_to_audit_take_their_declaration_from_the_declared_ones(bench: Bench) -> None:
    declared = [
        {"waba_id": SUPPORT, "users": [{"user_id": JOHN, "tasks": ["MANAGE"]}]},
        {"waba_id": "777", "users": [{"user_id": JOHN, "tasks": ["MANAGE"]}]},
    ]
    result = run(bench, audit_accounts=[{"waba_id": SUPPORT, "name": "S"}, {"waba_id": MARKETING}], accounts=declared)
    assert [one["name"] for one in result["report"]["accounts"]] == ["S", None]
    assert {entry["waba_id"] for entry in result["report"]["drift"]} == {SUPPORT}
    assert accounts_not_compared(result) == {MARKETING, "777"}


def test_a_declared_account_that_is_not_audited_is_never_forgotten(bench: Bench) -> None:
    """Nor are its people looked up: they are not known to be missing."""
    declared = [
        {"waba_id": SUPPORT, "users": [{"user_id": JOHN, "tasks": ["MANAGE"]}]},
        {"waba_id": "777", "users": [{"email": "john.smith@example.com", "tasks": ["MANAGE"]}]},
        {"waba_id": "888", "business_id": "5", "users": [{"user_id": JOHN, "tasks": ["MANAGE"]}]},
    ]
    result = run(bench, audit_accounts=[{"waba_id": SUPPORT}], accounts=declared, read_people=False)
    assert accounts_not_compared(result) == {"777", "888"}
    assert found(result, "declared-unknown") == []


def test_accounts_to_audit_can_have_businesses_of_their_own(bench: Bench) -> None:
    accounts = [{"waba_id": SUPPORT, "business_id": bench.sandbox.business_id}]
    result = run(bench, business_id=None, audit_accounts=accounts, users=[{"user_id": MARIA, "tasks": ["DEVELOP"]}])
    assert result["report"]["accounts"][0]["business_id"] == bench.sandbox.business_id
    assert found(result, "drift") == [("drift", SUPPORT, MARIA)]


def test_users_of_every_declared_account_are_not_expected_on_others(bench: Bench) -> None:
    audited = [{"waba_id": SUPPORT}, {"waba_id": MARKETING}]
    everywhere = [{"user_id": MARIA, "tasks": ["DEVELOP"]}]
    result = run(bench, audit_accounts=audited, accounts=[{"waba_id": SUPPORT}], users=everywhere)
    assert found(result, "drift") == [("drift", SUPPORT, MARIA)]
    assert ("not-checked", MARKETING, None) in found(result, "not-checked")


def test_an_account_that_is_purged_of_all_but_the_kept_drifts(bench: Bench) -> None:
    rules = {"purge_users": "true", "keep_users": JOHN}
    result = run(bench, accounts=[{"waba_id": SUPPORT, **rules}])
    drifted = {user for _kind, _account, user in found(result, "drift")}
    assert drifted == bench.sandbox.assigned(SUPPORT).keys() - {JOHN}
    assert run(bench, accounts=[{"waba_id": SUPPORT, "purge_users": True}])["report"]["drift"] is None


def test_two_short_names_of_one_person_are_refused_as_by_waba_access(bench: Bench) -> None:
    people = {"john": JOHN, "smith": {"email": "john.smith@example.com"}}
    accounts = [
        {"waba_id": waba_id, "users": [{"person": name, "tasks": ["MANAGE"]}]}
        for waba_id, name in ((SUPPORT, "john"), (MARKETING, "smith"))
    ]
    with pytest.raises(RefusedError, match="john and smith are the same person"):
        run(bench, people=people, accounts=accounts)


def test_access_past_its_end_is_a_finding_of_its_own_with_its_reason(bench: Bench) -> None:
    users = [
        {"user_id": MARIA, "tasks": ["MESSAGING"], "valid_until": "2020-02-29", "reason": "Contract 4711"},
        {"user_id": JOHN, "tasks": ["MANAGE"], "valid_until": "2099-12-31"},
    ]
    result = run(bench, accounts=[{"waba_id": SUPPORT, "users": users}])
    (finding,) = [one for one in result["report"]["findings"] if one["id"] == "overdue"]
    assert (finding["severity"], finding["waba_id"], finding["user_id"]) == ("high", SUPPORT, MARIA)
    assert "was to have access until 2020-02-29 (Contract 4711) and holds MESSAGING" in finding["message"]
    ended = {one["user_id"]: (one["valid_until"], one["reason"]) for one in result["report"]["drift"]}
    assert ended.pop(MARIA) == ("2020-02-29", "Contract 4711")
    assert ended.pop(JOHN) == ("2099-12-31", None)
    assert set(ended.values()) == {(None, None)}


def test_somebody_to_be_absent_who_cannot_be_found_is_a_finding(bench: Bench) -> None:
    users = [{"email": "gone@example.com", "state": "absent"}]
    result = run(bench, accounts=[{"waba_id": SUPPORT, "users": users}])
    (finding,) = [one for one in result["report"]["findings"] if one["id"] == "declared-unknown"]
    assert "gone@example.com was not found" in finding["message"]
    assert finding["message"].endswith("Nobody is removed for it.")


def test_declared_people_who_cannot_be_found_are_findings(bench: Bench) -> None:
    users = [{"email": "gone@example.com", "tasks": ["DEVELOP"]}, {"user_id": JOHN, "tasks": ["MANAGE"]}]
    result = run(bench, accounts=[{"waba_id": SUPPORT, "users": users, "purge_users": True}])
    assert found(result, "declared-unknown") == [("declared-unknown", SUPPORT, None)]
    # Somebody of the undeclared may be the one who could not be found: apply would purge nobody.
    assert {user for _kind, _account, user in found(result, "drift")} == {JOHN}


def test_a_list_of_the_business_that_is_not_whole_states_nothing(bench: Bench) -> None:
    bench.sandbox.configure(unlisted=(JOHN,))
    result = run(bench, accounts=[{"waba_id": MARKETING}])
    assert found(result, "left-business") == []
    assert found(result, "not-checked")


def test_an_account_that_cannot_be_read_is_a_finding(bench: Bench) -> None:
    result = run(bench, audit_accounts=[{"waba_id": SUPPORT}, {"waba_id": "999"}], read_people=False)
    assert found(result, "account-unreadable") == [("account-unreadable", "999", None)]
    # The users, the apps and the owner of each account, and the token's own user.
    assert round_trips(bench) == [["GET"] * 7]


def test_changes_since_an_earlier_report(bench: Bench, tmp_path: Path) -> None:
    earlier = tmp_path / "waba-access-audit.json"
    earlier.write_text(json.dumps(run(bench)["report"]), encoding="utf-8")
    bench.sandbox.remove(MARIA)
    changes = run(bench, baseline=str(earlier))["report"]["changes"]
    assert [(one["user_id"], one["change"]) for one in changes["people"]] == [(MARIA, "went")]
    for text, words in (("[]", "its format is not"), ("\xff", "it is not JSON"), ("[" * 200_000, "it is not JSON")):
        earlier.write_text(text, encoding="utf-8")
        with pytest.raises(OptionError, match=words):
            run(bench, baseline=str(earlier))
    with pytest.raises(OptionError, match="cannot be read: No such file"):
        run(bench, baseline=str(tmp_path / "nowhere.json"))
    assert bench.sandbox.log == []


def test_addresses_are_in_the_report_only_where_asked_for(bench: Bench) -> None:
    assert "john.smith@example.com" not in json.dumps(run(bench))
    assert "john.smith@example.com" in json.dumps(run(bench, emails=True))


def test_people_who_cannot_be_listed_are_a_finding(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", path="business_users", in_batch=True, status=403, code=200, times=0))
    assert ("not-checked", None, None) in found(run(bench), "not-checked")


def test_what_is_accepted_is_not_failing_and_what_is_accepted_no_more_is_a_warning(bench: Bench) -> None:
    agreed = {"id": "left-business", "person": "nina", "reason": "CHG-1"}
    people = {"nina": "3344556677889900"}
    result = run(bench, fail_on=["left-business"], accept=[agreed], people=people)
    assert (result["failing"], result["warnings"]) == ([], [])
    assert ", accepted: 1." in result["message"][0]
    others = [{**agreed, "valid_until": "2026-11-23"}, {**agreed, "account": "999*"}]
    result = run(bench, fail_on=["left-business"], accept=others, people=people)
    assert len(result["failing"]) == 1
    assert result["warnings"] == [
        "accept[0] (left-business) ended 2026-11-23: what it accepted counts again.",
        "accept[1] (left-business) accepts no finding: remove or correct it.",
    ]


def test_new_needs_a_baseline(bench: Bench) -> None:
    with pytest.raises(OptionError, match="fail_on: new needs baseline"):
        run(bench, fail_on=["new"])
    assert bench.sandbox.log == []


def test_only_what_is_new_fails(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(run(bench)["report"]), encoding="utf-8")
    assert run(bench, fail_on=["new"], baseline=str(path))["failing"] == []
    bench.sandbox.assign(JOHN, ["MESSAGING"], MARKETING)
    assert all(
        line.startswith("changed-since-baseline") for line in run(bench, fail_on=["new"], baseline=str(path))["failing"]
    )
    assert run(bench, fail_on=["new"], baseline=str(path))["failing"]

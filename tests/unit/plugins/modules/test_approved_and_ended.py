# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that are approved, and access that ends, through whole tasks."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access import access, manage_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_user
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_users as manage
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.modules import waba_assigned_user, waba_assigned_users
from sandbox import Fault
from tasks import Json, predicted, round_trips, run, waba_access_info_task, waba_access_task

if t.TYPE_CHECKING:
    from conftest import Bench

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
OWN = "100081234567890123"
JANE = "3456789012345678"  # jane.doe@example.com, not assigned
JOHN = "2345678901234567"
AHMED = "5678901234567890"
MARIA = "4567890123456789"
PAST, FUTURE = "2026-11-30", "2026-12-31"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> datetime:
        return datetime(2026, 12, 1, tzinfo=timezone.utc)

    monkeypatch.setattr(access, "utc_now", now)
    monkeypatch.setattr(manage_users, "utc_now", now)


def account(waba_id: str, *users: Json, **more: t.Any) -> Json:
    return {"waba_id": waba_id, "users": list(users), **more}


def entry(person: str, *tasks: str, **more: t.Any) -> Json:
    return {"person": person, "tasks": list(tasks), **more}


# Access that ends


def test_access_that_has_ended_is_removed_without_a_purge(bench: Bench) -> None:
    users = [entry(MARIA, "MESSAGING", valid_until=PAST, reason="Ticket 7"), entry(JANE, "DEVELOP", valid_until=FUTURE)]
    result = predicted(bench, accounts=[account(SUPPORT, *users)])
    assert bench.sandbox.tasks_of(MARIA) is None
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert [(one["user_id"], one["operation"], one["valid_until"], one["reason"]) for one in result["plan"]] == [
        (JANE, "add", FUTURE, None),
        (MARIA, "remove", PAST, "Ticket 7"),
    ]
    (diff,) = result["diff"]
    assert f"{MARIA} Maria Garcia: MESSAGING, VIEW_TEMPLATES (ended {PAST})\n" in diff["before"]
    assert "ended" not in diff["after"]
    assert f"removed {MARIA} Maria Garcia (MESSAGING, VIEW_TEMPLATES) (ended {PAST})" in result["msg"]
    assert not waba_access_task(bench, accounts=[account(SUPPORT, *users)])["changed"]


@pytest.mark.parametrize(
    "users",
    [
        [entry("maria", "MESSAGING")],
        [entry("maria", "MESSAGING", valid_until=FUTURE)],
        [entry(MARIA, "MESSAGING")],
        [{"email": "Maria.Garcia@example.com", "tasks": ["MESSAGING"]}],
    ],
)
def test_an_end_of_a_person_holds_in_every_entry(bench: Bench, users: list[Json]) -> None:
    people = {"maria": {"id": MARIA, "email": "maria.garcia@example.com", "valid_until": PAST, "reason": "Left"}}
    (change,) = predicted(bench, people=people, accounts=[account(SUPPORT, *users)])["plan"]
    assert (change["user_id"], change["operation"], change["reason"]) == (MARIA, "remove", "Left")


def test_the_end_of_an_entry_wins_where_it_is_earlier(bench: Bench) -> None:
    people = {"maria": {"id": MARIA, "valid_until": FUTURE, "reason": "Contract"}}
    users = [entry("maria", "MESSAGING", valid_until=PAST, reason="Sprint")]
    (change,) = predicted(bench, people=people, accounts=[account(SUPPORT, *users)])["plan"]
    assert (change["operation"], change["valid_until"], change["reason"]) == ("remove", PAST, "Sprint")


def test_an_accounts_own_entry_is_used_instead_of_one_that_has_ended(bench: Bench) -> None:
    own = entry(MARIA, "MESSAGING", "VIEW_TEMPLATES", valid_until=FUTURE)
    everywhere = entry(MARIA, "MESSAGING", valid_until=PAST)
    assert not predicted(bench, accounts=[account(SUPPORT, own)], users=[everywhere])["changed"]


def test_a_kept_person_is_kept_until_their_end(bench: Bench) -> None:
    users = [entry(OWN, "FULL_CONTROL"), entry(JOHN, "MANAGE")]
    people = {"maria": {"id": MARIA, "valid_until": FUTURE}}
    shared: Json = {"accounts": [account(SUPPORT, *users, purge_users=True, keep_users=["maria"])]}
    waba_access_task(bench, people=people, **shared)
    assert bench.sandbox.tasks_of(MARIA) is not None
    waba_access_task(bench, people={"maria": {"id": MARIA, "valid_until": PAST}}, **shared)
    assert bench.sandbox.tasks_of(MARIA) is None


def test_what_the_guard_protects_stays_with_its_account_and_the_rest_is_done(bench: Bench) -> None:
    users = [entry(OWN, "FULL_CONTROL", valid_until=PAST), entry(MARIA, "MESSAGING", valid_until=PAST)]
    result = predicted(bench, accounts=[account(SUPPORT, *users), account(MARKETING, entry(JANE, "DEVELOP"))])
    assert result["failed"]
    assert bench.sandbox.tasks_of(OWN) == {"FULL_CONTROL"}
    assert bench.sandbox.tasks_of(MARIA) is None
    assert bench.sandbox.tasks_of(JANE, MARKETING) == {"DEVELOP"}
    (refused,) = result["accounts"][0]["failed_users"]
    assert refused["id"] == OWN
    assert "own user" in result["msg"]
    assert OWN not in {one["user_id"] for one in result["plan"]}


def test_no_more_ended_access_stays_than_the_guard_protects(bench: Bench) -> None:
    users = [entry(OWN, "FULL_CONTROL", valid_until=PAST), entry(JOHN, "MANAGE", valid_until=PAST)]
    result = predicted(bench, accounts=[account(SUPPORT, *users)])
    assert [one["id"] for one in result["accounts"][0]["failed_users"]] == [OWN]
    assert bench.sandbox.tasks_of(JOHN) is None
    assert bench.sandbox.tasks_of(OWN) == {"FULL_CONTROL"}


@pytest.mark.parametrize("end", [PAST, FUTURE])
def test_who_is_to_be_absent_is_not_shown_as_ended(bench: Bench, end: str) -> None:
    people = {"maria": {"id": MARIA, "valid_until": end}}
    users = [{"person": "maria", "state": "absent"}]
    result = predicted(bench, people=people, accounts=[account(SUPPORT, *users)])
    assert [(one["user_id"], one["valid_until"]) for one in result["plan"]] == [(MARIA, None)]
    assert "ended" not in result["diff"][0]["before"]


def test_an_account_whose_kept_users_have_all_ended_is_not_purged(bench: Bench) -> None:
    people = {"john": {"id": JOHN, "valid_until": PAST}}
    purge = account(SUPPORT, purge_users=True, keep_users=["john"])
    result = predicted(bench, people=people, accounts=[purge])
    assert not result["changed"]
    assert any("was not purged" in warning for warning in result["warnings"])


def test_an_account_whose_declared_users_have_all_ended_is_not_purged(bench: Bench) -> None:
    purge = account(SUPPORT, entry(MARIA, "MESSAGING", valid_until=PAST), purge_users=True)
    before = bench.sandbox.assigned()
    result = predicted(bench, accounts=[purge])
    assert bench.sandbox.assigned() == {user: held for user, held in before.items() if user != MARIA}
    assert any("was not purged" in warning for warning in result["warnings"])


def test_a_person_who_cannot_be_found_after_the_end_is_a_warning(bench: Bench) -> None:
    users = [entry("gone@example.com", "MESSAGING", valid_until=PAST)]
    result = predicted(bench, accounts=[account(SUPPORT, *users)])
    assert not result["changed"]
    assert any("gone@example.com" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"valid_until": "tomorrow"}, r"accounts\[0\]\.users\[0\]\.valid_until must be a date"),
        ({"valid_until": "2026-02-29"}, r"accounts\[0\]\.users\[0\]\.valid_until: there is no such day"),
        ({"valid_until": "2026-12-31T12:00"}, r"accounts\[0\]\.users\[0\]\.valid_until: .* has no offset"),
        ({"valid_until": FUTURE, "state": "absent"}, r"accounts\[0\]\.users\[0\] has valid_until beside state absent"),
        ({"reason": ""}, r"accounts\[0\]\.users\[0\]\.reason must be a text"),
        ({"reason": ["x"]}, r"accounts\[0\]\.users\[0\]\.reason must be a text"),
        ({"valid_untill": FUTURE}, r"has no key valid_untill \(did you mean valid_until\?\)"),
    ],
)
def test_bad_ends_are_refused_before_any_request(bench: Bench, more: Json, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        waba_access_task(bench, accounts=[account(SUPPORT, entry(MARIA, "MESSAGING", **more))])
    with pytest.raises(OptionError, match=r"people\.maria\.valid_until"):
        waba_access_task(
            bench,
            people={"maria": {"id": MARIA, "valid_until": "soon"}},
            accounts=[account(SUPPORT, entry(JANE, "DEVELOP"))],
        )
    assert round_trips(bench) == []


def test_one_person_of_one_account_ends(bench: Bench) -> None:
    options: Json = {"waba_id": SUPPORT, "user_id": MARIA, "tasks": ["MESSAGING"], "valid_until": PAST}
    result = run(waba_assigned_user, manage_user, bench, options, check_mode=False)
    assert (result["changed"], result["assigned_user"]) == (True, {})
    assert result["diff"]["before"].endswith(f" (ended {PAST})\n")
    assert bench.sandbox.tasks_of(MARIA) is None
    with pytest.raises(OptionError, match="valid_until has no use beside state absent"):
        run(waba_assigned_user, manage_user, bench, {**options, "state": "absent"}, check_mode=False)


def test_the_export_keeps_ends_and_reasons(bench: Bench) -> None:
    people = {"maria": {"email": "maria.garcia@example.com", "valid_until": FUTURE, "reason": "Contract"}}
    declared = [
        account(SUPPORT, entry("maria", "MESSAGING"), entry(JOHN, "MANAGE", valid_until=PAST), entry(JANE, "DEVELOP"))
    ]
    everywhere = [{"user_id": AHMED, "tasks": ["DEVELOP"], "valid_until": FUTURE}]
    exported = waba_access_info_task(bench, people=people, accounts=declared, users=everywhere)["declaration"]
    (found,) = exported["waba_access_accounts"]
    users = {one["person"]: one for one in found["users"]}
    assert users["maria_garcia"]["valid_until"] == FUTURE
    assert users["maria_garcia"]["reason"] == "Contract"
    assert users["john_smith"]["valid_until"] == PAST
    assert users["ahmed_hassan"]["valid_until"] == FUTURE
    assert {name for name, one in users.items() if "valid_until" in one} == {
        "maria_garcia",
        "john_smith",
        "ahmed_hassan",
    }


# Plans that are approved


DECLARED = [
    account(SUPPORT, entry(JANE, "DEVELOP", valid_until=FUTURE), entry(MARIA, "MESSAGING")),
    account(MARKETING, entry(JANE, "DEVELOP")),
]


def test_the_approved_plan_is_made_at_no_further_cost(bench: Bench) -> None:
    preview = waba_access_task(bench, check_mode=True, accounts=DECLARED)
    assert preview["plan_id"] == waba_access_task(bench, check_mode=True, accounts=DECLARED[::-1])["plan_id"]
    approved = predicted(bench, accounts=DECLARED, plan=preview["plan"], plan_id=preview["plan_id"])
    trips = round_trips(bench)
    assert (approved["plan"], approved["plan_id"]) == (preview["plan"], preview["plan_id"])
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}
    for waba_id in (SUPPORT, MARKETING):
        bench.sandbox.remove(JANE, waba_id)
    bench.sandbox.assign(MARIA, ["MESSAGING", "VIEW_TEMPLATES"], SUPPORT)
    waba_access_task(bench, accounts=DECLARED)
    assert round_trips(bench) == trips


@pytest.mark.parametrize("options", [("plan",), ("plan_id",), ("plan", "plan_id")])
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_plan_that_is_not_the_approved_one_changes_nothing(
    bench: Bench, options: tuple[str, ...], check_mode: bool
) -> None:
    preview = waba_access_task(bench, check_mode=True, accounts=DECLARED)
    bench.sandbox.assign(JANE, ["MESSAGING"], MARKETING)
    before = [bench.sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)]
    with pytest.raises(RefusedError) as caught:
        waba_access_task(
            bench, accounts=DECLARED, check_mode=check_mode, **{option: preview[option] for option in options}
        )
    assert [bench.sandbox.assigned(waba_id) for waba_id in (SUPPORT, MARKETING)] == before
    assert str(caught.value).startswith("Nothing was changed: the plan is now ")
    if "plan" in options:
        assert f"Different: account {MARKETING}, {JANE}" in str(caught.value)
    now = waba_access_task(bench, check_mode=True, accounts=DECLARED)
    assert caught.value.result == {"plan": now["plan"], "plan_id": now["plan_id"]}


def test_an_account_that_cannot_be_read_is_the_reason_for_another_plan(bench: Bench) -> None:
    preview = waba_access_task(bench, check_mode=True, accounts=DECLARED)
    bench.sandbox.inject(Fault("status", waba_id=MARKETING, status=403, code=200, times=0))
    before = bench.sandbox.assigned(SUPPORT)
    with pytest.raises(RefusedError, match=rf"(?s)^Nothing was changed: .*{MARKETING}.*\nGone: account") as caught:
        waba_access_task(bench, accounts=DECLARED, plan=preview["plan"])
    assert caught.value.result["graph_error"]["code"] == 200
    assert bench.sandbox.assigned(SUPPORT) == before


def test_an_end_that_passes_after_the_approval_is_another_plan(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = waba_access_task(bench, check_mode=True, accounts=DECLARED)
    monkeypatch.setattr(access, "utc_now", lambda: datetime(2027, 1, 1, tzinfo=timezone.utc))
    with pytest.raises(RefusedError, match="Gone"):
        waba_access_task(bench, accounts=DECLARED, plan=preview["plan"])


def test_a_revocation_can_be_approved(bench: Bench) -> None:
    preview = waba_access_task(bench, check_mode=True, revoke=[MARIA])
    assert not waba_access_task(bench, revoke=[MARIA], plan_id=preview["plan_id"]).get("failed")
    with pytest.raises(RefusedError, match="Now: no changes"):
        waba_access_task(bench, revoke=[MARIA], plan_id=preview["plan_id"])


def test_the_plan_of_one_account_is_approved(bench: Bench) -> None:
    options: Json = {"waba_id": SUPPORT, "users": [{"user_id": JANE, "tasks": ["DEVELOP"], "valid_until": FUTURE}]}
    preview = run(waba_assigned_users, manage, bench, options, check_mode=True)
    (change,) = preview["plan"]
    assert (change["waba_id"], change["user_id"], change["valid_until"]) == (SUPPORT, JANE, FUTURE)
    with pytest.raises(RefusedError, match="Gone"):
        run(waba_assigned_users, manage, bench, {**options, "users": [], "plan": [change]}, check_mode=False)
    done = run(waba_assigned_users, manage, bench, {**options, "plan_id": preview["plan_id"]}, check_mode=False)
    assert (done["plan"], done["plan_id"]) == (preview["plan"], preview["plan_id"])
    assert bench.sandbox.tasks_of(JANE) == {"DEVELOP"}

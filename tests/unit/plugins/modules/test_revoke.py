# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`revoke`: a person's access ends on every account, and nobody else is touched."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from sandbox import Fault
from tasks import Json, predicted, round_trips, waba_access_task

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
HOTLINE = "5432109876543210"  # of the partner, shared with the business
BUSINESS = "9876543210987654"
PARTNER = "8765432109876543"
OWN = "100081234567890123"
JANE = "3456789012345678"
JOHN = "2345678901234567"  # on SUPPORT and MARKETING
MARIA = "4567890123456789"  # on SUPPORT
NINA = "3344556677889900"  # Nina Former, has left the business, on MARKETING

ACCOUNTS: list[Json] = [{"waba_id": SUPPORT, "name": "Support"}, {"waba_id": MARKETING}]


@pytest.mark.parametrize("person", [JOHN, int(JOHN), "john.smith@example.com", "John Smith", " john SMITH ", "john"])
def test_a_person_is_found_by_id_address_name_or_short_name(bench: Bench, person: t.Any) -> None:
    others = {user for user in bench.sandbox.assigned() if user != JOHN}
    result = predicted(bench, revoke=[person], people={"john": JOHN})
    assert bench.sandbox.tasks_of(JOHN) is None
    assert bench.sandbox.tasks_of(JOHN, MARKETING) is None
    assert bench.sandbox.assigned().keys() == others
    assert result["summary"] == {"accounts": 3, "changed": 2, "unchanged": 1, "failed": 0}
    assert (
        "All 3 accounts of business 9876543210987654: access revoked on 2, no access on 1, 0 failed." in result["msg"]
    )
    assert f"Account Example Marketing ({MARKETING}): removed {JOHN} John Smith (MANAGE)." in result["msg"]


def test_only_the_person_is_touched_whatever_the_file_declares(bench: Bench) -> None:
    accounts = [
        {**ACCOUNTS[0], "purge_users": True, "users": [{"user_id": JANE, "tasks": ["DEVELOP"]}]},
        {**ACCOUNTS[1], "max_removals": 0},
    ]
    result = predicted(bench, revoke=[JOHN], accounts=accounts, max_removals=0, purge_users=True)
    assert [one["user_id"] for one in result["plan"]] == [JOHN, JOHN]
    assert bench.sandbox.tasks_of(JANE) is None
    assert bench.sandbox.tasks_of(MARIA) is not None


def test_a_person_who_has_left_the_business_is_found_on_the_accounts(bench: Bench) -> None:
    predicted(bench, revoke=["Nina Former"])
    assert bench.sandbox.tasks_of(NINA, MARKETING) is None


def test_by_id_nobody_is_listed(bench: Bench) -> None:
    predicted(bench, revoke=[MARIA], accounts=ACCOUNTS)
    assert not any("business_users" in request.raw_target for request in bench.sandbox.log)
    assert round_trips(bench)[0] == ["GET", "GET"]


def test_an_account_of_another_business_is_looked_through_for_every_id_found_anywhere(bench: Bench) -> None:
    bench.sandbox.assign(MARIA, ["MESSAGING"], HOTLINE)
    accounts = [*ACCOUNTS, {"waba_id": HOTLINE, "business_id": PARTNER}]
    result = predicted(bench, revoke=["maria.garcia@example.com"], accounts=accounts)
    assert result["summary"] == {"accounts": 3, "changed": 2, "unchanged": 1, "failed": 0}
    assert bench.sandbox.tasks_of(MARIA, HOTLINE) is None
    assert bench.sandbox.tasks_of(MARIA) is None


def test_an_address_in_a_business_that_cannot_be_listed_is_never_no_access(bench: Bench) -> None:
    """The person may have another id there."""
    accounts = [*ACCOUNTS, {"waba_id": HOTLINE, "business_id": PARTNER}]
    result = predicted(bench, revoke=["maria.garcia@example.com"], accounts=accounts)
    assert bench.sandbox.tasks_of(MARIA) is None
    assert (
        "Could not verify that maria.garcia@example.com has no access under another id" in result["accounts"][2]["msg"]
    )
    assert result["summary"] == {"accounts": 3, "changed": 1, "unchanged": 1, "failed": 1}


@pytest.mark.parametrize("person", ["999999", "nobody@example.com", "Mara Garcia", "marja"])
def test_nobody_by_that_anywhere_is_an_error_with_suggestions(bench: Bench, person: str) -> None:
    with pytest.raises(RefusedError, match="was not found in the business or on the accounts") as caught:
        waba_access_task(bench, revoke=[person], people={"maria": MARIA})
    assert ("did you mean" in str(caught.value)) == (person in ("Mara Garcia", "marja"))


def test_a_short_name_without_its_table_is_told_so(bench: Bench) -> None:
    with pytest.raises(RefusedError, match=r"A short name needs the people who have one, as with -e @access\.yml"):
        waba_access_task(bench, revoke=["marja"])


def test_a_person_without_access_whom_the_business_knows_is_no_error(bench: Bench) -> None:
    for person in (JANE, "jane.doe@example.com", "Jane Doe"):
        result = predicted(bench, revoke=[person])
        assert not result["changed"]
        assert "access revoked on 0, no access on 3, 0 failed" in result["msg"]


def test_several_people_of_a_name_are_listed_and_refused(bench: Bench) -> None:
    bench.sandbox.add_person("882", name="Maria Garcia", email="m.garcia@example.com")
    with pytest.raises(RefusedError, match=r"several people are called 'Maria Garcia': .*882.*Give the id"):
        waba_access_task(bench, revoke=["Maria Garcia"])
    predicted(bench, revoke=["maria.garcia@example.com"])


def test_an_id_and_an_address_of_different_people_are_refused(bench: Bench) -> None:
    people = {"maria": {"id": MARIA, "email": "john.smith@example.com"}}
    with pytest.raises(RefusedError, match="must be the same person's"):
        waba_access_task(bench, revoke=["maria"], people=people)


def test_a_list_that_is_not_whole_is_never_no_access(start: Start) -> None:
    bench = start(unlisted=(MARIA,))
    result = predicted(bench, revoke=["john.smith@example.com", JOHN], accounts=ACCOUNTS)
    assert result["summary"]["failed"] == 0, "John was found there"
    bench.sandbox.reset()
    result = predicted(bench, revoke=[JANE, NINA], accounts=ACCOUNTS)
    assert result["failed"]
    assert result["accounts"][0]["msg"].startswith("Could not verify that there is no access: the API counts 5")
    assert bench.sandbox.tasks_of(NINA, MARKETING) is None


def test_one_person_found_on_a_list_that_is_not_whole_says_nothing_of_another(start: Start) -> None:
    bench = start(unlisted=(MARIA,))
    result = predicted(bench, revoke=[JOHN, JANE], accounts=ACCOUNTS)
    assert bench.sandbox.tasks_of(JOHN) is None
    assert result["failed"]
    assert f"listed 4, and {JANE} may be among the others" in result["accounts"][0]["msg"]
    assert JOHN not in result["accounts"][0]["msg"]
    assert result["accounts"][1]["msg"] is None


def test_an_address_that_has_become_another_persons_takes_nothing(bench: Bench) -> None:
    people = {"nina": {"id": NINA, "email": "maria.garcia@example.com"}}
    with pytest.raises(RefusedError, match=f"must be the same person's.*{MARIA}.*has left. Give the id alone"):
        waba_access_task(bench, revoke=["nina"], people=people)
    assert bench.sandbox.tasks_of(MARIA) is not None
    assert bench.sandbox.tasks_of(NINA, MARKETING) is not None


def test_a_short_name_that_another_entry_gets_wrong_does_not_stop_a_revocation(bench: Bench) -> None:
    accounts = [{**ACCOUNTS[0], "users": [{"person": "typo", "tasks": ["DEVELOP"]}]}, ACCOUNTS[1]]
    predicted(bench, revoke=[JOHN], accounts=accounts)
    assert bench.sandbox.tasks_of(JOHN) is None


def test_an_account_that_cannot_be_read_is_never_no_access(bench: Bench) -> None:
    result = predicted(bench, revoke=[JOHN], accounts=[*ACCOUNTS, {"waba_id": "999", "name": "Gone"}])
    assert result["failed"]
    assert result["summary"] == {"accounts": 3, "changed": 2, "unchanged": 0, "failed": 1}
    assert result["msg"].startswith("Account Gone (999): Could not read")


def test_what_the_guard_refuses_stays_with_its_account(bench: Bench) -> None:
    bench.sandbox.remove(OWN, MARKETING)
    result = predicted(bench, revoke=[JOHN], accounts=ACCOUNTS)
    assert bench.sandbox.tasks_of(JOHN) is None
    assert bench.sandbox.tasks_of(JOHN, MARKETING) == {"MANAGE"}
    assert result["failed"]
    assert "would be the last to lose it" in result["accounts"][1]["msg"]
    allowed = [ACCOUNTS[0], {**ACCOUNTS[1], "allow_lockout": True}]
    assert predicted(bench, revoke=[JOHN], accounts=allowed)["changed"]


def test_a_removal_that_fails_is_told_and_the_others_are_made(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", waba_id=SUPPORT, user=JOHN, status=422, code=100, times=0))
    result = waba_access_task(bench, revoke=[JOHN], accounts=ACCOUNTS)
    assert result["failed"]
    assert [one["id"] for one in result["accounts"][0]["failed_users"]] == [JOHN]
    assert bench.sandbox.tasks_of(JOHN, MARKETING) is None


def test_where_the_person_is_still_declared(bench: Bench) -> None:
    people = {"maria": {"email": "maria.garcia@example.com"}}
    accounts = [
        {**ACCOUNTS[0], "users": [{"person": "maria", "tasks": ["MESSAGING"]}], "keep_users": [MARIA]},
        {**ACCOUNTS[1], "users": [{"user_id": MARIA, "state": "absent"}]},
    ]
    users = [{"email": "Maria.Garcia@example.com", "tasks": ["MESSAGING"]}]
    result = predicted(bench, revoke=[MARIA], people=people, accounts=accounts, users=users)
    assert [one["place"] for one in result["still_declared"]] == [
        "accounts[0].users[0]",
        "accounts[0].keep_users[0]",
        "users[0]",
    ]
    assert result["msg"].endswith(
        "Still declared, and granted again by the next run that applies it: accounts[0].users[0] (maria on Support"
        f" ({SUPPORT})), accounts[0].keep_users[0] ({MARIA} on Support ({SUPPORT})), users[0]"
        " (Maria.Garcia@example.com on every account). Remove these entries."
    )


def test_a_business_whose_people_cannot_be_listed_is_said(bench: Bench) -> None:
    bench.sandbox.configure(refused_edges=("business_users",))
    with pytest.raises(RefusedError, match="Not all lists could be read: Could not list the people"):
        waba_access_task(bench, revoke=["maria.garcia@example.com"])
    assert predicted(bench, revoke=["Maria Garcia"], accounts=ACCOUNTS)["changed"], "the accounts have the name"


@pytest.mark.parametrize("revoke", [[], [None], [""], [True], [{"person": "x"}]])
def test_a_list_of_the_wrong_form_is_refused_before_any_request(bench: Bench, revoke: t.Any) -> None:
    with pytest.raises(OptionError, match="revoke"):
        waba_access_task(bench, revoke=revoke)
    assert bench.sandbox.log == []

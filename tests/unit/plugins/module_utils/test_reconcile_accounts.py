# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts at once: shared round trips, the order of grants and removals, and failures that stay apart."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.outcome import Outcome, planned_changes
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Desired, RefusedError, Rules, Target
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.reconcile import reconcile
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import Account, user_lists
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import TokenError
from sandbox import Fault

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]
Accounts = t.Mapping[str, t.Mapping[str, t.Optional[t.Sequence[str]]]]

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
OWN = "100081234567890123"  # FULL_CONTROL on both
JANE = "3456789012345678"  # of the business, not assigned
LI = "6789012345678901"  # of the business, not assigned
JOHN = "2345678901234567"  # MANAGE on both, and more on SUPPORT
MARIA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES on SUPPORT
AHMED = "5678901234567890"  # DEVELOP, MANAGE_TEMPLATES, VIEW_TEMPLATES on SUPPORT


def run(
    bench: Bench,
    accounts: Accounts,
    *,
    check_mode: bool = False,
    batch_size: int = 50,
    max_removals: int | None = None,
    urgent: t.Container[str] = (),
    **rules: t.Any,
) -> dict[str, Outcome]:
    bench.sandbox.clear_log()
    lists = user_lists([Account(waba_id, bench.sandbox.business_id) for waba_id in accounts])
    targets = [
        Target(
            users,
            tuple(
                Desired(user, None if tasks is None else frozenset(tasks), is_urgent=user in urgent)
                for user, tasks in accounts[users.account.waba_id].items()
            ),
            Rules(**rules),
        )
        for users in lists
    ]
    outcomes = reconcile(
        bench.client(), targets, check_mode=check_mode, batch_size=batch_size, max_removals=max_removals
    )
    return {outcome.account.waba_id: outcome for outcome in outcomes}


def operations(bench: Bench) -> list[list[str]]:
    """The methods of each round trip, with those of the operations in a batch."""
    return [
        [operation["method"] for operation in request.operations] if request.operations else [request.method]
        for request in bench.sandbox.log
    ]


def test_accounts_share_round_trips_and_all_grants_come_before_all_removals(bench: Bench) -> None:
    desired: Accounts = {SUPPORT: {JANE: ["DEVELOP"], MARIA: None}, MARKETING: {JANE: ["DEVELOP"], JOHN: None}}
    preview = run(bench, desired, check_mode=True)
    assert operations(bench) == [["GET", "GET"], ["GET"]]
    outcomes = run(bench, desired)
    assert operations(bench) == [["GET", "GET"], ["GET"], ["POST", "POST"], ["DELETE", "DELETE"], ["GET", "GET"]]
    assert bench.sandbox.connections == 1
    for waba_id, outcome in outcomes.items():
        assert outcome.result() == preview[waba_id].result()
        assert planned_changes([outcome]) == planned_changes([preview[waba_id]])
        assert outcome.diff() == preview[waba_id].diff()
        assert not outcome.failure()
    assert not any(outcome.changed for outcome in run(bench, desired).values())
    assert operations(bench) == [["GET", "GET"]]


def test_nothing_is_written_anywhere_if_a_guard_refuses_one_account(bench: Bench) -> None:
    before = bench.sandbox.assigned()
    with pytest.raises(RefusedError) as caught:
        run(bench, {SUPPORT: {JANE: ["DEVELOP"], OWN: None}, MARKETING: {OWN: ["DEVELOP"]}})
    assert f"Account {SUPPORT}: {OWN}" in str(caught.value)
    assert f"Account {MARKETING}: {OWN}" in str(caught.value)
    assert bench.sandbox.assigned() == before


def test_max_removals_counts_all_accounts_together(bench: Bench) -> None:
    desired: Accounts = {SUPPORT: {MARIA: None, AHMED: None}, MARKETING: {JOHN: None}}
    with pytest.raises(RefusedError, match=r"3 users would be removed .* and max_removals is 2"):
        run(bench, desired, max_removals=2)
    assert all(outcome.changed for outcome in run(bench, desired, max_removals=3).values())


def test_an_account_that_cannot_be_read_does_not_stop_the_others(bench: Bench) -> None:
    outcomes = run(bench, {"999": {JANE: ["DEVELOP"]}, SUPPORT: {JANE: ["DEVELOP"]}})
    assert outcomes["999"].failure()
    assert not outcomes["999"].changed
    assert "Could not read the assigned users of WhatsApp Business Account 999" in outcomes["999"].result()["msg"]
    assert outcomes[SUPPORT].changed
    assert not outcomes[SUPPORT].failure()


def test_a_dead_token_is_one_error_of_the_whole(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=401, code=190, times=0))
    with pytest.raises(TokenError):
        run(bench, {SUPPORT: {JANE: ["DEVELOP"]}, MARKETING: {JANE: ["DEVELOP"]}})


def test_the_limit_of_one_account_stops_that_account(bench: Bench) -> None:
    bench.sandbox.inject(
        Fault("status", on="POST", path=SUPPORT, user=JANE, status=400, code=80008, regain_minutes=40, times=0)
    )
    outcomes = run(bench, {SUPPORT: {JANE: ["DEVELOP"], MARIA: None}, MARKETING: {JANE: ["DEVELOP"], JOHN: None}})
    assert not outcomes[SUPPORT].changed
    assert [change.user_id for change in outcomes[SUPPORT].not_attempted] == [MARIA]
    assert not outcomes[MARKETING].failure()
    assert bench.sandbox.tasks_of(JOHN, MARKETING) is None


def test_a_limit_of_the_app_stops_everything_and_says_so_of_each_account(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", on="DELETE", path=SUPPORT, status=400, code=4, times=0))
    accounts: Accounts = {SUPPORT: {JANE: ["DEVELOP"], MARIA: None}, MARKETING: {JANE: ["DEVELOP"], JOHN: None}}
    outcomes = run(bench, accounts, batch_size=1)
    assert outcomes[MARKETING].changed, "what was granted before the limit is reported"
    assert [change.user_id for change in outcomes[MARKETING].not_attempted] == [JOHN]
    assert "quota" in outcomes[MARKETING].result()["msg"]
    assert "Done, but not verified" in outcomes[MARKETING].result()["msg"]
    assert outcomes[MARKETING].result()["graph_error"]["code"] == 4


# The guard is looked at again before each account's removals


def test_a_hand_over_that_fails_on_one_account_is_made_on_the_other(bench: Bench) -> None:
    for waba_id in (SUPPORT, MARKETING):
        bench.sandbox.remove(OWN, waba_id)
    bench.sandbox.inject(Fault("status", on="POST", path=SUPPORT, user=JANE, status=400, code=100, times=0))
    hand_over: dict[str, t.Sequence[str] | None] = {JANE: ["MANAGE"], JOHN: None}
    outcomes = run(bench, {SUPPORT: hand_over, MARKETING: hand_over})
    assert bench.sandbox.tasks_of(JOHN) is not None
    assert "nobody with MANAGE or FULL_CONTROL would have been left" in outcomes[SUPPORT].result()["msg"]
    assert bench.sandbox.tasks_of(JOHN, MARKETING) is None
    assert not outcomes[MARKETING].failure()


@pytest.mark.parametrize("verify", [True, False])
def test_a_grant_that_the_api_confirms_and_does_not_store_takes_management_from_nobody(
    start: Start, verify: bool
) -> None:
    bench = start(ignore_writes=True)
    bench.sandbox.remove(OWN)
    outcome = run(bench, {SUPPORT: {JANE: ["MANAGE"], JOHN: None}}, verify=verify)[SUPPORT]
    assert ["DELETE"] not in operations(bench), "John is the last who can manage"
    assert outcome.failure()
    assert not outcome.changed
    assert [change.user_id for change in outcome.not_attempted] == [JOHN]
    assert [entry["id"] for entry in outcome.lists()["failed_users"]] == [JANE]


def test_a_grant_is_read_back_before_a_removal_only_where_nobody_else_manages(bench: Bench) -> None:
    run(bench, {SUPPORT: {JANE: ["MANAGE"], JOHN: None}})
    assert operations(bench) == [["GET"], ["GET"], ["POST"], ["DELETE"], ["GET"]]
    bench.sandbox.reset()
    bench.sandbox.remove(OWN)
    outcome = run(bench, {SUPPORT: {JANE: ["MANAGE"], JOHN: None}}, verify=False)[SUPPORT]
    assert not outcome.failure()
    assert operations(bench)[:5] == [["GET"], ["GET"], ["POST"], ["GET"], ["DELETE"]]


def test_a_grant_that_cannot_be_read_back_takes_management_from_nobody(bench: Bench) -> None:
    bench.sandbox.remove(OWN)
    bench.sandbox.inject(Fault("status", on="GET", path="assigned_users", nth=2, status=403, code=200, times=0))
    outcome = run(bench, {SUPPORT: {JANE: ["MANAGE"], JOHN: None}})[SUPPORT]
    assert bench.sandbox.tasks_of(JOHN) is not None
    assert "could not be read back" in outcome.result()["msg"]


@pytest.mark.parametrize("holds", [None, ["MESSAGING"]])
@pytest.mark.parametrize("goes", [None, ["MESSAGING"]])
def test_a_grant_whose_answer_was_lost_is_read_back_and_the_hand_over_goes_on(
    start: Start, holds: list[str] | None, goes: list[str] | None
) -> None:
    """A further try of the grant is told that the user is assigned already: only a read-back can tell by whom."""
    bench = start(on_assigned="reject")
    bench.sandbox.remove(OWN)
    if holds:
        bench.sandbox.assign(JANE, holds)
    # Of the calls about Jane: where she is assigned already, the first is refused.
    bench.sandbox.inject(Fault("reset_after", on="POST", path=SUPPORT, user=JANE, nth=2 if holds else 1))
    outcome = run(bench, {SUPPORT: {JANE: ["MANAGE"], JOHN: goes}})[SUPPORT]
    assert not outcome.failure(), outcome.result()["msg"]
    assert bench.sandbox.tasks_of(JANE) == {"MANAGE"}
    assert bench.sandbox.tasks_of(JOHN) == (goes and set(goes))


# Urgent changes: what a guard refuses of them does not hold up the others


def test_an_urgent_removal_that_a_guard_refuses_stays_with_its_account(bench: Bench) -> None:
    bench.sandbox.remove(OWN, MARKETING)
    accounts: Accounts = {SUPPORT: {JOHN: None}, MARKETING: {JOHN: None, JANE: ["DEVELOP"]}}
    preview = run(bench, accounts, check_mode=True, urgent={JOHN})
    outcomes = run(bench, accounts, urgent={JOHN})
    assert bench.sandbox.tasks_of(JOHN) is None
    assert bench.sandbox.tasks_of(JOHN, MARKETING) == {"MANAGE"}
    assert bench.sandbox.tasks_of(JANE, MARKETING) == {"DEVELOP"}
    assert "would be the last to lose it" in outcomes[MARKETING].result()["msg"]
    for waba_id in accounts:
        assert outcomes[waba_id].result() == preview[waba_id].result()


# The token's own user, where the API gives the app another id than the lists have


def test_the_own_user_is_known_by_name_where_the_own_id_is_on_no_list(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", path="/me", value={"id": "777", "name": "Automation Bot"}, times=0))
    with pytest.raises(RefusedError, match=r"has the name of the access token's own user.*777"):
        run(bench, {SUPPORT: {OWN: None}})
    assert bench.reconcile({MARIA: None}).changed


def test_the_own_user_is_not_assigned_anew_where_the_own_id_is_on_no_list(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("json", path="/me", value={"id": "777", "name": "Automation Bot"}, times=0))
    outcome = run(bench, {SUPPORT: {OWN: ["MANAGE"]}}, allow_lockout=True)[SUPPORT]
    assert "could not be assigned anew once removed" in outcome.result()["msg"]
    assert bench.sandbox.tasks_of(OWN) == {"FULL_CONTROL"}


# Writes whose first try was applied and lost


def test_a_change_that_was_applied_and_then_refused_as_already_assigned_is_settled_by_reading(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.configure(on_assigned="overwrite")
    bench.sandbox.inject(Fault("status", on="POST", after=True, status=500, code=2))
    refusal = "User is already assigned to this WhatsApp Business Account"
    bench.sandbox.inject(Fault("status", on="POST", nth=2, status=422, code=100, message=refusal, times=0))
    bench.sandbox.inject(Fault("status", path="/me", status=401, code=190, times=0))
    outcome = run(bench, {SUPPORT: {MARIA: ["DEVELOP"]}})[SUPPORT]
    assert bench.sandbox.tasks_of(MARIA) == {"DEVELOP"}
    assert outcome.changed
    assert not outcome.failure()
    assert ["DELETE"] not in operations(bench)


def test_a_change_that_was_lost_and_not_applied_is_assigned_anew(start: Start) -> None:
    bench = start(on_assigned="reject")
    bench.sandbox.inject(Fault("status", on="POST", status=500, code=2))
    outcome = run(bench, {SUPPORT: {MARIA: ["DEVELOP"]}})[SUPPORT]
    assert bench.sandbox.tasks_of(MARIA) == {"DEVELOP"}
    assert not outcome.failure()

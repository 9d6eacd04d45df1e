# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meta's own Python SDK against the sandbox: a client that was not written for it. Wants tests/ on sys.path.

The SDK's own faults are shown as they are: that they appear here as they do in the field is what the sandbox is for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Fault, Sandbox

pytest.importorskip("facebook_business")

from facebook_business.adobjects.business import Business
from facebook_business.adobjects.whatsappbusinessaccount import WhatsAppBusinessAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.crashreporter import CrashReporter
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

JANE = "3456789012345678"
MARIA = "4567890123456789"
LI = "6789012345678901"

# The SDK does not know the field tasks of an assigned user, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:assigned_users does not allow field tasks:UserWarning")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Any]:
    session = FacebookSession(access_token=sandbox.token, app_secret=sandbox.app_secret, timeout=20)
    session.GRAPH = sandbox.url
    # Not by FacebookAdsApi.init(), which turns the crash reporter on; that would post tracebacks to Meta.
    CrashReporter.disable()
    yield FacebookAdsApi(session, api_version="v23.0")
    session.requests.close()


@pytest.fixture
def account(api: Any, sandbox: Sandbox) -> Any:
    return WhatsAppBusinessAccount(sandbox.waba_id, api=api)


def users_of(account: Any, sandbox: Sandbox, **params: Any) -> Any:
    fields = ["id", "name", "user_type", "tasks"]
    return account.get_assigned_users(fields=fields, params={"business": sandbox.business_id, **params})


def test_the_list_over_several_pages(account: Any, sandbox: Sandbox) -> None:
    cursor = users_of(account, sandbox, limit=2)
    users = {user["id"]: user for user in cursor}
    assert {user_id: set(user["tasks"]) for user_id, user in users.items()} == sandbox.assigned()
    assert users[sandbox.own_user_id]["user_type"] == "SYSTEM_USER"
    assert cursor.total() == 5
    assert [request.query.get("limit") for request in sandbox.log] == [["2"]] * 3
    assert sandbox.connections == 1


def test_grant_and_remove(account: Any, sandbox: Sandbox) -> None:
    account.create_assigned_user(params={"user": JANE, "tasks": ["MANAGE", "DEVELOP"]})
    assert sandbox.tasks_of(JANE) == {"MANAGE", "DEVELOP"}
    assert json.loads(sandbox.log[-1].form["tasks"][0]) == ["MANAGE", "DEVELOP"]
    account.delete_assigned_users(params={"user": JANE})
    assert sandbox.tasks_of(JANE) is None
    # Outside of batches the SDK names the user to remove in the query.
    assert sandbox.log[-1].query["user"] == [JANE]
    assert sandbox.log[-1].body == ""


def test_an_error(account: Any, sandbox: Sandbox) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        account.delete_assigned_users(params={"user": JANE})
    assert (caught.value.http_status(), caught.value.api_error_code()) == (404, 803)
    with pytest.raises(FacebookRequestError) as caught:
        users_of(account, sandbox, business="1")
    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (200, 1349174)
    sandbox.inject(Fault("status", status=429, code=4, subcode=2446079, is_transient=True))
    with pytest.raises(FacebookRequestError) as caught:
        users_of(account, sandbox)
    assert caught.value.api_transient_error()
    assert caught.value.api_error_subcode() == 2446079


def test_the_proof_is_the_one_the_sdk_makes(account: Any, sandbox: Sandbox) -> None:
    sandbox.configure(require_proof=True)
    assert len(list(users_of(account, sandbox))) == 5


def test_people_of_the_business(api: Any, sandbox: Sandbox) -> None:
    business = Business(sandbox.business_id, api=api)
    fields = ["id", "name", "email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal"]
    people = business.get_business_users(fields=fields, params={"limit": 3})
    rows = {person["id"]: person.export_all_data() for person in people}
    assert people.total() == len(rows) == 8
    assert rows[LI] == {
        "id": LI,
        "name": "Li Wei",
        "email": "li.wei@example.com",
        "pending_email": "li.wei@new.example.com",
        "role": "EMPLOYEE",
        "two_fac_status": "ENABLED",
        "marked_for_removal": False,
    }
    assert [request.query["limit"] for request in sandbox.log] == [["3"]] * 3
    machines = business.get_system_users(fields=["id", "name", "role"])
    assert [machine["name"] for machine in machines] == ["Automation Bot", "Reporting Bot", "Backup Bot"]
    (invited,) = business.get_pending_users(fields=["id", "email", "role", "status"])
    assert (invited["email"], invited["role"], invited["status"]) == (
        "new.colleague@example.com",
        "EMPLOYEE",
        "PENDING",
    )
    assert not list(business.get_pending_users(fields=["id"], params={"email": "jane.doe@example.com"}))


def test_a_refused_edge(api: Any, sandbox: Sandbox) -> None:
    sandbox.configure(refused_edges=["system_users"])
    with pytest.raises(FacebookRequestError) as caught:
        Business(sandbox.business_id, api=api).get_system_users(fields=["id"])
    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (200, 1349174)


def test_accounts_of_the_business(api: Any, sandbox: Sandbox) -> None:
    business = Business(sandbox.business_id, api=api)
    accounts = business.get_owned_whats_app_business_accounts(fields=["id", "name"])
    assert [account["name"] for account in accounts] == ["Example Support", "Example Marketing"]


def test_a_batch(api: Any, account: Any, sandbox: Sandbox) -> None:
    answers: list[Any] = []
    batch = api.new_batch()
    params = {"business": sandbox.business_id}
    account.get_assigned_users(fields=["id"], params=params, batch=batch, success=answers.append)
    account.create_assigned_user(params={"user": JANE, "tasks": ["DEVELOP"]}, batch=batch, success=answers.append)
    assert batch.execute() is None
    assert [answer.status() for answer in answers] == [200, 200]
    assert len(answers[0].json()["data"]) == 5
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


def test_null_makes_the_sdk_hand_back_what_to_try_again(api: Any, account: Any, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("null_operation", applied=False))
    batch = api.new_batch()
    account.create_assigned_user(params={"user": JANE, "tasks": ["DEVELOP"]}, batch=batch)
    again = batch.execute()
    assert len(again) == 1
    assert sandbox.tasks_of(JANE) is None
    assert again.execute() is None
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


# --- what the SDK gets wrong ---


def test_the_sdk_puts_a_removals_user_into_a_body_that_is_not_read(api: Any, account: Any, sandbox: Sandbox) -> None:
    refused: list[Any] = []
    batch = api.new_batch()
    account.delete_assigned_users(params={"user": MARIA}, batch=batch, failure=refused.append)
    batch.execute()
    assert sandbox.log[-1].operations[0]["body"] == f"user={MARIA}"
    assert refused[0].error().api_error_code() == 100
    assert sandbox.tasks_of(MARIA) is not None


def test_the_sdk_does_not_cut_batches(api: Any, account: Any) -> None:
    batch = api.new_batch()
    for _operation in range(51):
        account.get_assigned_users(params={"business": "1"}, batch=batch)
    with pytest.raises(FacebookRequestError) as caught:
        batch.execute()
    assert caught.value.api_error_code() == 100


def test_the_sdk_puts_token_and_proof_into_every_url(account: Any, sandbox: Sandbox) -> None:
    account.create_assigned_user(params={"user": JANE, "tasks": ["DEVELOP"]})
    request = sandbox.log[-1]
    assert request.query["access_token"] == [sandbox.token]
    assert request.query["appsecret_proof"]
    assert "authorization" not in request.headers


def test_the_sdk_loses_people_behind_an_empty_page(account: Any, sandbox: Sandbox) -> None:
    sandbox.configure(page_size=2, empty_pages=True)
    assert len(list(users_of(account, sandbox))) == 2
    assert len(sandbox.assigned()) == 5


def test_the_sdk_takes_a_gateways_page_for_a_success(api: Any, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("html"))
    answer = api.call("DELETE", (sandbox.waba_id, "assigned_users"), params={"user": MARIA})
    assert answer.status() == 502
    assert answer.is_success()
    assert sandbox.tasks_of(MARIA) is not None


def test_the_sdk_crashes_on_an_error_that_is_a_string(account: Any, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("string_error"))
    with pytest.raises(AttributeError):
        users_of(account, sandbox)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's rules, each shown by a plain HTTP call. Wants tests/ on sys.path."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sandbox import Fault, Sandbox, SeedError
from sandbox.behaviours import Behaviours
from sandbox.cli import parser
from sandbox.faults import KINDS, fault_from_text

JANE = "3456789012345678"
JOHN = "2345678901234567"
MARIA = "4567890123456789"
OTHER_MARIA = "4455667788990011"
LI = "6789012345678901"
ZOE = "100091234567890127"
NINA = "3344556677889900"
BACKUP_BOT = "122100987654321099"
NEW_COLLEAGUE = "8901234567890123"
PARTNER_PERSON = "9012345678901234"
PARTNER = "8765432109876543"
MARKETING = "6543210987654321"
PRIVATE_ACCOUNT = "4321098765432109"
PEOPLE_EDGES = ("business_users", "system_users", "pending_users")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# The longest that anything here is waited for, in seconds.
PATIENCE = 20.0
SANDBOX_FOLDER = Path(__file__).resolve().parent.parent / "sandbox"


class Reply:
    """An HTTP answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, int | None]:
        """Code and subcode of an error."""
        error = self.json["error"]
        assert error["fbtrace_id"]
        assert error["type"]
        return error["code"], error.get("error_subcode")

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


class Client:
    """Calls over one connection, kept alive until the end of the test."""

    made: ClassVar[list[Client]] = []

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        self.sandbox = sandbox
        self.token = sandbox.token if token is None else token
        self.connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=PATIENCE)
        self.made.append(self)

    def call(self, method: str, path: str, form: dict[str, Any] | str | None = None, **query: Any) -> Reply:
        target = path + ("?" + urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = urlencode(form) if isinstance(form, dict) else form
        self.connection.request(method, target, body, {**headers, **FORM} if body else headers)
        return Reply(self.connection.getresponse())

    def users(self, method: str = "GET", form: dict[str, Any] | str | None = None, **query: Any) -> Reply:
        if method == "GET":
            query = {"business": self.sandbox.business_id, **query}
        return self.call(method, f"/v23.0/{self.sandbox.waba_id}/assigned_users", form, **query)

    def grant(self, user: str, *tasks: str) -> Reply:
        return self.users("POST", {"user": user, "tasks": json.dumps(tasks)})

    def people(self, edge: str = "business_users", method: str = "GET", **query: Any) -> Reply:
        """A page of an edge of the business."""
        return self.call(method, f"/v23.0/{self.sandbox.business_id}/{edge}", **query)

    def all_ids(self, edge: str | None = None, **query: Any) -> list[str]:
        """Every id on all the pages, of the account's assigned users or of an edge of the business."""
        ids: list[str] = []
        for _page in range(100):
            reply = (self.people(edge, **query) if edge else self.users(**query)).json
            ids += [row["id"] for row in reply["data"]]
            if "next" not in reply.get("paging", {}):
                return ids
            query["after"] = reply["paging"]["cursors"]["after"]
        raise AssertionError("the pages have no end")

    def batch(self, *operations: dict[str, Any], path: str = "/v23.0/") -> Reply:
        return self.call("POST", path, {"batch": json.dumps(operations), "access_token": self.token})


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while Client.made:
        Client.made.pop().connection.close()


def another(sandbox: Sandbox, token: str) -> Client:
    return Client(sandbox, sandbox.tokens[token])


# --- reading ---


def test_the_list_shows_the_default_fields(client: Client, sandbox: Sandbox) -> None:
    reply = client.users()
    assert reply.status == 200
    assert reply.json["data"][0] == {
        "id": JOHN,
        "name": "John Smith",
        "tasks": ["MANAGE", "MANAGE_USERS", "MANAGE_TEMPLATES"],
    }
    assert len(reply.json["data"]) == len(sandbox.assigned())
    assert "summary" not in reply.json
    assert reply.headers["Content-Length"]


def test_fields_replace_the_defaults(client: Client) -> None:
    rows = client.users(fields="id,name,user_type,business{id,name}").json["data"]
    business = {"id": "9876543210987654", "name": "Example Business Inc"}
    assert rows[0] == {"id": JOHN, "name": "John Smith", "user_type": "BUSINESS_USER", "business": business}


def test_an_id_beyond_what_a_float_holds_stays_text(client: Client, sandbox: Sandbox) -> None:
    assert int(sandbox.own_user_id) > 2**53
    assert sandbox.own_user_id in client.all_ids()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"business": ""}, "The parameter business is required to specify a business"),
        ({"business": "abc"}, "business must be a valid business ID"),
        ({"limit": "0"}, "limit must be an integer between 1 and 100"),
        ({"limit": "101"}, "limit must be an integer between 1 and 100"),
        ({"limit": "ten"}, "limit must be an integer between 1 and 100"),
        ({"after": "bm90IGEgY3Vyc29y"}, "Invalid cursors values"),
        ({"before": "%%%"}, "Invalid cursors values"),
        ({"after": "a", "before": "b"}, "both before and after"),
        ({"fields": "id,shoe_size"}, "Tried accessing nonexisting field (shoe_size) on node type"),
    ],
)
def test_a_wrong_parameter_is_code_100(client: Client, query: dict[str, str], message: str) -> None:
    reply = client.users(**query)
    assert (reply.status, reply.error) == (400, (100, None))
    assert message in reply.message


def test_another_business_is_refused(client: Client) -> None:
    reply = client.users(business=PARTNER)
    assert (reply.status, reply.error) == (403, (200, 1349174))
    assert reply.json["error"]["error_user_title"] == "Permission Denied"


def test_a_business_the_account_is_shared_with_may_read_it(client: Client) -> None:
    assert client.call("GET", f"/v23.0/{MARKETING}/assigned_users", business=PARTNER).status == 200


@pytest.mark.parametrize(
    ("mode", "default", "asked"),
    [("default", True, True), ("on-request", False, True), ("never", False, False)],
)
def test_tasks_modes(client: Client, sandbox: Sandbox, *, mode: str, default: bool, asked: bool) -> None:
    sandbox.configure(tasks=mode)
    assert ("tasks" in client.users().json["data"][0]) == default
    assert ("tasks" in client.users(fields="id,tasks").json["data"][0]) == asked


@pytest.mark.parametrize(
    ("shape", "status", "text"), [("nonexisting", 400, "nonexisting"), ("unknown-fields", 422, "Unknown")]
)
def test_tasks_as_an_unknown_field(client: Client, sandbox: Sandbox, shape: str, status: int, text: str) -> None:
    sandbox.configure(tasks="unknown-field", unknown_field=shape)
    assert client.users().status == 200
    reply = client.users(fields="id,name,tasks")
    assert (reply.status, reply.error) == (status, (100, None))
    assert text in reply.message
    assert "tasks" in reply.message


@pytest.mark.parametrize("summary", ["total_count", "true"])
def test_the_total_count_comes_on_request(client: Client, summary: str) -> None:
    assert client.users(summary=summary, limit=1).json["summary"] == {"total_count": 5}


def test_users_that_are_counted_and_not_listed(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(unlisted=[MARIA, BACKUP_BOT, MARKETING])
    query: dict[str, Any] = {"summary": "total_count", "limit": 100}
    lists = [client.users(**query)]
    edges = ("business_users", "system_users", "owned_whatsapp_business_accounts")
    lists += [client.people(edge, **query) for edge in edges]
    for reply in lists:
        assert reply.json["summary"]["total_count"] == len(reply.json["data"]) + 1
        assert not {MARIA, BACKUP_BOT, MARKETING} & {row["id"] for row in reply.json["data"]}
    assert len(client.all_ids(limit=2)) == 4
    assert MARIA in sandbox.assigned()


def test_an_account_is_a_node(client: Client, sandbox: Sandbox) -> None:
    reply = client.call("GET", f"/v23.0/{sandbox.waba_id}", fields="id,name,currency")
    assert reply.json == {"id": sandbox.waba_id, "name": "Example Support", "currency": "USD"}


@pytest.mark.parametrize("shape", ["nested", "flat"])
def test_the_apps_of_an_account(client: Client, sandbox: Sandbox, shape: str) -> None:
    sandbox.configure(apps_shape=shape)
    rows = client.call("GET", f"/v23.0/{sandbox.waba_id}/subscribed_apps").json["data"]
    apps = [row["whatsapp_business_api_data"] for row in rows] if shape == "nested" else rows
    assert [app["name"] for app in apps] == ["Example Access App", "Support Desk"]


def test_activities_show_few_fields_unless_asked_and_newer_versions_have_others(
    client: Client, sandbox: Sandbox
) -> None:
    path = f"/v23.0/{sandbox.waba_id}/activities"
    latest = client.call("GET", path).json["data"][0]
    assert set(latest) == {"id", "activity_type", "timestamp", "actor_type"}
    shown = client.call("GET", path, fields="description,details", limit="1").json
    assert shown["data"][0]["details"]["user_name"] == "Maria Garcia"
    assert "next" in shown["paging"]
    sandbox.configure(activities_shape="v25")
    assert client.call("GET", path, fields="activity_type").error == (100, None)
    assert "event_type" in client.call("GET", path).json["data"][0]


def test_edges_and_fields_can_be_refused_unknown_or_hidden(client: Client, sandbox: Sandbox) -> None:
    account = f"/v23.0/{sandbox.waba_id}"
    sandbox.configure(refused_edges=["subscribed_apps"], unknown_edges=["activities"])
    assert client.call("GET", f"{account}/subscribed_apps").error == (200, 1349174)
    assert "nonexisting field (activities)" in client.call("GET", f"{account}/activities").message
    fields = "name,owner_business_info"
    assert client.call("GET", account, fields=fields).json["owner_business_info"]["name"] == "Example Business Inc"
    sandbox.configure(hidden_fields=["owner_business_info"])
    assert set(client.call("GET", account, fields=fields).json) == {"id", "name"}
    sandbox.configure(unknown_fields=["owner_business_info"])
    assert "(owner_business_info)" in client.call("GET", account, fields=fields).message


def test_owners_and_invitations_are_in_the_lists_of_the_business(client: Client) -> None:
    fields = "owner_business_info,on_behalf_of_business_info"
    (row,) = client.people("client_whatsapp_business_accounts", fields=fields).json["data"]
    assert row["owner_business_info"]["name"] == "Partner Agency Ltd"
    assert row["on_behalf_of_business_info"]["name"] == "Example Business Inc"
    (row,) = client.people("pending_users", fields="status,created_by,expiration_time").json["data"]
    assert (row["status"], row["created_by"]["name"]) == ("PENDING", "John Smith")
    assert row["expiration_time"].startswith("2026-12-01T")


# --- paging ---


def test_pages(client: Client) -> None:
    first = client.users(limit=2).json
    assert len(first["data"]) == 2
    assert "previous" not in first["paging"]
    link = urlsplit(first["paging"]["next"])
    query = parse_qs(link.query)
    assert f"{link.scheme}://{link.netloc}" == client.sandbox.url
    assert query["access_token"] == [client.token]
    assert query["after"] == [first["paging"]["cursors"]["after"]]
    second = client.users(limit=2, after=query["after"][0]).json
    assert "previous" in second["paging"]
    assert client.users(limit=2, before=second["paging"]["cursors"]["before"]).json["data"] == first["data"]
    last = client.users(limit=2, after=second["paging"]["cursors"]["after"]).json
    assert len(last["data"]) == 1
    assert "next" not in last["paging"]
    assert last["paging"]["cursors"]["after"]
    assert client.users(limit=2, after=last["paging"]["cursors"]["after"]).json["data"] == []


def test_a_paging_link_works_without_a_header(client: Client) -> None:
    link = urlsplit(client.users(limit=2).json["paging"]["next"])
    assert Client(client.sandbox, "").call("GET", f"{link.path}?{link.query}").status == 200


def test_the_default_limit_is_25() -> None:
    with Sandbox(people=60) as sandbox:
        client = Client(sandbox)
        assert len(client.users().json["data"]) == 25
        assert len(client.users(limit=100).json["data"]) == 65
        assert client.all_ids() == list(sandbox.assigned())


@pytest.mark.parametrize("behaviours", [{"page_size": 3}, {"page_size": 3, "empty_pages": True}, {"page_size": 1}])
def test_short_and_empty_pages_lose_nobody(behaviours: dict[str, Any]) -> None:
    with Sandbox(people=20, **behaviours) as sandbox:
        client = Client(sandbox)
        assert client.all_ids(limit=10) == list(sandbox.assigned())


def test_an_empty_page_has_a_next() -> None:
    with Sandbox(page_size=2, empty_pages=True) as sandbox:
        client = Client(sandbox)
        page = client.users(after=client.users().json["paging"]["cursors"]["after"]).json
        assert page["data"] == []
        assert page["paging"]["next"]
        assert len(client.users(after=page["paging"]["cursors"]["after"]).json["data"]) == 2


def test_an_empty_list_has_no_paging(client: Client, sandbox: Sandbox) -> None:
    for user in sandbox.assigned():
        sandbox.remove(user)
    assert client.users(summary="total_count").json == {"data": [], "summary": {"total_count": 0}}


def test_a_cursor_is_stale_when_the_list_has_changed(client: Client) -> None:
    cursor = client.users(limit=2).json["paging"]["cursors"]["after"]
    client.grant(JANE, "DEVELOP")
    assert client.users(limit=2, after=cursor).error == (100, None)


def test_a_cursor_of_another_list_is_refused(client: Client) -> None:
    cursor = client.users(limit=2).json["paging"]["cursors"]["after"]
    path = f"/v23.0/{MARKETING}/assigned_users"
    reply = client.call("GET", path, business=client.sandbox.business_id, after=cursor)
    assert reply.error == (100, None)


# --- writing ---


def test_grant_and_remove(client: Client, sandbox: Sandbox) -> None:
    assert client.grant(JANE, "DEVELOP", "MESSAGING").json == {"success": True}
    assert sandbox.tasks_of(JANE) == {"DEVELOP", "MESSAGING"}
    assert JANE in client.all_ids()
    assert client.users("DELETE", user=JANE).json == {"success": True}
    assert sandbox.tasks_of(JANE) is None


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (None, "The parameter tasks is required"),
        ("MANAGE", "must be an array"),
        ("MANAGE,DEVELOP", "must be an array"),
        ('{"0": "MANAGE"}', "must be an array"),
        ("[]", "between 1 and 16"),
        (json.dumps(["MANAGE"] * 17), "between 1 and 16"),
        ('["manage"]', "Param tasks[0] must be one of"),
        ('["MANAGE", 1]', "Param tasks[1] must be one of"),
        ('["MANAGE", ["DEVELOP"]]', "Param tasks[1] must be one of"),
    ],
)
def test_wrong_tasks(client: Client, sandbox: Sandbox, tasks: str | None, message: str) -> None:
    form = {"user": JANE} if tasks is None else {"user": JANE, "tasks": tasks}
    reply = client.users("POST", form)
    assert (reply.status, reply.error) == (400, (100, None))
    assert message in reply.message
    assert sandbox.tasks_of(JANE) is None


def test_of_a_repeated_key_the_last_is_kept(client: Client, sandbox: Sandbox) -> None:
    assert "must be an array" in client.users("POST", f"user={JANE}&tasks=MANAGE&tasks=DEVELOP").message
    client.users("POST", f'user={JANE}&tasks=["MANAGE"]&tasks=["DEVELOP"]')
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}


@pytest.mark.parametrize("user", ["", "jane", "99", NEW_COLLEAGUE, NINA, "3456789012345678.0", " 3456789012345678"])
def test_a_user_that_is_none(client: Client, user: str) -> None:
    reply = client.grant(user, "MANAGE")
    assert (reply.status, reply.error) == (400, (100, None))
    assert reply.message == "Invalid parameter: user must be a valid user ID"


def test_a_person_of_another_business_cannot_be_granted(client: Client) -> None:
    assert client.grant(PARTNER_PERSON, "MANAGE").error == (200, 1349174)


@pytest.mark.parametrize(
    ("mode", "status", "tasks"),
    [
        ("overwrite", 200, {"DEVELOP"}),
        ("merge", 200, {"DEVELOP", "MESSAGING", "VIEW_TEMPLATES"}),
        ("reject", 422, None),
    ],
)
def test_on_assigned(client: Client, sandbox: Sandbox, mode: str, status: int, tasks: set[str] | None) -> None:
    sandbox.configure(on_assigned=mode)
    before = sandbox.tasks_of(MARIA)
    reply = client.grant(MARIA, "DEVELOP")
    assert reply.status == status
    assert sandbox.tasks_of(MARIA) == (tasks or before)
    if mode == "reject":
        assert reply.error == (100, None)
        assert reply.message == "User is already assigned to this WhatsApp Business Account"


def test_full_control_stored_or_unpacked(client: Client, sandbox: Sandbox) -> None:
    client.grant(JANE, "FULL_CONTROL")
    assert sandbox.tasks_of(JANE) == {"FULL_CONTROL"}
    sandbox.configure(full_control="unpacked")
    client.grant(JANE, "FULL_CONTROL")
    tasks = sandbox.tasks_of(JANE)
    assert tasks is not None
    assert len(tasks) == 14
    assert "FULL_CONTROL" not in tasks


def test_writes_that_are_not_what_they_seem(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(dropped_tasks=["DEVELOP"], implied_tasks=["VIEW_COST"])
    assert client.grant(JANE, "DEVELOP", "MANAGE").status == 200
    assert sandbox.tasks_of(JANE) == {"MANAGE", "VIEW_COST"}
    sandbox.configure(ignore_writes=True)
    assert client.users("DELETE", user=JANE).json == {"success": True}
    assert sandbox.tasks_of(JANE) is not None


def test_own_grants_can_be_refused(client: Client, sandbox: Sandbox) -> None:
    sandbox.assign(sandbox.own_user_id, ["MANAGE"])
    sandbox.configure(own_grants="refuse")
    assert client.grant(sandbox.own_user_id, "MANAGE", "DEVELOP").status == 403
    assert client.grant(sandbox.own_user_id, "MANAGE").status == 200


@pytest.mark.parametrize(("query", "form"), [(MARIA, None), (None, MARIA), (MARIA, MARIA)])
def test_delete_takes_the_user_from_query_or_body(client: Client, query: str | None, form: str | None) -> None:
    reply = client.users("DELETE", {"user": form} if form else None, **({"user": query} if query else {}))
    assert reply.json == {"success": True}
    assert client.sandbox.tasks_of(MARIA) is None


def test_delete_refuses_two_users_and_none(client: Client, sandbox: Sandbox) -> None:
    assert client.users("DELETE", {"user": MARIA}, user=JOHN).error == (100, None)
    assert client.users("DELETE").error == (100, None)
    assert client.users("DELETE", user="x").error == (100, None)
    assert len(sandbox.assigned()) == 5


@pytest.mark.parametrize(("where", "in_query", "in_body"), [("query", 200, 400), ("body", 400, 200)])
def test_delete_may_look_in_one_place_only(client: Client, where: str, in_query: int, in_body: int) -> None:
    client.sandbox.configure(delete_user_in=where)
    assert client.users("DELETE", user=MARIA).status == in_query
    assert client.users("DELETE", {"user": JOHN}).status == in_body


def test_delete_of_somebody_who_is_not_assigned(client: Client) -> None:
    for user in (JANE, "99"):
        reply = client.users("DELETE", user=user)
        assert (reply.status, reply.error) == (404, (803, None))
        assert reply.message == "User is not assigned to this WhatsApp Business Account"


def test_protected_users(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(protected=[MARIA])
    reply = client.users("DELETE", user=MARIA)
    assert (reply.status, reply.error) == (422, (100, None))
    assert reply.message == "Cannot remove user due to business asset group permissions"


def test_stale_reads(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(stale_reads=2)
    client.grant(JANE, "DEVELOP")
    shown = [JANE in client.all_ids() for _read in range(3)]
    assert shown == [False, False, True]
    client.grant(MARIA, "DEVELOP")
    client.users("DELETE", user=JANE)
    # Several pages are one read, of one and the same list.
    rows = [client.all_ids(limit=2) for _read in range(3)]
    assert [JANE in ids for ids in rows] == [True, True, False]


def test_stale_reads_show_old_tasks_on_later_pages(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(stale_reads=1)
    last = list(sandbox.assigned())[-1]
    client.grant(last, "MANAGE_BILLING")
    cursor = client.users(limit=4).json["paging"]["cursors"]["after"]
    assert "MANAGE_BILLING" not in client.users(limit=4, after=cursor).json["data"][0]["tasks"]


# --- tokens, proof, versions, nodes ---


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("expired", 401, (190, 463)),
        ("password-changed", 401, (190, 460)),
        ("app-gone", 401, (190, 458)),
        ("logged-out", 401, (190, 467)),
        ("no-permission", 403, (200, 1349174)),
    ],
)
def test_tokens(sandbox: Sandbox, name: str, status: int, error: tuple[int, int]) -> None:
    reply = another(sandbox, name).users()
    assert (reply.status, reply.error) == (status, error)


def test_no_token_and_a_wrong_one(sandbox: Sandbox) -> None:
    for token in ("", "nonsense"):
        reply = Client(sandbox, token).users()
        assert (reply.status, reply.error) == (401, (190, None))
    assert Client(sandbox, "").call("GET", "/v23.0/me").error == (2500, None)


def test_a_token_as_a_parameter(client: Client, sandbox: Sandbox) -> None:
    bare = Client(sandbox, "")
    assert bare.users(access_token=client.token).status == 200
    form = {"user": JANE, "tasks": '["MANAGE"]', "access_token": client.token}
    assert bare.users("POST", form).status == 200


def test_code_10_for_a_lacking_permission(sandbox: Sandbox) -> None:
    sandbox.configure(permission_error="10")
    assert another(sandbox, "no-permission").users().error == (10, None)


def test_a_reader_may_not_write(sandbox: Sandbox) -> None:
    reader = another(sandbox, "reader")
    assert reader.users().status == 200
    for reply in (reader.grant(JANE, "MANAGE"), reader.users("DELETE", user=MARIA)):
        assert (reply.status, reply.error) == (403, (200, 1349174))


def test_me(client: Client, sandbox: Sandbox) -> None:
    assert client.call("GET", "/v23.0/me", fields="id,name").json == {
        "id": sandbox.own_user_id,
        "name": "Automation Bot",
    }
    reply = another(sandbox, "no-me").call("GET", "/v23.0/me")
    assert (reply.status, reply.error) == (403, (10, None))


def test_debug_token(client: Client, sandbox: Sandbox) -> None:
    def told(name: str) -> Any:
        return client.call("GET", "/v23.0/debug_token", input_token=sandbox.tokens[name]).json["data"]

    sandbox.change_token("reader", target_ids=[sandbox.waba_id], expires_at=1800000000, data_access_expires_at=7)
    reader = told("reader")
    assert (reader["type"], reader["user_id"], reader["is_valid"]) == ("SYSTEM_USER", "122100123456789013", True)
    assert (reader["expires_at"], reader["data_access_expires_at"]) == (1800000000, 7)
    assert reader["scopes"] == ["whatsapp_business_management", "business_management"]
    assert reader["granular_scopes"] == [
        {"scope": "whatsapp_business_management", "target_ids": [sandbox.waba_id]},
        {"scope": "business_management"},
    ]
    assert (told("admin")["expires_at"], told("no-permission")["scopes"]) == (0, [])
    assert (told("expired")["is_valid"], told("expired")["error"]["subcode"]) == (False, 463)
    unknown = client.call("GET", "/v23.0/debug_token", input_token="EAAnobodys").json["data"]
    assert (unknown["is_valid"], unknown["error"]["code"]) == (False, 190)
    assert client.call("GET", "/v23.0/debug_token").error == (100, None)
    sandbox.configure(debug_token="refused")
    assert client.call("GET", "/v23.0/debug_token", input_token=sandbox.token).error == (100, None)


def test_an_account_says_whose_it_is(client: Client, sandbox: Sandbox) -> None:
    def owner(node: str) -> Any:
        return client.call("GET", f"/v23.0/{node}", fields="owner_business_info,on_behalf_of_business_info")

    assert owner(sandbox.waba_id).json == {
        "id": sandbox.waba_id,
        "owner_business_info": {"id": sandbox.business_id, "name": "Example Business Inc"},
    }
    assert "node type (Business)" in owner(sandbox.business_id).text


def test_me_may_be_somebody_else(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(own_id="777")
    assert client.call("GET", "/v23.0/me", fields="id,name").json == {"id": "777", "name": "Automation Bot"}
    assert client.call("GET", "/v23.0/me", fields="id").json == {"id": "777"}
    assert sandbox.own_user_id in client.all_ids()
    sandbox.configure(own_id=None, own_name="hidden")
    assert client.call("GET", "/v23.0/me", fields="id,name").json == {"id": sandbox.own_user_id}


def test_a_token_can_change_while_it_runs(client: Client, sandbox: Sandbox) -> None:
    sandbox.change_token(state="expired")
    assert client.users().error == (190, 463)
    with pytest.raises(ValueError, match="state must be one of"):
        sandbox.change_token(state="tired")


def proof_of(sandbox: Sandbox) -> str:
    return hmac.new(sandbox.app_secret.encode(), sandbox.token.encode(), hashlib.sha256).hexdigest()


def test_app_secret_proof(client: Client, sandbox: Sandbox) -> None:
    wrong = client.users(appsecret_proof="0" * 64)
    assert (wrong.status, wrong.error) == (400, (100, None))
    assert wrong.message == "Invalid appsecret_proof provided in the API argument"
    assert client.users(appsecret_proof=proof_of(sandbox)).status == 200
    sandbox.configure(require_proof=True)
    missing = client.users()
    assert (missing.status, missing.error) == (400, (100, None))
    assert missing.message == "API calls from the server require an appsecret_proof argument"
    form = {"user": JANE, "tasks": '["MANAGE"]', "appsecret_proof": proof_of(sandbox)}
    assert client.users("POST", form).status == 200


@pytest.mark.parametrize(
    ("prefix", "answering"), [("/v23.0", "v23.0"), ("/v26.0", "v26.0"), ("/v3.1", "v21.0"), ("", "v21.0")]
)
def test_versions(client: Client, prefix: str, answering: str) -> None:
    reply = client.call("GET", f"{prefix}/me")
    assert reply.status == 200
    assert reply.headers["facebook-api-version"] == answering


@pytest.mark.parametrize("path", ["/v23/me", "/v99.0/me", "/v23.0.1/me", "/v23.0", "/", "/v23.0/1/2/3"])
def test_paths_that_are_none(client: Client, path: str) -> None:
    reply = client.call("GET", path)
    assert (reply.status, reply.error) == (400, (2500, None))


def test_an_unknown_edge_and_an_unsupported_method(client: Client, sandbox: Sandbox) -> None:
    assert client.call("GET", f"/v23.0/{sandbox.waba_id}/message_history").error == (2500, None)
    assert client.call("PUT", f"/v23.0/{sandbox.waba_id}/assigned_users").error == (100, 33)
    assert client.call("POST", f"/v23.0/{sandbox.waba_id}", {"name": "x"}).error == (100, 33)


@pytest.mark.parametrize("account", ["77", "not-digits", PRIVATE_ACCOUNT, JOHN])
def test_an_unknown_or_hidden_account(client: Client, sandbox: Sandbox, account: str) -> None:
    path = f"/v23.0/{account}/assigned_users"
    reply = client.call("GET", path, business=sandbox.business_id)
    assert (reply.status, reply.error) == (400, (100, 33))
    assert reply.message.startswith(f"Unsupported get request. Object with ID '{account}' does not exist")
    sandbox.configure(unknown_account="803")
    reply = client.call("GET", path, business=sandbox.business_id)
    assert (reply.status, reply.error) == (404, (803, None))


# --- the business's edges ---


def test_people_of_a_business(client: Client, sandbox: Sandbox) -> None:
    rows = client.people(fields="id,email,role,title", limit=100).json["data"]
    assert {"id": JANE, "email": "jane.doe@example.com", "role": "EMPLOYEE"} in rows
    assert PARTNER_PERSON not in [row["id"] for row in rows]
    business = {"id": sandbox.business_id, "name": "Example Business Inc"}
    shown = {"id": JANE, "name": "Jane Doe", "business": business, "role": "EMPLOYEE"}
    assert shown in client.people().json["data"]
    system = client.people("system_users").json["data"]
    assert {"id": sandbox.own_user_id, "name": "Automation Bot", "role": "ADMIN"} in system
    invited = {"id": NEW_COLLEAGUE, "email": "new.colleague@example.com", "role": "EMPLOYEE", "status": "PENDING"}
    assert client.people("pending_users").json["data"] == [invited]
    assert client.people("pending_users", email="nobody@example.com").json["data"] == []
    assert len(client.people("pending_users", email="new.colleague@example.com").json["data"]) == 1


def test_the_edges_of_people_share_nobody(client: Client) -> None:
    lists = [client.all_ids(edge) for edge in PEOPLE_EDGES]
    assert [len(ids) for ids in lists] == [8, 3, 1]
    assert len(set().union(*lists)) == 12


def test_details_of_people(client: Client) -> None:
    fields = "email,pending_email,two_fac_status,marked_for_removal"
    rows = {row.pop("id"): row for row in client.people(fields=fields).json["data"]}
    assert rows[LI] == {
        "email": "li.wei@example.com",
        "pending_email": "li.wei@new.example.com",
        "two_fac_status": "ENABLED",
        "marked_for_removal": False,
    }
    assert [user_id for user_id, row in rows.items() if row["marked_for_removal"]] == [ZOE]
    assert [user_id for user_id, row in rows.items() if "pending_email" in row] == [LI]
    # All but the PERSONAL_USER.
    assert sum("two_fac_status" in row for row in rows.values()) == len(rows) - 1


def test_people_may_share_a_name(client: Client) -> None:
    rows = client.people(fields="name,email").json["data"]
    assert [(row["id"], row["email"]) for row in rows if row["name"] == "Maria Garcia"] == [
        (MARIA, "maria.garcia@example.com"),
        (OTHER_MARIA, "maria.garcia.lopez@example.com"),
    ]


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "0"}, "limit must be an integer between 1 and 100"),
        ({"limit": "101"}, "limit must be an integer between 1 and 100"),
        ({"after": "bm90IGEgY3Vyc29y"}, "Invalid cursors values"),
        ({"before": "%%%"}, "Invalid cursors values"),
        ({"after": "a", "before": "b"}, "both before and after"),
        ({"fields": "id,shoe_size"}, "Tried accessing nonexisting field (shoe_size) on node type"),
        ({"fields": "id,user_type"}, "Tried accessing nonexisting field (user_type) on node type"),
    ],
)
def test_a_wrong_parameter_of_an_edge_of_people(client: Client, edge: str, query: dict[str, str], message: str) -> None:
    reply = client.people(edge, **query)
    assert (reply.status, reply.error) == (400, (100, None))
    assert message in reply.message


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
@pytest.mark.parametrize(("shape", "status"), [("nonexisting", 400), ("unknown-fields", 422)])
def test_fields_that_the_edges_of_people_may_not_know(
    client: Client, sandbox: Sandbox, edge: str, shape: str, status: int
) -> None:
    sandbox.configure(unknown_person_fields=["role"], unknown_field=shape)
    reply = client.people(edge, fields="id,role")
    assert (reply.status, reply.error) == (status, (100, None))
    assert "role" in reply.message
    # Nobody asked for it by name here.
    assert all("role" not in row for row in client.people(edge).json["data"])
    assert client.people(edge, fields="id").status == 200


def test_only_the_edges_of_people_do_not_know_a_person_field(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(unknown_person_fields=["name"])
    assert "name" in client.users().json["data"][0]
    assert "name" in client.people("owned_whatsapp_business_accounts").json["data"][0]


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
def test_the_edges_of_people_are_read_only_and_the_businesss_own(client: Client, edge: str) -> None:
    assert client.people(edge, "DELETE").error == (100, 33)
    assert client.call("POST", f"/v23.0/{client.sandbox.business_id}/{edge}", {"email": "x@example.com"}).error == (
        100,
        33,
    )
    assert client.call("GET", f"/v23.0/{PARTNER}/{edge}").error == (100, 33)


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
def test_an_edge_of_people_in_pages(edge: str) -> None:
    with Sandbox() as sandbox:
        for number in range(5):
            kind = "SYSTEM_USER" if edge == "system_users" else "BUSINESS_USER"
            sandbox.add_person(f"55{number}", user_type=kind, pending=edge == "pending_users")
        client = Client(sandbox)
        whole = client.people(edge, limit=100).json["data"]
        first = client.people(edge, limit=2, summary="total_count", fields="id").json
        assert first["summary"] == {"total_count": len(whole)}
        assert first["data"] == [{"id": row["id"]} for row in whole[:2]]
        assert "previous" not in first["paging"]
        link = urlsplit(first["paging"]["next"])
        second = Client(sandbox, "").call("GET", f"{link.path}?{link.query}").json
        assert second["data"] == [{"id": row["id"]} for row in whole[2:4]]
        back = client.people(edge, limit=2, before=second["paging"]["cursors"]["before"], fields="id").json
        assert back["data"] == first["data"]
        assert client.all_ids(edge, limit=2) == [row["id"] for row in whole]
        for changes in ({"page_size": 3}, {"page_size": 1, "empty_pages": True}):
            sandbox.configure(**changes)
            assert client.all_ids(edge, limit=5) == [row["id"] for row in whole]
        page = client.people(edge, after=client.people(edge).json["paging"]["cursors"]["after"]).json
        assert page["data"] == []
        assert page["paging"]["next"]


def test_an_edge_without_people_has_no_paging(client: Client) -> None:
    query = {"email": "nobody@example.com", "summary": "total_count"}
    assert client.people("pending_users", **query).json == {"data": [], "summary": {"total_count": 0}}


def test_a_cursor_of_another_edge_is_refused(client: Client) -> None:
    cursor = client.people("business_users", limit=1).json["paging"]["cursors"]["after"]
    assert client.people("system_users", limit=1, after=cursor).error == (100, None)
    assert client.users(limit=1, after=cursor).error == (100, None)


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
def test_a_cursor_is_stale_once_somebody_has_joined_or_left(client: Client, sandbox: Sandbox, edge: str) -> None:
    def cursor() -> str:
        return str(client.people(edge, limit=1).json["paging"]["cursors"]["after"])

    kind = "SYSTEM_USER" if edge == "system_users" else "BUSINESS_USER"
    old = cursor()
    sandbox.add_person("555", user_type=kind, pending=edge == "pending_users")
    assert client.people(edge, after=old).error == (100, None)
    old = cursor()
    sandbox.add_person("555", role="ADMIN")
    assert client.people(edge, after=old).status == 200
    sandbox.leave("555")
    assert client.people(edge, after=old).error == (100, None)


def test_somebody_who_left_keeps_their_tasks(client: Client, sandbox: Sandbox) -> None:
    assert all(NINA not in client.all_ids(edge) for edge in PEOPLE_EDGES)
    path = f"/v23.0/{MARKETING}/assigned_users"
    rows = client.call("GET", path, business=sandbox.business_id).json["data"]
    assert {"id": NINA, "name": "Nina Former", "tasks": ["VIEW_INSIGHTS"]} in rows
    assert client.call("GET", f"/v23.0/{NINA}").error == (100, 33)
    for account in (MARKETING, sandbox.waba_id):
        form = {"user": NINA, "tasks": '["MANAGE"]'}
        reply = client.call("POST", f"/v23.0/{account}/assigned_users", form)
        assert (reply.status, reply.error) == (400, (100, None))
        assert reply.message == "Invalid parameter: user must be a valid user ID"
    assert sandbox.tasks_of(NINA, MARKETING) == {"VIEW_INSIGHTS"}
    assert client.call("DELETE", path, user=NINA).json == {"success": True}
    assert sandbox.tasks_of(NINA, MARKETING) is None


@pytest.mark.parametrize(
    ("user", "edge"), [(MARIA, "business_users"), (BACKUP_BOT, "system_users"), (NEW_COLLEAGUE, "pending_users")]
)
def test_people_leave_and_come_back(client: Client, sandbox: Sandbox, user: str, edge: str) -> None:
    before, tasks = client.all_ids(edge), sandbox.tasks_of(user)
    sandbox.leave(user)
    assert client.all_ids(edge) == [other for other in before if other != user]
    assert client.grant(user, "MANAGE").error == (100, None)
    assert sandbox.tasks_of(user) == tasks
    sandbox.add_person(user, left=False)
    assert client.all_ids(edge) == before


def test_what_is_not_named_of_a_person_stays(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_person(LI, pending_email=None, title="Head")
    sandbox.add_person(JANE, email="li.wei@example.com")
    rows = {row["id"]: row for row in client.people(fields="name,email,pending_email,title,role").json["data"]}
    li = {"name": "Li Wei", "email": "li.wei@example.com", "title": "Head", "role": "EMPLOYEE"}
    assert rows[LI] == {"id": LI, **li}
    assert rows[JANE] == {"id": JANE, "name": "Jane Doe", "email": "li.wei@example.com", "role": "EMPLOYEE"}
    sandbox.reset()
    assert {"id": JANE, "email": "jane.doe@example.com"} in client.people(fields="email").json["data"]


@pytest.mark.parametrize(
    ("user", "members", "message"),
    [
        ("jane", {}, "id must be a string of digits, not 'jane'"),
        (JANE, {"user_type": "ROBOT"}, f"person {JANE}: user_type must be one of BUSINESS_USER"),
        (JANE, {"name": ""}, "name must be a string"),
        (JANE, {"left": "yes"}, "left must be true or false, not 'yes'"),
        (JANE, {"pending": 1}, "pending must be true or false, not 1"),
        (JANE, {"business_id": "1"}, "business: nothing has the id '1'"),
    ],
)
def test_people_that_cannot_be(sandbox: Sandbox, user: str, members: dict[str, Any], message: str) -> None:
    with pytest.raises(SeedError, match=message):
        sandbox.add_person(user, **members)


def test_nobody_unknown_leaves(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError, match="no person 99"):
        sandbox.leave("99")


def test_made_up_people_are_in_the_business_with_their_addresses() -> None:
    with Sandbox(people=1000) as sandbox:
        client = Client(sandbox)
        made_up = [user for user in sandbox.assigned() if user.startswith("3000")]
        assert client.all_ids("business_users", limit=100)[-1000:] == made_up
        assert len(sandbox.log) == 11
        rows = client.people(fields="email", limit=100).json["data"]
        assert {"id": made_up[0], "email": "person0001@example.com"} in rows


def test_a_business_of_three_pages_of_people() -> None:
    with Sandbox(people=250) as sandbox:
        assert len(set(Client(sandbox).all_ids("business_users", limit=100))) == 258
        assert len(sandbox.log) == 3


def test_many_accounts() -> None:
    with Sandbox(accounts=200, people_each=20) as sandbox:
        client = Client(sandbox)
        accounts = client.all_ids("owned_whatsapp_business_accounts", limit=100)
        assert len(set(accounts)) == 200
        assert accounts == sandbox.waba_ids
        in_business = set(client.all_ids("business_users", limit=100))
        assert len(sandbox.log) == 4
        for waba_id in accounts:
            assigned = sandbox.assigned(waba_id)
            assert len(assigned) == 20
            assert assigned.pop(sandbox.own_user_id) == {"FULL_CONTROL"}
            assert set(assigned) <= in_business
            assert MARIA in assigned
        rows = client.people(fields="name,email", limit=100).json["data"]
        assert {"name": "Member 0001", "email": "member0001@example.com"}.items() <= rows[-100 + 8].items()


def test_accounts_of_a_business_and_of_a_person(client: Client, sandbox: Sandbox) -> None:
    owned = client.call("GET", f"/v23.0/{sandbox.business_id}/owned_whatsapp_business_accounts").json["data"]
    assert [row["name"] for row in owned] == ["Example Support", "Example Marketing"]
    shared = client.call("GET", f"/v23.0/{sandbox.business_id}/client_whatsapp_business_accounts").json["data"]
    assert [row["name"] for row in shared] == ["Partner Hotline"]
    path = f"/v23.0/{JOHN}/assigned_whatsapp_business_accounts"
    mine = client.call("GET", path, fields="id,tasks,permissions").json["data"]
    assert mine[1] == {"id": "6543210987654321", "tasks": ["MANAGE"], "permissions": ["MANAGE"]}


@pytest.mark.parametrize(("setting", "error"), [("200", (200, 1349174)), ("10", (10, None)), ("100/33", (100, 33))])
def test_business_edges_need_a_permission(sandbox: Sandbox, setting: str, error: tuple[int, int | None]) -> None:
    sandbox.configure(business_error=setting)
    client = another(sandbox, "no-business")
    assert client.users().status == 200
    assert [client.people(edge).error for edge in PEOPLE_EDGES] == [error] * 3


@pytest.mark.parametrize(("setting", "error"), [("200", (200, 1349174)), ("10", (10, None)), ("100/33", (100, 33))])
def test_single_edges_can_be_refused(
    client: Client, sandbox: Sandbox, setting: str, error: tuple[int, int | None]
) -> None:
    sandbox.configure(refused_edges=["system_users", "assigned_whatsapp_business_accounts"], business_error=setting)
    assert client.people("system_users").error == error
    assert client.call("GET", f"/v23.0/{JOHN}/assigned_whatsapp_business_accounts").error == error
    assert [client.people(edge).status for edge in ("business_users", "pending_users")] == [200, 200]
    assert client.users().status == 200


# --- limits ---


def test_quota_and_usage(sandbox: Sandbox, client: Client) -> None:
    sandbox.configure(quota=4)
    replies = [client.users() for _call in range(5)]
    assert [reply.status for reply in replies] == [200] * 4 + [400]
    assert json.loads(replies[1].headers["X-App-Usage"])["call_count"] == 50
    assert replies[4].error == (80008, None)
    (usage,) = json.loads(replies[4].headers["X-Business-Use-Case-Usage"])[sandbox.waba_id]
    assert usage["type"] == "whatsapp_business_management"
    assert 1 <= usage["estimated_time_to_regain_access"] <= 60
    # Another account has its own limit.
    other = client.call("GET", f"/v23.0/{MARKETING}/assigned_users", business=sandbox.business_id)
    assert other.status == 200


def test_the_quota_comes_back_and_refused_calls_count(sandbox: Sandbox, client: Client) -> None:
    sandbox.configure(quota=1, quota_window=0.2)
    assert client.users().status == 200
    assert client.users().error == (80008, None)
    until = time.monotonic() + PATIENCE
    time.sleep(0.25)
    while client.users().status != 200:
        assert time.monotonic() < until
        time.sleep(0.25)


@pytest.mark.parametrize("edge", PEOPLE_EDGES)
def test_an_edge_of_people_is_no_call_on_an_account(sandbox: Sandbox, client: Client, edge: str) -> None:
    sandbox.configure(quota=1)
    replies = [client.people(edge) for _call in range(3)]
    assert [reply.status for reply in replies] == [200] * 3
    assert json.loads(replies[2].headers["X-App-Usage"])["call_count"] == 0
    assert "X-Business-Use-Case-Usage" not in replies[2].headers
    assert client.users().status == 200
    assert client.users().error == (80008, None)
    assert client.people(edge).status == 200


def test_usage_headers_can_be_absent(sandbox: Sandbox, client: Client) -> None:
    sandbox.configure(usage_headers=False)
    reply = client.users()
    assert "X-App-Usage" not in reply.headers
    assert "X-Business-Use-Case-Usage" not in reply.headers


# --- batches ---


def operation(method: str, sandbox: Sandbox, body: str | None = None, query: str = "") -> dict[str, Any]:
    made = {"method": method, "relative_url": f"{sandbox.waba_id}/assigned_users{query}"}
    return made if body is None else {**made, "body": body}


def grant_operation(sandbox: Sandbox, user: str, *tasks: str) -> dict[str, Any]:
    return operation("POST", sandbox, urlencode({"user": user, "tasks": json.dumps(tasks)}))


@pytest.mark.parametrize("path", ["/", "/v23.0", "/v23.0/"])
def test_a_batch(client: Client, sandbox: Sandbox, path: str) -> None:
    reply = client.batch(
        grant_operation(sandbox, JANE, "DEVELOP"),
        operation("DELETE", sandbox, query=f"?user={MARIA}"),
        operation("DELETE", sandbox, query="?user=99"),
        {"method": "GET", "relative_url": "/v24.0/me"},
        path=path,
    )
    assert reply.status == 200
    assert [entry["code"] for entry in reply.json] == [200, 200, 404, 200]
    assert json.loads(reply.json[0]["body"]) == {"success": True}
    assert json.loads(reply.json[2]["body"])["error"]["code"] == 803
    assert {"name": "facebook-api-version", "value": "v24.0"} in reply.json[3]["headers"]
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert sandbox.tasks_of(MARIA) is None
    assert [entry["code"] for entry in sandbox.log[-1].operations] == [200, 200, 404, 200]


def people_operation(sandbox: Sandbox, edge: str, **query: Any) -> dict[str, Any]:
    return {"method": "GET", "relative_url": f"{sandbox.business_id}/{edge}?{urlencode(query)}"}


def test_edges_of_people_in_a_batch(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(quota=1, refused_edges=["pending_users"], page_size=3)
    reply = client.batch(
        people_operation(sandbox, "business_users", fields="id,email", limit=100, summary="total_count"),
        people_operation(sandbox, "system_users", fields="id", limit=2),
        people_operation(sandbox, "business_users", fields="user_type"),
        people_operation(sandbox, "pending_users"),
        operation("GET", sandbox, query=f"?business={sandbox.business_id}"),
    ).json
    assert [entry["code"] for entry in reply] == [200, 200, 400, 403, 200]
    people, system = (json.loads(entry["body"]) for entry in reply[:2])
    assert [len(people["data"]), len(system["data"])] == [3, 2]
    assert people["summary"] == {"total_count": 8}
    rest = [
        people_operation(sandbox, "business_users", after=people["paging"]["cursors"]["after"]),
        people_operation(sandbox, "system_users", after=system["paging"]["cursors"]["after"]),
    ]
    pages = [json.loads(entry["body"])["data"] for entry in client.batch(*rest).json]
    assert [len(page) for page in pages] == [3, 1]
    sandbox.add_person("555")
    assert [entry["code"] for entry in client.batch(*rest).json] == [400, 200]


def test_edges_of_people_want_the_proof(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(require_proof=True)
    for edge in PEOPLE_EDGES:
        assert "require an appsecret_proof" in client.people(edge).message
        assert "Invalid appsecret_proof" in client.people(edge, appsecret_proof="0" * 64).message
        assert client.people(edge, appsecret_proof=proof_of(sandbox)).status == 200
    operations = [people_operation(sandbox, edge) for edge in PEOPLE_EDGES]
    assert client.batch(*operations).error == (100, None)
    form = {"batch": json.dumps(operations), "access_token": client.token, "appsecret_proof": proof_of(sandbox)}
    assert [entry["code"] for entry in client.call("POST", "/v23.0/", form).json] == [200] * 3


def test_faults_meet_edges_of_people(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("null_operation", path="system_users"))
    operations = [people_operation(sandbox, edge) for edge in PEOPLE_EDGES]
    assert [entry and entry["code"] for entry in client.batch(*operations).json] == [200, None, 200]
    sandbox.inject(Fault("repeat_cursor", path="business_users", times=0))
    first = client.people(limit=2).json
    assert client.people(limit=2, after=first["paging"]["cursors"]["after"]).json["data"] == first["data"]


def test_the_body_of_a_delete_is_not_read_in_a_batch(client: Client, sandbox: Sandbox) -> None:
    reply = client.batch(operation("DELETE", sandbox, body=f"user={MARIA}"))
    assert reply.json[0]["code"] == 400
    assert sandbox.tasks_of(MARIA) is not None


def test_operations_of_a_batch_see_the_list_from_before(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(on_assigned="reject")
    read = operation("GET", sandbox, query=f"?business={sandbox.business_id}")
    again = grant_operation(sandbox, JANE, "DEVELOP")
    reply = client.batch(
        grant_operation(sandbox, JANE, "MANAGE"),
        again,
        operation("DELETE", sandbox, query=f"?user={JANE}"),
        operation("DELETE", sandbox, query=f"?user={MARIA}"),
        grant_operation(sandbox, MARIA, "DEVELOP"),
        read,
    )
    # The grants do not know of each other, the removal knows of no grant, the re-grant of no removal: Maria is gone.
    assert [entry["code"] for entry in reply.json] == [200, 200, 404, 200, 422, 200]
    rows = {row["id"] for row in json.loads(reply.json[-1]["body"])["data"]}
    assert JANE not in rows
    assert MARIA in rows
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert sandbox.tasks_of(MARIA) is None


def test_a_batch_has_50_operations_at_most(client: Client, sandbox: Sandbox) -> None:
    me = {"method": "GET", "relative_url": "me"}
    assert len(client.batch(*[me] * 50).json) == 50
    reply = client.batch(*[me] * 51)
    assert (reply.status, reply.error) == (400, (100, None))
    assert "Maximum batch size is 50" in reply.message


@pytest.mark.parametrize("batch", ["", "{}", "[]", "nonsense"])
def test_a_batch_that_is_none(client: Client, batch: str) -> None:
    assert client.call("POST", "/", {"batch": batch}).error == (100, None)


def test_an_operation_that_is_none_fails_alone(client: Client) -> None:
    reply = client.batch({"method": "GET"}, {"method": "GET", "relative_url": "me"})
    assert [entry["code"] for entry in reply.json] == [400, 200]


def test_a_batch_with_a_wrong_token_or_proof_fails_whole(client: Client, sandbox: Sandbox) -> None:
    bad = Client(sandbox, "nonsense").batch({"method": "GET", "relative_url": "me"})
    assert (bad.status, bad.error) == (401, (190, None))
    sandbox.configure(require_proof=True)
    assert client.batch({"method": "GET", "relative_url": "me"}).error == (100, None)
    batch = json.dumps([{"method": "GET", "relative_url": "me"}])
    form = {"batch": batch, "access_token": client.token, "appsecret_proof": proof_of(sandbox)}
    assert Client(sandbox, "").call("POST", "/", form).json[0]["code"] == 200


def test_a_batch_with_the_bearer_header_alone(client: Client) -> None:
    form = {"batch": json.dumps([{"method": "GET", "relative_url": "me"}]), "include_headers": "false"}
    (entry,) = client.call("POST", "/v23.0/", form).json
    assert set(entry) == {"code", "body"}


def test_every_operation_counts(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure(quota=3)
    read = operation("GET", sandbox, query=f"?business={sandbox.business_id}")
    assert [entry["code"] for entry in client.batch(*[read] * 5).json] == [200, 200, 200, 400, 400]


@pytest.mark.parametrize(("applied", "tasks"), [(True, {"DEVELOP"}), (False, None)])
def test_null_in_a_batch(client: Client, sandbox: Sandbox, *, applied: bool, tasks: set[str] | None) -> None:
    sandbox.inject(Fault("null_operation", index=1, applied=applied))
    reply = client.batch({"method": "GET", "relative_url": "me"}, grant_operation(sandbox, JANE, "DEVELOP"))
    assert reply.json[1] is None
    assert reply.json[0]["code"] == 200
    assert sandbox.tasks_of(JANE) == tasks
    assert sandbox.log[-1].operations[1]["code"] is None


def test_a_fault_for_one_operation(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("status", on="POST", user=JANE, status=500, code=2))
    sandbox.inject(Fault("html", index=2))
    me = {"method": "GET", "relative_url": "me"}
    reply = client.batch(me, grant_operation(sandbox, JANE, "DEVELOP"), me)
    assert [entry["code"] for entry in reply.json] == [200, 500, 502]
    assert reply.json[2]["body"].startswith("<!DOCTYPE")
    assert sandbox.faults_left() == []


def test_faults_for_operations_of_several_accounts(client: Client, sandbox: Sandbox) -> None:
    reads = [
        {"method": "GET", "relative_url": f"{waba_id}/assigned_users?business={sandbox.business_id}"}
        for waba_id in (sandbox.waba_id, MARKETING, sandbox.waba_id)
    ]

    def codes() -> list[int]:
        return [entry["code"] for entry in client.batch(*reads).json]

    sandbox.inject(Fault("status", waba_id=MARKETING, status=503))
    assert codes() == [200, 503, 200]
    sandbox.inject(Fault("status", waba_id=sandbox.waba_id, nth=2, status=503))
    assert codes() == [200, 200, 503]
    sandbox.inject(Fault("status", in_batch=True, nth=5, status=503))
    assert client.users().status == 200
    assert [codes(), codes()] == [[200] * 3, [200, 503, 200]]
    sandbox.inject(Fault("status", waba_id=MARKETING, status=503))
    assert client.users().status == 200
    assert client.call("GET", f"/v23.0/{MARKETING}").status == 503


def test_a_page_that_leads_astray_in_a_batch(client: Client, sandbox: Sandbox) -> None:
    read = operation("GET", sandbox, query=f"?business={sandbox.business_id}&limit=2")
    sandbox.inject(Fault("repeat_cursor", index=1))
    sandbox.inject(Fault("no_paging", index=2))
    sandbox.inject(Fault("next_without_cursors", index=3))  # that is no page
    reply = client.batch(read, read, read, grant_operation(sandbox, JANE, "DEVELOP"))
    right, astray, without, granted = (json.loads(entry["body"]) for entry in reply.json)
    assert right["data"] == astray["data"] == without["data"]
    assert right["paging"]["cursors"]["after"] != astray["paging"]["cursors"]["after"]
    assert set(without) == {"data"}
    assert granted == {"success": True}


# --- faults ---


def test_a_status_fault(client: Client, sandbox: Sandbox) -> None:
    fault = Fault(
        "status",
        on="POST",
        status=503,
        code=2,
        subcode=1,
        message="gone",
        is_transient=True,
        headers={"Retry-After": "7"},
        regain_minutes=40,
    )
    sandbox.inject(fault)
    assert client.users().status == 200
    reply = client.grant(JANE, "MANAGE")
    assert (reply.status, reply.error, reply.message) == (503, (2, 1), "gone")
    assert reply.json["error"]["is_transient"] is True
    assert reply.headers["Retry-After"] == "7"
    (usage,) = json.loads(reply.headers["X-Business-Use-Case-Usage"])[sandbox.waba_id]
    assert usage["estimated_time_to_regain_access"] == 40
    assert sandbox.tasks_of(JANE) is None
    assert client.grant(JANE, "MANAGE").status == 200
    assert [request.fault for request in sandbox.log] == [None, "status", None]


def test_which_calls_a_fault_meets(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("status", nth=2, times=2, path="assigned_users"))
    client.call("GET", "/v23.0/me")
    assert [client.users().status for _call in range(4)] == [200, 500, 500, 200]
    sandbox.inject(Fault("status", times=0))
    assert [client.users().status for _call in range(3)] == [500] * 3
    assert len(sandbox.faults_left()) == 1
    sandbox.clear_faults()
    assert client.users().status == 200


def test_faults_come_one_after_the_other(client: Client, sandbox: Sandbox) -> None:
    for status in (500, 503, 429):
        sandbox.inject(Fault("status", status=status))
    replies = [client.users() for _call in range(4)]
    assert [reply.status for reply in replies] == [500, 503, 429, 200]
    assert replies[2].error == (4, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "nonsense"},
        {"nth": 0},
        {"times": -1},
        {"status": "500"},
        {"headers": {"a": 1}},
        {"kind": "drip", "in_batch": True},
    ],
)
def test_a_fault_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Fault(**{"kind": "status", **changes})


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("string_error", message="just words"), 400, '{"error": "just words"}'),
        (Fault("html"), 502, "<!DOCTYPE html>"),
        (Fault("html", status=200), 200, "<!DOCTYPE html>"),
        (Fault("empty_body"), 200, ""),
        (Fault("not_json"), 200, '{"data": ['),
        (Fault("json", value=[1, None]), 200, "[1, null]"),
        (Fault("json", value={"success": "yes"}, status=500), 500, '{"success": "yes"}'),
        (Fault("status", status=502, body="Bad gateway"), 502, "Bad gateway"),
    ],
)
def test_answers_of_faults(client: Client, sandbox: Sandbox, fault: Fault, status: int, text: str) -> None:
    sandbox.inject(fault)
    reply = client.grant(JANE, "MANAGE")
    assert reply.status == status
    assert reply.text.startswith(text)
    assert sandbox.tasks_of(JANE) is None


def test_a_fault_after_the_call_was_applied(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("html", after=True))
    assert client.grant(JANE, "MANAGE").status == 502
    assert sandbox.tasks_of(JANE) == {"MANAGE"}


def cut_off(client: Client) -> type[Exception]:
    """What happens to a grant whose connection is cut."""
    with pytest.raises((OSError, http.client.HTTPException)) as caught:
        client.grant(JANE, "MANAGE")
    return caught.type


@pytest.mark.parametrize(
    ("kind", "error", "tasks"),
    [
        ("reset_before", ConnectionResetError, None),
        ("reset_after", ConnectionResetError, {"MANAGE"}),
        ("close_after", http.client.RemoteDisconnected, {"MANAGE"}),
        ("truncated", http.client.IncompleteRead, {"MANAGE"}),
    ],
)
def test_cut_connections(client: Client, kind: str, error: type[Exception], tasks: set[str] | None) -> None:
    client.sandbox.inject(Fault(kind, on="POST"))
    assert cut_off(client) is error
    assert client.sandbox.tasks_of(JANE) == tasks
    assert client.sandbox.log[0].status == (200 if kind == "truncated" else None)


def test_a_reset_is_an_rst(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("reset_before"))
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as raw:
        raw.sendall(b"GET /v23.0/me HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_a_hang_ends_with_its_time_or_with_the_sandbox() -> None:
    with Sandbox() as sandbox:
        sandbox.inject(Fault("hang", seconds=0.05))
        assert Client(sandbox).grant(JANE, "MANAGE").status == 200
        sandbox.inject(Fault("hang", seconds=3600))
        with ThreadPoolExecutor() as pool:
            hanging = pool.submit(Client(sandbox).users)
            wait_for(lambda: len(sandbox.log) == 2)
            sandbox.stop()
            assert isinstance(hanging.exception(PATIENCE), (OSError, http.client.HTTPException))


def test_a_hang_after_the_call_was_applied(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("hang", seconds=3600, after=True))
    client = Client(sandbox)
    client.connection.timeout = 0.2
    with pytest.raises(OSError, match="timed out"):
        client.grant(JANE, "MANAGE")
    wait_for(lambda: sandbox.tasks_of(JANE) == {"MANAGE"})


def test_drip_and_latency(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("drip", seconds=0.0001))
    assert client.call("GET", "/v23.0/me").json["id"] == sandbox.own_user_id
    sandbox.inject(Fault("latency", ms=5))
    assert client.users().status == 200
    sandbox.configure(latency=5)
    assert client.users().status == 200


def test_a_body_without_end(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("endless"))
    client = Client(sandbox)
    client.connection.request("GET", "/v23.0/me")
    response = client.connection.getresponse()
    assert len(response.read(100_000)) == 100_000
    response.close()


def test_redirects(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("redirect"))
    reply = client.users()
    assert reply.status == 302
    assert reply.headers["Location"].startswith(f"{sandbox.url}/v23.0/{sandbox.waba_id}/assigned_users?business=")
    sandbox.inject(Fault("redirect", status=307, location="http://127.0.0.1:1/elsewhere"))
    reply = client.grant(JANE, "MANAGE")
    assert (reply.status, reply.headers["Location"]) == (307, "http://127.0.0.1:1/elsewhere")


@pytest.mark.parametrize("limit", [2, 100])
def test_a_page_whose_next_is_itself(client: Client, sandbox: Sandbox, limit: int) -> None:
    sandbox.inject(Fault("repeat_cursor", on="GET", times=0))
    first = client.users(limit=limit).json
    again = client.users(limit=limit, after=first["paging"]["cursors"]["after"]).json
    assert again["data"] == first["data"]
    assert again["paging"]["next"]
    assert again["paging"]["cursors"]["after"] == first["paging"]["cursors"]["after"]


def test_pages_without_end(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("endless_pages", times=0))
    cursors: set[str] = set()
    query: dict[str, Any] = {}
    for _page in range(20):
        paging = client.users(**query).json["paging"]
        assert paging["next"]
        query = {"after": paging["cursors"]["after"]}
        cursors.add(query["after"])
    assert len(cursors) == 20


def test_paging_that_lacks_something(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("next_without_cursors"))
    paging = client.users(limit=2).json["paging"]
    assert set(paging) == {"next"}
    after = parse_qs(urlsplit(paging["next"]).query)["after"][0]
    assert client.users(limit=2, after=after).status == 200
    sandbox.inject(Fault("no_paging"))
    assert set(client.users(limit=2).json) == {"data"}


def test_an_error_that_repeats_the_secrets(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault("echo_token"))
    proof = proof_of(sandbox)
    reply = client.users(appsecret_proof=proof)
    assert reply.error == (100, None)
    assert all(part in reply.message for part in (sandbox.token, proof, sandbox.url))


# --- the server and its log ---


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_keep_alive_and_the_log(client: Client, sandbox: Sandbox) -> None:
    client.users(limit=1)
    client.grant(JANE, "MANAGE")
    Client(sandbox).users()
    assert sandbox.connections == 2
    first, second, third = sandbox.log
    assert (first.connection, second.connection, third.connection) == (1, 1, 2)
    assert (first.method, first.query["limit"], first.status) == ("GET", ["1"], 200)
    assert first.raw_target.endswith("assigned_users?business=9876543210987654&limit=1")
    assert second.form == {"user": [JANE], "tasks": ['["MANAGE"]']}
    assert second.headers["authorization"] == f"Bearer {sandbox.token}"
    assert (first.number, third.number) == (1, 3)
    sandbox.clear_log()
    assert sandbox.log == []
    assert sandbox.connections == 0


def test_many_at_once() -> None:
    with Sandbox(people=40) as sandbox:
        people = [user for user in sandbox.assigned() if user != sandbox.own_user_id]

        def work(user: str) -> list[int]:
            client = Client(sandbox)
            replies = [client.grant(user, "DEVELOP"), client.users(), client.users("DELETE", user=user)]
            return [reply.status for reply in replies]

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(work, people)) == [[200, 200, 200]] * len(people)
        assert set(sandbox.assigned()) == {sandbox.own_user_id}
        assert len(sandbox.log) == 3 * len(people)
        assert sandbox.connections == len(people)


def test_it_ends_with_connections_open() -> None:
    with Sandbox() as sandbox:
        idle = socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=PATIENCE)
        wait_for(lambda: any(thread.name == "sandbox-1" for thread in threading.enumerate()))
    with idle:
        assert idle.recv(1) == b""
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("sandbox-")])


def test_ipv6() -> None:
    try:
        sandbox = Sandbox(host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert Client(sandbox).users().status == 200


def test_a_request_as_a_proxy_gets_it(sandbox: Sandbox) -> None:
    client = Client(sandbox)
    assert client.call("GET", "http://graph.example/v23.0/me").json["id"] == sandbox.own_user_id
    assert sandbox.log[0].raw_target == "http://graph.example/v23.0/me"


def test_https(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    both = str(tmp_path / "both.pem")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-keyout", both, "-out", both + ".crt"]
    subprocess.run(make, check=True, capture_output=True, timeout=PATIENCE)
    with Sandbox(cert_file=both + ".crt", key_file=both) as sandbox:
        assert sandbox.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=both + ".crt")
        for context, trusted in ((trusting, True), (ssl.create_default_context(), False)):
            host = sandbox.url.removeprefix("https://")
            connection = http.client.HTTPSConnection(host, timeout=PATIENCE, context=context)
            headers = {"Authorization": f"Bearer {sandbox.token}"}
            if trusted:
                connection.request("GET", "/v23.0/me", headers=headers)
                assert Reply(connection.getresponse()).status == 200
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    connection.request("GET", "/v23.0/me", headers=headers)
            connection.close()


def test_json_bodies_are_understood(sandbox: Sandbox) -> None:
    client = Client(sandbox)
    body = json.dumps({"user": JANE, "tasks": ["MANAGE"]})
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    client.connection.request("POST", f"/v23.0/{sandbox.waba_id}/assigned_users", body, headers)
    assert Reply(client.connection.getresponse()).status == 200
    assert sandbox.tasks_of(JANE) == {"MANAGE"}


def test_behind_the_apis_back(sandbox: Sandbox, client: Client) -> None:
    sandbox.add_person("555", "Five", "SYSTEM_USER")
    sandbox.assign("555", ["SOMETHING_NEW"])
    assert sandbox.tasks_of("555") == {"SOMETHING_NEW"}
    assert client.users().json["data"][-1] == {"id": "555", "name": "Five", "tasks": ["SOMETHING_NEW"]}
    with pytest.raises(KeyError):
        sandbox.assign("556", ["MANAGE"])
    sandbox.reset()
    assert sandbox.tasks_of("555") is None
    assert sandbox.log == []


@pytest.mark.parametrize(
    "behaviours",
    [
        {"tasks": "sometimes"},
        {"page_size": -1},
        {"page_size": True},
        {"empty_pages": 1},
        {"protected": "1"},
        {"refused_edges": "system_users"},
        {"own_id": "me"},
        {"unknown_person_fields": [1]},
        {"nonsense": 1},
    ],
)
def test_behaviours_that_cannot_be(behaviours: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(behaviours))):
        Sandbox(**behaviours)


# --- control endpoints ---


def test_control_endpoints(sandbox: Sandbox) -> None:
    client = Client(sandbox, "")

    def control(method: str, path: str, value: Any = None) -> Any:
        body = None if value is None else json.dumps(value)
        reply = client.call(method, f"/_sandbox/{path}", body)
        assert reply.status == 200, reply.text
        return reply.json

    control("PUT", "people/555", {"name": "Five", "user_type": "SYSTEM_USER"})
    control("PUT", "assigned/555", {"tasks": ["MANAGE"]})
    assert control("GET", "state")["assigned"]["555"] == ["MANAGE"]
    control("DELETE", "assigned/555")
    assert sandbox.tasks_of("555") is None
    assert control("POST", "behaviours", {"page_size": 2, "protected": [MARIA]})["page_size"] == 2
    control("POST", "faults", {"kind": "status", "status": 503})
    assert control("GET", "faults")["faults"][0]["status"] == 503
    assert Client(sandbox).users().status == 503
    assert len(Client(sandbox).users().json["data"]) == 2
    log = control("GET", "log")
    assert [request["status"] for request in log["requests"]] == [503, 200]
    assert log["connections"] == 2
    control("DELETE", "log")
    control("DELETE", "faults")
    control("PUT", "tokens/admin", {"state": "expired"})
    assert Client(sandbox).users().error == (190, 463)
    control("POST", "reset")
    assert len(Client(sandbox).users().json["data"]) == 5


def test_people_by_control_calls(client: Client, sandbox: Sandbox) -> None:
    def put(user: str, **members: Any) -> None:
        reply = client.call("PUT", f"/_sandbox/people/{user}", json.dumps(members))
        assert reply.json == {"success": True}

    details = {
        "email": "five@example.com",
        "pending_email": "5@example.com",
        "role": "ADMIN",
        "title": "Fifth",
        "two_fac_status": "DISABLED",
        "marked_for_removal": True,
    }
    put("555", name="Five", tasks=["MANAGE"], **details)
    rows = client.people(fields=",".join(["name", *details])).json["data"]
    assert rows[-1] == {"id": "555", "name": "Five", **details}
    put("555", pending=True)
    assert rows[-1]["id"] not in client.all_ids("business_users")
    assert client.people("pending_users", email="five@example.com").json["data"][0]["id"] == "555"
    put("555", pending=False, email=None)
    put(JANE, email="five@example.com")
    emails = {row["id"]: row.get("email") for row in client.people(fields="email").json["data"]}
    assert (emails["555"], emails[JANE]) == (None, "five@example.com")
    put("555", left=True, tasks=["DEVELOP"], waba_id=MARKETING)
    assert "555" not in client.all_ids("business_users")
    assert (sandbox.tasks_of("555"), sandbox.tasks_of("555", MARKETING)) == ({"MANAGE"}, {"DEVELOP"})
    assert client.users().json["data"][-1]["name"] == "Five"
    put("556")
    assert client.people(fields="name").json["data"][-1] == {"id": "556", "name": "Person 556"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "people/555", '{"left": "yes"}', 400),
        ("PUT", "people/five", "{}", 400),
        ("GET", "nonsense", None, 404),
        ("POST", "behaviours", '{"page_size": "x"}', 400),
        ("POST", "faults", '{"kind": "x"}', 400),
        ("POST", "faults", "[]", 400),
        ("POST", "faults", "not json", 400),
        ("PUT", "assigned/1", '{"tasks": []}', 400),
        ("GET", "state?waba_id=1", None, 400),
    ],
)
def test_control_calls_that_cannot_be(client: Client, method: str, path: str, body: str | None, status: int) -> None:
    reply = client.call(method, f"/_sandbox/{path}", body)
    assert reply.status == status
    assert reply.json["error"]
    assert client.sandbox.log == []


# --- seeds and the command line ---

SEED: dict[str, Any] = {
    "tokens": [{"token": "EAA-of-the-seed", "user": "3"}],
    "businesses": [{"id": "1", "name": "One"}],
    "people": [{"id": "2", "name": "Two", "email": "two@example.com"}, {"id": "3", "name": "Three"}],
    "accounts": [{"id": "4", "name": "Four", "assigned": {"2": ["MANAGE"]}}],
}


def test_a_seed() -> None:
    with Sandbox(seed=SEED, app_secret="another") as sandbox:
        assert (sandbox.token, sandbox.waba_id, sandbox.business_id) == ("EAA-of-the-seed", "4", "1")
        assert (sandbox.own_user_id, sandbox.app_secret) == ("3", "another")
        assert Client(sandbox).all_ids() == ["2"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"people": []}, "people must have an entry"),
        ({"extra": 1}, "no such member: extra"),
        ({"businesses": [{"id": 1, "name": "One"}]}, r"businesses\[0\]: id must be a string of digits"),
        ({"people": [{"id": "2", "name": "Two"}] * 2}, r"people\[1\]: id 2 is there already"),
        ({"people": [{"id": "3", "name": "T", "user_type": "ROBOT"}]}, r"people\[0\]: user_type must be one of"),
        ({"people": [{"id": "3", "name": "T", "pending": "no"}]}, r"people\[0\]: pending must be true or false"),
        ({"people": [{"id": "3", "name": "T", "left": 1}]}, r"people\[0\]: left must be true or false, not 1"),
        ({"accounts": [{"id": "4", "name": "F", "assigned": {"9": []}}]}, r"accounts\[0\]: assigned: nothing .* '9'"),
        ({"accounts": [{"id": "4", "name": "F", "assigned": {"2": "MANAGE"}}]}, "the tasks of 2 must be a list"),
        ({"accounts": [{"id": "4", "name": "F", "assigned": []}]}, "assigned must be an object"),
        ({"tokens": [{"token": "x", "user": "8"}]}, r"tokens\[0\]: user: nothing has the id '8'"),
        ({"tokens": [{"token": "x", "user": "2", "state": "odd"}]}, r"tokens\[0\]: state must be one of"),
        ({"tokens": [{"token": "x", "user": "2", "permissions": ["odd"]}]}, "no such permission: odd"),
    ],
)
def test_seeds_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SeedError, match=message):
        Sandbox(seed={**SEED, **changes})


def run_sandbox(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with options that end it at once."""
    command = [sys.executable, str(SANDBOX_FOLDER), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--port", "x"], "--port"),
        (["--port", "70000"], "--port"),
        (["--people", "-1"], "--people"),
        (["--accounts", "-1"], "--accounts"),
        (["--accounts", "2", "--people-each", "1"], "--people-each"),
        (["--accounts", "2", "--seed", "seed.json"], "--accounts"),
        (["--tasks", "sometimes"], "--tasks"),
        (["--quota", "-3"], "--quota"),
        (["--seed", "/nonexistent.json"], "--seed"),
        (["--fault", "nonsense"], "--fault"),
        (["--fault", "{"], "--fault"),
        (["--fault", "status,503"], "--fault"),
        (["--api-versions", "23"], "--api-versions"),
        (["--log", "/nonexistent/log"], "--log"),
        (["--port-file", "/nonexistent/port"], "--port-file"),
        (["--cert-file", "/nonexistent.pem"], "--cert-file"),
        (["--host", "192.0.2.1"], "--host"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_options_that_cannot_be(options: list[str], named: str) -> None:
    ended = run_sandbox(*options)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert named in ended.stderr


def test_a_seed_file_that_is_wrong(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    for text, reason in (("{", "not JSON"), ("[]", "not a JSON object"), ('{"people": 1}', "businesses must have")):
        seed.write_text(text)
        ended = run_sandbox("--seed", str(seed))
        assert ended.returncode == 2
        assert "--seed" in ended.stderr
        assert reason in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("as_module", [False, True])
def test_the_command_line(tmp_path: Path, number: signal.Signals, *, as_module: bool) -> None:
    port_file, log_file = tmp_path / "port.json", tmp_path / "log.jsonl"
    options = [
        "--people",
        "2",
        "--fault",
        "hang,path=/me",
        "--fault",
        '{"kind": "status", "path": "/2", "status": 503}',
    ]
    start = ["-m", "sandbox"] if as_module else [str(SANDBOX_FOLDER)]
    with subprocess.Popen(
        [sys.executable, *start, "--port-file", str(port_file), "--log", str(log_file), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SANDBOX_FOLDER.parent)},
    ) as process:
        try:
            wait_for(port_file.exists)
            told = json.loads(port_file.read_text())
            assert told["pid"] == process.pid
            host = told["url"].removeprefix("http://")
            headers = {"Authorization": f"Bearer {told['token']}"}
            connection = http.client.HTTPConnection(host, timeout=PATIENCE)
            path = f"/v23.0/{told['waba_id']}/assigned_users?business={told['business_id']}"
            connection.request("GET", path, headers=headers)
            assert len(Reply(connection.getresponse()).json["data"]) == 7
            hanging = http.client.HTTPConnection(host, timeout=PATIENCE)
            hanging.request("GET", "/v23.0/me", headers=headers)
            wait_for(lambda: _is_hanging(connection))
        finally:
            process.send_signal(number)
            output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert errors == ""
    assert told["token"] in output
    assert f"export WABA_API_URL={told['url']} WABA_ACCESS_TOKEN={told['token']}" in output
    assert [json.loads(line)["status"] for line in log_file.read_text().splitlines()][:1] == [200]
    connection.close()
    hanging.close()


def _is_hanging(connection: http.client.HTTPConnection) -> bool:
    connection.request("GET", "/_sandbox/log")
    return len(Reply(connection.getresponse()).json["requests"]) == 2


# --- the documentation ---

README = (SANDBOX_FOLDER / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of README.md in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def test_the_python_examples_run() -> None:
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})


def test_the_example_of_a_seed_works() -> None:
    (example,) = blocks("json")
    with Sandbox(seed=json.loads(example)) as sandbox:
        assert Client(sandbox).all_ids() == ["200000000000000003"]


def test_the_command_lines_are_understood() -> None:
    text = "".join(blocks("console")).replace("\\\n", " ")
    commands = [shlex.split(line)[3:] for line in text.splitlines() if line.startswith("$ python3 tests/sandbox")]
    assert commands
    for arguments in commands:
        options = parser().parse_args(arguments)
        assert all(fault_from_text(spec) for spec in options.faults)


@pytest.mark.parametrize(
    ("heading", "names"), [("Behaviours", [each.name for each in fields(Behaviours)]), ("Faults", list(KINDS))]
)
def test_the_tables_are_complete(heading: str, names: list[str]) -> None:
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert sorted(re.findall("`([a-z_]+)`", "".join(cells))) == sorted(names)

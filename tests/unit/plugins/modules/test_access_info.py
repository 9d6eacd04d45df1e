# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`waba_access_info`: one reading, and three views of it."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
import yaml
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import RefusedError
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from sandbox import Fault
from tasks import Json, predicted, round_trips, waba_access_info_task, waba_access_task

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]

SUPPORT = "1234567890123456"
MARKETING = "6543210987654321"
HOTLINE = "5432109876543210"
JOHN = "2345678901234567"
MARIA = "4567890123456789"
AHMED = "5678901234567890"
NINA = "3344556677889900"


def person(result: Json, user_id: str) -> Json:
    return t.cast("Json", next(one for one in result["people"] if one["id"] == user_id))


def applied(bench: Bench, declaration: Json, **options: t.Any) -> Json:
    """What applying the declaration would do."""
    return waba_access_task(
        bench,
        check_mode=True,
        people=declaration["waba_access_people"],
        accounts=declaration["waba_access_accounts"],
        **options,
    )


def test_one_reading_gives_accounts_people_and_a_declaration(bench: Bench) -> None:
    result = waba_access_info_task(bench)
    assert round_trips(bench) == [["GET"] * 4, ["GET"] * 3]
    assert [(one["name"], one["kinds"], one["total_count"]) for one in result["accounts"]] == [
        ("Example Support", ["owned"], 5),
        ("Partner Hotline", ["client"], 1),
        ("Example Marketing", ["owned"], 3),
    ]
    john = person(result, JOHN)
    assert (john["name"], john["email"], john["in_business"]) == ("John Smith", "john.smith@example.com", True)
    assert [(one["account"], one["tasks"]) for one in john["access"]] == [
        ("Example Support", ["MANAGE", "MANAGE_TEMPLATES", "MANAGE_USERS"]),
        ("Example Marketing", ["MANAGE"]),
    ]
    assert (person(result, NINA)["in_business"], person(result, NINA)["email"]) == (False, None)
    assert result["unread"] == []


@pytest.mark.parametrize("options", [{}, {"purge_users": True}])
def test_the_declaration_changes_nothing_as_it_stands(bench: Bench, options: Json) -> None:
    declaration = waba_access_info_task(bench)["declaration"]
    result = applied(bench, declaration, **options)
    assert not result["changed"]
    assert result["warnings"] == []


def test_users_whose_tasks_nobody_can_write_down_are_kept(start: Start) -> None:
    bench = start()
    bench.sandbox.assign(AHMED, ["A_TASK_OF_TOMORROW", "DEVELOP"])
    bench.sandbox.assign(MARIA, [])
    declaration = waba_access_info_task(bench)["declaration"]
    support = next(one for one in declaration["waba_access_accounts"] if one["waba_id"] == SUPPORT)
    assert support["keep_users"] == ["ahmed_hassan", "maria_garcia"]
    assert not applied(bench, declaration, purge_users=True)["changed"]


@pytest.mark.parametrize("purge", [False, True])
def test_accounts_without_declared_users_change_nothing_either(start: Start, purge: bool) -> None:
    bench = start(tasks="never")
    for user_id in bench.sandbox.assigned(HOTLINE):
        bench.sandbox.remove(user_id, HOTLINE)
    exported = waba_access_info_task(bench)["declaration"]
    support, hotline, _marketing = exported["waba_access_accounts"]
    assert (support["users"], len(support["keep_users"])) == ([], 5)
    assert hotline["users"] == []
    options = {"people": exported["waba_access_people"], "accounts": exported["waba_access_accounts"]}
    assert not predicted(bench, **options, purge_users=purge)["changed"]


def test_an_account_that_cannot_be_read_leaves_no_declaration(bench: Bench) -> None:
    result = waba_access_info_task(bench, accounts=[{"waba_id": SUPPORT, "name": "S"}, {"waba_id": "999"}])
    assert result["declaration"] is None
    assert [(one["kind"], one["waba_id"]) for one in result["unread"]] == [("account", "999")]
    assert result["accounts"][0]["assigned_users"]
    assert "Could not read" in result["accounts"][1]["msg"]
    assert any("Account 999 is missing" in warning for warning in result["warnings"])


def test_people_who_cannot_be_listed_are_said_and_their_business_is_not_known(bench: Bench) -> None:
    bench.sandbox.configure(refused_edges=("business_users",))
    result = waba_access_info_task(bench)
    assert [one["kind"] for one in result["unread"]] == ["business_user"]
    assert person(result, NINA)["in_business"] is None
    assert person(result, JOHN)["in_business"] is None
    assert not applied(bench, result["declaration"], purge_users=True)["changed"]


def test_who_is_in_the_business_is_known_only_from_a_whole_list(start: Start) -> None:
    bench = start(unlisted=(JOHN,))
    result = waba_access_info_task(bench, accounts=[{"waba_id": MARKETING}])
    assert person(result, NINA)["in_business"] is None
    assert any("listed" in warning for warning in result["warnings"])


def test_by_id_alone_nobody_is_listed(bench: Bench) -> None:
    result = waba_access_info_task(bench, accounts=[{"waba_id": SUPPORT}], read_people=False)
    assert round_trips(bench) == [["GET"]]
    assert {one["in_business"] for one in result["people"]} == {None}


@pytest.mark.parametrize("who", [JOHN, "john.smith@example.com", "John Smith", "smith", "boss"])
def test_a_person_is_found_by_whatever_is_known(bench: Bench, who: str) -> None:
    result = waba_access_info_task(bench, person=who, people={"boss": {"email": "john.smith@example.com"}})
    assert [one["id"] for one in result["people"]] == [JOHN]
    assert result["people"][0]["short_names"] == ["boss"]


def test_a_person_who_is_invited_is_found(bench: Bench) -> None:
    bench.sandbox.add_person("777", email="nina.new@example.com", pending=True)
    (found,) = waba_access_info_task(bench, person="nina.new@example.com")["people"]
    assert (found["user_type"], found["in_business"], found["access"]) == ("PENDING_USER", False, [])


def test_nobody_found_is_an_error_with_suggestions(bench: Bench) -> None:
    with pytest.raises(RefusedError, match="did you mean Ahmed Hassan"):
        waba_access_info_task(bench, person="Achmed Hasan")
    with pytest.raises(OptionError, match="person is empty"):
        waba_access_info_task(bench, person=" ")


def test_what_concerns_everything_is_one_error(bench: Bench) -> None:
    bench.sandbox.inject(Fault("status", status=401, code=190, times=0))
    with pytest.raises(GraphError, match="access token is refused"):
        waba_access_info_task(bench, accounts=[{"waba_id": SUPPORT}, {"waba_id": MARKETING}])


TEMPLATES = [
    "{{ lookup('pipe', 'id') }}",
    "{% for x in y %}",
    "{# no #}",
    "#jinja2: variable_start_string:'['",
    "a}} {{b",
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_no_text_of_the_api_is_a_template_in_the_declaration(bench: Bench, text: str) -> None:
    bench.sandbox.add_person(MARIA, name=text, email=f"{text.replace(' ', '')}@example.com")
    accounts = bench.sandbox._world.accounts
    accounts[SUPPORT] = dataclasses.replace(accounts[SUPPORT], name=text)
    declaration = waba_access_info_task(bench)["declaration"]
    written = yaml.safe_dump(declaration, allow_unicode=True)
    for mark in ("{{", "{%", "{#", "#jinja2"):
        assert mark not in json.dumps(declaration)
        assert mark not in written
    assert not applied(bench, declaration, purge_users=True)["changed"]


def test_tasks_are_in_the_order_of_meta(bench: Bench) -> None:
    declaration = waba_access_info_task(bench)["declaration"]
    for account in declaration["waba_access_accounts"]:
        for entry in account["users"]:
            assert entry["tasks"] == [task for task in TASKS if task in entry["tasks"]]

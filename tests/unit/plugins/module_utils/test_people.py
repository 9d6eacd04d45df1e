# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The people of a business for somebody to look at: the logic of waba_business_users_info."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_users import list_business_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import errors
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.modules import waba_business_users_info
from sandbox import Fault
from tasks import options_of

if t.TYPE_CHECKING:
    from conftest import Bench

PEOPLE = 8
MACHINES = 3


def info(bench: Bench, **params: t.Any) -> dict[str, t.Any]:
    retries = params.pop("retries", 4)
    options = options_of(waba_business_users_info, {"business_id": bench.sandbox.business_id})
    return list_business_users({**options, **params}, bench.client(retries=retries))


def names(result: dict[str, t.Any]) -> list[str]:
    return [user["name"] for user in result["business_users"]]


def test_everybody_people_first(bench: Bench) -> None:
    result = info(bench)
    assert [user["user_type"] for user in result["business_users"]] == ["BUSINESS_USER"] * PEOPLE + [
        "SYSTEM_USER"
    ] * MACHINES
    assert result["total_count"] == PEOPLE + MACHINES
    assert (result["changed"], result["business_id"]) == (False, bench.sandbox.business_id)
    assert (result["unread"], result["warnings"]) == ([], [])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"emails": [" JOHN.Smith@Example.com "]}, ["John Smith"]),
        ({"emails": ["john.smith@example.co"]}, []),
        ({"emails": ["john.smith@example.com", "zoe@example.com"]}, ["John Smith", "Zoë Müller"]),
        # An address that was not confirmed is nobody's yet.
        ({"emails": ["li.wei@new.example.com"]}, []),
        ({"names": ["maria GARCIA"]}, ["Maria Garcia", "Maria Garcia"]),
        ({"names": ["zoë müller", "backup bot"]}, ["Zoë Müller", "Backup Bot"]),
        ({"names": ["Maria"]}, []),
        ({"roles": ["admin"]}, ["John Smith", "Automation Bot"]),
        ({"roles": ["ADMIN"], "kinds": ["system_user"]}, ["Automation Bot"]),
        ({"names": ["maria garcia"], "emails": ["maria.garcia@example.com"]}, ["Maria Garcia"]),
        ({"names": ["john smith"], "roles": ["EMPLOYEE"]}, []),
        ({"kinds": ["system_user"], "emails": ["john.smith@example.com"]}, []),
        ({"kinds": ["pending_user"], "emails": ["NEW.colleague@example.com"]}, [None]),
    ],
)
def test_filters(bench: Bench, params: dict[str, t.Any], expected: list[str]) -> None:
    result = info(bench, **params)
    assert names(result) == expected
    counted = {"business_user": PEOPLE, "system_user": MACHINES, "pending_user": 1}
    kinds = params.get("kinds", ["business_user", "system_user"])
    assert result["total_count"] == sum(counted[kind] for kind in kinds)


@pytest.mark.parametrize(("edge", "kind"), [("business_users", "business_user"), ("system_users", "system_user")])
def test_a_kind_that_is_refused_does_not_hide_the_other(start: t.Callable[..., Bench], edge: str, kind: str) -> None:
    result = info(start(refused_edges=[edge]))
    assert {user["user_type"].lower() for user in result["business_users"]} == {"business_user", "system_user"} - {kind}
    assert result["total_count"] is None
    (unread,) = result["unread"]
    assert (unread["kind"], unread["graph_error"]["code"]) == (kind, 200)
    (warning,) = result["warnings"]
    assert "missing from the result" in warning
    assert unread["msg"] in warning
    assert "business_management" in warning


@pytest.mark.parametrize("kinds", [["business_user", "system_user"], ["pending_user"]])
def test_without_the_right_to_any_it_fails(start: t.Callable[..., Bench], kinds: list[str]) -> None:
    bench = start(refused_edges=["business_users", "system_users", "pending_users"])
    with pytest.raises(errors.PermissionDeniedError, match="business_management"):
        info(bench, kinds=kinds)
    assert len(bench.sandbox.log) == 1


def test_a_business_that_is_not_ones_own(bench: Bench) -> None:
    with pytest.raises(errors.NotFoundError, match="Check business_id"):
        info(bench, business_id="123")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", index=1, status=401, code=190, times=0),
        Fault("status", index=1, status=400, code=4, times=0),
    ],
    ids=["token", "limit"],
)
def test_what_ends_everything_is_no_half_result(bench: Bench, fault: Fault) -> None:
    bench.sandbox.inject(fault)
    with pytest.raises((errors.TokenError, errors.LimitError)):
        info(bench, retries=0)


def test_fields_that_the_api_does_not_know_are_null_and_told(start: t.Callable[..., Bench]) -> None:
    result = info(start(unknown_person_fields=["two_fac_status", "role"]))
    assert {user["two_fac_status"] for user in result["business_users"]} == {None}
    assert result["warnings"] == [
        "The API does not know the field role of people: it is null for all of them.",
        "The API does not know the field two_fac_status of people: it is null for all of them.",
        "The API does not know the field role of system users: it is null for all of them.",
    ]
    assert result["total_count"] == PEOPLE + MACHINES


@pytest.mark.parametrize(("option", "field"), [("emails", "email"), ("roles", "role")])
def test_a_filter_by_a_field_that_is_not_known_fails(start: t.Callable[..., Bench], option: str, field: str) -> None:
    with pytest.raises(OptionError, match=f"{option} cannot be used"):
        info(start(unknown_person_fields=[field]), **{option: ["john.smith@example.com"]})


@pytest.mark.parametrize(("option", "field"), [("emails", "email"), ("roles", "role")])
def test_a_filter_by_what_is_told_of_nobody_fails(bench: Bench, option: str, field: str) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1", "name": "A"}, {"id": "2", "name": "B"}]}))
    with pytest.raises(OptionError, match=f"{option} cannot be used"):
        info(bench, kinds=["business_user"], **{option: ["john.smith@example.com"]})


def test_a_count_larger_than_the_list_is_told(bench: Bench) -> None:
    bench.sandbox.inject(Fault("json", value={"data": [{"id": "1"}], "summary": {"total_count": 3}}))
    result = info(bench, kinds=["business_user"])
    assert result["total_count"] == 3
    assert "counts 3 people and listed 1" in result["warnings"][0]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("kinds", []),
        ("emails", []),
        ("names", []),
        ("roles", []),
        ("emails", ["John Smith"]),
        ("emails", [""]),
        ("names", [" "]),
        ("roles", ["ADMIN", ""]),
    ],
)
def test_bad_values_are_refused_before_any_request(bench: Bench, option: str, value: t.Any) -> None:
    with pytest.raises(OptionError, match=option):
        info(bench, **{option: value})
    assert bench.sandbox.log == []

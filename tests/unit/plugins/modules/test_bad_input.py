# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people mistype is refused before any request, in words that name the option."""

from __future__ import annotations

import textwrap
import typing as t

import pytest
from cases import JANE, MARIA, Case, Cases, Json, task
from sandbox.seed import BUSINESS

INFO, USER, USERS = "waba_assigned_users_info", "waba_assigned_user", "waba_assigned_users"
GOOD: Json = {"user_id": JANE, "tasks": ["DEVELOP"]}
TOKEN = "EAAbadInput7Qm2ZCxT9pLwR4vYdH1nJ6sGfA8uEo"

# What is no id, as YAML gives it.
NO_IDS: dict[str, object] = {
    "null": None,
    "empty": "",
    "letters": "abc",
    "path": "12/34",
    "traversal": "../1",
    "float": 1.2345678901234567e20,
    "full-width digits": "\uff11\uff12",
    "Arabic digits": "\u0661\u0662",
    "trailing newline": "1234567890123456\n",
    "leading space": " 1234567890123456",
    "sign": "+1234567890123456",
    "bool": True,
    "list": ["1234567890123456"],
    "dict": {"id": "1234567890123456"},
    "query": "1?fields=id",
}

# name -> the module, its options, and the option that the message must name.
BAD: dict[str, tuple[str, Json, str]] = {
    # One function checks all ids: each kind of mistake once for the person, the worst for the others.
    **{f"user_id: {name}": (USER, {**GOOD, "user_id": value}, "user_id") for name, value in NO_IDS.items()},
    **{
        f"{option}: {name}": (INFO, {option: NO_IDS[name]}, option)
        for option in ("waba_id", "business_id")
        for name in ("null", "empty", "traversal", "float", "full-width digits", "trailing newline", "bool")
    },
    "user_ids: letters": (INFO, {"user_ids": [JANE, "abc"]}, "user_ids"),
    "user_id: missing": (USER, {"tasks": ["DEVELOP"]}, "user_id"),
    **{
        f"access_token: {name}": (INFO, {"access_token": value}, "access_token")
        for name, value in {
            "newline": f"{TOKEN}\n",
            "space": f"{TOKEN} {TOKEN}",
            "header": f"{TOKEN}\r\nX-Other: 1",
            "non-ASCII": f"{TOKEN}\u00e9",
            "control character": f"{TOKEN}\x00",
            "empty": "",
        }.items()
    },
    "app_secret: empty": (INFO, {"app_secret": ""}, "app_secret"),
    "app_secret: newline": (INFO, {"app_secret": "0123456789abcdef\n"}, "app_secret"),
    **{
        f"api_url: {name}": (INFO, {"api_url": value}, "api_url")
        for name, value in {
            "http to another machine": "http://graph.facebook.com",
            "http to a name like a loopback's": "http://127.0.0.1.example.com",
            "http to all addresses": "http://0.0.0.0:8080",
            "user": "https://user@graph.facebook.com",
            "user and password": "https://user:password@graph.facebook.com",
            "query": "https://graph.facebook.com?a=b",
            "fragment": "https://graph.facebook.com#a",
            "ftp": "ftp://graph.facebook.com",
            "file": "file:///etc/passwd",
            "no scheme": "graph.facebook.com",
            "no host": "https://",
            "port that is none": "https://graph.facebook.com:port",
            "port that is too large": "https://graph.facebook.com:65536",
            "bracket": "https://[::1",
            "newline": "https://graph.facebook.com\n",
            "empty": "",
        }.items()
    },
    **{
        f"api_version: {name}": (INFO, {"api_version": value}, "api_version")
        for name, value in {"no minor": "v23", "no v": "23.0", "path": "v23.0/x", "float": 23.0, "empty": ""}.items()
    },
    "tasks: missing": (USER, {"user_id": JANE}, "tasks"),
    "tasks: null": (USER, {**GOOD, "tasks": None}, "tasks"),
    "tasks: empty": (USER, {**GOOD, "tasks": []}, "tasks"),
    "tasks: unknown": (USER, {**GOOD, "tasks": ["DEVELOP", "MANGE"]}, "tasks"),
    "tasks: lower case": (USER, {**GOOD, "tasks": ["develop"]}, "tasks"),
    "tasks: null in it": (USER, {**GOOD, "tasks": [None]}, "tasks"),
    "state: unknown": (USER, {**GOOD, "state": "presnt"}, "state"),
    "unreadable_tasks: unknown": (USER, {**GOOD, "unreadable_tasks": "ignore"}, "unreadable_tasks"),
    "purge_tasks: text": (USER, {**GOOD, "purge_tasks": "perhaps"}, "purge_tasks"),
    **{
        f"timeout: {name}": (INFO, {"timeout": value}, "timeout")
        for name, value in {"zero": 0, "negative": -1, "not a number": "nan", "endless": "inf", "text": "soon"}.items()
    },
    "retries: negative": (INFO, {"retries": -1}, "retries"),
    "retries: text": (INFO, {"retries": "many"}, "retries"),
    "max_retry_wait: negative": (INFO, {"max_retry_wait": -1}, "max_retry_wait"),
    # Ansible's own conversion falls over what is infinite.
    **{
        f"{option}: endless": (module, {**good, option: "inf"}, option)
        for option, module, good in (
            ("retries", INFO, {}),
            ("max_retry_wait", USER, GOOD),
            ("limit", INFO, {}),
            ("batch_size", USERS, {"users": [GOOD]}),
            ("max_removals", USERS, {"users": [GOOD]}),
        )
    },
    "retries: list": (INFO, {"retries": [4]}, "retries"),
    "ca_path: not there": (INFO, {"ca_path": "/nowhere/ca.pem"}, "ca_path"),
    "ca_path: without validation": (INFO, {"ca_path": "/", "validate_certs": False}, "ca_path"),
    "after: and before": (INFO, {"after": "a", "before": "b"}, "after"),
    "after: empty": (INFO, {"after": ""}, "after"),
    "before: empty": (INFO, {"before": ""}, "before"),
    "limit: zero": (INFO, {"limit": 0}, "limit"),
    "limit: too large": (INFO, {"limit": 101}, "limit"),
    "limit: text": (INFO, {"limit": "all"}, "limit"),
    "fields: empty": (INFO, {"fields": []}, "fields"),
    "fields: unknown": (INFO, {"fields": ["email"]}, "fields"),
    "user_ids: empty": (INFO, {"user_ids": []}, "user_ids"),
    "user_types: empty": (INFO, {"user_types": []}, "user_types"),
    "user_types: unknown": (INFO, {"user_types": ["ADMIN"]}, "user_types"),
    "tasks filter: empty": (INFO, {"tasks": []}, "tasks"),
    "unknown option": (INFO, {"page_limit": 1}, "page_limit"),
}
REQUIRED = ("access_token", "waba_id", "business_id")
VARIABLES = {"access_token": "WABA_ACCESS_TOKEN", "waba_id": "WABA_ID", "business_id": "WABA_BUSINESS_ID"}


CASES = [
    *(Case(name, [task(name, module, options)]) for name, (module, options, _option) in BAD.items()),
    *(
        Case(f"{name}: not set anywhere", [task(name, INFO, {}, environment={VARIABLES[name]: ""})])
        for name in REQUIRED
    ),
]


@pytest.fixture(scope="module")
def cases() -> t.Iterator[Cases]:
    with Cases(CASES) as all_cases:
        yield all_cases


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_bad_input_is_refused_before_any_request_in_words_that_name_the_option(cases: Cases, name: str) -> None:
    """The task fails, and says which option it is about."""
    case = cases[name]
    option = BAD[name][2] if name in BAD else name.partition(":")[0]
    assert case.result.status == "failed"
    assert option in case.result.message
    assert not case.result.result.get("changed")
    assert case.result.result.get("api_calls", 0) == 0
    assert case.log == []


SUPPORT = "1234567890123456"
ENTRY: Json = {"email": "jane.doe@example.com", "tasks": ["DEVELOP"]}
SWAPPED = {"waba_id": BUSINESS, "business_id": SUPPORT}
ADDRESSES: list[Json] = [
    {"user_id": MARIA, "tasks": ["DEVELOP"]},
    {"user_id": "jane.doe@example.com", "state": "absent"},
]
ELSEWHERE = ["metaops.whatsapp.waba_access", "metaops.whatsapp.whois"]
# name -> the module, its options, and words of the message
MISTAKES: dict[str, tuple[str, Json, list[str]]] = {
    "address": (USER, {**GOOD, "user_id": "jane.doe@example.com"}, ["user_id", *ELSEWHERE]),
    "address in a list": (USERS, {"users": ADDRESSES}, ["users[1].user_id", *ELSEWHERE]),
    "task": (USER, {**GOOD, "tasks": ["DEVLOP"]}, ["tasks", "did you mean DEVELOP?"]),
    "task in a list": (
        USERS,
        {"users": [{**GOOD, "tasks": ["DEVLOP"]}]},
        ["tasks", "users", "did you mean DEVELOP?"],
    ),
    "same ids": (INFO, {"waba_id": BUSINESS}, [f"waba_id and business_id are both {BUSINESS}"]),
    "same ids of an account": (
        "waba_access",
        {"accounts": [{"waba_id": BUSINESS, "users": [ENTRY]}]},
        [f"accounts[0].waba_id and business_id are both {BUSINESS}"],
    ),
    "swapped": (INFO, SWAPPED, ["swapped", f"waba_id is {BUSINESS} and business_id {SUPPORT}"]),
    "swapped in an account": (
        "waba_access",
        {"accounts": [{**SWAPPED, "users": [ENTRY]}]},
        ["swapped", BUSINESS, SUPPORT],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistyped_values_and_ids_of_something_else(name: str) -> None:
    """The message names what is meant, in a few lines."""
    module, options, words = MISTAKES[name]
    with Cases([Case(name, [task(name, module, options)])]) as cases:
        result = cases[name].result
    assert result.status == "failed"
    for each in words:
        assert each in result.message
    assert len(textwrap.wrap(result.message, 100)) <= 10

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph import errors
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import MAX_TEXT, printable
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def made(status: int, **error: t.Any) -> errors.GraphError:
    return errors.error_from_answer(status, {"error": {"message": "Words", **error}})


# Each row: status, error object, kind, whether it is worth a retry.
@pytest.mark.parametrize(
    ("status", "error", "kind", "retry"),
    [
        (400, {"code": 1}, errors.GraphError, True),
        (400, {"code": 2}, errors.GraphError, True),
        (500, {"code": 2}, errors.GraphError, True),
        (503, {"code": 2}, errors.GraphError, True),
        (400, {"code": 4}, errors.LimitError, True),
        (403, {"code": 4}, errors.LimitError, True),
        (429, {"code": 4, "error_subcode": 2446079}, errors.LimitError, True),
        (400, {"code": 17}, errors.LimitError, True),
        (400, {"code": 32}, errors.LimitError, True),
        (400, {"code": 341}, errors.LimitError, True),
        (400, {"code": 613}, errors.LimitError, True),
        (400, {"code": 80007}, errors.LimitError, True),
        (400, {"code": 80008}, errors.LimitError, True),
        (400, {"code": 3}, errors.PermissionDeniedError, False),
        (403, {"code": 10}, errors.PermissionDeniedError, False),
        (403, {"code": 200, "error_subcode": 1349174}, errors.PermissionDeniedError, False),
        (500, {"code": 299}, errors.PermissionDeniedError, False),
        (400, {"code": 300}, errors.GraphError, False),
        (400, {"code": 100}, errors.GraphError, False),
        (500, {"code": 100}, errors.GraphError, False),
        (400, {"code": 100, "is_transient": True}, errors.GraphError, True),
        (400, {"code": 100, "error_subcode": 33}, errors.NotFoundError, False),
        (404, {"code": 803}, errors.NotFoundError, False),
        (400, {"code": 102}, errors.TokenError, False),
        (400, {"code": 104}, errors.TokenError, False),
        (401, {"code": 190, "error_subcode": 463}, errors.TokenError, False),
        (400, {"code": 190}, errors.TokenError, False),
        (400, {"code": 368}, errors.GraphError, False),
        (422, {"code": 100}, errors.GraphError, False),
        (400, {"code": "190"}, errors.TokenError, False),
        (401, {}, errors.TokenError, False),
        (403, {}, errors.PermissionDeniedError, False),
        (404, {}, errors.NotFoundError, False),
        (429, {}, errors.LimitError, True),
        (500, {}, errors.GraphError, True),
        (502, {}, errors.GraphError, True),
        (503, {}, errors.GraphError, True),
        (504, {}, errors.GraphError, True),
        (501, {}, errors.GraphError, False),
        (400, {"code": True}, errors.GraphError, False),
    ],
)
def test_code_decides_before_status(status: int, error: dict[str, t.Any], kind: type, retry: bool) -> None:
    found = made(status, **error)
    assert found.__class__ is kind
    assert found.worth_a_retry is retry


def test_every_field_of_the_error_object_has_its_place() -> None:
    error = {
        "message": "Need permission",
        "type": "OAuthException",
        "code": 200,
        "error_subcode": 1349174,
        "fbtrace_id": "AXsgnV2",
        "is_transient": False,
        "error_user_title": "Permission Denied",
        "error_user_msg": "Your app may not",
    }
    found = errors.error_from_answer(403, {"error": error})
    assert found.as_result() == {**error, "http_status": 403}
    for words in ("HTTP 403", "code 200", "subcode 1349174", "Need permission", "Permission Denied", "AXsgnV2"):
        assert words in str(found)


def test_missing_fields_are_none() -> None:
    found = errors.error_from_answer(500, {}).as_result()
    assert set(found) == set(errors.GraphError.FIELDS)
    assert found["http_status"] == 500
    assert found["code"] is None


def test_an_error_that_is_a_plain_string() -> None:
    assert errors.error_from_answer(400, {"error": "Sorry"}).message == "Sorry"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, {"code": 190, "error_subcode": 463}, ["expired", "access_token", "WABA_ACCESS_TOKEN"]),
        (401, {"code": 190, "error_subcode": 460}, ["password"]),
        (401, {"code": 190, "error_subcode": 458}, ["app was removed"]),
        (401, {"code": 190, "error_subcode": 467}, ["revoked"]),
        (401, {"code": 190}, ["wrong, expired or revoked"]),
        (403, {"code": 200}, ["whatsapp_business_management", "admin system user"]),
        (403, {"code": 10}, ["permission"]),
        (400, {"code": 100, "error_subcode": 33}, ["waba_id", "business_id", "user_id"]),
        (404, {"code": 803}, ["waba_id"]),
        (400, {"code": 100, "message": "API calls require an appsecret_proof argument"}, ["app_secret"]),
        (400, {"code": 190, "message": "Invalid appsecret_proof provided"}, ["app_secret"]),
        (400, {"code": 80008}, ["quota", "within the hour"]),
        (400, {"code": 368}, ["policies"]),
        (400, {"code": 2500}, ["api_url"]),
        (400, {"code": 100, "message": "Invalid parameter: user must be a valid user ID"}, ["user_id"]),
        (422, {"code": 100, "message": "Cannot remove user due to business asset group permissions"}, ["group"]),
        (400, {"code": 100, "message": "Invalid cursors values"}, ["begin again"]),
        (400, {"code": 100, "message": "Tried accessing nonexisting field (assigned_users)"}, ["waba_id"]),
        *(
            (400, {"code": 100, "message": f"Tried accessing nonexisting field ({edge}) on node type ({kind})"}, words)
            for edge, kind, words in (
                ("assigned_users", "Business", ["Check waba_id", "id of a business, as business_id", "swapped"]),
                ("assigned_users", "WhatsAppBusinessPhoneNumber", ["Check waba_id: this is the id of a phone number."]),
                ("assigned_users", "SystemUser", ["Check waba_id", "id of a user, as user_id takes it"]),
                ("business_users", "WhatsAppBusinessAccount", ["Check business_id", "as waba_id takes it", "swapped"]),
                ("owned_whatsapp_business_accounts", "Strange", ["Check business_id", "something else", "swapped"]),
            )
        ),
        (400, {"code": 2500, "message": "Unknown path components: /business_users"}, ["Check business_id", "swapped"]),
        (400, {"code": 2500, "message": "Unknown path components: /v99"}, ["api_version"]),
        (403, {"code": 200, "error_subcode": 1349174}, ["business_id"]),
        (500, {"code": 2}, ["later"]),
        (503, {}, ["later"]),
    ],
)
def test_known_codes_carry_a_hint(status: int, error: dict[str, t.Any], words: list[str]) -> None:
    text = str(made(status, **error))
    for word in words:
        assert word in text


def test_a_limit_tells_the_minutes_left() -> None:
    found = made(400, code=80008)
    found.wait = 40 * 60
    assert "in 40 minutes" in str(found)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (59.5, "60 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (2399, "40 minutes"),
    ],
)
def test_durations_are_never_told_shorter_than_they_are(seconds: float, words: str) -> None:
    assert errors.duration(seconds) == words


@given(st.text())
def test_printable_is_one_bounded_line(text: str) -> None:
    line = printable(text * 50)
    assert len(line) <= MAX_TEXT + 1
    assert line.isprintable()


def test_what_is_invisible_is_named_and_white_space_is_a_space() -> None:
    assert printable("Maria\n\tGarcia \u202e\u3164\x1b") == "Maria  Garcia ⟨U+202E⟩⟨U+3164⟩⟨U+001B⟩"
    assert printable("a" * 700, None) == "a" * 700


@given(st.integers(100, 599), JSON)
def test_any_answer_makes_an_error(status: int, body: t.Any) -> None:
    for answer in (body, {"error": body}, {"error": {"message": body, "code": body, "is_transient": body}}):
        found = errors.error_from_answer(status, answer)
        assert str(found)
        assert set(found.as_result()) == set(errors.GraphError.FIELDS)
        assert found.worth_a_retry in (True, False)

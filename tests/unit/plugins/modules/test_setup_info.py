# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`waba_setup_info`: every check as ok, not ok and not known, with a remedy where there is one."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.token import describe_token
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.module_utils._setup import setup
from ansible_collections.metaops.whatsapp.plugins.modules import waba_setup_info
from sandbox import Fault
from tasks import Json, round_trips, run

if t.TYPE_CHECKING:
    from conftest import Bench

Start = t.Callable[..., "Bench"]

CHECKS = ["api", "token", "app-secret", "scopes", "own-user", "business", "account", "people", "quota"]
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
SUPPORT = "Example Support (1234567890123456)"
MARKETING = "Example Marketing (6543210987654321)"
HOTLINE = "Partner Hotline (5432109876543210)"
BUSINESS = "Example Business Inc (9876543210987654)"
MARKETING_ID = "6543210987654321"
WABA_ID, BUSINESS_ID, PARTNER_ID = "1234567890123456", "9876543210987654", "8765432109876543"
#: A gateway that lets no batch through.
NO_BATCHES = Fault("html", on="POST", status=403, times=0)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "utc_now", lambda: NOW)


def inspect(bench: Bench, token: str | None = None, **options: t.Any) -> Json:
    """Run the module with both ids and the first token, unless others are given. It never writes."""
    secret = options.get("app_secret")
    settings: Json = {"access_token": bench.sandbox.tokens[token or "admin"], "app_secret": secret, "retries": 1}
    waba_id = {"waba_id": bench.sandbox.waba_id}
    result = run(
        waba_setup_info, setup.inspect_setup, bench, {**waba_id, **options, "settings": settings}, check_mode=False
    )
    assert not result["changed"]
    assert [check["id"] for check in result["checks"]] == CHECKS
    requests = bench.sandbox.log
    assert all(each.method == "GET" or each.operations or each.fault for each in requests)
    assert all(operation["method"] == "GET" for each in requests for operation in each.operations)
    for value in (settings["access_token"], secret):
        assert not value or value not in json.dumps(result)
        assert not value or not any(value in each.raw_target for each in requests)
    return result


def check(result: Json, check_id: str) -> Json:
    return t.cast("Json", next(each for each in result["checks"] if each["id"] == check_id))


def not_ok(result: Json) -> dict[str, bool | None]:
    """The checks that are not ok (False) or not known (None)."""
    return {each["id"]: each["ok"] for each in result["checks"] if each["ok"] is not True}


def test_a_set_up_that_is_ok(bench: Bench) -> None:
    result = inspect(bench)
    assert not_ok(result) == {}
    assert all(each["message"] and each["remedy"] is None for each in result["checks"])
    assert round_trips(bench)[:2] == [["GET"], ["GET"]]
    assert len(round_trips(bench)) == 5
    assert result["token"] == {
        "type": "SYSTEM_USER",
        "app_id": "1122334455667788",
        "application": "Example Access App",
        "user_id": bench.sandbox.own_user_id,
        "scopes": ["whatsapp_business_management", "business_management"],
        "granular_scopes": [
            {"scope": "whatsapp_business_management", "target_ids": None},
            {"scope": "business_management", "target_ids": None},
        ],
        "expires_at": 0,
        "data_access_expires_at": 0,
    }
    lines = result["msg"].splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"[ok] {each}" for each in CHECKS]


def test_the_token_is_described_in_a_batch_and_in_no_url(bench: Bench) -> None:
    inspect(bench)
    described = [each for each in bench.sandbox.log if "debug_token" in each.raw_target + each.body]
    assert [(each.method, each.path) for each in described] == [("POST", "/v23.0/")]


@pytest.mark.parametrize(
    ("faults", "status", "blocked"),
    [
        ([Fault("reset_before", times=0)], {"api": False}, "api"),
        ([Fault("html", times=0)], {"api": False}, "api"),
        ([Fault("redirect", times=0, location="https://example.com/")], {"api": False}, "api"),
        ([Fault("status", status=400, code=2500, message="Unknown path components", times=0)], {"api": False}, "api"),
        ([Fault("status", status=401, code=190, subcode=463, times=0)], {"token": False}, "token"),
        ([Fault("status", status=400, code=4, times=0)], {"quota": False}, "quota"),
    ],
)
def test_where_the_first_call_shows_that_no_other_would_do(
    bench: Bench, faults: list[Fault], status: Json, blocked: str
) -> None:
    for fault in faults:
        bench.sandbox.inject(fault)
    result = inspect(bench)
    assert {name: ok for name, ok in not_ok(result).items() if ok is False} == status
    assert check(result, blocked)["remedy"]
    assert check(result, "people")["message"] == f"Not checked, see {blocked}."
    assert {each.path for each in bench.sandbox.log} == {"/v23.0/me"}
    assert check(result, "api")["ok"] is (blocked != "api")


@pytest.mark.parametrize(
    ("state", "said"), [("expired", "it has expired"), ("logged-out", "revoked"), ("password-changed", "password")]
)
def test_a_token_that_is_refused(bench: Bench, state: str, said: str) -> None:
    result = inspect(bench, token=state)
    assert check(result, "token")["ok"] is False
    assert said in check(result, "token")["remedy"]
    assert result["token"]["type"] is None


@pytest.mark.parametrize("member", ["expires_at", "data_access_expires_at"])
@pytest.mark.parametrize(
    ("left", "ok", "said"),
    [
        (timedelta(days=7), True, "ends on 2026-12-01, in 7 days."),
        (timedelta(days=7, seconds=-1), False, "ends on 2026-12-01, in 6 days."),
        (timedelta(hours=-1), False, "ends on 2026-11-24, in 0 days."),
    ],
)
def test_a_token_that_ends(bench: Bench, member: str, left: timedelta, ok: bool, said: str) -> None:
    seconds = int((NOW + left).timestamp())
    changes: Json = {member: seconds}
    bench.sandbox.change_token(**changes)
    result = inspect(bench)
    assert (check(result, "token")["ok"], result["token"][member]) == (ok, seconds)
    assert said in check(result, "token")["message"]
    assert ("WABA_ACCESS_TOKEN" in (check(result, "token")["remedy"] or "")) is not ok


@pytest.mark.parametrize("options", [{}, {"batch_size": 1}])
def test_where_batches_are_refused_the_rest_is_checked_without(bench: Bench, options: Json) -> None:
    bench.sandbox.inject(NO_BATCHES)
    result = inspect(bench, **options)
    assert not_ok(result) == {"token": None, "scopes": None}
    assert check(result, "token")["message"].startswith("The access token works. Its end is not known: ")
    assert [each.method for each in bench.sandbox.log].count("POST") == (0 if options else 1)
    assert result["token"]["user_id"] == bench.sandbox.own_user_id


def test_an_app_that_may_not_describe_tokens(start: Start) -> None:
    bench = start(debug_token="refused")
    assert not_ok(inspect(bench)) == {"token": None, "scopes": None}
    assert len(bench.sandbox.log) == 5


def test_what_the_api_does_not_report_of_a_token() -> None:
    for data in ({}, {"scopes": 7, "granular_scopes": "x", "expires_at": True, "app_id": []}, {"expires_at": 10**20}):
        assert set(describe_token(data).values()) == {None}
    assert describe_token({"granular_scopes": [3], "scopes": ["a", {}]})["scopes"] == ["a"]


@pytest.mark.parametrize(
    ("secret", "ok", "said"),
    [
        (None, False, "app_secret is missing, or is not that of the token's app: "),
        ("0" * 32, False, "app_secret is missing, or is not that of the token's app: "),
        ("right", True, "app_secret is right."),
    ],
)
def test_the_app_secret(start: Start, secret: str | None, ok: bool, said: str) -> None:
    bench = start(require_proof=True)
    result = inspect(bench, app_secret=bench.sandbox.app_secret if secret == "right" else secret)
    assert check(result, "app-secret")["ok"] is ok
    assert check(result, "app-secret")["message"].startswith(said)
    if not ok:
        assert "WABA_APP_SECRET" in check(result, "app-secret")["remedy"]
        assert check(result, "token")["ok"] is None


def test_a_wrong_secret_is_found_where_none_is_required(bench: Bench) -> None:
    assert check(inspect(bench, app_secret="0" * 32), "app-secret")["ok"] is False


def test_a_token_without_permissions(bench: Bench) -> None:
    result = inspect(bench, token="no-permission")
    assert {name: ok for name, ok in not_ok(result).items() if ok is False} == dict.fromkeys(
        ("scopes", "account", "people"), False
    )
    assert "with whatsapp_business_management and business_management" in check(result, "scopes")["remedy"]


@pytest.mark.parametrize("code", ["200", "10", "100/33"])
def test_a_token_that_may_not_read_the_business(start: Start, code: str) -> None:
    result = inspect(start(business_error=code), token="no-business")
    assert not_ok(result) == {"own-user": None, "people": False}
    assert "but not business_management" in check(result, "scopes")["message"]
    assert "see people" in check(result, "scopes")["message"]


@pytest.mark.parametrize(
    ("change", "ok", "said"),
    [
        ({"role": "ADMIN"}, True, "ADMIN"),
        ({"role": "EMPLOYEE"}, False, "EMPLOYEE"),
        ({"role": None}, None, "not known"),
    ],
)
def test_the_own_user(bench: Bench, change: Json, ok: bool | None, said: str) -> None:
    bench.sandbox.add_person(bench.sandbox.own_user_id, **change)
    result = inspect(bench)
    assert check(result, "own-user")["ok"] is ok
    assert f"Automation Bot ({bench.sandbox.own_user_id})" in check(result, "own-user")["message"]
    assert said in check(result, "own-user")["message"]


def test_the_own_user_has_another_id_or_cannot_be_read(start: Start) -> None:
    assert not_ok(inspect(start(own_id="777", debug_token="refused"))) == {"token": None, "scopes": None}
    assert not_ok(inspect(start(), token="no-me")) == {}
    result = inspect(start(debug_token="refused"), token="no-me")
    assert check(result, "own-user")["ok"] is None


def test_without_ids_what_they_could_be_is_named(bench: Bench) -> None:
    result = inspect(bench, waba_id=None, business_id=None)
    assert not_ok(result) == {"business": False}
    assert check(result, "business")["remedy"] == f"Set business_id (WABA_BUSINESS_ID) to {BUSINESS}."
    for name in (SUPPORT, MARKETING, HOTLINE):
        assert name in check(result, "account")["message"]


def test_without_ids_the_accounts_are_those_that_the_token_is_for(bench: Bench) -> None:
    bench.sandbox.change_token("no-business", target_ids=[MARKETING_ID])
    result = inspect(bench, token="no-business", waba_id=None, business_id=None)
    assert check(result, "account") == {
        "id": "account",
        "ok": True,
        "message": f"waba_id is not given. The access token sees {MARKETING}.",
        "remedy": None,
    }
    assert BUSINESS in check(result, "business")["remedy"]


def test_many_accounts_are_not_all_named(start: Start) -> None:
    message = check(inspect(start(accounts=60, people_each=2), waba_id=None), "account")["message"]
    assert message.count("Shop ") == 10
    assert message.endswith(" and 50 more.")


def test_without_ids_and_without_a_hint(bench: Bench) -> None:
    result = inspect(bench, token="no-business", waba_id=None, business_id=None)
    assert not_ok(result) == {"own-user": None, "business": False, "account": None, "people": None}


@pytest.mark.parametrize(("given", "missing"), [({"waba_id": None}, {}), ({"business_id": None}, {"business": False})])
def test_without_one_of_the_ids(bench: Bench, given: Json, missing: Json) -> None:
    result = inspect(bench, **given)
    assert not_ok(result) == missing
    assert SUPPORT in check(result, "account")["message"]


@pytest.mark.parametrize("unknown_field", ["nonexisting", "unknown-fields"])
def test_swapped_ids_are_recognized(start: Start, unknown_field: str) -> None:
    result = inspect(start(unknown_field=unknown_field), waba_id=BUSINESS_ID, business_id=WABA_ID)
    assert not_ok(result) == {"business": False, "account": False}
    assert f"business_id is the id of the account {SUPPORT}." in check(result, "business")["message"]
    assert check(result, "business")["remedy"] == f"Set business_id (WABA_BUSINESS_ID) to {BUSINESS}."
    assert check(result, "account")["remedy"].startswith(f"Set waba_id (WABA_ID) to {SUPPORT}.")


def test_swapped_ids_without_business_management(bench: Bench) -> None:
    result = inspect(bench, token="no-business", waba_id=BUSINESS_ID, business_id=WABA_ID)
    assert check(result, "business")["remedy"] == f"Set business_id (WABA_BUSINESS_ID) to {BUSINESS}."
    assert check(result, "account")["remedy"].startswith(f"Set waba_id (WABA_ID) to {SUPPORT}.")


@pytest.mark.parametrize(
    ("given", "name", "right"),
    [
        ({"business_id": WABA_ID}, "business", f"to {BUSINESS}."),
        ({"business_id": PARTNER_ID}, "business", f"to {BUSINESS}."),
        ({"business_id": "9876543210987653"}, "business", f"to {BUSINESS}."),
        ({"waba_id": BUSINESS_ID}, "account", f"to the right id. The access token sees {SUPPORT}"),
        ({"waba_id": "1234567890123465"}, "account", f"to {SUPPORT}."),
    ],
)
def test_a_mistaken_id_is_recognized(bench: Bench, given: Json, name: str, right: str) -> None:
    result = inspect(bench, **given)
    assert {each for each, ok in not_ok(result).items() if ok is False} == {name}
    assert right in check(result, name)["remedy"]


def test_an_account_that_others_share(bench: Bench) -> None:
    assert not_ok(inspect(bench, waba_id="5432109876543210")) == {}


@pytest.mark.parametrize("waba_id", [WABA_ID, "5432109876543210"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (80008, {"account": None, "quota": False}),
        (200, {"account": False}),
        (1, {"account": None}),
    ],
)
def test_the_users_of_an_account_cannot_be_read(bench: Bench, waba_id: str, code: int, expected: Json) -> None:
    """Nor does this say that the business is another one, also where it is not the owner."""
    bench.sandbox.inject(Fault("status", status=400, code=code, path="/assigned_users", times=0))
    assert not_ok(inspect(bench, waba_id=waba_id)) == expected


@pytest.mark.parametrize("code", [1, 80008])
def test_an_account_that_cannot_be_read_at_present(bench: Bench, code: int) -> None:
    bench.sandbox.inject(Fault("status", status=400, code=code, in_batch=True, path=WABA_ID, times=0))
    assert check(inspect(bench, token="no-business"), "account")["ok"] is None
    assert check(inspect(bench), "account")["ok"] is True, "the business lists it, and its users can be read"


def test_ids_of_the_api_are_never_a_path(bench: Bench) -> None:
    bench.sandbox.change_token(target_ids=["../me", "7", "x/assigned_users"])
    assert not_ok(inspect(bench, waba_id=None)) == {}
    asked = [operation["relative_url"] for each in bench.sandbox.log for operation in each.operations]
    assert any(each.startswith("7?") for each in asked)
    assert not any("me?" in each or each.startswith("x") for each in asked)


def test_ids_that_are_longer_than_any(bench: Bench) -> None:
    result = inspect(bench, waba_id="1" * 60, business_id="2" * 60)
    assert (check(result, "business")["ok"], check(result, "account")["ok"]) == (False, False)


def test_what_is_not_json_objects_and_lists_is_no_failure(bench: Bench) -> None:
    grants = [{"target_ids": [{}, None, "9"]}, 7]
    values: list[t.Any] = [[], {"data": []}, {"data": 7}, {"data": {"granular_scopes": grants}}, 7]
    for value in values:
        bench.sandbox.inject(Fault("json", in_batch=True, value=value, times=0))
        inspect(bench)
        bench.sandbox.clear_faults()


def test_people_of_whom_not_all_are_listed(start: Start) -> None:
    result = inspect(start(unlisted=["3456789012345678"]))
    assert not_ok(result) == {"people": None}
    assert "counts 8 people and listed 7" in check(result, "people")["message"]


def test_the_quota(start: Start) -> None:
    assert not_ok(inspect(start(quota=100))) == {}
    result = inspect(start(quota=2))
    assert (check(result, "quota")["ok"], check(result, "quota")["message"][:5]) == (False, "100 %")
    assert not_ok(inspect(start(usage_headers=False))) == {"quota": None}


@pytest.mark.parametrize("options", [{"waba_id": ""}, {"business_id": "x"}, {"batch_size": 51}])
def test_an_invalid_option_is_refused_before_any_request(bench: Bench, options: Json) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        inspect(bench, **options)
    assert bench.sandbox.log == []


def test_a_server_that_repeats_the_form_of_the_batch_shows_no_secret(start: Start) -> None:
    """There the token is percent-encoded twice."""
    token = "EAAtoken/with+marks=of|its%41own-Qm2ZCxT9pLwR4vYdH1nJ6sGfA8uEo"
    bench = start(token=token)
    form = quote_plus(json.dumps([{"method": "GET", "relative_url": f"debug_token?input_token={quote_plus(token)}"}]))
    assert quote_plus(quote_plus(token)) in form
    bench.sandbox.inject(Fault("status", on="POST", status=400, code=100, message=f"batch={form}", times=0))
    result = inspect(bench)
    assert quote_plus(quote_plus(token)) not in json.dumps(result)
    assert "input_token%3D********%22" in check(result, "token")["message"]

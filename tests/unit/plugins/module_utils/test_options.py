# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible_collections.metaops.whatsapp.plugins.module_utils import _options as options
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.declaration import parse_tasks
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import VERSION

TOKEN = "EAAGm0PX4ZCpsBAKZCexample"
GOOD: dict[str, t.Any] = {
    "access_token": TOKEN,
    "app_secret": None,
    "waba_id": "1234567890123456",
    "business_id": "9876543210987654",
    "api_version": "v23.0",
    "api_url": "https://graph.facebook.com",
    "validate_certs": True,
    "ca_path": None,
    "timeout": 30.0,
    "retries": 4,
    "max_retry_wait": 60,
}


def test_good_options_make_settings() -> None:
    settings = options.graph_settings(
        {**GOOD, "app_secret": "0123456789abcdef", "api_url": "https://gateway.example/meta/"}
    )
    assert settings.api_url == "https://gateway.example/meta"
    assert settings.user_agent == f"metaops-whatsapp/{VERSION}"
    assert settings.verify is True
    assert TOKEN not in repr(settings)
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8080", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:8080", "https://[2001:db8::1]"],
)
def test_addresses_that_are_accepted(url: str) -> None:
    assert options.graph_settings({**GOOD, "api_url": url}).api_url == url


def check(params: dict[str, t.Any]) -> None:
    """What every module does with the shared options before its first request."""
    options.check_required_ids(params, options.graph_argument_spec())
    options.graph_settings(params)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            ("waba_id", value)
            for value in ("", None, "abc", "12/34", "../1", "1.2e+20", "１２３", "12\n", " 12", "-1", "True")
        ),
        ("business_id", "12/34"),
        *(("access_token", value) for value in ("", "two words", f"{TOKEN}\n", "tökén", "tab\t", "nul\0")),
        *(("app_secret", value) for value in ("", "two words", "line\n")),
        *(
            ("api_url", value)
            for value in (
                "",
                "graph.facebook.com",
                "ftp://graph.facebook.com",
                "http://graph.facebook.com",
                "http://localhost.example.com",
                "http://0.0.0.0",
                "https://",
                "https://user@graph.facebook.com",
                "https://user:word@graph.facebook.com",
                "https://to/ken@graph.facebook.com",
                "https://graph.facebook.com?x=1",
                "https://graph.facebook.com#x",
                "https://graph.facebook.com:port",
                "https://graph.facebook.com:99999",
                "https://[::1",
                "https://graph.facebook.com /",
            )
        ),
        *(("api_version", value) for value in ("", "23.0", "v23", "v23.0/me", "v23.0\n", "v２３.0")),
        *(("timeout", value) for value in (0.0, -1.0, float("nan"), float("inf"), 1e9)),
        *(("retries", value) for value in (-1, 1000)),
        *(("max_retry_wait", value) for value in (-1, 1000000)),
        ("ca_path", "/no/such/file.pem"),
        ("ca_path", "/" + "x" * 9999),
        ("max_retry_wait", 10**400),
    ],
)
def test_bad_options_are_named(option: str, value: t.Any) -> None:
    with pytest.raises(options.OptionError, match=option) as caught:
        check({**GOOD, option: value})
    if option in ("access_token", "app_secret") and value:
        assert value not in str(caught.value)


def test_ca_path(tmp_path: Path) -> None:
    bundle = tmp_path / "authority.pem"
    bundle.touch()
    assert options.graph_settings({**GOOD, "ca_path": str(bundle)}).verify == str(bundle)
    with pytest.raises(options.OptionError, match="validate_certs"):
        options.graph_settings({**GOOD, "ca_path": str(bundle), "validate_certs": False})


@pytest.mark.parametrize("tasks", [None, []])
def test_somebody_present_has_a_task(tasks: list[str] | None) -> None:
    with pytest.raises(options.OptionError, match="tasks"):
        parse_tasks("tasks", tasks)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WABA_APP_SECRET", "")
    with pytest.raises(AnsibleFallbackNotFound):
        options.environment("WABA_APP_SECRET")
    monkeypatch.setenv("WABA_APP_SECRET", "x")
    assert options.environment("WABA_APP_SECRET") == "x"


def test_the_version_is_that_of_the_artifact() -> None:
    galaxy = Path(__file__).resolve().parents[4] / "galaxy.yml"
    found = re.search(r"^version: (\S+)$", galaxy.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert found[1] == VERSION


def test_the_user_agent_is_one_that_metas_description_allows() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9\-_]+/[0-9]+\.[0-9]+\.[0-9]+", options.graph_settings(GOOD).user_agent)


@pytest.mark.parametrize("option", ["user_id", "users[2].user_id", "user_ids[0]", "keep_users[1]"])
def test_an_address_for_a_user_id_is_answered_with_what_takes_addresses(option: str) -> None:
    with pytest.raises(options.OptionError) as caught:
        options.check_id(option, "jane.doe@example.com")
    for words in (option, "jane.doe@example.com", "metaops.whatsapp.waba_access ", "metaops.whatsapp.whois -e person="):
        assert words in str(caught.value)


def test_one_id_for_the_account_and_the_business_is_refused() -> None:
    with pytest.raises(options.OptionError, match="waba_id and business_id are both 123, and one of them is wrong"):
        check({**GOOD, "waba_id": "123", "business_id": "123"})

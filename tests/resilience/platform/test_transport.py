# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules reach the API: over TLS that they verify, through proxies, by IPv6."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from resilience.authority import Authority
from resilience.module_process import Ended, run_module
from resilience.proxy import Proxy
from resilience.tasks import INFO, USER, new_sandbox, options_for, search
from sandbox import Sandbox
from support.leaks import TOKEN
from support.playbooks import JANE, Json

ADD: Json = {"user_id": JANE, "tasks": ["DEVELOP"], "retries": 0}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one that is trusted here."""
    return Authority(tmp_path_factory.mktemp("authority"), "private authority")


def secure(authority: Authority, *names: str, **options: object) -> Sandbox:
    """A sandbox with a certificate for these names."""
    return new_sandbox(**authority.certify(*names, **options))  # type: ignore[arg-type]


def add(folder: Path, sandbox: Sandbox, environment: dict[str, str] | None = None, **options: object) -> Ended:
    """Give somebody access."""
    return run_module(folder, USER, options_for(sandbox, {**ADD, **options}), environment)


def refused(ended: Ended, sandbox: Sandbox, *words: str) -> None:
    """The connection is not trusted: nothing was sent, and the message says what to look at."""
    assert ended.result["failed"] is True
    for word in ("Could not", "trusted", "ca_path", *words):
        assert word in ended.result["msg"]
    assert ended.result["api_calls"] == 1
    assert sandbox.log == []
    assert sandbox.tasks_of(JANE) is None


def works(ended: Ended, sandbox: Sandbox) -> None:
    """The change came about, over one connection."""
    assert ended.result.get("failed") is not True, ended.result["msg"]
    assert ended.result["changed"] is True
    assert sandbox.tasks_of(JANE) == {"DEVELOP"}
    assert sandbox.connections == 1


def test_a_private_authority_is_trusted_where_it_is_named(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "127.0.0.1") as sandbox:
        refused(add(tmp_path, sandbox), sandbox, "certificate verify failed")
        works(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox)


def test_a_folder_of_authorities_is_trusted(tmp_path: Path, authority: Authority) -> None:
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(authority.file)], check=True, capture_output=True, text=True
    )
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / f"{hashed.stdout.strip()}.0").write_bytes(authority.file.read_bytes())
    with secure(authority, "127.0.0.1") as sandbox:
        works(add(tmp_path, sandbox, ca_path=str(folder)), sandbox)


def test_an_authority_of_the_environment_is_trusted(tmp_path: Path, authority: Authority) -> None:
    """As requests has it; but not in place of one that a task names."""
    other = Authority(tmp_path, "another authority")
    environment = {"REQUESTS_CA_BUNDLE": str(authority.file)}
    with secure(authority, "127.0.0.1") as sandbox:
        refused(add(tmp_path, sandbox, environment, ca_path=str(other.file)), sandbox)
        works(add(tmp_path, sandbox, environment), sandbox)


@pytest.mark.parametrize("name", ["127.0.0.2", "example.com", "localhost"])
def test_a_certificate_for_another_host_is_refused(tmp_path: Path, authority: Authority, name: str) -> None:
    with secure(authority, name) as sandbox:
        refused(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox)


def test_an_expired_certificate_is_refused(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "127.0.0.1", days=-1) as sandbox:
        refused(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox, "expired", "clock")


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path, authority: Authority) -> None:
    """Of the same name, too."""
    forger = Authority(tmp_path, "private authority")
    with secure(forger, "127.0.0.1") as sandbox:
        refused(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox)


def test_without_a_check_everything_is_accepted_and_said(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "example.com", days=-1) as sandbox:
        ended = add(tmp_path, sandbox, validate_certs=False)
        works(ended, sandbox)
        assert "validate_certs is false" in str(ended.result["warnings"])


def test_a_proxy_of_the_environment_is_used_and_sees_no_secret(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "127.0.0.1") as sandbox, Proxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://{proxy.address}"}
        works(add(tmp_path, sandbox, environment, ca_path=str(authority.file)), sandbox)
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT {sandbox.url.removeprefix('https://')} ")
    assert proxy.passed_on
    assert search({"head": head, "passed on": proxy.passed_on.decode("latin-1")}) == []


def test_a_proxy_with_a_password_is_used(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "127.0.0.1") as sandbox, Proxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://somebody:pass%20word@{proxy.address}"}
        works(add(tmp_path, sandbox, environment, ca_path=str(authority.file)), sandbox)
    basic = base64.b64encode(b"somebody:pass word").decode()
    assert f"Proxy-Authorization: Basic {basic}" in proxy.heads[0]


def test_tls_is_verified_through_a_proxy(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "example.com") as sandbox, Proxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://{proxy.address}"}
        refused(add(tmp_path, sandbox, environment, ca_path=str(authority.file)), sandbox)


def test_a_proxy_that_refuses_is_told(tmp_path: Path, authority: Authority) -> None:
    """Without its password."""
    with secure(authority, "127.0.0.1") as sandbox, Proxy(refuse=True) as proxy:
        environment = {"HTTPS_PROXY": f"http://somebody:{TOKEN[:8]}PASSWORD@{proxy.address}"}
        ended = add(tmp_path, sandbox, environment, ca_path=str(authority.file))
        assert ended.result["failed"] is True
        assert "proxy" in ended.result["msg"]
        assert "PASSWORD" not in ended.stdout + ended.stderr
        assert sandbox.log == []


def test_hosts_without_a_proxy_are_reached_without(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "127.0.0.1") as sandbox, Proxy(refuse=True) as proxy:
        environment = {"HTTPS_PROXY": f"http://{proxy.address}", "NO_PROXY": "127.0.0.1"}
        works(add(tmp_path, sandbox, environment, ca_path=str(authority.file)), sandbox)
        assert proxy.heads == []


def test_plain_http_stays_on_this_machine(tmp_path: Path) -> None:
    """A proxy for it would carry the token away."""
    with new_sandbox() as sandbox, Proxy(refuse=True) as proxy:
        environment = {"HTTP_PROXY": f"http://{proxy.address}", "ALL_PROXY": f"http://{proxy.address}"}
        works(add(tmp_path, sandbox, {**environment, "http_proxy": f"http://{proxy.address}"}), sandbox)
        assert proxy.heads == []


def test_ipv6(tmp_path: Path, authority: Authority) -> None:
    with new_sandbox(host="::1") as sandbox:
        assert "[::1]" in sandbox.url
        works(add(tmp_path, sandbox), sandbox)
    with new_sandbox(host="::1", **authority.certify("::1")) as sandbox:
        works(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox)
    with new_sandbox(host="::1", **authority.certify("127.0.0.1")) as sandbox:
        refused(add(tmp_path, sandbox, ca_path=str(authority.file)), sandbox)


def test_a_name_is_looked_up(tmp_path: Path, authority: Authority) -> None:
    with secure(authority, "localhost") as sandbox:
        url = sandbox.url.replace("127.0.0.1", "localhost")
        options = options_for(sandbox, {"api_url": url, "ca_path": str(authority.file)})
        assert len(run_module(tmp_path, INFO, options).result["assigned_users"]) == len(sandbox.assigned())

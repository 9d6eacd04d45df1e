# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up of .venv works wherever pip works: uv gets pip's settings."""

from __future__ import annotations

import datetime
import functools
import http.server
import ipaddress
import os
import shutil
import ssl
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pip_settings
import pytest
from artifact.built import ROOT
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support import plain_pytest

LISTED = """\
:env:.find-links='/wheels'
global.cert='/etc/company.pem'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='~/old'
global.timeout='15'
freeze.timeout='10'
install.timeout='60'
"""


def test_later_sections_override_earlier_ones() -> None:
    assert pip_settings.parse(LISTED) == {
        "cert": "/etc/company.pem",
        "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
        "find-links": "/wheels",
        "timeout": "60",
    }


def test_uv_gets_the_settings_in_its_own_words() -> None:
    settings = {**pip_settings.parse(LISTED), "index-url": "https://index.example/simple", "no-index": "false"}
    assert pip_settings.for_uv(settings, {"UV_HTTP_TIMEOUT": "5"}) == {
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    several = pip_settings.for_uv({"find-links": "~/a /b", "no-index": "1"}, {"HOME": "/h"})
    assert several["UV_FIND_LINKS"] == f"{Path.home()}/a,/b"
    assert several["UV_NO_INDEX"] == "1"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_uv_trusts_the_authority_that_the_environment_names(variable: str, tmp_path: Path) -> None:
    trust = pip_settings.for_uv({}, {variable: "/etc/company.pem"})
    assert trust["SSL_CERT_FILE"] == "/etc/company.pem"
    assert pip_settings.for_uv({}, {variable: str(tmp_path)})["SSL_CERT_DIR"] == str(tmp_path)


def test_uv_trusts_the_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there are any: without, it has its own."""
    store = tmp_path / "ca.pem"
    store.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    assert pip_settings.for_uv({}, {}) == {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert "UV_SYSTEM_CERTS" not in pip_settings.for_uv({}, {})


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A home folder whose pip.conf names an index with a certificate that pip.conf alone makes trusted; its address."""
    pages = tmp_path / "pages" / "simple" / "metaops-tiny"
    pages.mkdir(parents=True)
    name = "metaops_tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pages / name, "w") as wheel:
        info = "metaops_tiny-1.0.dist-info"
        wheel.writestr("metaops_tiny.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: metaops-tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    (pages / "index.html").write_text(f'<!DOCTYPE html><a href="{name}">{name}</a>', encoding="utf-8")
    certificate, key = authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = functools.partial(Quiet, directory=str(tmp_path / "pages"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/simple"
    config = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nindex-url = {url}\ncert = {certificate}\n", encoding="utf-8")
    yield tmp_path / "home", url
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def authority(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "company")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem", folder / "key.pem"


def test_uv_installs_from_the_index_of_pip_conf(
    company: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]]))
    assert uv is not None, "make sets up .venv with uv"
    home, url = company
    for variable in list(os.environ):
        if variable.startswith(("PIP_", "UV_", "SSL_")) or variable.endswith(("_CA_BUNDLE", "_PROXY", "_proxy")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    venv.create(tmp_path / "with-pip", with_pip=True)
    settings = pip_settings.read(str(tmp_path / "with-pip" / "bin" / "python"))
    target = tmp_path / "target"
    command = [uv, "pip", "install", "--python", sys.executable, "--target", str(target), "metaops-tiny"]
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for_uv = pip_settings.for_uv(settings, {})
    assert for_uv["UV_DEFAULT_INDEX"] == url
    without = {**os.environ, **for_uv, "SSL_CERT_FILE": ""}
    assert subprocess.run(command, capture_output=True, check=False, env=without).returncode != 0
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **for_uv})
    assert done.returncode == 0, done.stderr
    assert (target / "metaops_tiny.py").exists()


def test_a_pip_with_another_home_folder_has_the_same_settings(
    company: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ansible-test runs it: without the user's environment."""
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    _home, url = company
    pip_settings.write(tmp_path / "other", {"index-url": url, "find-links": "/a /b", "cert": "~/ca.pem"})
    written = (tmp_path / "other" / ".config" / "pip" / "pip.conf").read_text(encoding="utf-8")
    assert written == f"[global]\nindex-url = {url}\nfind-links = /a /b\ncert = {tmp_path}/other/ca.pem\n"


def test_what_a_command_does_is_said_before_it_does_it() -> None:
    """`make demo` begins with words, not with seconds of silence."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert shown.startswith('echo "The demo builds and installs the collection')


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("tests/playbooks", "make ready && .venv/bin/nox -s playbooks -- tests/playbooks"),
        ("tests/site/test_site.py", "make ready && .venv/bin/nox -s site -- tests/site"),
        ("tests/integration", "make ready && .venv/bin/nox -s integration -- TARGET"),
        ("tests/unit/plugins/module_utils/test_module.py", " passed"),
    ],
)
def test_plain_pytest_runs_or_says_what_to_run(what: str, answer: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("METAOPS_", "PYTHONPATH", "PYTEST_"))
    }
    command = [sys.executable, "-m", "pytest", "-q", what]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in f"{done.stdout}{done.stderr}".splitlines() if line.strip()]
    assert answer in lines[-1]
    assert len(lines) == 1 or answer == " passed"


def test_unit_tests_without_their_modules_say_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with another Python's pytest."""
    monkeypatch.setattr(plain_pytest, "UNIT", ("pytest", "no_such_module"))
    with pytest.raises(SystemExit, match=r"no module no_such_module here\. .+ -s unit -- tests/unit"):
        plain_pytest.find_collection()

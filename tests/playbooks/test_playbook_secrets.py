# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is to be seen anywhere: not in what is printed, logged, returned or left behind, whatever goes wrong."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sandbox import Fault, Sandbox
from support.leaks import APP_SECRET, PROOF, SECRETS, TOKEN, found, leaks, texts_of
from support.playbooks import (
    JANE,
    MARIA,
    SIDE_BY_SIDE,
    Json,
    Result,
    Run,
    play,
    run_playbook,
    task,
    waba_environment,
)

QUICK: Json = {"retries": 1, "max_retry_wait": 0}
LIST = ("waba_assigned_users_info", QUICK)
ADD = ("waba_assigned_user", {"user_id": JANE, "tasks": ["DEVELOP"], **QUICK})
SETUP = ("waba_setup_info", QUICK)
#: Where the token is in a batch, in the spelling that it has there.
BATCH = quote_plus(f"debug_token?input_token={quote_plus(TOKEN)}")
REMOVE = ("waba_assigned_user", {"user_id": MARIA, "state": "absent", **QUICK})

# name -> the task, and the fault that every one of its requests meets.
FAULTY: dict[str, tuple[tuple[str, Json], Fault]] = {
    "echoed on a read": (LIST, Fault("echo_token", times=0)),
    "echoed on an assignment": (ADD, Fault("echo_token", on="POST", times=0)),
    "echoed on a removal": (REMOVE, Fault("echo_token", on="DELETE", times=0)),
    "echoed as text": (LIST, Fault("string_error", message=f"{TOKEN} {quote(TOKEN)} {quote_plus(TOKEN)} {PROOF}")),
    "echoed in every text": (
        ADD,
        Fault(
            "status",
            on="POST",
            status=403,
            code=200,
            message=f"{TOKEN}{PROOF}",
            type=APP_SECRET,
            user_title=quote(TOKEN, safe=""),
            user_msg=f"?access_token={quote_plus(TOKEN)}&appsecret_proof={PROOF}",
        ),
    ),
    "echoed in an ignored wait": (
        LIST,
        Fault("status", status=429, code=4, headers={"Retry-After": "9999", "facebook-api-version": PROOF}),
    ),
    "redirected": (ADD, Fault("redirect", on="POST", times=0)),
    "redirected with the token": (
        LIST,
        Fault("redirect", times=0, location=f"https://example.com/{quote(TOKEN)}?access_token={quote(TOKEN)}"),
    ),
    "redirected to a user and password": (
        LIST,
        Fault("redirect", times=0, location=f"https://{quote(TOKEN, safe='')}:{PROOF}@example.com/"),
    ),
    "echoed by a check": (SETUP, Fault("echo_token", times=0)),
    "echoed as the form of a batch": (
        SETUP,
        Fault("status", on="POST", status=400, code=100, message=f"batch={BATCH}", times=0),
    ),
    "a token that is called like the token": (
        SETUP,
        Fault("json", in_batch=True, path="debug_token", value={"data": {"application": TOKEN, "scopes": [PROOF]}}),
    ),
    "silent": (("waba_assigned_users_info", {**QUICK, "timeout": 0.3}), Fault("hang", times=0)),
    "cut off": (ADD, Fault("reset_before", times=0)),
    "truncated": (LIST, Fault("truncated", times=0)),
    "a web page": (LIST, Fault("html", times=0, body=f"<html>{TOKEN} {PROOF}</html>")),
    "not JSON": (LIST, Fault("not_json", times=0, body=f"{TOKEN} {PROOF}")),
    "an expired token": (LIST, Fault("status", status=401, code=190, subcode=463, times=0)),
    "a list without users": (LIST, Fault("json", value={"data": [TOKEN]})),
    "tasks that are none": (LIST, Fault("json", value={"data": [{"id": "1", "tasks": {TOKEN: PROOF}}]})),
    "a user who is called like the token": (
        LIST,
        Fault("json", value={"data": [{"id": "1", "name": TOKEN, "tasks": [PROOF], "user_type": APP_SECRET}]}),
    ),
    "a next that is hostile": (
        LIST,
        Fault(
            "json",
            value={"data": [], "paging": {"next": f"https://example.com/?access_token={quote(TOKEN)}", "cursors": {}}},
        ),
    ),
    "a cursor that is the token": (
        ("waba_assigned_users_info", {**QUICK, "all_pages": False}),
        Fault("json", value={"data": [], "paging": {"next": "x", "cursors": {"after": TOKEN, "before": PROOF}}}),
    ),
}
# What people can get wrong. Templates, for Ansible shows the lines of a playbook whose task has failed.
MISTAKES: dict[str, tuple[str, Json]] = {
    "token with a line break": ("waba_assigned_users_info", {"access_token": '{{ token }}{{ "\n" }}'}),
    "token with a space": ("waba_assigned_users_info", {"access_token": "{{ token }} x"}),
    "secret with a space": ("waba_assigned_users_info", {"app_secret": "{{ app_secret }} x"}),
    "secret as an account": ("waba_assigned_users_info", {"waba_id": "{{ app_secret }}"}),
    "secret as a user": ("waba_assigned_user", {"user_id": "{{ app_secret }}", "state": "absent"}),
    "secret as a task": ("waba_assigned_user", {"user_id": JANE, "tasks": ["{{ app_secret }}"]}),
    "secret as a state": ("waba_assigned_user", {"user_id": JANE, "state": "{{ app_secret }}"}),
    "secret as a version": ("waba_assigned_users_info", {"api_version": "{{ app_secret }}"}),
    "secret as a number": ("waba_assigned_users_info", {"timeout": "{{ app_secret }}"}),
    "secret as a path": ("waba_assigned_users_info", {"ca_path": "/nowhere/{{ app_secret }}"}),
    "secret as an option": ("waba_assigned_users_info", {"secret": "{{ app_secret }}"}),
    "token as an account": ("waba_assigned_users_info", {"waba_id": "{{ token }}"}),
    "secret in an address": ("waba_assigned_users_info", {"api_url": "https://{{ app_secret }}@example.com/"}),
    "token in a query": ("waba_assigned_users_info", {"api_url": "https://example.com/?access_token={{ token }}"}),
    "without tasks": ("waba_assigned_user", {"user_id": JANE}),
}


@dataclass(frozen=True)
class Told:
    """Runs with the secrets in them, and the servers that they met."""

    runs: list[Run]
    sandboxes: dict[str, Sandbox]

    @property
    def by_name(self) -> dict[str, Result]:
        """Every task's result by the task's name."""
        return {result.name: result for run in self.runs for result in run.results}


def _self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Successes and every kind of failure, in runs that are as talkative as can be."""
    folder = tmp_path_factory.mktemp("secrets")
    cert_file, key_file = _self_signed(tmp_path_factory.mktemp("certificate"))
    with ExitStack() as stack:

        def start(fault: Fault | None = None, **options: Any) -> Sandbox:
            faults = [fault] if fault else []
            return stack.enter_context(
                Sandbox(token=TOKEN, app_secret=APP_SECRET, require_proof=True, faults=faults, **options)
            )

        sandboxes = {
            "good": start(),
            "tls": start(cert_file=str(cert_file), key_file=str(key_file)),
            **{name: start(fault) for name, (_job, fault) in FAULTY.items()},
        }
        good, tls = sandboxes["good"].url, sandboxes["tls"].url
        tasks = [
            task("list", *LIST),
            task("set-up", *SETUP),
            task("add", *ADD),
            task("add in check mode", ADD[0], {**ADD[1], "tasks": ["MESSAGING"]}, check_mode=True),
            task("remove", *REMOVE),
            task("options", LIST[0], {**QUICK, "access_token": "{{ token }}", "app_secret": "{{ app_secret }}"}),
            *(
                task(name, module, {**options, "api_url": sandboxes[name].url})
                for name, ((module, options), _fault) in FAULTY.items()
            ),
            *(task(name, module, options) for name, (module, options) in MISTAKES.items()),
            task("refused", LIST[0], {**QUICK, "api_url": f"http://127.0.0.1:{_closed_port()}"}),
            task("no such host", LIST[0], {**QUICK, "api_url": "https://nowhere.invalid"}),
            task("certificate not trusted", LIST[0], {**QUICK, "api_url": tls}),
            task("certificate trusted", LIST[0], {**QUICK, "api_url": tls, "ca_path": str(cert_file)}),
            task("certificate not looked at", LIST[0], {**QUICK, "api_url": tls, "validate_certs": False}),
            task("no TLS there", LIST[0], {**QUICK, "api_url": good.replace("http:", "https:")}),
            task("another account", LIST[0], {**QUICK, "waba_id": "1111111111111111"}),
        ]
        variables = {
            "token": "{{ lookup('ansible.builtin.env', 'WABA_ACCESS_TOKEN') }}",
            "app_secret": "{{ lookup('ansible.builtin.env', 'WABA_APP_SECRET') }}",
        }
        environment = {
            **waba_environment(sandboxes["good"]),
            "WABA_APP_SECRET": APP_SECRET,
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            # In ansible-core 2.21 a module's arguments are in its result only for the asking.
            "ANSIBLE_INJECT_INVOCATION": "1",
            # As without a word about it: files are made and sent for each task.
            "ANSIBLE_PIPELINING": "0",
        }

        def run(part: int) -> Run:
            home = folder / str(part) / "home"
            home.mkdir(parents=True)
            netrc = home / ".netrc"
            netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
            netrc.chmod(0o600)
            mine = [{**each, "ignore_errors": True} for each in tasks[part::SIDE_BY_SIDE]]
            return run_playbook(
                folder / str(part),
                [play(mine, vars=variables)],
                environment=environment,
                arguments=["-vvvv", "--diff"],
            )

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            runs = list(pool.map(run, range(SIDE_BY_SIDE)))
        yield Told(runs, sandboxes)


SUCCEED = [
    "list",
    "set-up",
    "echoed by a check",
    "echoed as the form of a batch",
    "a token that is called like the token",
    "add",
    "add in check mode",
    "remove",
    "options",
    "a user who is called like the token",
    "a cursor that is the token",
    "certificate trusted",
    "certificate not looked at",
]
FAIL = [
    *(name for name in FAULTY if name not in SUCCEED),
    *MISTAKES,
    "refused",
    "no such host",
    "certificate not trusted",
    "no TLS there",
    "another account",
]


@pytest.mark.parametrize("name", SUCCEED)
def test_the_run_has_these_successes(told: Told, name: str) -> None:
    """Else the search below would search nothing."""
    assert told.by_name[name].status == "ok"


@pytest.mark.parametrize("name", FAIL)
def test_the_run_has_these_failures(told: Told, name: str) -> None:
    """Else the search below would search nothing. And each says something."""
    result = told.by_name[name]
    assert result.status == "failed"
    assert result.message


def test_no_secret_is_put_out_or_left_behind(told: Told) -> None:
    """Not raw, nor in a URL's or JSON's spelling: in no output, log, result, nor any file that is left."""
    assert len(told.by_name) == len(SUCCEED) + len(FAIL)
    # That they were talkative runs: arguments, diffs and traces are there.
    printed = "".join(run.stdout for run in told.runs)
    # What stands in a masked option's place is another word in ansible-core 2.22.
    assert re.search(r'"access_token": "(VALUE_SPECIFIED_IN_NO_LOG_PARAMETER|\$REDACTED\$)"', printed)
    assert f"+{JANE}: DEVELOP" in printed
    assert "EXEC /bin/sh" in printed
    assert [leak for run in told.runs for leak in leaks(texts_of(run))] == []


def test_the_token_is_sent_as_a_header_and_in_no_url(told: Told) -> None:
    """On every request of every task, netrc or not; and the app secret is never sent at all.

    In a batch it is in the form as well: Meta documents it there, and `debug_token` takes it.
    """
    requests = [request for sandbox in told.sandboxes.values() for request in sandbox.log]
    assert len(requests) > len(FAULTY)
    for request in requests:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert found(request.raw_target + ("" if "batch" in request.form else request.body), TOKEN) == []
        assert found(request.raw_target + request.body + str(request.headers), APP_SECRET) == []
        assert PROOF in request.raw_target + request.body


def test_a_masked_message_still_says_what_happened(told: Told) -> None:
    """The secret alone is taken out."""
    message = told.by_name["echoed on a read"].message
    assert "Cannot parse access_token=********" in message
    assert "v23.0/1234567890123456/assigned_users" in message


def test_nothing_goes_where_a_redirect_or_a_next_leads(tmp_path: Path) -> None:
    """A server that is named by an answer hears nothing, and its address is not returned."""
    with Sandbox() as other:
        hostile = f"{other.url}/v23.0/1/assigned_users?access_token={quote(TOKEN)}&after=QVFIUmhvc3RpbGU"
        page = {"data": [], "paging": {"next": hostile}}
        fault = Fault("json", value=page)
        with Sandbox(token=TOKEN, faults=[fault]) as sandbox:
            run = run_playbook(
                tmp_path,
                [play([task("first page", LIST[0], {"all_pages": False}), task("all", *LIST)])],
                environment=waba_environment(sandbox),
            )
            assert run.rc == 0, run.output
            sandbox.clear_log()
            sandbox.inject(fault)
            run_all = run_playbook(
                tmp_path / "all", [play([task("all", *LIST)])], environment=waba_environment(sandbox)
            )
        assert other.log == []
        assert run.by_name["first page"].result["paging"] == {
            "cursors": {"before": None, "after": "QVFIUmhvc3RpbGU"},
            "has_next": True,
            "has_previous": False,
        }
        # The cursor alone is taken from it, to this server; which does not know it.
        assert [request.query.get("after") for request in sandbox.log] == [None, ["QVFIUmhvc3RpbGU"]]
        assert run_all.rc == 2
        assert leaks({**texts_of(run), **texts_of(run_all)}) == []


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("spell", [str, quote, quote_plus, json.dumps], ids=["raw", "url", "form", "json"])
def test_the_search_finds_a_secret_that_is_there(tmp_path: Path, secret: str, spell: object) -> None:
    """In each place that is searched."""
    assert callable(spell)
    planted = f"before {spell(secret)} after"
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "deep" / "down" / "left").write_text(planted, encoding="utf-8")
    clean = Run(0, "", "", "", "", tmp_path)
    assert {leak.split(" in ")[-1] for leak in leaks(texts_of(clean))} == {"deep/down/left"}
    (tmp_path / "deep" / "down" / "left").unlink()
    assert leaks(texts_of(clean)) == []
    for place in ("stdout", "stderr", "log", "record"):
        texts = {"stdout": "", "stderr": "", "log": "", "record": "", place: planted}
        assert leaks(texts_of(Run(0, folder=tmp_path, **texts))) != []


def test_the_search_finds_a_secret_in_a_playbooks_output(tmp_path: Path) -> None:
    """A task that prints a secret: it is found on stdout, in the log, and in the results that callbacks get."""
    show = {"name": "show", "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.env', 'PLANTED') }}"}}
    run = run_playbook(tmp_path, [play([show])], environment={"PLANTED": TOKEN})
    assert run.rc == 0, run.output
    places = {leak.split(" in ")[-1] for leak in leaks(texts_of(run))}
    assert places == {"stdout", "ansible.log", "results"}
    shown: Result = run.by_name["show"]
    assert found(shown.message, TOKEN)

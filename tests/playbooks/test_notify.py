# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/notify: new findings are told to a chat and a ticket system, each once, and without names."""

from __future__ import annotations

import json
import shutil
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sandbox import Sandbox
from support.playbooks import JANE, JOHN, Json, Run, may_change, run_ansible, waba_environment

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "notify" / "notify.yml"
SECRET = "T024hook8Qm2ZCxT9pLwR4vY"
TOKEN = "ticket-token-dH1nJ6sGfA8uEo"


class Receiver:
    """A chat and a ticket system: what they were sent, and what they answer."""

    def __init__(self) -> None:
        self.chat: list[Json] = []
        self.tickets: list[Json] = []
        self.statuses = {"chat": 200, "tickets": 201}
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """What the playbook reads."""
        return {
            "NOTIFY_WEBHOOK_URL": f"{self.url}/chat/{SECRET}",
            "NOTIFY_TICKET_URL": f"{self.url}/tickets",
            "NOTIFY_TICKET_TOKEN": TOKEN,
        }

    @property
    def counts(self) -> tuple[int, int]:
        """How many messages and tickets there are."""
        return len(self.chat), len(self.tickets)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that listens on loopback."""
    received = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.path.split("/")[1]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            allowed = self.path == f"/chat/{SECRET}" or self.headers["Authorization"] == f"Bearer {TOKEN}"
            status = received.statuses[name] if allowed else 403
            if status < 300:
                getattr(received, name).append(body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        received.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield received
        server.shutdown()


def notify(folder: Path, sandbox: Sandbox, environment: dict[str, str], *arguments: str) -> Run:
    """Run the playbook, and see that nothing was written to an account and no secret was shown."""
    folder.mkdir(exist_ok=True)
    shutil.copy(EXAMPLE, folder)
    done = run_ansible(
        folder,
        ["ansible-playbook", "-i", "localhost,", "-vv", *arguments, "notify.yml"],
        {**waba_environment(sandbox), "PWD": str(folder), **environment},
    )
    assert not any(map(may_change, sandbox.log))
    for secret in (SECRET, TOKEN, sandbox.token):
        assert secret not in done.output
        assert secret not in done.record
    return done


def findings(folder: Path) -> list[Json]:
    """The findings of the report."""
    written = json.loads((folder / "waba-access-audit" / "waba-access-audit.json").read_text(encoding="utf-8"))
    found: list[Json] = written["findings"]
    return found


def test_each_finding_is_told_once_and_without_names(tmp_path: Path, sandbox: Sandbox, receiver: Receiver) -> None:
    first = notify(tmp_path, sandbox, receiver.environment, "-e", "notify_lines=3")
    assert first.rc == 0, first.output
    (message,), (ticket,) = receiver.chat, receiver.tickets
    title, *lines = message["text"].splitlines()
    found = findings(tmp_path)
    high = [finding for finding in found if finding["severity"] == "high"]
    assert title == f"WhatsApp access: {len(found)} new findings, of which high: {len(high)}"
    assert [line.split(":")[0] for line in lines[:3]] == [f"{one['severity']} {one['id']}" for one in found[:3]]
    assert lines[3] == f"and {len(found) - 3} more"
    assert lines[4].startswith("The report of ")
    assert len(lines) == 5
    assert "high left-business: account 6543210987654321 user 3344556677889900" in lines
    assert ticket["fields"]["summary"] == title
    assert ticket["fields"]["description"].splitlines() == lines
    told = tmp_path / "waba-access-told.json"
    assert stat.S_IMODE(told.stat().st_mode) == 0o600

    second = notify(tmp_path, sandbox, receiver.environment)
    assert second.rc == 0, second.output
    assert receiver.counts == (1, 1)

    sandbox.add_person(JANE, name="Jane <!channel> jane@example.com")
    sandbox.assign(JANE, ["MESSAGING"])
    sandbox.add_person(JANE, two_fac_status="DISABLED")
    third = notify(tmp_path, sandbox, receiver.environment)
    assert third.rc == 0, third.output
    text = receiver.chat[1]["text"]
    assert f"high no-two-factor: account 1234567890123456 user {JANE}" in text.splitlines()
    assert JOHN not in text
    for message in (*receiver.chat, *receiver.tickets):
        for personal in ("Jane", "John", "Maria", "Nina", "@", "channel"):
            assert personal not in json.dumps(message)
    fourth = notify(tmp_path, sandbox, receiver.environment)
    assert fourth.rc == 0, fourth.output
    assert receiver.counts == (2, 2)


@pytest.mark.parametrize("name", ["chat", "tickets"])
def test_what_a_receiver_could_not_take_fails_the_run_and_is_told_again(
    tmp_path: Path, sandbox: Sandbox, receiver: Receiver, name: str
) -> None:
    statuses = dict(receiver.statuses)
    receiver.statuses[name] = 500
    failed = notify(tmp_path, sandbox, receiver.environment)
    assert failed.rc == 2, failed.output
    (result,) = [result for result in failed.results if result.status == "failed"]
    assert result.message.startswith("Not every receiver was told, and the next run tells these findings again.")
    assert "500" in result.message
    assert not (tmp_path / "waba-access-told.json").exists()
    receiver.statuses.update(statuses)
    again = notify(tmp_path, sandbox, receiver.environment)
    assert again.rc == 0, again.output
    # Whoever took the message the first time gets it twice.
    assert receiver.counts == ((1, 2) if name == "chat" else (2, 1))
    told = (tmp_path / "waba-access-told.json").read_bytes()
    assert told == (tmp_path / "waba-access-audit" / "waba-access-audit.json").read_bytes()


def test_a_receiver_that_does_not_answer_fails_a_later_run_too(
    tmp_path: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    chat = {"NOTIFY_WEBHOOK_URL": receiver.environment["NOTIFY_WEBHOOK_URL"]}
    assert notify(tmp_path, sandbox, chat).rc == 0
    assert receiver.counts == (1, 0)
    told = (tmp_path / "waba-access-told.json").read_bytes()
    sandbox.add_person("2345678901234567", marked_for_removal=True)
    failed = notify(tmp_path, sandbox, {"NOTIFY_WEBHOOK_URL": f"http://127.0.0.1:9/{SECRET}"})
    assert failed.rc == 2, failed.output
    assert "of the chat: -1." in failed.stdout
    assert (tmp_path / "waba-access-told.json").read_bytes() == told
    assert notify(tmp_path, sandbox, chat).rc == 0
    assert f"user {JOHN}" in receiver.chat[1]["text"]
    assert "1 new finding, of which high: 1" in receiver.chat[1]["text"]


def test_check_mode_tells_nobody(tmp_path: Path, sandbox: Sandbox, receiver: Receiver) -> None:
    done = notify(tmp_path, sandbox, receiver.environment, "--check")
    assert done.rc == 0, done.output
    assert receiver.counts == (0, 0)
    assert not (tmp_path / "waba-access-told.json").exists()
    assert "high left-business: account 6543210987654321 user 3344556677889900" in done.stdout


def test_without_a_receiver_nothing_counts_as_told(tmp_path: Path, sandbox: Sandbox) -> None:
    done = notify(tmp_path, sandbox, {})
    assert done.rc == 2, done.output
    assert "Set NOTIFY_WEBHOOK_URL" in done.stdout
    assert not (tmp_path / "waba-access-told.json").exists()


def test_an_audit_that_fails_is_told_without_details_and_fails_the_run(
    tmp_path: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    done = notify(tmp_path, sandbox, receiver.environment, "-e", "waba_access_audit_accounts=nonsense")
    assert done.rc == 2, done.output
    title, text = "WhatsApp access: the audit failed", "The log of this job says why."
    assert [message["text"].splitlines() for message in receiver.chat] == [[title, text]]
    assert [ticket["fields"]["summary"] for ticket in receiver.tickets] == [title]
    assert "nonsense" in done.stdout
    assert not (tmp_path / "waba-access-told.json").exists()


def test_findings_that_are_not_allowed_are_told_before_the_run_fails(
    tmp_path: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    done = notify(tmp_path, sandbox, receiver.environment, "-e", "waba_access_audit_fail_on=left-business")
    assert done.rc == 2, done.output
    assert "high left-business: account 6543210987654321 user 3344556677889900" in receiver.chat[0]["text"]
    assert (tmp_path / "waba-access-told.json").exists()

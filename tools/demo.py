# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build and install the collection, and run its playbooks against a sandbox of the Graph API. ``make demo`` starts it.

It needs ansible-core and requests beside the Python that runs it. It removes all that it made when it ends, however it
ends, except the report of the audit.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import checkout
from processes import clean_up_when_interrupted, started

ROOT = Path(__file__).resolve().parents[1]
#: Where the report of the audit stays.
KEPT = ROOT / ".venv" / "demo-audit"


class Stage(NamedTuple):
    """One command: its title, the text that its output must contain, its exit status, and an edit of access.yml."""

    title: str
    command: str
    output: str
    status: int = 0
    edit: tuple[str, str] | None = None


APPLY = "ansible-playbook metaops.whatsapp.apply -e @access.yml"
USERS = "  users:\n  - person: ahmed_hassan\n"
CONTRACTOR = "  - {email: jane.doe@example.com, tasks: [DEVELOP], valid_until: 2099-12-31, reason: Contract 4711}\n"
AUTOMATION = "  - person: automation_bot\n    tasks:\n    - {task}\n"
STAGES = (
    Stage("Export the current assignments of all accounts", "ansible-playbook metaops.whatsapp.export", "changed=1"),
    Stage(
        "Plan a change for review: a contractor, until a day",
        "ansible-playbook metaops.whatsapp.plan -e @access.yml --diff",
        "| no access | DEVELOP | 2099-12-31 | Contract 4711 |",
        edit=(USERS, USERS.replace("users:\n", f"users:\n{CONTRACTOR}")),
    ),
    Stage("Apply exactly the approved plan", f"{APPLY} -e plan=plan.json", "3 accounts: 1 changed"),
    Stage(
        "The day has passed: the next run ends the access",
        APPLY,
        "(DEVELOP) (ended 2026-01-31)",
        edit=("valid_until: 2099-12-31", "valid_until: 2026-01-31"),
    ),
    Stage(
        "Revoke the admin tasks of the access token's own user by mistake: the lock-out guard refuses",
        APPLY,
        "is the access token's own user",
        status=2,
        edit=(AUTOMATION.format(task="FULL_CONTROL"), AUTOMATION.format(task="MESSAGING")),
    ),
    Stage(
        "Show who a person is, and the tasks on every account",
        "ansible-playbook metaops.whatsapp.whois -e person=maria.garcia@example.com",
        "name: Maria Garcia",
    ),
    Stage(
        "Revoke a person's access on every account, by e-mail address",
        "ansible-playbook metaops.whatsapp.offboard -e @access.yml -e person=maria.garcia@example.com",
        "3 accounts: access revoked on 1",
    ),
    Stage(
        "Audit: who has access, is it as declared, and what needs attention",
        "ansible-playbook metaops.whatsapp.audit -e @access.yml -e dest=audit",
        "waba-access-audit.html was written",
    ),
)

CLOSING = """
All of it ran on three accounts of a sandbox of Meta's Graph API on this machine, which answered {calls} calls. Left
out above are blank lines, and tasks that are ok and have no message. Open the page of the audit in a browser:
    {page}
README.md says how to do the same with the real API.
"""


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="demo-", dir=ROOT / ".venv", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        environment = clean_environment(work)
        say("Build and install the collection, as a user would")
        install(work, environment)
        say("Start the sandbox")
        with sandbox(work, environment) as settings:
            project = work / "project"
            project.mkdir()
            for stage in STAGES:
                play(stage, project, {**environment, **settings})
            shutil.rmtree(KEPT, ignore_errors=True)
            shutil.copytree(project / "audit", KEPT)
            calls = sum(len(request["operations"]) or 1 for request in ask_sandbox(settings, "log")["requests"])
    print(CLOSING.format(calls=calls, page=KEPT / "waba-access-audit.html"))


def play(stage: Stage, project: Path, environment: dict[str, str]) -> None:
    say(stage.title)
    if stage.edit:
        before, after = stage.edit
        file = project / "access.yml"
        text = file.read_text(encoding="utf-8")
        if before not in text:
            raise DemoError(f"access.yml does not have {before!r}")
        file.write_text(text.replace(before, after), encoding="utf-8")
        lines = difflib.ndiff(before.splitlines(), after.splitlines())
        print("In access.yml:", *(line for line in lines if not line.startswith("?")), sep="\n")
    output = run(shlex.split(stage.command), project, environment, status=stage.status)
    # Long messages are wrapped.
    if stage.output not in " ".join(output.split()):
        raise DemoError(f"the output should have contained {stage.output!r}")


def ask_sandbox(settings: dict[str, str], what: str) -> Any:
    """Read the state of the sandbox."""
    url = f"{settings['WABA_API_URL']}/_sandbox/{what}"
    # The user's proxy is not for this machine's own address.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return json.load(answer)


def clean_environment(work: Path) -> dict[str, str]:
    """The user's environment without their settings of Ansible and of this collection."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "WABA_", "PYTHONPATH"))}
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(work / "home"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_REMOTE_TEMP": str(work / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": str(work / "collections"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOWS": "true",
        # Fewer lines than JSON.
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        **({"ANSIBLE_FORCE_COLOR": "true"} if sys.stdout.isatty() else {}),
    }


def install(work: Path, environment: dict[str, str]) -> None:
    (work / "home").mkdir()
    source = checkout.copy(ROOT, work / "source")
    run(["ansible-galaxy", "collection", "build"], source, environment)
    artifact = next(source.glob("*.tar.gz"))
    run(["ansible-galaxy", "collection", "install", artifact.name], source, environment)


@contextlib.contextmanager
def sandbox(work: Path, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Runs the sandbox on a free port, and gives the variables by which the modules find it."""
    port_file = work / "sandbox.json"
    command = ["python3", "tests/sandbox", "--port", "0", "--port-file", str(port_file.relative_to(ROOT))]
    show(command)
    with started(command, cwd=ROOT, env=environment) as process:
        wait_for(port_file, process)
        described = json.loads(port_file.read_text())
        settings = {
            "WABA_API_URL": described["url"],
            "WABA_ACCESS_TOKEN": described["token"],
            "WABA_APP_SECRET": described["app_secret"],
            "WABA_ID": described["waba_id"],
            "WABA_BUSINESS_ID": described["business_id"],
        }
        yield settings


def wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not file.exists():
        if process.poll() is not None:
            raise DemoError(f"the sandbox ended at once, with status {process.returncode}")
        if time.monotonic() > deadline:
            raise DemoError("the sandbox did not start within 30 seconds")
        time.sleep(0.05)


def run(command: list[str], folder: Path, environment: dict[str, str], status: int = 0) -> str:
    """Show a command and its output while it comes; returns the output."""
    show(command)
    lines = []
    task = ""
    # As a shell would have it: playbooks write files to where the command is given.
    with started(command, cwd=folder, env={**environment, "PWD": str(folder)}, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            lines.append(line.decode(errors="replace"))
            plain = re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]).strip()
            if plain.startswith("TASK ["):
                task = lines[-1]
            elif plain and not plain.startswith("PLAY RECAP"):
                # Blank lines, headings of recaps, and tasks without a message, would double the length of the output.
                print("" if plain == "ok: [localhost]" else task + lines[-1], end="", flush=True)
                task = ""
        ended = process.wait()
    if ended != status:
        raise DemoError(f"{command[0]} ended with status {ended} instead of {status}")
    return "".join(lines)


def say(title: str) -> None:
    print(f"\n=== {title}", flush=True)


def show(command: list[str]) -> None:
    print(f"$ {shlex.join(command)}", flush=True)


if __name__ == "__main__":
    clean_up_when_interrupted()
    try:
        main()
    except DemoError as error:
        sys.exit(f"\nThe demo stopped: {error}.")

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the collection at work: built, installed, and run against a sandbox of the Graph API. ``make demo`` starts it.

It needs ansible-core and requests beside the Python that runs it. All that it makes is gone when it ends, however it
ends, but for the report of the audit.
"""

from __future__ import annotations

import contextlib
import json
import os
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

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import checkout  # noqa: E402
from processes import clean_up_when_interrupted, started  # noqa: E402

#: What is left of a demo: the report of the audit.
KEPT = ROOT / ".venv" / "demo-audit"


class Stage(NamedTuple):
    """One command: what it shows, how it has to end, and what is edited in access.yml before."""

    title: str
    command: str
    recap: str
    status: int = 0
    edit: tuple[str, str] | None = None


PEOPLE = "ansible-playbook people.yml"
APPLY = "ansible-playbook metaops.whatsapp.apply -e @access.yml"
STAGES = (
    Stage("Who can do what now?", f"{PEOPLE} --tags list", "changed=0"),
    Stage(
        "What would be granted? A preview, which changes nothing", f"{PEOPLE} --tags grant --check --diff", "changed=1"
    ),
    Stage("Grant it", f"{PEOPLE} --tags grant --diff", "changed=1"),
    Stage("Grant it again: all is as it should be, nothing is changed", f"{PEOPLE} --tags grant", "changed=0"),
    Stage("Whose access would be taken away? A preview again", f"{PEOPLE} --tags revoke --check --diff", "changed=1"),
    Stage("Take it away", f"{PEOPLE} --tags revoke --diff", "changed=1"),
    Stage("Who can do what now?", f"{PEOPLE} --tags list", "changed=0"),
    Stage("A whole team of a dozen, written down in one file: apply it", f"{APPLY} --diff", "changed=1"),
    Stage(
        "Li gets one more task in the file: what would that change?",
        f"{APPLY} --check --diff",
        "changed=1",
        edit=(
            "      - {person: li, tasks: [MESSAGING, VIEW_TEMPLATES]}\n",
            "      - {person: li, tasks: [MANAGE_TEMPLATES, MESSAGING, VIEW_TEMPLATES]}\n",
        ),
    ),
    Stage(
        "Ahmed leaves: without his line in the file his access is purged, and Li's change is made in the same run",
        f"{APPLY} --diff",
        "changed=1",
        edit=("      - {person: ahmed, tasks: [DEVELOP, MANAGE_TEMPLATES]}\n", ""),
    ),
    Stage(
        "For the security officer: who can do what, is it as declared, and what should be looked at?",
        "ansible-playbook metaops.whatsapp.audit -e @access.yml -e dest=audit",
        "changed=2",
    ),
    Stage(
        "Somebody deletes the line of the automation itself: that would lock it out, and is refused",
        APPLY,
        "failed=1",
        status=2,
        edit=("      - {person: automation, tasks: [FULL_CONTROL]}\n", ""),
    ),
)
# Colleagues whom the sandbox's business does not have from the start.
COLLEAGUES = {"3141592653589793": "Noor Haddad", "2718281828459045": "Tom Becker", "1618033988749894": "Eva Lind"}

CLOSING = """
You have seen people.yml list, preview, grant, grant again and revoke access to a WhatsApp Business Account, and
access.yml bring a team of a dozen to where it shall be, purge a leaver, be audited, and refuse a lock-out; all against
a sandbox of Meta's Graph API on this machine, which answered {calls} calls. Both files are in the folder examples.

The page of the audit, to be opened in a browser:

    {page}

To do the same with the real API, put your own people into copies of them, and then:

    ansible-galaxy collection install metaops.whatsapp
    export WABA_ACCESS_TOKEN=...    # of an admin system user, with the permission whatsapp_business_management
    export WABA_ID=... WABA_BUSINESS_ID=...
    ansible-playbook people.yml --check --diff

Without WABA_API_URL the modules talk to https://graph.facebook.com. README.md says where token and ids are found.
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
            project = Path(shutil.copytree(ROOT / "examples", work / "project"))
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
        file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
        print(f"\n{before.strip()}\n  becomes\n{after.strip() or '(nothing)'}")
    output = run(shlex.split(stage.command), project, environment, status=stage.status)
    if f"{stage.recap} " not in output:
        raise DemoError(f"that run should have ended with {stage.recap}")


def ask_sandbox(settings: dict[str, str], what: str, change: dict[str, str] | None = None) -> Any:
    """Look behind the scenes of the sandbox, or change something there."""
    body = None if change is None else json.dumps(change).encode()
    url = f"{settings['WABA_API_URL']}/_sandbox/{what}"
    request = urllib.request.Request(url, body, method="PUT" if body else "GET")
    # Whatever proxy the user has is not for this machine's own address.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
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
        **({"ANSIBLE_FORCE_COLOR": "true"} if sys.stdout.isatty() else {}),
    }


def install(work: Path, environment: dict[str, str]) -> None:
    (work / "home").mkdir()
    source = checkout.copy(ROOT, work / "source")
    run(["ansible-galaxy", "collection", "build"], source, environment)
    artefact = next(source.glob("*.tar.gz"))
    run(["ansible-galaxy", "collection", "install", artefact.name], source, environment)


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
        for user_id, name in COLLEAGUES.items():
            ask_sandbox(settings, f"people/{user_id}", {"name": name})
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
    # As a shell would have it: playbooks write files to where the command is given.
    with started(command, cwd=folder, env={**environment, "PWD": str(folder)}, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            lines.append(line.decode(errors="replace"))
            print(lines[-1], end="", flush=True)
        ended = process.wait()
    if ended != status:
        raise DemoError(f"{command[0]} ended with status {ended} instead of {status}")
    return "".join(lines)


def say(title: str) -> None:
    print(f"\n=== {title}", flush=True)


def show(command: list[str]) -> None:
    print(f"\n$ {shlex.join(command)}", flush=True)


if __name__ == "__main__":
    clean_up_when_interrupted()
    try:
        main()
    except DemoError as error:
        sys.exit(f"\nThe demo stopped: {error}.")

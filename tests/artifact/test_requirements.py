# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection declares is enough to run it: beside it, ansible-core and nothing else is installed.

Of the collection itself, meta, plugins, roles and playbooks are enough, as Ansible's community asks for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import checkout
import pytest
from artifact.built import INSTALLED, PATIENCE
from sandbox import Sandbox
from support.playbooks import JANE, MARIA, waba_environment

#: An environment with ansible-core and the collection's requirements.txt.
BARE = Path(os.environ["METAOPS_BARE"])


def test_the_environment_holds_nothing_else() -> None:
    """Else the test below would show nothing."""
    (folder,) = BARE.glob("lib/python3*/site-packages")
    installed = {found.name.lower(): found for found in distributions(path=[str(folder)])}
    needed, more = set(), {"ansible-core", "requests"}
    while more:
        needed |= more
        wanted = [line for name in more & set(installed) for line in installed[name].requires or []]
        names = {re.split(r"[^\w.-]", line)[0].lower() for line in wanted if "extra ==" not in line}
        more = names - needed
    assert {"ansible-core", "requests"} <= set(installed) <= {name.replace("_", "-") for name in needed} | needed


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection's folders that may be needed to run, and nothing else of it."""
    folder = tmp_path_factory.mktemp("collections")
    for name in ("meta", "plugins", "roles", "playbooks"):
        shutil.copytree(INSTALLED / name, folder / checkout.COLLECTION / name)
    return folder


def run(folder: Path, collections: Path, *command: str) -> str:
    """Run one of Ansible's programs there, against a sandbox; gives what it put out."""
    with Sandbox() as sandbox:
        done = subprocess.run(
            [str(BARE / "bin" / command[0]), *command[1:]],
            cwd=folder,
            env={
                **waba_environment(sandbox),
                "PATH": os.pathsep.join([str(BARE / "bin"), os.defpath]),
                "HOME": str(folder),
                "PWD": str(folder),
                "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
                "ANSIBLE_COLLECTIONS_PATH": str(collections),
                "ANSIBLE_NOCOLOR": "1",
                "LC_ALL": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(sandbox.log) > 0
    return done.stdout


@pytest.mark.parametrize(
    ("module", "options", "shown"),
    [
        ("waba_assigned_users_info", "", "Maria Garcia"),
        ("waba_business_users_info", "", "Maria Garcia"),
        ("waba_assigned_user", f"user_id={JANE} tasks=DEVELOP", "CHANGED"),
        ("waba_assigned_users", f'{{"users": [{{"user_id": "{MARIA}", "state": "absent"}}]}}', "CHANGED"),
    ],
)
def test_every_module_runs_there(tmp_path: Path, collections: Path, module: str, options: str, shown: str) -> None:
    command = ["ansible", "localhost", "-m", f"metaops.whatsapp.{module}", "-a", options]
    assert shown in run(tmp_path, collections, *command)


def test_inventory_roles_and_playbooks_run_there(tmp_path: Path, collections: Path) -> None:
    (tmp_path / "waba.yml").write_text("plugin: metaops.whatsapp.waba\n", encoding="utf-8")
    command = ["ansible-playbook", "-i", "waba.yml", "-e", "waba_hosts=owned", "metaops.whatsapp.audit"]
    assert "failed=0" in run(tmp_path, collections, *command)
    assert any((tmp_path / "waba-access-audit").iterdir())

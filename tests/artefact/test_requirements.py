# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection declares is enough to run it: beside it, ansible-core and nothing else is installed."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest
from artefact.built import COLLECTIONS, PATIENCE
from sandbox import Sandbox
from system.playbooks import JANE, MARIA, waba_environment

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


@pytest.mark.parametrize(
    ("module", "options", "shown"),
    [
        ("waba_assigned_users_info", "", "Maria Garcia"),
        ("waba_assigned_user", f"user_id={JANE} tasks=DEVELOP", "CHANGED"),
        ("waba_assigned_users", f'{{"users": [{{"user_id": "{MARIA}", "state": "absent"}}]}}', "CHANGED"),
    ],
)
def test_every_module_runs_there(tmp_path: Path, module: str, options: str, shown: str) -> None:
    with Sandbox() as sandbox:
        done = subprocess.run(
            [str(BARE / "bin" / "ansible"), "localhost", "-m", f"metaops.whatsapp.{module}", "-a", options],
            cwd=tmp_path,
            env={
                **waba_environment(sandbox),
                "PATH": os.pathsep.join([str(BARE / "bin"), os.defpath]),
                "HOME": str(tmp_path),
                "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
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
        assert shown in done.stdout
        assert len(sandbox.log) > 0

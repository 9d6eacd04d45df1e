# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each way to install the collection gives the same files, and a module that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import checkout
import pytest
import yaml
from sandbox import Sandbox
from support import galaxy
from support.playbooks import PATIENCE, Json, waba_environment

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(os.environ["METAOPS_COLLECTIONS"])
PROGRAMS = Path(sys.executable).parent
# Written at installation: MANIFEST.json with the version, FILES.json with checksums.
GALAXYS_OWN = {"FILES.json", "MANIFEST.json"}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the collection may come from: an artifact, a git repository, a server."""
    (artifact,) = COLLECTIONS.parent.glob("*.tar.gz")
    repository = checkout.copy(ROOT, tmp_path_factory.mktemp("git") / "repository")
    git = ["git", "-C", str(repository), "-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    for arguments in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "A version"],
        ["tag", "0.1.0"],
        ["branch", "stable"],
        # What comes after the tag and the branch cannot be installed, so that taking the wrong one is noticed.
        ["rm", "--quiet", "galaxy.yml"],
        ["commit", "--quiet", "--message", "Broken"],
    ):
        subprocess.run([*git, *arguments], check=True)
    with galaxy.serve(artifact) as server:
        yield {"artifact": str(artifact), "repository": repository.as_uri(), "server": server}


def ansible(program: str, *arguments: str, home: Path, **environment: str) -> str:
    """Run a program of Ansible apart from whatever is set up on this machine; gives what it put out."""
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=home,
        env={
            "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
            # Nothing is to come from the Internet.
            "ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9/",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def contents(collections: Path) -> dict[str, bytes]:
    """The files of the collection that is installed there, but for Galaxy's own."""
    folder = collections / checkout.COLLECTION
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in GALAXYS_OWN}


# As they are written on a command line, or as an entry of requirements.yml.
WAYS: dict[str, str | Json] = {
    "artifact": "{artifact}",
    "git, a tag": "git+{repository},0.1.0",
    "git, a branch": "git+{repository},stable",
    "server": "metaops.whatsapp",
    "server, a range": "metaops.whatsapp:>=0.1.0",
    "requirements.yml, artifact": {"name": "{artifact}", "type": "file"},
    "requirements.yml, git": {"name": "{repository}", "type": "git", "version": "0.1.0"},
    "requirements.yml, server": {"name": "metaops.whatsapp", "version": ">=0.1.0"},
    "requirements.yml, a server of its own": {"name": "metaops.whatsapp", "source": "{server}"},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_installs_the_same(tmp_path: Path, places: dict[str, str], way: str) -> None:
    wanted = WAYS[way]
    if isinstance(wanted, str):
        what = [wanted.format(**places)]
    else:
        entry = {key: value.format(**places) for key, value in wanted.items()}
        (tmp_path / "requirements.yml").write_text(yaml.safe_dump({"collections": [entry]}), encoding="utf-8")
        what = ["-r", "requirements.yml"]
    server = (
        {"ANSIBLE_GALAXY_SERVER": places["server"]} if way.rsplit(", ", maxsplit=1)[-1] in ("server", "a range") else {}
    )
    said = ansible("ansible-galaxy", "collection", "install", "-p", "collections", *what, home=tmp_path, **server)
    assert "was installed successfully" in said
    assert contents(tmp_path / "collections") == contents(COLLECTIONS)
    with Sandbox() as sandbox:
        shown = ansible(
            *("ansible", "localhost", "-m", "metaops.whatsapp.waba_assigned_users_info"),
            home=tmp_path,
            ANSIBLE_COLLECTIONS_PATH=str(tmp_path / "collections"),
            **waba_environment(sandbox),
        )
    assert "Maria Garcia" in shown


def test_what_was_installed_can_be_verified(tmp_path: Path, places: dict[str, str]) -> None:
    """``ansible-galaxy collection verify`` compares with what the server has, and finds a file that was changed."""
    environment = {"ANSIBLE_GALAXY_SERVER": places["server"], "ANSIBLE_COLLECTIONS_PATH": str(tmp_path)}
    install = ("ansible-galaxy", "collection", "install", "-p", str(tmp_path), "metaops.whatsapp")
    ansible(*install, home=tmp_path, **environment)
    verify = ("ansible-galaxy", "collection", "verify", "metaops.whatsapp")
    assert "Successfully verified" in ansible(*verify, home=tmp_path, **environment)
    changed = tmp_path / checkout.COLLECTION / "plugins" / "modules" / "waba_assigned_user.py"
    changed.write_text("# changed\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"plugins/modules/waba_assigned_user\.py"):
        ansible(*verify, home=tmp_path, **environment)

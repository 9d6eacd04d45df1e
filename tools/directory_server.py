# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sees to it that there is an OpenLDAP server for the tests of the directory, and what python-ldap is built with.

Debian's packages are downloaded and unpacked into .venv, so that nothing is installed and no service is started. Run
before the tests, and not by them: apt updates its lists for one process at a time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("slapd", "libldap-dev", "libsasl2-dev")
#: Where the packages are unpacked.
UNPACKED = Path(__file__).resolve().parents[1] / ".venv" / "openldap"
SYSTEM = Path("/")
HOW = f"On Debian: sudo apt-get install gcc {' '.join(PACKAGES)}"


def root() -> Path | None:
    """The root that has the server, its schemas, and the headers of the libraries."""
    needed = ("usr/sbin/slapd", "etc/ldap/schema/core.schema", "usr/include/ldap.h", "usr/include/sasl/sasl.h")
    found = (each for each in (SYSTEM, UNPACKED) if all((each / name).exists() for name in needed))
    return next(found, None)


def environment() -> dict[str, str]:
    """What a compiler and a program need to find libraries that were unpacked; nothing where they are installed."""
    where = root()
    if where is None or where == SYSTEM:
        return {}
    libraries = os.pathsep.join(str(path) for path in sorted((where / "usr" / "lib").glob("*-linux-gnu*")))
    include = str(where / "usr" / "include")
    return {"CPATH": include, "LIBRARY_PATH": libraries, "LD_LIBRARY_PATH": libraries}


def missing() -> str | None:
    """Why the tests of the directory cannot be run, or nothing."""
    if root() is None:
        return f"no OpenLDAP server (slapd), or no headers to build python-ldap with. {HOW}"
    if not shutil.which("cc") and not shutil.which("gcc"):
        return f"no C compiler to build python-ldap with. {HOW}"
    return None


def unpack() -> None:
    """Unpack Debian's packages, with what they need and this machine lacks. Raises CalledProcessError."""
    if os.geteuid() == 0:
        _run("apt-get", "update", "-qq")
    wanted = _run("apt-get", "install", "--print-uris", "--yes", "-qq", "--no-install-recommends", *PACKAGES)
    # Where the server is installed and the headers are not, or the other way round, apt names those that are lacking.
    names = {re.split(r"\s+", line)[1].split("_")[0] for line in wanted.splitlines() if line.startswith("'")}
    folder = UNPACKED.with_name("openldap-new")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run("apt-get", "download", "-qq", *sorted(names | set(PACKAGES)), cwd=folder)
    for package in sorted(folder.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(package), str(folder))
        package.unlink()
    # The library of a header may be on the machine already, and was not downloaded then.
    for link in folder.glob("usr/lib/*/*.so"):
        library = SYSTEM / link.parent.relative_to(folder) / link.readlink() if link.is_symlink() else link
        if not link.exists() and library.exists():
            link.unlink()
            link.symlink_to(library)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    folder.rename(UNPACKED)


def _run(*command: str, cwd: Path | None = None) -> str:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=cwd, env=quiet, capture_output=True, text=True, check=True)
    return done.stdout


def main() -> None:
    if root() is None and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        print(f"Downloading an OpenLDAP server for the tests of the directory: {', '.join(PACKAGES)}", flush=True)
        try:
            unpack()
        except subprocess.CalledProcessError as error:
            last = (error.stderr or error.stdout or "").strip().splitlines()[-1:]
            print(f"It cannot be downloaded: {' '.join(last) or error}", flush=True)
    if reason := missing():
        print(f"The tests of the directory will be skipped: {reason}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

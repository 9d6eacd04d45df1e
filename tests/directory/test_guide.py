# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide to directories shows is run, and what it says came out has to come out."""

from __future__ import annotations

from pathlib import Path

from directory.server import BASE, Directory, person
from support.documents import RST, reading, rst_blocks


def test_every_block_of_the_guide(tmp_path: Path, directory: Directory) -> None:
    newcomers = [person(uid) for uid in ("ahmed", "new")]
    directory.add(
        f"cn=whatsapp-newcomers,ou=groups,{BASE}", objectClass="groupOfNames", cn="whatsapp-newcomers", member=newcomers
    )
    blocks = list(rst_blocks((RST / "guide_directory.rst").read_text(encoding="utf-8")))
    # What the reader would export; the server is another one here.
    assert blocks[0].text.startswith("$ export LDAP_URI=")
    with reading("guide_directory.rst", blocks[1:], tmp_path) as reader:
        reader.environment.update(directory.environment())
        reader.follow(blocks[1:])
        assert reader.sandbox.tasks_of("3456789012345678") is None
        assert reader.sandbox.tasks_of("4567890123456789") == {"MESSAGING", "VIEW_TEMPLATES"}

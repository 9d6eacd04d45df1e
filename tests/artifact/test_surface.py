# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public surface changes only on purpose."""

from __future__ import annotations

import os
from pathlib import Path

import surface


def test_the_list_of_the_public_surface_is_current() -> None:
    current = surface.surface(Path(os.environ["METAOPS_COLLECTIONS"]))
    assert current == surface.FILE.read_text(encoding="utf-8"), "run make surface, and look at what it changes"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder need."""

from __future__ import annotations

from support.plain_pytest import needs_session
from support.sandboxes import sandbox

__all__ = ["pytest_configure", "sandbox"]

pytest_configure = needs_session("page", "page")

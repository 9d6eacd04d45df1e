# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An embedded stand-in for Meta's Graph API as far as the people of a WhatsApp Business Account go; see README.md."""

from __future__ import annotations

from .app import Sandbox, SeedError
from .faults import Fault
from .messages import Request

__all__ = ["Fault", "Request", "Sandbox", "SeedError"]

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The collection's version for code that runs where `galaxy.yml` is not: a unit test holds the two equal."""

from __future__ import annotations

VERSION = "0.1.0"

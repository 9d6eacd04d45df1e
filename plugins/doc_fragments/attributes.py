# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that the collection's modules declare."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
  action_group:
    description: Use C(group/metaops.whatsapp.waba) in C(module_defaults) to set defaults for this module.
    support: full
    membership: [metaops.whatsapp.waba]
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode: {support: full, details: This module does not change anything.}
  diff_mode: {support: N/A, details: This module does not change anything.}
  idempotent: {support: full, details: This module does not change anything.}
"""

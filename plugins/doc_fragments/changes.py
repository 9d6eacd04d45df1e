# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the modules share that change people's access."""

    DOCUMENTATION = r"""
options:
  purge_tasks:
    description:
      - If V(true), a person shall hold exactly the tasks that are given.
      - If V(false), a person shall hold at least these tasks, and keeps what they hold besides.
    type: bool
    default: true
  verify:
    description:
      - Whether to read the account once more after a change, and to fail if the change is not there.
        The API's answer to a change is no more than a confirmation.
    type: bool
    default: true
  allow_lockout:
    description:
      - Whether to go on although people could be locked out.
      - If V(false), the module refuses to remove the user that the access token belongs to, to take V(MANAGE),
        V(MANAGE_USERS) or V(FULL_CONTROL) from them, and to leave nobody with V(MANAGE) or V(FULL_CONTROL) where
        somebody had it.
    type: bool
    default: false
  unreadable_tasks:
    description:
      - What to do about a person who is assigned while the API does not tell their tasks, as some versions do not.
      - V(warn) takes the assignment as enough and warns.
      - V(apply) writes the tasks every time. It needs O(purge_tasks=true), for adding to what cannot be read could take
        something away.
      - V(fail) fails.
    type: str
    choices: [warn, apply, fail]
    default: warn
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Where an API does not tell people's tasks, O(unreadable_tasks=apply) writes them every time.
notes:
  - An API that refuses to change the tasks of a person who is assigned already has the person removed and assigned
    anew; if that fails, their former tasks are put back. This is never done to the access token's own user.
"""

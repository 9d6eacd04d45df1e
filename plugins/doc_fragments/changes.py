# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that change users' access."""

    DOCUMENTATION = r"""
options:
  purge_tasks: {description: "Whether to remove a user's tasks that are not given. V(false) only adds tasks.",
    type: bool, default: true}
  verify: {description: "Whether to read changed accounts back, and fail if one differs.", type: bool, default: true}
  allow_lockout:
    description:
      - Whether to switch the lock-out guard off.
      - The guard refuses to remove the current user (the access token's own), to remove their V(MANAGE),
        V(MANAGE_USERS) or V(FULL_CONTROL), and to remove the last V(MANAGE) or V(FULL_CONTROL) of an account.
    type: bool
    default: false
  unreadable_tasks:
    description:
      - What to do about an assigned user whose tasks the API does not report, as in some of its versions.
      - V(warn) accepts the assignment, with a warning.
      - V(apply) writes the tasks every time. It requires O(purge_tasks=true).
      - V(fail) fails.
    type: str
    choices: [warn, apply, fail]
    default: warn
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent:
    support: partial
    details: Where the API does not report users' tasks, O(unreadable_tasks=apply) writes them every time.
notes:
  - If the API refuses to change the tasks of an assigned user, the user is removed and assigned again. If that fails,
    the former tasks are restored. This is never done to the current user.
"""

    PURGE = r"""
options:
  purge_users:
    description:
      - Whether to remove the users that are neither declared nor in O(keep_users).
      - A purge of an account without a V(present) user is refused, unless O(allow_lockout=true).
      - An account is not purged, which is a warning, if the access of all users who would stay has ended.
    type: bool
    default: false
  keep_users: {description: "Ids of users that O(purge_users) does not remove.", type: list, elements: str, default: []}
  max_removals: {description: "Fail, before anything is changed, if more users than this would be removed in total.",
    type: int}
  plan:
    description:
      - The approved plan, as RV(plan) of a run in check mode. Exactly this plan is carried out. If it is not the plan
        any more, nothing is changed, and the message lists which changes are new, gone or different.
      - If O(plan_id) is given as well, it has to be the id of this plan.
    type: list
    elements: raw
  plan_id: {description: "The id of the approved plan, as RV(plan_id) of a run in check mode. If the plan has another
      id now, nothing is changed, and the plan as it is now is shown and returned.", type: str}
"""

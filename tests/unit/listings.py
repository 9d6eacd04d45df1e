# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People and listings as the tests of this folder make them up."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

_FIELDS = ("name", "email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal")


def somebody(user_id: str, user_type: str = "BUSINESS_USER", **details: t.Any) -> Json:
    """One entry of `business_users`."""
    return {"id": user_id, "user_type": user_type, **dict.fromkeys(_FIELDS), **details}


def machine(user_id: str, name: str) -> Json:
    """A system user."""
    return somebody(user_id, "SYSTEM_USER", name=name)


def invited(user_id: str, email: str) -> Json:
    """Somebody who has not joined yet."""
    return somebody(user_id, "PENDING_USER", email=email)


def listing(business_id: str, *users: Json, asked: str | None = None, **options: t.Any) -> Json:
    """What `waba_business_users_info` returned for one item of a loop; `asked` is the business that it was told."""
    item: Json = {"business_id": business_id if asked is None else asked}
    if "kinds" in options:
        item["kinds"] = options["kinds"]
    return {
        "ansible_loop_var": "item",
        "item": item,
        "business_id": business_id,
        "business_users": list(users),
        "unread": [{"kind": kind, "msg": msg} for kind, msg in options.get("unread", {}).items()],
    }


def failed(asked: str, msg: str, **item: t.Any) -> Json:
    """The same where the task failed."""
    return {"ansible_loop_var": "item", "item": {"business_id": asked, **item}, "msg": msg, "failed": False}

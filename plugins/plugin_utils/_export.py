# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""From what the API lists to access as teams write it down: the variables of the role `waba_access`. Pure functions."""

from __future__ import annotations

import collections
import contextlib
import json
import re
import typing as t
import unicodedata

from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import printable
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import (
    AccessError,
    Directory,
    Reference,
    directories,
    is_address,
    look_up,
)

Json = dict[str, t.Any]

# What YAML takes for a truth value or for nothing.
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_HEAD = """\
---
# Who may do what in WhatsApp Business Accounts: variables of the role metaops.whatsapp.waba_access.
# Written by metaops.whatsapp.export from the accounts as they are. Applied as it stands, it changes nothing.
"""


def as_variables(accounts: t.Sequence[Json], listed: t.Sequence[Json] = ()) -> str:
    """The role's variables for accounts as they were read: `waba_id`, `business_id`, `name`, `assigned_users` each.

    `listed` are listings of their businesses: they give the addresses. Raises `AccessError` where an account was not
    read, or where the API does not tell somebody's tasks.
    """
    unread = [
        f"account {account['label']} could not be read. {account['msg']}" for account in accounts if account.get("msg")
    ]
    if unread:
        raise AccessError(" ".join(unread).rstrip("."))
    users = {user["id"]: user for account in accounts for user in account["assigned_users"]}
    untold = sorted(user_id for user_id, user in users.items() if not user.get("tasks"))
    if untold:
        raise AccessError(f"the API does not tell the tasks of {', '.join(untold)}: they cannot be written down")
    names = _short_names(users)
    emails = _emails(accounts, directories(listed))
    lines = [_HEAD, "waba_access_people:" if names else "waba_access_people: {}"]
    lines += [
        f"  {name}: {_person(user_id, emails.get(user_id))} # {printable(users[user_id].get('name') or 'no name')}"
        for user_id, name in sorted(names.items(), key=lambda item: item[1])
    ]
    lines += ["", "waba_access_accounts:" if accounts else "waba_access_accounts: []"]
    for account in sorted(accounts, key=lambda account: str(account["waba_id"])):
        lines += _account_lines(account, names)
    return "\n".join(lines) + "\n"


def _person(user_id: str, email: str | None) -> str:
    if email is None:
        return json.dumps(user_id)
    return f"{{email: {json.dumps(email, ensure_ascii=False)}, id: {json.dumps(user_id)}}}"


def _emails(accounts: t.Sequence[Json], known: t.Mapping[str, Directory]) -> dict[str, str]:
    """The address of everybody who can be looked up by it wherever they are assigned, by the id."""
    found: dict[str, str] = {}
    without = set()
    for account in accounts:
        directory = known.get(str(account.get("business_id") or ""))
        for user in account["assigned_users"]:
            email = _email(user["id"], directory)
            if email is None or found.setdefault(user["id"], email) != email:
                without.add(user["id"])
    return {user_id: email for user_id, email in found.items() if user_id not in without}


def _email(user_id: str, directory: Directory | None) -> str | None:
    if directory is None:
        return None
    for user in directory.of_type("BUSINESS_USER"):
        # YAML knows no control characters.
        if user["id"] == user_id and is_address(user["email"]) and user["email"].strip().isprintable():
            with contextlib.suppress(AccessError):
                if look_up(Reference(user_id, user_id, user["email"].strip()), directory) == user_id:
                    return str(user["email"].strip())
    return None


def _short_names(listed: t.Mapping[str, Json]) -> dict[str, str]:
    """A short name for every id: made of the person's name, with the id where two could be the same."""
    slugs = {user_id: _slug(user.get("name") or "") for user_id, user in listed.items()}
    counts = collections.Counter(slugs.values())
    return {
        user_id: f"{slug}_{user_id}" if counts[slug] > 1 or slug[-1:].isdigit() else slug
        for user_id, slug in slugs.items()
    }


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "_", ascii_name)[:40].strip("_")
    return slug if slug[:1].isalpha() and slug not in _YAML_WORDS else f"person_{slug}".rstrip("_")


def _account_lines(account: Json, names: t.Mapping[str, str]) -> list[str]:
    head = [f"  - waba_id: {json.dumps(str(account['waba_id']))}"]
    if account.get("name"):
        head.append(f"    name: {json.dumps(printable(account['name']), ensure_ascii=False)}")
    if account.get("business_id"):
        head.append(f"    business_id: {json.dumps(str(account['business_id']))}")
    users = sorted(account["assigned_users"], key=lambda user: names[user["id"]])
    known = [user for user in users if set(user["tasks"]) <= set(TASKS)]
    strange = [user for user in users if user not in known]
    if strange:
        head.append("    keep_users: # they hold tasks that this version of the collection does not know")
        head += [f"      - {names[user['id']]}" for user in strange]
    head.append("    users:" if known else "    users: []")
    for user in known:
        tasks = ", ".join(task for task in TASKS if task in user["tasks"])
        head += [f"      - person: {names[user['id']]}", f"        tasks: [{tasks}]"]
    return head

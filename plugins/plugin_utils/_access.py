# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""People's access as teams write it down: from the variables of the role `waba_access` to the module's options, and
from what the API lists to these variables. Pure functions.
"""

from __future__ import annotations

import collections
import difflib
import json
import re
import typing as t
import unicodedata

from ansible_collections.metaops.whatsapp.plugins.module_utils._assigned_users import TASKS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph_errors import printable
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError, check_id, check_users

Json = dict[str, t.Any]

# What YAML takes for a truth value or for nothing.
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_HEAD = """\
---
# Who may do what in WhatsApp Business Accounts: variables of the role metaops.whatsapp.waba_access.
# Written by metaops.whatsapp.export from the accounts as they are. Applied as it stands, it changes nothing.
"""


class AccessError(Exception):
    """The variables cannot be used; the text says every reason at once."""


def resolve_accounts(accounts: t.Sequence[Json], people: t.Mapping[str, t.Any], defaults: Json) -> list[Json]:
    """The accounts with ids for names, and with `defaults` for what they leave open; each gets a `label`.

    Raises `AccessError`, which names the account and the person of every problem.
    """
    problems: list[str] = []
    resolved = []
    places: dict[str, str] = {}
    for number, account in enumerate(accounts):
        waba_id = str(account["waba_id"])
        label = f"{account['name']} ({waba_id})" if account.get("name") else waba_id
        if waba_id in places:
            problems.append(f"waba_access_accounts[{number}]: account {label} was already named by {places[waba_id]}")
        places[waba_id] = f"waba_access_accounts[{number}]"
        options = {**defaults, **{key: value for key, value in account.items() if value is not None}}
        users, user_problems = _users(options.get("users") or [], people)
        kept, kept_problems = _kept(options.get("keep_users") or [], people)
        options = {**options, "waba_id": waba_id, "label": label, "users": users, "keep_users": kept}
        own_problems = [*user_problems, *kept_problems] or _problems(options)
        problems += [f"account {label}, {problem}" for problem in own_problems]
        resolved.append(options)
    if problems:
        raise AccessError(". ".join(problems) + ".")
    return resolved


def resolve_person(person: t.Any, people: t.Mapping[str, t.Any]) -> str:
    """The id of a person, by their short name or by the id itself. Raises `AccessError`."""
    name = str(person)
    if re.fullmatch("[0-9]+", name) and name not in people:
        return name
    if name not in people:
        near = difflib.get_close_matches(name, [str(known) for known in people], 3)
        hint = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise AccessError(f"person {name!r} is not in waba_access_people{hint}")
    try:
        return check_id(f"waba_access_people.{name}", str(people[name]))
    except OptionError as error:
        raise AccessError(str(error).rstrip(".")) from error


def as_variables(accounts: t.Sequence[Json]) -> str:
    """The role's variables for accounts as they were listed: `waba_id`, `business_id`, `name`, `assigned_users` each.

    Raises `AccessError` where the API does not tell somebody's tasks.
    """
    listed = {user["id"]: user for account in accounts for user in account["assigned_users"]}
    untold = sorted(user_id for user_id, user in listed.items() if not user.get("tasks"))
    if untold:
        raise AccessError(f"the API does not tell the tasks of {', '.join(untold)}: they cannot be written down")
    names = _short_names(listed)
    lines = [_HEAD, "waba_access_people:" if names else "waba_access_people: {}"]
    lines += [
        f"  {name}: {json.dumps(user_id)} # {printable(listed[user_id].get('name') or 'no name')}"
        for user_id, name in sorted(names.items(), key=lambda item: item[1])
    ]
    lines += ["", "waba_access_accounts:" if accounts else "waba_access_accounts: []"]
    for account in sorted(accounts, key=lambda account: str(account["waba_id"])):
        lines += _account_lines(account, names)
    return "\n".join(lines) + "\n"


def _problems(options: Json) -> list[str]:
    """What the module would say of the options before its first request."""
    try:
        check_id("waba_id", options["waba_id"])
        if options.get("business_id") is not None:
            check_id("business_id", str(options["business_id"]))
        check_users({"purge_users": False, "allow_lockout": False, **options})
    except OptionError as error:
        return [str(error).rstrip(".")]
    return []


def _users(users: t.Sequence[Json], people: t.Mapping[str, t.Any]) -> tuple[list[Json], list[str]]:
    resolved, problems = [], []
    for number, user in enumerate(users):
        if (user.get("person") is None) == (user.get("user_id") is None):
            problems.append(f"users[{number}]: give either person or user_id")
            continue
        try:
            if user.get("person") is not None:
                user_id = resolve_person(user["person"], people)
            else:
                user_id = check_id("user_id", str(user["user_id"]))
        except (AccessError, OptionError) as error:
            problems.append(f"users[{number}]: {str(error).rstrip('.')}")
            continue
        options = {key: user[key] for key in ("tasks", "state") if user.get(key) is not None}
        resolved.append({"user_id": user_id, **options})
    return resolved, problems


def _kept(keep_users: t.Sequence[t.Any], people: t.Mapping[str, t.Any]) -> tuple[list[str], list[str]]:
    kept, problems = [], []
    for number, person in enumerate(keep_users):
        try:
            kept.append(resolve_person(person, people))
        except AccessError as error:  # noqa: PERF203 - every problem is told
            problems.append(f"keep_users[{number}]: {error}")
    return kept, problems


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

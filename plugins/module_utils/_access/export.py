# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""From current assignments to declared access: the variables of the role `waba_access`, as data. Pure functions."""

from __future__ import annotations

import collections
import re
import typing as t
import unicodedata

from .._edges.assigned_users import UserList
from .._edges.tasks import TASKS, in_order
from .._graph.text import printable
from .._graph.values import by_id
from .declaration import Declaration
from .people import Directories, Directory, is_address, matches

Json = dict[str, t.Any]

# What YAML takes for a truth value or for nothing.
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
# Jinja's marks begin with a brace, and a line that sets others with a hash. Look-alikes are no marks.
_NO_TEMPLATE = str.maketrans({"{": "\uff5b", "}": "\uff5d", "#": "\uff03"})


def declaration_of(lists: t.Sequence[UserList], directories: Directories, declaration: Declaration) -> Json | None:
    """Return the declaration that accounts fulfil as they are; `None` where one could not be read.

    Applied as it stands, also with purge, it changes nothing but access whose end has passed: `valid_until` and
    `reason` are those of the given declaration. Text from the API is never a template in it.
    """
    if any(one.error for one in lists):
        return None
    names = {user.id: user.name for one in lists for user in one.users.values()}
    short_names = _short_names(names)
    emails = _emails(lists, directories)
    people = {
        short_names[user_id]: _person(user_id, emails.get(user_id), names[user_id])
        for user_id in sorted(names, key=lambda user_id: short_names[user_id])
    }
    accounts = [
        _account(one, short_names, _terms(one, declaration, directories))
        for one in sorted(lists, key=lambda one: by_id(one.account.waba_id))
    ]
    return {"waba_access_people": people, "waba_access_accounts": accounts}


def harmless(text: str) -> str:
    """A text that is no template, in whatever variable or file it is put."""
    return printable(text).translate(_NO_TEMPLATE)


def _person(user_id: str, email: str | None, name: str | None) -> Json:
    person = {"id": user_id}
    if email:
        person["email"] = email
    if name:
        person["name"] = harmless(name)
    return person


def _account(users: UserList, short_names: t.Mapping[str, str], terms: t.Mapping[str, Json]) -> Json:
    account: Json = {"waba_id": users.account.waba_id}
    if users.account.name:
        account["name"] = harmless(users.account.name)
    account["business_id"] = users.account.business_id
    everybody = sorted(users.users.values(), key=lambda user: short_names[user.id])
    declared = [user for user in everybody if user.tasks is not None and user.tasks <= set(TASKS)]
    kept = [short_names[user.id] for user in everybody if user not in declared]
    if kept:
        # Their tasks are unknown, or unknown to this version of the collection.
        account["keep_users"] = kept
    if not everybody:
        # A purge that would leave nobody is refused, also where there is nobody to remove.
        account["purge_users"] = False
    account["users"] = [
        {"person": short_names[user.id], "tasks": in_order(user.tasks or ()), **terms.get(user.id, {})}
        for user in declared
    ]
    return account


def _terms(users: UserList, declaration: Declaration, directories: Directories) -> dict[str, Json]:
    """`valid_until` and `reason` of the account's users as they are declared, by id."""
    waba_id = users.account.waba_id
    own = [entry for one in declaration.accounts or () if one.waba_id == waba_id for entry in one.entries]
    terms: dict[str, Json] = {}
    for entry in (*own, *declaration.everywhere):
        person = entry.person
        directory = directories.get(users.account.business_id)
        found = [user.id for user in matches(person, directory)] if directory else []
        end = {"valid_until": person.end.text} if person.end else {}
        reason = {"reason": person.reason} if person.reason else {}
        for user_id in {person.id, *found} - {None}:
            if entry.tasks is not None:
                terms.setdefault(t.cast("str", user_id), {**end, **reason})
    return terms


def _emails(lists: t.Sequence[UserList], directories: Directories) -> dict[str, str]:
    """The address of every user who can be looked up by it wherever it is assigned."""
    found: dict[str, set[str | None]] = {}
    for one in lists:
        for user_id in one.users:
            found.setdefault(user_id, set()).add(_email(user_id, directories.get(one.account.business_id)))
    emails = {user_id: next(iter(values)) for user_id, values in found.items() if len(values) == 1}
    return {user_id: email for user_id, email in emails.items() if email}


def _email(user_id: str, directory: Directory | None) -> str | None:
    user = directory.find(user_id) if directory else None
    email = (user.email or "").strip() if user else ""
    if directory is None or not is_address(email) or email != harmless(email):
        return None
    return email if len(directory.with_email(email)) == 1 else None


def _short_names(names: t.Mapping[str, str | None]) -> dict[str, str]:
    """A short name for every id: made of the name, with the id where two could be the same."""
    slugs = {user_id: _slug(name or "") for user_id, name in names.items()}
    counts = collections.Counter(slugs.values())
    return {
        user_id: f"{slug}_{user_id}" if counts[slug] > 1 or slug[-1:].isdigit() else slug
        for user_id, slug in slugs.items()
    }


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "_", ascii_name)[:40].strip("_")
    return slug if slug[:1].isalpha() and slug not in _YAML_WORDS else f"person_{slug}".rstrip("_")

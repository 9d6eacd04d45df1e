# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The current assignments as variables of the role `waba_access`. Pure functions."""

from __future__ import annotations

import collections
import re
import typing as t
import unicodedata

from .._edges.assigned_users import UserList
from .._edges.tasks import TASKS, in_order
from .._graph.values import by_id, printable
from .declaration import Declaration
from .names import fold
from .people import Directories, Directory, is_address, matches

Json = dict[str, t.Any]

# Words that YAML reads as a boolean or null.
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
# Jinja's marks begin with a brace, and a line that sets others with a hash. Look-alikes replace them.
_NO_TEMPLATE = str.maketrans({"{": "\uff5b", "}": "\uff5d", "#": "\uff03"})


def declaration_of(lists: t.Sequence[UserList], directories: Directories, declaration: Declaration) -> Json | None:
    """Return the accounts as declared access; `None` where one could not be read.

    Applied unchanged, also with purge, it removes nothing but access that has ended: `valid_until` and `reason` are
    those of the given declaration. Text from the API is never a template in it.
    """
    if any(one.error for one in lists):
        return None
    names = {user.id: user.name for one in lists for user in one.users.values()}
    short_names = _short_names(names)
    emails = _emails(lists, directories)
    people = {
        short_name: _person(user_id, emails.get(user_id), names[user_id])
        for user_id, short_name in sorted(short_names.items(), key=lambda pair: pair[1])
    }
    accounts = [
        _account(one, short_names, _terms(one, declaration, directories[one.account.business_id]))
        for one in sorted(lists, key=lambda one: by_id(one.account.waba_id))
    ]
    return {"waba_access_people": people, "waba_access_accounts": accounts}


def harmless(text: str) -> str:
    """Return the text so that neither Jinja nor a file of variables makes a template of it."""
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
    entries = []
    kept = []
    for user in sorted(users.users.values(), key=lambda user: short_names[user.id]):
        if user.tasks is not None and user.tasks <= set(TASKS):
            entries.append({"person": short_names[user.id], "tasks": in_order(user.tasks), **terms.get(user.id, {})})
        else:  # the API does not report the tasks, or this version of the collection does not know them
            kept.append(short_names[user.id])
    if kept:
        account["keep_users"] = kept
    if not users.users:
        # A purge without users is refused, even if there is nobody to remove.
        account["purge_users"] = False
    account["users"] = entries
    return account


def _terms(users: UserList, declaration: Declaration, directory: Directory) -> dict[str, Json]:
    """Return the declared `valid_until` and `reason` of the account's users, by id."""
    waba_id = users.account.waba_id
    own = [entry for one in declaration.accounts or () if one.waba_id == waba_id for entry in one.entries]
    terms: dict[str, Json] = {}
    for entry in (*own, *declaration.everywhere):
        person = entry.person
        values = {"valid_until": person.end.text if person.end else None, "reason": person.reason}
        for user_id in (person.id, *(user.id for user in matches(person, directory))):
            if user_id and entry.tasks is not None:
                terms.setdefault(user_id, {key: value for key, value in values.items() if value})
    return terms


def _emails(lists: t.Sequence[UserList], directories: Directories) -> dict[str, str]:
    """Return the addresses of users who can be looked up by them in the businesses of all their accounts."""
    emails: dict[str, set[str]] = {}
    for one in lists:
        for user_id in one.users:
            emails.setdefault(user_id, set()).add(_email(user_id, directories[one.account.business_id]))
    return {user_id: email for user_id, (email, *others) in emails.items() if email and not others}


def _email(user_id: str, directory: Directory) -> str:
    user = directory.find(user_id)
    email = (user.email or "").strip() if user else ""
    is_unique = len(directory.find_all("business_user", fold(email))) == 1
    return email if is_unique and is_address(email) and email == harmless(email) else ""


def _short_names(names: t.Mapping[str, str | None]) -> dict[str, str]:
    """Return a short name for every id: made of the name, with the id where several would be the same."""
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

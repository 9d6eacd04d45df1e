# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""People as teams name them, and who that is in a business: short names, ids, e-mail addresses, names of system users.

A *listing* is the result of `waba_business_users_info` for one item of a loop, which says what was to be listed:
`business_id` ('' for the one that the environment names) and `kinds`. Pure functions.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_business_users import fold
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import printable
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError, check_id

Json = dict[str, t.Any]


class AccessError(Exception):
    """The variables cannot be used; the text says every reason at once."""


class UnknownPersonError(AccessError):
    """A business was listed, and nobody there is called that."""


class UnreadError(AccessError):
    """Nobody can be looked up in a business: its people were not listed."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """How somebody is named. With an id beside an address or a name, both have to be the same person's."""

    #: What to call them in a message.
    words: str
    id: str | None = None
    email: str | None = None
    system_user: str | None = None

    @property
    def kind(self) -> str | None:
        """The kind of people among whom to look them up; `None` where the id says it all."""
        return "business_user" if self.email else "system_user" if self.system_user else None


@dataclasses.dataclass
class Directory:
    """The people of a business, as far as they were listed."""

    words: str
    #: By id and type, for a business may be listed twice: by its id, and as that of the environment.
    people: dict[tuple[str, str], Json] = dataclasses.field(default_factory=dict)
    #: The kinds that were listed whole.
    read: set[str] = dataclasses.field(default_factory=set)
    #: The kinds that could not be listed, and why.
    unread: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def users(self) -> t.Collection[Json]:
        """Everybody, each once."""
        return self.people.values()

    def of_type(self, user_type: str) -> list[Json]:
        """The people of one type."""
        return [user for user in self.users if user["user_type"] == user_type]


def reference(person: t.Any, people: t.Mapping[str, t.Any]) -> Reference:
    """Who is meant by a short name out of `people`, an id or an e-mail address. Raises `AccessError`."""
    name = str(person)
    if name in people:
        return _entry(name, people[name])
    if re.fullmatch("[0-9]+", name):
        return Reference(name, id=name)
    if "@" in name:
        return Reference(name, email=name.strip())
    raise AccessError(f"person {name!r} is not in waba_access_people{near(name, map(str, people))}")


def user_reference(user: Json, people: t.Mapping[str, t.Any]) -> Reference:
    """Who is meant by an entry of `users`: by `person`, or by `user_id` or `email` or both. Raises `AccessError`."""
    given = {key for key in ("person", "user_id", "email") if user.get(key) is not None}
    if given == {"person"}:
        return reference(user["person"], people)
    if not given or "person" in given:
        raise AccessError("give either person, or user_id, or email, or user_id and email of the same person")
    named = {"id" if key == "user_id" else key: user[key] for key in given}
    return _checked(str(user.get("email") or user.get("user_id")), named, "user_id", "email")


def directories(listed: t.Iterable[Json]) -> dict[str, Directory]:
    """The people of each business, by its id, from all listings; by '' as well where it was listed as that."""
    found: dict[str, Directory] = {}
    for result in listed:
        item = result.get(result.get("ansible_loop_var", ""))
        if not isinstance(item, t.Mapping) or "business_id" not in item:
            raise AccessError("the listings are to be the results of a loop over items that have business_id")
        kinds = item.get("kinds", ["business_user", "system_user"])
        asked = str(item["business_id"])
        business_id = str(result.get("business_id") or asked)
        directory = found.get(business_id) or found.get(asked)
        if directory is None:
            directory = Directory(f"business {business_id}" if business_id else "the business")
        found[business_id] = found[asked] = directory
        unread = dict.fromkeys(kinds, str(result.get("msg") or "it was not listed"))
        if "business_users" in result:
            unread = {one["kind"]: one["msg"] for one in result["unread"]}
        directory.unread.update(unread)
        directory.read |= {kind for kind in kinds if kind not in unread}
        directory.people.update({(user["id"], user["user_type"]): user for user in result.get("business_users", [])})
    return found


def to_list(one: Reference, directory: Directory | None) -> set[str]:
    """The kinds of people that are still to be listed before this one can be looked up, or said not to be there."""
    if one.kind is None:
        return set()
    if directory is None:
        return {one.kind}
    wanted = {one.kind}
    if one.email and one.kind in directory.read and not _matches(one, directory):
        wanted.add("pending_user")
    return wanted - directory.read - set(directory.unread)


def look_up(one: Reference, directory: Directory | None) -> str:
    """The id of whoever is named. Raises `AccessError` where that is not certain."""
    if one.kind is None:
        return t.cast("str", one.id)
    if directory is None:
        raise UnreadError("who is in the business was not listed: people can be named by id alone")
    if one.kind not in directory.read:
        raise UnreadError(
            f"nobody can be looked up in {directory.words}: {directory.unread.get(one.kind, 'it was not listed')}"
        )
    found = _matches(one, directory)
    people = directory.of_type("BUSINESS_USER")
    if one.email and people and not any(user["email"] for user in people):
        raise UnreadError(
            f"the API does not tell the addresses of the people of {directory.words}: they can be named by id alone"
        )
    if not found:
        raise UnknownPersonError(_not_found(one, directory))
    if len(found) > 1:
        raise AccessError(f"{one.words} is not one person in {directory.words}: {', '.join(map(label, found))}")
    if one.id is not None and found[0]["id"] != one.id:
        raise AccessError(
            f"{one.email or one.system_user} is {label(found[0])} in {directory.words}, not {one.id}:"
            " the two must agree. The address or name has become another's, or the id is wrong"
        )
    return str(found[0]["id"])


def label(user: Json) -> str:
    """Id, name and address as one harmless piece of a line: names are whatever people typed."""
    details = [printable(user[key]) for key in ("name", "email") if user.get(key)]
    return f"{user['id']} ({', '.join(details)})" if details else str(user["id"])


def near(name: str, names: t.Iterable[str]) -> str:
    """The question whether one of these was meant; empty where none is near.

    Of addresses, what is before the `@` counts: all people of a house share the rest.
    """
    known: dict[str, list[str]] = {}
    for each in names:
        known.setdefault(_local(each), []).append(printable(each))
    close = [each for local in difflib.get_close_matches(_local(name), list(known), 3) for each in known[local]]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def is_address(value: t.Any) -> bool:
    """Whether this can be an e-mail address, perhaps with blanks around it.

    One with braces counts as none, although there may be such: an address that the API gives is written into files of
    variables, where Ansible would take it for a template and evaluate it.
    """
    return isinstance(value, str) and re.fullmatch(r"\s*[^\s@{}]+@[^\s@{}]+\s*", value) is not None


def _local(name: str) -> str:
    return fold(name).partition("@")[0]


def _entry(name: str, entry: t.Any) -> Reference:
    where = f"waba_access_people.{name}"
    if is_address(entry):
        raise AccessError(f"{where} must be an id, in quotes, or have an email: write {{email: {entry.strip()}}}")
    if not isinstance(entry, t.Mapping):
        return _checked(name, {"id": entry}, where, where)
    unknown = sorted(set(map(str, entry)) - {"id", "email", "system_user"})
    named = {key: value for key, value in entry.items() if value is not None}
    if unknown or not named or {"email", "system_user"} <= set(named):
        raise AccessError(
            f"{where} must be an id, or have an email or a system_user, and perhaps the id as well"
            + (f"; it has {', '.join(unknown)}" if unknown else "")
        )
    return _checked(name, named, f"{where}.id", f"{where}.email")


def _checked(words: str, named: Json, id_option: str, email_option: str) -> Reference:
    try:
        user_id = check_id(id_option, str(named["id"]) if named["id"] is not None else None) if "id" in named else None
    except OptionError as error:
        raise AccessError(str(error).rstrip(".")) from error
    email, system_user = named.get("email"), named.get("system_user")
    if email is not None and not is_address(email):
        raise AccessError(f"{email_option} must be an e-mail address; got {email!r}")
    if system_user is not None and (not isinstance(system_user, str) or not system_user.strip()):
        raise AccessError(
            f"waba_access_people.{words}.system_user must be the name of a system user; got {system_user!r}"
        )
    return Reference(words, user_id, email and email.strip(), system_user and system_user.strip())


def _matches(one: Reference, directory: Directory) -> list[Json]:
    if one.email:
        return [user for user in directory.of_type("BUSINESS_USER") if fold(user["email"] or "") == fold(one.email)]
    return [user for user in directory.of_type("SYSTEM_USER") if (user["name"] or "").strip() == one.system_user]


def _not_found(one: Reference, directory: Directory) -> str:
    if one.system_user:
        names = [user["name"] for user in directory.of_type("SYSTEM_USER") if user["name"]]
        return f"no system user of {directory.words} is called {one.system_user!r}{near(one.system_user, names)}"
    email = fold(one.email or "")
    if any(fold(user["email"] or "") == email for user in directory.of_type("PENDING_USER")):
        return f"{one.email} is invited to {directory.words} and has not joined yet: give access after that"
    people = directory.of_type("BUSINESS_USER")
    for user in people:
        if fold(user["pending_email"] or "") == email:
            return (
                f"{one.email} is the new address of {label(user)}, who has not confirmed it yet: give the present one"
            )
    text = f"{one.email} is nobody's address in {directory.words}"
    same = next((user for user in people if user["id"] == one.id), None)
    if same:
        return f"{text}, where {one.id} is {label(same)}: the two must agree"
    return text + near(email, [user["email"] for user in people if user["email"]])

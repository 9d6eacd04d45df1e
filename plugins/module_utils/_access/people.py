# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""References of a declaration to people, and the users of a business whom they mean. Pure functions."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from datetime import datetime

from .._edges.assigned_users import AssignedUser
from .._edges.business import KIND_OF_USER_TYPE, PEOPLE, PEOPLE_KINDS, BusinessUser, KindListing
from .._graph.values import printable
from .._options import OptionError, check_id
from .end import End, earliest, parse_end
from .names import did_you_mean, fold

_PERSON_KEYS = ("id", "email", "system_user", "name", "valid_until", "reason")


class UnresolvedError(Exception):
    """A reference does not mean exactly one user. The text says why."""


class UnknownPersonError(UnresolvedError):
    """No user of a business has that address or name: the person may be invited, or join later."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """A person by id, by address or by a system user's name. An id beside one of these must be the same person's."""

    #: The reference as it is written: a short name, an address or an id.
    words: str
    id: str | None = None
    email: str | None = None
    system_user: str | None = None
    #: The `name` in the table `people`.
    given_name: str | None = None
    #: Why the reference is unresolved, where that is known without a list of people: an unknown short name.
    problem: str | None = None
    #: When and why the person has access, on every account.
    end: End | None = None
    reason: str | None = None

    @property
    def key(self) -> tuple[str | None, ...]:
        """A key that references to the same person share."""
        return (self.id, fold(self.email or ""), self.system_user, self.problem)

    def has_ended(self, now: datetime) -> bool:
        return self.end is not None and self.end.has_passed(now)

    @property
    def kind(self) -> str | None:
        """The kind of users among whom to look the person up; `None` for an id alone."""
        return "business_user" if self.email else "system_user" if self.system_user else None

    @property
    def name(self) -> str | None:
        """The name or address to show beside the id; `None` for an id alone."""
        shown = self.given_name or self.email or self.system_user or self.words
        return None if shown == self.id else shown


class Directory:
    """The users and invitations of one business, of the kinds that were listed."""

    def __init__(self, business_id: str) -> None:
        self.business_id = business_id
        self._listings: dict[str, KindListing] = {}
        self._by_id: dict[str, BusinessUser] = {}
        #: People by their folded address, and system users by their name.
        self._by_words: dict[tuple[str, str], list[BusinessUser]] = {}

    def add(self, listing: KindListing) -> None:
        self._listings[listing.kind] = listing
        if listing.kind in PEOPLE:
            for user in listing.users:
                words = fold(user.email or "") if listing.kind == "business_user" else (user.name or "").strip()
                self._by_id[user.id] = user
                self._by_words.setdefault((listing.kind, words), []).append(user)

    @property
    def listings(self) -> t.Collection[KindListing]:
        """The lists that were requested; a list that could not be read has an error."""
        return self._listings.values()

    def users(self, *kinds: str) -> list[BusinessUser]:
        """Return the users of these kinds; without kinds, all but the invitations."""
        return [user for kind in kinds or PEOPLE if kind in self._listings for user in self._listings[kind].users]

    def find(self, user_id: str) -> BusinessUser | None:
        return self._by_id.get(user_id)

    def find_all(self, kind: str, words: str) -> list[BusinessUser]:
        """Return the people with this folded address, or the system users with this name."""
        return self._by_words.get((kind, words), [])

    def is_whole(self, kind: str) -> bool:
        """Whether every user of this kind is known."""
        return kind in self._listings and self._listings[kind].is_whole

    def problem(self, kind: str) -> str | None:
        """Return why users of this kind cannot be looked up; `None` where they can."""
        listing = self._listings.get(kind)
        if listing is None:
            return f"the {PEOPLE_KINDS[kind].words} of business {self.business_id} were not listed"
        if listing.error:
            return f"people cannot be looked up in business {self.business_id}: {listing.error}".rstrip(".")
        if kind == "business_user" and listing.users and not any(user.email for user in listing.users):
            return (
                f"the API does not report the addresses of the people of business {self.business_id}: they can be named"
                " by id alone"
            )
        return None


Directories = t.Mapping[str, Directory]


def has_left(user: AssignedUser, directory: Directory) -> bool:
    """Whether an assigned user is known to have left the business: its lists are whole and lack the user.

    Without a reported type all lists must be whole; without type and business it is unknown. A personal user belongs to
    no business.
    """
    if user.user_type == "PERSONAL_USER" or (user.user_type is None and user.business is None):
        return False
    kind = KIND_OF_USER_TYPE.get(user.user_type or "")
    return directory.find(user.id) is None and all(map(directory.is_whole, (kind,) if kind else PEOPLE))


def parse_person(value: t.Any, people: t.Mapping[str, Reference]) -> Reference:
    """Return the person of a short name, an id or an address. Raises `OptionError`.

    For a short name that is not in `people`, the reference has a `problem`.
    """
    name = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    person = parse_words(name, people)
    if person:
        return person
    if not name:
        raise OptionError(f"a person must be a short name, an id or an e-mail address; got {value!r}")
    return Reference(name, problem=f"there is no short name {name!r} in people{did_you_mean(name, people)}")


def parse_words(words: t.Any, people: t.Mapping[str, Reference]) -> Reference | None:
    """Return the person of a short name, an id or an address; `None` for other words, which can be a name."""
    text = str(words).strip()
    if text in people:
        return people[text]
    if re.fullmatch("[0-9]+", text):
        return Reference(text, id=text)
    return Reference(text, email=text) if is_address(text) else None


def parse_entry_person(entry: t.Mapping[str, t.Any], people: t.Mapping[str, Reference]) -> Reference:
    """Return the person of an entry's `person`, `user_id`, `email`, or the last two. Raises `OptionError`."""
    given = {key: entry[key] for key in ("person", "user_id", "email") if entry.get(key) is not None}
    if given.keys() == {"person"}:
        return parse_person(given["person"], people)
    if not given or "person" in given:
        raise OptionError("give either person, or user_id, or email, or user_id and email of the same person")
    options = {"id": "user_id", "email": "email"}
    values = {key: given[option] for key, option in options.items() if option in given}
    return _reference(str(values.get("email") or values.get("id")), values, options)


def parse_people(table: t.Any) -> tuple[dict[str, Reference], list[str]]:
    """Return the people by their short names, and the problems of the table."""
    problems: list[str] = []
    people: dict[str, Reference] = {}
    by_id: dict[str, list[str]] = {}
    for key, entry in (table or {}).items():
        name = str(key)
        try:
            people[name] = _table_entry(name, entry, f"people.{name}")
        except OptionError as error:
            problems.append(str(error).rstrip("."))
            people[name] = Reference(name, id="0")  # so that its entries are no further problems
        else:
            by_id.setdefault(people[name].id or "", []).append(name)
    problems += [
        f"people: {' and '.join(names)} are the same person ({user_id}): keep one name"
        for user_id, names in by_id.items()
        if user_id and len(names) > 1
    ]
    return people, problems


def is_address(value: t.Any) -> bool:
    """Whether this can be an e-mail address, perhaps with white space around it."""
    return isinstance(value, str) and re.fullmatch(r"\s*[^\s@]+@[^\s@]+\s*", value) is not None


def describe(user: BusinessUser) -> str:
    details = [printable(text) for text in (user.name, user.email) if text]
    return f"{user.id} ({', '.join(details)})" if details else user.id


def missing_kinds(person: Reference, directory: Directory) -> set[str]:
    """Return the kinds of users to list before `look_up` can find the person, or report the person as unknown."""
    wanted = {person.kind} if person.kind else set()
    if person.email and not directory.problem("business_user") and not matches(person, directory):
        wanted.add("pending_user")
    return wanted - {listing.kind for listing in directory.listings}


def look_up(person: Reference, directory: Directory) -> str:
    """Return the person's id in a business. Raises `UnresolvedError` where that is not certain."""
    if person.problem:
        raise UnresolvedError(person.problem)
    if person.kind is None:
        return t.cast("str", person.id)
    problem = directory.problem(person.kind)
    if problem:
        raise UnresolvedError(problem)
    found = matches(person, directory)
    where = f"business {directory.business_id}"
    if len(found) > 1:
        raise UnresolvedError(f"{person.words} is not one person in {where}: {', '.join(map(describe, found))}")
    known = directory.find(person.id) if person.id else None
    if found and (person.id is None or known is None or known.id == found[0].id):
        # An id that the business does not know is the person's in another business.
        return found[0].id
    address = person.email or person.system_user
    if found:
        raise UnresolvedError(
            f"{address} is {describe(found[0])} in {where}, not {person.id}: the two must agree. The address or name is"
            " another person's now, or the id is wrong"
        )
    if known:
        raise UnresolvedError(
            f"{address} was not found in {where}, where {known.id} is {describe(known)}: the two must agree"
        )
    raise UnknownPersonError(_unknown(person, directory))


def matches(person: Reference, directory: Directory) -> list[BusinessUser]:
    """Return the users of a business with the person's address, or the system users with the name."""
    if person.email:
        return directory.find_all("business_user", fold(person.email))
    return directory.find_all("system_user", person.system_user) if person.system_user else []


def _table_entry(name: str, entry: t.Any, place: str) -> Reference:
    if is_address(entry):
        raise OptionError(f"{place} must be an id, in quotes, or have an email: write {{email: {entry.strip()}}}")
    if not isinstance(entry, t.Mapping):
        return _reference(name, {"id": entry}, {"id": place})
    unknown = sorted(str(key) for key in entry if key not in _PERSON_KEYS)
    if unknown:
        raise OptionError(f"{place} has no key {unknown[0]}{did_you_mean(unknown[0], _PERSON_KEYS)}")
    given = {key: value for key, value in entry.items() if value is not None}
    if not given.keys() & {"id", "email", "system_user"} or {"email", "system_user"} <= given.keys():
        raise OptionError(f"{place} must have an id, an email or a system_user; an email or a system_user, not both")
    return _reference(name, given, {key: f"{place}.{key}" for key in _PERSON_KEYS})


def _reference(words: str, given: t.Mapping[str, t.Any], options: t.Mapping[str, str]) -> Reference:
    user_id = None
    if "id" in given:
        if is_address(given["id"]):
            raise OptionError(f"{options['id']} must be an id; {given['id'].strip()} is an address: give it as email")
        user_id = check_id(options["id"], id_text(given["id"]))
    texts = {
        key: parse_text(options[key], given[key]) if key in given else None
        for key in ("email", "system_user", "name", "reason")
    }
    email, system_user, name, reason = texts.values()
    if email is not None and not is_address(email):
        raise OptionError(f"{options['email']} must be an e-mail address; got {email!r}")
    end = parse_end(options["valid_until"], given["valid_until"]) if "valid_until" in given else None
    return Reference(words, user_id, email, system_user, name, end=end, reason=reason)


def parse_text(option: str, value: t.Any) -> str:
    """Return a text that is not empty, without spaces around it. Raises `OptionError`."""
    if not isinstance(value, str) or not value.strip():
        raise OptionError(f"{option} must be a text that is not empty; got {value!r}")
    return value.strip()


def with_end(person: Reference, people: t.Mapping[str, Reference]) -> Reference:
    """Return the person with the earliest end, and the reason, that the table has for this id or address."""
    email = fold(person.email or "")
    same = [
        one
        for one in (person, *people.values())
        if one.end or one.reason
        if one is person or (one.id and one.id == person.id) or (email and fold(one.email or "") == email)
    ]
    reasons = [one.reason for one in same if one.reason]
    return dataclasses.replace(person, end=earliest(one.end for one in same), reason=reasons[0] if reasons else None)


def id_text(value: t.Any) -> t.Any:
    """Return an id as a text, also one that YAML reads as a number. Other values are left to `check_id`."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _unknown(person: Reference, directory: Directory) -> str:
    where = f"business {directory.business_id}"
    if person.system_user:
        names = [user.name for user in directory.users("system_user") if user.name]
        return f"no system user of {where} is called {person.system_user!r}{did_you_mean(person.system_user, names)}"
    email = fold(person.email or "")
    if any(fold(user.email or "") == email for user in directory.users("pending_user")):
        return f"{person.email} is invited to {where} and has not joined yet"
    people = directory.users("business_user")
    for user in people:
        if fold(user.pending_email or "") == email:
            return f"{person.email} is the new address of {describe(user)}, not confirmed yet: give the present one"
    close = did_you_mean(email, [user.email for user in people if user.email])
    unlisted = "" if directory.is_whole("business_user") else ", whose list is not whole"
    return f"{person.email} was not found in {where}{unlisted}{close}"

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find people, and where they have access, also after they left the business. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import Account, AssignedUser, UserList
from .._edges.business import KIND_OF_USER_TYPE, PEOPLE_KINDS, BusinessUser
from .._graph.values import printable
from .names import did_you_mean, fold
from .people import Directories, Reference, has_left, parse_words
from .plan import RefusedError


class NotIdentifiedError(RefusedError):
    """Words mean no person, or several. The text names similar people."""


@dataclasses.dataclass
class Known:
    """A user of the accounts and the businesses."""

    id: str
    listed: BusinessUser | None = None
    assigned: AssignedUser | None = None
    #: The accounts to which the user is assigned, with the assignment.
    access: list[tuple[Account, AssignedUser]] = dataclasses.field(default_factory=list)
    #: The businesses that list the user.
    business_ids: set[str] = dataclasses.field(default_factory=set)
    #: The businesses to which the user belongs by the accounts.
    home_ids: set[str] = dataclasses.field(default_factory=set)
    #: Whether the user's business lists the user; `None` where that is unknown.
    in_business: bool | None = None

    @property
    def name(self) -> str | None:
        """The name by the business, or else by an account."""
        return (self.listed.name if self.listed else None) or (self.assigned.name if self.assigned else None)

    @property
    def email(self) -> str | None:
        return self.listed.email if self.listed else None

    @property
    def label(self) -> str:
        details = ", ".join(printable(text) for text in (self.name, self.email) if text)
        where = ", ".join(account.label for account, _user in self.access) or "no account"
        return f"{self.id} ({details}) on {where}" if details else f"{self.id} on {where}"


def known_users(lists: t.Sequence[UserList], directories: Directories) -> dict[str, Known]:
    """Return all users of the accounts and the businesses, by id."""
    known: dict[str, Known] = {}
    for one in lists:
        for user in one.users.values():
            found = known.setdefault(user.id, Known(user.id))
            found.assigned = user
            found.access.append((one.account, user))
            home_id = (user.business or {}).get("id") or one.account.business_id
            found.home_ids.add(home_id)
            home = directories.get(home_id)
            if home and has_left(user, home):
                found.in_business = False
    for directory in directories.values():
        for listed in directory.users(*PEOPLE_KINDS):
            found = known.setdefault(listed.id, Known(listed.id))
            found.listed, found.in_business = listed, listed.user_type in KIND_OF_USER_TYPE
            found.business_ids.add(directory.business_id)
    return known


def find(words: t.Any, people: t.Mapping[str, Reference], known: t.Mapping[str, Known], *, parts: bool) -> list[Known]:
    """Return the users with this short name, id, address or full name.

    With `parts`, also those with the words as a part of their name, where no full name matches.
    """
    person = parse_words(words, people)
    if person is not None:
        return [one for one in known.values() if _is_meant(person, one)]
    name = fold(str(words))
    found = [one for one in known.values() if fold(one.name or "") == name]
    if parts and not found and name:
        found = [one for one in known.values() if name in fold(one.name or "")]
    return found


def identify(words: t.Any, people: t.Mapping[str, Reference], known: t.Mapping[str, Known]) -> set[str]:
    """Return all ids of one person. Raises `NotIdentifiedError` where the words mean no person, or several.

    A person can have an id in each business: users with the same address are the same person.
    """
    found = find(words, people, known, parts=False)
    person = parse_words(words, people)
    if person is not None and person.id in known and person.kind:
        _check_agreement(person, known[person.id or ""], known)
    if not found:
        raise NotIdentifiedError(no_match(words, people, known))
    addresses = {fold(one.email or one.id) for one in found if one.listed or person is None}
    in_businesses = [business_id for one in found for business_id in one.business_ids]
    if len(addresses) > 1 or len(in_businesses) > len(set(in_businesses)):
        raise NotIdentifiedError(
            f"several people are called {str(words)!r}: {', '.join(one.label for one in found)}. Give the id or the"
            " address of the right one"
        )
    return {one.id for one in found}


def no_match(words: t.Any, people: t.Mapping[str, Reference], known: t.Mapping[str, Known]) -> str:
    """Return the message that no user is known by these words, with similar names or the users who left."""
    names = [text for one in known.values() for text in (one.name, one.email) if text]
    close = did_you_mean(str(words), [name for name in (*names, *people) if name != str(words)])
    left = [one.label for one in known.values() if one.in_business is False and one.access]
    if not people and str(words).isidentifier():
        close += ". A short name needs the people who have one, as with -e @access.yml"
    elif left and not close:
        close = (
            f". On the accounts, and not in the business any more: {', '.join(left)}. If one of them is meant, give"
            " the id"
        )
    return f"{str(words)!r} was not found in the business or on the accounts{close}"


def as_result(known: Known, people: t.Mapping[str, Reference]) -> dict[str, t.Any]:
    """Return a user for `people` of a task's result."""
    listed, assigned = known.listed, known.assigned
    email = fold(known.email or "")
    short_names = [
        name
        for name, person in people.items()
        if person.id == known.id or (email and fold(person.email or "") == email)
    ]
    return {
        "id": known.id,
        "name": known.name,
        "email": known.email,
        "user_type": getattr(listed or assigned, "user_type", None),
        **{field: getattr(listed, field, None) for field in ("role", "two_fac_status", "marked_for_removal")},
        "in_business": known.in_business,
        "short_names": sorted(short_names),
        "access": [
            {
                "waba_id": account.waba_id,
                "account": account.name,
                "tasks": None if user.tasks is None else sorted(user.tasks),
            }
            for account, user in known.access
        ],
    }


def _is_meant(person: Reference, known: Known) -> bool:
    listed = known.listed
    if known.id == person.id or listed is None:
        return known.id == person.id
    if person.email:
        return fold(person.email) in {fold(listed.email or ""), fold(listed.pending_email or "")}
    return listed.user_type == "SYSTEM_USER" and (listed.name or "").strip() == person.system_user


def _check_agreement(person: Reference, own: Known, known: t.Mapping[str, Known]) -> None:
    """Raise `NotIdentifiedError` where the id and the address of a person are known to be two people's."""
    address = person.email or person.system_user or ""
    if own.listed:
        has = own.listed.email if person.email else own.listed.name
        if fold(has or "") != fold(address):
            raise NotIdentifiedError(
                f"{address} and {person.id} must be the same person's, and {person.id} is {own.label}"
            )
        return
    # The id's user left the business. Another user there with this address is another person.
    others = [one for one in known.values() if own.home_ids & one.business_ids and _is_meant(person, one)]
    if others:
        raise NotIdentifiedError(
            f"{address} and {person.id} must be the same person's, and {address} is {others[0].label} in the"
            f" business that {own.label} belongs to, or has left. Give the id alone"
        )

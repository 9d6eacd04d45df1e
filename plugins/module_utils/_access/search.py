# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Who is meant, and where that person has access: in businesses and on accounts, also after leaving. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from .._edges.assigned_users import Account, AssignedUser, UserList
from .._edges.business import KIND_OF_USER_TYPE, BusinessUser
from .._graph.text import printable
from .names import did_you_mean, fold
from .people import Directories, Reference, has_left, parse_words
from .plan import RefusedError


class NotIdentifiedError(RefusedError):
    """Nobody, or more than one person, is meant. The text says who could be."""


@dataclasses.dataclass
class Known:
    """Everything that is known of one user id."""

    id: str
    listed: BusinessUser | None = None
    assigned: AssignedUser | None = None
    #: The accounts on which the user is, and what it is there.
    access: list[tuple[Account, AssignedUser]] = dataclasses.field(default_factory=list)
    #: The businesses that list the user.
    business_ids: set[str] = dataclasses.field(default_factory=set)
    #: The businesses to which the user belongs, as accounts have it.
    home_ids: set[str] = dataclasses.field(default_factory=set)
    #: Whether the user's business lists it; `None` where that is not known.
    in_business: bool | None = None

    @property
    def name(self) -> str | None:
        """The name, as the business or else an account has it."""
        return (self.listed.name if self.listed else None) or (self.assigned.name if self.assigned else None)

    @property
    def email(self) -> str | None:
        """The address, as the business has it."""
        return self.listed.email if self.listed else None

    @property
    def label(self) -> str:
        """The user within a sentence, with where it has access."""
        details = [printable(text) for text in (self.name, self.email) if text]
        where = ", ".join(account.label for account, _user in self.access) or "no account"
        return f"{self.id} ({', '.join(details)}) on {where}" if details else f"{self.id} on {where}"


def everybody(lists: t.Sequence[UserList], directories: Directories) -> dict[str, Known]:
    """Every user of the accounts and the businesses, by id."""
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
        for listed in directory.users("business_user", "system_user", "pending_user"):
            found = known.setdefault(listed.id, Known(listed.id))
            found.listed, found.in_business = listed, listed.user_type in KIND_OF_USER_TYPE
            found.business_ids.add(directory.business_id)
    return known


def find(words: t.Any, people: t.Mapping[str, Reference], known: t.Mapping[str, Known], *, parts: bool) -> list[Known]:
    """Return every user that the words may mean: a short name, an id, an address, or a name in full.

    With `parts`, a part of a name will do where nobody has it in full.
    """
    person = parse_words(words, people)
    if person is not None:
        return [one for one in known.values() if _may_be(person, one)]
    name = fold(str(words))
    found = [one for one in known.values() if fold(one.name or "") == name]
    if parts and not found and name:
        found = [one for one in known.values() if name in fold(one.name or "")]
    return found


def identify(words: t.Any, people: t.Mapping[str, Reference], known: t.Mapping[str, Known]) -> set[str]:
    """Return every id of exactly one person. Raises `NotIdentifiedError`, also where nobody is known by that.

    A person can have an id in each business: ids with the same address are the same person's.
    """
    found = find(words, people, known, parts=False)
    person = parse_words(words, people)
    if person is not None and person.id and person.kind:
        _check_agreement(person, known)
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
    """Say that nobody is known by these words, and who could be meant."""
    names = [text for one in known.values() for text in (one.name, one.email) if text]
    close = did_you_mean(str(words), [*names, *people]) or _leavers(known)
    return f"Nobody in the business or on the accounts is {str(words)!r}{close}"


def as_result(known: Known, people: t.Mapping[str, Reference]) -> dict[str, t.Any]:
    """A user as `people` has it in a task's result."""
    listed, assigned = known.listed, known.assigned
    short_names = sorted(
        name
        for name, person in people.items()
        if person.id == known.id or (person.email and known.email and fold(person.email) == fold(known.email))
    )
    return {
        "id": known.id,
        "name": known.name,
        "email": known.email,
        "user_type": listed.user_type if listed else (assigned.user_type if assigned else None),
        "role": listed.role if listed else None,
        "two_fac_status": listed.two_fac_status if listed else None,
        "marked_for_removal": listed.marked_for_removal if listed else None,
        "in_business": known.in_business,
        "short_names": short_names,
        "access": [
            {
                "waba_id": account.waba_id,
                "account": account.name,
                "tasks": None if user.tasks is None else sorted(user.tasks),
            }
            for account, user in known.access
        ],
    }


def _may_be(person: Reference, known: Known) -> bool:
    if known.id == person.id:
        return True
    listed = known.listed
    if listed is None:
        return False
    addresses = {fold(listed.email or ""), fold(listed.pending_email or "")}
    return bool(person.email and fold(person.email) in addresses) or bool(
        person.system_user and listed.user_type == "SYSTEM_USER" and (listed.name or "").strip() == person.system_user
    )


def _check_agreement(person: Reference, known: t.Mapping[str, Known]) -> None:
    """An id and an address have to be the same person's in a business that knows the id."""
    own = known.get(person.id or "")
    address = person.email or person.system_user
    if own is not None and own.listed is None:
        # Somebody who left: if the address is another user's of the same business, it is another person's now.
        others = [one for one in known.values() if own.home_ids & one.business_ids and _may_be(person, one)]
        if others:
            raise NotIdentifiedError(
                f"{address} and {person.id} must be the same person's, and {address} is {others[0].label} in the"
                f" business that {own.label} belongs to, or has left. Give the id alone"
            )
    if own is None or own.listed is None:
        return
    has = own.listed.email if person.email else own.listed.name
    if fold(has or "") != fold(address or ""):
        raise NotIdentifiedError(f"{address} and {person.id} must be the same person's, and {person.id} is {own.label}")


def _leavers(known: t.Mapping[str, Known]) -> str:
    gone = [one.label for one in known.values() if one.in_business is False and one.access]
    if not gone:
        return ""
    return (
        f". On the accounts, and not in the business any more: {', '.join(gone)}. If one of them is meant, give the id"
    )

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From declared people to users: which user of its business each entry of an account means. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime

from .declaration import Declaration, DeclaredAccount, Entry
from .people import Directories, Directory, Reference, UnknownPersonError, UnresolvedError, look_up, missing_kinds
from .plan import Desired


@dataclasses.dataclass(frozen=True)
class Unresolved:
    """An entry whose person could not be found in the business of the account."""

    account: DeclaredAccount
    entry: Entry
    reason: str
    #: Whether it may be left for later: a grant to a person who is invited, or not in the business yet.
    is_expected_later: bool

    @property
    def line(self) -> str:
        return f"{self.entry.place} (account {self.account.label}, {self.entry.person.words}): {self.reason}."

    def as_result(self) -> dict[str, t.Any]:
        return {
            "waba_id": self.account.waba_id,
            "name": self.account.name,
            "person": self.entry.person.words,
            "tasks": None if self.entry.tasks is None else sorted(self.entry.tasks),
            "reason": self.reason,
        }


@dataclasses.dataclass(frozen=True)
class Resolved:
    """An account whose people are users."""

    account: DeclaredAccount
    desired: tuple[Desired, ...]
    keep_users: frozenset[str]
    unresolved: tuple[Unresolved, ...]
    #: What contradicts each other in the account's entries.
    problems: tuple[str, ...]
    #: People to be absent whom the business does not know.
    unknown_absent: tuple[Unresolved, ...]
    #: The ids of the account's own entries, also of those that are kept, and how the entries refer to them.
    references: tuple[tuple[str, str], ...] = ()

    @property
    def warnings(self) -> list[str]:
        """A line for each person to be absent whom the business does not know."""
        return [
            f"{one.entry.place} (account {one.account.label}): {one.reason}. Nobody is removed for it."
            for one in self.unknown_absent
        ]


def wanted_kinds(
    declaration: Declaration, accounts: t.Sequence[DeclaredAccount], known: Directories
) -> dict[str, set[str]]:
    """The kinds of users that are still to be listed before all people can be looked up, by business."""
    wanted: dict[str, set[str]] = {}
    for account in accounts:
        directory = known[account.business_id]
        for entry in (*account.entries, *declaration.everywhere, *account.keep):
            wanted.setdefault(account.business_id, set()).update(missing_kinds(entry.person, directory))
    return {business_id: kinds for business_id, kinds in wanted.items() if kinds}


def resolve(account: DeclaredAccount, everywhere: t.Sequence[Entry], known: Directories, now: datetime) -> Resolved:
    """Return an account with users for people. What cannot be resolved is in the result, never left out silently.

    An entry of the account wins over one for every account; present against absent is a contradiction.
    """
    directory = known[account.business_id]
    unresolved: list[Unresolved] = []
    unknown_absent: list[Unresolved] = []
    found: dict[str, tuple[Entry, bool]] = {}
    problems: list[str] = []
    for entry, is_own in [(entry, True) for entry in account.entries] + [(entry, False) for entry in everywhere]:
        try:
            find = _id_of if entry.is_absent(now) else look_up
            user_id = find(entry.person, directory)
        except UnresolvedError as error:
            one = _unresolved(account, entry, error)
            (unknown_absent if entry.is_absent(now) and one.is_expected_later else unresolved).append(one)
            continue
        other, other_is_own = found.setdefault(user_id, (entry, is_own))
        if other is entry:
            continue
        if (other.tasks is None) != (entry.tasks is None):
            problems.append(_contradiction(account, other, entry, user_id, "one present, one absent"))
        elif other_is_own == is_own:
            problems.append(_contradiction(account, other, entry, user_id, "keep one"))
    kept, not_found = _kept(account, directory, now)
    unresolved += not_found
    problems += [
        _contradiction(account, found[user_id][0], entry, user_id, "to be absent, and kept")
        for user_id, entry in kept.items()
        if user_id in found and found[user_id][0].tasks is None
    ]
    desired = tuple(entry.desired(user_id, now) for user_id, (entry, _is_own) in found.items())
    own = [(user_id, entry) for user_id, (entry, is_own) in found.items() if is_own]
    references = tuple((user_id, entry.person.words) for user_id, entry in [*own, *kept.items()])
    lists = (tuple(unresolved), tuple(problems), tuple(unknown_absent), references)
    return Resolved(account, desired, frozenset(kept), *lists)


def _kept(account: DeclaredAccount, directory: Directory, now: datetime) -> tuple[dict[str, Entry], list[Unresolved]]:
    """Return the users whom a purge leaves alone, with their entries, and those who were not found."""
    kept: dict[str, Entry] = {}
    not_found: list[Unresolved] = []
    for entry in account.keep:
        if entry.person.has_ended(now):
            continue
        try:
            kept[_id_of(entry.person, directory)] = entry
        except UnresolvedError as error:
            not_found.append(_unresolved(account, entry, error))
    return kept, not_found


def _unresolved(account: DeclaredAccount, entry: Entry, error: UnresolvedError) -> Unresolved:
    return Unresolved(account, entry, str(error), isinstance(error, UnknownPersonError))


def unresolved_lines(unresolved: t.Iterable[Unresolved]) -> list[str]:
    """Tell every unresolved entry with its account, and each reason once: one can hold for many of them."""
    by_reason: dict[str, dict[tuple[str, str], list[str]]] = {}
    for each in unresolved:
        entries = by_reason.setdefault(each.reason, {})
        entries.setdefault((each.entry.place, each.entry.person.words), []).append(each.account.label)
    lines = []
    for reason, entries in by_reason.items():
        places = [
            f"{place} ({f'account {labels[0]}' if len(labels) == 1 else f'{len(labels)} accounts'}, {words})"
            for (place, words), labels in entries.items()
        ]
        lines.append(f"{', '.join(places)}: {reason}.")
    return lines


def _id_of(person: Reference, directory: Directory) -> str:
    """Return the id of a person who is to be absent, or to be kept.

    A person who left the business can still be assigned, and is known there by neither address nor id: the id holds.
    """
    try:
        return look_up(person, directory)
    except UnknownPersonError:
        if person.id is None:
            raise
        return person.id


def same_people(resolved: t.Iterable[Resolved], people: t.Mapping[str, Reference]) -> list[str]:
    """Return a problem for each user who has several short names: a review would take them for several people."""
    names: dict[str, set[str]] = {}
    for user_id, words in (reference for one in resolved for reference in one.references):
        if words in people:
            names.setdefault(user_id, set()).add(words)
    return [
        f"people: {' and '.join(sorted(short_names))} are the same person ({user_id}): keep one name."
        for user_id, short_names in names.items()
        if len(short_names) > 1
    ]


def _contradiction(account: DeclaredAccount, first: Entry, second: Entry, user_id: str, what: str) -> str:
    return f"{first.place} and {second.place} (account {account.label}) are the same person ({user_id}): {what}."

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Accepted findings: they stay in the report and fail nothing. Pure functions."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from fnmatch import fnmatchcase
from functools import partial

from .._access.declaration import Problems
from .._access.end import End, parse_end
from .._access.names import did_you_mean, fold
from .._access.people import Directories, Reference, id_text, matches, parse_text
from .._options import OptionError
from .facts import Json
from .history import accounts_of
from .kinds import CHECKS, KINDS

_KEYS = ("id", "person", "account", "check", "reason", "valid_until")
#: By id, the names under which a pattern finds a user or an account.
Names = t.Mapping[str, t.Collection[str]]


@dataclasses.dataclass(frozen=True)
class Acceptance:
    """An entry of the option `accept`. A pattern that is `None` matches everything."""

    place: str
    id: str
    reason: str
    person: str | None = None
    account: str | None = None
    check: str | None = None
    end: End | None = None

    def matches(self, finding: Json, waba_id: str | None, people: Names, accounts: Names) -> bool:
        """Whether the entry means the finding, as far as it is about this account."""
        return (
            self.id == finding["id"]
            and self.check in (None, finding["check"])
            and _matches(self.person, finding["user_id"], people)
            and _matches(self.account, waba_id, accounts)
        )


def parse_acceptances(entries: t.Sequence[t.Any]) -> list[Acceptance]:
    """Return the entries of the option `accept`. Raises `OptionError` with a line for each problem."""
    problems = Problems()
    found = [_parse(f"accept[{number}]", entry, problems) for number, entry in enumerate(entries)]
    if problems.lines:
        raise OptionError("\n".join(f"{line}." for line in problems.lines))
    return [one for one in found if one]


def _parse(place: str, entry: t.Any, problems: Problems) -> Acceptance | None:
    if not isinstance(entry, t.Mapping):
        problems.lines.append(f"{place} must be a dictionary with an id and a reason; got {entry!r}")
        return None
    before = len(problems.lines)
    given = {str(key): id_text(value) for key, value in entry.items() if value is not None}
    unknown = [key for key in given if key not in _KEYS]
    problems.lines += [f"{place} has no key {key}{did_you_mean(key, _KEYS)}" for key in unknown]
    problems.lines += [f"{place}.{key} is missing" for key in ("id", "reason") if key not in given]
    end = problems.of("", partial(parse_end, f"{place}.valid_until", given.pop("valid_until", None)))
    texts = {key: problems.of("", partial(parse_text, f"{place}.{key}", given[key])) for key in _KEYS if key in given}
    problems.lines += [
        f"{place}.{key}: there is no {texts[key]!r}{did_you_mean(texts[key], known)}"
        for key, known in (("id", KINDS), ("check", CHECKS))
        if texts.get(key) and texts[key] not in known
    ]
    if "check" in texts and texts.get("id") in KINDS.keys() - {"not-checked"}:
        problems.lines.append(f"{place}.check is for the id not-checked; got {texts['id']!r}")
    return None if len(problems.lines) > before else Acceptance(place, **texts, end=end)


def accept(
    findings: t.Iterable[Json],
    acceptances: t.Sequence[Acceptance],
    now: datetime.datetime,
    people: Names,
    accounts: Names,
) -> tuple[list[Json], list[str]]:
    """Return the findings, of which some are accepted, and warnings about entries that accept none.

    A finding is accepted only where each of its accounts is: no account is ever hidden behind another.
    """
    valid = [one for one in acceptances if one.end is None or not one.end.has_passed(now)]
    used: set[Acceptance] = set()
    result = []
    for finding in findings:
        matching = [
            [one for one in valid if one.matches(finding, waba_id, people, accounts)]
            for waba_id in accounts_of(finding)
        ]
        if all(matching):
            used.update(one for each in matching for one in each)
            first = list(dict.fromkeys(each[0] for each in matching))
            ends = [one.end for one in first if one.end]
            reason = "; ".join(dict.fromkeys(one.reason for one in first))
            result.append({**finding, "accepted": {"reason": reason, "valid_until": min(ends).text if ends else None}})
        else:
            result.append(finding)
    return result, [
        f"{one.place} ({one.id}) accepts no finding: remove or correct it."
        if one in valid
        else f"{one.place} ({one.id}) ended {one.end and one.end.text}: what it accepted counts again."
        for one in acceptances
        if one not in used
    ]


def short_names(people: t.Mapping[str, Reference], directories: Directories) -> dict[str, list[str]]:
    """Return the short names of the declaration by the id of the user, as far as it is known."""
    names: dict[str, list[str]] = {}
    for name, person in people.items():
        users = [user for directory in directories.values() for user in matches(person, directory)]
        for user_id in {person.id, *(user.id for user in users)} - {None}:
            names.setdefault(str(user_id), []).append(name)
    return names


def _matches(pattern: str | None, identifier: str | None, names: Names) -> bool:
    if pattern is None or identifier is None:
        return pattern is None
    return any(fnmatchcase(fold(text), fold(pattern)) for text in (identifier, *names.get(identifier, ())))

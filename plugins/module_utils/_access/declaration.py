# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declared access as a team writes it down: checked, and every problem of its form told at once. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime

from ansible.module_utils.common.validation import check_type_bool, check_type_int, check_type_list

from .._edges.assigned_users import Account
from .._edges.business import ACCOUNT_KINDS
from .._edges.tasks import TASKS, Tasks
from .._graph.client import MAX_BATCH
from .._options import UNREADABLE_CHOICES, OptionError, check_between, check_different_ids, check_id
from .end import earliest, parse_end
from .names import did_you_mean
from .people import Reference, id_text, parse_entry_person, parse_people, parse_person, parse_text, with_end
from .plan import Desired, Rules

_ENTRY_KEYS = ("person", "user_id", "email", "tasks", "state", "valid_until", "reason")
_RULE_KEYS = ("purge_users", "keep_users", "purge_tasks", "max_removals", "allow_lockout", "unreadable_tasks")
_ACCOUNT_KEYS = ("waba_id", "name", "business_id", "users", *_RULE_KEYS)
#: More removals than this cannot be allowed.
MOST_REMOVALS = 1_000_000
#: How Ansible converts a rule, and what it must be.
_RULE_TYPES: dict[str, tuple[t.Callable[[t.Any], t.Any], str]] = {
    **dict.fromkeys(("purge_users", "purge_tasks", "allow_lockout"), (check_type_bool, "true or false")),
    "max_removals": (check_type_int, "a whole number from 0 on"),
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One person's declared access: these tasks, or, where they are `None`, none."""

    #: Where the entry stands, as in `accounts[3].users[1]`.
    place: str
    #: With the end that holds for this entry, and the reason.
    person: Reference
    tasks: Tasks | None

    def desired(self, user_id: str, now: datetime) -> Desired:
        person = self.person
        return Desired.until(person.end, now, user_id, self.tasks, name=person.name, reason=person.reason)

    def is_absent(self, now: datetime) -> bool:
        """Whether the user is to be absent: declared so, or the end has passed."""
        return self.tasks is None or self.person.has_ended(now)


@dataclasses.dataclass(frozen=True)
class DeclaredAccount(Account):
    """An account, and what a declaration says about it."""

    place: str = ""
    entries: tuple[Entry, ...] = ()
    keep: tuple[Entry, ...] = ()
    #: Whether the declaration says who its users are.
    is_declared: bool = False
    #: Whether something is wrong with the form of its users.
    has_problem: bool = False
    #: Without `keep_users`, which are not looked up yet.
    rules: Rules = dataclasses.field(default_factory=Rules)


@dataclasses.dataclass(frozen=True)
class Declaration:
    """Everything that the options say. The people whom it names are looked up later."""

    people: t.Mapping[str, Reference]
    #: `None` for every account that the business lists, of `account_kinds`.
    accounts: tuple[DeclaredAccount, ...] | None
    account_kinds: tuple[str, ...]
    business_id: str | None
    everywhere: tuple[Entry, ...]
    #: The rules of accounts that have none of their own.
    rules: Rules


class Problems:
    """What is wrong with a declaration, in the order in which it stands there."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def of(self, parse: t.Callable[..., t.Any], *values: t.Any, otherwise: t.Any = None, where: str = "") -> t.Any:
        """Return what the function makes of the values; `otherwise` where it raises `OptionError`, which is noted."""
        try:
            return parse(*values)
        except OptionError as error:
            self.lines.append(f"{where}{error}".rstrip("."))
            return otherwise


def parse_declaration(
    params: t.Mapping[str, t.Any], accounts_option: str = "accounts", *, is_applied: bool = False
) -> Declaration:
    """Return the declaration that a module's options make. Raises `OptionError` with every problem, a line each.

    `accounts_option` is what messages call the option `accounts`. With `is_applied`, purges that would remove all users
    are problems, too.
    """
    problems = Problems()
    people, wrong = parse_people(params["people"])
    problems.lines += wrong
    rules = _rules("", {key: params.get(key) for key in _RULE_KEYS}, Rules(), problems)
    rules = dataclasses.replace(rules, verify=params.get("verify", Rules.verify))
    everywhere = _entries("users", params.get("users"), people, problems)
    keep = _kept("keep_users", params.get("keep_users"), people, problems)
    accounts = None
    if params["accounts"] is not None:
        if not params["accounts"]:
            problems.lines.append(
                "accounts is an empty list: name accounts (in playbooks waba_access_accounts, as in a file given with"
                " -e @access.yml), or leave it out for all accounts of the business"
            )
        defaults = {"rules": rules, "business_id": params["business_id"], "keep": keep}
        found = [
            _account(f"{accounts_option}[{number}]", raw, people, defaults, problems)
            for number, raw in enumerate(params["accounts"])
        ]
        accounts = tuple(account for account in found if account is not None)
        problems.lines += _named_twice(accounts)
    else:
        problems.of(check_id, "business_id", params["business_id"])
    if is_applied:
        problems.lines += _purge_problems(accounts, everywhere, rules)
    if problems.lines:
        raise OptionError("\n".join(f"{line}." for line in dict.fromkeys(problems.lines)))
    kinds = tuple(kind for kind in ACCOUNT_KINDS if kind in params["account_kinds"])
    return Declaration(people, accounts, kinds, params["business_id"], everywhere, rules)


def check_batch_size(params: t.Mapping[str, t.Any]) -> None:
    check_between("batch_size", params["batch_size"], 1, MAX_BATCH, "calls")


def check_limits(params: t.Mapping[str, t.Any]) -> None:
    check_batch_size(params)
    if params["max_removals"] is not None:
        check_between("max_removals", params["max_removals"], 0, MOST_REMOVALS, "removals")


def _purge_problems(
    accounts: t.Sequence[DeclaredAccount] | None, everywhere: t.Sequence[Entry], rules: Rules
) -> list[str]:
    """What is wrong with purges that would remove all users, or of accounts that are not named."""
    if accounts is None:
        return ["purge_users needs named accounts: give accounts, with the users of each"] if rules.purge_users else []
    return [
        f"{account.place} (account {account.label}): purge_users would remove everybody, for users names nobody who is"
        " to be present. Give users, or set allow_lockout to true if this is what you want"
        for account in accounts
        if account.rules.purge_users
        and not account.rules.allow_lockout
        and not account.keep
        and not account.has_problem
        and not any(entry.tasks is not None for entry in (*account.entries, *everywhere))
    ]


def _account(
    place: str, raw: t.Any, people: t.Mapping[str, Reference], defaults: t.Mapping[str, t.Any], problems: Problems
) -> DeclaredAccount | None:
    if not isinstance(raw, t.Mapping):
        problems.lines.append(f"{place} must be a dictionary with waba_id; got {raw!r}")
        return None
    unknown = [str(key) for key in raw if key not in _ACCOUNT_KEYS]
    problems.lines += [f"{place} has no key {key}{did_you_mean(key, _ACCOUNT_KEYS)}" for key in unknown]
    waba_id = problems.of(check_id, f"{place}.waba_id", id_text(raw.get("waba_id")), otherwise="0")
    own, default = id_text(raw.get("business_id")), defaults["business_id"]
    option = "business_id" if own is None else f"{place}.business_id"
    business_id = problems.of(check_id, option, default if own is None else own, otherwise="0")
    if waba_id != "0":  # which stands for an invalid one
        problems.of(check_different_ids, waba_id, business_id, f"{place}.waba_id")
    name = raw.get("name")
    if name is not None and not isinstance(name, (str, int, float)):
        problems.lines.append(f"{place}.name must be a text; got {name!r}")
    rules = _rules(f"{place}.", raw, defaults["rules"], problems)
    before = len(problems.lines)
    if "users" in raw and raw["users"] is None and rules.purge_users:
        problems.lines.append(f"{place}.users is null in an account that purges: give a list")
    entries = _entries(f"{place}.users", raw.get("users"), people, problems)
    keep = defaults["keep"]
    if raw.get("keep_users") is not None:
        keep = _kept(f"{place}.keep_users", raw["keep_users"], people, problems)
    is_declared, has_problem = raw.get("users") is not None, len(problems.lines) > before
    name = None if name is None else str(name)
    return DeclaredAccount(waba_id, business_id, name, place, entries, keep, is_declared, has_problem, rules)


def _entries(place: str, raw: t.Any, people: t.Mapping[str, Reference], problems: Problems) -> tuple[Entry, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        problems.lines.append(f"{place} must be a list of entries, each with person, user_id or email; got {raw!r}")
        return ()
    found = [_entry(f"{place}[{number}]", one, people, problems) for number, one in enumerate(raw)]
    entries = tuple(entry for entry in found if entry is not None)
    places: dict[tuple[str | None, ...], str] = {}
    for entry in entries:
        first = places.setdefault(entry.person.key, entry.place)
        if first != entry.place:
            problems.lines.append(f"{first} and {entry.place} are the same person ({entry.person.words}): keep one")
    return entries


def _entry(place: str, raw: t.Any, people: t.Mapping[str, Reference], problems: Problems) -> Entry | None:
    if not isinstance(raw, t.Mapping):
        problems.lines.append(f"{place} must be a dictionary with person, user_id or email; got {raw!r}")
        return None
    unknown = [str(key) for key in raw if key not in _ENTRY_KEYS]
    problems.lines += [f"{place} has no key {key}{did_you_mean(key, _ENTRY_KEYS)}" for key in unknown]
    person = problems.of(parse_entry_person, raw, people, where=f"{place}: ")
    state = "present" if raw.get("state") is None else raw["state"]
    if state not in ("present", "absent"):
        problems.lines.append(f"{place}.state must be present or absent; got {state!r}")
        return None
    tasks = None
    if state == "present":
        words = f" ({person.words})" if person else ""
        tasks = problems.of(parse_tasks, f"{place}.tasks{words}", raw.get("tasks"), otherwise=frozenset())
    elif raw.get("valid_until") is not None:
        problems.lines.append(f"{place} has valid_until beside state absent: give one of the two")
    end = problems.of(parse_end, f"{place}.valid_until", raw.get("valid_until"))
    reason = raw.get("reason")
    if reason is not None:
        reason = problems.of(parse_text, f"{place}.reason", reason)
    if person is None:
        return None
    person = with_end(person, people)
    person = dataclasses.replace(person, end=earliest([person.end, end]), reason=reason or person.reason)
    return Entry(place, person, tasks)


def parse_tasks(option: str, raw: t.Any) -> Tasks:
    """Return the tasks of a user who is to be present: at least one. Raises `OptionError`."""
    tasks = _list(option, raw)
    if not tasks:
        raise OptionError(f"{option} is empty: name at least one task, or use state absent to remove all access.")
    for task in tasks:
        if task not in TASKS:
            known = did_you_mean(str(task), TASKS) or f"; known are {', '.join(TASKS)}"
            raise OptionError(f"{option}: there is no task {task!r}{known}.")
    return frozenset(tasks)


def _kept(place: str, raw: t.Any, people: t.Mapping[str, Reference], problems: Problems) -> tuple[Entry, ...]:
    found = []
    for number, value in enumerate(problems.of(_list, place, raw, otherwise=[])):
        at = f"{place}[{number}]"
        person = problems.of(parse_person, value, people, where=f"{at}: ")
        found += [Entry(at, with_end(person, people), None)] if person else []
    return tuple(found)


def _rules(prefix: str, raw: t.Mapping[str, t.Any], default: Rules, problems: Problems) -> Rules:
    """The rules of an account, or, without a prefix, of all: what is left out is as in `default`."""
    values = {
        key: problems.of(_converted, f"{prefix}{key}", raw[key], *how)
        for key, how in _RULE_TYPES.items()
        if raw.get(key) is not None and (prefix or key != "max_removals")
    }
    if values.get("max_removals") is not None:
        problems.of(check_between, f"{prefix}max_removals", values["max_removals"], 0, MOST_REMOVALS, "removals")
    if raw.get("unreadable_tasks") is not None:
        values["unreadable_tasks"] = raw["unreadable_tasks"]
        if raw["unreadable_tasks"] not in UNREADABLE_CHOICES:
            choices = ", ".join(UNREADABLE_CHOICES)
            problems.lines.append(f"{prefix}unreadable_tasks must be one of {choices}; got {raw['unreadable_tasks']!r}")
    return dataclasses.replace(default, **values)


def _named_twice(accounts: t.Sequence[DeclaredAccount]) -> list[str]:
    places: dict[str, str] = {}
    pairs = [(places.setdefault(account.waba_id, account.place), account) for account in accounts]
    return [
        f"{first} and {account.place} are the same account ({account.waba_id})"
        for first, account in pairs
        if first != account.place and account.waba_id != "0"
    ]


def _list(option: str, value: t.Any) -> list[t.Any]:
    """A list as Ansible makes it: of a text with commas several values, of a single value one. `None` is empty."""
    if value is None:
        return []
    found = _converted(option, value, check_type_list, "a list")
    return [each.strip() if isinstance(each, str) else each for each in found]


def _converted(option: str, value: t.Any, convert: t.Callable[[t.Any], t.Any], words: str) -> t.Any:
    """Return the value as Ansible converts it. Raises `OptionError`, which says in these words what it must be."""
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        raise OptionError(f"{option} must be {words}; got {value!r}.") from None

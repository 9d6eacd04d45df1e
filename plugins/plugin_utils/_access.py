# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""People's access as teams write it down: from the variables of the role `waba_access` to the options of the module
`waba_assigned_users`. Pure functions.
"""

from __future__ import annotations

import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import KINDS
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError, check_id, check_users
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import (
    AccessError,
    Directory,
    UnreadError,
    directories,
    look_up,
    to_list,
    user_reference,
)
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._reads import account_label

Json = dict[str, t.Any]
People = t.Mapping[str, t.Any]


def wanted_listings(
    accounts: t.Sequence[Json], people: People, defaults: Json, listed: t.Sequence[Json] = ()
) -> list[Json]:
    """What is still to be listed before everybody in the accounts can be looked up: `business_id` and `kinds` each.

    `listed` are the listings so far. Whoever makes no sense is left to `resolve_accounts`.
    """
    known = directories(listed)
    wanted: dict[str, set[str]] = {}
    for account in accounts:
        options = _options(account, defaults)
        business_id = _business_id(options)
        for user in _named(options).values():
            try:
                kinds = to_list(user_reference(user, people), known.get(business_id))
            except AccessError:
                continue
            wanted.setdefault(business_id, set()).update(kinds)
    return [
        {"business_id": business_id, "kinds": [kind for kind in KINDS if kind in kinds]}
        for business_id, kinds in sorted(wanted.items())
        if kinds
    ]


def resolve_accounts(
    accounts: t.Sequence[Json], people: People, defaults: Json, listed: t.Sequence[Json] = (), *, strict: bool = True
) -> list[Json]:
    """The accounts with ids for names, and with `defaults` for what they leave open.

    Each gets a `label`, and `names`: what the variables call people, by id. Raises `AccessError`, which names the
    account and the person of every problem; unless `strict`, whoever cannot be found is left out, and told in the
    account's `problems`.
    """
    known = directories(listed)
    problems: list[str] = []
    resolved: list[Json] = []
    places: dict[str, str] = {}
    named: dict[tuple[str, str], None] = {}
    for number, account in enumerate(accounts):
        label, waba_id = account_label(account), str(account["waba_id"])
        if waba_id in places:
            problems.append(f"waba_access_accounts[{number}]: account {label} was already named by {places[waba_id]}")
        places[waba_id] = f"waba_access_accounts[{number}]"
        options = _options(account, defaults)
        ids, own_problems = _look_up(options, people, known.get(_business_id(options)), label)
        options = _resolved({**options, "waba_id": waba_id, "label": label}, ids)
        named.update(dict.fromkeys(ids.values()))
        problems += [problem for problem, is_lost in own_problems.items() if strict or not is_lost]
        if not own_problems:
            problems += [f"account {label}, {problem}" for problem in _problems(options)]
        lost = [problem for problem, is_lost in own_problems.items() if is_lost]
        resolved.append(options if strict else {**options, "problems": lost})
    problems += _same_people(named, people)
    if problems:
        # One reason may hold for many people: that nobody of a business could be listed, for instance.
        raise AccessError(". ".join(dict.fromkeys(problems)) + ".")
    return resolved


def _options(account: Json, defaults: Json) -> Json:
    return {**defaults, **{key: value for key, value in account.items() if value is not None}}


def _business_id(options: Json) -> str:
    return str(options.get("business_id") or "")


def _named(options: Json) -> dict[str, Json]:
    """Everybody whom an account's options name, by the place."""
    users = {f"users[{number}]": user for number, user in enumerate(options.get("users") or [])}
    kept = {f"keep_users[{number}]": {"person": one} for number, one in enumerate(options.get("keep_users") or [])}
    return {**users, **kept}


def _look_up(
    options: Json, people: People, directory: Directory | None, label: str
) -> tuple[dict[str, tuple[str, str]], dict[str, bool]]:
    """The id of everybody who is named, and what the variables call them, by the place.

    Then what is wrong, and whether that is no more than that somebody cannot be found.
    """
    ids: dict[str, tuple[str, str]] = {}
    problems: dict[str, bool] = {}
    for place, user in _named(options).items():
        is_named = False
        try:
            one = user_reference(user, people)
            is_named = True
            ids[place] = (look_up(one, directory), one.words)
        except UnreadError as error:
            problems[str(error).rstrip(".")] = True
        except AccessError as error:
            problems[f"account {label}, {place}: {error}"] = is_named
    return ids, problems


def _resolved(options: Json, ids: dict[str, tuple[str, str]]) -> Json:
    users = []
    for place, user in _named(options).items():
        if place in ids and place.startswith("users"):
            own = {key: user[key] for key in ("tasks", "state") if user.get(key) is not None}
            users.append({"user_id": ids[place][0], **own})
    kept = [user_id for place, (user_id, _words) in ids.items() if place.startswith("keep_users")]
    return {**options, "users": users, "keep_users": kept, "names": dict(ids.values())}


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


def _same_people(named: t.Iterable[tuple[str, str]], people: People) -> list[str]:
    """Those who have two short names: a review would take them for two people. `named` are ids with names."""
    short_names: dict[str, list[str]] = {}
    for user_id, name in named:
        if name in people:
            short_names.setdefault(user_id, []).append(name)
    return [
        f"waba_access_people: {' and '.join(names)} are the same person ({user_id}): keep one name"
        for user_id, names in short_names.items()
        if len(names) > 1
    ]

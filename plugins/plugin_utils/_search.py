# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Who somebody is, and where they have access: in the business and on the accounts, also after they have left. Pure.

The accounts are those of `accounts_read`, the listings those that `_people` describes.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_business_users import fold
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import printable
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._people import (
    AccessError,
    Directory,
    Reference,
    UnknownPersonError,
    directories,
    label,
    look_up,
    near,
    reference,
)

Json = dict[str, t.Any]
People = t.Mapping[str, t.Any]
Directories = t.Mapping[str, Directory]

_KINDS = {"BUSINESS_USER": "business_user", "SYSTEM_USER": "system_user"}
_DETAILS = ("email", "pending_email", "role", "title", "two_fac_status", "marked_for_removal")


@dataclasses.dataclass
class Known:
    """Everything that is known of one id."""

    #: `id`, `name`, `user_type` and what else an account or, rather, a business tells.
    details: Json
    #: The accounts on which they are, each with the tasks held, `None` where the API does not tell them.
    access: list[tuple[Json, list[str] | None]] = dataclasses.field(default_factory=list)
    #: Whether the business lists them; `None` where it was not listed.
    in_business: bool | None = None

    def as_result(self) -> Json:
        """Who this is, in harmless words."""
        texts = {key: self.details.get(key) for key in ("id", "name", "user_type", *_DETAILS)}
        return {
            **{key: printable(value) if isinstance(value, str) else value for key, value in texts.items()},
            "in_business": self.in_business,
            "access": [
                {"account": printable(account["label"]), "waba_id": account["waba_id"], "tasks": held}
                for account, held in self.access
            ],
        }


def search(who: t.Any, people: People, accounts: t.Sequence[Json], listed: t.Sequence[Json]) -> list[Json]:
    """Everybody who may be meant by a short name, an id, an address or a name: who they are, and what they can do.

    Raises `AccessError` where nobody is.
    """
    known = directories(listed)
    everybody = _everybody(accounts, known)
    one = _reference(who, people)
    if one is None:
        name = fold(str(who))
        found = _called(name, everybody) or [
            person for person in everybody.values() if name and name in fold(person.details.get("name") or "")
        ]
    else:
        found = [person for person in everybody.values() if _may_be(one, person)]
    if not found:
        raise AccessError(_nobody(who, everybody, _unread(accounts, known)))
    return [person.as_result() for person in found]


def removals(person: t.Any, people: People, accounts: t.Sequence[Json], listed: t.Sequence[Json]) -> list[Json]:
    """What is to be taken from one person: of each account `user_id` and the `tasks` held, or a `problem`.

    `user_id` is `None` where they hold nothing. What the account itself says of `allow_lockout` is kept. Raises
    `AccessError` where it is not certain who is meant.
    """
    known = directories(listed)
    everybody = _everybody(accounts, known)
    businesses = {_business(account): _directory(account, known) for account in accounts}
    ids = _identify(person, people, everybody, businesses, _unread(accounts, known))
    return [_removal(account, ids.get(_business(account)), person, everybody) for account in accounts]


def _removal(account: Json, user_id: str | None, person: t.Any, everybody: t.Mapping[str, Known]) -> Json:
    kept = ("waba_id", "business_id", "label", "allow_lockout")
    line: Json = {key: account[key] for key in kept if account.get(key) is not None}
    line.update(user_id=None, tasks=None, problem=account.get("msg"))
    held = {user["id"]: user["tasks"] for user in account["assigned_users"]}
    if user_id in held:
        return {**line, "user_id": user_id, "tasks": held[user_id]}
    gone = [everybody[user] for user in held if everybody[user].in_business is False]
    if user_id is None and gone:
        line["problem"] = f"{person} is not known in its business. {_leavers(gone)}"
    return line


def _identify(
    person: t.Any,
    people: People,
    everybody: t.Mapping[str, Known],
    businesses: t.Mapping[str, Directory | None],
    unread: t.Sequence[str],
) -> dict[str, str]:
    """The person's id, by the business of the accounts; a business that does not know them is missing."""
    one = _reference(person, people)
    if one is None:
        return dict.fromkeys(businesses, _only(person, everybody, unread))
    if one.kind is None:
        return dict.fromkeys(businesses, t.cast("str", one.id))
    ids: dict[str, str] = {}
    missing: list[UnknownPersonError] = []
    for business_id, directory in businesses.items():
        try:
            ids[business_id] = look_up(one, directory)
        except UnknownPersonError as error:  # noqa: PERF203 - they may be known elsewhere
            missing.append(error)
    if one.id and missing:
        if one.id in everybody and everybody[one.id].in_business:
            raise missing[0]
        return {**dict.fromkeys(businesses, one.id), **ids}  # they have left, and the address with them
    if not ids:
        gone = [known for known in everybody.values() if known.in_business is False and known.access]
        raise AccessError(f"{missing[0]}. {_leavers(gone)}" if gone else str(missing[0]))
    return ids


def _only(name: t.Any, everybody: t.Mapping[str, Known], unread: t.Sequence[str]) -> str:
    """The id of the only one of this name."""
    found = _called(fold(str(name)), everybody)
    if not found:
        raise AccessError(_nobody(name, everybody, unread))
    if len(found) > 1:
        raise AccessError(
            f"several people are called {name}: {', '.join(map(_described, found))}. Give the id of the right one"
        )
    return str(found[0].details["id"])


def _everybody(accounts: t.Sequence[Json], known: Directories) -> dict[str, Known]:
    """Everybody on the accounts and in the businesses, by the id."""
    everybody: dict[str, Known] = {}
    for account in accounts:
        directory = _directory(account, known)
        for user in account["assigned_users"]:
            one = everybody.setdefault(user["id"], Known(user))
            one.access.append((account, user["tasks"]))
            home = (user.get("business") or {}).get("id") or _business(account)
            if directory and home == _business(account) and _KINDS.get(user.get("user_type") or "") in directory.read:
                one.in_business = False
    for directory in {id(directory): directory for directory in known.values()}.values():
        for user in directory.users:
            one = everybody.setdefault(user["id"], Known(user))
            one.details, one.in_business = user, user["user_type"] in _KINDS
    return everybody


def _reference(person: t.Any, people: People) -> Reference | None:
    """Who is meant; `None` where it can only be a name."""
    name = str(person)
    if name in people or "@" in name or (name.isascii() and name.isdigit()):
        return reference(person, people)
    return None


def _may_be(one: Reference, known: Known) -> bool:
    details = known.details
    addresses = {fold(details.get(key) or "") for key in ("email", "pending_email")}
    return (
        details["id"] == one.id
        or bool(one.email and fold(one.email) in addresses)
        or bool(one.system_user and details["user_type"] == "SYSTEM_USER" and details["name"] == one.system_user)
    )


def _called(name: str, everybody: t.Mapping[str, Known]) -> list[Known]:
    return [known for known in everybody.values() if fold(known.details.get("name") or "") == name]


def _unread(accounts: t.Sequence[Json], known: Directories) -> list[str]:
    """Why somebody may not have been found who is there, each reason once."""
    reasons = [account["msg"] for account in accounts if account.get("msg")]
    reasons += [reason for directory in known.values() for reason in directory.unread.values()]
    return list(dict.fromkeys(reasons))


def _nobody(who: t.Any, everybody: t.Mapping[str, Known], unread: t.Sequence[str]) -> str:
    words = [known.details.get(key) for known in everybody.values() for key in ("name", "email")]
    text = (
        f"nobody in the business or on the accounts is {str(who)!r}{near(str(who), [word for word in words if word])}"
    )
    return f"{text}, as far as they could be read. {' '.join(unread).rstrip('.')}" if unread else text


def _leavers(gone: t.Sequence[Known]) -> str:
    return (
        f"On the accounts, and not in the business any more: {', '.join(map(_described, gone))}."
        " If one of them is meant, give the id"
    )


def _described(known: Known) -> str:
    where = ", ".join(printable(account["label"]) for account, _held in known.access)
    return f"{label(known.details)} on {where}" if where else f"{label(known.details)} on no account"


def _business(account: Json) -> str:
    return str(account.get("business_id") or "")


def _directory(account: Json, known: Directories) -> Directory | None:
    # Where a business could not be listed, its id is not known by the listing that the environment named.
    return known.get(_business(account)) or known.get("")

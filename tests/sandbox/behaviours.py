# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the stand-in behaves where Meta's real behaviour is undocumented, varies, or is wanted otherwise for a test.

One table, the fields of `Behaviours`, is behind the Python interface, the command line and the control endpoints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

VERSION = re.compile(r"v[0-9]+\.[0-9]+")


def _setting(default: Any, kind: str, meaning: str, choices: tuple[str, ...] = ()) -> Any:
    metadata = {"kind": kind, "help": meaning, "choices": choices}
    return field(default=default, metadata=metadata)  # pylint: disable=invalid-field-call


def _choice(meaning: str, *choices: str) -> Any:
    """A setting with these choices; the first is the default."""
    return _setting(choices[0], "choice", meaning, choices)


@dataclass(frozen=True)
class Behaviours:
    """The settings, with their defaults."""

    require_proof: bool = _setting(
        False, "flag", "refuse calls without appsecret_proof, as Meta's 'Require App Secret' does"
    )
    api_versions: tuple[str, ...] = _setting(
        ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"),
        "versions",
        "the versions that are known, oldest first; older ones fall forward to the first",
    )
    on_assigned: str = _choice("what a POST does to a user already assigned", "overwrite", "reject", "merge")
    tasks: str = _choice(
        "how the list shows tasks: by default, only when asked for, never (asked for but silently missing), or "
        "refused as a field it does not know",
        "default",
        "on-request",
        "never",
        "unknown-field",
    )
    full_control: str = _choice("what FULL_CONTROL reads back as: itself, or the 14 other tasks", "stored", "unpacked")
    page_size: int = _setting(0, "count", "the longest page sent whatever limit says: short pages (0: as asked)")
    empty_pages: bool = _setting(False, "flag", "send an empty page with a next between the full ones")
    stale_reads: int = _setting(0, "count", "after a write, the next so many reads show the list as it was before")
    latency: float = _setting(0.0, "milliseconds", "milliseconds added to every answer")
    quota: int = _setting(0, "count", "calls an hour and account, then error 80008 (0: no limit)")
    quota_window: float = _setting(3600.0, "seconds", "seconds that count as the hour of the quota")
    usage_headers: bool = _setting(True, "flag", "send X-App-Usage and X-Business-Use-Case-Usage")
    protected: tuple[str, ...] = _setting(
        (), "ids", "users that cannot be removed (422, business asset group permissions)"
    )
    unlisted: tuple[str, ...] = _setting(
        (), "ids", "users or accounts that every list counts in total_count and does not show"
    )
    own_id: str = _setting("", "id", "the id that /me answers with (empty: the one that the lists show)")
    own_name: str = _choice("whether /me answers with a name", "shown", "hidden")
    debug_token: str = _choice("whether debug_token tells of tokens, or refuses to", "told", "refused")
    own_grants: str = _choice("whether the token's own user may be given further tasks", "allow", "refuse")
    unknown_account: str = _choice("the error for an account that is unknown or hidden", "100/33", "803")
    unknown_field: str = _choice(
        "the error for a field that is unknown: 400 'Tried accessing nonexisting field', or 422 'Unknown fields'",
        "nonexisting",
        "unknown-fields",
    )
    unknown_person_fields: tuple[str, ...] = _setting(
        (), "fields", "fields that business_users, system_users and pending_users do not know"
    )
    unknown_fields: tuple[str, ...] = _setting((), "fields", "fields that nothing knows: asking for one is refused")
    hidden_fields: tuple[str, ...] = _setting((), "fields", "fields that may be asked for and are never shown")
    refused_edges: tuple[str, ...] = _setting(
        (), "edges", "edges of a business, a person or an account that are refused as without the permission"
    )
    unknown_edges: tuple[str, ...] = _setting((), "edges", "edges of accounts that this API does not have")
    apps_shape: str = _choice(
        "how subscribed_apps shows an app: in whatsapp_business_api_data, or flat", "nested", "flat"
    )
    activities_shape: str = _choice(
        "the fields of activities: those of v23's description, those of v25's page, or v23's with odd values",
        "v23",
        "v25",
        "odd",
    )
    permission_error: str = _choice("the code for a token without whatsapp_business_management", "200", "10")
    business_error: str = _choice("the code for a token without business_management", "200", "10", "100/33")
    delete_user_in: str = _choice(
        "where a DELETE's user is read from; elsewhere it is not seen", "any", "query", "body"
    )
    dropped_tasks: tuple[str, ...] = _setting((), "tasks", "tasks that a POST accepts and does not store")
    implied_tasks: tuple[str, ...] = _setting((), "tasks", "tasks that a POST stores besides those asked for")
    ignore_writes: bool = _setting(False, "flag", "answer success to writes and change nothing")


def changed(behaviours: Behaviours, changes: dict[str, Any]) -> Behaviours:
    """`behaviours` with `changes`, each checked. Raises ValueError that names the setting."""
    settings = {setting.name: setting for setting in fields(Behaviours)}
    checked = {}
    for name, value in changes.items():
        if name not in settings:
            raise ValueError(f"{name}: no such behaviour (known: {', '.join(settings)})")
        meta = settings[name].metadata
        checked[name] = _checked(name, value, meta["kind"], meta["choices"])
    return replace(behaviours, **checked)


def _checked(name: str, value: Any, kind: str, choices: tuple[str, ...]) -> Any:
    if value is None:
        return {setting.name: setting.default for setting in fields(Behaviours)}[name]
    if kind == "flag":
        if not isinstance(value, bool):
            raise ValueError(f"{name}: must be true or false, not {value!r}")
        return value
    if kind == "choice":
        if value not in choices:
            raise ValueError(f"{name}: must be one of {', '.join(choices)}, not {value!r}")
        return value
    if kind == "count":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name}: must be a whole number from 0 on, not {value!r}")
        return value
    if kind in ("milliseconds", "seconds"):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise ValueError(f"{name}: must be a number of {kind} from 0 on, not {value!r}")
        return float(value)
    return _checked_id(name, value) if kind == "id" else _checked_list(name, value, kind)


def _checked_id(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9]*", value):
        raise ValueError(f"{name}: must be a string of digits, not {value!r}")
    return value


def _checked_list(name: str, value: Any, kind: str) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name}: must be a list of strings, not {value!r}")
    items = tuple(value)
    if kind == "versions":
        if not items or not all(VERSION.fullmatch(item) for item in items):
            raise ValueError(f"{name}: must be versions like v23.0, not {value!r}")
        return tuple(sorted(items, key=version_key))
    return items


def version_key(version: str) -> tuple[int, ...]:
    """Orders versions: v9.0 before v10.0."""
    return tuple(int(part) for part in version[1:].split("."))

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit report as an HTML page: the values that the template audit_page.html.j2 shows."""

from __future__ import annotations

import base64
import collections
import functools
import hashlib
import itertools
import typing as t
from pathlib import Path

import jinja2
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift, history
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.export_lines import not_looked_at
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.kinds import KINDS, SEVERITIES
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import (
    FULL_CONTROL,
    TASKS,
    can_manage,
    in_order,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import by_id, printable
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_rows import ASSIGNED, Row, has_emails, rows_of

# Each status, change and mark has a class of the style sheet, for its colour, and words.
_WORDS: Json = {
    "types": {"BUSINESS_USER": "Person", "SYSTEM_USER": "System user", "PERSONAL_USER": "Personal user"},
    "statuses": {
        drift.AS_DECLARED: ("good", "as declared"),
        drift.MISSING: ("high", "missing"),
        drift.EXTRA: ("high", "extra"),
        drift.DIFFERENT: ("high", "different permissions"),
        drift.NOT_REPORTED: ("info", "permissions not reported"),
    },
    "change_words": {
        history.CAME: ("medium", "added"),
        history.WENT: ("info", "removed"),
        history.TASKS_CHANGED: ("low", "permissions changed"),
    },
    "marks": {
        "✓": ("", "has the permission"),
        "○": ("muted", "has it as a part of FULL_CONTROL"),
        "+": ("high", "has it, but it is not declared"),
        "\u2212": ("high", "does not have it, but it is declared"),
        "?": ("", "not reported by the API"),
    },
    "ways": {
        "assigned": ("Assigned", ""),
        "admin": ("Admin of the business", "can give themselves access"),
        "admin-system-user": ("Admin system user", "acts on every account by default"),
    },
}


def as_page(report: Json) -> str:
    """Return the page: one file, complete without its script and without a network."""
    return _template().render(_view(report))


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["csp_hash"] = _csp_hash
    return environment.get_template("audit_page.html.j2")


def _finalize(value: t.Any) -> t.Any:
    """Name the invisible characters of every text of the template. What macros return is markup by then."""
    return printable(value, None) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _csp_hash(content: str) -> str:
    """Return the source expression by which a content security policy allows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _view(report: Json) -> Json:
    accounts = rows_of(report)
    places: dict[str, list[tuple[Json, Row]]] = {}
    for account, rows in accounts:
        for row in rows:
            places.setdefault(row.user["id"], []).append((account, row))
    people = {user_id: _person(found) for user_id, found in places.items()}
    findings = [one for one in report["findings"] if not one["accepted"]]
    return {
        **_WORDS,
        "report": report,
        "severities": SEVERITIES,
        "filters": list(_filters(report, list(people.values()))),
        "with_email": has_emails(report),
        "findings": [(KINDS[kind], list(found)) for kind, found in itertools.groupby(findings, lambda one: one["id"])],
        "accepted": [one for one in report["findings"] if one["accepted"]],
        "gaps": not_looked_at(report),
        "known_since": any(one["since"] or one["new"] for one in findings),
        "indirect": sum(not person["assigned"] and bool(person["ways"]) for person in people.values()),
        "account_names": {account["waba_id"]: account["name"] for account in report["accounts"]},
        "account_findings": collections.Counter(
            (waba_id, one["severity"]) for one in findings for waba_id in one["waba_ids"] or [one["waba_id"]]
        ),
        "accounts": sorted(
            (_account(*pair) for pair in accounts), key=lambda one: _by_name(one["name"], one["waba_id"])
        ),
        "person_names": {user_id: person["user"]["name"] for user_id, person in people.items()},
        "person_findings": collections.Counter((one["user_id"], one["severity"]) for one in findings),
        "people": sorted(people.values(), key=lambda person: _by_name(person["user"]["name"], person["user"]["id"])),
    }


def _filters(report: Json, people: list[Json]) -> t.Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """The fields to filter by: name, label, and values with their words."""
    tasks = _sorted(task for person in people for _account, row in person["places"] for task in row.held or ())
    yield "task", "Permission", [(task, task) for task in tasks]
    yield "way", "Can act as", [(way, name) for way, (name, _words) in _WORDS["ways"].items()]
    if report["drift"] is not None:
        yield "status", "Status", [(status, words) for status, (_color, words) in _WORDS["statuses"].items()]
    types = sorted({person["user"]["user_type"] for person in people if person["user"]["user_type"]})
    yield "type", "Type", [(name, _WORDS["types"].get(name, name)) for name in types]


def _account(account: Json, rows: list[Row]) -> Json:
    """Only tasks that a user holds, or should hold, have a column in the account's matrix."""
    tasks = _sorted(task for row in rows for task in (row.held or frozenset()) | row.declared)
    return {
        **account,
        "rows": sorted(rows, key=lambda row: _by_name(row.user["name"], row.user["id"])),
        "managers": sum(can_manage(row.held) for row in rows),
        "tasks": tasks,
        "unheld": [task for task in TASKS if task not in tasks],
    }


def _person(places: list[tuple[Json, Row]]) -> Json:
    """One user in all accounts, with the facts of the account that reports most of them."""
    rows = [row for _account, row in places]
    users = [row.user for row in rows]
    ways = collections.Counter(way for row in rows for way in row.ways)
    return {
        "user": max(users, key=lambda user: (user["name"] is not None, user["user_type"] is not None)),
        # Where the user is assigned or declared: the other accounts are those of a way.
        "places": [(account, row) for account, row in places if row.is_assigned or row.drift],
        "assigned": ways[ASSIGNED],
        "ways": [(_WORDS["ways"][way], count) for way, count in ways.items()],
        "way_ids": list(ways),
        "may": frozenset().union(*(row.may for row in rows)),
        "statuses": {row.drift["status"] for row in rows if row.drift},
    }


def _sorted(tasks: t.Iterable[str]) -> list[str]:
    """Return each of the tasks once, FULL_CONTROL first, then in Meta's order."""
    return sorted(in_order(tasks), key=lambda task: task != FULL_CONTROL)


def _by_name(name: str | None, identifier: str) -> tuple[bool, str, tuple[int, str]]:
    return name is None, (name or "").casefold(), by_id(identifier)

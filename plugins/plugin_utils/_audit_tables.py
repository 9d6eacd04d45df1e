# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The accounts and the people of a report as tables: a matrix of people by tasks each account, and everybody once.

Pure functions.
"""

from __future__ import annotations

import collections
import dataclasses
import html
import itertools
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import drift
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.findings import SEVERITIES
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import FULL_CONTROL, TASKS, has_full_control
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import by_id
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_html import (
    attribute,
    badge,
    bullets,
    headers,
    named,
    table,
    text,
)

#: How types of users are called.
TYPES = {"BUSINESS_USER": "Person", "SYSTEM_USER": "System user", "PERSONAL_USER": "Personal user"}
#: How somebody stands to what is declared: the colour, and the words.
STATUSES = {
    drift.AS_DECLARED: ("good", "as declared"),
    drift.MISSING: ("high", "missing"),
    drift.EXTRA: ("high", "extra"),
    drift.DIFFERENT: ("high", "different tasks"),
    drift.UNTOLD: ("info", "tasks not told"),
}
_LESS = "\u2212"
_LEGEND = (
    ("✓", "holds the task"),
    ("○", "may do it, for it comes with FULL_CONTROL"),
    ("+", "holds it, and it is not declared"),
    (_LESS, "is declared, and not held"),
    ("?", "the API does not tell"),
)
_MARK_CLASSES = {"+": " more", _LESS: " less", "○": " comes"}


class Names:
    """How the accounts and the people of a report are called."""

    def __init__(self, report: Json) -> None:
        self._accounts = {account["waba_id"]: account["name"] for account in report["accounts"]}
        self._people = {
            **{entry["user_id"]: entry["name"] for entry in report["drift"] or []},
            **{user["id"]: user["name"] for account in report["accounts"] for user in account["assigned_users"]},
        }

    def account(self, waba_id: str | None) -> str:
        """A link to the account, where the page has it."""
        if waba_id is None:
            return ""
        if waba_id not in self._accounts:
            return named(None, waba_id)
        name = self._accounts[waba_id]
        link = f'<a href="#account-{waba_id}">{text(name or waba_id)}</a>'
        return f'{link}<span class="id">{waba_id}</span>' if name else link

    def person(self, user_id: str | None) -> str:
        """The person's name and id."""
        return "" if user_id is None else named(self._people.get(user_id), user_id)


# Accounts


@dataclasses.dataclass(frozen=True)
class Row:
    """One person in one account: somebody who is assigned, or who is missing there."""

    user: Json
    entry: Json | None

    @property
    def held(self) -> frozenset[str] | None:
        """The tasks as the API tells them; `None` where it does not."""
        if self.entry is not None and self.entry["status"] == drift.MISSING:
            return frozenset()
        return None if self.user["tasks"] is None else frozenset(self.user["tasks"])

    def mark(self, task: str) -> str:
        """How the person stands to a task."""
        held = self.held
        if held is None:
            return "?"
        full = has_full_control(held)
        if self.entry is not None and self.entry["status"] in (drift.MISSING, drift.DIFFERENT):
            declared = frozenset(self.entry["declared_tasks"])
            if task in held:
                return "✓" if task in declared or has_full_control(declared) else "+"
            if task in declared and not full:
                return _LESS
        return "✓" if task in held else "○" if full and task in TASKS else ""

    @property
    def attributes(self) -> str:
        """What the filter looks at."""
        held = self.held or frozenset()
        may = held | frozenset(TASKS) if has_full_control(held) else held
        status = self.entry["status"] if self.entry else ""
        return _filter_attributes(may, [status], self.user.get("user_type"))


def _rows_of(report: Json) -> dict[str, list[Row]]:
    """The rows of each account, by name."""
    entries: dict[str, dict[str, Json]] = {}
    for entry in report["drift"] or []:
        entries.setdefault(entry["waba_id"], {})[entry["user_id"]] = entry
    rows = {}
    for account in report["accounts"]:
        of_account = entries.get(account["waba_id"], {})
        missing = [
            Row({"id": user_id, "name": entry["name"], "tasks": None, "user_type": None, "business": None}, entry)
            for user_id, entry in of_account.items()
            if entry["status"] == drift.MISSING
        ]
        assigned = [Row(user, of_account.get(user["id"])) for user in account["assigned_users"]]
        rows[account["waba_id"]] = sorted([*assigned, *missing], key=lambda row: _by_name(row.user))
    return rows


def accounts_section(report: Json) -> str:
    rows = _rows_of(report)
    counts = collections.Counter((finding["waba_id"], finding["severity"]) for finding in report["findings"])
    names = Names(report)
    accounts = sorted(report["accounts"], key=lambda account: _by_name({**account, "id": account["waba_id"]}))
    overview = [
        f"<tr><td>{names.account(account['waba_id'])}</td>"
        f"<td>{'not readable' if account['msg'] is not None else len(account['assigned_users'])}</td>"
        f"<td>{sum(_manages(user) for user in account['assigned_users']) if account['msg'] is None else '?'}</td>"
        f"<td>{_severities(account['waba_id'], counts)}</td></tr>\n"
        for account in accounts
    ]
    columns = headers("Account", "People", "With FULL_CONTROL or MANAGE", "Findings")
    legend = "".join(f"<li><b>{mark}</b> {words}</li>" for mark, words in _LEGEND)
    matrices = [_account_panel(account, rows[account["waba_id"]], report["drift"] is not None) for account in accounts]
    return (
        '<section aria-labelledby="accounts"><h2 id="accounts">Accounts</h2>'
        f"<div data-part>{table('All accounts', columns, overview)}</div>"
        f'<ul class="legend" aria-label="Marks in the tables below">{legend}</ul>{"".join(matrices)}</section>'
    )


def _severities(waba_id: str, counts: t.Mapping[tuple[str | None, str], int]) -> str:
    shown = [badge(one, f"{counts[waba_id, one]} {one}") for one in SEVERITIES if counts[waba_id, one]]
    return " ".join(shown) or "none"


def _account_panel(account: Json, rows: list[Row], with_status: bool) -> str:
    waba_id = account["waba_id"]
    if account["msg"] is not None:
        content = f"<p>{badge('high', 'not readable')} {text(account['msg'])}</p>"
    elif not rows:
        content = "<p>Nobody is assigned to this account.</p>"
    else:
        content = _matrix(account, rows, with_status)
    business = f" of business {html.escape(account['business_id'])}" if account["business_id"] else ""
    return (
        f'<section class="panel" data-part aria-labelledby="account-{waba_id}"><div class="heading">'
        f'<h3 id="account-{waba_id}">{text(account["name"] or waba_id)}</h3>'
        f'<span class="muted">{waba_id}{business}</span></div>{content}</section>'
    )


def _matrix(account: Json, rows: list[Row], with_status: bool) -> str:
    """People by tasks. Only tasks that somebody holds, or should, have a column."""
    declared = [row.entry["declared_tasks"] for row in rows if row.entry is not None]
    tasks = tasks_of(itertools.chain((row.user["tasks"] for row in rows), declared))
    nobody = [task for task in TASKS if task not in tasks]
    unheld = f'<p class="aside">Nobody holds by name: {", ".join(nobody)}.</p>' if nobody else ""
    columns = [
        *headers("Person", *(["Stands"] if with_status else [])),
        *(f'<th scope="col" class="task"><span>{attribute(task)}</span></th>' for task in tasks),
        *headers("Is a", "Business"),
    ]
    caption = f"Who can do what in {account['name'] or account['waba_id']}"
    return table(caption, columns, (_matrix_row(row, tasks, with_status) for row in rows), "matrix titled") + unheld


def _matrix_row(row: Row, tasks: list[str], with_status: bool) -> str:
    marks = [row.mark(task) for task in tasks]
    cells = "".join(f'<td class="task{_MARK_CLASSES.get(mark, "")}">{mark}</td>' for mark in marks)
    status = f"<td>{_status(row.entry)}</td>" if with_status else ""
    return (
        f'<tr{row.attributes}><th scope="row">{named(row.user["name"], row.user["id"])}</th>'
        f"{status}{cells}<td>{_type(row.user)}</td><td>{_business(row.user)}</td></tr>\n"
    )


# People


def people_section(report: Json) -> str:
    """Everybody once, with what they hold anywhere."""
    rows = _rows_of(report)
    accounts = {account["waba_id"]: account["name"] or account["waba_id"] for account in report["accounts"]}
    everywhere: dict[str, list[tuple[str, Row]]] = {}
    for waba_id in sorted(rows, key=by_id):
        for row in rows[waba_id]:
            everywhere.setdefault(row.user["id"], []).append((accounts[waba_id], row))
    counts = collections.Counter((finding["user_id"], finding["severity"]) for finding in report["findings"])
    with_email = any("email" in user for account in report["accounts"] for user in account["assigned_users"])
    columns = headers(
        "Person", *(["E-mail"] if with_email else []), "Is a", "Business", "Accounts", "What they hold", "Findings"
    )
    people = sorted(everywhere.values(), key=lambda places: _by_name(_best(places)))
    shown = [_person_row(places, counts, with_email) for places in people]
    listing = table("Everybody, across all accounts", columns, shown) if shown else "<p>Nobody is assigned.</p>"
    return (
        '<section aria-labelledby="people"><h2 id="people">People</h2>'
        f'<div id="everybody" data-part>{listing}</div></section>'
    )


def _person_row(places: list[tuple[str, Row]], counts: t.Mapping[tuple[str | None, str], int], with_email: bool) -> str:
    user = _best(places)
    held = [
        f"{text(account)}: {task_words(sorted(row.held) if row.held is not None else None)}"
        f"{f' {_status(row.entry)}' if row.entry else ''}"
        for account, row in places
    ]
    may = frozenset().union(*(row.held or frozenset() for _account, row in places))
    if any(has_full_control(row.held or frozenset()) for _account, row in places):
        may |= frozenset(TASKS)
    statuses = [row.entry["status"] for _account, row in places if row.entry]
    email = f"<td>{text(user.get('email') or '')}</td>" if with_email else ""
    assigned = sum(row.entry is None or row.entry["status"] != drift.MISSING for _account, row in places)
    return (
        f"<tr{_filter_attributes(may, statuses, user['user_type'])}>"
        f'<th scope="row">{named(user["name"], user["id"])}</th>'
        f"{email}<td>{_type(user)}</td><td>{_business(user)}</td><td>{assigned}</td><td>{bullets(held)}</td>"
        f"<td>{_severities(user['id'], counts)}</td></tr>\n"
    )


def _best(places: list[tuple[str, Row]]) -> Json:
    """The person as the account tells them that tells most."""
    return max(
        (row.user for _account, row in places),
        key=lambda user: (user["name"] is not None, user["user_type"] is not None),
    )


# What both views share


def _by_name(user: Json) -> tuple[bool, str, tuple[int, str]]:
    return user["name"] is None, (user["name"] or "").casefold(), by_id(user["id"])


def tasks_of(held: t.Iterable[t.Iterable[str] | None]) -> list[str]:
    """The tasks that occur: FULL_CONTROL, then in Meta's order, then those that the collection does not know."""
    found = frozenset().union(*(tasks or () for tasks in held))
    order = [FULL_CONTROL, *(task for task in TASKS if task != FULL_CONTROL)]
    return [*(task for task in order if task in found), *sorted(found.difference(TASKS))]


def _manages(user: Json) -> bool:
    return bool({FULL_CONTROL, "MANAGE"} & set(user["tasks"] or []))


def _filter_attributes(may: frozenset[str], statuses: t.Iterable[str], user_type: str | None) -> str:
    tasks = attribute(" ".join(sorted(may)))
    return f' data-t="{tasks}" data-s="{" ".join(sorted(set(statuses)))}" data-u="{attribute(user_type or "")}"'


def task_words(tasks: list[str] | None) -> str:
    if tasks is None:
        return '<span class="muted">not told</span>'
    return text(", ".join(tasks)) if tasks else '<span class="muted">nothing</span>'


def _status(entry: Json | None) -> str:
    if entry is None:
        return ""
    kind, words = STATUSES[entry["status"]]
    return badge(kind, words) if entry["enforced"] else badge("info", f"{words}, left alone")


def _type(user: Json) -> str:
    kind: str | None = user["user_type"]
    return text(TYPES.get(kind, kind)) if kind else ""


def _business(user: Json) -> str:
    business = user["business"] or {}
    return text(business.get("name") or business.get("id") or "")

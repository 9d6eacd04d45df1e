# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The report of who can do what as a page for people: what is on it, and where. Pure functions."""

from __future__ import annotations

import html
import itertools
import typing as t
from pathlib import Path

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import history
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.findings import KINDS, SEVERITIES
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_html import (
    attribute,
    badge,
    document,
    headers,
    named,
    table,
    text,
)
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_tables import (
    STATUSES,
    TYPES,
    Names,
    accounts_section,
    people_section,
    task_words,
    tasks_of,
)

_CHANGES = {
    history.CAME: ("medium", "came"),
    history.WENT: ("info", "went"),
    history.TASKS_CHANGED: ("low", "other tasks"),
}


def as_page(report: Json) -> str:
    """The page. It shows everything without its script, which sorts and filters."""
    folder = Path(__file__).parent
    body = "\n".join(
        [
            '<a class="skip" href="#findings">Skip to the findings</a>',
            _header(report),
            "<main>",
            _summary(report["summary"]),
            _tools(report),
            _findings(report),
            _changes(report),
            accounts_section(report),
            people_section(report),
            "</main>",
            _footer(report),
        ]
    )
    return document(
        f"WhatsApp access audit, {report['generated_at']}",
        body,
        (folder / "audit_page.css").read_text(encoding="utf-8"),
        (folder / "audit_page.js").read_text(encoding="utf-8"),
    )


def _header(report: Json) -> str:
    about = [("Read", report["generated_at"])]
    if report["changes"] is not None:
        about.append(("Compared with the report of", report["changes"]["since"]))
    about.append(("Declared access", "not given" if report["drift"] is None else "compared"))
    facts = "".join(f"<div><dt>{term}</dt><dd>{text(value)}</dd></div>" for term, value in about)
    sections = [("findings", "Findings"), ("accounts", "Accounts"), ("people", "People")]
    if report["changes"] is not None:
        sections.insert(1, ("changes", "Changes"))
    links = "".join(f'<li><a href="#{anchor}">{words}</a></li>' for anchor, words in sections)
    return (
        '<header><p class="eyebrow">WhatsApp Business Accounts</p><h1>Access audit: who can do what</h1>'
        f'<dl class="about">{facts}</dl><nav aria-label="Sections"><ul>{links}</ul></nav></header>'
    )


def _summary(summary: Json) -> str:
    unread = summary["accounts_unread"]
    counts = summary["findings"]
    parts = " ".join(badge(severity, f"{counts[severity]} {severity}") for severity in SEVERITIES if counts[severity])
    cards = [
        ("Accounts" + (f", {unread} of them not readable" if unread else ""), summary["accounts"], ""),
        ("People", summary["people"], ""),
        ("With FULL_CONTROL or MANAGE", summary["managers"], ""),
        ("System users", summary["system_users"], ""),
        ("From other businesses", summary["other_business"], ""),
        ("Findings", sum(counts.values()), f'<dd class="parts">{parts}</dd>' if parts else ""),
    ]
    shown = "".join(f"<div><dt>{term}</dt><dd>{number}</dd>{extra}</div>" for term, number, extra in cards)
    heading = '<h2 class="unseen" id="summary">Summary</h2>'
    return f'<section aria-labelledby="summary">{heading}<dl class="cards">{shown}</dl></section>'


def _tools(report: Json) -> str:
    """Hidden until the script is there to answer."""
    tasks = tasks_of(user["tasks"] for account in report["accounts"] for user in account["assigned_users"])
    types = sorted({user["user_type"] or "" for account in report["accounts"] for user in account["assigned_users"]})
    selects = [_select("task", "May do", [(task, task) for task in tasks])]
    if report["drift"] is not None:
        selects.append(_select("status", "Stands", [(status, words) for status, (_mark, words) in STATUSES.items()]))
    selects.append(_select("type", "Is a", [(kind, TYPES.get(kind, kind)) for kind in types if kind]))
    return (
        '<form class="tools" id="tools" role="search" aria-label="Filter" hidden>'
        '<label>Find people, accounts, findings<input id="filter-text" type="search" autocomplete="off"></label>'
        f"{''.join(selects)}"
        '<button type="button" id="filter-clear">Show all</button>'
        '<output id="filter-result" aria-live="polite"></output></form>'
    )


def _select(name: str, label: str, choices: t.Iterable[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{attribute(value)}">{attribute(words)}</option>' for value, words in choices)
    return f'<label>{label}<select id="filter-{name}"><option value="">any</option>{options}</select></label>'


# Findings


def _findings(report: Json) -> str:
    names = Names(report)
    groups = itertools.groupby(report["findings"], key=lambda finding: finding["id"])
    panels = [_finding_panel(kind, list(found), names) for kind, found in groups]
    nothing = '<p class="panel">Nothing was found that needs attention.</p>'
    return f'<section aria-labelledby="findings"><h2 id="findings">Findings</h2>{"".join(panels) or nothing}</section>'


def _finding_panel(kind_id: str, found: list[Json], names: Names) -> str:
    kind = KINDS[kind_id]
    rows = [
        f"<tr><td>{text(finding['message'])}</td><td>{names.account(finding['waba_id'])}</td>"
        f"<td>{names.person(finding['user_id'])}</td></tr>\n"
        for finding in found
    ]
    return (
        f'<section class="panel finding {kind.severity}" data-part aria-labelledby="finding-{kind.id}">'
        '<div class="heading">'
        f'{badge(kind.severity, kind.severity)}<h3 id="finding-{kind.id}">{html.escape(kind.title)}</h3>'
        f'<span class="muted">{len(found)} found, <code>{kind.id}</code></span></div>'
        f'<p>{html.escape(kind.why)}</p><p class="remedy">{html.escape(kind.remedy)}</p>'
        f"{table(kind.title, headers('What was found', 'Account', 'Person'), rows, 'list titled')}</section>"
    )


# Changes


def _changes(report: Json) -> str:
    changes = report["changes"]
    if changes is None:
        return ""
    names = Names(report)
    lines = [f"<p>{names.account(waba_id)} is new in the audit.</p>" for waba_id in changes["accounts_new"]]
    lines += [
        f"<p>{named(account['name'], account['waba_id'])} is not in the audit any more.</p>"
        for account in changes["accounts_gone"]
    ]
    lines += [
        f"<p>{names.account(waba_id)} could not be read now or then, so nothing is known of its changes.</p>"
        for waba_id in changes["not_compared"]
    ]
    rows = [
        f"<tr><td>{names.account(change['waba_id'])}</td><td>{named(change['name'], change['user_id'])}</td>"
        f"<td>{badge(*_CHANGES[change['change']])}</td><td>{task_words(change['tasks_before'])}</td>"
        f"<td>{task_words(change['tasks'])}</td></tr>\n"
        for change in changes["people"]
    ]
    if rows:
        columns = headers("Account", "Person", "Change", "Held before", "Holds now")
        lines.append(table("Who came, who went, and whose tasks changed", columns, rows))
    told = "".join(lines) or "<p>Nothing has changed.</p>"
    return (
        '<section aria-labelledby="changes"><h2 id="changes">Changes</h2>'
        f'<div class="panel" data-part><p>Since the report of {text(changes["since"])}:</p>{told}</div></section>'
    )


def _footer(report: Json) -> str:
    return (
        "<footer><p>Written by the role metaops.whatsapp.waba_access_audit"
        f" {text(report['collection_version'])}, which reads and changes nothing on any account. The same facts are in"
        " waba-access-audit.csv and waba-access-audit.json beside this page.</p></footer>"
    )

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit report as a table for spreadsheets. Pure functions."""

from __future__ import annotations

import csv
import io
import re
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._audit.facts import Json
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import by_id, printable
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_rows import has_emails, rows_of

COLUMNS = (
    "waba_id",
    "account",
    "user_id",
    "name",
    "user_type",
    "business",
    "ways",
    "tasks",
    "status",
    "declared_tasks",
)
# What a spreadsheet may take for the beginning of a formula, at the beginning of a cell, or of what one that splits at
# other characters takes for a cell. The last four are the wide ones, which count in East Asian editions.
_FORMULA = re.compile('(^|[;,|"])(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])')


def as_csv(report: Json) -> str:
    """Return the table: a row for each account and user who can act on it or should, in UTF-8 with a byte order mark.

    A cell that begins with an apostrophe is a text: an id, which a spreadsheet would round, or what it would calculate.
    """
    file = io.StringIO(newline="")
    columns = [*COLUMNS, *(["email"] if has_emails(report) else [])]
    writer = csv.DictWriter(file, columns, extrasaction="ignore", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(_rows(report))
    return "\ufeff" + file.getvalue()


def _rows(report: Json) -> t.Iterator[Json]:
    for account, rows in rows_of(report):
        head = {"waba_id": f"'{account['waba_id']}", "account": _text(account["name"])}
        for row in sorted(rows, key=lambda row: by_id(row.user["id"])):
            user, business = row.user, row.user["business"] or {}
            yield {
                **head,
                "user_id": f"'{user['id']}",
                "name": _text(user["name"]),
                "user_type": _text(user["user_type"]),
                "business": _text(business.get("name") or business.get("id")),
                "ways": " ".join(row.ways),
                "tasks": _text(" ".join(user["tasks"] or [])),
                "status": row.drift.get("status"),
                "declared_tasks": " ".join(row.drift.get("declared_tasks") or []),
                "email": _text(user.get("email")),
            }
        if not any(row.is_assigned or row.drift for row in rows):
            yield {**head, "status": "nobody-assigned" if account["msg"] is None else "account-unreadable"}


def _text(text: str | None) -> str:
    """Return a text with its invisible characters named, in which nothing begins as a formula does."""
    shown = _FORMULA.sub(r"\1'\2", printable(text or "", None))
    # So that a reader who strips one apostrophe has the text.
    return f"'{shown}" if text and text.startswith("'") else shown

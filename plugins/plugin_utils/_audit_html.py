# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""The building blocks of a page that is one file, reaches out to nothing, and shows untrusted text. Pure functions.

Only this module makes markup of text from outside: through `text` and `attribute`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import typing as t

from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.text import printable


def text(value: str) -> str:
    """A text as markup. It keeps its direction to itself."""
    return f"<bdi>{html.escape(printable(value, None))}</bdi>"


def attribute(value: str) -> str:
    """A text between the double quotes of an attribute."""
    return html.escape(printable(value, None))


def badge(kind: str, words: str) -> str:
    """A word in colour."""
    return f'<span class="badge {kind}">{html.escape(words)}</span>'


def named(name: str | None, identifier: str) -> str:
    """Somebody's or something's name, with the id under it."""
    shown = text(name) if name else '<span class="muted">no name</span>'
    return f'{shown}<span class="id">{html.escape(printable(identifier, None))}</span>'


def bullets(items: t.Sequence[str]) -> str:
    """Markup of several things in one cell."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def table(caption: str, columns: t.Sequence[str], rows: t.Iterable[str], kind: str = "") -> str:
    """A table with its caption; `columns` are whole header cells, `rows` whole rows.

    What is around it can be scrolled, by keyboard too, which is why it has a name of its own.
    """
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{attribute(f"Table: {caption}")}">'
        f'<table class="{kind}"><caption>{html.escape(printable(caption, None))}</caption>'
        f"<thead><tr>{''.join(columns)}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>"
    )


def headers(*words: str) -> list[str]:
    """Header cells of plain columns."""
    return [f'<th scope="col">{html.escape(word)}</th>' for word in words]


def document(title: str, body: str, style: str, script: str) -> str:
    """The page: only this style and this script count in it, and it cannot reach anything."""
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{html.escape(printable(title, None))}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _hash(content: str) -> str:
    """How a content security policy names an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"

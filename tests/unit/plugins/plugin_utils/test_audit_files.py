# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a table and as a page."""

from __future__ import annotations

import base64
import csv
import hashlib
import html.parser
import io
import json
import re
from pathlib import Path

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.values import printable
from ansible_collections.metaops.whatsapp.plugins.plugin_utils import _audit_page
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_csv import COLUMNS, as_csv
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_page import as_page
from hypothesis import given
from hypothesis import strategies as st
from support.audit_facts import Json, account, declarations, directories, listings, report, user

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "</style>",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "a\u202eb\x00c\u2028d",
    "{{ 7 * 7 }}",
]


class Page(html.parser.HTMLParser):
    """What a browser makes of a page: its elements, and the text of each cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _value in attrs)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def rows(table: str) -> list[dict[str, str]]:
    assert table.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(table[1:], newline="")))


def value(cell: str) -> str:
    """What a cell says: a first apostrophe stands for "this is a text"."""
    return cell[1:] if cell.startswith("'") else cell


# The table


@given(listings, st.none() | declarations)
def test_a_row_for_each_account_and_person(accounts: list[Json], declared: list[Json] | None) -> None:
    made = report(*accounts, declared=declared)
    written = rows(as_csv(made))
    people = {(value(row["waba_id"]), value(row["user_id"])) for row in written if row["user_id"]}
    listed = {(one["waba_id"], each["id"]) for one in made["accounts"] for each in one["assigned_users"]}
    missing = {(one["waba_id"], one["user_id"]) for one in made["drift"] or [] if one["status"] == "missing"}
    acting = {(waba_id, one["user_id"]) for one in made["people"] for way in one["ways"] for waba_id in way["waba_ids"]}
    assert people == listed | missing | acting
    assert {value(row["waba_id"]) for row in written} == {one["waba_id"] for one in made["accounts"]}
    unread = {value(row["waba_id"]) for row in written if row["status"] == "account-unreadable"}
    assert unread == {one["waba_id"] for one in accounts if one["msg"] is not None}


@given(st.text())
def test_no_cell_is_a_formula_and_no_name_is_lost(name: str) -> None:
    table = as_csv(report(account(user("2", "MANAGE", name=name), name=name)))
    (row,) = rows(table)
    for cell in row.values():
        assert not re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell)
        assert cell.isprintable()
    # Where a spreadsheet splits at semicolons, the cells are others.
    for cell in re.split(r'[;,"]', table[1:]):
        assert not re.match(r"\s*[=+\-@]", cell)
    if not re.search("[;,|\"']", name):
        assert value(row["name"]) == printable(name)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\uff1d1"])
def test_what_begins_as_a_formula_does_is_a_text(name: str) -> None:
    (row,) = rows(as_csv(report(account(user("2", "MANAGE", name=name)))))
    assert row["name"] == f"'{name}"


@pytest.mark.parametrize(
    ("name", "cell"),
    [("\t=1", "' =1"), ("\r=1", "' =1"), ("a;=1", "a;'=1"), ("'=1", "''=1"), ("Anne-Marie", "Anne-Marie")],
)
def test_odd_names_in_the_table(name: str, cell: str) -> None:
    (row,) = rows(as_csv(report(account(user("2", "MANAGE", name=name)))))
    assert row["name"] == cell


def test_ids_are_texts_of_all_their_digits() -> None:
    (row,) = rows(as_csv(report(account(user("100081234567890123", "MANAGE"), waba_id="1234567890123456789"))))
    assert (row["waba_id"], row["user_id"]) == ("'1234567890123456789", "'100081234567890123")


def test_a_row_says_what_is_held_and_what_is_declared() -> None:
    declared = [{"waba_id": "1", "users": [{"user_id": "2", "tasks": ["DEVELOP"]}], "purge_users": True}]
    listed = account(user("2", "DEVELOP", "MANAGE"))
    people = {"9": {"business_users": [{"id": "2", "email": "two@example.com"}], "unread": []}}
    (row,) = rows(as_csv(report(listed, declared=declared, directories=people, emails=True)))
    assert row == {
        "waba_id": "'1",
        "account": "Support",
        "user_id": "'2",
        "name": "Person 2",
        "user_type": "BUSINESS_USER",
        "business": "Ours",
        "ways": "assigned",
        "tasks": "DEVELOP MANAGE",
        "status": "different",
        "declared_tasks": "DEVELOP",
        "email": "two@example.com",
    }
    assert tuple(rows(as_csv(report(listed, directories=people)))[0]) == COLUMNS
    (nobody,) = rows(as_csv(report(account())))
    assert (nobody["user_id"], nobody["status"]) == ("", "nobody-assigned")


# The page


@given(st.sampled_from(HOSTILE) | st.text(min_size=1))
def test_text_is_text_wherever_it_stands(name: str) -> None:
    def page(text: str) -> str:
        return as_page(report(account(user("2", text, name=text, user_type=text), name=text)))

    named, plain = Page(page(name)), Page(page("harmless"))
    assert (named.tags, named.attributes, named.ids) == (plain.tags, plain.attributes, plain.ids)
    assert f"{printable(name)}2" in named.cells


@given(listings, directories, st.none() | declarations, st.none() | listings)
def test_every_name_and_every_finding_is_on_the_page_as_text(
    accounts: list[Json], people: Json, declared: list[Json] | None, earlier: list[Json] | None
) -> None:
    baseline = None if earlier is None else json.dumps(report(*earlier))
    made = report(*accounts, directories=people, declared=declared, baseline=baseline)
    page = Page(as_page(made))
    for one in made["accounts"]:
        for each in one["assigned_users"]:
            assert f"{printable(each['name'] or 'no name')}{each['id']}" in page.cells
    for finding in made["findings"]:
        assert finding["message"] in page.cells
    for change in (made["changes"] or {"people": []})["people"]:
        assert f"{printable(change['name'] or 'no name')}{change['user_id']}" in page.cells
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_add_nothing_to_the_page(name: str) -> None:
    def page(text: str) -> Page:
        odd = {"name": text, "business": {"id": "8", "name": text}, "user_type": text}
        listed = account(user("2", "MANAGE", text, **odd), name=text)
        unread = account(waba_id="3", name=text, msg=text)
        baseline = report(account(user("4", text, name=text), name=text), account(waba_id="5", name=text))
        people = {"9": {"msg": text}, "8": {"business_users": [{"id": "2", "email": text}], "unread": []}}
        made = report(
            listed, unread, directories=people, emails=True, baseline=json.dumps({**baseline, "generated_at": text})
        )
        return Page(as_page(made))

    hostile, harmless = page(name), page("harmless")
    assert (hostile.tags, hostile.attributes) == (harmless.tags, harmless.attributes)
    assert hostile.links == harmless.links
    assert not any(attribute.startswith("on") for attribute in hostile.attributes)


def test_the_page_stands_alone_and_allows_only_its_own_style_and_script() -> None:
    page = as_page(report(account(user("2", "MANAGE"))))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; ")
    parsed = Page(page)
    assert all(link.startswith("#") for link in parsed.links)
    assert "style" not in parsed.attributes
    assert "url(" not in page
    assert "@import" not in page
    assert "http" not in re.sub("http-equiv|https://www.gnu.org", "", page)


def test_no_part_of_the_page_can_leave_escaping_off() -> None:
    folder = Path(_audit_page.__file__).parent
    assert (folder / "audit_page.html.j2").is_file()
    for name in ("audit_page.html.j2", "audit_page.css", "audit_page.js", "_audit_page.py"):
        found = re.findall(r"\|\s*safe\b|Markup|% *autoescape|autoescape=False", (folder / name).read_text("utf-8"))
        assert found == [], name
    for name in ("audit_page.css", "audit_page.js"):
        assert not re.search("{[{%#]", (folder / name).read_text("utf-8")), f"{name} would be read as a template"


MARKED = [{"user_id": "2", "tasks": ["MANAGE", "DEVELOP"]}, {"user_id": "3", "tasks": ["MANAGE"]}]


@pytest.mark.parametrize(
    ("listed", "declared", "marks"),
    [
        ([user("2", "MANAGE")], None, {"MANAGE": "✓"}),
        ([user("2", "FULL_CONTROL"), user("4", "MANAGE")], None, {"FULL_CONTROL": "✓", "MANAGE": "○"}),
        ([user("2"), user("4", "MANAGE")], None, {"MANAGE": "?"}),
        ([user("2", "MANAGE", "MESSAGING")], MARKED, {"MANAGE": "✓", "DEVELOP": "\u2212", "MESSAGING": "+"}),
        ([user("2", "FULL_CONTROL")], MARKED, {"FULL_CONTROL": "+", "MANAGE": "○", "DEVELOP": "○"}),
        ([user("2", "MANAGE", "DEVELOP")], MARKED, {"MANAGE": "✓", "DEVELOP": "✓"}),
        ([], MARKED, {"MANAGE": "\u2212", "DEVELOP": "\u2212"}),
    ],
)
def test_the_marks_of_the_matrix(listed: list[Json], declared: list[Json] | None, marks: dict[str, str]) -> None:
    wanted = None if declared is None else [{"waba_id": "1", "users": declared, "purge_users": True}]
    cells = Page(as_page(report(account(*listed), declared=wanted))).cells
    start = cells.index("Person", cells.index("With FULL_CONTROL or MANAGE"))
    columns = cells[start : cells.index("Business", start) + 1]
    place = cells.index("Person 22" if listed else "no name2", start)
    shown = dict(zip(columns, cells[place : place + len(columns)]))
    assert {task: shown[task] for task in marks} == marks


def test_an_account_that_could_not_be_read_is_not_an_empty_one() -> None:
    page = as_page(report(account(msg="Need permission"), account(waba_id="2")))
    assert "Need permission" in page
    assert page.count("Nobody is assigned to this account.") == 1


def test_nothing_found_is_said() -> None:
    page = as_page(report(account(user("2", "MANAGE"))))
    assert "Nothing was found that needs attention." in page

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of `valid_until`: what they are taken for, and which are refused."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.end import earliest, parse_end
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "last", "first_after"),
    [
        ("2026-11-30", "2026-11-30T23:59:59.999999", "2026-12-01T00:00:00"),
        (" 2026-11-30 ", "2026-11-30T23:59:59.999999", "2026-12-01T00:00:00"),
        ("2028-02-29", "2028-02-29T23:59:59.999999", "2028-03-01T00:00:00"),  # a leap day
        ("9999-12-31", "9999-12-31T23:59:59", None),
        ("2026-11-30T18:00:00Z", "2026-11-30T18:00:00", "2026-11-30T18:00:00.000001"),
        ("2026-11-30 18:00z", "2026-11-30T18:00:00", "2026-11-30T18:00:01"),
        ("2026-12-01T00:30:00+02:00", "2026-11-30T22:30:00", "2026-11-30T22:30:01"),  # another day in UTC
        ("2026-11-30T22:00:00-05:00", "2026-12-01T03:00:00", "2026-12-01T03:00:01"),
    ],
)
def test_when_access_ends(value: str, last: str, first_after: str | None) -> None:
    end = parse_end("valid_until", value)
    assert end is not None
    assert not end.has_passed(utc(last))
    assert first_after is None or end.has_passed(utc(first_after))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-30", "2026-11-30"),
        ("2026-11-30 18:00Z", "2026-11-30T18:00:00Z"),
        ("2026-11-30T19:00:00+01:00", "2026-11-30T18:00:00Z"),
        ("2026-11-30 19:00:00.25 +01:00", "2026-11-30T18:00:00Z"),
    ],
)
def test_an_end_has_one_text_on_every_machine(value: str, text: str) -> None:
    end = parse_end("valid_until", value)
    assert end is not None
    assert end.text == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must be a date such as"),
        ("tomorrow", "must be a date such as"),
        ("31.12.2026", "must be a date such as"),
        ("20261231", "must be a date such as"),
        (20261231, "must be a date such as"),
        (True, "must be a date such as"),
        (["2026-12-31"], "must be a date such as"),
        ("2026-12-31T18:00:00 Europe/Berlin", "must be a date such as"),
        ("٢٠٢٦-١٢-٣١", "must be a date such as"),
        ("2026-02-29", "there is no such day or time"),
        ("2026-13-01", "there is no such day or time"),
        ("2026-12-31T25:00:00Z", "there is no such day or time"),
        ("2026-12-31T12:00:00+99:00", "there is no such day or time"),
        ("9999-12-31T23:00:00-05:00", "there is no such day or time"),
        ("0000-01-01", "there is no such day or time"),
        ("2026-12-31T18:00:00", "has no offset"),
        ("2026-12-31 18:00", "has no offset"),
    ],
)
def test_what_is_no_end_is_refused_by_name(value: t.Any, words: str) -> None:
    with pytest.raises(OptionError, match=rf"^users\[0\]\.valid_until.*{words}"):
        parse_end("users[0].valid_until", value)


def test_the_earlier_of_two_ends_wins() -> None:
    day, noon = parse_end("x", "2026-11-30"), parse_end("x", "2026-11-30T12:00:00Z")
    assert earliest([day, None, noon]) == earliest([noon, day]) == noon
    assert earliest([None]) is None

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends of declared access as people write them, and the time that passes.

Written from what the documentation promises, and from nothing of the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

#: When the tests begin: two seconds before a leap day.
START = datetime(2028, 2, 28, 23, 59, 58, tzinfo=timezone.utc)
#: Seconds by which time moves.
moves = st.sampled_from([1, 2, 3600, 40_000, 86_400])


def _date(days: int) -> str:
    return (START + timedelta(days)).date().isoformat()


def _time(seconds: int, offset: int, written: str) -> str:
    there = (START + timedelta(seconds=seconds)).astimezone(timezone(timedelta(minutes=offset)))
    text = there.strftime(written) + there.isoformat()[-6:]
    return text.replace("+00:00", "Z")


#: Dates and times around that time, with the offsets of several places.
ends = st.one_of(
    st.builds(_date, st.integers(-1, 3)),
    st.builds(
        _time,
        st.sampled_from([-200_000, -1, 0, 1, 2, 3600, 40_001, 90_000, 200_000]),
        st.sampled_from([0, 120, -330, 840]),
        st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    ),
)


def last_moment(text: str) -> datetime:
    """Until when the access lasts: a day to its end, in UTC."""
    if len(text) == len("2028-02-29"):
        return datetime.fromisoformat(f"{text}T00:00:00+00:00") + timedelta(days=1, microseconds=-1)
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def has_passed(text: str | None, now: datetime) -> bool:
    """Whether the access has ended by then."""
    return text is not None and now > last_moment(text)


def earlier(texts: Iterable[str | None]) -> str | None:
    """Of several ends the one that comes first."""
    return min((text for text in texts if text), key=last_moment, default=None)


def shown(text: str | None) -> str | None:
    """An end as tasks show it: the same for every way to write the same moment."""
    if text is None or len(text) == len("2028-02-29"):
        return text
    return last_moment(text).strftime("%Y-%m-%dT%H:%M:%SZ")

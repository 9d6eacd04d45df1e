# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of what could be tried is tried: a share that fits into `make test`, or the whole with `make trust`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Scale:
    """Set by conftest.py before any test is imported."""

    whole = False


def examples(share: int, whole: int, **more: int) -> settings:
    """Settings for so many examples. Those of the share are the same each time; the whole tries others every time."""
    return settings(
        max_examples=whole if Scale.whole else share,
        derandomize=not Scale.whole,
        deadline=None,
        suppress_health_check=_SLOW,
        print_blob=True,
        **more,  # type: ignore[arg-type]
    )

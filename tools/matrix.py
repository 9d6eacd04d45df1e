# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core is tested on which Python.

Each core runs on the first of its Pythons that is here.
"""

from __future__ import annotations

from typing import NamedTuple

# The Pythons that modules are tested on.
TARGETS = ("3.9", "3.10", "3.11", "3.12", "3.13")


class Core(NamedTuple):
    """A version of ansible-core, the controller Pythons it is tested on, best first, and those of its targets."""

    version: str
    pythons: tuple[str, ...]
    targets: tuple[str, ...] = TARGETS
    #: Whether the index may have no more of it than release candidates.
    is_coming: bool = False
    #: Tests of ansible-test sanity that are left out.
    sanity_skipped: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        # A version with a letter lets pip and uv take others of its kind.
        return f"ansible-core~={self.version}.0{'b1' if self.is_coming else ''}"

    def python(self, here: list[str]) -> str | None:
        return next((python for python in self.pythons if python in here), None)

    def targets_here(self, here: list[str]) -> list[str]:
        return [target for target in self.targets if target in here]


# Every core that is supported, oldest first: ``make matrix`` runs them.
CORES = (
    Core("2.16", ("3.10", "3.11", "3.12"), TARGETS[:-1]),
    Core("2.17", ("3.10", "3.11", "3.12"), TARGETS[:-1]),
    Core("2.18", ("3.11", "3.12", "3.13")),
    Core("2.19", ("3.11", "3.12", "3.13")),
    Core("2.20", ("3.12", "3.13", "3.14")),
    Core("2.21", ("3.13", "3.12", "3.14")),
    # Its pylint comes from GitHub instead of the index, which not every machine reaches.
    Core("2.22", ("3.13", "3.14"), is_coming=True, sanity_skipped=("pylint",)),
)
# The oldest, the one that most people have, and the newest: ``make test`` runs them.
TESTED = ("2.16", "2.19", "2.21")
OLDEST = TESTED[0]


def runnable(here: list[str]) -> list[tuple[Core, str]]:
    """The cores that can run with the Pythons here, each with its Python, oldest first."""
    return [(core, python) for core in CORES if (python := core.python(here)) is not None]


def tested(here: list[str]) -> list[tuple[Core, str]]:
    """Those of them that ``make test`` runs."""
    return [pair for pair in runnable(here) if pair[0].version in TESTED]


def left_out(here: list[str], versions: tuple[str, ...] = TESTED) -> list[str]:
    """What cannot be tested with the Pythons here: a sentence each."""
    return [
        *(
            f"ansible-core {core.version}: it needs one of Python {', '.join(core.pythons)}, and none is here"
            for core in CORES
            if core.version in versions and core.python(here) is None
        ),
        *(f"modules on Python {target}: no python{target} is here" for target in TARGETS if target not in here),
    ]

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core is tested on which Python.

Each core runs on the first of its Pythons that is here.
"""

from __future__ import annotations

from typing import NamedTuple

# The Pythons that modules are tested on, as targets of the newest core.
TARGETS = ("3.9", "3.10", "3.11", "3.12", "3.13")


class Core(NamedTuple):
    """A version of ansible-core, and the controller Pythons it is tested on, best first."""

    version: str
    pythons: tuple[str, ...]

    @property
    def requirement(self) -> str:
        return f"ansible-core~={self.version}.0"

    def python(self, here: list[str]) -> str | None:
        return next((python for python in self.pythons if python in here), None)


CORES = (
    Core("2.19", ("3.11", "3.12", "3.13")),
    Core("2.21", ("3.13", "3.12", "3.14")),
)
# Stands in where no Python is new enough for any of the others.
FALLBACK = Core("2.17", ("3.10",))


def runnable(here: list[str]) -> list[tuple[Core, str]]:
    """The cores that can run with the Pythons here, each with its Python, oldest first."""
    pairs = [(core, python) for core in (*CORES, FALLBACK) if (python := core.python(here)) is not None]
    return [pair for pair in pairs if pair[0] is not FALLBACK] or pairs


def left_out(here: list[str]) -> list[str]:
    """What cannot be tested with the Pythons here: a sentence each."""
    running = {pair[0] for pair in runnable(here)}
    return [
        *(
            f"ansible-core {core.version}: it needs one of Python {', '.join(core.pythons)}, and none is here"
            for core in CORES
            if core not in running
        ),
        *(f"modules on Python {target}: no python{target} is here" for target in TARGETS if target not in here),
    ]

# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's version for code that runs where `galaxy.yml` is not: a unit test holds the two equal."""

from __future__ import annotations

VERSION = "0.1.0"

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.plain_pytest import needs_session
from support.sandboxes import sandbox

if TYPE_CHECKING:
    # Needs python-ldap, which only the session has.
    from directory.server import Directory

__all__ = ["directory", "pytest_configure", "sandbox", "server"]

pytest_configure = needs_session("directory", "directory", "METAOPS_DIRECTORY")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """An OpenLDAP server, for all tests."""
    from directory.server import Directory  # noqa: PLC0415 - needs python-ldap

    with Directory(tmp_path_factory.mktemp("slapd")) as started:
        yield started


@pytest.fixture
def directory(server: Directory) -> Directory:
    """The server with the people and groups that are there at first."""
    server.reset()
    return server

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets of ansible-test."""

from __future__ import annotations

from support.plain_pytest import is_for_ansible_test

pytest_configure = is_for_ansible_test

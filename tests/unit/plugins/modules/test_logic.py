# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules' logic: functions of options and a client, which need no Ansible to run."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.list_users import list_assigned_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.manage_users import manage_user
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError
from ansible_collections.metaops.whatsapp.plugins.modules import waba_assigned_users_info
from tasks import options_of

if t.TYPE_CHECKING:
    from conftest import Bench

JANE = "3456789012345678"
JOHN = "2345678901234567"
ONE_USER = {
    "user_id": JANE,
    "tasks": ["MESSAGING", "DEVELOP"],
    "state": "present",
    "purge_tasks": True,
    "verify": True,
    "allow_lockout": False,
    "unreadable_tasks": "warn",
}


def assigned_user(bench: Bench, *, check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
    common = {"waba_id": bench.sandbox.waba_id, "business_id": bench.sandbox.business_id, "check_mode": check_mode}
    return manage_user({**common, **ONE_USER, **params}, bench.client())


def info(bench: Bench, **params: t.Any) -> dict[str, t.Any]:
    common = {"waba_id": bench.sandbox.waba_id, "business_id": bench.sandbox.business_id}
    return list_assigned_users({**options_of(waba_assigned_users_info, common), **params}, bench.client())


def test_the_result_of_a_grant(bench: Bench) -> None:
    header = f"assigned users of WhatsApp Business Account {bench.sandbox.waba_id}"
    assert assigned_user(bench) == {
        "changed": True,
        "assigned_user": {
            "id": JANE,
            "name": "Jane Doe",
            "user_type": "BUSINESS_USER",
            "business": {"id": bench.sandbox.business_id, "name": "Example Business Inc"},
            "tasks": ["DEVELOP", "MESSAGING"],
        },
        "diff": {
            "before_header": header,
            "after_header": header,
            "before": "",
            "after": f"{JANE}: DEVELOP, MESSAGING\n",
        },
        "warnings": [],
    }


def test_the_result_of_a_prediction(bench: Bench) -> None:
    result = assigned_user(bench, check_mode=True)
    assert result["changed"]
    assert result["assigned_user"] == {
        "id": JANE,
        "name": None,
        "user_type": None,
        "business": None,
        "tasks": ["DEVELOP", "MESSAGING"],
    }
    assert bench.sandbox.tasks_of(JANE) is None


def test_the_result_of_a_removal_is_empty(bench: Bench) -> None:
    result = assigned_user(bench, user_id=JOHN, state="absent", tasks=None)
    assert (result["changed"], result["assigned_user"], result["diff"]["after"]) == (True, {}, "")


@pytest.mark.parametrize("params", [{"user_id": "12/34"}, {"user_id": ""}, {"tasks": []}, {"tasks": None}])
def test_bad_values_are_refused_before_any_request(bench: Bench, params: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(params))):
        assigned_user(bench, **params)
    assert bench.sandbox.log == []


def test_the_result_of_a_list(bench: Bench) -> None:
    result = info(bench, fields=["tasks"], user_ids=[JOHN])
    assert result == {
        "changed": False,
        "assigned_users": [{"id": JOHN, "tasks": ["MANAGE", "MANAGE_TEMPLATES", "MANAGE_USERS"]}],
        "total_count": 5,
        "paging": {"cursors": result["paging"]["cursors"], "has_next": False, "has_previous": False},
        "warnings": [],
    }


def test_bad_values_of_a_list_are_refused_before_any_request(bench: Bench) -> None:
    with pytest.raises(OptionError, match="limit"):
        info(bench, limit=0)
    assert bench.sandbox.log == []

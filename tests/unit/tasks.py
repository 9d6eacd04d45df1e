# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the logic of the modules for any number of accounts, with their real options, against a sandbox over HTTP."""

from __future__ import annotations

import re
import typing as t
from unittest.mock import patch

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access import manage_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.access_info import describe_access
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import graph_argument_spec
from ansible_collections.metaops.whatsapp.plugins.modules import waba_access, waba_access_info

if t.TYPE_CHECKING:
    from conftest import Bench

Json = dict[str, t.Any]


def options_of(module: t.Any, options: t.Mapping[str, t.Any]) -> Json:
    """The options as the module gets them from Ansible."""
    with patch.object(module, "run_module") as spy:
        module.main()
    spec = {**graph_argument_spec(), **spy.call_args.args[1]}
    result = ArgumentSpecValidator(spec).validate({"access_token": "x", **options})
    assert not result.error_messages, result.error_messages
    return t.cast("Json", result.validated_parameters)


def run(module: t.Any, logic: t.Callable[..., Json], bench: Bench, options: Json, check_mode: bool) -> Json:
    """Run one task, with a log of its own."""
    bench.sandbox.clear_log()
    own = {"business_id": bench.sandbox.business_id, **options}
    settings = own.pop("settings", {})
    return logic({**options_of(module, own), "check_mode": check_mode}, bench.client(**settings))


def waba_access_task(bench: Bench, *, check_mode: bool = False, **options: t.Any) -> Json:
    """Run `waba_access`."""
    return run(waba_access, manage_access, bench, options, check_mode)


def waba_access_info_task(bench: Bench, **options: t.Any) -> Json:
    """Run `waba_access_info`."""
    return run(waba_access_info, describe_access, bench, options, check_mode=False)


def predicted(bench: Bench, **options: t.Any) -> Json:
    """Run `waba_access` in check mode and then for real: both return the same. Returns what the run did."""
    before = {waba_id: bench.sandbox.assigned(waba_id) for waba_id in bench.sandbox._world.accounts}
    preview = waba_access_task(bench, check_mode=True, **options)
    assert all(method == "GET" for trip in round_trips(bench) for method in trip)
    assert before == {waba_id: bench.sandbox.assigned(waba_id) for waba_id in bench.sandbox._world.accounts}
    result = waba_access_task(bench, **options)
    for name in ("accounts", "plan", "diff", "changed", "summary", "unresolved"):
        assert without_traces(result[name]) == without_traces(preview[name]), name
    return result


def without_traces(value: t.Any) -> t.Any:
    """The value without what is another for every call."""
    if isinstance(value, list):
        return [without_traces(one) for one in value]
    if isinstance(value, dict):
        return {key: without_traces(one) for key, one in value.items() if key != "fbtrace_id"}
    return re.sub(r"fbtrace_id [^)]+", "", value) if isinstance(value, str) else value


def round_trips(bench: Bench) -> list[list[str]]:
    """The methods of each round trip, with those of the operations in a batch."""
    return [
        [operation["method"] for operation in request.operations] if request.operations else [request.method]
        for request in bench.sandbox.log
    ]

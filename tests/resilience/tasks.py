# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks in this process: the modules' logic with their real options, against a server that is reached over HTTP.

What the inventory plugin reads counts as a task here as well.

It is what `run_module` does, without Ansible's own way in and out: a test can run some thousand tasks in a minute.
Waits between tries are noted and not slept.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest.mock import patch

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible_collections.metaops.whatsapp.plugins.inventory.waba import known_accounts
from ansible_collections.metaops.whatsapp.plugins.module_utils._access import access, manage_users
from ansible_collections.metaops.whatsapp.plugins.module_utils._audit import audit
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import ACCOUNT_KINDS, read_kinds
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._module import Logic, Params, _result
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import (
    ArgumentSpec,
    OptionError,
    graph_argument_spec,
    graph_settings,
    with_any_number,
)
from resilience.counts import SEARCHES, TASKS, count
from sandbox import Sandbox
from support.leaks import APP_SECRET, SECRETS, TOKEN, leaks
from support.playbooks import Json

USER, USERS, INFO = "waba_assigned_user", "waba_assigned_users", "waba_assigned_users_info"
PEOPLE, INVENTORY = "waba_business_users_info", "inventory"
ACCESS, ACCESS_INFO, AUDIT = "waba_access", "waba_access_info", "waba_access_audit_info"
SETUP = "waba_setup_info"

# What `main` of each module hands to `run_module`.
_MODULES: dict[str, tuple[Logic, ArgumentSpec, Json]] = {}
for _name in (USER, USERS, INFO, PEOPLE, ACCESS, ACCESS_INFO, AUDIT, SETUP):
    _module = importlib.import_module(f"ansible_collections.metaops.whatsapp.plugins.modules.{_name}")
    with patch.object(_module, "run_module") as _spy:
        _module.main()
    _logic, _spec = _spy.call_args.args
    _MODULES[_name] = (_logic, {**graph_argument_spec(), **_spec}, dict(_spy.call_args.kwargs))


def _inventory(params: Params, client: GraphClient) -> Json:
    """What the inventory plugin reads and makes of it, before it adds the hosts."""
    accounts, warnings = known_accounts(read_kinds(client, [(params["business_id"], kind) for kind in ACCOUNT_KINDS]))
    return {"changed": False, "hosts": accounts, "warnings": warnings}


_MODULES[INVENTORY] = (_inventory, graph_argument_spec(), {})


@dataclass(frozen=True)
class Done:
    """A task that was run: its result, as `run_module` hands it to Ansible, and the waits it made, in seconds."""

    result: Json
    waits: list[float]

    @property
    def failed(self) -> bool:
        """Whether the task failed."""
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        """What the task says of its failure; empty where there is none."""
        return str(self.result.get("msg", ""))

    @property
    def warnings(self) -> str:
        """The task's warnings, a line each."""
        return "\n".join(self.result.get("warnings", []))


def new_sandbox(**options: Any) -> Sandbox:
    """A sandbox whose secrets are those that are searched for; each call has to carry the proof."""
    return Sandbox(token=TOKEN, app_secret=APP_SECRET, require_proof=True, **options)


def options_for(sandbox: Sandbox, options: Mapping[str, Any]) -> Json:
    """A task's options, with those that say where the sandbox is. One further try: that is one fault survived."""
    return {
        "access_token": sandbox.token,
        "app_secret": sandbox.app_secret,
        "waba_id": sandbox.waba_id,
        "business_id": sandbox.business_id,
        "api_url": sandbox.url,
        "retries": 1,
        **options,
    }


@contextmanager
def clock(now: datetime | None) -> Iterator[None]:
    """Let tasks believe that it is this time; without one, the machine's clock is left alone."""
    with ExitStack() as stack:
        for module in (access, manage_users, audit) if now else ():
            stack.enter_context(patch.object(module, "utc_now", lambda: now))
        yield


def run_task(module: str, options: Mapping[str, Any], *, check_mode: bool = False, now: datetime | None = None) -> Done:
    """Run one task, at a time. Any exception but those that a module turns into a failure comes out of this.

    The result has to be one that Ansible can pass on, and no secret may be in it.
    """
    logic, argument_spec, rules = _MODULES[module]

    def validate(spec: ArgumentSpec) -> ValidationResult:
        return ArgumentSpecValidator(spec, **rules).validate(dict(options))

    validated = with_any_number(validate, argument_spec)
    if validated.error_messages:
        return Done({"failed": True, "changed": False, "msg": "; ".join(validated.error_messages)}, [])
    params = validated.validated_parameters
    waits: list[float] = []
    try:
        client = GraphClient(graph_settings(params), waits.append)
    except OptionError as error:
        return Done({"failed": True, "changed": False, "msg": str(error)}, [])
    try:
        with clock(now):
            result = _result(logic, {**params, "check_mode": check_mode}, client)
    finally:
        client.close()
    warnings = [client.redact(warning) for warning in [*client.warnings, *result.get("warnings", [])]]
    done = Done({**result, "warnings": warnings, "api_calls": client.calls}, waits)
    count(TASKS)
    text = json.dumps(done.result, ensure_ascii=False)
    text.encode("utf-8")
    assert search({"result": text}) == []
    return done


def search(texts: Mapping[str, str]) -> list[str]:
    """Where which secret is to be seen, in any spelling."""
    count(SEARCHES, len(texts) * len(SECRETS))
    return leaks(dict(texts))


def run_in(
    sandbox: Sandbox,
    module: str,
    options: Mapping[str, Any],
    *,
    check_mode: bool = False,
    now: datetime | None = None,
) -> Done:
    """Run one task against a sandbox, with a log of its own."""
    sandbox.clear_log()
    return run_task(module, options_for(sandbox, options), check_mode=check_mode, now=now)

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoints under /_sandbox/: the Python interface for tests in another process, such as playbooks."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .faults import fault_from_json
from .messages import Params
from .server import HttpRequest, Reply

if TYPE_CHECKING:
    from .app import Sandbox

PREFIX = "/_sandbox"

Action = Callable[["Sandbox", str, dict[str, Any]], Any]


def control_reply(sandbox: Sandbox, request: HttpRequest, path: str, query: Params) -> Reply:
    """Answer a control call: 200 with JSON, 400 with {"error": text}, 403 for others than loopback, 404 for others."""
    if not ipaddress.ip_address(request.peer).is_loopback:
        return _json(403, {"error": "control endpoints answer to loopback addresses only"})
    collection, _slash, name = path[len(PREFIX) :].strip("/").partition("/")
    action = ACTIONS.get((request.method, collection))
    if action is None:
        known = ", ".join(f"{method} {PREFIX}/{each}" for method, each in ACTIONS)
        return _json(404, {"error": f"no such control endpoint (known: {known})"})
    try:
        given = json.loads(request.body or b"{}")
        if not isinstance(given, dict):
            raise TypeError("the body must be a JSON object")
        given.update({key: values[-1] for key, values in query.items()})
        return _json(200, action(sandbox, name, given))
    except (KeyError, TypeError, ValueError) as error:
        return _json(400, {"error": str(error.args[0] if error.args else error)})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, {}, json.dumps(value).encode())


def _get_log(sandbox: Sandbox, _name: str, _given: dict[str, Any]) -> Any:
    return {"requests": [request.as_json() for request in sandbox.log], "connections": sandbox.connections}


def _clear_log(sandbox: Sandbox, _name: str, _given: dict[str, Any]) -> Any:
    sandbox.clear_log()
    return {"success": True}


def _get_state(sandbox: Sandbox, _name: str, given: dict[str, Any]) -> Any:
    waba_id = given.get("waba_id") or sandbox.waba_id
    assigned = {user_id: sorted(tasks) for user_id, tasks in sandbox.assigned(waba_id).items()}
    return {**sandbox.describe(), "waba_id": waba_id, "assigned": assigned, "behaviours": asdict(sandbox.behaviours)}


def _put_person(sandbox: Sandbox, name: str, given: dict[str, Any]) -> Any:
    sandbox.add_person(name, **{key: value for key, value in given.items() if key not in ("tasks", "waba_id")})
    if "tasks" in given:
        sandbox.assign(name, given["tasks"], given.get("waba_id"))
    return {"success": True}


def _put_assigned(sandbox: Sandbox, name: str, given: dict[str, Any]) -> Any:
    sandbox.assign(name, given["tasks"], given.get("waba_id"))
    return {"success": True}


def _delete_assigned(sandbox: Sandbox, name: str, given: dict[str, Any]) -> Any:
    sandbox.remove(name, given.get("waba_id"))
    return {"success": True}


def _put_token(sandbox: Sandbox, name: str, given: dict[str, Any]) -> Any:
    sandbox.change_token(name or None, **given)
    return {"success": True}


def _get_faults(sandbox: Sandbox, _name: str, _given: dict[str, Any]) -> Any:
    return {"faults": [asdict(fault) for fault in sandbox.faults_left()]}


def _post_fault(sandbox: Sandbox, _name: str, given: dict[str, Any]) -> Any:
    sandbox.inject(fault_from_json(given))
    return {"success": True}


def _clear_faults(sandbox: Sandbox, _name: str, _given: dict[str, Any]) -> Any:
    sandbox.clear_faults()
    return {"success": True}


def _post_behaviours(sandbox: Sandbox, _name: str, given: dict[str, Any]) -> Any:
    sandbox.configure(**given)
    return asdict(sandbox.behaviours)


def _reset(sandbox: Sandbox, _name: str, _given: dict[str, Any]) -> Any:
    sandbox.reset()
    return {"success": True}


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "log"): _get_log,
    ("DELETE", "log"): _clear_log,
    ("GET", "state"): _get_state,
    ("PUT", "people"): _put_person,
    ("PUT", "assigned"): _put_assigned,
    ("DELETE", "assigned"): _delete_assigned,
    ("PUT", "tokens"): _put_token,
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _post_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "behaviours"): _post_behaviours,
    ("POST", "reset"): _reset,
}

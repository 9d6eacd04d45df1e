# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From Ansible to a module's logic and back: the only place that knows `AnsibleModule`."""

from __future__ import annotations

import re
import typing as t
from functools import partial

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import _options
from ._access.names import did_you_mean
from ._access.plan import RefusedError
from ._graph.client import REQUESTS_IMPORT_ERROR, GraphClient
from ._graph.errors import GraphError
from ._options import OptionError

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:  # before ansible-core 2.22
    register_secrets = None

#: As Ansible shows the value of an option that is not to be shown.
MASKED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

#: Ansible's messages about a value or an option that does not exist, with the known ones.
_UNKNOWN_VALUE = re.compile(
    r"(?s)value of (?P<option>\S+) must be one (?:or more )?of: (?P<known>.+?)(?:\. Got no match for: |, got: )"
    r"(?P<given>.+?)(?P<place> found in .+)?"
)
_UNKNOWN_OPTION = re.compile(
    r"(?s)(?:Unsupported parameters for .+ module: )?(?P<given>.+)\. Supported parameters include: (?P<known>.+)"
)

Params = t.Mapping[str, t.Any]
#: A module's logic: a function of its options (with `check_mode` among them) and a client, that returns the result.
#: Its `warnings` are shown; where it has `failed`, the task fails with all that is in it. It raises `OptionError` for a
#: value that Ansible lets pass before it uses the client, and `GraphError` or `RefusedError` where nothing was changed.
Logic = t.Callable[[Params, GraphClient], "dict[str, t.Any]"]


class _Module(AnsibleModule):  # type: ignore[misc]
    """A module that says what to do about a missing or unknown option: Ansible only says that it is so."""

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        super().fail_json(msg=with_remedy(msg), **result)
        raise AssertionError  # for mypy: it has ended


def with_remedy(msg: str) -> str:
    """Return Ansible's message about an invalid option, with the environment variable or the value that is meant."""
    missing = re.fullmatch("missing required arguments: (.+)", msg)
    names = missing[1].split(", ") if missing else []
    variables = [_options.ENVIRONMENT[name] for name in names if name in _options.ENVIRONMENT]
    if variables:
        plural = "s" if len(variables) > 1 else ""
        return f"{msg}. Set the environment variable{plural} {', '.join(variables)}, or give the option{plural}."
    match = _UNKNOWN_VALUE.fullmatch(msg) or _UNKNOWN_OPTION.fullmatch(msg)
    if match is None:
        return msg
    known = re.findall(r"[^\s,()]+", match["known"])
    questions = {name: did_you_mean(name.rpartition(".")[2], known) for name in match["given"].split(", ")}
    given = ", ".join(name + question for name, question in questions.items())
    if match.re is _UNKNOWN_VALUE and all(questions.values()):
        # The list of all values is not needed then.
        return f"value of {match['option']}{match['place'] or ''} cannot be {given}"
    return f"{msg[: match.start('given')]}{given}{msg[match.end('given') :]}"


def run_module(logic: Logic, argument_spec: dict[str, t.Any], **rules: t.Any) -> None:
    """Run a module whose own options are `argument_spec`; `rules` are those of `AnsibleModule`."""
    spec = {**_options.graph_argument_spec(), **argument_spec}
    module = _options.with_any_number(partial(_Module, supports_check_mode=True, **rules), spec)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    params = {**module.params, "check_mode": module.check_mode}
    # A result can hold the options (`invocation`), and from ansible-core 2.22 on as they are.
    module.params.update({option: MASKED for option, about in spec.items() if about.get("no_log") and params[option]})
    try:
        _options.check_required_ids(params, spec)
        client = GraphClient(_options.graph_settings(params))
    except OptionError as error:
        module.fail_json(msg=str(error))
    # Ansible masks these in all that the module puts out: it knows of the options, and not of the proof.
    module.no_log_values.update(client.secrets)
    if register_secrets:
        register_secrets(client.secrets)
    if not params["validate_certs"]:
        module.warn(_options.UNVERIFIED)
    result = _result(logic, params, client)
    for warning in [*client.warnings, *result.pop("warnings", [])]:
        module.warn(client.redact(warning))
    result["api_calls"] = client.calls
    client.close()
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _result(logic: Logic, params: Params, client: GraphClient) -> dict[str, t.Any]:
    try:
        return logic(params, client)
    except (GraphError, OptionError, RefusedError) as error:
        details = error.result if isinstance(error, RefusedError) else {}
        graph_error = error.as_result() if isinstance(error, GraphError) else None
        return {"failed": True, "changed": False, "msg": str(error), "graph_error": graph_error, **details}

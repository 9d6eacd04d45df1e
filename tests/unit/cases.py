# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs whole modules in this process, from their arguments to the result that they print, each against a sandbox."""

from __future__ import annotations

import contextlib
import io
import json
import os
import typing as t
from dataclasses import dataclass, field
from importlib import import_module
from unittest.mock import patch

import pytest
from ansible.module_utils import basic
from sandbox import Fault, Request, Sandbox

GRAPH_ERROR_FIELDS = {
    "http_status",
    "code",
    "error_subcode",
    "type",
    "message",
    "error_user_title",
    "error_user_msg",
    "fbtrace_id",
    "is_transient",
}

# People of the sandbox's seed, by what they hold at the start.
JANE = "3456789012345678"  # nothing
JOHN = "2345678901234567"  # MANAGE, MANAGE_USERS, MANAGE_TEMPLATES
MARIA = "4567890123456789"  # MESSAGING, VIEW_TEMPLATES
AHMED = "5678901234567890"  # DEVELOP, MANAGE_TEMPLATES, VIEW_TEMPLATES

Json = dict[str, t.Any]


@dataclass(frozen=True)
class Task:
    """A module with options."""

    name: str
    module: str
    options: t.Mapping[str, t.Any]
    check_mode: bool = False
    #: Environment variables that it has instead of the sandbox's.
    environment: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a module printed, and what the sandbox had at that moment: who is assigned, and how many requests."""

    name: str
    result: Json
    warnings: str
    assigned: dict[str, list[str]]
    requests: int

    @property
    def status(self) -> str:
        """As a callback is told."""
        return "failed" if self.result.get("failed") else "ok"

    @property
    def message(self) -> str:
        """What the module says of its failure."""
        return str(self.result["msg"])


@dataclass(frozen=True)
class Case:
    """A task, or several in a row, against a sandbox of their own that is in some way special."""

    name: str
    tasks: t.Sequence[Task]
    faults: t.Sequence[Fault] = ()
    behaviours: Json = field(default_factory=dict)
    #: What each person holds instead of what the seed gives them; None takes them off the account.
    assigned: t.Mapping[str, t.Sequence[str] | None] = field(default_factory=dict)
    #: The name of the token in the sandbox's seed.
    token: str = "admin"


@dataclass(frozen=True)
class Played:
    """A case that was played."""

    sandbox: Sandbox
    before: dict[str, set[str]]
    results: list[Result]

    @property
    def result(self) -> Result:
        """The result of the case's only task."""
        (only,) = self.results
        return only

    @property
    def by_name(self) -> dict[str, Result]:
        """Every task's result by the task's name."""
        return {result.name: result for result in self.results}

    @property
    def log(self) -> list[Request]:
        """Every request of the case."""
        return self.sandbox.log

    @property
    def methods(self) -> list[str]:
        """The methods of the case's requests, in order."""
        return [request.method for request in self.log]

    @property
    def writes(self) -> list[Request]:
        """The case's requests that could change something: a batch is as harmless as its operations."""
        return [
            request
            for request in self.log
            if any(part["method"] != "GET" for part in request.operations or [{"method": request.method}])
        ]


def task(name: str, module: str, options: t.Mapping[str, t.Any], **more: t.Any) -> Task:
    """A task of one of the collection's modules."""
    return Task(name, module, options, **more)


class Cases:
    """Cases by their names, each played when it is first asked for: so tests on several cores do not play all."""

    def __init__(self, cases: t.Sequence[Case]) -> None:
        self._cases = {case.name: case for case in cases}
        assert len(self._cases) == len(cases), "two cases have one name"
        self._played: dict[str, Played] = {}
        self._stack = contextlib.ExitStack()

    def __getitem__(self, name: str) -> Played:
        if name not in self._played:
            case = self._cases[name]
            self._played[name] = run_case(self._stack.enter_context(_sandbox(case)), case)
        return self._played[name]

    def __enter__(self) -> Cases:  # noqa: PYI034
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()


def _sandbox(case: Case) -> Sandbox:
    sandbox = Sandbox(faults=case.faults, **case.behaviours)
    for user_id, tasks in case.assigned.items():
        if tasks is None:
            sandbox.remove(user_id)
        else:
            sandbox.assign(user_id, tasks)
    return sandbox


def run_case(sandbox: Sandbox, case: Case) -> Played:
    """Run a case's tasks, one after the other."""
    before = sandbox.assigned()
    return Played(sandbox, before, [run_task(sandbox, each, case.token) for each in case.tasks])


def run_task(sandbox: Sandbox, one: Task, token: str = "admin") -> Result:
    """Run one module as Ansible does: arguments in JSON, options from the environment, a result in JSON."""
    environment = {
        "WABA_API_URL": sandbox.url,
        "WABA_ACCESS_TOKEN": sandbox.tokens[token],
        "WABA_ID": sandbox.waba_id,
        "WABA_BUSINESS_ID": sandbox.business_id,
        **one.environment,
    }
    arguments = {**one.options, "_ansible_check_mode": one.check_mode, "_ansible_diff": True}
    module = import_module(f"ansible_collections.metaops.whatsapp.plugins.modules.{one.module}")
    warnings: list[str] = []
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        for patched in (
            patch.dict(os.environ, environment),
            patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()),
            # Since ansible-core 2.19.
            patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
            patch.object(basic.AnsibleModule, "warn", lambda _module, warning, **_more: warnings.append(warning)),
            contextlib.redirect_stdout(output),
        ):
            stack.enter_context(t.cast("contextlib.AbstractContextManager[t.Any]", patched))
        ended = stack.enter_context(pytest.raises(SystemExit))
        module.main()
    result = json.loads(output.getvalue())
    assert ended.value.code == (1 if result.get("failed") else 0)
    assigned = {user_id: sorted(tasks) for user_id, tasks in sandbox.assigned().items()}
    return Result(one.name, result, "\n".join(warnings), assigned, len(sandbox.log))

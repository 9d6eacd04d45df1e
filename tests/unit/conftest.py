# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit tests share: the sandbox on a real port, and clients of it that do not wait."""

from __future__ import annotations

import dataclasses
import sys
import typing as t
from pathlib import Path

import pytest

# For `sandbox`, and for what tests of several folders share.
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

from support.plain_pytest import find_collection

# ruff: noqa: E402 - before the collection is imported
find_collection()

from ansible_collections.metaops.whatsapp.plugins.module_utils._access.outcome import Outcome
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.plan import Desired, Rules, Target
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.reconcile import reconcile
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.assigned_users import (
    Account,
    UserList,
    user_lists,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import GraphClient, Settings
from hypothesis import settings
from sandbox import Sandbox

# No time limits: how busy the machine is says nothing about the code. A share of the examples, the same each time;
# make trust tries others every time.
settings.register_profile("share", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("whole", deadline=None, max_examples=1000)
settings.load_profile("share")


class Bench:
    """A sandbox, a client of it, and the waits that the client would have made, in seconds."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.waits: list[float] = []
        self._clients: list[GraphClient] = []

    def client(self, **settings: t.Any) -> GraphClient:
        """A new client, as a new task has it."""
        common = Settings(self.sandbox.token, api_url=self.sandbox.url)
        self._clients.append(GraphClient(dataclasses.replace(common, **settings), self.waits.append))
        return self._clients[-1]

    @property
    def account(self) -> Account:
        """The first account."""
        return Account(self.sandbox.waba_id, self.sandbox.business_id)

    def users(self) -> UserList:
        """The first account's assigned users, of whom nothing was read yet."""
        return user_lists([self.account])[0]

    def reconcile(
        self,
        desired: t.Mapping[str, t.Iterable[str] | None],
        *,
        check_mode: bool = False,
        batch_size: int = 1,
        read_all: bool = False,
        client: GraphClient | None = None,
        **rules: t.Any,
    ) -> Outcome:
        """Bring users of the first account to these tasks, or to no access where they are `None`."""
        users = tuple(Desired(user, None if tasks is None else frozenset(tasks)) for user, tasks in desired.items())
        target = Target(self.users(), users, Rules(**rules), read_all)
        (outcome,) = reconcile(client or self.client(), [target], check_mode=check_mode, batch_size=batch_size)
        if outcome.error:
            raise outcome.error
        return outcome

    def stop(self) -> None:
        """Close the clients' connections and end the sandbox."""
        for client in self._clients:
            client.close()
        self.sandbox.stop()

    @property
    def methods(self) -> list[str]:
        """The requests so far, as in `["GET", "POST", "GET"]`."""
        return [request.method for request in self.sandbox.log]


@pytest.fixture
def start() -> t.Iterator[t.Callable[..., Bench]]:
    """Start sandboxes with these options; they are stopped after the test."""
    benches: list[Bench] = []

    def start_one(**options: t.Any) -> Bench:
        benches.append(Bench(Sandbox(**options).start()))
        return benches[-1]

    yield start_one
    for bench in benches:
        bench.stop()


@pytest.fixture
def bench(start: t.Callable[..., Bench]) -> Bench:
    """A sandbox as it comes."""
    return start()

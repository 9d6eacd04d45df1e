# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for a controller: it keeps what the modules of awx.awx make, as far as those of configure.yml ask.

As a controller, it knows the playbooks of a project when the project was updated, and refuses job templates before.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]

TYPES = {"job_templates": "job_template", "workflow_job_templates": "workflow_job_template"}
#: What lies below an object and is a thing of its own; all else there is a list of ids.
DOCUMENTS = {"survey_spec"}


class Controller:
    """Objects by their kinds. An organization is there from the start."""

    def __init__(self) -> None:
        self.kinds: dict[str, list[Json]] = {}
        self.below: dict[str, Any] = {}
        self.writes: list[str] = []
        self.has_playbooks = False
        self.create("organizations", {"name": "Default"})
        self.writes.clear()

    def named(self, kind: str) -> dict[str, Json]:
        """The objects of a kind by their names."""
        return {each["name"]: each for each in self.kinds.get(kind, [])}

    def create(self, kind: str, fields: Json) -> Json:
        """A new object."""
        number = sum(map(len, self.kinds.values())) + 1
        url = f"/api/v2/{kind}/{number}/"
        related = {name: f"{url}{name}/" for name in (*DOCUMENTS, "update")}
        if kind == "projects":
            fields = {**fields, "scm_revision": "", "summary_fields": {"current_update": {"id": 1}}}
        made = {"id": number, "url": url, "type": TYPES.get(kind, kind), "related": related, **fields}
        self.kinds.setdefault(kind, []).append(made)
        self.writes.append(f"create {kind}")
        return made

    def answer(self, method: str, path: str, query: Json, sent: Json) -> tuple[int, Json]:
        """The status and the body of an answer."""
        match = re.fullmatch(r"/api/v2/(\w+)/(?:(\d+)/)?(?:(\w+)/)?", path)
        assert match, path
        kind, number, below = match.groups()
        if kind == "project_updates":
            self.has_playbooks = True
            return 200, {"status": "successful", "finished": "2026-01-01", "failed": False, "scm_revision": "1"}
        if (method, below) == ("POST", "update"):
            return 202, {"url": "/api/v2/project_updates/1/"}
        if (method, kind) == ("POST", "job_templates") and not self.has_playbooks:
            return 400, {"playbook": ["Playbook not found for project."]}
        if number is None:
            return (201, self.create(kind, sent)) if method == "POST" else (200, _page(self._found(kind, query)))
        (thing,) = [each for each in self.kinds[kind] if each["id"] == int(number)]
        if below is None:
            if method == "PATCH":
                self.writes.append(f"change {kind}")
                thing.update(sent)
            return 200, thing
        if method == "GET":
            return 200, self.below.get(path, {}) if below in DOCUMENTS else _page(self.below.get(path, []))
        self.writes.append(f"put {below}")
        if below == "create_approval_template":
            approval = self.create("workflow_approval_templates", sent)
            thing["unified_job_template"] = approval["id"]
            thing["related"]["unified_job_template"] = approval["url"]
            return 201, approval
        if below in DOCUMENTS:
            self.below[path] = sent
            return 200, {}
        self.below.setdefault(path, []).append({"id": sent["id"]})
        return 204, {}

    def _found(self, kind: str, query: Json) -> list[Json]:
        kinds = [*TYPES, "projects"] if kind == "unified_job_templates" else [kind]
        things = [thing for each in kinds for thing in self.kinds.get(each, [])]
        return [thing for thing in things if all(str(thing.get(field)) == value for field, value in query.items())]


def _page(found: list[Json]) -> Json:
    return {"count": len(found), "next": None, "results": found}


@contextlib.contextmanager
def serve(controller: Controller) -> Iterator[str]:
    """Serve the controller on loopback; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            status, body = controller.answer(self.command, parts.path, dict(parse_qsl(parts.query)), sent)
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Length", str(0 if status == 204 else len(raw)))
            self.end_headers()
            if status != 204:
                self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - what http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Galaxy server on loopback that offers one artifact: as much of Galaxy's v3 API as an installation asks for."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def serve(artifact: Path) -> Iterator[str]:
    """Serve this artifact; gives the server's URL."""
    answers: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            self.send_response(200 if path in answers else 404)
            body = answers.get(path, b"{}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        answers.update(_answers(url, artifact.name, artifact.read_bytes()))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"{url}/api/"
        finally:
            server.shutdown()
        server.shutdown()


def _answers(url: str, file_name: str, content: bytes) -> dict[str, bytes]:
    match = re.fullmatch(r"(\w+)-(\w+)-(.+)\.tar\.gz", file_name)
    if match is None:
        raise ValueError(f"{file_name} is not called as an artifact is")
    namespace, name, version = match.groups()
    collection = f"/api/v3/collections/{namespace}/{name}"
    href = f"{collection}/versions/{version}/"
    dates = {"created_at": "2026-01-01T00:00:00.000000Z", "updated_at": "2026-01-01T00:00:00.000000Z"}
    documents = {
        "/api/": {"available_versions": {"v3": "v3/"}},
        f"{collection}/": {"namespace": namespace, "name": name, **dates},
        f"{collection}/versions/": {"meta": {"count": 1}, "links": {"next": None}, "data": [{"version": version}]},
        href: {
            "namespace": {"name": namespace},
            "collection": {"name": name},
            "version": version,
            "href": href,
            "download_url": f"{url}/download/{file_name}",
            "artifact": {"filename": file_name, "sha256": hashlib.sha256(content).hexdigest()},
            "metadata": {"dependencies": {}},
            "signatures": [],
        },
    }
    answers = {path: json.dumps(document).encode() for path, document in documents.items()}
    return {**answers, f"/download/{file_name}": content}

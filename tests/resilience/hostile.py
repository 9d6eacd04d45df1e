# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers with any bytes at all.

The first requests can be passed on to a sandbox, so that a task comes as far as is wanted before it meets them.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Optional
from urllib.parse import urlsplit

from sandbox import Sandbox

#: What is sent, piece by piece, for the last of these requests; `None` passes it on.
Answers = Callable[[list[str]], Optional[Iterable[bytes]]]


def http_answer(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """An answer as HTTP has it."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: " + str(len(body)).encode(), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Hostile:
    """Listens on a loopback port, as a context manager."""

    def __init__(self, answers: Answers, behind: Sandbox | None = None) -> None:
        self._answers = answers
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        #: The first line of every request, as in "GET /v23.0/...", and its whole head.
        self.requests: list[str] = []
        self.heads: list[bytes] = []

    def __enter__(self) -> Hostile:  # noqa: PYI034
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        with self._lock:
            for connection in [*self._open, self._listener]:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopping.is_set():
                connection, _address = self._listener.accept()
                with self._lock:
                    self._open.append(connection)
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as reader:
            while head := b"".join(_lines(reader)):
                self._answer(connection, head, reader.read(_length(head)))

    def _answer(self, connection: socket.socket, head: bytes, body: bytes) -> None:
        with self._lock:
            self.requests.append(head.split(b"\r\n")[0].decode())
            self.heads.append(head)
            answer = self._answers(self.requests)
        for piece in self._passed_on(head, body) if answer is None else answer:
            if self._stopping.is_set():
                return
            connection.sendall(piece)
        if answer is not None:
            connection.shutdown(socket.SHUT_RDWR)

    def _passed_on(self, head: bytes, body: bytes) -> Iterator[bytes]:
        assert self._behind is not None
        method, target, _version = head.split(b"\r\n")[0].decode().split(" ")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
        client = http.client.HTTPConnection(urlsplit(self._behind.url).netloc)
        with contextlib.closing(client):
            client.request(method, target, body, headers)
            answer = client.getresponse()
            yield http_answer(answer.read(), f"{answer.status} x".encode())


def _lines(reader: BinaryIO) -> Iterator[bytes]:
    """Those of a request's head."""
    while (line := reader.readline()) not in (b"", b"\r\n"):
        yield line


def _length(head: bytes) -> int:
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lengths[0]) if lengths else 0

# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets and HTTP/1.1: takes requests in, puts replies on the wire, broken ones too. Knows no Graph API."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

# How long stop() waits for threads, which are daemons and hold nothing that matters.
_JOIN_SECONDS = 2.0


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came in; header names in lower case. `connection` is the number of its TCP connection."""

    connection: int
    peer: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to put on the wire, and how.

    `delivery`: "whole"; "close" (no answer, the connection closed); "reset" (no answer, the connection cut by RST);
    "truncated" (the Content-Length promises more than twice the body, then the connection is closed); "drip" (byte by
    byte, `pause` seconds apart); "endless" (a chunked body that repeats for ever).
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: str = "whole"
    pause: float = 0.0


Handle = Callable[[HttpRequest], Reply]


class Server:
    """An HTTP server with a thread for each connection. Raises OSError, or ValueError for the cert_file."""

    def __init__(
        self, handle: Handle, host: str, port: int, cert_file: str | None = None, key_file: str | None = None
    ) -> None:
        self.handle = handle
        self.stopping = threading.Event()
        self._tls = _tls_context(cert_file, key_file) if cert_file else None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=128)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._open: dict[int, socket.socket] = {}
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._acceptor = threading.Thread(target=self._accept, name="sandbox-accept", daemon=True)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if self._tls else 'http'}://{shown}:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def stop(self) -> None:
        """Cut every connection, also those that hang, and stop listening. Again is no harm."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._wake_writer.send(b"x")
        if self._acceptor.ident is not None:
            self._acceptor.join(_JOIN_SECONDS)
        with self._lock:
            connections, threads = list(self._open.values()), list(self._threads)
        for connection in connections:
            _shut(connection)
        for thread in threads:
            thread.join(_JOIN_SECONDS)
        for each in (self._listener, self._wake_reader, self._wake_writer):
            each.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not self.stopping.is_set():
                ready = [key.fileobj for key, _events in selector.select()]
                if self._listener not in ready or self.stopping.is_set():
                    continue
                try:
                    connection, address = self._listener.accept()
                except OSError:
                    # The client has gone again already.
                    continue
                number = next(self._numbers)
                serve = (number, connection, address[0])
                thread = threading.Thread(target=self._serve, args=serve, name=f"sandbox-{number}", daemon=True)
                with self._lock:
                    self._open[number] = connection
                    self._threads.add(thread)
                thread.start()

    def _serve(self, number: int, connection: socket.socket, peer: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open[number] = connection
            _Connection(connection, (peer, number), self)
        except OSError:
            # Clients may go at any moment, and stop() shuts sockets under the threads that use them.
            pass
        finally:
            with self._lock:
                del self._open[number]
                self._threads.discard(threading.current_thread())
            _shut(connection)
            connection.close()


def _tls_context(cert_file: str, key_file: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert_file, key_file)
    except OSError as error:
        raise ValueError(f"cert_file: {cert_file} cannot be used ({error})") from error
    return context


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    """One connection's requests, one after the other. Its constructor runs until the connection ends."""

    protocol_version = "HTTP/1.1"
    server: Any

    def __init__(self, connection: Any, client_address: tuple[str, int], server: Server) -> None:
        super().__init__(connection, client_address, server)  # type: ignore[arg-type]

    def log_message(self, *_arguments: Any) -> None:  # pylint: disable=arguments-differ
        """Nothing on stderr: the sandbox keeps its own log."""

    def _answer(self) -> None:
        length_text = self.headers.get("Content-Length") or "0"
        if not length_text.isdigit() or "Transfer-Encoding" in self.headers:
            self.send_error(411)
            return
        peer, number = self.client_address[:2]
        request = HttpRequest(
            connection=number,
            peer=peer,
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length_text)),
        )
        reply = self.server.handle(request)
        if self.server.stopping.is_set():
            reply = Reply(delivery="close")
        getattr(self, f"_deliver_{reply.delivery}")(reply)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = _answer

    def _head(self, reply: Reply, framing: tuple[str, str]) -> bytes:
        lines = [f"{self.protocol_version} {reply.status} {self.responses.get(reply.status, ('Unknown', ''))[0]}"]
        headers = {"Content-Type": "application/json; charset=UTF-8", **reply.headers, framing[0]: framing[1]}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _deliver_whole(self, reply: Reply) -> None:
        body = b"" if self.command == "HEAD" else reply.body
        # One send for head and body: two small packets would make the second wait for the first one's acknowledgement.
        self.wfile.write(self._head(reply, ("Content-Length", str(len(reply.body)))) + body)

    def _deliver_close(self, _reply: Reply) -> None:
        self.close_connection = True

    def _deliver_reset(self, _reply: Reply) -> None:
        self.close_connection = True
        # Closing with a linger time of zero sends RST in place of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _deliver_truncated(self, reply: Reply) -> None:
        self.wfile.write(self._head(reply, ("Content-Length", str(2 * len(reply.body) + 1))) + reply.body)
        self.close_connection = True

    def _deliver_drip(self, reply: Reply) -> None:
        self.wfile.write(self._head(reply, ("Content-Length", str(len(reply.body)))))
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            if self.server.stopping.wait(reply.pause):
                self.close_connection = True
                return

    def _deliver_endless(self, reply: Reply) -> None:
        self.close_connection = True
        self.wfile.write(self._head(reply, ("Transfer-Encoding", "chunked")))
        chunk = reply.body or b" "
        while not self.server.stopping.wait(reply.pause):
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")

"""A real gateway on loopback: it keeps what it is asked and answers as it is told to."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Counter:
    """`say`: the answers to the next requests, in turn, the last for all that follow: a status, a
    body and, if any, headers; "hang" or "hang up"."""

    url: str = ""
    say: list[Any] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def next(self) -> Any:
        return self.say.pop(0) if len(self.say) > 1 else self.say[0]


@contextmanager
def sms_server(*say: Any, certificate: Path | None = None) -> Iterator[Counter]:
    """`certificate`: with its key in one file, where it speaks TLS."""
    counter = Counter(say=list(say))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            counter.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            said = counter.next()
            if said == "hang":
                time.sleep(1.0)
            if isinstance(said, str):
                self.close_connection = True
                return
            status, content, *headers = said
            answer = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(answer)))
            for name, text in (headers[0] if headers else {}).items():
                self.send_header(name, text)
            if status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET = do_PUT = _answer  # noqa: N815 - named by the library

        def log_message(self, *_: Any) -> None:
            """Tests read what was asked, not a log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    counter.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    try:
        yield counter
    finally:
        server.shutdown()
        server.server_close()

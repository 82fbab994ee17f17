"""One reader: a connection that is kept, and what the server says its own part of each answer took."""

import re
from dataclasses import dataclass
from http.client import HTTPConnection
from types import TracebackType
from typing import Self

from bench.ground import HOST


@dataclass(frozen=True)
class Answer:
    """`server_ms`: from the application's first line to its last, as it says in `Server-Timing`."""

    status: int
    body: bytes
    server_ms: float


class Client:
    """`with Client(port, headers) as client:` every request carries the headers."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=60)
        self._headers = headers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        content = answer.read()
        timing = re.search(r"dur=([0-9.]+)", answer.headers.get("Server-Timing", ""))
        assert timing, f"{method} {path}: {answer.status} without Server-Timing"
        return Answer(answer.status, content, float(timing.group(1)))

    def get(self, path: str) -> Answer:
        answer = self.send("GET", path)
        assert answer.status == 200, (path, answer.status, answer.body[:300])
        return answer

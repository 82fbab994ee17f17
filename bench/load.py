"""A bounded HTTP load from this machine to this machine: n clients with a connection each, one request at a time."""

import multiprocessing
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What a run measured: answers by status, answers a second, latencies in milliseconds."""

    statuses: Counter[int]
    rate: float
    p50: float
    p95: float
    p99: float

    def __str__(self) -> str:
        said = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.rate:8.0f}/s   p50 {self.p50:6.2f} ms   p95 {self.p95:6.2f} ms   p99 {self.p99:6.2f} ms   ({said})"


def figures(latencies: Sequence[float], statuses: Counter[int], seconds: float) -> Figures:
    cuts = statistics.quantiles(latencies, n=100)
    return Figures(statuses, len(latencies) / seconds, cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000)


def request(host: str, port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST on a connection that is kept."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _answer(connection: socket.socket) -> int:
    """Read one answer; its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head[9:12])


def _client(host: str, port: int, requests: Sequence[bytes], latencies: list[float], statuses: Counter[int]) -> None:
    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for message in requests:
        started = time.perf_counter()
        connection.sendall(message)
        status = _answer(connection)
        latencies.append(time.perf_counter() - started)
        statuses[status] += 1
    connection.close()


def _process(host: str, port: int, batches: list[list[bytes]], out: "multiprocessing.Queue[object]") -> None:
    latencies: list[list[float]] = [[] for _ in batches]
    statuses: list[Counter[int]] = [Counter() for _ in batches]
    threads = [
        threading.Thread(target=_client, args=(host, port, batch, latencies[n], statuses[n]))
        for n, batch in enumerate(batches)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put((time.perf_counter() - started, sum(latencies, []), sum(statuses, Counter())))


def run(host: str, port: int, requests: Sequence[bytes], *, clients: int = 16) -> Figures:
    """Send all `requests`, shared out among `clients`, from a process of its own."""
    assert host in ("127.0.0.1", "localhost"), "a load test stays on this machine"
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[object] = context.Queue()
    batches = [list(requests[n::clients]) for n in range(clients)]
    worker = context.Process(target=_process, args=(host, port, batches, out))
    worker.start()
    seconds, latencies, statuses = out.get()  # type: ignore[misc]
    worker.join()
    return figures(latencies, statuses, seconds)


def timed(action: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Median and worst of `repeat` calls, in milliseconds; the first call warms up and does not count."""
    action()
    taken = []
    for _ in range(repeat):
        started = time.perf_counter()
        action()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), max(taken)

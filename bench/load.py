"""A bounded load from this machine on this machine: n clients with a connection each, one request at a time."""

import itertools
import multiprocessing
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

CLIENTS = 16
#: a load process that has not answered by then has failed
LONGEST = 600.0


@dataclass(frozen=True)
class Figures:
    """What a run measured: answers by status, answers a second, latencies in milliseconds."""

    statuses: Counter[int]
    rate: float
    p50: float
    p95: float
    p99: float

    def as_json(self) -> dict[str, float]:
        return {"rate": self.rate, "p50": self.p50, "p95": self.p95, "p99": self.p99}


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
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        rest += chunk
    return int(head[9:12])


class _Http:
    """A client on a connection of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = socket.create_connection((host, port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, message: bytes) -> int:
        self._connection.sendall(message)
        return _answer(self._connection)

    def close(self) -> None:
        self._connection.close()


class _Sql:
    """A client of the database: one row inserted and committed at a time, with a prepared statement."""

    def __init__(self, url: str, statement: bytes) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._statement = statement

    def __call__(self, row: tuple[object, ...]) -> int:
        done = self._connection.execute(self._statement, row, prepare=True)
        return 201 if done.rowcount else 409

    def close(self) -> None:
        self._connection.close()


def _send(client: "_Http | _Sql", messages: Sequence[object], latencies: list[float], statuses: Counter[int]) -> None:
    for message in messages:
        started = time.perf_counter()
        status = client(message)  # type: ignore[arg-type]
        latencies.append(time.perf_counter() - started)
        statuses[status] += 1


def _process(kind: str, arguments: tuple[object, ...], batches: list[list[object]], ready: object, out: object) -> None:
    clients = [(_Http if kind == "http" else _Sql)(*arguments) for _ in batches]  # type: ignore[arg-type]
    latencies: list[list[float]] = [[] for _ in batches]
    statuses: list[Counter[int]] = [Counter() for _ in batches]
    threads = [
        threading.Thread(target=_send, args=(client, batch, latencies[n], statuses[n]))
        for n, (client, batch) in enumerate(zip(clients, batches, strict=True))
    ]
    ready.wait(LONGEST)  # type: ignore[attr-defined]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    for client in clients:
        client.close()
    out.put((started, ended, list(itertools.chain(*latencies)), sum(statuses, Counter())))  # type: ignore[attr-defined]


def _run(kind: str, arguments: tuple[object, ...], messages: Sequence[object], processes: int) -> Figures:
    """Share the messages out among the clients, those among processes; all begin at the same moment."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    ready = context.Barrier(processes)
    batches = [list(messages[n::CLIENTS]) for n in range(CLIENTS)]
    workers = [
        context.Process(target=_process, args=(kind, arguments, batches[n::processes], ready, out), daemon=True)
        for n in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [out.get(timeout=LONGEST) for _ in workers]
    for worker in workers:
        worker.join()
    seconds = max(ended for _, ended, _, _ in found) - min(started for started, _, _, _ in found)
    latencies = list(itertools.chain(*(each for _, _, each, _ in found)))
    return figures(latencies, sum((each for _, _, _, each in found), Counter()), seconds)


def over_http(host: str, port: int, requests: Sequence[bytes]) -> Figures:
    """Send all requests from 16 connections of one process."""
    assert host in ("127.0.0.1", "localhost"), "a load test stays on this machine"
    return _run("http", (host, port), requests, processes=1)


def by_driver(url: str, statement: bytes, rows: Sequence[tuple[object, ...]]) -> Figures:
    """Insert all rows over 16 connections of two processes (as many as the web server has), each row a transaction."""
    return _run("sql", (url, statement), rows, processes=2)


def timed(action: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started

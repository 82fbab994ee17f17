"""Many callers, few studios and little kit: what they are told, how fast, and whether two ever had the same.

Each caller books at random, often in vain, moves and cancels what it got: there is always something to fight for.
"""

import json
import multiprocessing
import random
import statistics
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import psycopg

from bench.data import House
from bench.figures import Line
from bench.ground import HOST, Database, Ground

CLIENTS = 24
PROCESSES = 2
STUDIOS = 10
CAMERAS = 12
ATTEMPTS = 6_000
#: half-hours of one night that everybody wants
SLOTS = 24
#: what of its own bookings a caller keeps before it gives one up
KEPT = 5
LONGEST = 3_600.0

# Every pair of live holds of one resource that share an instant, found without the constraint's help.
OVERLAPS = b"""
select count(*) from allocations a join allocations b
  on b.resource_id = a.resource_id and b.id > a.id and b.live and a.during && b.during
where a.live
"""


@dataclass
class Told:
    """What callers were told: answers by deed and status, and the latencies of refusals and successes in seconds."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    refused: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Told") -> None:
        self.answers += other.answers
        self.refused += other.refused
        self.done += other.done
        self.seconds = max(self.seconds, other.seconds)

    @property
    def attempts(self) -> int:
        return sum(number for (deed, _), number in self.answers.items() if deed != "cancel")

    @property
    def faults(self) -> int:
        """Answers that nobody should get: 5xx, a contention given up on among them."""
        return sum(number for (_, status), number in self.answers.items() if status >= 500)

    @property
    def strange(self) -> dict[tuple[str, int], int]:
        """Answers that are neither success nor refusal."""
        return {key: number for key, number in self.answers.items() if key[1] not in (200, 201, 409)}


@dataclass(frozen=True)
class Field:
    """What is fought for, and with which tokens."""

    port: int
    studios: list[str]
    tokens: list[str]
    first: str
    kit: str


def prepare(database: Database, house: House) -> list[str]:
    """Give the house's base a kind of camera with few units; the ids of the studios that are fought for."""
    with psycopg.connect(database.superuser, autocommit=True) as db:
        db.execute(
            "with kind as (insert into equipment_kinds (base_id, code, name, created_at)"
            " values (%s, 'camera', '相机', now()) returning id, base_id),"
            " unit as (insert into resources (kind, base_id) select 'unit', base_id from kind, generate_series(1, %s)"
            " returning id, base_id)"
            " insert into equipment_units (id, base_id, kind_id, tag, created_at)"
            " select unit.id, unit.base_id, kind.id, 'C' || row_number() over (), now() from unit, kind",
            (house.base_id, CAMERAS),
        )
    return [str(studio) for studio in house.studios[:STUDIOS]]


def fight(ground: Ground, database: Database, house: House, *, attempts: int, seconds: float = LONGEST) -> Told:
    """So many attempts by 24 callers, or as many as the seconds allow."""
    studios = prepare(database, house)
    night = (datetime.now(UTC) + timedelta(days=400)).replace(hour=12, minute=0, second=0, microsecond=0)
    told = Told()
    with ground.serving(database) as port:
        field_ = Field(port, studios, [caller.token for caller in house.callers], night.isoformat(), "camera")
        context = multiprocessing.get_context("spawn")
        out = context.Queue()
        each = attempts // CLIENTS
        workers = [
            context.Process(target=_process, args=(field_, number, each, seconds, out), daemon=True)
            for number in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        for _ in workers:
            told.add(out.get(timeout=seconds + 120))
        for worker in workers:
            worker.join()
    return told


def overlaps(database: Database) -> int:
    with psycopg.connect(database.superuser, autocommit=True) as db:
        row = db.execute(OVERLAPS).fetchone()
    assert row
    return int(row[0])


def _process(field_: Field, number: int, attempts: int, seconds: float, out: Any) -> None:
    callers = [Told() for _ in range(CLIENTS // PROCESSES)]
    started = time.monotonic()
    threads = [
        threading.Thread(target=_call, args=(field_, number * 1_000 + n, attempts, started + seconds, told))
        for n, told in enumerate(callers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = Told(seconds=time.monotonic() - started)
    for told in callers:
        together.add(told)
    out.put(together)


def _call(field_: Field, seed: int, attempts: int, until: float, told: Told) -> None:
    """One caller: a connection, a token, and what it holds."""
    chance = random.Random(seed)  # noqa: S311 (a load, not a secret)
    token = field_.tokens[seed % len(field_.tokens)]
    connection = HTTPConnection(HOST, field_.port, timeout=60)
    mine: list[str] = []
    for _ in range(attempts):
        if time.monotonic() > until:
            break
        if mine and (len(mine) >= KEPT or chance.random() < 0.2):
            _send(connection, token, f"/bookings/{mine.pop(0)}/cancellation", {}, "cancel", told)
        wish = _wish(field_, chance)
        if mine and chance.random() < 0.3:
            chosen = chance.choice(mine)
            _send(connection, token, f"/bookings/{chosen}/move", wish, "move", told)
            continue
        made = _send(connection, token, "/bookings", wish | {"title": "晚八点专场"}, "book", told)
        if made:
            mine.append(made)
    connection.close()


def _wish(field_: Field, chance: random.Random) -> dict[str, Any]:
    start = datetime.fromisoformat(field_.first) + timedelta(minutes=30 * chance.randrange(SLOTS))
    wish: dict[str, Any] = {
        "studio_id": chance.choice(field_.studios),
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30 * chance.randint(1, 6))).isoformat(),
    }
    cameras = chance.randrange(4)
    return wish | ({"equipment": [{"kind": field_.kit, "quantity": cameras}]} if cameras else {})


def _send(connection: HTTPConnection, token: str, path: str, body: dict[str, Any], deed: str, told: Told) -> str | None:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    started = time.perf_counter()
    connection.request("POST", f"/api/v1{path}", json.dumps(body).encode(), headers)
    answer = connection.getresponse()
    content = answer.read()
    took = time.perf_counter() - started
    told.answers[deed, answer.status] += 1
    if deed != "cancel":
        (told.refused if answer.status == 409 else told.done).append(took)
    return str(json.loads(content)["id"]) if deed == "book" and answer.status == 201 else None


def measure(ground: Ground, database: Database, house: House, *, quick: bool) -> tuple[list[Line], dict[str, Any]]:
    """A race over 10 studios with kit."""
    told = fight(ground, database, house, attempts=ATTEMPTS // 5 if quick else ATTEMPTS)
    assert not told.strange or told.faults, told.strange
    found = overlaps(database)
    refused = statistics.quantiles(told.refused, n=100)
    return [
        Line(f"race of {CLIENTS} callers over {STUDIOS} studios and {CAMERAS} cameras: refusals p50 / p99",
             f"{refused[49] * 1000:.0f} / {refused[98] * 1000:.0f} ms"),
        Line("  … attempts, of them refused", f"{told.attempts:,}, {len(told.refused):,}"),
        Line("  … attempts a second", f"{told.attempts / told.seconds:,.0f}/s"),
        Line("  … overlaps; deadlocks and other faults that reached a caller", f"{found}; {told.faults}", "", None,
             "0; 0", found == 0 and told.faults == 0),
    ], {
        "attempts": told.attempts,
        "answers": {f"{deed} {status}": number for (deed, status), number in sorted(told.answers.items())},
        "refused_ms": {"p50": refused[49] * 1000, "p99": refused[98] * 1000},
        "overlaps": found,
        "faults": told.faults,
    }  # fmt: skip

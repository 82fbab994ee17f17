"""Booking over the API, beside a bare Flask view and bare psycopg: the same rows under the same constraint."""

import json
import statistics
import uuid
from datetime import datetime
from typing import Any

from bench import load
from bench.client import Client
from bench.data import CLEAN, House
from bench.figures import Line
from bench.ground import HOST, Database, Ground

ROUNDS = 5
REQUESTS = 2_000
INSERT = b"""
insert into bare_rows (resource_id, during, title) values (%s, tstzrange(%s, %s), %s)
on conflict do nothing
"""
TITLE = "晚八点专场"


class Rows:
    """Free times of the house, handed out once each."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._next = 0

    def take(self, number: int) -> list[tuple[int, datetime, datetime]]:
        found = [self._house.gap(n) for n in range(self._next, self._next + number)]
        self._next += number
        return found


def measure(ground: Ground, database: Database, house: House, *, quick: bool) -> tuple[list[Line], dict[str, Any]]:
    """Rounds of all three, one after the other; ratios are taken within a round, and their median counts."""
    rows = Rows(house)
    requests = REQUESTS // 5 if quick else REQUESTS
    found: dict[str, list[load.Figures]] = {"driver": [], "bare": [], "ours": []}
    with ground.serving(database) as ours, ground.serving(database, "bench.bare_app:app") as bare:
        for round_ in range(ROUNDS + 1):
            taken = rows.take(requests)
            measured = {
                "driver": load.by_driver(database.app, INSERT, [_row(house, row) for row in taken]),
                "bare": load.over_http(HOST, bare, [_bare_request(bare, house, row) for row in taken]),
                "ours": load.over_http(HOST, ours, [_request(ours, house, row) for row in taken]),
            }
            for name, figures in measured.items():
                assert figures.statuses == {201: requests}, (name, figures.statuses)
                if round_:  # the first warms up
                    found[name].append(figures)
        sent = ground.statements(database, lambda: _book_one(ours, house, rows.take(1)[0]))
    medians = {name: _median(rounds) for name, rounds in found.items()}
    ratios = {
        name: statistics.median(mine.rate / other.rate for mine, other in zip(found["ours"], found[name], strict=True))
        for name in ("bare", "driver")
    }
    ours_said = _said(medians["ours"])
    return [
        Line("POST /bookings, 16 clients: beside a bare Flask view", ours_said, _said(medians["bare"]),
             ratios["bare"], "≥ 0.25", ratios["bare"] >= 0.25),
        Line("  … beside bare psycopg", ours_said, _said(medians["driver"]), ratios["driver"]),
        Line("  p50 / p95 / p99", _waits(medians["ours"]), _waits(medians["bare"])),
        Line("  statements of a booking, BEGIN and COMMIT too", str(sent), "3"),
    ], {
        "ratio_to_bare_flask": ratios["bare"],
        "ratio_to_bare_psycopg": ratios["driver"],
        "statements": sent,
        "rounds": {name: [figures.as_json() for figures in rounds] for name, rounds in found.items()},
    }  # fmt: skip


def _median(rounds: list[load.Figures]) -> load.Figures:
    """The median of each figure over the rounds."""
    rate, p50, p95, p99 = (
        statistics.median(getattr(figures, name) for figures in rounds) for name in ("rate", "p50", "p95", "p99")
    )
    return load.Figures(rounds[0].statuses, rate, p50, p95, p99)


def _said(figures: load.Figures) -> str:
    return f"{figures.rate:,.0f}/s"


def _waits(figures: load.Figures) -> str:
    return f"{figures.p50:.1f} / {figures.p95:.1f} / {figures.p99:.1f} ms"


def _row(house: House, row: tuple[int, datetime, datetime]) -> tuple[object, ...]:
    studio, start, end = row
    return house.studios[studio], start, end + CLEAN, TITLE


def _body(house: House, row: tuple[int, datetime, datetime], *, clean: bool) -> bytes:
    studio, start, end = row
    until = end + CLEAN if clean else end
    wanted = {"studio_id": str(house.studios[studio]), "start": start.isoformat(), "end": until.isoformat()}
    return json.dumps(wanted | {"title": TITLE}).encode()


def _bare_request(port: int, house: House, row: tuple[int, datetime, datetime]) -> bytes:
    return load.request(HOST, port, "/bookings", {}, _body(house, row, clean=True))


def _request(port: int, house: House, row: tuple[int, datetime, datetime]) -> bytes:
    caller = house.callers[row[0] % len(house.callers)]
    headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": str(uuid.uuid4())}
    return load.request(HOST, port, "/api/v1/bookings", headers, _body(house, row, clean=False))


def _book_one(port: int, house: House, row: tuple[int, datetime, datetime]) -> None:
    token = house.callers[row[0] % len(house.callers)].token
    with Client(port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}) as client:
        body = _body(house, row, clean=False)
        assert client.send("POST", "/api/v1/bookings", body, Idempotency_Key=str(uuid.uuid4())).status == 201

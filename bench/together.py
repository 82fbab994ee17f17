"""Everything a session needs, together: a year of nights in one request, and who is free with kit, beside bare SQL."""

import json
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench import load
from bench.client import Client
from bench.data import House
from bench.figures import Line
from bench.ground import Database, Ground

REPEAT = 200
SERIES = 7
NIGHTS = 365

# The least that is right on this data: what `bench.reading.BARE` asks, and how many cameras are free in each studio.
BARE = b"""
with busy as materialized (
  select resource_id from allocations
  where live and base_id = %(base)s and during && tstzrange(%(start)s, %(end)s::timestamptz + interval '30 minutes')
), cameras as materialized (
  select u.fixed_to, count(*) as free from equipment_units u join equipment_kinds k on k.id = u.kind_id
  where k.base_id = %(base)s and k.code = 'tripod' and u.id not in (
    select resource_id from allocations
    where live and base_id = %(base)s and during && tstzrange(%(start)s, %(end)s))
  group by u.fixed_to
)
select s.id, s.code, s.name, s.scene, s.area_m2, s.buffer_minutes from spaces s
left join cameras carried on carried.fixed_to is null left join cameras built_in on built_in.fixed_to = s.id
where s.base_id = %(base)s and s.kind = 'studio' and s.in_service @> %(start)s::date
  and not exists (select from outages o where o.base_id = s.base_id and o.during && tstzrange(%(start)s, %(end)s)
                  and o.cancelled_at is null and (o.resource_id is null or o.resource_id = s.id))
  and s.id not in (select resource_id from busy)
  and coalesce(carried.free, 0) + coalesce(built_in.free, 0) >= 2
order by s.code
"""

# One unit that can be carried, and one built into every third studio: two are free in every third one.
UNITS = """
with kind as (
  insert into equipment_kinds (base_id, code, name, created_at) values (%(base)s, 'tripod', '三脚架', now())
  returning id, base_id
), places as (
  select null::uuid as space_id union all
  select id from (select id, row_number() over (order by code) as n from spaces where base_id = %(base)s) s
  where n %% 3 = 0
), unit as (
  insert into resources (id, kind, base_id) select uuidv7(), 'unit', base_id from kind, places returning id
), numbered as (
  select id, row_number() over () as n from unit
), placed as (
  select space_id, row_number() over () as n from places
)
insert into equipment_units (id, base_id, kind_id, tag, fixed_to, created_at)
select numbered.id, kind.base_id, kind.id, 'T' || n, placed.space_id, now()
from numbered join placed using (n), kind
"""


def measure(ground: Ground, database: Database, house: House) -> tuple[list[Line], dict[str, Any]]:
    """Availability of two tripods in 1,000 studios, ours and bare SQL in turn; then series over the API."""
    with psycopg.connect(database.superuser, autocommit=True) as db:
        db.execute(UNITS, {"base": house.base_id})
        db.execute("vacuum analyze equipment_units")
    headers = {"Authorization": f"Bearer {house.callers[0].token}", "Content-Type": "application/json"}
    with (
        ground.serving(database) as port,
        Client(port, headers) as client,
        psycopg.connect(database.superuser, autocommit=True) as db,
    ):
        free = _availability(client, db, house)
        series = _series(client, house)
    ratio = statistics.median(free["ours"]) / statistics.median(free["bare"])
    took = statistics.median(series)
    return [
        Line("GET /availability with two of a kind, 1,000 studios: beside the bare SQL",
             f"{statistics.median(free['ours']):.2f} ms", f"{statistics.median(free['bare']):.2f} ms", ratio),
        Line(f"POST /booking-series, {NIGHTS} nights in one request", f"{took:.0f} ms", "", None, "≤ 1,000 ms",
             took <= 1_000),
    ], {"with_kit_ms": free, "series_ms": series}  # fmt: skip


def _availability(client: Client, db: "psycopg.Connection[Any]", house: House) -> dict[str, list[float]]:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=30, second=0, microsecond=0)
    end = start + timedelta(hours=1)
    asked = {"base": "BENCH", "start": start.isoformat(), "end": end.isoformat(), "equipment": "tripod:2"}
    path = f"/api/v1/availability?{urlencode(asked)}"
    values = {"base": house.base_id, "start": start, "end": end}
    free = {item["code"] for item in json.loads(client.get(path).body)["items"]}
    assert free, "a third of one studio in four"
    assert free == {row[1] for row in db.execute(BARE, values)}, "both find the same studios"
    ours, bare = [], []
    for _ in range(REPEAT):
        bare.append(load.timed(lambda: db.execute(BARE, values, prepare=True).fetchall()) * 1000)
        ours.append(client.get(path).server_ms)
    return {"ours": ours[REPEAT // 10 :], "bare": bare[REPEAT // 10 :]}


def _series(client: Client, house: House) -> list[float]:
    """Years of nights, each in a studio of its own, past all that is booked."""
    first = (datetime.now(UTC) + timedelta(days=500)).replace(hour=12, minute=0, second=0, microsecond=0)
    found = []
    for number in range(SERIES):
        body = {
            "studio_id": str(house.studios[-1 - number]),
            "start": first.isoformat(),
            "end": (first + timedelta(hours=6)).isoformat(),
            "rrule": f"FREQ=DAILY;COUNT={NIGHTS}",
            "timezone": "Asia/Shanghai",
            "title": "每晚八点",
        }
        answer = client.send("POST", "/api/v1/booking-series", json.dumps(body).encode())
        assert answer.status == 201, answer.body[:300]
        assert len(json.loads(answer.body)["bookings"]) == NIGHTS
        found.append(answer.server_ms)
    return found

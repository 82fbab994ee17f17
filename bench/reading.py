"""What is read most: free studios in a window, beside the bare SQL for it, and a day of 200 studios as a timeline."""

import json
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench import load
from bench.client import Client
from bench.data import DAY_STUDIOS, STUDIOS, House, operator_of
from bench.figures import Line
from bench.ground import Database, Ground

REPEAT = 300

# The least that is right on this data: in service, nothing closed, free through the clean-down after it, by code. No
# row-level security, no caller, no opening hours, no leases.
BARE = b"""
select s.id, s.code, s.name, s.scene, s.area_m2, s.buffer_minutes from spaces s
where s.base_id = %s and s.kind = 'studio' and s.in_service @> %s::date
  and not exists (select from outages o where o.base_id = s.base_id and o.during && tstzrange(%s, %s)
                  and o.cancelled_at is null and (o.resource_id is null or o.resource_id = s.id))
  and s.id not in (select resource_id from allocations
                   where live and base_id = %s
                     and during && tstzrange(%s, %s::timestamptz + interval '30 minutes'))
order by s.code
"""


def availability(ground: Ground, database: Database, house: House) -> tuple[list[Line], dict[str, Any]]:
    """An hour tomorrow among 1,000 studios, three in four of them taken. Ours and the bare SQL in turn."""
    start = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=30, second=0, microsecond=0)
    end = start + timedelta(hours=1)
    asked = urlencode({"base": "BENCH", "start": start.isoformat(), "end": end.isoformat()})
    path = f"/api/v1/availability?{asked}"
    values = (house.base_id, start.date(), start, end, house.base_id, start, end)
    ours, bare = [], []
    headers = {"Authorization": f"Bearer {house.callers[0].token}"}
    with (
        ground.serving(database) as port,
        Client(port, headers) as client,
        psycopg.connect(database.superuser, autocommit=True) as db,
    ):
        free = {item["code"] for item in json.loads(client.get(path).body)["items"]}
        assert free, "one studio in four"
        assert free == {row[1] for row in db.execute(BARE, values)}, "both find the same studios"
        for number in range(REPEAT):
            bare_ms = load.timed(lambda: db.execute(BARE, values, prepare=True).fetchall()) * 1000
            answer = client.get(path)
            if number >= REPEAT // 10:
                ours.append(answer.server_ms)
                bare.append(bare_ms)
        statements = ground.statements(database, lambda: client.get(path))
    ratio = statistics.median(ours) / statistics.median(bare)
    median = statistics.median(ours)
    return [
        Line(f"GET /availability, {STUDIOS:,} studios: beside the bare SQL", f"{median:.2f} ms",
             f"{statistics.median(bare):.2f} ms", ratio, "≤ 4", ratio <= 4),
        Line("  … absolute", f"{median:.2f} ms", "", None, "≤ 3 ms", median <= 3),
        Line("  … answer, statements", f"{len(free)} free, {len(answer.body) / 1024:.0f} KB, {statements}"),
    ], {
        "server_ms": _spread(ours),
        "bare_sql_ms": _spread(bare),
        "ratio": ratio,
        "free": len(free),
        "statements": statements,
    }  # fmt: skip


def timeline(ground: Ground, database: Database) -> tuple[list[Line], dict[str, Any]]:
    """Today at the base of 200 studios, six bookings each, as its operator sees it: the feed and the page around it."""
    cookie = operator_of(database.superuser, "DAY")
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = urlencode({"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()})
    feed_path, page_path = f"/timeline/feed?{window}", f"/timeline?date={start:%Y-%m-%d}"
    feeds, pages = [], []
    with ground.serving(database) as port, Client(port, {"Cookie": f"shared_base={cookie}"}) as client:
        for number in range(REPEAT // 3):
            feed, page = client.get(feed_path), client.get(page_path)
            if number >= REPEAT // 30:
                feeds.append(feed.server_ms)
                pages.append(page.server_ms)
        statements = {
            "feed": ground.statements(database, lambda: client.get(feed_path)),
            "page": ground.statements(database, lambda: client.get(page_path)),
        }
    told = json.loads(feed.body)
    assert len(told["studios"]) == DAY_STUDIOS
    median = statistics.median(feeds)
    return [
        Line(f"timeline, a day of {DAY_STUDIOS} studios, {len(told['bookings']):,} bookings: the feed",
             f"{median:.2f} ms", "", None, "≤ 8 ms", median <= 8),
        Line("  … weight, statements", f"{len(feed.body) / 1024:.0f} KB, {statements['feed']}"),
        Line("  … the page around it", f"{statistics.median(pages):.2f} ms",
             f"{len(page.body) / 1024:.0f} KB, {statements['page']} statements"),
    ], {
        "feed_ms": _spread(feeds),
        "page_ms": _spread(pages),
        "feed_bytes": len(feed.body),
        "page_bytes": len(page.body),
        "bookings": len(told["bookings"]),
        "statements": statements,
    }  # fmt: skip


def _spread(milliseconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(milliseconds, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}

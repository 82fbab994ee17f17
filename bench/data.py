"""The data that is measured on: one base, 1,000 studios, a million bookings, put in by set-based SQL as the owner.

Rows are written around row-level security and triggers of the product on purpose: what is measured is what comes after.
"""

import time
from dataclasses import dataclass
from uuid import UUID

import psycopg

STUDIOS = 1_000
BOOKINGS = 1_000_000
#: each studio's bookings stand every four hours from here on, three hours long: free gaps between all of them
FIRST = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Loaded:
    base_id: UUID
    tenant_id: UUID
    rows: int
    seconds: float


def load(superuser_url: str, *, studios: int = STUDIOS, bookings: int = BOOKINGS) -> Loaded:
    """Fill an empty, migrated database; also a bare table with the same allocations under the same constraint."""
    started = time.perf_counter()
    each = bookings // studios
    with psycopg.connect(superuser_url, autocommit=True) as db:
        db.execute("set session_replication_role = replica; set synchronous_commit = off")
        base_id, tenant_id = db.execute("select uuidv7(), uuidv7()").fetchone() or (None, None)
        db.execute(
            "insert into bases (id, code, name, tier, division_code, lettable_area_m2, reports_from, created_at)"
            " values (%s, 'BENCH', 'Bench', 'large', '230102', 100000, '2026-01-01', %s)",
            (base_id, FIRST),
        )
        db.execute(
            "insert into opening_hours (base_id, valid, opens_minute, closes_minute) values (%s, '(,)', 0, 1440)",
            (base_id,),
        )
        db.execute(
            "insert into tenants (id, uscc, name, kind, created_at) values (%s, '914403001922038216', 'Bench', 'mcn', %s)",
            (tenant_id, FIRST),
        )
        db.execute("insert into admissions values (%s, %s, %s)", (tenant_id, base_id, FIRST))
        db.execute(
            "insert into resources (kind, base_id) select 'space', %s from generate_series(1, %s)", (base_id, studios)
        )
        db.execute(
            "insert into spaces (id, base_id, code, name, kind, area_m2, scene, in_service, created_at)"
            " select id, base_id, 'S' || lpad(n::text, 4, '0'), 'Studio ' || n, 'studio', 20 + n %% 60,"
            " (array['美妆', '服装', '食品', '绿幕'])[n %% 4 + 1], '[2020-01-01,)', %s"
            " from (select id, base_id, row_number() over (order by id) n from resources) r",
            (FIRST,),
        )
        db.execute(
            """
            insert into bookings (code, base_id, studio_id, tenant_id, title, during, state, created_at, changed_at)
            select 'BK-' || lpad(upper(to_hex(row_number() over ())), 8, '0'), %(base)s, s.id, %(tenant)s, 'bench',
                   tstzrange(t, t + interval '3 hours'), 'confirmed', %(first)s, %(first)s
            from (select id from spaces order by id) s
            cross join lateral (
              select %(first)s::timestamptz + make_interval(hours => 4 * k) as t from generate_series(0, %(each)s - 1) k
            ) slots
            """,
            {"base": base_id, "tenant": tenant_id, "first": FIRST, "each": each},
        )
        db.execute(
            "insert into allocations (resource_id, booking_id, tenant_id, base_id, during)"
            " select studio_id, id, tenant_id, base_id, during from bookings"
        )
        db.execute(
            """
            create table bare_bookings (
              id uuid primary key default uuidv7(), resource_id uuid not null, during tstzrange not null, title text,
              constraint bare_never_two_at_once exclude using gist (resource_id with =, during with &&))
            """
        )
        db.execute("insert into bare_bookings (resource_id, during, title) select studio_id, during, title from bookings")
        db.execute("vacuum analyze")
        db.execute("checkpoint")
    assert base_id is not None
    return Loaded(base_id, tenant_id, each * studios, time.perf_counter() - started)

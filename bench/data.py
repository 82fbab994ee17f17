"""The data that is measured on, put in by set-based SQL as the superuser.

Rows are written around row-level security, triggers and foreign keys on purpose: what is measured comes after. Indexes
are built when the rows are in, which takes a third of the time.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from stdnum.cn import uscc

STUDIOS = 1_000
BOOKINGS = 1_000_000
TENANTS = 50
#: bases beside it whose day is shown as a timeline: DAY with six bookings a studio, BUSY with ten
DAY_STUDIOS = 200

# Each studio's week: two hours on air and half an hour of clean-down in every four, neighbours an hour later each. What
# is left holds one booking of an hour and its clean-down exactly: new rows go in between the old ones.
PERIOD = timedelta(hours=4)
ON_AIR = timedelta(hours=2)
CLEAN = timedelta(minutes=30)
NEW = timedelta(hours=1)
BUSY_PERIOD = timedelta(minutes=144)
BUSY_ON_AIR = timedelta(minutes=84)


@dataclass(frozen=True)
class Caller:
    """A tenant's scheduler with an API token."""

    tenant_id: UUID
    token: str


@dataclass(frozen=True)
class House:
    """The loaded base: its studios in order, its callers, and where its free time lies."""

    base_id: UUID
    studios: list[UUID]
    callers: list[Caller]
    operator_cookie: str
    first: datetime
    first_gap: int
    rows: int
    seconds: float

    def gap(self, number: int) -> tuple[int, datetime, datetime]:
        """Studio, start and end of the free time `number`: each number another one, none of them past."""
        round_, place = divmod(number, len(self.studios))
        studio = place * 7_919 % len(self.studios)
        start = self.first + PERIOD * (self.first_gap + round_) + timedelta(hours=studio % 4) + ON_AIR + CLEAN
        return studio, start, start + NEW


Db = psycopg.Connection[tuple[Any, ...]]


def load_bookings(superuser_url: str, *, bookings: int = BOOKINGS) -> House:
    """A base of 1,000 studios with as many bookings before as after now, and bare tables with the same allocations."""
    started = time.perf_counter()
    each = bookings // STUDIOS
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - PERIOD * (each // 2)
    with _superuser(superuser_url) as db:
        base_id, studios = _base(db, "BENCH", STUDIOS)
        tenants = _tenants(db, base_id, TENANTS)
        callers = [_caller(db, tenant_id, number) for number, tenant_id in enumerate(tenants)]
        cookie = _operator(db, base_id, current=base_id)
        with _indexes_later(db, "bookings"), _indexes_later(db, "allocations"):
            _book(db, base_id, tenants, first, each)
            day_id, _ = _base(db, "DAY", DAY_STUDIOS)
            db.execute("insert into admissions select id, %s, %s from tenants", (day_id, first))
            _book(db, day_id, tenants, today, 42)
            busy_id, busy = _base(db, "BUSY", DAY_STUDIOS)
            db.execute("insert into admissions select id, %s, %s from tenants", (busy_id, first))
            # ten a day and studio; the second studio stays empty, for what is dragged there
            _book(db, busy_id, tenants, today, 10, period=BUSY_PERIOD, on_air=BUSY_ON_AIR)
            db.execute("delete from bookings where studio_id = %s", (busy[1],))
            db.execute(
                "insert into allocations (resource_id, booking_id, tenant_id, base_id, during)"
                " select studio_id, id, tenant_id, base_id, tstzrange(lower(during), upper(during) + %s) from bookings",
                (CLEAN,),
            )
        _bare_tables(db)
        db.execute("vacuum analyze")
        db.execute("checkpoint")
    first_gap = (today + timedelta(days=1) - first) // PERIOD
    return House(base_id, studios, callers, cookie, first, first_gap, each * STUDIOS, time.perf_counter() - started)


def operator_of(superuser_url: str, code: str) -> str:
    """The session cookie of an operator of a base."""
    with _superuser(superuser_url) as db:
        row = db.execute("select id from bases where code = %s", (code,)).fetchone()
        assert row
        return _operator(db, row[0], current=row[0])


@dataclass(frozen=True)
class Month:
    """A base with one month of bookings and stays."""

    first: datetime
    rows: int
    seconds: float


def load_month(superuser_url: str, *, bookings: int = BOOKINGS) -> Month:
    """A base of 1,000 studios whose last month, of 31 days, holds the bookings; in one of fifty nobody came.

    Stays overrun into the next now and then, so that their union is not their sum; some were never checked out.
    """
    started = time.perf_counter()
    each = bookings // STUDIOS
    first = datetime(2026, 7, 31, 16, tzinfo=UTC)  # 2026-08-01 in Shanghai
    slot = timedelta(seconds=31 * 86_400 // each)
    with _superuser(superuser_url) as db:
        base_id, _ = _base(db, "MONTH", STUDIOS)
        tenants = _tenants(db, base_id, TENANTS)
        with _indexes_later(db, "bookings"), _indexes_later(db, "stays"):
            _book(db, base_id, tenants, first, each, period=slot, on_air=slot * 2 / 3, past=True)
            db.execute(
                """
                insert into stays
                  (id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at, checked_out_at)
                select uuidv7(), 1, id, studio_id, base_id, tenant_id, lower(during) + make_interval(secs => n % 300),
                       case when n % 997 > 0 then upper(during) + make_interval(secs => n % 1200 - 300) end
                from (select *, row_number() over () as n from bookings where state = 'completed') b
                """
            )
        db.execute("vacuum analyze")
        db.execute("checkpoint")
    return Month(first, each * STUDIOS, time.perf_counter() - started)


@contextmanager
def _superuser(url: str) -> Iterator[Db]:
    with psycopg.connect(url, autocommit=True) as db:
        # for this session alone: neither triggers nor a wait for the disk while loading
        db.execute(
            "set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '512MB'"
        )
        yield db


@contextmanager
def _indexes_later(db: Db, table: str) -> Iterator[None]:
    """Take the table's plain indexes and exclusion constraints away, and put them back when the rows are in."""
    constraints = db.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'x'",
        (table,),
    ).fetchall()
    indexes = db.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
        " where i.indrelid = %s::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)",
        (table,),
    ).fetchall()
    for name, _ in constraints:
        _run(db, f"alter table {table} drop constraint {name}")
    for name, _ in indexes:
        _run(db, f"drop index {name}")
    yield
    for _, definition in indexes:
        _run(db, definition)
    for name, definition in constraints:
        _run(db, f"alter table {table} add constraint {name} {definition}")


def _run(db: Db, statement: str) -> None:
    db.execute(cast(LiteralString, statement))


def _base(db: Db, code: str, studios: int) -> tuple[UUID, list[UUID]]:
    """A base open round the clock, its studios in service for good."""
    row = db.execute("select uuidv7()").fetchone()
    assert row
    base_id: UUID = row[0]
    db.execute(
        "insert into bases (id, code, name, tier, division_code, lettable_area_m2, reports_from, created_at)"
        " values (%s, %s, %s, 'large', '230102', 100000, '2026-01-01', '2026-01-01T00:00Z')",
        (base_id, code, f"基地{code}"),
    )
    db.execute(
        "insert into opening_hours (base_id, valid, opens_minute, closes_minute) values (%s, '(,)', 0, 1440)",
        (base_id,),
    )
    db.execute(
        "insert into resources (kind, base_id) select 'space', %s from generate_series(1, %s)", (base_id, studios)
    )
    db.execute(
        "insert into spaces (id, base_id, code, name, kind, area_m2, scene, in_service, buffer_minutes, created_at)"
        " select id, base_id, 'S' || lpad(n::text, 4, '0'), '直播间' || n, 'studio', 20 + n %% 60,"
        " (array['美妆', '服装', '食品', '绿幕'])[n %% 4 + 1], '[2020-01-01,)', %s, '2026-01-01T00:00Z'"
        " from (select id, base_id, row_number() over (order by id) n from resources where base_id = %s) r",
        (CLEAN // timedelta(minutes=1), base_id),
    )
    found = db.execute("select id from spaces where base_id = %s order by code", (base_id,)).fetchall()
    return base_id, [row[0] for row in found]


def _tenants(db: Db, base_id: UUID, number: int) -> list[UUID]:
    found = []
    for n in range(number):
        body = f"91230102{n:09d}"
        row = db.execute(
            "insert into tenants (uscc, name, kind, created_at)"
            " values (%s, %s, 'mcn', '2026-01-01T00:00Z') returning id",
            (body + uscc.calc_check_digit(body), f"传媒{n}有限公司"),
        ).fetchone()
        assert row
        db.execute("insert into admissions values (%s, %s, '2026-01-01T00:00Z')", (row[0], base_id))
        found.append(row[0])
    return found


def _person(db: Db, email: str, role: str, *, base_id: UUID | None = None, tenant_id: UUID | None = None) -> UUID:
    row = db.execute(
        "insert into users (email, name, created_at) values (%s, %s, now()) returning id",
        (email, email.partition("@")[0]),
    ).fetchone()
    assert row
    db.execute(
        "insert into memberships (user_id, role, base_id, tenant_id, created_at) values (%s, %s, %s, %s, now())",
        (row[0], role, base_id, tenant_id),
    )
    user_id: UUID = row[0]
    return user_id


def _caller(db: Db, tenant_id: UUID, number: int) -> Caller:
    user_id = _person(db, f"scheduler{number}@bench.example", "tenant_scheduler", tenant_id=tenant_id)
    token = secrets.token_urlsafe(32)
    db.execute(
        "insert into api_tokens (user_id, name, secret_hash, hint, created_at, expires_at)"
        " values (%s, 'bench', %s, '', now(), now() + interval '1 day')",
        (user_id, hashlib.sha256(token.encode()).digest()),
    )
    return Caller(tenant_id, token)


def _operator(db: Db, base_id: UUID, *, current: UUID) -> str:
    user_id = _person(db, f"operator{secrets.token_hex(4)}@bench.example", "operator", base_id=base_id)
    cookie = secrets.token_urlsafe(32)
    db.execute(
        "insert into sign_in_sessions (user_id, secret_hash, created_at, seen_at, expires_at, second_factor_at,"
        " current_base_id) values (%s, %s, now(), now(), now() + interval '1 hour', now(), %s)",
        (user_id, hashlib.sha256(cookie.encode()).digest(), current),
    )
    return cookie


def _book(
    db: Db,
    base_id: UUID,
    tenants: list[UUID],
    first: datetime,
    each: int,
    *,
    period: timedelta = PERIOD,
    on_air: timedelta = ON_AIR,
    past: bool = False,
) -> None:
    """`each` bookings for every studio of the base; where they lie in the past somebody came, mostly."""
    db.execute(
        """
        insert into bookings (code, base_id, studio_id, tenant_id, title, during, state, created_at, changed_at)
        select %(base_code)s || lpad(upper(to_hex(s.n * %(each)s + k)), 8, '0'), %(base)s, s.id,
               (%(tenants)s::uuid[])[(s.n + k) %% %(number)s + 1], '晚八点专场', tstzrange(at, at + %(on_air)s),
               case when not %(past)s then 'confirmed' when k %% 50 = 7 then 'no_show' else 'completed' end,
               %(first)s, %(first)s
        from (select id, row_number() over (order by code) - 1 as n from spaces where base_id = %(base)s) s
        cross join generate_series(0, %(each)s - 1) k
        cross join lateral (
          select date_trunc('second', %(first)s::timestamptz + k * %(period)s::interval
                 + case when %(past)s then interval '0' else make_interval(hours => (s.n %% 4)::int) end) as at) slot
        """,
        {
            "base": base_id,
            "base_code": f"{'BK' if past else base_id.hex[-4:].upper()}-",
            "tenants": tenants,
            "number": len(tenants),
            "first": first,
            "each": each,
            "period": period,
            "on_air": timedelta(seconds=on_air // timedelta(seconds=1)),
            "past": past,
        },
    )


def _bare_tables(db: Db) -> None:
    """The yardstick's tables: the allocations of the booked base under the same constraint, and nothing else."""
    for table in ("bare_bookings", "bare_rows"):
        _run(
            db,
            f"create table {table} (id uuid primary key default uuidv7(), resource_id uuid not null,"
            " during tstzrange not null, title text)",
        )
        _run(
            db,
            f"insert into {table} (resource_id, during, title) select a.resource_id, a.during, b.title"
            " from allocations a join bookings b on b.id = a.booking_id",
        )
        _run(db, f"alter table {table} add constraint {table}_never_two_at_once"
                 " exclude using gist (resource_id with =, during with &&)")  # fmt: skip
        _run(db, f"grant select, insert on {table} to public")

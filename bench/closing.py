"""`python -m bench.closing ROUNDS`: freeze the loaded month again and again, rolled back each time; times as JSON."""

import json
import os
import resource
import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.load import timed
from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.occupancy.measuring import measure
from shared_base.occupancy.slices import slices_of

MONTH = Month.parse("2026-08")
EMPTY = Month.parse("2026-07")
CLOSED_AT = datetime(2026, 9, 2, tzinfo=UTC)

# What a person would write at the prompt for the report's figures: set-based, as the superuser, by id, no row-level
# security. Time is cut to the month; days and hours are those of the base's zone.
_PLANNED = """
select studio_id, tenant_id, state, lower(during) >= %(since)s as own,
       greatest(lower(during), %(since)s) as s, least(coalesce(released_at, upper(during)), %(until)s) as e
from bookings where base_id = %(base)s and during && tstzrange(%(since)s, %(until)s) and state <> 'cancelled'
"""
_STAYED = """
select y.studio_id, y.tenant_id, tstzrange(y.checked_in_at, coalesce(y.checked_out_at,
         greatest(y.checked_in_at, coalesce(b.released_at, upper(b.during)))))
         * tstzrange(%(since)s, %(until)s) as during
from stays y join bookings b on b.id = y.booking_id
where y.base_id = %(base)s and tstzrange(y.checked_in_at, y.checked_out_at, '[]') && tstzrange(%(since)s, %(until)s)
  and not y.voided and b.state <> 'cancelled'
"""
_PIECES = f"""
select studio_id, lower(piece) as s, upper(piece) as e
from (select studio_id, unnest(range_agg(during)) as piece from ({_STAYED}) x group by 1) y
"""
_HOUR = "extract(hour from slot at time zone 'Asia/Shanghai')"


def _sliced(rows: str, unit: str, label: str = "slot") -> str:
    """Seconds of the rows by local day or hour."""
    return f"""
        select {label}, sum(extract(epoch from least(e, slot + interval '1 {unit}') - greatest(s, slot)))
        from ({rows}) r cross join lateral generate_series(
          date_trunc('{unit}', s, 'Asia/Shanghai'), e - interval '1 microsecond', interval '1 {unit}') slot
        group by 1
    """


BARE = {
    "totals": f"""
        select studio_id, tenant_id, sum(extract(epoch from e - s)), count(*) filter (where own),
               count(*) filter (where own and state = 'no_show')
        from ({_PLANNED}) b group by grouping sets ((studio_id), (tenant_id))
    """,
    "unions": f"""
        select 1, studio_id, sum((select sum(extract(epoch from upper(r) - lower(r))) from unnest(ranges) r))
        from (select studio_id, range_agg(during) as ranges from ({_STAYED}) a group by 1) s group by 2
        union all
        select 2, tenant_id, sum((select sum(extract(epoch from upper(r) - lower(r))) from unnest(ranges) r))
        from (select tenant_id, studio_id, range_agg(during) as ranges from ({_STAYED}) a group by 1, 2) t group by 2
    """,
    "booked days": _sliced(_PLANNED, "day"),
    "used days": _sliced(_PIECES, "day"),
    "used hours": _sliced(_PIECES, "hour", _HOUR),
}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _close(engine: sa.Engine, month: Month) -> dict[str, Any]:
    """Freeze the month and undo it: what it took, and the totals it found."""
    with Session(engine, info={"actor": SYSTEM}) as session:
        base = session.scalars(sa.select(Base)).one()
        seconds = timed(lambda: close_month(session, base=base, month=month, by=SYSTEM, at=CLOSED_AT))
        totals = session.scalar(sa.text("select totals from month_reports"))
        session.rollback()
    return {"seconds": seconds, "totals": totals}


def _figures(engine: sa.Engine, *, digests: bool) -> float:
    """Seconds of the report's one statement."""
    with Session(engine, info={"actor": SYSTEM}) as session:
        session.execute(sa.text("set local work_mem = '64MB'"))
        base = session.scalars(sa.select(Base)).one()
        slices = slices_of(MONTH, ZoneInfo(base.timezone))
        return timed(lambda: measure(session, base.id, slices, base.timezone, digests=digests))


def _bare(db: "psycopg.Connection[Any]", values: dict[str, Any]) -> tuple[dict[str, float], dict[str, list[Any]]]:
    answers: dict[str, list[Any]] = {}

    def ask(name: str, statement: str) -> None:
        answers[name] = db.execute(statement.encode(), values).fetchall()

    return {name: timed(lambda n=name, s=sql: ask(n, s)) for name, sql in BARE.items()}, answers  # type: ignore[misc]


def _agree(answers: dict[str, list[Any]], totals: dict[str, Any]) -> None:
    """Both sides computed the same: what is compared is the same work."""
    assert sum(row[2] for row in answers["totals"] if row[0]) == totals["booked_seconds"]
    assert sum(row[2] for row in answers["unions"] if row[0] == 1) == totals["used_seconds"]
    assert sum(row[1] for row in answers["booked days"]) == totals["booked_seconds"]
    assert sum(row[1] for row in answers["used hours"]) == totals["used_seconds"]


def main() -> None:
    engine = make_engine(os.environ["DATABASE_URL"])
    _close(engine, EMPTY)
    before = _peak_mb()
    rounds = []
    with psycopg.connect(os.environ["BENCH_SUPERUSER_URL"], autocommit=True) as db:
        db.execute("set work_mem = '64MB'")
        db.execute("set timezone = 'UTC'")
        row = db.execute("select id, timezone from bases").fetchone()
        assert row
        since, until = MONTH.instants(ZoneInfo(row[1]))
        closed = _close(engine, MONTH)
        peak = _peak_mb()  # before the bare SQL's own rows come in
        for _ in range(int(sys.argv[1])):
            bare, answers = _bare(db, {"base": row[0], "since": since, "until": until})
            figures, with_digest = _figures(engine, digests=False), _figures(engine, digests=True)
            closed = _close(engine, MONTH)
            _agree(answers, closed["totals"])
            rounds.append({"bare": bare, "figures": figures, "with_digest": with_digest, "close": closed["seconds"]})
    engine.dispose()
    json.dump({"peak_mb_before": before, "peak_mb_after": peak, "rounds": rounds}, sys.stdout)


if __name__ == "__main__":
    main()

"""The figures of a month in one SQL statement: one snapshot, one answer of a few kilobytes, however many bookings.

Instants become whole seconds from the month's first (`origin`). What is summed over local days and hours is not cut row
by row: rows are counted by the slice in which they begin and the slice in which they end, and
`MonthSlices.seconds_by_slice` turns the two counts into time. The union of use is one pass in order of time: each stay
adds what reaches past the latest end before it. See docs/decisions/0006-month-reports.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.bookings.openings import openings
from shared_base.occupancy.slices import Bucket, MonthSlices

_SECONDS = "cast(extract(epoch from {0} - cast(:since as timestamptz)) as bigint)"

# `planned` and `stayed`: what the month reads, each row once. From here on everything is cut to the month.
_ROWS = f"""
planned as (
  select studio, uscc, state, {_SECONDS.format("starts")} as s, {_SECONDS.format("ends")} as e
  from month_bookings(:base_id, :since, :until)
), stayed as (
  select studio, uscc, auto_closed, corrected, {_SECONDS.format("starts")} as s, {_SECONDS.format("ends")} as e
  from month_stays(:base_id, :since, :until)
)"""  # noqa: S608 (composed of our own expressions)

_BOOKED = """
booked as (
  select studio, uscc, begins, ends, grouping(studio, uscc, begins, ends) as kind,
         cast(sum(e - s) as bigint) as seconds, count(*) as pieces,
         cast(sum(s) as bigint) as begin_seconds, cast(sum(e) as bigint) as end_seconds,
         count(*) filter (where own) as sessions, count(*) filter (where own and state = 'no_show') as no_shows
  from (
    select studio, uscc, state, own, s, e, width_bucket(s, :starts) as begins, width_bucket(e, :starts) as ends
    from (select studio, uscc, state, s >= 0 as own, greatest(s, 0) as s, greatest(0, least(e, :length)) as e
          from planned) cut
  ) placed
  group by grouping sets ((studio), (uscc), (begins), (ends))
)"""

# A stay that lies within what came before it adds an empty piece. The studio's pieces also make days and hours; the
# tenant's run over its own stays only.
_USED = """
used as (
  select studio, uscc, begins, ends, grouping(studio, uscc, begins, ends) as kind,
         cast(sum(e - of_studio) as bigint) as seconds, cast(sum(e - of_tenant) as bigint) as own_seconds,
         count(*) as pieces, cast(sum(of_studio) as bigint) as begin_seconds, cast(sum(e) as bigint) as end_seconds,
         count(*) filter (where auto_closed) as auto_closed, count(*) filter (where corrected) as corrected
  from (
    select studio, uscc, auto_closed, corrected, of_studio, of_tenant, e,
           width_bucket(of_studio, :starts) as begins, width_bucket(e, :starts) as ends
    from (
      select studio, uscc, auto_closed, corrected, e, least(e, greatest(s, max(e) over in_studio)) as of_studio,
             least(e, greatest(s, max(e) over by_tenant)) as of_tenant
      from (select studio collate "C" as studio, uscc collate "C" as uscc, auto_closed, corrected,
                   greatest(s, 0) as s, least(e, :length) as e from stayed) cut
      window in_studio as (partition by studio order by s rows between unbounded preceding and 1 preceding),
             by_tenant as (partition by studio, uscc order by s rows between unbounded preceding and 1 preceding)
    ) reached
  ) placed
  group by grouping sets ((studio), (uscc), (begins), (ends))
)"""

# Service and days begin at local midnight (`:midnights`, the month's first to the day after its last).
_OPEN = f"""
hours as ({openings(":base_id", ":zone", ":first - 1", ":last")}),
closed as (
  select resource_id, range_agg(during) as during, count(*) as number
  from outages
  where base_id = :base_id and cancelled_at is null and during && tstzrange(:since, :until)
    and (resource_id is null or resource_id in (select id from spaces where base_id = :base_id and kind = 'studio'))
  group by resource_id
), open as (
  select p.code, within.days as service,
         coalesce((
           select cast(sum(extract(epoch from upper(piece) - lower(piece))) as bigint)
           from unnest(hours.hours * tstzmultirange(served.during) * tstzmultirange(tstzrange(:since, :until))
                       - coalesce(whole.during, '{{}}') - coalesce(own.during, '{{}}')) piece
         ), 0) as seconds
  from spaces p
  cross join hours
  cross join lateral (select p.in_service * daterange(:first, :last, '[]') as days) within
  cross join lateral (
    select case when isempty(within.days) then 'empty' else tstzrange(
      (:midnights)[lower(within.days) - :first + 1], (:midnights)[upper(within.days) - :first + 1]) end as during
  ) served
  left join closed whole on whole.resource_id is null
  left join closed own on own.resource_id = p.id
  where p.base_id = :base_id and p.kind = 'studio'
)"""  # noqa: S608 (composed of our own expressions)

_ANSWER = """
select jsonb_build_object(
  'open', (select jsonb_agg(jsonb_build_array(code, seconds, lower(service), upper(service))) from open),
  'hours', (select jsonb_agg(jsonb_build_array(lower(ruled.days), upper(ruled.days), o.opens_minute, o.closes_minute)
                             order by ruled.days)
            from opening_hours o
            cross join lateral (select o.valid * daterange(:first - 1, :last, '[]') as days) ruled
            where o.base_id = :base_id and not isempty(ruled.days)),
  'special_days', (select jsonb_agg(jsonb_build_array(x.day, x.opens_minute, x.closes_minute) order by x.day)
                   from special_days x where x.base_id = :base_id and x.day between :first - 1 and :last),
  'closures', (select jsonb_agg(jsonb_build_array(p.code, c.number, (
                 select jsonb_agg(jsonb_build_array({lower}, {upper}) order by piece)
                 from unnest(c.during * tstzmultirange(tstzrange(:since, :until))) piece)))
               from closed c left join spaces p on p.id = c.resource_id),
  'recognised', exists (select from recognitions where base_id = :base_id and valid && daterange(:first, :last, '[]')),
  'leases', (select jsonb_agg(jsonb_build_object(
               'id', id, 'tenant_id', tenant_id, 'ref', ref, 'uscc', uscc, 'area_m2', cast(area_m2 as text),
               'first', lower(term), 'until', upper(term), 'monthly_rent_fen', monthly_rent_fen,
               'property_fee_fen', property_fee_fen,
               'rent_free', (select jsonb_agg(jsonb_build_array(lower(d), upper(d))) from unnest(rent_free) d)))
             from month_leases(:base_id, daterange(:first, :last, '[]'))),
  'bookings', (select sum(pieces) from booked where kind = 7),
  'booked', (select jsonb_agg(jsonb_build_array(studio, seconds, sessions, no_shows)) from booked where kind = 7),
  'booked_by_tenant', (select jsonb_agg(jsonb_build_array(uscc, seconds, sessions, no_shows)) from booked
                       where kind = 11),
  'booked_begins', (select jsonb_agg(jsonb_build_array(begins, pieces, begin_seconds)) from booked where kind = 13),
  'booked_ends', (select jsonb_agg(jsonb_build_array(ends, pieces, end_seconds)) from booked where kind = 14),
  'stays', (select jsonb_build_array(sum(pieces), sum(auto_closed), sum(corrected)) from used where kind = 7),
  'used', (select jsonb_agg(jsonb_build_array(studio, seconds)) from used where kind = 7),
  'used_by_tenant', (select jsonb_agg(jsonb_build_array(uscc, own_seconds)) from used where kind = 11),
  'used_begins', (select jsonb_agg(jsonb_build_array(begins, pieces, begin_seconds)) from used where kind = 13),
  'used_ends', (select jsonb_agg(jsonb_build_array(ends, pieces, end_seconds)) from used where kind = 14)
  {digests}
)"""

# One line a row in the operator's own names, the lines of a studio in byte order: the same rows in whatever order, and
# in whatever database, give the same SHA-256, and two that differ never do.
_DIGESTS = """,
  'bookings_sha256', (
    select jsonb_object_agg(studio, encode(sha256(convert_to(lines, 'UTF8')), 'hex')) from (
      select studio, string_agg(line, E'\\n' order by line collate "C") as lines
      from (select studio, concat_ws(' ', s, e, uscc, state) as line from planned) rows group by studio) studios),
  'stays_sha256', (
    select jsonb_object_agg(studio, encode(sha256(convert_to(lines, 'UTF8')), 'hex')) from (
      select studio, string_agg(line, E'\\n' order by line collate "C") as lines
      from (select studio, concat_ws(' ', s, e, uscc, case when auto_closed then 'auto' end) as line from stayed) rows
      group by studio) studios)"""


def _statement(digests: bool) -> sa.TextClause:
    answer = _ANSWER
    for place, expression in (
        ("{lower}", _SECONDS.format("lower(piece)")),
        ("{upper}", _SECONDS.format("upper(piece)")),
        ("{digests}", _DIGESTS if digests else ""),
    ):
        answer = answer.replace(place, expression)
    return sa.text(f"with {_ROWS},{_BOOKED},{_USED},{_OPEN}{answer}").bindparams(
        sa.bindparam("base_id", type_=pg.UUID(as_uuid=True)),
        sa.bindparam("since", type_=sa.TIMESTAMP(timezone=True)),
        sa.bindparam("until", type_=sa.TIMESTAMP(timezone=True)),
        sa.bindparam("first", type_=sa.Date),
        sa.bindparam("last", type_=sa.Date),
        sa.bindparam("zone", type_=sa.Text),
        sa.bindparam("length", type_=sa.BigInteger),
        sa.bindparam("starts", type_=pg.ARRAY(sa.BigInteger)),
        sa.bindparam("midnights", type_=pg.ARRAY(sa.TIMESTAMP(timezone=True))),
    )


_STATEMENTS = {digests: _statement(digests) for digests in (False, True)}


class StayCounts(NamedTuple):
    """Stays read, those of them that were never checked out, and those of which a later statement was made."""

    number: int
    auto_closed: int
    corrected: int


@dataclass(frozen=True)
class Measured:
    """What the statement answered. Seconds by name; a name that is missing had none."""

    slices: MonthSlices
    answer: Mapping[str, Any]

    def rows(self, name: str) -> list[Any]:
        """A list of the answer; an aggregate over nothing is an empty one."""
        return self.answer[name] or []

    def by_name(self, name: str) -> dict[str, list[int]]:
        """A list of the answer as figures by studio code or USCC."""
        return {row[0]: row[1:] for row in self.rows(name)}

    @property
    def bookings(self) -> int:
        return self.answer["bookings"] or 0

    @property
    def stays(self) -> StayCounts:
        return StayCounts(*(number or 0 for number in self.answer["stays"]))

    def seconds_by_slice(self, name: str) -> list[int]:
        """Booked or used seconds of the whole base, slice by slice."""
        return self.slices.seconds_by_slice(
            (Bucket(*row) for row in self.rows(f"{name}_begins")), (Bucket(*row) for row in self.rows(f"{name}_ends"))
        )


def measure(session: Session, base_id: UUID, slices: MonthSlices, zone: str, *, digests: bool = True) -> Measured:
    """Read and sum the month of a base; `digests` also takes the SHA-256 of every row read (the benchmark times both).

    The caller sees the whole base (staff, reviewer, system), or the answer is empty.
    """
    month = slices.month
    answer = session.connection().scalar(
        _STATEMENTS[digests],
        {
            "base_id": base_id,
            "since": slices.midnights[0],
            "until": slices.midnights[-1],
            "first": month.first,
            "last": month.last,
            "zone": zone,
            "length": slices.length,
            "starts": list(slices.starts),
            "midnights": list(slices.midnights),
        },
    )
    return Measured(slices, answer)

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
         greatest(y.checked_in_at, coalesce(b.released_at, upper(b.during))))) * tstzrange(%(since)s, %(until)s) as during
from stays y join bookings b on b.id = y.booking_id
where y.base_id = %(base)s and tstzrange(y.checked_in_at, y.checked_out_at, '[]') && tstzrange(%(since)s, %(until)s)
  and not y.voided and b.state <> 'cancelled'
"""
_CUT = """
select %s as slice, sum(extract(epoch from least(e, slot + interval '%s') - greatest(s, slot)))
from ({rows}) r
cross join lateral generate_series(date_trunc('%s', s, 'Asia/Shanghai'), e - interval '1 microsecond', '%s') slot
group by 1
"""
_UNION = f"select studio_id, lower(r) as s, upper(r) as e from (select studio_id, unnest(range_agg(during)) as r from ({_STAYED}) x group by 1) u"
BARE = {
    "totals": f"""
        select studio_id, tenant_id, sum(extract(epoch from e - s)), count(*) filter (where own),
               count(*) filter (where own and state = 'no_show')
        from ({_PLANNED}) b group by grouping sets ((studio_id), (tenant_id))""",
    "unions": f"""
        select 1, studio_id, sum((select sum(extract(epoch from upper(r) - lower(r))) from unnest(ranges) r))
        from (select studio_id, range_agg(during) as ranges from ({_STAYED}) a group by 1) s group by 2
        union all
        select 2, tenant_id, sum((select sum(extract(epoch from upper(r) - lower(r))) from unnest(ranges) r))
        from (select tenant_id, studio_id, range_agg(during) as ranges from ({_STAYED}) a group by 1, 2) t group by 2""",
    "booked days": _CUT.format(rows=_PLANNED) % ("slot", "1 day", "day", "1 day"),
    "used days": _CUT.format(rows=_UNION) % ("slot", "1 day", "day", "1 day"),
    "used hours": _CUT.format(rows=_UNION) % ("extract(hour from slot at time zone 'Asia/Shanghai')", "1 hour", "hour", "1 hour"),
}

"""Quotas: the most that a tenant books at a base in a local day, ISO week or month."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings.errors import OverQuota
from shared_base.bookings.rows import Situation, Wanted
from shared_base.core.actor import Actor
from shared_base.core.database import Direct
from shared_base.core.i18n import N_

# Two bookings of a tenant at a base count one after the other.
_ALONE = Direct("""
    select base_id from admissions where tenant_id = :tenant_id and base_id = :base_id for no key update
""")

# Each quota, in each period of its own that the wanted times begin in: what is booked then and what is wanted more.
_USE = Direct("""
    with wanted as (
      select cast(starts at time zone :zone as timestamp) as begins, extract(epoch from ends - starts) / 60 as minutes
      from unnest(:starts, :ends) as times (starts, ends)
    ), asked as (
      select q.id, q.period, q.most_minutes, q.most_bookings, date_trunc(q.period, w.begins) as first,
             count(*) as bookings, sum(w.minutes) as minutes
      from booking_quotas q
      join wanted w on q.valid @> cast(w.begins as date)
      left join admissions a on a.tenant_id = :tenant_id and a.base_id = q.base_id
      where q.base_id = :base_id and (q.tenant_id is null or q.tenant_id = :tenant_id)
        and (q.plan is null or q.plan = a.plan)
      group by q.id, date_trunc(q.period, w.begins)
    )
    select asked.period, cast(asked.first as date), asked.most_minutes, asked.most_bookings,
           cast(ceil(asked.minutes + used.minutes) as bigint), asked.bookings + used.bookings
    from asked cross join lateral (
      select count(*) as bookings,
             coalesce(sum(extract(epoch from coalesce(b.released_at, upper(b.during)) - b.starts_at) / 60), 0)
               as minutes
      from bookings b
      where b.tenant_id = :tenant_id and b.base_id = :base_id and b.state <> 'cancelled'
        and b.id <> all(:except_bookings)
        and b.starts_at >= asked.first at time zone :zone
        and b.starts_at < (asked.first + cast('1 ' || asked.period as interval)) at time zone :zone
    ) used
    where asked.minutes + used.minutes > asked.most_minutes or asked.bookings + used.bookings > asked.most_bookings
    order by asked.first, asked.period limit 1
""")

_HOURS = {
    "day": N_("%(tenant)s may book %(most)s hours on a day; with this it would be %(asked)s on %(first)s."),
    "week": N_("%(tenant)s may book %(most)s hours a week; with this it would be %(asked)s in that of %(first)s."),
    "month": N_("%(tenant)s may book %(most)s hours a month; with this it would be %(asked)s in that of %(first)s."),
}
_NUMBERS = {
    "day": N_("%(tenant)s may book %(most)s times on a day; with this it would be %(asked)s on %(first)s."),
    "week": N_("%(tenant)s may book %(most)s times a week; with this it would be %(asked)s in that of %(first)s."),
    "month": N_("%(tenant)s may book %(most)s times a month; with this it would be %(asked)s in that of %(first)s."),
}


def check_quotas(
    session: Session,
    wanted: Sequence[Wanted],
    situation: Situation,
    *,
    by: Actor,
    except_bookings: Sequence[UUID] = (),
) -> None:
    """Raise `OverQuota` where the wanted times, with what the tenant has, are more than it may book. Staff may exceed.

    A booking counts in the period in which it begins, with all of its time; what was given back early does not.
    """
    if not situation.quotas or by.serves(situation.base_id):
        return
    values = {
        "tenant_id": wanted[0].tenant_id,
        "base_id": situation.base_id,
        "zone": situation.timezone,
        "starts": [it.start for it in wanted],
        "ends": [it.end for it in wanted],
        "except_bookings": list(except_bookings),
    }
    _ALONE.rows(session, {name: values[name] for name in ("tenant_id", "base_id")})
    found = _USE.rows(session, values)
    if not found:
        return
    period, first, most_minutes, most_bookings, minutes, bookings = found[0]
    over_time = most_minutes is not None and minutes > most_minutes
    raise OverQuota(
        (_HOURS if over_time else _NUMBERS)[period],
        extra={"period": period, "from": first.isoformat()},
        tenant=situation.tenant_name,
        most=_hours(most_minutes) if over_time else most_bookings,
        asked=_hours(minutes) if over_time else bookings,
        first=first.isoformat(),
    )


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")

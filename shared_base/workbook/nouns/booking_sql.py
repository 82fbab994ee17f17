"""The set-based statements of importing bookings: each takes arrays, one element a booking."""

import sqlalchemy as sa

from shared_base.bookings.openings import local_days, openings

STORED = sa.text("""
    select b.id, b.ref, b.tenant_id, b.base_id, b.studio_id, s.code as space, base.code as base, t.uscc as tenant_uscc,
           lower(b.during) as start, upper(b.during) as end, b.released_at,
           case b.state when 'checked_in' then 'confirmed' else b.state end as state,
           nullif(b.title, '') as title, b.platform, b.host_name as host,
           stay.id as stay_id, stay.revision, stay.checked_in_at, stay.checked_out_at, stay.number as stays
    from bookings b
    join spaces s on s.id = b.studio_id join bases base on base.id = b.base_id join tenants t on t.id = b.tenant_id
    left join lateral (
      select x.*, count(*) over () as number from stays x where x.booking_id = b.id and not x.voided
      order by x.checked_in_at, x.id limit 1) stay on true
    where b.ref = any(:refs)
""")

#: who has the rooms from `first` to `last`, in order. Under row-level security a range finds no index, a room does.
IN_USE = sa.text("""
    select b.studio_id, b.ref, coalesce(b.ref, b.code) as name, lower(b.during) as start,
           coalesce(b.released_at, upper(b.during)) as until
    from bookings b
    where b.studio_id = any(:studio_ids) and b.state <> 'cancelled'
      and lower(b.during) < :last and upper(b.during) > :first
    order by b.studio_id, lower(b.during)
""")

#: when each room is next held, where that is within a clean-down
NEXT_HOLDS = sa.text("""
    select g.row, min(lower(busy.during)) as start
    from unnest(cast(:rows as integer[]), cast(:studio_ids as uuid[]), cast(:untils as timestamptz[]),
                cast(:held_untils as timestamptz[])) as g (row, studio_id, until, held_until)
    cross join lateral busy_ranges(array[g.studio_id], tstzrange(g.until, g.held_until)) busy
    where lower(busy.during) >= g.until
    group by g.row
""")

_GIVEN = """
    unnest(cast(:refs as text[]), cast(:codes as text[]), cast(:base_ids as uuid[]), cast(:studio_ids as uuid[]),
           cast(:tenant_ids as uuid[]), cast(:hosts as text[]), cast(:titles as text[]), cast(:platforms as text[]),
           cast(:starts as timestamptz[]), cast(:ends as timestamptz[]), cast(:released as timestamptz[]),
           cast(:states as text[]), cast(:ins as timestamptz[]), cast(:outs as timestamptz[]),
           cast(:held_untils as timestamptz[]))
    as g (ref, code, base_id, studio_id, tenant_id, host_name, title, platform, start, finish, released_at, state,
          checked_in_at, checked_out_at, held_until)
"""

#: booking, allocation, stay and event of each; returns the refs whose room was held by somebody already
INSERT = sa.text(f"""
    with given as materialized (select uuidv7() as id, g.* from {_GIVEN}),
    booking as (
      insert into bookings (id, code, ref, base_id, studio_id, tenant_id, host_name, title, platform, during,
                            released_at, state, created_at, created_by, cancelled_at, cancel_reason, changed_at)
      select id, code, ref, base_id, studio_id, tenant_id, host_name, coalesce(title, ''), platform,
             tstzrange(start, finish), released_at, state, :at, :actor_id,
             case when state = 'cancelled' then cast(:at as timestamptz) end, null, :at
      from given
    ), held as (
      insert into allocations (resource_id, booking_id, tenant_id, base_id, during)
      select studio_id, id, tenant_id, base_id, tstzrange(start, held_until) from given where held_until is not null
      on conflict do nothing
      returning booking_id
    ), stay as (
      insert into stay_records (stay_id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at,
                                checked_out_at, recorded_at, recorded_by, recorder_label)
      select uuidv7(), 1, id, studio_id, base_id, tenant_id, checked_in_at, checked_out_at, :at, :actor_id, :actor_label
      from given where checked_in_at is not null
    ), told as (
      insert into events (at, kind, subject_id, base_id, tenant_id, actor_id, actor_label, payload)
      select :at, 'booking.imported', id, base_id, tenant_id, :actor_id, :actor_label,
             jsonb_build_object('after', jsonb_build_object(
               'ref', ref, 'studio_id', studio_id, 'host_id', null, 'start', start, 'end', finish,
               'released_at', released_at, 'title', coalesce(title, ''), 'platform', platform, 'state', state))
      from given
    )
    select ref from given where held_until is not null and id not in (select booking_id from held)
""")  # noqa: S608 (composed of our own text)

#: the live holds that stand in the way of rooms wanted
HOLDERS = sa.text("""
    select g.row, coalesce(b.ref, b.code) as other, upper(a.during) as until
    from unnest(cast(:rows as integer[]), cast(:studio_ids as uuid[]), cast(:starts as timestamptz[]),
                cast(:held_untils as timestamptz[])) as g (row, studio_id, start, held_until)
    join allocations a on a.resource_id = g.studio_id and a.live and a.during && tstzrange(g.start, g.held_until)
    join bookings b on b.id = a.booking_id
    order by g.row, lower(a.during)
""")

TAKEN_CODES = sa.text("select code from bookings where code = any(:codes)")

#: what history may hold all the same: use outside opening hours, across a closure, out of service
NOTEWORTHY = sa.text(f"""
    with opening as materialized (
      select b.id, b.timezone, o.hours from bases b
      cross join lateral ({openings("b.id", "b.timezone", ":first", ":last")}) o
      where b.id = any(:bases)
    )
    select g.row, not (o.hours @> used.time) as outside_opening_hours,
           exists (select from outages x where x.base_id = g.base_id and x.during && used.time
                   and x.cancelled_at is null and (x.resource_id is null or x.resource_id = g.studio_id)
           ) as across_closure,
           not (s.in_service @> {local_days("g.start", "g.until", "o.timezone")}) as out_of_service
    from unnest(cast(:rows as integer[]), cast(:base_ids as uuid[]), cast(:studio_ids as uuid[]),
                cast(:starts as timestamptz[]), cast(:untils as timestamptz[]))
         as g (row, base_id, studio_id, start, until)
    cross join lateral (select tstzrange(g.start, g.until) as time) used
    join opening o on o.id = g.base_id
    join spaces s on s.id = g.studio_id
    where g.start < g.until
    order by g.row
""")  # noqa: S608 (composed of our own text)

UPDATE = sa.text("""
    update bookings b
    set studio_id = g.studio_id, host_name = g.host_name, title = coalesce(g.title, ''), platform = g.platform,
        during = tstzrange(g.start, g.finish), released_at = g.released_at, state = g.state,
        cancelled_at = case when g.state = 'cancelled' then coalesce(b.cancelled_at, :at) end,
        cancel_reason = case when g.state = 'cancelled' then coalesce(b.cancel_reason, :reason) end,
        changed_at = :at, version = b.version + 1
    from unnest(cast(:ids as uuid[]), cast(:studio_ids as uuid[]), cast(:hosts as text[]), cast(:titles as text[]),
                cast(:platforms as text[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]),
                cast(:released as timestamptz[]), cast(:states as text[]))
         as g (id, studio_id, host_name, title, platform, start, finish, released_at, state)
    where b.id = g.id
""")

RELEASE = sa.text("update allocations set live = false where booking_id = any(:ids) and live")

#: the room, and the host where a page gave the booking one
HOLD = sa.text("""
    with given as materialized (
      select g.*, b.tenant_id, b.base_id, b.host_id, coalesce(b.released_at, upper(b.during)) as until
      from unnest(cast(:ids as uuid[]), cast(:studio_ids as uuid[]), cast(:starts as timestamptz[]),
                  cast(:held_untils as timestamptz[])) as g (id, studio_id, start, held_until)
      join bookings b on b.id = g.id
      where g.held_until is not null
    ), wanted as (
      select id, tenant_id, base_id, studio_id as resource_id, tstzrange(start, held_until) as during from given
      union all
      select id, tenant_id, base_id, host_id, tstzrange(start, until) from given where host_id is not null
    ), held as (
      insert into allocations (resource_id, booking_id, tenant_id, base_id, during)
      select resource_id, id, tenant_id, base_id, during from wanted
      on conflict do nothing
      returning booking_id, resource_id
    )
    select b.ref from wanted w join bookings b on b.id = w.id
    where (w.id, w.resource_id) not in (select booking_id, resource_id from held)
""")

CORRECT_STAYS = sa.text("""
    insert into stay_records (stay_id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at,
                              checked_out_at, voided, reason, recorded_at, recorded_by, recorder_label)
    select coalesce(g.stay_id, uuidv7()), g.revision, b.id, b.studio_id, b.base_id, b.tenant_id, g.checked_in_at,
           g.checked_out_at, g.voided, :reason, :at, :actor_id, :actor_label
    from unnest(cast(:ids as uuid[]), cast(:stay_ids as uuid[]), cast(:revisions as integer[]),
                cast(:ins as timestamptz[]), cast(:outs as timestamptz[]), cast(:voided as boolean[]))
         as g (id, stay_id, revision, checked_in_at, checked_out_at, voided)
    join bookings b on b.id = g.id
""")

"""Which studios are free for the whole of a time, with the kit that is wanted in them.

Other tenants' bookings are busy time here and no more: they are read through `busy_ranges` and `busy_resources`, which
tell nobody whose they are.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.rows import FreeStudio
from shared_base.bookings.terms import term
from shared_base.catalogue.errors import UnknownBase
from shared_base.core.database import Direct

#: numbers of kinds of equipment, by their code
Kit = Sequence[tuple[str, int]]


# The buffers around a booking must be free, too, and are each studio's own: busy resources are asked for once for every
# pair of them that the base knows (one or two), not once for every studio.
def _free(base: str, *, kit: bool = False) -> str:
    """The free studios of the base that the condition `base` names (an expression over `bases b`)."""
    return f"""
    with asked as materialized (
      select b.id, {local_days(":start", ":end", "b.timezone")} as days, b.timezone from bases b
      where {base}
    ), opened as materialized (
      select asked.id, asked.days from asked
      cross join lateral ({openings("asked.id", "asked.timezone", "lower(asked.days) - 1", "upper(asked.days)")}) o
      where o.hours @> tstzrange(:start, :end)
    ), ruled as materialized (
      select r.* from opened join booking_rules r on r.base_id = opened.id and r.valid @> lower(opened.days)
    ), rooms as not materialized (
      select s.*, {term("buffer_before")} as before, {term("buffer_after", "s.buffer_minutes")} as after,
             {term("bookable_by")} as bookable_by
      from opened join spaces s on s.base_id = opened.id
      left join ruled base_rule on base_rule.space_id is null
      left join ruled own_rule on own_rule.space_id = s.id
      where s.kind = 'studio' and s.in_service @> opened.days
    ), busy as materialized (
      select lengths.before, lengths.after, resource_id
      from (select distinct before, after from rooms) lengths cross join opened
      cross join lateral busy_resources(opened.id, tstzrange(:start - make_interval(mins => lengths.before),
                                                             :end + make_interval(mins => lengths.after)))
        as resource_id
    ), let as materialized (
      select space_id from opened
      cross join lateral spaces_let_to_others(opened.id, :tenant_id, opened.days) as space_id
    ), shut as materialized (
      select x.resource_id from asked join outages x on x.base_id = asked.id
      where x.during && tstzrange(:start, :end) and x.cancelled_at is null
    ){_KIT if kit else ""}
    select s.id, s.code, s.name, s.scene, s.area_m2, s.buffer_minutes
    from rooms s
    where (cast(:scene as text) is null or s.scene = :scene)
      and (cast(:min_area_m2 as numeric) is null or s.area_m2 >= :min_area_m2)
      and (cast(:tenant_id as uuid) is null or s.bookable_by = 'tenants' or :staff)
      and not exists (select from shut where shut.resource_id is null)
      and s.id not in (select resource_id from shut where resource_id is not null)
      and (s.before, s.after, s.id) not in (select before, after, resource_id from busy)
      and s.id not in (select space_id from let)
      {"and s.id in (select studio_id from equipped)" if kit else ""}
    """  # noqa: S608 (composed of our own expressions)


# Units that can be carried count for every studio, those built in for their own.
_KIT = """
    , wanted as materialized (
      select k.id, w.quantity from opened
      cross join unnest(cast(:kinds as text[]), cast(:quantities as integer[])) as w (code, quantity)
      left join equipment_kinds k on k.base_id = opened.id and k.code = w.code
    ), used as materialized (
      select resource_id from opened
      cross join lateral busy_resources(opened.id, tstzrange(:start, :end)) as resource_id
    ), units as materialized (
      select u.kind_id, u.fixed_to, count(*) as free from equipment_units u
      where u.kind_id in (select id from wanted) and u.retired_at is null
        and u.id not in (select resource_id from used)
        and u.id not in (select resource_id from shut where resource_id is not null)
      group by u.kind_id, u.fixed_to
    ), equipped as materialized (
      select s.id as studio_id from rooms s cross join wanted w
      left join units carried on carried.kind_id = w.id and carried.fixed_to is null
      left join units built_in on built_in.kind_id = w.id and built_in.fixed_to = s.id
      group by s.id
      having bool_and(coalesce(carried.free, 0) + coalesce(built_in.free, 0) >= w.quantity)
    )"""


def _as_json(kit: bool) -> Direct:
    # The list is written by the database: an object for each studio here took longer than finding them all.
    return Direct(f"""
    select exists (select from bases where code = :base_code), cast(coalesce(
      (select json_agg(json_build_object('id', f.id, 'code', f.code, 'name', f.name, 'scene', f.scene,
                         'area_m2', trim_scale(f.area_m2), 'buffer_minutes', f.buffer_minutes, 'quote', null)
                       order by f.code) from ({_free("b.code = :base_code", kit=kit)}) f), '[]') as text)
    """)  # noqa: S608 (composed of our own expressions)


_LIKE = (
    " order by s.scene is not distinct from cast(:like_scene as text) desc, abs(s.area_m2 - :like_area_m2), s.code"
    " limit :most"
)
# each with and without the part that looks for kit
_BY_CODE = {kit: Direct(_free("b.id = :base_id", kit=kit) + " order by s.code") for kit in (False, True)}
_AS_JSON = {kit: _as_json(kit) for kit in (False, True)}
_BY_LIKENESS = {kit: Direct(_free("b.id = :base_id", kit=kit) + _LIKE) for kit in (False, True)}


def free_studios(
    session: Session,
    *,
    base_id: UUID,
    start: datetime,
    end: datetime,
    tenant_id: UUID | None,
    scene: str | None = None,
    min_area_m2: Decimal | None = None,
    equipment: Kit = (),
    staff: bool = True,
) -> list[FreeStudio]:
    """Studios of the base that the tenant could book from `start` to `end`, by code; empty while the base is closed.

    One statement: opening hours, service, outages, leases of others, bookings and the buffers around them, and with
    `equipment` numbers of kinds that are free in the studio. `staff`: those that only the desk books are told, too.
    """
    values = _asked(start, end, tenant_id, scene, min_area_m2, equipment, staff) | {"base_id": base_id}
    return [FreeStudio._make(row) for row in _BY_CODE[bool(equipment)].rows(session, values)]


def free_studios_as_json(
    session: Session,
    *,
    base_code: str,
    start: datetime,
    end: datetime,
    tenant_id: UUID | None,
    scene: str | None = None,
    min_area_m2: Decimal | None = None,
    equipment: Kit = (),
    staff: bool = True,
) -> str:
    """As `free_studios`, as the JSON array that the API answers with; `UnknownBase` for a code that no base has."""
    values = _asked(start, end, tenant_id, scene, min_area_m2, equipment, staff) | {"base_code": base_code}
    ((known, items),) = _AS_JSON[bool(equipment)].rows(session, values)
    if not known:
        raise UnknownBase(base_code)
    return str(items)


def most_alike(
    session: Session,
    *,
    base_id: UUID,
    start: datetime,
    end: datetime,
    tenant_id: UUID,
    scene: str | None,
    area_m2: Decimal,
    equipment: Kit,
    staff: bool,
    most: int,
) -> list[FreeStudio]:
    """The free studios that are most like one of that scene and area: the same scene first, then the nearest area."""
    values = _asked(start, end, tenant_id, None, None, equipment, staff) | {
        "base_id": base_id,
        "like_scene": scene,
        "like_area_m2": area_m2,
        "most": most,
    }
    return [FreeStudio._make(row) for row in _BY_LIKENESS[bool(equipment)].rows(session, values)]


def _asked(
    start: datetime,
    end: datetime,
    tenant_id: UUID | None,
    scene: str | None,
    min_area_m2: Decimal | None,
    equipment: Kit,
    staff: bool,
) -> dict[str, Any]:
    kit = {"kinds": [code for code, _ in equipment], "quantities": [number for _, number in equipment]}
    asked = {"start": start, "end": end, "tenant_id": tenant_id, "scene": scene, "min_area_m2": min_area_m2}
    return asked | {"staff": staff} | (kit if equipment else {})

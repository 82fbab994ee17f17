"""What a base has beside its studios for a time (配套): kinds and roles with their numbers, samples, studios with kit.

For whoever is about to book: nothing is locked, and the booking itself counts again under its locks (`picking`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings.picking import free_at
from shared_base.core.database import Direct
from shared_base.core.fields import pattern

#: how many samples a search tells
MOST_SAMPLES = 12


@dataclass(frozen=True)
class Supply:
    """A kind of equipment or a role of the crew: how many there are, how many are free (None: no time was asked)."""

    what: str  #: `equipment` or `crew`
    code: str
    name: str
    total: int
    free: int | None


@dataclass(frozen=True)
class SampleSupply:
    """A sample, or a lot of `quantity`, and how many of it are free for the whole time (None: no time was asked)."""

    id: UUID
    code: str
    name: str
    counted: bool
    quantity: int
    free: int | None


_LINES = Direct("""
    select 'equipment' as what, k.code, k.name, count(u.id)
    from equipment_kinds k left join equipment_units u on u.kind_id = k.id and u.retired_at is null
      and (u.fixed_to is null or cast(:studio_id as uuid) is null or u.fixed_to = :studio_id)
    where k.base_id = :base_id group by k.id
    union all
    select 'crew', r.code, r.name, count(m.id)
    from crew_roles r left join crew_skills s on s.role_id = r.id
    left join crew_members m on m.id = s.crew_id and m.left_at is null
    where r.base_id = :base_id group by r.id
    order by 1 desc, 3
""")

# A unit built into a studio serves only that one, what can be carried serves all of them.
_STUDIOS_WITH_KIT = Direct("""
    with wanted as materialized (
      select code, number from unnest(cast(:codes as text[]), cast(:numbers as bigint[])) as line (code, number)
    ), units as materialized (
      select u.id, k.code, u.fixed_to
      from wanted join equipment_kinds k on k.base_id = :base_id and k.code = wanted.code
      join equipment_units u on u.kind_id = k.id and u.retired_at is null
    ), busy as materialized (
      select held.resource_id as id
      from busy_ranges((select array_agg(id) from units), tstzrange(:start, :end)) held
      union select x.resource_id from outages x
      where x.base_id = :base_id and x.resource_id in (select id from units) and x.cancelled_at is null
        and x.during && tstzrange(:start, :end)
    ), free as materialized (
      select code, fixed_to, count(*) as number from units where id not in (select id from busy) group by 1, 2
    )
    select s.code from spaces s
    where s.base_id = :base_id and s.kind = 'studio' and not exists (
      select from wanted where wanted.number > coalesce((
        select sum(free.number) from free
        where free.code = wanted.code and (free.fixed_to is null or free.fixed_to = s.id)), 0))
    order by s.code
""")

_SAMPLES = Direct("""
    with found as materialized (
      select id, code, name, counted, quantity from samples
      where base_id = :base_id and retired_at is null
        and (id = any(:ids) or (cast(:search as text) is not null and (
          code ilike :search or name ilike :search or sku ilike :search or cast(id as text) = lower(:exact))))
      order by lower(code) = lower(:exact) desc, code limit :most
    ), busy as materialized (
      select held.resource_id as id
      from busy_ranges((select array_agg(id) from found), tstzrange(:start, :end)) held
      union select x.resource_id from outages x
      where x.base_id = :base_id and x.resource_id in (select id from found) and x.cancelled_at is null
        and x.during && tstzrange(:start, :end)
    )
    select f.id, f.code, f.name, f.counted, f.quantity,
           case when cast(:start as timestamptz) is null then null
                when f.id in (select id from busy) then 0
                when f.counted then greatest(0, f.quantity - lot_peak(f.id, tstzrange(:start, :end), '{}'))
                else 1 end
    from found f order by lower(f.code) = lower(:exact) desc, f.code
""")


def supply(
    session: Session,
    *,
    base_id: UUID,
    studio_id: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Supply]:
    """Kinds, then roles, by name. `studio_id`: what is built into other studios does not count. Two statements."""
    lines = _LINES.rows(session, {"base_id": base_id, "studio_id": studio_id})
    free: dict[str, dict[str, int]] | None = None
    if start and end and lines:
        free = free_at(session, base_id=base_id, studio_id=studio_id, start=start, end=end)
    return [
        Supply(what, code, name, total, free[what].get(code, 0) if free is not None else None)
        for what, code, name, total in lines
    ]


def studios_with_kit(
    session: Session, *, base_id: UUID, start: datetime, end: datetime, equipment: Sequence[tuple[str, int]]
) -> list[str]:
    """Codes of the studios in which so many of each kind are free for the whole time, whether or not they are."""
    values = {
        "base_id": base_id,
        "start": start,
        "end": end,
        "codes": [code for code, _ in equipment],
        "numbers": [number for _, number in equipment],
    }
    return [code for (code,) in _STUDIOS_WITH_KIT.rows(session, values)]


def samples(
    session: Session,
    *,
    base_id: UUID,
    start: datetime | None,
    end: datetime | None,
    search: str = "",
    ids: Sequence[UUID] = (),
) -> list[SampleSupply]:
    """Samples by id, and those that the words find: in the label's code, the name, the SKU, or as the id itself."""
    text = search.strip().replace("\x00", "")
    values = {
        "base_id": base_id,
        "start": start,
        "end": end,
        "ids": list(ids),
        "search": pattern(text) if text else None,
        "exact": text,
        "most": MOST_SAMPLES + len(ids),
    }
    return [SampleSupply(*row) for row in _SAMPLES.rows(session, values)]

"""Which units, people and samples a booking gets: any that are free, at their peak, never by their sum.

A kind (or a role) is locked before one of its units (or people) is picked, so that two bookings never pick the same;
kinds before roles, both in id order, and all of them before any resource: nobody waits crosswise. What is picked is
then locked with the studio and the host; what is missing is told by kind, with how many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings.matching import match
from shared_base.bookings.needs import Needs
from shared_base.bookings.rows import Wanted
from shared_base.core.database import Direct
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

_KINDS = "select id, code, name from equipment_kinds where base_id = :base_id and code = any(:codes) order by id"
_ROLES = "select id, code, name from crew_roles where base_id = :base_id and code = any(:codes) order by id"
_LOCK = " for no key update"
# by whether their rows are locked
_KINDS_AND_ROLES = {
    True: (Direct(_KINDS + _LOCK), Direct(_ROLES + _LOCK)),
    False: (Direct(_KINDS), Direct(_ROLES)),
}

_TIMES = """
    asked as materialized (
      select number, tstzrange(starts, ends) as range
      from unnest(:starts, :ends) with ordinality as times (starts, ends, number))
"""

# In one go for all times: who of the candidates is busy when (but for the bookings that are being changed).
_BUSY = """
    busy as materialized (
      select asked.number, held.resource_id
      from asked cross join lateral busy_ranges((select array_agg(id) from candidates), asked.range) held
      where not exists (
        select from allocations own where own.booking_id = any(:except_bookings) and own.live
        and own.resource_id = held.resource_id and own.during = held.during)
      union
      select asked.number, x.resource_id
      from asked join outages x on x.during && asked.range and x.cancelled_at is null and x.base_id = :base_id
      where x.resource_id in (select id from candidates))
"""

# A unit built into the studio goes before one that can be carried: that one may serve elsewhere.
_UNITS = Direct(f"""
    with {_TIMES}, candidates as materialized (
      select id, kind_id, tag, fixed_to from equipment_units
      where kind_id = any(:kinds) and retired_at is null and (fixed_to is null or fixed_to = :studio_id)
    ), {_BUSY}
    select asked.number, c.kind_id, c.id, c.tag
    from asked cross join candidates c
    where not exists (select from busy where busy.number = asked.number and busy.resource_id = c.id)
    order by asked.number, c.kind_id, c.fixed_to is null, c.tag
""")  # noqa: S608 (composed of our own expressions)

# A session lies within one shift: nobody works through their rest.
_PEOPLE = Direct(f"""
    with {_TIMES}, candidates as materialized (
      select m.id, s.role_id, m.name from crew_members m join crew_skills s on s.crew_id = m.id
      where s.role_id = any(:roles) and m.left_at is null
    ), {_BUSY}
    select asked.number, c.role_id, c.id, c.name
    from asked cross join candidates c
    where not exists (select from busy where busy.number = asked.number and busy.resource_id = c.id)
      and exists (select from crew_shifts w where w.crew_id = c.id and w.base_id = :base_id and w.during @> asked.range)
    order by asked.number, c.role_id, c.name, c.id
""")  # noqa: S608 (composed of our own expressions)

_SAMPLES = Direct(f"""
    with {_TIMES}, candidates as materialized (
      select * from samples where base_id = :base_id and id = any(:samples)
    ), {_BUSY}
    select asked.number, c.id, c.code, c.name, c.counted,
           case when c.retired_at is not null or busy.resource_id is not null then 0
                when c.counted then c.quantity - lot_peak(c.id, asked.range, :except_bookings) else 1 end as free
    from asked cross join candidates c
    left join busy on busy.number = asked.number and busy.resource_id = c.id
    order by asked.number, c.code
""")  # noqa: S608 (composed of our own expressions)


@dataclass(frozen=True)
class Kind:
    """A kind of equipment or a role of the crew, as far as it was asked for."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True)
class Short:
    """Something of which there is not enough: `free` of the `wanted`."""

    what: str  #: `equipment`, `crew` or `samples`
    code: str
    name: str
    wanted: int
    free: int
    key: str | UUID  #: the line of the needs: a kind's or role's code, a sample's id
    of: UUID  #: the kind, the role or the sample


@dataclass
class Picked:
    """What one booking gets: resources that are held by allocations, numbers of lots, and what is missing."""

    resources: list[tuple[UUID, str | None]] = field(default_factory=list)  #: and the kind or role, by its code
    lots: list[tuple[UUID, int]] = field(default_factory=list)
    missing: list[Short] = field(default_factory=list)


@dataclass(frozen=True)
class Locked:
    """The kinds and roles that a request asks for."""

    needs: Needs
    base_id: UUID
    kinds: tuple[Kind, ...]
    roles: tuple[Kind, ...]


def lock_kinds(session: Session, needs: Needs, *, base_id: UUID) -> Locked:
    """Lock the kinds and roles asked for; `Invalid` for a code that the base does not know."""
    return _known(session, needs, base_id, lock=True)


def known_kinds(session: Session, needs: Needs, *, base_id: UUID) -> Locked:
    """The kinds and roles asked for, unlocked: for whoever only looks."""
    return _known(session, needs, base_id, lock=False)


def _known(session: Session, needs: Needs, base_id: UUID, *, lock: bool) -> Locked:
    found = []
    for name, lines, statement in zip(
        ("equipment", "crew"), (needs.equipment, needs.crew), _KINDS_AND_ROLES[lock], strict=True
    ):
        codes = [code for code, _ in lines]
        rows = statement.rows(session, {"base_id": base_id, "codes": codes}) if codes else []
        kinds = tuple(Kind(*row) for row in rows)
        if unknown := set(codes) - {kind.code for kind in kinds}:
            text = N_("This base has no %(code)s; choose one from its list.")
            raise faulty(name, text, code=", ".join(sorted(unknown)))
        found.append(kinds)
    return Locked(needs, base_id, *found)


def pick(
    session: Session, locked: Locked, wanted: Sequence[Wanted], *, except_bookings: Sequence[UUID] = ()
) -> list[Picked]:
    """Units and people for each of the times, as many as are free: three statements at most, whatever the number."""
    picked = [Picked() for _ in wanted]
    values = _values(locked.base_id, wanted, except_bookings) | {"studio_id": wanted[0].studio_id}
    if locked.kinds:
        rows = _UNITS.rows(session, values | {"kinds": [kind.id for kind in locked.kinds]})
        _take(picked, rows, locked.kinds, dict(locked.needs.equipment), "equipment")
    if locked.roles:
        rows = _PEOPLE.rows(session, values | {"roles": [role.id for role in locked.roles]})
        _take(picked, rows, locked.roles, dict(locked.needs.crew), "crew")
    return picked


def pick_samples(
    session: Session,
    needs: Needs,
    wanted: Sequence[Wanted],
    picked: Sequence[Picked],
    *,
    base_id: UUID,
    except_bookings: Sequence[UUID] = (),
) -> None:
    """Add the samples to what was picked, under the locks of their rows; `Invalid` for one that the base has not."""
    if not needs.samples:
        return
    numbers = dict(needs.samples)
    values = _values(base_id, wanted, except_bookings) | {"samples": list(numbers)}
    rows = _SAMPLES.rows(session, values)
    if numbers.keys() - {row[1] for row in rows}:
        raise faulty("samples", N_("This sample is not one of the base's; choose it from the list of samples."))
    for number, sample, code, name, counted, free in rows:
        mine = picked[number - 1]
        if free < numbers[sample]:
            mine.missing.append(Short("samples", code, name, numbers[sample], max(0, free), sample, sample))
        elif counted:
            mine.lots.append((sample, numbers[sample]))
        else:
            mine.resources.append((sample, None))


def _values(base_id: UUID, wanted: Sequence[Wanted], except_bookings: Sequence[UUID]) -> dict[str, Any]:
    return {
        "base_id": base_id,
        "starts": [it.start for it in wanted],
        "ends": [it.end for it in wanted],
        "except_bookings": list(except_bookings),
    }


def _take(
    picked: Sequence[Picked], rows: Iterable[tuple[Any, ...]], kinds: Sequence[Kind], numbers: dict[str, int], what: str
) -> None:
    """Give every time its free candidates, nobody twice; what is short is told."""
    free: dict[int, dict[UUID, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for number, kind, candidate, _name in rows:
        free[number][kind].append(candidate)
    for number, mine in enumerate(picked, 1):
        candidates = {kind.id: free[number][kind.id] for kind in kinds}
        given = match(candidates, {kind.id: numbers[kind.code] for kind in kinds})
        for kind in kinds:
            got = given[kind.id]
            mine.resources.extend((one, kind.code) for one in got)
            if len(got) < numbers[kind.code]:
                short = Short(what, kind.code, kind.name, numbers[kind.code], len(got), kind.code, kind.id)
                mine.missing.append(short)


def free_at(
    session: Session, *, base_id: UUID, studio_id: UUID | None, start: datetime, end: datetime
) -> dict[str, dict[str, int]]:
    """How many of each kind and role are free for the whole of a time, by code; of a studio its own units, too."""
    values = {"base_id": base_id, "studio_id": studio_id, "starts": [start], "ends": [end], "except_bookings": []}
    ((found,),) = _FREE_AT.rows(session, values)
    return dict(found)


_FREE_AT = Direct(f"""
    with {_TIMES}, candidates as materialized (
      select u.id, k.code, 'equipment' as what from equipment_units u join equipment_kinds k on k.id = u.kind_id
      where k.base_id = :base_id and u.retired_at is null
        and (u.fixed_to is null or u.fixed_to = cast(:studio_id as uuid))
      union all
      select m.id, r.code, 'crew' from crew_members m join crew_skills s on s.crew_id = m.id
      join crew_roles r on r.id = s.role_id
      where m.base_id = :base_id and m.left_at is null and exists (
        select from crew_shifts w join asked on w.during @> asked.range where w.crew_id = m.id)
    ), {_BUSY}, counts as (
      select what, code, count(*) filter (where id not in (select resource_id from busy)) as free
      from candidates group by what, code)
    select jsonb_build_object(
      'equipment', coalesce((select jsonb_object_agg(code, free) from counts where what = 'equipment'), '{{}}'),
      'crew', coalesce((select jsonb_object_agg(code, free) from counts where what = 'crew'), '{{}}'))
""")  # noqa: S608 (composed of our own expressions)

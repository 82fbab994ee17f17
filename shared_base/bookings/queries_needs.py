"""What bookings hold beside the studio and the host: units, people and samples, by name."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

# Of a booking that gave everything up (cancelled, over) the last that it held is told; what a move gave up is not.
_HELD = sa.text("""
    with held as (
      select a.booking_id, a.resource_id, a.purpose, bool_or(a.live) as live from allocations a
      where a.booking_id = any(:bookings) group by 1, 2, 3
    ), counted as (
      select c.booking_id, c.resource_id, max(c.quantity) as quantity, bool_or(c.live) as live from lot_claims c
      where c.booking_id = any(:bookings) group by 1, 2
    ), everything as (
      select h.booking_id, h.live, 'equipment' as what, h.purpose as code, k.name as kind, u.id, u.tag as name, 1 as n
      from held h join equipment_units u on u.id = h.resource_id join equipment_kinds k on k.id = u.kind_id
      union all
      select h.booking_id, h.live, 'crew', h.purpose, r.name, m.id, m.name, 1
      from held h join crew_members m on m.id = h.resource_id
      left join crew_roles r on r.base_id = m.base_id and r.code = h.purpose
      union all
      select h.booking_id, h.live, 'samples', s.code, s.name, s.id, s.name, 1
      from held h join samples s on s.id = h.resource_id
      union all
      select c.booking_id, c.live, 'samples', s.code, s.name, s.id, s.name, c.quantity
      from counted c join samples s on s.id = c.resource_id
    )
    select booking_id, what, code, kind, id, name, n
    from (select *, bool_or(live) over (partition by booking_id) as any_live from everything) e
    where live = any_live
    order by booking_id, what, code, name
""")


@dataclass
class Kit:
    """What one booking has; each line as the API tells it, with the name of its kind or role for people."""

    equipment: list[dict[str, Any]] = field(default_factory=list)  #: kind, kind_name, unit_id, tag
    crew: list[dict[str, Any]] = field(default_factory=list)  #: role, role_name, crew_id, name
    samples: list[dict[str, Any]] = field(default_factory=list)  #: id, code, name, quantity

    def __bool__(self) -> bool:
        return bool(self.equipment or self.crew or self.samples)


def kits(session: Session, booking_ids: Collection[UUID]) -> dict[UUID, Kit]:
    """What each of the bookings has, as far as the caller sees them; one statement for any number."""
    found: dict[UUID, Kit] = defaultdict(Kit)
    if not booking_ids:
        return found
    rows = session.connection().execute(_HELD, {"bookings": list(booking_ids)})
    for booking_id, what, code, kind, id_, name, number in rows:
        mine = found[booking_id]
        if what == "equipment":
            mine.equipment.append({"kind": code, "kind_name": kind, "unit_id": str(id_), "tag": name})
        elif what == "crew":
            mine.crew.append({"role": code, "role_name": kind, "crew_id": str(id_), "name": name})
        else:
            mine.samples.append({"id": str(id_), "code": code, "name": name, "quantity": number})
    return found

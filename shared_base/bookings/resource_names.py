"""What a resource of a base is called where people read of it: by its door, its label, its own name."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

_NAMES = sa.text("""
    select s.id, case when position(s.code in s.name) > 0 then s.name else s.code || ' ' || s.name end as name
    from spaces s where s.id = any(:ids)
    union all
    select u.id, u.tag || ' ' || k.name from equipment_units u join equipment_kinds k on k.id = u.kind_id
    where u.id = any(:ids)
    union all select c.id, c.name from crew_members c where c.id = any(:ids)
    union all select p.id, p.code || ' ' || p.name from samples p where p.id = any(:ids)
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(pg.UUID(as_uuid=True))))


def resource_names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of spaces, units, crew and samples by id; one statement."""
    return {row.id: row.name for row in session.execute(_NAMES, {"ids": list(ids)})}

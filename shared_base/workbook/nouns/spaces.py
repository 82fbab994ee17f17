"""Spaces: each is a resource, so that bookings can hold it."""

from collections.abc import Sequence

import sqlalchemy as sa

from shared_base.catalogue.models import Space
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.nouns.bases import inclusive
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.plans import Change, Stored
from shared_base.workbook.rows import SpaceRow

_OWN = ("name", "kind", "area_m2", "scene", "buffer_minutes")

_STORED = sa.text("""
    select s.id, b.code as base, s.code, s.name, s.kind, s.area_m2, s.scene, s.buffer_minutes,
           lower(s.in_service) as in_service_from, upper(s.in_service) - 1 as in_service_to
    from spaces s join bases b on b.id = s.base_id
    where b.code = any(:bases)
""")

# A space has the id of its resource: made here, used twice.
_INSERT = sa.text("""
    with given as (
      select uuidv7() as id, g.*
      from unnest(cast(:base_ids as uuid[]), cast(:codes as text[]), cast(:names as text[]), cast(:kinds as text[]),
                  cast(:areas as numeric[]), cast(:scenes as text[]), cast(:firsts as date[]), cast(:lasts as date[]),
                  cast(:buffers as integer[]))
           as g (base_id, code, name, kind, area_m2, scene, first, last, buffer_minutes)
    ), resource as (
      insert into resources (id, kind, base_id) select id, 'space', base_id from given
    )
    insert into spaces (id, base_id, code, name, kind, area_m2, scene, in_service, buffer_minutes, created_at)
    select id, base_id, code, name, kind, area_m2, scene, daterange(first, last, '[]'), buffer_minutes, :at from given
""")


class Spaces(PlainNoun):
    sheet = sheets.SPACES

    def stored(self, loading: Loading, rows: Sequence[SpaceRow]) -> dict[Key, Stored]:
        names = [column.name for column in self.sheet.columns]
        found = loading.session.execute(_STORED, {"bases": sorted({row.base for row in rows})})
        return {
            (space.base, space.code): Stored({name: getattr(space, name) for name in names}, space.id)
            for space in found
        }

    def insert(self, loading: Loading, rows: Sequence[SpaceRow]) -> None:
        loading.session.execute(
            _INSERT,
            {
                "base_ids": [loading.ids.bases[(row.base,)].id for row in rows],
                "codes": [row.code for row in rows],
                "names": [row.name for row in rows],
                "kinds": [row.kind for row in rows],
                "areas": [row.area_m2 for row in rows],
                "scenes": [row.scene for row in rows],
                "firsts": [row.in_service_from for row in rows],
                "lasts": [row.in_service_to for row in rows],
                "buffers": [row.buffer_minutes for row in rows],
                "at": loading.at,
            },
        )

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        loading.session.execute(
            sa.update(Space),
            [
                {
                    "id": change.ids,
                    **{name: change.after[name] for name in _OWN},
                    "in_service": inclusive(change.after["in_service_from"], change.after["in_service_to"]),
                }
                for change in changes
            ],
        )

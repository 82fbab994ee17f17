"""Closures of a space or of a whole base: outages, which stop new bookings and leave those that stand."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from shared_base.core.i18n import N_
from shared_base.resources.models import Outage
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.plans import Change, Stored, Values
from shared_base.workbook.rows import ClosureRow

_STORED = sa.text("""
    select o.id, o.ref, b.code as base, s.code as space, lower(o.during) as start, upper(o.during) as end, o.reason,
           o.cancelled_at is not null as called_off
    from outages o join bases b on b.id = o.base_id left join spaces s on s.id = o.resource_id
    where o.ref = any(:refs)
""")


class Closures(PlainNoun):
    sheet = sheets.CLOSURES

    def stored(self, loading: Loading, rows: Sequence[ClosureRow]) -> dict[Key, Stored]:
        """One that was called off has no reason here, so that bringing it back is a difference that shows."""
        names = [column.name for column in self.sheet.columns]
        found: dict[Key, Stored] = {}
        for closure in loading.session.execute(_STORED, {"refs": [row.ref for row in rows]}):
            values = {name: getattr(closure, name) for name in names}
            if closure.called_off:
                values["reason"] = N_("(called off)")
            found[(closure.ref,)] = Stored(values, closure.id)
        return found

    def insert(self, loading: Loading, rows: Sequence[ClosureRow]) -> None:
        values = [{"ref": row.ref, "created_at": loading.at, **_columns(loading, self.wanted(row))} for row in rows]
        loading.session.execute(sa.insert(Outage), values)

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        loading.session.execute(
            sa.update(Outage),
            [{"id": change.ids, "cancelled_at": None, **_columns(loading, change.after)} for change in changes],
        )


def _columns(loading: Loading, values: Values) -> dict[str, Any]:
    space = loading.ids.spaces[(values["base"], values["space"])].id if values["space"] else None
    return {
        "base_id": loading.ids.bases[(values["base"],)].id,
        "resource_id": space,
        "during": Range(values["start"], values["end"]),
        "reason": values["reason"],
    }

"""Bases: the base itself, its opening hours and its recognition."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from shared_base.catalogue.models import Base, OpeningHours, Recognition
from shared_base.core.periods import Month
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.plans import Change, Stored, Values
from shared_base.workbook.rows import BaseRow

_OWN = ("name", "tier", "division_code", "timezone", "lettable_area_m2", "operator_uscc")
_HOURS = frozenset({"opens", "closes"})
_RECOGNITION = frozenset({"recognition_no", "recognised_from", "recognised_to"})

# The workbook knows one opening and one recognition of a base: the newest, where pages have made several.
_STORED = sa.text("""
    select b.id, b.code, b.name, b.tier, b.division_code, b.timezone, b.lettable_area_m2, b.operator_uscc,
           h.id as hours_id, h.opens_minute, h.closes_minute,
           r.id as recognition_id, r.number, lower(r.valid) as recognised_from, upper(r.valid) - 1 as recognised_to
    from bases b
    left join lateral (select * from opening_hours o where o.base_id = b.id order by o.valid desc limit 1) h on true
    left join lateral (select * from recognitions n where n.base_id = b.id order by n.valid desc limit 1) r on true
    where b.code = any(:codes)
""")


def inclusive(first: date, last: date | None) -> Range[date]:
    """Days from `first` to `last`, both included, as the database holds them; an empty end is open."""
    return Range(first, last + timedelta(days=1) if last else None)


class Bases(PlainNoun):
    sheet = sheets.BASES

    def stored(self, loading: Loading, rows: Sequence[BaseRow]) -> dict[Key, Stored]:
        found: dict[Key, Stored] = {}
        for base in loading.session.execute(_STORED, {"codes": [row.code for row in rows]}):
            closes = base.closes_minute
            values = {
                "code": base.code,
                **{name: getattr(base, name) for name in _OWN},
                "opens": base.opens_minute,
                # past midnight in the database, the next day's time of day in the workbook
                "closes": closes - 1440 if closes and closes > 1440 else closes,
                "recognition_no": base.number,
                "recognised_from": base.recognised_from,
                "recognised_to": base.recognised_to,
            }
            found[(base.code,)] = Stored(values, (base.id, base.hours_id, base.recognition_id))
        return found

    def insert(self, loading: Loading, rows: Sequence[BaseRow]) -> None:
        """New bases; the scheduler closes months from the one, in the base's zone, in which they came here."""
        values = [self.wanted(row) for row in rows]
        loading.session.execute(
            sa.insert(Base),
            [
                {
                    "code": each["code"],
                    **{name: each[name] for name in _OWN},
                    "reports_from": Month.of(loading.at.astimezone(row.zone).date()).first,
                    "created_at": loading.at,
                }
                for row, each in zip(rows, values, strict=True)
            ],
        )
        loading.ids.load("bases")
        ids = [loading.ids.bases[(row.code,)].id for row in rows]
        self._add_hours(loading, [(id, each) for id, each in zip(ids, values, strict=True)])
        self._add_recognitions(loading, [(id, each) for id, each in zip(ids, values, strict=True)])

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        session = loading.session
        of_base = [(change.ids[0], change.after) for change in changes]
        session.execute(
            sa.update(Base),
            [{"id": id, **{name: after[name] for name in _OWN}, "updated_at": loading.at} for id, after in of_base],
        )
        for change in changes:
            base_id, hours_id, recognition_id = change.ids
            if change.columns & _HOURS and hours_id:
                session.execute(sa.update(OpeningHours).where(OpeningHours.id == hours_id).values(_hours(change.after)))
            elif change.columns & _HOURS:
                self._add_hours(loading, [(base_id, change.after)])
            if change.columns & _RECOGNITION:
                if recognition_id:
                    session.execute(sa.delete(Recognition).where(Recognition.id == recognition_id))
                self._add_recognitions(loading, [(base_id, change.after)])

    def _add_hours(self, loading: Loading, of_base: Sequence[tuple[UUID, Values]]) -> None:
        """Opening hours without beginning or end: history before the import was kept under them too."""
        loading.session.execute(
            sa.insert(OpeningHours),
            [{"base_id": id, "valid": Range(None, None), **_hours(values)} for id, values in of_base],
        )

    def _add_recognitions(self, loading: Loading, of_base: Sequence[tuple[UUID, Values]]) -> None:
        recognised = [(id, values) for id, values in of_base if values["recognised_from"]]
        if recognised:
            loading.session.execute(
                sa.insert(Recognition),
                [
                    {
                        "base_id": id,
                        "number": values["recognition_no"],
                        "valid": inclusive(values["recognised_from"], values["recognised_to"]),
                    }
                    for id, values in recognised
                ],
            )


def _hours(values: Values) -> Mapping[str, Any]:
    opens, closes = values["opens"], values["closes"]
    return {"opens_minute": opens, "closes_minute": closes if closes > opens else closes + 1440}

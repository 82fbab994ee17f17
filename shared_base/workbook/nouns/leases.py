"""Leases, the spaces that they let whole and their rent-free days."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa

from shared_base.core.i18n import N_
from shared_base.core.periods import DaySpan
from shared_base.tenancy.models import Lease, LeaseSpace, RentFree
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.errors import CellError
from shared_base.workbook.ids import LeaseIds
from shared_base.workbook.nouns.bases import inclusive
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.nouns.tenants import admit
from shared_base.workbook.plans import Change, Plan, Stored, Values
from shared_base.workbook.rows import LeaseRow

_STORED = sa.text("""
    select l.id, l.tenant_id, l.base_id, l.ref, t.uscc as tenant_uscc, b.code as base, l.area_m2,
           lower(l.term) as start_date, upper(l.term) - 1 as end_date, l.monthly_rent_fen, l.property_fee_fen,
           array(select s.code from lease_spaces x join spaces s on s.id = x.space_id
                 where x.lease_id = l.id) as spaces,
           array(select array[lower(f.days), upper(f.days) - 1] from lease_rent_free f where f.lease_id = l.id
                 order by f.days) as rent_free
    from leases l join tenants t on t.id = l.tenant_id join bases b on b.id = l.base_id
    where l.ref = any(:refs)
""")

_LET_ALREADY = sa.text("""
    select g.row, s.code as space, l.ref, lower(x.term * daterange(g.first, g.last, '[]')) as day
    from unnest(cast(:rows as integer[]), cast(:space_ids as uuid[]), cast(:firsts as date[]), cast(:lasts as date[]))
         as g (row, space_id, first, last)
    join lease_spaces x on x.space_id = g.space_id and x.term && daterange(g.first, g.last, '[]')
    join leases l on l.id = x.lease_id and l.ref <> all(:own)
    join spaces s on s.id = x.space_id
    order by g.row, s.code, l.ref
""")


class Leases(PlainNoun):
    sheet = sheets.LEASES
    fixed: ClassVar[Mapping[str, str]] = {
        "tenant_uscc": N_(
            "%(key)s is stored for “%(stored)s”, here it is for “%(found)s”; the tenant of a lease is not corrected:"
            " give the other tenant's lease a ref of its own"
        ),
        "base": N_(
            "%(key)s is stored in “%(stored)s”, here it is in “%(found)s”; the base of a lease is not corrected:"
            " give the other base's lease a ref of its own"
        ),
    }

    def stored(self, loading: Loading, rows: Sequence[LeaseRow]) -> dict[Key, Stored]:
        names = [column.name for column in self.sheet.columns]
        found: dict[Key, Stored] = {}
        for lease in loading.session.execute(_STORED, {"refs": [row.ref for row in rows]}):
            values = {name: getattr(lease, name) for name in names}
            values["spaces"] = tuple(sorted(lease.spaces))
            values["rent_free"] = tuple(DaySpan(first, last) for first, last in lease.rent_free)
            found[(lease.ref,)] = Stored(values, LeaseIds(lease.id, lease.tenant_id, lease.base_id))
        return found

    def wanted(self, row: LeaseRow) -> Values:
        """Spaces are a set: their order in the cell says nothing."""
        return {**super().wanted(row), "spaces": tuple(sorted(row.spaces))}

    def conflicts(self, loading: Loading, plan: Plan) -> Iterator[CellError]:
        """Spaces let to somebody else on some of the days, by leases that this workbook does not hold."""
        claims: list[tuple[int, Any, date, date]] = []
        wanted = [(row.row, self.wanted(row)) for row in plan.new] + [(each.row, each.after) for each in plan.changed]
        for number, values in wanted:
            for code in values["spaces"]:
                if space := loading.ids.spaces.get((values["base"], code)):
                    claims.append((number, space.id, values["start_date"], values["end_date"]))
        if not claims:
            return
        rows, space_ids, firsts, lasts = zip(*claims, strict=True)
        own = [row.ref for row in plan.table.rows]
        found = loading.session.execute(
            _LET_ALREADY,
            {
                "rows": list(rows),
                "space_ids": list(space_ids),
                "firsts": list(firsts),
                "lasts": list(lasts),
                "own": own,
            },
        )
        refs = {number: values["ref"] for number, values in wanted}
        for clash in found:
            yield plan.table.fault(
                clash.row,
                "spaces",
                N_("the lease %(ref)s lets %(space)s, which the stored lease %(other)s lets too on %(day)s"),
                ref=refs[clash.row],
                space=clash.space,
                other=clash.ref,
                day=clash.day.isoformat(),
            )

    def insert(self, loading: Loading, rows: Sequence[LeaseRow]) -> None:
        ids = loading.ids
        loading.session.execute(
            sa.insert(Lease),
            [
                {
                    "ref": row.ref,
                    "tenant_id": ids.tenants[(row.tenant_uscc,)],
                    "base_id": ids.bases[(row.base,)].id,
                    "created_at": loading.at,
                    **_columns(self.wanted(row)),
                }
                for row in rows
            ],
        )
        ids.load("leases")
        of_lease = [(ids.leases[(row.ref,)], self.wanted(row)) for row in rows]
        self._let(loading, of_lease)
        admit(loading, [(lease.tenant_id, lease.base_id) for lease, _ in of_lease])

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        """Spaces and rent-free days are written anew."""
        session = loading.session
        session.execute(sa.update(Lease), [{"id": change.ids.id, **_columns(change.after)} for change in changes])
        lease_ids = [change.ids.id for change in changes]
        session.execute(sa.delete(LeaseSpace).where(LeaseSpace.lease_id.in_(lease_ids)))
        session.execute(sa.delete(RentFree).where(RentFree.lease_id.in_(lease_ids)))
        self._let(loading, [(change.ids, change.after) for change in changes])

    def _let(self, loading: Loading, of_lease: Sequence[tuple[LeaseIds, Values]]) -> None:
        spaces: list[dict[str, Any]] = []
        rent_free: list[dict[str, Any]] = []
        for lease, values in of_lease:
            shared = {"lease_id": lease.id, "tenant_id": lease.tenant_id, "base_id": lease.base_id}
            term = inclusive(values["start_date"], values["end_date"])
            for code in values["spaces"]:
                space_id = loading.ids.spaces[(values["base"], code)].id
                spaces.append({**shared, "space_id": space_id, "term": term})
            rent_free += [{**shared, "days": inclusive(span.first, span.last)} for span in values["rent_free"]]
        loading.session.execute(sa.insert(LeaseSpace), spaces)
        if rent_free:
            loading.session.execute(sa.insert(RentFree), rent_free)


def _columns(values: Values) -> dict[str, Any]:
    return {
        "area_m2": values["area_m2"],
        "term": inclusive(values["start_date"], values["end_date"]),
        "monthly_rent_fen": values["monthly_rent_fen"],
        "property_fee_fen": values["property_fee_fen"],
    }

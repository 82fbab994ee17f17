"""Whose rows a workbook may hold, and the import on behalf of a person.

The import looks natural keys up across the whole house: a reference or a USCC is unique in all of it, also where the
person may not look. So what an operator's workbook speaks of is compared with the operator's bases first, row by row;
then it is stored in the house's scope, in the operator's name.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.database import set_scope
from shared_base.core.i18n import N_
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import Workbook
from shared_base.workbook.result import ImportResult
from shared_base.workbook.table import Faults, TooManyErrors

#: the sheets whose rows say, by a column, which base they are of
BASE_COLUMN = {
    "bases": "code",
    "spaces": "base",
    "closures": "base",
    "leases": "base",
    "equipment": "base",
    "bookings": "base",
}

#: sheet → the table that holds its references
REFERRED = {"closures": "outages", "leases": "leases", "rent_payments": "rent_payments", "bookings": "bookings"}
_ELSEWHERE = {
    sheet: sa.text(f"select ref from {table} where ref = any(:refs) and base_id <> all(:own)")  # noqa: S608  our names
    for sheet, table in REFERRED.items()
}
_TENANTS_ELSEWHERE = sa.text("""
    select t.uscc from tenants t where t.uscc = any(:refs)
    and not exists (select from admissions a where a.tenant_id = t.id and a.base_id = any(:own))
""")


def import_for(
    session: Session, workbook: Workbook, *, by: Actor, at: datetime, update: bool, dry_run: bool
) -> ImportResult:
    """Import a workbook in the name of `by`, in a savepoint of its own.

    Raises `WorkbookInvalid` for every row that is not theirs to enter or cannot be stored, `Conflict` while another
    import runs; nothing of it is then left.
    """
    try:
        # a savepoint taken back gives the scope back too; one that holds needs it set
        with session.begin_nested():
            set_scope(session, replace(by, reach="system"))
            _refuse_foreign(session, workbook, by)
            result = import_workbook(session, workbook, by=by, at=at, update=update, dry_run=dry_run)
            set_scope(session, by)
    finally:
        set_scope(session, by, sent=True)
    return result


def _refuse_foreign(session: Session, workbook: Workbook, by: Actor) -> None:
    # rows that could not be read are told of first, by the import itself
    if by.is_admin or workbook.errors:
        return
    own = [grant.base_id for grant in by.grants if grant.role == "operator" and grant.base_id]
    codes = set(session.scalars(sa.select(Base.code).where(Base.id.in_(own))))
    errors: list[CellError] = []
    faults = Faults(errors)
    try:
        for error in _other_bases(workbook, codes):
            faults.add(error)
        for error in _taken_elsewhere(session, workbook, own):
            faults.add(error)
    except TooManyErrors:
        raise WorkbookInvalid(errors, more=True) from None
    if errors:
        raise WorkbookInvalid(errors)


def _other_bases(workbook: Workbook, codes: Collection[str]) -> Iterator[CellError]:
    message = N_("%(base)s is not a base that you run; leave its rows out, or ask an administrator to import them")
    for sheet, column in BASE_COLUMN.items():
        if table := workbook.tables.get(sheet):
            for row in table.rows:
                if getattr(row, column) not in codes:
                    yield table.fault(row.row, column, message, base=getattr(row, column))


def _taken_elsewhere(session: Session, workbook: Workbook, own: Collection[UUID]) -> Iterator[CellError]:
    """Keys that stand for something of other bases; what it is, is not said."""

    def found(statement: sa.TextClause, keys: Collection[str]) -> set[str]:
        return set(session.scalars(statement, {"refs": sorted(keys), "own": list(own)}))

    taken = N_("%(ref)s is the reference of something else already; give this row a reference of its own")
    for sheet, statement in _ELSEWHERE.items():
        if table := workbook.tables.get(sheet):
            others = found(statement, {row.ref for row in table.rows})
            for row in table.rows:
                if row.ref in others:
                    yield table.fault(row.row, "ref", taken, ref=row.ref)
    if table := workbook.tables.get("rent_payments"):
        unknown = N_("there is no lease %(ref)s in the bases that you run")
        others = found(_ELSEWHERE["leases"], {row.lease_ref for row in table.rows})
        for row in table.rows:
            if row.lease_ref in others:
                yield table.fault(row.row, "lease_ref", unknown, ref=row.lease_ref)
    if table := workbook.tables.get("tenants"):
        admit = N_("%(uscc)s is known already; admit the enterprise on the page of tenants, then leave this row out")
        others = found(_TENANTS_ELSEWHERE, {row.uscc for row in table.rows})
        for row in table.rows:
            if row.uscc in others:
                yield table.fault(row.row, "uscc", admit, uscc=row.uscc)

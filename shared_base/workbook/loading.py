"""The operator's workbook into the database: all or nothing, twice is once, history as it happened.

`docs/decisions/0003-workbook-room.md` tells why the workbook writes the tables of several rooms itself.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.ids import Ids
from shared_base.workbook.nouns.bases import Bases
from shared_base.workbook.nouns.bookings import Bookings
from shared_base.workbook.nouns.closures import Closures
from shared_base.workbook.nouns.equipment import Equipment
from shared_base.workbook.nouns.leases import Leases
from shared_base.workbook.nouns.noun import Loading, Noun
from shared_base.workbook.nouns.rent_payments import RentPayments
from shared_base.workbook.nouns.spaces import Spaces
from shared_base.workbook.nouns.tenants import Tenants
from shared_base.workbook.plans import Plan, batches, compare
from shared_base.workbook.reading import Workbook
from shared_base.workbook.result import Counts, ImportResult
from shared_base.workbook.table import Faults, TooManyErrors

#: in order of dependence
NOUNS: tuple[Noun, ...] = (Bases(), Spaces(), Closures(), Tenants(), Leases(), RentPayments(), Equipment(), Bookings())
#: one import at a time, by an advisory lock of the transaction
IMPORT_LOCK = 7_305_811_205


def import_workbook(
    session: Session,
    workbook: Workbook,
    *,
    by: Actor,
    at: datetime,
    update: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Store a workbook that was read, in the caller's transaction.

    Rows whose natural key is stored are left as they are when they agree; where they differ that is an error, or with
    `update` a correction that leaves its trace (audit entry, event, a new statement about a stay). `dry_run` does all
    of it and takes it back. Raises `WorkbookInvalid` with every fault found, `Conflict` while another import runs; the
    caller's transaction is then to be rolled back.
    """
    if not session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(IMPORT_LOCK))).scalar():
        raise Conflict(N_("Another workbook is being imported; wait until that has ended, then try again."))
    ids = Ids(session, workbook.named_keys())
    workbook.check_references(ids.known())
    workbook.refuse_faults()
    loading = Loading(session, by, at, update, ids, ImportResult(dry_run))
    attempt = session.begin_nested()
    _store(loading, workbook)
    if dry_run:
        attempt.rollback()
    else:
        attempt.commit()
    return loading.result


def _store(loading: Loading, workbook: Workbook) -> None:
    plans: list[tuple[Noun, Plan]] = []
    for noun in NOUNS:
        if table := workbook.tables.get(noun.sheet.name):
            planned = Plan(table)
            for rows in batches(table.rows):
                compare(planned, rows, noun.stored(loading, rows), noun.wanted)
            plans.append((noun, planned))
    _refuse(loading, plans)
    for noun, planned in plans:
        noun.write(loading, planned)
        loading.ids.load(noun.sheet.name)
        loading.result.sheets[noun.sheet.name] = Counts(len(planned.new), planned.unchanged, len(planned.changed))


def _refuse(loading: Loading, plans: list[tuple[Noun, Plan]]) -> None:
    """Every difference that may not be recorded and every conflict with what is stored, before anything is written."""
    errors: list[CellError] = []
    faults = Faults(errors)
    try:
        for noun, planned in plans:
            for error in noun.refused(loading, planned):
                faults.add(error)
            for error in noun.conflicts(loading, planned):
                faults.add(error)
    except TooManyErrors:
        raise WorkbookInvalid(errors, more=True) from None
    if errors:
        raise WorkbookInvalid(errors)

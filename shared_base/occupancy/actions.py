"""Freezing months: once by the scheduler or by hand, and again by a person with a reason. Stays: `stays.py`."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.catalogue.queries import base_for_update
from shared_base.core.actor import Actor
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.errors import Forbidden
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.occupancy import queries, rules
from shared_base.occupancy.changes import changes_between
from shared_base.occupancy.errors import NothingChanged, PersonNeeded
from shared_base.occupancy.measuring import measure
from shared_base.occupancy.models import MonthReport, ReportLease
from shared_base.occupancy.report import BaseFacts, Report, compose
from shared_base.occupancy.slices import slices_of

log = logging.getLogger(__name__)

#: the timetable as an actor: it sees everything and is nobody
SCHEDULER = Actor(user_id=None, label="scheduler", reach="system")

# A month of a million bookings takes seconds, and whoever closes it at the same time waits for us; sorts of such a
# month fit, or spill to disk. For this transaction only.
_PATIENCE = sa.text(
    "select set_config('statement_timeout', '600s', true), set_config('lock_timeout', '600s', true),"
    " set_config('work_mem', '64MB', true)"
)


def close_month(session: Session, *, base: Base, month: Month, by: Actor, at: datetime) -> MonthReport:
    """Freeze a month that is over, as revision 1. Again, or by several at once: the same report.

    Closers of a base wait for each other at its row; the unique constraint `month_reports_one_of_each_revision` holds
    whatever goes around it. Raises `MonthNotOver`, or `Forbidden` for whom the base is not.
    """
    _require_operator(by, base.id)
    refuse_running_month(base, month, at=at)
    if (frozen := queries.find_report(session, base.id, month, revision=1)) is not None:
        return frozen
    base = _alone(session, base.id)
    if (frozen := queries.find_report(session, base.id, month, revision=1)) is not None:
        return frozen
    report = _compose(session, base, month, revision=1)
    return _freeze(session, base, month, report, by=by, at=at)


def refuse_running_month(base: Base, month: Month, *, at: datetime) -> None:
    """Raise `MonthNotOver` while the month runs in the base's zone, or has not begun."""
    rules.refuse_running_month(month, base=base.code, zone=ZoneInfo(base.timezone), at=at)


def revise_month(session: Session, *, base: Base, month: Month, reason: str, by: Actor, at: datetime) -> MonthReport:
    """Freeze the next revision of a month after a correction, with its reason and what changed, figure by figure.

    The earlier revisions stay as they are. Raises `PersonNeeded` for a job, `NoReport` for a month that is not frozen,
    `NothingChanged` when every figure is as it was, `Forbidden` for whom the base is not.
    """
    _require_operator(by, base.id)
    if by.user_id is None and by.label in ("system", SCHEDULER.label):
        raise PersonNeeded
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=True)
    base = _alone(session, base.id)
    last = queries.report(session, base, month)
    report = _compose(session, base, month, revision=last.revision + 1)
    changes = changes_between(queries.body_of(last), report.body)
    if not changes:
        raise NothingChanged(base=base.code, month=str(month), revision=last.revision)
    revised = {"reason": why, "changes": changes, "revised_by": by.label}
    return _freeze(session, base, month, report, by=by, at=at, **revised)


def _require_operator(by: Actor, base_id: UUID) -> None:
    if not by.serves(base_id, "operator"):
        raise Forbidden(N_("Only an operator of the base freezes its months; ask one to do it."))


def _alone(session: Session, base_id: UUID) -> Base:
    """Lock the base's row: one closer at a time, and what the report says of the base itself stands still.

    What is read next is read after whoever held the lock has committed.
    """
    session.execute(_PATIENCE)
    return base_for_update(session, base_id)


def _compose(session: Session, base: Base, month: Month, *, revision: int) -> Report:
    measured = measure(session, base.id, slices_of(month, ZoneInfo(base.timezone)), base.timezone)
    return compose(BaseFacts(base.code, base.timezone, base.lettable_area_m2), measured, revision=revision)


def _freeze(
    session: Session, base: Base, month: Month, report: Report, *, by: Actor, at: datetime, **revised: object
) -> MonthReport:
    row = MonthReport(
        base_id=base.id,
        month=month.first,
        revision=report.body["revision"],
        closed_at=at,
        canonical=report.canonical,
        digest=report.digest,
        totals=report.body["totals"],
        closed_by=by.label,
        **revised,
    )
    session.add(row)
    session.flush()
    if report.leases:
        session.execute(sa.insert(ReportLease), _lease_rows(row, report))
    _tell(session, row, by=by, at=at)
    return row


def _lease_rows(row: MonthReport, report: Report) -> list[dict[str, object]]:
    """The report's `leases`, one row each: what the tenants concerned, and their claims, may read of it."""
    return [
        {
            "report_id": row.id,
            "lease_ref": lease.ref,
            "lease_id": lease.id,
            "base_id": row.base_id,
            "tenant_id": lease.tenant_id,
            "month": row.month,
            "revision": row.revision,
            "report_digest": row.digest,
            **{name: value for name, value in shown.items() if name not in ("ref", "area_m2")},
            "area_m2": lease.area_m2,
        }
        for lease, shown in zip(report.leases, report.body["leases"], strict=True)
    ]


def _tell(session: Session, row: MonthReport, *, by: Actor, at: datetime) -> None:
    record_events(
        session,
        [
            event_row(
                "report.closed" if row.revision == 1 else "report.revised",
                by=by,
                at=at,
                subject_id=row.id,
                base_id=row.base_id,
                month=str(Month.of(row.month)),
                revision=row.revision,
                digest=row.digest,
                reason=row.reason,
            )
        ],
    )


@dataclass
class ClosingRun:
    """What one look at the due months did, by base and month: `HRB 2026-09`."""

    closed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def close_due_months(engine: sa.Engine, clock: Clock) -> ClosingRun:
    """Freeze every base's months that are due and not frozen (from 02:00 local on the 1st; outages are caught up).

    Each month is a transaction of its own: what fails is logged, tried again at the next look, and stops nothing else.
    Any number of processes may do this at once.
    """
    with transaction(engine, SCHEDULER) as session:
        bases = queries.closings(session)
    done = ClosingRun()
    for base in bases:
        try:
            months = base.due(at=clock.now())
        except Exception:
            log.exception("the months of base %s cannot be told; tried again at the next look", base.code)
            done.failed.append(base.code)
            continue
        for month in months:
            _close_due(engine, base, month, done, at=clock.now())
    return done


def _close_due(engine: sa.Engine, base: queries.Closings, month: Month, done: ClosingRun, *, at: datetime) -> None:
    name = f"{base.code} {month}"
    try:
        with transaction(engine, SCHEDULER) as session:
            close_month(session, base=session.get_one(Base, base.base_id), month=month, by=SCHEDULER, at=at)
    except Exception:
        log.exception("the report %s failed; tried again at the next look", name)
        done.failed.append(name)
    else:
        log.info("the report %s is frozen", name)
        done.closed.append(name)

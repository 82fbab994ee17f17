"""Reads of stays and of frozen reports. Row-level security shows staff and reviewers their bases' reports only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session, defer

from shared_base.catalogue.models import Base, Space
from shared_base.core.i18n import N_
from shared_base.core.periods import Month, months_between
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.errors import NoReport, UnknownStay
from shared_base.occupancy.models import MonthReport, Stay, StayRecord
from shared_base.occupancy.report import whole_document
from shared_base.occupancy.rules import last_due_month
from shared_base.tenancy.models import Tenant


def find_report(session: Session, base_id: UUID, month: Month, revision: int | None = None) -> MonthReport | None:
    """A frozen month, the newest revision unless one is named; None when there is none (that the caller may see)."""
    wanted = sa.select(MonthReport).where(MonthReport.base_id == base_id, MonthReport.month == month.first)
    if revision is not None:
        wanted = wanted.where(MonthReport.revision == revision)
    return session.scalar(wanted.order_by(MonthReport.revision.desc()).limit(1))


def report(session: Session, base: Base, month: Month, revision: int | None = None) -> MonthReport:
    """A frozen month as `find_report`, else `NoReport`."""
    found = find_report(session, base.id, month, revision)
    if found is None and revision is not None:
        raise NoReport(
            N_("%(month)s of %(base)s has no revision %(revision)s; leave the revision out for the newest."),
            month=str(month),
            base=base.code,
            revision=revision,
        )
    if found is None:
        raise NoReport(
            N_("%(month)s of %(base)s is not frozen; close it first: report close --base %(base)s --month %(month)s."),
            month=str(month),
            base=base.code,
        )
    return found


def report_by_id(session: Session, report_id: UUID) -> MonthReport:
    """The report of that id, else `NoReport`."""
    found = session.get(MonthReport, report_id)
    if found is None:
        raise NoReport(N_("There is no such report; look it up again in the list of reports."))
    return found


def reports(
    session: Session, *, base_id: UUID | None = None, first: Month | None = None, last: Month | None = None
) -> list[MonthReport]:
    """The newest revision of every frozen month the caller sees, newest month first; without the bytes."""
    wanted = sa.select(MonthReport).ext(pg.distinct_on(MonthReport.base_id, MonthReport.month))
    if base_id is not None:
        wanted = wanted.where(MonthReport.base_id == base_id)
    if first is not None:
        wanted = wanted.where(MonthReport.month >= first.first)
    if last is not None:
        wanted = wanted.where(MonthReport.month <= last.first)
    newest = session.scalars(
        wanted.options(defer(MonthReport.canonical)).order_by(
            MonthReport.base_id, MonthReport.month.desc(), MonthReport.revision.desc()
        )
    )
    return sorted(newest, key=lambda row: row.month, reverse=True)


def revisions(session: Session, base_id: UUID, month: Month) -> list[MonthReport]:
    """All revisions of a month, the first first: each stays readable."""
    return list(
        session.scalars(
            sa.select(MonthReport)
            .where(MonthReport.base_id == base_id, MonthReport.month == month.first)
            .order_by(MonthReport.revision)
        )
    )


def body_of(row: MonthReport) -> dict[str, Any]:
    """What was hashed and stored."""
    body: dict[str, Any] = json.loads(row.canonical)
    return body


def document_of(row: MonthReport) -> dict[str, Any]:
    """The report's JSON (contract, "JSON of a report"), checked against its digest."""
    return whole_document(body_of(row), digest=row.digest, closed_at=row.closed_at)


def names_of(session: Session, row: MonthReport, document: Mapping[str, Any]) -> ReportNames:
    """What documents print beside the report's codes: the names of now, as far as the caller may know them."""
    usccs = {tenant["uscc"] for member in ("tenants", "leases") for tenant in document[member]}
    studios = session.execute(sa.select(Space.code, Space.name).where(Space.base_id == row.base_id))
    tenants = session.execute(sa.select(Tenant.uscc, Tenant.name).where(Tenant.uscc.in_(usccs)))
    return ReportNames(
        base=session.scalars(sa.select(Base.name).where(Base.id == row.base_id)).one(),
        studios={row.code: row.name for row in studios},
        tenants={row.uscc: row.name for row in tenants},
        revision_reason=row.reason,
    )


@dataclass(frozen=True)
class Closings:
    """A base as the scheduler sees it: from when on it freezes months, and which are frozen."""

    base_id: UUID
    code: str
    timezone: str
    reports_from: Month
    frozen: frozenset[Month]

    def due(self, *, at: datetime) -> list[Month]:
        """The months to freeze now, the oldest first. Raises where the base's zone is unknown to this machine."""
        last = last_due_month(ZoneInfo(self.timezone), at=at)
        return [month for month in months_between(self.reports_from, last) if month not in self.frozen]


def closings(session: Session) -> list[Closings]:
    """Every base, in two statements."""
    frozen: dict[UUID, set[Month]] = {}
    for base_id, month in session.execute(
        sa.select(MonthReport.base_id, MonthReport.month).where(MonthReport.revision == 1)
    ):
        frozen.setdefault(base_id, set()).add(Month.of(month))
    bases = session.execute(sa.select(Base.id, Base.code, Base.timezone, Base.reports_from).order_by(Base.code))
    return [
        Closings(base_id, code, zone, Month.of(reports_from), frozenset(frozen.get(base_id, ())))
        for base_id, code, zone, reports_from in bases
    ]


def stay(session: Session, stay_id: UUID) -> Stay:
    """What is held of a stay now, else `UnknownStay`."""
    found = session.get(Stay, stay_id, populate_existing=True)
    if found is None:
        raise UnknownStay
    return found


def stays_of(session: Session, booking_id: UUID) -> list[Stay]:
    """The stays of a booking in order of time; without those withdrawn."""
    return list(
        session.scalars(
            sa.select(Stay)
            .where(Stay.booking_id == booking_id, Stay.voided.is_(False))
            .order_by(Stay.checked_in_at, Stay.id)
            .execution_options(populate_existing=True)
        )
    )


def open_stay(session: Session, booking_id: UUID) -> Stay | None:
    """The stay of a booking that was not checked out, if there is one."""
    return next((stay for stay in stays_of(session, booking_id) if stay.checked_out_at is None), None)


def statements(session: Session, stay_id: UUID) -> list[StayRecord]:
    """All that was ever said about a stay, the first first: who, when, what, why."""
    return list(
        session.scalars(sa.select(StayRecord).where(StayRecord.stay_id == stay_id).order_by(StayRecord.revision))
    )

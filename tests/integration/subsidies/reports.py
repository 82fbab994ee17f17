"""Frozen reports as rows: what a claim reads of them, without the bookings that a real closing counts."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Recognition
from shared_base.core.periods import Month, months_between
from shared_base.occupancy.models import MonthReport, ReportLease
from shared_base.tenancy.models import Lease, RentPayment, Tenant
from tests.factories.catalogue import LONG_AGO, make_base
from tests.factories.tenancy import make_lease, make_payment, make_tenant
from tests.unit.subsidies.workbook import lease_rows, sheet


def freeze(session: Session, base: Base, month: Month, *, revision: int = 1) -> MonthReport:
    """A frozen report of the base and month, without leases."""
    content = f"{base.code} {month} {revision}".encode()
    report = MonthReport(
        base_id=base.id,
        month=month.first,
        revision=revision,
        closed_at=LONG_AGO,
        canonical=content,
        digest=hashlib.sha256(content).hexdigest(),
        totals={},
        reason=None if revision == 1 else "补录协议",
        revised_by=None if revision == 1 else "陈经理",
        closed_by="system",
    )
    session.add(report)
    session.flush()
    return report


def report_lease(session: Session, report: MonthReport, lease: Lease, tenant: Tenant, **columns: Any) -> None:
    """The row of a lease in a frozen report: the whole month in force, payable and recognised unless told."""
    month = Month.of(report.month)
    session.add(
        ReportLease(
            **{
                "report_id": report.id,
                "lease_ref": lease.ref,
                "lease_id": lease.id,
                "base_id": report.base_id,
                "tenant_id": tenant.id,
                "uscc": tenant.uscc,
                "month": report.month,
                "revision": report.revision,
                "report_digest": report.digest,
                "area_m2": lease.area_m2,
                "days_in_force": month.days,
                "payable_days": month.days,
                "days_of_month": month.days,
                "rent_due_fen": lease.monthly_rent_fen,
                "property_fee_due_fen": lease.property_fee_fen,
                "recognised": True,
                **columns,
            }
        )
    )
    session.flush()


def leased(
    session: Session, tenant: Tenant, base: Base, months: Iterable[Month], *, paid: bool = True, **columns: Any
) -> Lease:
    """A lease over `months`, each frozen (once a base and month) and paid in full."""
    months = list(months)
    lease = make_lease(session, tenant, base, first=months[0].first, last=months[-1].last, **columns)
    for month in months:
        report = session.scalar(
            sa.select(MonthReport).where(MonthReport.base_id == base.id, MonthReport.month == month.first)
        ) or freeze(session, base, month)
        report_lease(session, report, lease, tenant)
        if paid:
            make_payment(session, lease, month=month.first, amount_fen=lease.monthly_rent_fen)
    return lease


def two_bases(session: Session) -> None:
    """The two-bases workbook as its import and the closing of 2025-01 to 2026-09 leave it, as far as claims read it."""
    bases = {row["code"]: _base(session, row) for row in sheet("bases")}
    tenants = {
        row["uscc"]: make_tenant(session, list(bases.values()), uscc=row["uscc"], name=row["name"])
        for row in sheet("tenants")
    }
    leases = {}
    for row in sheet("leases"):
        leases[row["ref"]] = make_lease(
            session,
            tenants[row["tenant_uscc"]],
            bases[row["base"]],
            ref=row["ref"],
            first=date.fromisoformat(row["start_date"]),
            last=date.fromisoformat(row["end_date"]),
            area_m2=Decimal(row["area_m2"]),
            monthly_rent_fen=int(row["monthly_rent_fen"]),
            property_fee_fen=int(row["property_fee_fen"] or 0),
        )
    reports = {
        (code, month): freeze(session, base, month)
        for code, base in bases.items()
        for month in months_between(Month(2025, 1), Month(2026, 9))
    }
    for ref, lease in leases.items():
        for row in lease_rows(ref):
            report_lease(
                session,
                reports[row.base_code, row.month],
                lease,
                tenants[row.uscc],
                days_in_force=row.days_in_force,
                payable_days=row.payable_days,
                rent_due_fen=row.rent_due_fen,
                property_fee_due_fen=row.property_fee_due_fen,
                recognised=row.recognised,
            )
    session.execute(
        sa.insert(RentPayment),
        [
            {
                "ref": row["ref"],
                "lease_id": leases[row["lease_ref"]].id,
                "tenant_id": leases[row["lease_ref"]].tenant_id,
                "base_id": leases[row["lease_ref"]].base_id,
                "service_month": Month.parse(row["service_month"]).first,
                "paid_on": date.fromisoformat(row["paid_on"]),
                "kind": row["kind"],
                "amount_fen": int(row["amount_fen"]),
                "invoice_no": row["invoice_no"] or None,
                "recorded_at": LONG_AGO,
            }
            for row in sheet("rent_payments")
        ],
    )


def _base(session: Session, row: dict[str, str]) -> Base:
    base = make_base(
        session,
        code=row["code"],
        name=row["name"],
        division_code=row["division_code"],
        operator_uscc=row["operator_uscc"] or None,
        recognised=None,
    )
    last = date.fromisoformat(row["recognised_to"]) + timedelta(days=1) if row["recognised_to"] else None
    session.add(
        Recognition(
            base_id=base.id,
            number=row["recognition_no"],
            valid=Range(date.fromisoformat(row["recognised_from"]), last),
        )
    )
    session.flush()
    return base

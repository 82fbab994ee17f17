"""Deeds upon leases (入驻协议): signed, amended, ended early.

A space let whole is its tenant's alone for those days. Leases of one space are written under its resource's lock, which
bookings take as well: a booking that commits first is found among the hits, one that comes later sees the lease.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.catalogue.rules import days
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.core.money import plain
from shared_base.resources.models import Resource
from shared_base.resources.queries import Hit, hits
from shared_base.tenancy import rules_leases
from shared_base.tenancy.actions import ensure_admitted, require_staff
from shared_base.tenancy.errors import LetAlready, refusal
from shared_base.tenancy.models import Lease, LeaseSpace, RentFree, Tenant
from shared_base.tenancy.queries_leases import Clash, clashes, get_lease_for_update, rent_free_of, term_of
from shared_base.tenancy.rules import reason_given
from shared_base.tenancy.rules_leases import LeaseTerms


@dataclass(frozen=True)
class Let:
    """A lease as written, and the bookings of other tenants that still hold its spaces: somebody has to move them."""

    lease: Lease
    hits: tuple[Hit, ...]


def sign_lease(
    session: Session, *, tenant: Tenant, base: Base, ref: str, terms: LeaseTerms, by: Actor, at: datetime
) -> Let:
    """Let space in the base to the tenant, who is admitted to it thereby. For operators of the base.

    Raises `Invalid`, `AlreadyThere` for a number in use, `LetAlready` naming the lease that lets a space already.
    """
    require_staff(by, base.id, "operator")
    number, columns = rules_leases.lease_ref(ref), terms.cleaned()
    _claim_spaces(session, base.id, terms)
    ensure_admitted(session, tenant.id, base.id, at=at)
    lease = Lease(ref=number, tenant_id=tenant.id, base_id=base.id, created_at=at, **columns)
    with refusing(session, refusal):
        session.add(lease)
    _write_parts(session, lease, terms)
    signed = get_lease_for_update(session, lease.id)
    _tell(session, "lease.signed", signed, by=by, at=at, after=lease_json(signed))
    return Let(signed, _hits(session, signed, at))


def amend_lease(session: Session, lease: Lease, *, terms: LeaseTerms, by: Actor, at: datetime) -> Let:
    """Write the lease's terms anew: area, days, rent, rent-free periods, spaces. A frozen month keeps what it saw."""
    held = get_lease_for_update(session, lease.id)
    require_staff(by, held.base_id, "operator")
    before = lease_json(held)
    amended = _rewrite(session, held, terms)
    after = lease_json(amended)
    if after != before:
        _tell(session, "lease.amended", amended, by=by, at=at, before=before, after=after)
    return Let(amended, _hits(session, amended, at))


def end_lease(session: Session, lease: Lease, *, last: date, reason: str, by: Actor, at: datetime) -> Lease:
    """Let the lease end on `last` (included), before its term: its spaces are free from the next day on."""
    held = get_lease_for_update(session, lease.id)
    require_staff(by, held.base_id, "operator")
    why = reason_given(reason)
    term = term_of(held)
    assert term.first is not None
    assert term.last is not None
    if not term.first <= last < term.last:
        raise faulty(
            "last",
            N_("The lease runs from %(first)s to %(last)s: an early end lies before its last day."),
            first=term.first.isoformat(),
            last=term.last.isoformat(),
        )
    before = lease_json(held)
    shortened = LeaseTerms(
        area_m2=held.area_m2,
        first=term.first,
        last=last,
        monthly_rent_fen=held.monthly_rent_fen,
        property_fee_fen=held.property_fee_fen,
        rent_free=rules_leases.cut_spans(rent_free_of(held), last),
        space_ids=[each.space_id for each in held.spaces],
    )
    ended = _rewrite(session, held, shortened)
    _tell(session, "lease.ended_early", ended, by=by, at=at, before=before, after=lease_json(ended), reason=why)
    return ended


def _rewrite(session: Session, held: Lease, terms: LeaseTerms) -> Lease:
    """Put the terms in place of a locked lease's."""
    columns = terms.cleaned()
    _claim_spaces(session, held.base_id, terms, also={each.space_id for each in held.spaces}, but_not=held.id)
    session.execute(sa.delete(LeaseSpace).where(LeaseSpace.lease_id == held.id))
    session.execute(sa.delete(RentFree).where(RentFree.lease_id == held.id))
    session.execute(sa.update(Lease).where(Lease.id == held.id).values(**columns))
    session.expire_all()
    _write_parts(session, held, terms)
    return get_lease_for_update(session, held.id)


def _claim_spaces(
    session: Session,
    base_id: UUID,
    terms: LeaseTerms,
    *,
    also: Collection[UUID] = (),
    but_not: UUID | None = None,
) -> None:
    """Lock the spaces' resources in id order, and refuse one of another base or let to somebody on some of the days."""
    session.execute(
        sa.select(Resource.id)
        .where(Resource.id.in_({*terms.space_ids, *also}))
        .order_by(Resource.id)
        .with_for_update(key_share=True)
    )
    known = session.scalar(sa.select(sa.func.count()).where(Space.id.in_(terms.space_ids), Space.base_id == base_id))
    if known != len(set(terms.space_ids)):
        raise faulty("space_ids", N_("One of the spaces is not in this base; choose from its list of spaces."))
    if taken := clashes(session, terms.space_ids, days(terms.first, terms.last, "last"), but_not=but_not):
        raise _let_already(taken)


def _let_already(taken: Sequence[Clash]) -> LetAlready:
    first = taken[0]
    return LetAlready(
        N_("%(space)s is let to %(tenant)s under %(ref)s from %(first)s to %(last)s: change the days or the spaces."),
        extra={
            "leases": [
                {
                    "space": each.space,
                    "ref": each.ref,
                    "tenant": each.tenant_name,
                    "first": each.first.isoformat(),
                    "last": each.last.isoformat(),
                }
                for each in taken
            ]
        },
        space=first.space,
        tenant=first.tenant_name,
        ref=first.ref,
        first=first.first.isoformat(),
        last=first.last.isoformat(),
    )


def _write_parts(session: Session, lease: Lease, terms: LeaseTerms) -> None:
    """The spaces let whole and the rent-free days."""
    of_lease = {"lease_id": lease.id, "tenant_id": lease.tenant_id, "base_id": lease.base_id}
    term = days(terms.first, terms.last, "last")
    spaces = [{**of_lease, "space_id": space_id, "term": term} for space_id in dict.fromkeys(terms.space_ids)]
    free = [{**of_lease, "days": days(span.first, span.last, "rent_free")} for span in terms.rent_free]
    for model, rows in ((LeaseSpace, spaces), (RentFree, free)):
        if rows:
            session.execute(sa.insert(model), rows)


def _hits(session: Session, lease: Lease, at: datetime) -> tuple[Hit, ...]:
    """Bookings of others that hold a space of the lease, from now on."""
    zone = ZoneInfo(lease.base.timezone)
    term = lease.term
    assert term.lower is not None
    assert term.upper is not None
    midnight = datetime.min.time()
    start = max(at, datetime.combine(term.lower, midnight, zone)).astimezone(UTC)
    end = datetime.combine(term.upper, midnight, zone).astimezone(UTC)
    spaces = [each.space_id for each in lease.spaces]
    if not spaces or end <= start:
        return ()
    return tuple(hit for hit in hits(session, spaces, Range(start, end)) if hit.tenant_id != lease.tenant_id)


def lease_json(lease: Lease) -> dict[str, Any]:
    """A lease as events tell it."""
    term = term_of(lease)
    return {
        "ref": lease.ref,
        "area_m2": plain(lease.area_m2),
        "first": _iso(term.first),
        "last": _iso(term.last),
        "monthly_rent_fen": lease.monthly_rent_fen,
        "property_fee_fen": lease.property_fee_fen,
        "spaces": sorted(each.space.code for each in lease.spaces),
        "rent_free": [[_iso(span.first), _iso(span.last)] for span in rent_free_of(lease)],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _tell(session: Session, kind: str, lease: Lease, *, by: Actor, at: datetime, **payload: Any) -> None:
    event = event_row(
        kind, by=by, at=at, subject_id=lease.id, base_id=lease.base_id, tenant_id=lease.tenant_id, **payload
    )
    record_events(session, [event])

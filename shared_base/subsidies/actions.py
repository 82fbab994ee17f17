"""Building a claim: computed from frozen reports, payments and lease dates, and kept as a draft under its code."""

import secrets
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared_base.bookings.codes import ALPHABET, LENGTH
from shared_base.core.actor import Actor
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_
from shared_base.core.periods import parse_claim_period
from shared_base.subsidies import queries
from shared_base.subsidies.claim_document import claim_document, hashed_bytes
from shared_base.subsidies.claim_names import claim_names
from shared_base.subsidies.documents.names import LeaseName
from shared_base.subsidies.errors import NotYourClaim
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import Policies, Policy
from shared_base.subsidies.queries import LeasePlace
from shared_base.subsidies.rules import ClaimResult, compute
from shared_base.tenancy.models import Tenant


def build_claim(
    session: Session,
    *,
    tenant_uscc: str,
    policy_id: str,
    period: str,
    as_of: date,
    declarations: Collection[str],
    assumptions: Mapping[str, str],
    by: Actor,
    at: datetime,
    policies: Policies,
) -> Claim:
    """Compute the claim of an enterprise under a policy and keep it as a draft.

    `period`: a year, a quarter or months; `as_of`: the last day whose payments count; `declarations`: condition ids
    that `by` vouches for, or `all`; `assumptions`: figures for what the source leaves open, by parameter.
    Refused as `subsidies.errors` says: unknown enterprise or policy, not the caller's to claim, an open parameter, a
    missing declaration, a missing frozen report. The same claim built again is another draft with the same figures.
    """
    months = parse_claim_period(period)
    policy = policies.get(policy_id)
    tenant = queries.claimant(session, tenant_uscc)
    places = queries.lease_places(session, tenant)
    bases = _require_whole_view(session, by, tenant, places)
    facts = queries.facts_of(session, tenant, places, months)
    result = compute(
        policy,
        tenant=tenant.uscc,
        months=months,
        as_of=as_of,
        lease_months=facts.lease_months,
        payments=facts.payments,
        lease_dates=facts.lease_dates,
        frozen=facts.frozen,
        declarations=declarations,
        declared_by=by.label,
        assumptions=assumptions,
    )
    names = claim_names(
        result,
        policy=policy,
        tenant_name=tenant.name,
        leases={place.dates.ref: _lease_name(place) for place in places},
        payments=facts.payments,
    )
    draft = {
        "tenant_id": tenant.id,
        "base_ids": sorted(bases),
        "policy_id": policy.id,
        "policy_version": policy.version,
        "period": period.strip(),
        "as_of": as_of,
        "computed_fen": result.computed_fen,
        "names": names,
        "created_at": at,
        "created_by": by.label,
    }
    claim = _kept(session, draft, result=result, policy=policy, tenant=tenant)
    event = event_row(
        "claim.built",
        by=by,
        at=at,
        subject_id=claim.id,
        # an event is told in one base; the claim itself names them all
        base_id=min(bases, default=None),
        tenant_id=tenant.id,
        code=claim.code,
        policy=policy.id,
        period=claim.period,
        computed_fen=claim.computed_fen,
    )
    record_events(session, [event])
    return claim


def _kept(session: Session, draft: Mapping[str, Any], *, result: ClaimResult, policy: Policy, tenant: Tenant) -> Claim:
    """The draft under a code of its own. A code that exists, also one the caller may not see, writes nothing: another
    is taken."""
    while True:
        code = "CL-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        document = claim_document(
            result, code=code, policy=policy, tenant=tenant.uscc, period=draft["period"], as_of=draft["as_of"]
        )
        claim = session.scalar(
            pg.insert(Claim)
            .values(**draft, code=code, canonical=hashed_bytes(document), digest=document["digest"])
            .on_conflict_do_nothing(constraint="claims_code_unique")
            .returning(Claim)
        )
        if isinstance(claim, Claim):
            set_committed_value(claim, "tenant", tenant)
            return claim


def _require_whole_view(session: Session, by: Actor, tenant: Tenant, places: tuple[LeasePlace, ...]) -> frozenset[UUID]:
    """The bases that the claim is about; refused unless `by` may claim for the enterprise and sees all its leases.

    An owner claims for its own enterprise; staff for one whose leases all lie in bases that they serve, since a claim
    is over all of them; the administrator and the system for any.
    """
    bases = frozenset(place.base_id for place in places) or queries.admitting_bases(session, tenant.id)
    if by.is_admin or (by.acts_for(tenant.id, "tenant_owner") and not by.is_reviewer):
        return bases
    if by.is_reviewer or not bases or not all(by.serves(base) for base in bases):
        raise NotYourClaim(N_("You cannot build a claim of %(tenant)s: its owner can."), tenant=tenant.name)
    if queries.has_leases_elsewhere(session, tenant.id, bases):
        raise NotYourClaim(
            N_(
                "%(tenant)s also has leases in bases that you do not serve, and a claim covers them all: "
                "its owner or an administrator builds it."
            ),
            tenant=tenant.name,
        )
    return bases


def _lease_name(place: LeasePlace) -> LeaseName:
    name = LeaseName(base_name=place.base_name)
    if place.spaces:
        name["spaces"] = place.spaces
    return name

"""Building a claim: computed from frozen reports, payments and lease dates, and kept as a draft under its code."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared_base.bookings.codes import ALPHABET, LENGTH
from shared_base.catalogue.models import Base
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
from shared_base.subsidies.queries import LeaseOf
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
    bases = queries.bases_of(session, tenant)
    base_ids = _require_whole_view(session, by, tenant, bases)
    facts = queries.facts_of(session, tenant, bases, months)
    result = compute(
        policy,
        tenant=tenant.uscc,
        months=months,
        as_of=as_of,
        lease_months=facts.lease_months,
        payments=facts.payments,
        lease_dates=[lease.dates for lease in facts.leases],
        frozen=facts.frozen,
        declarations=declarations,
        declared_by=by.label,
        assumptions=assumptions,
    )
    names = claim_names(
        result,
        policy=policy,
        tenant_name=tenant.name,
        leases={lease.dates.ref: _lease_name(lease) for lease in facts.leases},
        payments=facts.payments,
    )
    draft = {
        "tenant_id": tenant.id,
        "base_ids": sorted(base_ids),
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
        base_id=min(base_ids, default=None),
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


def _require_whole_view(session: Session, by: Actor, tenant: Tenant, bases: Sequence[Base]) -> frozenset[UUID]:
    """The ids of the bases that the claim is about; refused unless `by` may claim for the enterprise and sees it whole.

    An owner claims for its own enterprise; staff for one whose leases all lie in bases that they serve, since a claim
    is over all of them; the administrator and the system for any.
    """
    ids = frozenset(base.id for base in bases) or queries.admitting_bases(session, tenant.id)
    if by.is_admin or (by.acts_for(tenant.id, "tenant_owner") and not by.is_reviewer):
        return ids
    if by.is_reviewer or not ids or not all(by.serves(base_id) for base_id in ids):
        raise NotYourClaim(N_("You cannot build a claim of %(tenant)s: its owner can."), tenant=tenant.name)
    if queries.has_leases_elsewhere(session, tenant.id, ids):
        raise NotYourClaim(
            N_(
                "%(tenant)s also has leases in bases that you do not serve, and a claim covers them all: "
                "its owner or an administrator builds it."
            ),
            tenant=tenant.name,
        )
    return ids


def _lease_name(lease: LeaseOf) -> LeaseName:
    name = LeaseName(base_name=lease.base_name)
    if lease.spaces:
        name["spaces"] = lease.spaces
    return name

"""Deeds upon tenants: entered, admitted to a base, changed, suspended and let back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.errors import Forbidden
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.i18n import N_
from shared_base.tenancy import queries, rules
from shared_base.tenancy.errors import AlreadyThere, BadCode, NotNow, UnknownTenant, refusal
from shared_base.tenancy.models import Admission, Tenant
from shared_base.tenancy.rules import TenantDetails


def require_staff(by: Actor, base_id: UUID, *roles: str) -> None:
    """The base's staff, or staff of one of `roles`; else `Forbidden`."""
    if not by.serves(base_id, *roles):
        raise Forbidden(N_("Only the staff of the base may do this; ask its operator."))


def register_tenant(
    session: Session,
    *,
    uscc: str,
    details: TenantDetails,
    base_id: UUID,
    override_reason: str | None = None,
    by: Actor,
    at: datetime,
) -> Tenant:
    """Enter an enterprise and admit it to the base.

    `override_reason`: why a code whose check digit fails is a real one; kept with the tenant and in the audit trail.
    Raises `BadCode`, `Invalid`, or `AlreadyThere` for an enterprise that this or another base entered before
    (`extra["uscc"]`, `extra["name"]`): admit that one.
    """
    require_staff(by, base_id)
    code, why = _code(uscc, override_reason)
    columns = details.cleaned()
    if known := _known(session, code):
        raise _known_already(code, known.name)
    # A new tenant is admitted nowhere yet, so its own staff would not see it: the id is drawn first, nothing returned.
    tenant_id = session.scalar(sa.select(sa.func.uuidv7()))
    assert tenant_id is not None
    with refusing(session, refusal):
        session.execute(
            sa.insert(Tenant)
            .values(id=tenant_id, uscc=code, uscc_override_reason=why, created_at=at, **columns)
            .inline()
        )
    ensure_admitted(session, tenant_id, base_id, at=at)
    tenant = queries.get_tenant_for_update(session, tenant_id)
    _tell(session, "tenant.registered", tenant, [base_id], by=by, at=at, uscc=code, name=tenant.name, override=why)
    return tenant


def _code(uscc: str, override_reason: str | None) -> tuple[str, str | None]:
    """The canonical code, and the reason where its check digit needed one."""
    try:
        return rules.canonical_uscc(uscc), None
    except BadCode:
        if not (override_reason or "").strip():
            raise
        return rules.overridden_uscc(uscc), rules.reason_given(override_reason)


def _known(session: Session, code: str) -> Any:
    return session.execute(sa.text("select id, name from known_enterprise(:code)"), {"code": code}).first()


def _known_already(code: str, name: str) -> AlreadyThere:
    return AlreadyThere(
        N_("%(name)s has this code and is known already: admit it to your base instead of entering it again."),
        extra={"uscc": code, "name": name},
        name=name,
    )


def admit(session: Session, *, uscc: str, base_id: UUID, by: Actor, at: datetime) -> Tenant:
    """Admit an enterprise that is known, perhaps to another base only, to this base; again is harmless."""
    require_staff(by, base_id)
    known = _known(session, rules.overridden_uscc(uscc))
    if known is None:
        raise UnknownTenant
    new = ensure_admitted(session, known.id, base_id, at=at)
    tenant = queries.get_tenant_for_update(session, known.id)
    if new:
        _tell(session, "tenant.admitted", tenant, [base_id], by=by, at=at)
    return tenant


def ensure_admitted(session: Session, tenant_id: UUID, base_id: UUID, *, at: datetime) -> bool:
    """Admit the tenant to the base unless it is; whether the admission is new."""
    admitted = session.execute(
        pg.insert(Admission)
        .values(tenant_id=tenant_id, base_id=base_id, since=at)
        .on_conflict_do_nothing()
        .returning(Admission.tenant_id)
    )
    return admitted.first() is not None


def set_plan(session: Session, tenant: Tenant, *, base_id: UUID, plan: str | None, by: Actor, at: datetime) -> None:
    """Note what the tenant agreed with a base that admits it (基础, 旗舰; empty: nothing); quotas may go by it.

    For operators of the base. Raises `UnknownTenant` where it is not admitted.
    """
    require_staff(by, base_id, "operator")
    admission = session.get(Admission, (tenant.id, base_id), with_for_update={"key_share": True})
    if admission is None:
        raise UnknownTenant
    agreed = text_line(plan, "plan", longest=rules.LONGEST_PLAN)
    if admission.plan != agreed:
        before, admission.plan = admission.plan, agreed
        session.flush()
        _tell(session, "tenant.plan_changed", tenant, [base_id], by=by, at=at, before=before, after=agreed)


def change_tenant(session: Session, tenant: Tenant, *, details: TenantDetails, by: Actor, at: datetime) -> Tenant:
    """Change what is said of a tenant, for staff of its bases; nothing changed leaves no trace."""
    held = queries.get_tenant_for_update(session, tenant.id)
    bases = _serving(session, held, by)
    columns = details.cleaned()
    changed = {name: value for name, value in columns.items() if getattr(held, name) != value}
    if changed:
        before = {name: getattr(held, name) for name in changed}
        for name, value in changed.items():
            setattr(held, name, value)
        session.flush()
        _tell(session, "tenant.changed", held, bases, by=by, at=at, before=before, after=changed)
    return held


def suspend(session: Session, tenant: Tenant, *, reason: str, by: Actor, at: datetime) -> Tenant:
    """Let the tenant book nothing new until it is let back; what it booked stays. For operators of its bases."""
    held = queries.get_tenant_for_update(session, tenant.id)
    bases = _serving(session, held, by, "operator")
    why = rules.reason_given(reason)
    if held.suspended_at is not None:
        raise NotNow(
            N_("%(tenant)s is suspended already (%(reason)s)."), tenant=held.name, reason=held.suspension_reason
        )
    held.suspended_at, held.suspension_reason = at, why
    session.flush()
    _tell(session, "tenant.suspended", held, bases, by=by, at=at, reason=why)
    return held


def resume(session: Session, tenant: Tenant, *, by: Actor, at: datetime) -> Tenant:
    """Let a suspended tenant book again."""
    held = queries.get_tenant_for_update(session, tenant.id)
    bases = _serving(session, held, by, "operator")
    if held.suspended_at is None:
        raise NotNow(N_("%(tenant)s is not suspended."), tenant=held.name)
    before = held.suspension_reason
    held.suspended_at = held.suspension_reason = None
    session.flush()
    _tell(session, "tenant.resumed", held, bases, by=by, at=at, was=before)
    return held


def _serving(session: Session, tenant: Tenant, by: Actor, *roles: str) -> list[UUID]:
    """The bases that admit the tenant and that `by` serves (in one of `roles`); `Forbidden` when there is none."""
    bases = [base.id for base, _ in queries.admissions_of(session, tenant.id) if by.serves(base.id, *roles)]
    if not bases and not by.is_admin:
        raise Forbidden(N_("Only the staff of a base that admits the tenant may do this; ask its operator."))
    return bases


def _tell(
    session: Session,
    kind: str,
    tenant: Tenant,
    bases: Sequence[UUID | None],
    *,
    by: Actor,
    at: datetime,
    **payload: Any,
) -> None:
    """One event for each base concerned: its staff reads the events of its base."""
    record_events(
        session,
        [
            event_row(kind, by=by, at=at, subject_id=tenant.id, base_id=base_id, tenant_id=tenant.id, **payload)
            for base_id in (bases or [None])
        ],
    )

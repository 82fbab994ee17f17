"""Deeds upon hosts (主播): enrolled, checked at the door, consented for, gone and back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.i18n import N_
from shared_base.resources.models import Resource
from shared_base.tenancy import queries, rules_hosts
from shared_base.tenancy.errors import AlreadyThere, NotNow
from shared_base.tenancy.models import Host, Tenant
from shared_base.tenancy.queries_hosts import get_host_for_update

#: the law that sets the ages counts its days here
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class HostDetails:
    """Who presents: the name on air, the name on the identity card, and its number."""

    stage_name: str
    real_name: str
    id_number: str


def enrol_host(session: Session, *, tenant: Tenant, details: HostDetails, key: bytes, by: Actor, at: datetime) -> Host:
    """Take somebody into the tenant's team. The number is masked and hashed under `key`, never stored.

    Raises `BadCode`, `NotNow` below 16 years, `AlreadyThere` for somebody of the team (`extra["host_id"]`).
    """
    staff_bases = _bases_of(session, tenant.id, by)
    if not staff_bases and not by.acts_for(tenant.id) and not by.is_admin:
        raise Forbidden(N_("Only the tenant and the staff of its base enrol hosts."))
    number = rules_hosts.canonical_id_number(details.id_number)
    born, digest = rules_hosts.born_on(number), rules_hosts.id_number_hash(number, key=key)
    stage_name = text_line(details.stage_name, "stage_name", longest=100, required=True)
    real_name = text_line(details.real_name, "real_name", longest=100, required=True)
    if rules_hosts.age_on(born, at.astimezone(CHINA).date()) < rules_hosts.YOUNGEST:
        raise NotNow(
            N_("%(host)s is not 16 yet; hosts must be 16 or older. Enrol them on their birthday."), host=stage_name
        )
    _refuse_twin(session, tenant.id, digest)
    resource_id = session.scalar(sa.insert(Resource).values(kind="host", base_id=None).returning(Resource.id))
    host = Host(
        id=resource_id,
        tenant_id=tenant.id,
        stage_name=stage_name,
        real_name=real_name,
        id_number_masked=rules_hosts.masked(number),
        id_number_hash=digest,
        born_on=born,
        created_at=at,
    )
    session.add(host)
    session.flush()
    _tell(session, "host.enrolled", host, staff_bases, by=by, at=at, stage_name=stage_name)
    return host


def _refuse_twin(session: Session, tenant_id: UUID, digest: bytes) -> None:
    """One person is one host of a tenant; whoever left comes back as the same. Two requests at once wait here."""
    session.execute(sa.select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True))
    twin = session.scalar(sa.select(Host).where(Host.tenant_id == tenant_id, Host.id_number_hash == digest))
    if twin is not None:
        message = (
            N_("This identity number is %(host)s's, who is in the team already.")
            if twin.left_at is None
            else N_("This identity number is %(host)s's, who has left the team: take them back instead.")
        )
        raise AlreadyThere(message, extra={"host_id": str(twin.id)}, host=twin.stage_name)


def check_real_name(session: Session, host: Host, *, by: Actor, at: datetime) -> Host:
    """Record that `by` compared the person with the identity card. For staff of a base that admits the tenant."""
    held = get_host_for_update(session, host.id)
    bases = _require_staff(session, held, by)
    if by.user_id is None:
        raise Forbidden(N_("A real name is checked by a person, at the door."))
    if held.real_name_checked_at is None:
        held.real_name_checked_at, held.real_name_checked_by = at, by.user_id
        session.flush()
        _tell(session, "host.real_name_checked", held, bases, by=by, at=at)
    return held


def record_consent(session: Session, host: Host, *, guardian_name: str, by: Actor, at: datetime) -> Host:
    """Record that a guardian consents to a host of 16 or 17 presenting. For staff, who saw the signature."""
    held = get_host_for_update(session, host.id)
    bases = _require_staff(session, held, by)
    if rules_hosts.age_on(held.born_on, at.astimezone(CHINA).date()) >= rules_hosts.OF_AGE:
        raise NotNow(N_("%(host)s is of age; no consent is needed."), host=held.stage_name)
    held.guardian_name = text_line(guardian_name, "guardian_name", longest=100, required=True)
    held.guardian_consent_at = at
    session.flush()
    _tell(session, "host.consent_recorded", held, bases, by=by, at=at, guardian=held.guardian_name)
    return held


def rename_host(session: Session, host: Host, *, stage_name: str, by: Actor, at: datetime) -> Host:
    """Change the name on air."""
    held = get_host_for_update(session, host.id)
    bases = _require_own(session, held, by)
    name = text_line(stage_name, "stage_name", longest=100, required=True)
    assert name is not None
    if name != held.stage_name:
        before, held.stage_name = held.stage_name, name
        session.flush()
        _tell(session, "host.renamed", held, bases, by=by, at=at, before=before, after=name)
    return held


def let_go(session: Session, host: Host, *, by: Actor, at: datetime) -> Host:
    """The host leaves the team: no new booking names them, what they presented stays on record."""
    held = get_host_for_update(session, host.id)
    bases = _require_own(session, held, by)
    if held.left_at is not None:
        raise NotNow(N_("%(host)s has left the team already."), host=held.stage_name)
    held.left_at = at
    session.flush()
    _tell(session, "host.left", held, bases, by=by, at=at)
    return held


def take_back(session: Session, host: Host, *, by: Actor, at: datetime) -> Host:
    """A host who had left presents for the team again."""
    held = get_host_for_update(session, host.id)
    bases = _require_own(session, held, by)
    if held.left_at is None:
        raise NotNow(N_("%(host)s is in the team."), host=held.stage_name)
    held.left_at = None
    session.flush()
    _tell(session, "host.returned", held, bases, by=by, at=at)
    return held


def _bases_of(session: Session, tenant_id: UUID, by: Actor) -> list[UUID]:
    """The bases that admit the tenant and that `by` serves."""
    return [base.id for base, _ in queries.admissions_of(session, tenant_id) if by.serves(base.id)]


def _require_staff(session: Session, host: Host, by: Actor) -> list[UUID]:
    bases = _bases_of(session, host.tenant_id, by)
    if not bases and not by.is_admin:
        raise Forbidden(N_("Only the staff of a base that admits the tenant may do this; ask the front desk."))
    return bases


def _require_own(session: Session, host: Host, by: Actor) -> list[UUID]:
    bases = _bases_of(session, host.tenant_id, by)
    if not bases and not by.is_admin and not by.acts_for(host.tenant_id):
        raise Forbidden(N_("Only the tenant and the staff of its base may do this."))
    return bases


def _tell(
    session: Session, kind: str, host: Host, bases: list[UUID], *, by: Actor, at: datetime, **payload: Any
) -> None:
    """Told once to the tenant, beside the first of the bases that the person serves."""
    base_id = bases[0] if bases else None
    event = event_row(kind, by=by, at=at, subject_id=host.id, base_id=base_id, tenant_id=host.tenant_id, **payload)
    record_events(session, [event])

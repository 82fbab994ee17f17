"""Load the demo: the same import that an operator uses, then people, frozen months, a revision and a claim."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from config.settings import Settings
from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_
from shared_base.core.periods import Month, months_between
from shared_base.demo.accounts import ACCOUNTS, PASSWORD
from shared_base.demo.houses import HARBIN, House, build_house
from shared_base.demo.kit import build_equipment, load_kit
from shared_base.demo.names import PLATFORMS, id_number, person
from shared_base.demo.nights import ZONE, build_bookings, build_closures
from shared_base.occupancy import stays
from shared_base.occupancy.actions import close_month, revise_month
from shared_base.occupancy.models import Stay
from shared_base.people import passwords
from shared_base.people.models import User
from shared_base.resources.models import Resource
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.policies import shipped_policies
from shared_base.tenancy import rules_hosts
from shared_base.tenancy.models import Host, Membership, Tenant
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import Workbook
from shared_base.workbook.sheets import BY_NAME
from shared_base.workbook.table import Table

SEED = 20_200_109
MONTHS_CLOSED = 3


def load_demo_if_empty(engine: sa.Engine, *, settings: Settings, clock: Clock, say: Callable[[str], None]) -> bool:
    """Load the demo into a database in which there is nothing yet; whether it was loaded."""
    with transaction(engine, SYSTEM) as session:
        if _holds_anything(session):
            return False
    load_demo(engine, settings=settings, clock=clock, say=say)
    return True


def load_demo(engine: sa.Engine, *, settings: Settings, clock: Clock, say: Callable[[str], None]) -> None:
    """Load the demo as of now, in one transaction. Refused in production and on a database that holds real data."""
    if settings.production:
        raise Conflict(N_("Demo data has known passwords: it is not loaded in production."))
    with transaction(engine, SYSTEM) as session:
        if _holds_anything(session):
            raise Conflict(
                N_("This database holds data already: demo data goes into an empty one (another SHARED_BASE_DATA_DIR).")
            )
        at = clock.now()
        say("demo     two bases, 40 studios, 30 tenants, a quarter of a year of sessions …")
        rng = random.Random(SEED)  # noqa: S311  the same demo each time
        house = build_house(at.astimezone(ZONE).date(), rng)
        _import(session, house, at, rng)
        _people(session, house, at)
        _hosts(session, settings, at, rng)
        load_kit(session, at, at.astimezone(ZONE).date())
        say("demo     closing three months, computing a claim …")
        _account(session, house, at)


def _holds_anything(session: Session) -> bool:
    return bool(
        session.scalar(sa.select(sa.exists().where(Base.id.is_not(None)) | sa.exists().where(User.id.is_not(None))))
    )


def _import(session: Session, house: House, at: datetime, rng: random.Random) -> None:
    rows: dict[str, list[Any]] = {
        "bases": house.bases,
        "spaces": house.spaces,
        "closures": build_closures(at.astimezone(ZONE).date()),
        "tenants": house.tenants,
        "leases": house.leases,
        "rent_payments": house.payments,
        "equipment": build_equipment(house),
        "bookings": build_bookings(house, at, rng),
    }
    tables = {name: Table(BY_NAME[name], name, rows=sheet) for name, sheet in rows.items()}
    import_workbook(session, Workbook(tables=tables), by=SYSTEM, at=at)
    first = Month.of(at.astimezone(ZONE).date()).plus(-MONTHS_CLOSED).first
    session.execute(sa.update(Base).values(reports_from=first))


def _people(session: Session, house: House, at: datetime) -> None:
    bases = dict(session.execute(sa.select(Base.code, Base.id)).all())
    tenants = dict(session.execute(sa.select(Tenant.uscc, Tenant.id)).all())
    hashed = passwords.hash_password(PASSWORD)
    for account in ACCOUNTS:
        user = User(email=account.email, name=account.name, password_hash=hashed, demo=True, created_at=at)
        session.add(user)
        session.flush()
        tenant = None if account.tenant is None else tenants[house.tenants[account.tenant].uscc]
        scopes: list[UUID | None] = [bases[code] for code in account.bases]
        for base in scopes or [None]:
            session.add(Membership(user_id=user.id, role=account.role, base_id=base, tenant_id=tenant, created_at=at))
    session.flush()


def _hosts(session: Session, settings: Settings, at: datetime, rng: random.Random) -> None:
    """Two or three hosts a tenant; one of them is seventeen, and one still waits for the check of the real name."""
    checker = session.scalar(sa.select(User.id).where(User.email == ACCOUNTS[1].email))
    tenant_ids = session.scalars(sa.select(Tenant.id).order_by(Tenant.uscc)).all()
    for number, tenant_id in enumerate(tenant_ids):
        for _ in range(2 + number % 2):
            _host(session, tenant_id, settings, at, rng, checker=checker)
    session.flush()


def _host(
    session: Session, tenant_id: UUID, settings: Settings, at: datetime, rng: random.Random, *, checker: UUID | None
) -> None:
    years = rng.choice((17, 19, 22, 24, 26, 28, 31, 35))
    born = (at - timedelta(days=365 * years + rng.randrange(40, 300))).date()
    number = id_number(rng, "230102", f"{born:%Y%m%d}")
    checked = rng.random() < 0.9
    minor = rules_hosts.age_on(born, at.date()) < 18
    resource = Resource(kind="host")
    session.add(resource)
    session.flush()
    name = person(rng)
    session.add(
        Host(
            id=resource.id,
            tenant_id=tenant_id,
            stage_name=f"{name[1:]}·{rng.choice(PLATFORMS)}",
            real_name=name,
            id_number_masked=rules_hosts.masked(number),
            id_number_hash=rules_hosts.id_number_hash(number, key=settings.secret_key.encode()),
            born_on=born,
            real_name_checked_at=at if checked else None,
            real_name_checked_by=checker if checked else None,
            guardian_name=person(rng) if minor else None,
            guardian_consent_at=at if minor else None,
            created_at=at,
        )
    )


def _account(session: Session, house: House, at: datetime) -> None:
    """Freeze the closed months, correct a forgotten check-out in the first and freeze its revision, build a claim."""
    last = Month.of(at.astimezone(ZONE).date()).plus(-1)
    first = last.plus(1 - MONTHS_CLOSED)
    bases = {base.code: base for base in session.scalars(sa.select(Base))}
    for base in bases.values():
        for month in months_between(first, last):
            closes = datetime(month.plus(1).year, month.plus(1).month, 1, 2, 0, tzinfo=ZONE).astimezone(UTC)
            close_month(session, base=base, month=month, by=SYSTEM, at=closes)
    _revise(session, bases[HARBIN], first, at)
    owner = _person(session, "owner@demo.example")
    build_claim(
        session,
        tenant_uscc=house.tenants[2].uscc,
        policy_id="nanshan-live-draft",
        period=f"{first}/{last}",
        as_of=at.astimezone(ZONE).date(),
        declarations=["all"],
        assumptions={"rate": "0.5"},
        by=owner,
        at=at,
        policies=shipped_policies(),
    )


def _revise(session: Session, base: Base, month: Month, at: datetime) -> None:
    operator = _person(session, "operator@demo.example")
    start, end = month.instants(ZONE)
    forgotten = session.scalar(
        sa.select(Stay)
        .where(Stay.base_id == base.id, Stay.checked_out_at.is_(None), Stay.checked_in_at.between(start, end))
        .order_by(Stay.checked_in_at)
        .limit(1)
    )
    if forgotten is not None:
        left = forgotten.checked_in_at + timedelta(hours=2, minutes=41)
        stays.correct_stay(
            session,
            stay_id=forgotten.id,
            checked_in_at=forgotten.checked_in_at,
            checked_out_at=left,
            reason="监控录像核对：开播两小时四十一分后离场",
            by=operator,
            at=at,
        )
        revise_month(session, base=base, month=month, reason="补录漏签退的一场直播", by=operator, at=at)


def _person(session: Session, email: str) -> Actor:
    """A demo person as an actor, with what their memberships grant."""
    user = session.execute(sa.select(User).where(User.email == email)).scalar_one()
    held = session.scalars(sa.select(Membership).where(Membership.user_id == user.id)).all()
    return Actor(
        user_id=user.id,
        label=user.name,
        reach="member",
        grants=tuple(Grant(one.role, one.base_id, one.tenant_id) for one in held),
        bases=frozenset(one.base_id for one in held if one.base_id),
        tenants=frozenset(one.tenant_id for one in held if one.tenant_id),
    )

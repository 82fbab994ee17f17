"""Tenants cannot see each other in the database itself: no filter of ours stands between these queries and the rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_passes import BookingNotice, BookingPass
from shared_base.bookings.models_rules import BookingQuota
from shared_base.bookings.models_series import Series
from shared_base.bookings.models_waitlist import WaitlistEntry
from shared_base.calendars.models import CalendarFeed
from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.database import Model
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.people.models import User
from shared_base.resources.models import LotClaim
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.policies import shipped_policies
from shared_base.tenancy.models import Tenant
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from tests.factories.kit import make_sample
from tests.factories.tenancy import make_host, make_user

WORKBOOK = Path(__file__).parents[1] / "data" / "two-bases"
AT = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)
#: tables whose rows carry a tenant
OF_TENANTS = sorted(t.name for t in Model.metadata.tables.values() if "tenant_id" in t.columns)
#: of those, the ones that tenants do not read at all
NOT_FOR_TENANTS = {"audit_entries"}


@pytest.fixture(scope="module")
def lived_in(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The two bases with a frozen month, claims, hosts and members of every tenant."""
    with engine.connect() as connection:
        outer = connection.begin()
        session = Session(connection, join_transaction_mode="create_savepoint", info={"actor": SYSTEM})
        import_workbook(session, read_workbook(WORKBOOK), by=SYSTEM, at=AT)
        bases = session.scalars(sa.select(Base)).all()
        for base in bases:
            close_month(session, base=base, month=Month(2026, 9), by=SYSTEM, at=AT)
        for tenant in session.scalars(sa.select(Tenant)).all():
            make_host(session, tenant)
            owner = make_user(session, "tenant_owner", tenant=tenant)
            live_with_bookings(session, tenant, owner)
            build_claim(
                session,
                tenant_uscc=tenant.uscc,
                policy_id="longgang-software-2023",
                period="2026-09",
                as_of=date(2026, 10, 15),
                declarations=["all"],
                assumptions={},
                by=SYSTEM,
                at=AT,
                policies=shipped_policies(),
            )
        session.commit()
        session.close()
        yield connection
        outer.rollback()


def live_with_bookings(session: Session, tenant: Tenant, owner: User) -> None:
    """What grows around a tenant's bookings: a series, a lot, a pass, a place in line, a quota, a feed, a notice."""
    booking = session.scalars(sa.select(Booking).where(Booking.tenant_id == tenant.id).limit(1)).one()
    mine = {"tenant_id": tenant.id, "base_id": booking.base_id}
    of_booking = mine | {"booking_id": booking.id}
    lot = make_sample(session, session.get_one(Base, booking.base_id), quantity=3)
    session.add_all(
        [
            Series(
                **mine, studio_id=booking.studio_id, rrule="FREQ=DAILY;COUNT=2", timezone="Asia/Shanghai",
                first_start=AT, duration_seconds=3600, created_at=AT,
            ),
            LotClaim(**of_booking, resource_id=lot.id, during=booking.during, quantity=1),
            BookingPass(**of_booking, issued_at=AT),
            BookingNotice(**of_booking, kind="reminder", at=AT),
            BookingQuota(**mine, period="day", most_bookings=9, valid=Range(None, None), created_at=AT),
            WaitlistEntry(**mine, during=Range(AT, AT + timedelta(hours=1)), created_at=AT),
            CalendarFeed(
                kind="tenant", tenant_id=tenant.id, label="日历", secret_hash=tenant.id.bytes, created_at=AT,
                created_by=owner.id,
            ),
        ]
    )  # fmt: skip
    session.flush()


def as_tenant(connection: sa.Connection, tenant_id: UUID) -> Session:
    grant = Grant("tenant_owner", None, tenant_id)
    actor = Actor(None, "owner", "member", (grant,), tenants=frozenset({tenant_id}))
    return Session(connection, join_transaction_mode="create_savepoint", info={"actor": actor})


def all_tenants(connection: sa.Connection) -> list[UUID]:
    with Session(connection, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}) as session:
        return list(session.scalars(sa.select(Tenant.id).order_by(Tenant.uscc)))


def count(session: Session, table: str, where: str, tenant_id: UUID) -> int:
    return session.scalar(sa.text(f"select count(*) from {table} where {where}"), {"me": tenant_id}) or 0


def test_every_table_shows_a_tenant_its_own_rows_and_no_others(lived_in: sa.Connection) -> None:
    seen = dict.fromkeys(OF_TENANTS, 0)
    for tenant_id in all_tenants(lived_in):
        with as_tenant(lived_in, tenant_id) as session:
            for table in OF_TENANTS:
                assert count(session, table, "tenant_id is distinct from :me", tenant_id) == 0, table
                seen[table] += count(session, table, "tenant_id = :me", tenant_id)
            assert count(session, "tenants", "id <> :me", tenant_id) == 0
            assert count(session, "tenants", "id = :me", tenant_id) == 1
            assert count(session, "month_reports", "true", tenant_id) == 0
    # what is protected was there to be seen: a test over empty tables would prove nothing
    assert [table for table in OF_TENANTS if not seen[table] and table not in NOT_FOR_TENANTS] == []


def test_staff_see_what_belongs_to_their_base_and_nothing_of_the_other(lived_in: sa.Connection) -> None:
    with Session(lived_in, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}) as session:
        bases = dict(session.execute(sa.select(Base.code, Base.id)).all())
    actor = Actor(None, "desk", "member", (Grant("front_desk", bases["HRB"]),), bases=frozenset({bases["HRB"]}))
    with Session(lived_in, join_transaction_mode="create_savepoint", info={"actor": actor}) as session:
        for table in ("bookings", "allocations", "stays", "stay_records", "leases", "rent_payments", "month_reports"):
            assert count(session, table, "base_id <> :me", bases["HRB"]) == 0, table
            assert count(session, table, "base_id = :me", bases["HRB"]) > 0, table


def test_a_tenant_cannot_write_a_row_for_another(lived_in: sa.Connection) -> None:
    mine, rival, *_rest = all_tenants(lived_in)
    with as_tenant(lived_in, mine) as session:
        for statement in (
            "insert into events (at, kind, subject_id, tenant_id, actor_label)"
            " values (now(), 'x', uuidv7(), :rival, 'x')",
            "insert into rent_payments (ref, lease_id, tenant_id, base_id, service_month, paid_on, kind, amount_fen,"
            " recorded_at) select 'X', id, tenant_id, base_id, '2026-09-01', '2026-09-01', 'rent', 1, now()"
            " from leases where tenant_id = :mine limit 1",
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
                session.execute(sa.text(statement), {"rival": rival, "mine": mine})
        touched = session.execute(
            sa.text("update bookings set title = 'mine' where tenant_id = :rival"), {"rival": rival}
        )
        assert touched.rowcount == 0  # type: ignore[attr-defined]
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(
                sa.text("update bookings set tenant_id = :rival where tenant_id = :mine"),
                {"rival": rival, "mine": mine},
            )


def test_a_reviewer_writes_nothing(lived_in: sa.Connection) -> None:
    with Session(lived_in, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}) as session:
        bases = frozenset(session.scalars(sa.select(Base.id)))
    reviewer = Actor(None, "reviewer", "reviewer", (Grant("reviewer"),), bases=bases)
    with Session(lived_in, join_transaction_mode="create_savepoint", info={"actor": reviewer}) as session:
        assert count(session, "bookings", "true", next(iter(bases))) > 0
        for table in ("bookings", "leases", "claims", "hosts", "memberships", "tenants"):
            with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
                session.execute(sa.text(f"update {table} set id = id"))


def test_scope_does_not_outlive_its_transaction(engine: sa.Engine, lived_in: sa.Connection) -> None:
    with engine.connect() as connection:
        with Session(connection, info={"actor": SYSTEM}) as session, session.begin():
            session.scalar(sa.select(sa.func.count()).select_from(Tenant))
        with connection.begin():
            role = connection.scalar(sa.text("select nullif(current_setting('app.role', true), '')"))
    assert role is None

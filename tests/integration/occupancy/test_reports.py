"""Freezing a month: when, by whom, once; what a revision adds; who may read what."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine, set_scope, transaction
from shared_base.core.errors import Forbidden, Invalid
from shared_base.core.events import Event
from shared_base.core.money import plain
from shared_base.core.periods import Month
from shared_base.occupancy import actions, queries, stays
from shared_base.occupancy.errors import MonthNotOver, NoReport, NothingChanged, PersonNeeded
from shared_base.occupancy.models import MonthReport, ReportLease
from shared_base.tenancy.models import Tenant
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.occupancy import make_stay
from tests.factories.tenancy import make_actor, make_lease, make_tenant

SHANGHAI = ZoneInfo("Asia/Shanghai")
SEPTEMBER = Month(2026, 9)
OCTOBER_2 = datetime(2026, 10, 2, tzinfo=UTC)
PERSON = Actor(user_id=None, label="王经理 (command line)", reach="system")


@dataclass
class House:
    base: Base
    studio: Space
    tenant: Tenant
    booking: Booking


@pytest.fixture
def house(session: Session) -> House:
    """A base with a lease and one stay of four hours on the 10th of September."""
    base = make_base(session)
    studio, tenant = make_studio(session, base), make_tenant(session, base)
    make_lease(session, tenant, base)
    start = datetime(2026, 9, 10, 20, tzinfo=SHANGHAI)
    booking = make_booking(session, studio, tenant, start, start + timedelta(hours=4), state="completed")
    make_stay(session, booking, start, start + timedelta(hours=4))
    return House(base, studio, tenant, booking)


def close(session: Session, house: House, *, by: Actor = SYSTEM, at: datetime = OCTOBER_2) -> MonthReport:
    return actions.close_month(session, base=house.base, month=SEPTEMBER, by=by, at=at)


def revise(session: Session, house: House, *, by: Actor = PERSON, reason: str = "补录签退") -> MonthReport:
    return actions.revise_month(session, base=house.base, month=SEPTEMBER, reason=reason, by=by, at=OCTOBER_2)


def lengthen(session: Session, house: House, desk: Actor) -> None:
    """The stay was an hour longer than recorded."""
    stay = queries.stays_of(session, house.booking.id)[0]
    stays.correct_stay(
        session,
        stay_id=stay.id,
        checked_in_at=stay.checked_in_at,
        checked_out_at=stay.checked_out_at + timedelta(hours=1),  # type: ignore[operator]
        reason="监控显示晚走一小时",
        by=desk,
        at=OCTOBER_2,
    )


def test_a_month_closed_again_is_the_same_report(session: Session, house: House) -> None:
    first = close(session, house)
    again = close(session, house, at=OCTOBER_2 + timedelta(days=9))
    assert (again.id, again.revision, again.closed_at) == (first.id, 1, OCTOBER_2)
    assert session.scalar(sa.select(sa.func.count()).where(MonthReport.base_id == house.base.id)) == 1
    kinds = session.scalars(sa.select(Event.kind).where(Event.subject_id == first.id)).all()
    assert kinds == ["report.closed"]


def test_a_month_that_runs_in_the_bases_zone_or_has_not_begun_is_refused(session: Session, house: House) -> None:
    over = datetime(2026, 10, 1, tzinfo=SHANGHAI)
    with pytest.raises(MonthNotOver, match=r"2026-09 of .* is not over until 2026-10-01T00:00\+08:00"):
        close(session, house, at=over - timedelta(seconds=1))
    assert close(session, house, at=over).revision == 1
    with pytest.raises(MonthNotOver):
        actions.close_month(session, base=house.base, month=Month(2027, 1), by=SYSTEM, at=OCTOBER_2)


def test_a_frozen_month_stays_as_it_was_whatever_is_corrected_later(session: Session, house: House) -> None:
    report = close(session, house)
    before = queries.document_of(report)
    lengthen(session, house, make_actor(session, "front_desk", base=house.base))
    session.expire_all()
    assert queries.document_of(queries.report(session, house.base, SEPTEMBER)) == before
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(sa.update(MonthReport).values(revision=2))


def test_a_revision_says_what_changed_and_why_and_leaves_the_first_readable(session: Session, house: House) -> None:
    first = queries.document_of(close(session, house))
    lengthen(session, house, make_actor(session, "front_desk", base=house.base))
    row = revise(session, house)
    document = queries.document_of(row)
    assert (row.revision, row.reason, row.revised_by) == (2, "补录签退", PERSON.label)
    assert document["totals"]["used_seconds"] == first["totals"]["used_seconds"] + 3600
    assert row.changes is not None
    assert row.changes["totals/used_seconds"] == {"before": 14400, "after": 18000}
    assert row.changes["by_local_day/2026-09-11/used_seconds"] == {"before": 0, "after": 3600}
    assert row.changes["by_hour/0"] == {"before": 0, "after": 3600}
    assert not [name for name in row.changes if "booked" in name]
    assert document["inputs"]["corrections"] == 1
    assert queries.document_of(queries.report(session, house.base, SEPTEMBER, 1)) == first
    assert [it.revision for it in queries.revisions(session, house.base.id, SEPTEMBER)] == [1, 2]
    assert queries.report(session, house.base, SEPTEMBER).revision == 2
    assert close(session, house).revision == 1


def test_a_revision_without_a_change_a_reason_or_a_frozen_month_is_refused(session: Session, house: House) -> None:
    with pytest.raises(NoReport, match="close it first"):
        revise(session, house)
    close(session, house)
    with pytest.raises(NothingChanged, match="differs from revision 1"):
        revise(session, house)
    lengthen(session, house, make_actor(session, "front_desk", base=house.base))
    with pytest.raises(Invalid):
        revise(session, house, reason="  ")
    assert revise(session, house).revision == 2
    with pytest.raises(NoReport, match="no revision 3"):
        queries.report(session, house.base, SEPTEMBER, 3)


def test_a_job_never_revises(session: Session, house: House) -> None:
    close(session, house)
    lengthen(session, house, make_actor(session, "front_desk", base=house.base))
    for job in (SYSTEM, actions.SCHEDULER):
        with pytest.raises(PersonNeeded):
            revise(session, house, by=job)


def test_the_database_allows_one_revision_1_and_only_a_persons_later_ones(session: Session, house: House) -> None:
    row = close(session, house)
    columns = {name: getattr(row, name) for name in ("base_id", "month", "closed_at", "canonical", "digest", "totals")}
    for wrong, constraint in (
        ({"revision": 1}, "month_reports_one_of_each_revision"),
        ({"revision": 2}, "month_reports_revision_is_a_persons"),
        ({"revision": 2, "reason": "改"}, "month_reports_revision_is_a_persons"),
        ({"revision": 1, "month": date(2026, 8, 2)}, "month_reports_month_is_a_month"),
        ({"revision": 1, "month": date(2026, 8, 1), "digest": "x"}, "month_reports_digest_shape"),
    ):
        with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
            session.execute(sa.insert(MonthReport).values({**columns, "closed_by": "x", **wrong}))


def test_an_operator_freezes_the_same_bytes_as_the_scheduler(session: Session, house: House) -> None:
    operator = make_actor(session, "operator", base=house.base)
    # a tenant no longer admitted here is not the operator's to see, but the month saw it
    former = make_tenant(session)
    booking = make_booking(
        session,
        house.studio,
        former,
        datetime(2026, 9, 3, 8, tzinfo=SHANGHAI),
        datetime(2026, 9, 3, 9, tzinfo=SHANGHAI),
        state="completed",
    )
    make_stay(session, booking, booking.during.lower, booking.during.upper)  # type: ignore[arg-type]
    with session.begin_nested() as undone:
        by_scheduler = close(session, house, by=actions.SCHEDULER).canonical
        undone.rollback()
    set_scope(session, operator)
    row = close(session, house, by=operator)
    assert row.canonical == by_scheduler
    assert row.closed_by == operator.label
    assert former.uscc in {tenant["uscc"] for tenant in queries.document_of(row)["tenants"]}


@pytest.mark.parametrize("role", ["front_desk", "tenant_owner", "reviewer"])
def test_only_an_operator_of_the_base_freezes_its_months(session: Session, house: House, role: str) -> None:
    actor = make_actor(session, role, base=house.base, tenant=house.tenant)
    with pytest.raises(Forbidden):
        close(session, house, by=actor)
    elsewhere = make_actor(session, "operator", base=make_base(session))
    with pytest.raises(Forbidden):
        close(session, house, by=elsewhere)


def test_a_report_is_for_the_bases_staff_and_reviewers_and_its_lease_rows_for_the_tenant(
    session: Session, house: House
) -> None:
    other = make_tenant(session, house.base)
    make_lease(session, other, house.base)
    report = close(session, house)
    seen = {}
    for name, actor in {
        "desk": make_actor(session, "front_desk", base=house.base),
        "elsewhere": make_actor(session, "operator", base=make_base(session)),
        "reviewer": make_actor(session, "reviewer"),
        "tenant": make_actor(session, "tenant_owner", tenant=house.tenant),
    }.items():
        set_scope(session, actor)
        reports = session.scalars(sa.select(MonthReport.id)).all()
        leases = set(session.scalars(sa.select(ReportLease.tenant_id)))
        seen[name] = (reports, leases)
    both = {house.tenant.id, other.id}
    assert seen == {
        "desk": ([report.id], both),
        "elsewhere": ([], set()),
        "reviewer": ([report.id], both),
        "tenant": ([], {house.tenant.id}),
    }


def test_what_a_month_reads_is_closed_to_whoever_does_not_see_the_whole_base(session: Session, house: House) -> None:
    for actor, number in (
        (make_actor(session, "tenant_owner", tenant=house.tenant), 0),
        (make_actor(session, "operator", base=make_base(session)), 0),
        (make_actor(session, "operator", base=house.base), 1),
    ):
        set_scope(session, actor)
        for function, window in (
            ("month_bookings", "'2026-08-31T16:00Z', '2026-09-30T16:00Z'"),
            ("month_stays", "'2026-08-31T16:00Z', '2026-09-30T16:00Z'"),
            ("month_leases", "'[2026-09-01,2026-10-01)'"),
        ):
            found = session.scalar(
                sa.text(f"select count(*) from {function}(:base_id, {window})"), {"base_id": house.base.id}
            )
            assert found == number, (actor.label, function)


def test_lease_rows_hold_what_the_document_says(session: Session, house: House) -> None:
    report = close(session, house)
    row = session.scalars(sa.select(ReportLease).where(ReportLease.report_id == report.id)).one()
    shown = queries.document_of(report)["leases"][0]
    assert {name: getattr(row, name) for name in shown if name not in ("ref", "area_m2")} == {
        name: value for name, value in shown.items() if name not in ("ref", "area_m2")
    }
    assert (row.lease_ref, plain(row.area_m2), row.report_digest) == (
        shown["ref"],
        shown["area_m2"],
        report.digest,
    )


def test_a_report_takes_the_same_number_of_statements_however_much_happened(session: Session, house: House) -> None:
    def statements() -> int:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        with session.begin_nested() as undone:
            connection = session.connection()
            sa.event.listen(connection, "before_cursor_execute", counted)
            close(session, house)
            sa.event.remove(connection, "before_cursor_execute", counted)
            undone.rollback()
        session.expire_all()
        return count

    few = statements()
    for day in range(1, 29):
        studio, tenant = make_studio(session, house.base), make_tenant(session, house.base)
        make_lease(session, tenant, house.base)
        start = datetime(2026, 9, day, 8, tzinfo=SHANGHAI)
        booking = make_booking(session, studio, tenant, start, start + timedelta(hours=2), state="completed")
        make_stay(session, booking, start, start + timedelta(hours=2))
    assert statements() == few


def test_eight_closers_at_once_over_36_months_make_one_report_a_month_and_the_rest_get_it(
    new_database: Callable[[], TestDatabase],
) -> None:
    engine = make_engine(new_database().app, pool_size=9)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session, reports_from=date(2024, 1, 1))
        make_lease(session, make_tenant(session, base), base, first=date(2024, 2, 5), last=date(2026, 9, 9))
    clock = FixedClock(datetime(2027, 1, 2, tzinfo=UTC))
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: actions.close_due_months(engine, clock), range(8)))
    assert [run.failed for run in runs] == [[]] * 8
    with transaction(engine, SYSTEM) as session:
        rows = session.execute(sa.select(MonthReport.month, MonthReport.revision).order_by(MonthReport.month)).all()
    assert rows == [(Month(2024, 1).plus(number).first, 1) for number in range(36)]
    assert actions.close_due_months(engine, clock) == actions.ClosingRun()
    engine.dispose()


def test_the_scheduler_waits_for_two_in_the_morning_where_the_base_is(
    new_database: Callable[[], TestDatabase],
) -> None:
    engine = make_engine(new_database().app)
    with transaction(engine, SYSTEM) as session:
        make_base(session, code="HRB", reports_from=date(2026, 9, 1))
        make_base(session, code="LON", timezone="Europe/London", reports_from=date(2026, 9, 1))
    clock = FixedClock(datetime(2026, 10, 1, 1, 59, 59, tzinfo=SHANGHAI).astimezone(UTC))
    assert actions.close_due_months(engine, clock).closed == []
    clock.advance(timedelta(seconds=1))
    assert actions.close_due_months(engine, clock).closed == ["HRB 2026-09"]
    clock.at = datetime(2026, 10, 1, 2, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
    assert actions.close_due_months(engine, clock).closed == ["LON 2026-09"]
    engine.dispose()


def test_months_before_reports_from_are_closed_by_hand_only(new_database: Callable[[], TestDatabase]) -> None:
    engine = make_engine(new_database().app)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session, code="HRB", reports_from=date(2026, 10, 1))
    assert actions.close_due_months(engine, FixedClock(OCTOBER_2)).closed == []
    with transaction(engine, SYSTEM) as session:
        assert actions.close_month(session, base=base, month=Month(2025, 1), by=SYSTEM, at=OCTOBER_2).revision == 1
    engine.dispose()

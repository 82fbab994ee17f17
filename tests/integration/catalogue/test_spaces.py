"""Spaces, and their closures: always accepted, and the bookings they hit are named."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.bookings.actions import book
from shared_base.bookings.errors import Taken
from shared_base.catalogue import queries, spaces
from shared_base.catalogue.errors import CodeTaken, KindFixed, UnknownSpace
from shared_base.catalogue.models import Base, Space
from shared_base.catalogue.spaces import SpaceDetails
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import Invalid
from shared_base.core.events import Event
from shared_base.core.retry import retrying
from shared_base.resources import actions as resources
from shared_base.resources.errors import ClosureOver, ClosureRefTaken, UnknownClosure
from shared_base.resources.models import Outage, Resource
from shared_base.resources.queries import closure, closures
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
STUDIO = SpaceDetails(
    code="Ｓ０１",
    name="1号直播间",
    kind="studio",
    area_m2=Decimal("88.25"),
    in_service_from=date(2026, 1, 1),
    scene="食品",
    buffer_minutes=30,
)


def create(session: Session, base: Base, **changes: Any) -> Space:
    return spaces.create_space(session, base, details=replace(STUDIO, **changes), by=SYSTEM, at=AT)


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


def test_a_space_is_a_resource_of_its_base_under_its_code(session: Session, base: Base) -> None:
    space = create(session, base, in_service_to=date(2026, 12, 31))
    assert queries.space(session, base.id, "S01").id == space.id
    assert space.in_service == Range(date(2026, 1, 1), date(2027, 1, 1))
    assert session.get_one(Resource, space.id).base_id == base.id
    assert session.scalars(sa.select(Event.kind).where(Event.subject_id == space.id)).all() == ["space.created"]
    with pytest.raises(CodeTaken):
        create(session, base)
    assert create(session, make_base(session)).code == "S01"
    with pytest.raises(UnknownSpace):
        queries.space(session, base.id, "S99")


@pytest.mark.parametrize(
    ("field", "wrong", "named"),
    [
        ("code", "a;b", "code"),
        ("code", "", "code"),
        ("name", "", "name"),
        ("kind", "garage", "kind"),
        ("area_m2", Decimal("-1"), "area_m2"),
        ("buffer_minutes", 721, "buffer_minutes"),
        ("in_service_to", date(2025, 1, 1), "in_service_to"),
        ("notes", "x" * 2001, "notes"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(
    session: Session, base: Base, field: str, wrong: Any, named: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create(session, base, **{field: wrong})
    assert list(refused.value.extra["errors"]) == [named]


def test_a_booked_space_keeps_its_kind_and_its_end_of_service_names_who_is_booked_after_it(
    session: Session, base: Base
) -> None:
    space = create(session, base)
    tenant = make_tenant(session, base)
    spaces.change_space(session, space, details=replace(STUDIO, kind="hall"), by=SYSTEM, at=AT)
    spaces.change_space(session, space, details=STUDIO, by=SYSTEM, at=AT)
    # 23:00 on the 10th to 01:00 on the 11th of November in Shanghai
    late = make_booking(
        session, space, tenant, datetime(2026, 11, 10, 15, tzinfo=UTC), datetime(2026, 11, 10, 17, tzinfo=UTC)
    )
    make_booking(session, space, tenant, datetime(2026, 11, 10, 3, tzinfo=UTC), datetime(2026, 11, 10, 5, tzinfo=UTC))
    with pytest.raises(KindFixed):
        spaces.change_space(session, space, details=replace(STUDIO, kind="hall"), by=SYSTEM, at=AT)
    change = spaces.change_space(
        session, space, details=replace(STUDIO, in_service_to=date(2026, 11, 10)), by=SYSTEM, at=AT
    )
    assert [hit.booking_id for hit in change.hits] == [late.id]


def test_a_closure_is_accepted_and_names_the_bookings_it_hits(session: Session, base: Base) -> None:
    space, other, tenant = create(session, base), create(session, base, code="S02"), make_tenant(session, base)
    hit = make_booking(session, space, tenant, AT + 2 * HOUR, AT + 4 * HOUR)
    elsewhere = make_booking(session, other, tenant, AT + 2 * HOUR, AT + 4 * HOUR)
    make_booking(session, space, tenant, AT + 5 * HOUR, AT + 6 * HOUR)
    make_booking(session, space, tenant, AT + 2 * HOUR, AT + 3 * HOUR, state="cancelled")
    span = {"start": AT + 3 * HOUR, "end": AT + 5 * HOUR, "by": SYSTEM, "at": AT}
    one = spaces.close_space(session, space, reason="漏水", **span)
    assert [it.booking_id for it in one.hits] == [hit.id]
    whole = spaces.close_base(session, base, reason="停电检修", ref="C-1", **span)
    assert {it.booking_id for it in whole.hits} == {hit.id, elsewhere.id}
    with pytest.raises(ClosureRefTaken):
        spaces.close_base(session, base, reason="停电检修", ref="C-1", **span)
    assert closures(session, base_id=base.id, resource_id=other.id) == [whole.outage]
    assert len(closures(session, base_id=base.id, during=Range(AT, AT + 3 * HOUR))) == 0


def test_a_closed_studio_is_booked_by_nobody(session: Session, base: Base) -> None:
    space, tenant = create(session, base), make_tenant(session, base)
    spaces.close_space(session, space, start=AT + HOUR, end=AT + 2 * HOUR, reason="漏水", by=SYSTEM, at=AT)
    wanted = {"studio_id": space.id, "tenant_id": tenant.id, "title": "", "by": SYSTEM, "at": AT}
    with pytest.raises(Taken):
        book(session, start=AT + HOUR, end=AT + 3 * HOUR, **wanted)
    assert book(session, start=AT + 2 * HOUR, end=AT + 3 * HOUR, **wanted).state == "confirmed"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("end", {"end": AT}),
        ("start", {"start": AT.replace(tzinfo=None)}),
        ("start", {"start": AT.replace(microsecond=1)}),
        ("end", {"end": datetime(2300, 1, 1, tzinfo=UTC)}),
        ("reason", {"reason": "  "}),
        ("reason", {"reason": "x" * 501}),
    ],
)
def test_a_closure_that_cannot_be_is_refused_by_its_field(
    session: Session, base: Base, field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        spaces.close_base(
            session, base, **{"start": AT, "end": AT + HOUR, "reason": "停电", "by": SYSTEM, "at": AT, **wrong}
        )
    assert list(refused.value.extra["errors"]) == [field]
    assert session.scalars(sa.select(Outage)).all() == []


def test_called_off_before_it_begins_a_closure_never_counted_and_a_running_one_ends_now(
    session: Session, base: Base
) -> None:
    def close(start: datetime, end: datetime) -> Outage:
        return spaces.close_base(session, base, start=start, end=end, reason="检修", by=SYSTEM, at=AT - HOUR).outage

    planned, running, over = close(AT + HOUR, AT + 2 * HOUR), close(AT - HOUR, AT + HOUR), close(AT - HOUR, AT)
    for outage in (planned, running, planned):
        spaces.call_off_closure(session, outage, by=SYSTEM, at=AT)
    assert planned.cancelled_at == AT
    assert (running.cancelled_at, running.during.upper) == (None, AT)
    with pytest.raises(ClosureOver):
        spaces.call_off_closure(session, over, by=SYSTEM, at=AT)
    assert set(closures(session, base_id=base.id)) == {running, over}
    assert len(closures(session, base_id=base.id, called_off=True)) == 3


def test_a_closure_of_another_base_is_not_found(session: Session, base: Base) -> None:
    outage = spaces.close_base(session, base, start=AT, end=AT + HOUR, reason="检修", by=SYSTEM, at=AT).outage
    assert closure(session, outage.id, base_ids={base.id}) is outage
    with pytest.raises(UnknownClosure):
        closure(session, outage.id, base_ids=set())


def test_a_corrected_closure_tells_its_hits_anew(session: Session, base: Base) -> None:
    space, tenant = create(session, base), make_tenant(session, base)
    hit = make_booking(session, space, tenant, AT + 2 * HOUR, AT + 4 * HOUR)
    made = spaces.close_base(session, base, start=AT, end=AT + HOUR, reason="检修", by=SYSTEM, at=AT)
    assert made.hits == ()
    corrected = resources.correct(
        session,
        made.outage,
        start=AT + HOUR,
        end=AT + 3 * HOUR,
        reason="检修改期",
        resource_id=space.id,
        by=SYSTEM,
        at=AT,
    )
    assert [it.booking_id for it in corrected.hits] == [hit.id]
    session.expire_all()
    assert (made.outage.resource_id, made.outage.reason) == (space.id, "检修改期")


def test_a_booking_and_a_closure_at_once_never_miss_each_other(new_database: Any) -> None:
    """Twenty times both at once: the booking is refused, or the closure names it."""
    engine = make_engine(new_database().app, pool_size=4)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session)
        studios = [make_studio(session, base).id for _ in range(20)]
        tenant = make_tenant(session, base).id

    def booked(studio: Any) -> bool:
        with Session(engine, info={"actor": SYSTEM}) as own:

            def attempt() -> bool:
                book(
                    own, studio_id=studio, tenant_id=tenant, start=AT + HOUR, end=AT + 2 * HOUR,
                    title="", by=SYSTEM, at=AT,
                )  # fmt: skip
                own.commit()
                return True

            try:
                return retrying(attempt, rollback=own.rollback)
            except Taken:
                return False

    def hits(studio: Any) -> int:
        with transaction(engine, SYSTEM) as own:
            space = queries.space_of(own, studio)
            return len(
                spaces.close_space(own, space, start=AT + HOUR, end=AT + 2 * HOUR, reason="漏水", by=SYSTEM, at=AT).hits
            )

    with ThreadPoolExecutor(2) as pool:
        for studio in studios:
            made, found = pool.submit(booked, studio), pool.submit(hits, studio)
            assert found.result() == int(made.result())
    engine.dispose()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"during": Range(empty=True)}, "outages_during_bounded"),
        ({"during": Range(AT, None)}, "outages_during_bounded"),
        ({"reason": " "}, "outages_reason_given"),
    ],
)
def test_the_database_keeps_closures_possible(
    session: Session, base: Base, columns: dict[str, Any], constraint: str
) -> None:
    given = {"base_id": base.id, "during": Range(AT, AT + HOUR), "reason": "检修", "created_at": AT, **columns}
    session.add(Outage(**given))
    with pytest.raises(IntegrityError, match=constraint):
        session.flush()

"""Samples: single items and counted lots, and whom it hits when there is less."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.core.events import Event
from shared_base.resources.models import Resource
from shared_base.samples import actions, queries
from shared_base.samples.actions import SampleDetails
from shared_base.samples.errors import CountingFixed, SampleCodeTaken, UnknownSample
from shared_base.samples.queries import SampleFilter
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import hold, make_sample
from tests.factories.tenancy import make_tenant

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIPSTICK = SampleDetails("ＳＰ-1", "口红", "SKU-1")


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


def test_a_sample_is_a_resource_of_its_base_under_its_code(session: Session, base: Base) -> None:
    sample = actions.create_sample(session, base, details=LIPSTICK, by=SYSTEM, at=AT)
    assert (sample.code, sample.counted, sample.quantity) == ("SP-1", False, 1)
    assert session.get_one(Resource, sample.id).kind == "sample"
    with pytest.raises(SampleCodeTaken):
        actions.create_sample(session, base, details=LIPSTICK, by=SYSTEM, at=AT)
    lot = replace(LIPSTICK, code="SP-2", counted=True, quantity=0)
    assert actions.create_sample(session, base, details=lot, by=SYSTEM, at=AT).quantity == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"name": " "}, "name"),
        ({"sku": "x" * 65}, "sku"),
        ({"quantity": 2}, "quantity"),
        ({"counted": True, "quantity": -1}, "quantity"),
        ({"counted": True, "quantity": 1_000_001}, "quantity"),
    ],
)
def test_a_bad_value_is_refused_by_its_field(session: Session, base: Base, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_sample(session, base, details=replace(LIPSTICK, **changes), by=SYSTEM, at=AT)
    assert field in refused.value.extra["errors"]


def test_a_lot_that_shrinks_below_its_peak_names_the_bookings_and_above_it_none(session: Session, base: Base) -> None:
    lot, tenant = make_sample(session, base, quantity=10), make_tenant(session, base)
    details = SampleDetails(lot.code, lot.name, counted=True, quantity=5)
    first = make_booking(session, make_studio(session, base), tenant, AT + HOUR, AT + 3 * HOUR)
    second = make_booking(session, make_studio(session, base), tenant, AT + 2 * HOUR, AT + 4 * HOUR)
    later = make_booking(session, make_studio(session, base), tenant, AT + 9 * HOUR, AT + 10 * HOUR)
    for booking, quantity in ((first, 2), (second, 3), (later, 4)):
        hold(session, booking, lot.id, quantity=quantity)
    assert queries.most_held(session, lot, at=AT) == 5, "the peak, never the sum"
    assert actions.change_sample(session, lot, details=details, by=SYSTEM, at=AT).hits == ()
    fewer = actions.change_sample(session, lot, details=replace(details, quantity=4), by=SYSTEM, at=AT)
    assert [hit.booking_id for hit in fewer.hits] == [first.id, second.id, later.id]
    assert lot.quantity == 4


def test_retiring_names_the_bookings_to_come_of_an_item_and_of_a_lot(session: Session, base: Base) -> None:
    tenant, studio = make_tenant(session, base), make_studio(session, base)
    past = make_booking(session, studio, tenant, AT - 2 * HOUR, AT - HOUR)
    coming = make_booking(session, studio, tenant, AT + HOUR, AT + 2 * HOUR)
    item, lot = make_sample(session, base), make_sample(session, base, quantity=9)
    for booking in (past, coming):
        hold(session, booking, item.id)
        hold(session, booking, lot.id, quantity=2)
    for sample in (item, lot):
        change = actions.retire_sample(session, sample, by=SYSTEM, at=AT)
        assert [hit.booking_id for hit in change.hits] == [coming.id]
        assert sample.retired_at == AT
        assert actions.restore_sample(session, sample, by=SYSTEM, at=AT).retired_at is None
    told = session.scalars(sa.select(Event.payload).where(Event.kind == "sample.retired")).all()
    assert [payload["hits"] for payload in told] == [1, 1]


def test_what_was_booked_stays_single_or_counted(session: Session, base: Base) -> None:
    item, free = make_sample(session, base), make_sample(session, base)
    booking = make_booking(session, make_studio(session, base), make_tenant(session, base), AT, AT + HOUR)
    hold(session, booking, item.id)
    counted = SampleDetails(item.code, item.name, counted=True, quantity=3)
    with pytest.raises(CountingFixed):
        actions.change_sample(session, item, details=counted, by=SYSTEM, at=AT)
    assert not item.counted
    actions.change_sample(session, free, details=replace(counted, code=free.code), by=SYSTEM, at=AT)
    assert (free.counted, free.quantity) == (True, 3)


def test_samples_are_searched_filtered_and_paged_within_their_base(session: Session, base: Base) -> None:
    for number in range(4):
        make_sample(session, base, code=f"A-{number}", name=f"面膜{number}", sku=f"K{number}")
    make_sample(session, base, code="B-1", quantity=5)
    make_sample(session, base, code="C-1", retired_at=AT)
    foreign = make_sample(session, make_base(session), code="A-9")

    def codes(**narrowed: Any) -> list[str]:
        return [row.code for row in queries.samples(session, base.id, SampleFilter(**narrowed))]

    assert codes() == ["A-0", "A-1", "A-2", "A-3", "B-1"]
    assert codes(search="面膜2") == codes(search="k2") == ["A-2"]
    assert codes(counted=True) == ["B-1"]
    assert codes(retired=True) == ["C-1"]
    page = queries.samples(session, base.id, SampleFilter(), after="A-1", limit=2)
    assert [row.code for row in page] == ["A-2", "A-3"]
    with pytest.raises(UnknownSample):
        queries.sample_of(session, foreign.id, base_ids=[base.id])

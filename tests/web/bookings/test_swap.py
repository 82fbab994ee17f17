"""Two bookings exchange their studios: among those the reader may change, shown first, both or neither."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage
from tests.web.bookings.evening import Evening, hour


def test_the_page_offers_what_overlaps_and_has_not_begun(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get(f"/bookings/{evening.bookings['ahead'].id}/swap").text
    offered = {kind for kind, it in evening.bookings.items() if f"with={it.id}" in page}
    assert offered == {"soon", "arriving", "late"}  # not those on air, over, elsewhere in time, or itself


def test_what_will_be_is_shown_before_it_is_done(desk: FlaskClient, session: Session, evening: Evening) -> None:
    ahead, arriving = evening.bookings["ahead"], evening.bookings["arriving"]
    page = desk.get(f"/bookings/{ahead.id}/swap?with={arriving.id}").text
    main = page.partition("What will be")[2]
    assert main.index(evening.studios[7].code) < main.index(evening.studios[5].code)
    session.expire_all()
    assert ahead.studio_id == evening.studios[7].id


def test_a_swap_exchanges_the_studios_and_keeps_the_times(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    ahead, arriving = evening.bookings["ahead"], evening.bookings["arriving"]
    times = [(it.during.lower, it.during.upper) for it in (ahead, arriving)]
    answer = desk.post(f"/bookings/{ahead.id}/swap", data={"with": str(arriving.id)})
    assert answer.status_code == 303
    session.expire_all()
    assert (ahead.studio_id, arriving.studio_id) == (evening.studios[5].id, evening.studios[7].id)
    assert [(it.during.lower, it.during.upper) for it in (ahead, arriving)] == times


def test_a_swap_that_one_of_them_cannot_do_leaves_both_where_they_were(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    ahead, arriving = evening.bookings["ahead"], evening.bookings["arriving"]
    make_outage(
        session, evening.base, hour(clock.now(), 5), hour(clock.now(), 6), space=evening.studios[5], reason="漏水"
    )
    session.commit()
    answer = desk.post(f"/bookings/{ahead.id}/swap", data={"with": str(arriving.id)})
    assert answer.status_code == 409
    assert "漏水" in answer.text
    session.expire_all()
    assert (ahead.studio_id, arriving.studio_id) == (evening.studios[7].id, evening.studios[5].id)


def test_a_tenant_swaps_its_own_only(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    mine = evening.bookings["arriving"]
    other = make_booking(session, evening.studios[11], evening.tenants[0], hour(clock.now(), 1), hour(clock.now(), 3))
    session.commit()
    theirs = evening.bookings["ahead"]
    page = scheduler.get(f"/bookings/{mine.id}/swap").text
    assert f"with={other.id}" in page
    assert str(theirs.id) not in page
    assert scheduler.post(f"/bookings/{mine.id}/swap", data={"with": str(theirs.id)}).status_code == 404
    assert scheduler.post(f"/bookings/{mine.id}/swap", data={"with": str(other.id)}).status_code == 303


def test_nobody_chosen_is_asked_again(desk: FlaskClient, evening: Evening) -> None:
    answer = desk.post(f"/bookings/{evening.bookings['ahead'].id}/swap", data={})
    assert answer.status_code == 422
    assert "Choose the booking to swap with" in answer.text


@pytest.mark.parametrize("kind", ["live", "completed", "cancelled"])
def test_what_is_on_air_or_over_cannot_be_swapped_and_the_page_says_why(
    desk: FlaskClient, evening: Evening, kind: str
) -> None:
    page = desk.get(f"/bookings/{evening.bookings[kind].id}/swap").text
    assert "Back to the booking" in page
    assert "with=" not in page.split('id="main"')[1]


def test_with_nobody_to_swap_it_says_what_to_do(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    alone = make_booking(
        session, evening.studios[11], evening.tenants[0], hour(clock.now(), 99), hour(clock.now(), 101)
    )
    session.commit()
    page = desk.get(f"/bookings/{alone.id}/swap").text
    assert "There is nobody to swap with" in page
    assert f"/bookings/{alone.id}/move" in page

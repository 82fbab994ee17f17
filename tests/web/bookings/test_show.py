"""One booking's page: in its own base's time, with what really happened and who did what."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.people.models import User
from shared_base.tenancy.models import Membership
from tests.factories.bookings import make_booking
from tests.factories.catalogue import LONG_AGO, make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user
from tests.web.bookings.evening import Evening, hour


def test_a_page_shows_the_time_of_its_bookings_base_whichever_base_was_chosen(
    session: Session, at_home: Callable[[User], FlaskClient], evening: Evening, clock: FixedClock
) -> None:
    west = make_base(session, code="ZZW", name="Western base", timezone="Asia/Urumqi")
    tenant = make_tenant(session, west)
    booking = make_booking(session, make_studio(session, west), tenant, hour(clock.now(), 8), hour(clock.now(), 10))
    both = make_user(session, "front_desk", base=evening.base)
    session.add(Membership(user_id=both.id, role="front_desk", base_id=west.id, created_at=LONG_AGO))
    session.commit()
    browser = at_home(both)
    assert evening.base.name in browser.get("/bookings").text.split("<main")[0]
    page = browser.get(f"/bookings/{booking.id}").text
    assert "Western base" in page.split("<main")[0]
    assert "18:00–20:00" in page
    form = browser.get(f"/bookings/{booking.id}/move").text
    assert 'value="2026-11-02T18:00"' in form
    answer = browser.post(
        f"/bookings/{booking.id}/move",
        data={"studio": str(booking.studio_id), "start": "2026-11-02T19:00", "end": "2026-11-02T21:00", "host": ""},
    )
    assert answer.status_code == 303
    session.refresh(booking)
    assert booking.during.lower == hour(clock.now(), 9)


def test_every_deed_is_told_with_who_when_and_what_it_changed(
    desk: FlaskClient, scheduler: FlaskClient, evening: Evening, clock: FixedClock
) -> None:
    address = f"/bookings/{evening.bookings['arriving'].id}"
    scheduler.post(f"{address}/extension", data={"end": "2026-11-02T16:30"})
    desk.post(f"{address}/check-in")
    clock.advance(timedelta(hours=2))
    desk.post(f"{address}/check-out")
    history = desk.get(address).text.split('class="events"')[1].split("</ol>")[0]
    assert [what.split("<")[0] for what in history.split('class="event-what">')[1:]] == [
        "Checked out",
        "Checked in",
        "Moved",
    ]
    assert "Given back at: — → " in history
    assert ">Mon, Nov 2 16:30<" in history
    assert history.count("Li Xue") == 2


def test_what_really_happened_stands_beside_what_was_planned(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get(f"/bookings/{evening.bookings['completed'].id}").text
    stays = page.split("What really happened")[1].split("</table>")[0]
    assert "06:00" in stays
    assert "08:54" in stays
    assert "2 h 54 min" in stays


def test_links_into_the_house_are_the_desks(desk: FlaskClient, scheduler: FlaskClient, evening: Evening) -> None:
    booking = evening.bookings["live"]
    links = (f"/spaces/{booking.studio_id}", f"/tenants/{booking.tenant_id}")
    assert all(link in desk.get(f"/bookings/{booking.id}").text for link in links)
    assert not any(link in scheduler.get(f"/bookings/{booking.id}").text for link in links)


def test_the_same_is_booked_again_a_week_later_in_two_taps(scheduler: FlaskClient, evening: Evening) -> None:
    booking = evening.bookings["arriving"]
    page = scheduler.get(f"/bookings/{booking.id}").text
    again = page.split('href="/bookings/new?')[1].split('"')[0].replace("&amp;", "&")
    form = scheduler.get(f"/bookings/new?{again}").text
    assert 'value="2026-11-09T12:48"' in form
    assert f'<option selected value="{booking.studio_id}">' in form


def test_a_booking_that_is_none_is_not_found(desk: FlaskClient) -> None:
    assert desk.get("/bookings/00000000-0000-0000-0000-000000000000").status_code == 404
    assert desk.get("/bookings/not-an-id").status_code == 404

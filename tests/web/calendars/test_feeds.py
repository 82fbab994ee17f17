"""Calendar feeds: who may make which, what each shows, and when it stops."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from shared_base.calendars.models import CalendarFeed
from shared_base.core.clock import FixedClock
from shared_base.core.housekeeping import RateLimit
from shared_base.tenancy.models import Membership
from tests.factories.bookings import make_booking
from tests.factories.tenancy import make_user
from tests.queries_counted import queries_counted
from tests.web.calendars.conftest import House, Open

Address = Callable[..., str]


def codes(answer: TestResponse) -> set[str]:
    """What the feed holds, by the code in each description."""
    assert answer.status_code == 200, answer.text
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    return {event["DESCRIPTION"].splitlines()[0].rpartition("：")[2] for event in events}


def test_a_tenants_feed_holds_its_own_bookings_and_nobody_elses(
    session: Session, house: House, client: FlaskClient, address_of: Address
) -> None:
    own, cancelled = house.book(session), house.book(session, 1, state="cancelled", cancelled_at=house.tonight)
    house.book(session, 2, tenant=house.rival, title="秘密首发")
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    answer = client.get(address)
    assert codes(answer) == {own.code, cancelled.code}
    assert "秘密首发" not in answer.text
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")


def test_a_hosts_feed_holds_that_hosts_and_a_studios_everybodys_with_names(
    session: Session, house: House, client: FlaskClient, address_of: Address
) -> None:
    hosted, plain = house.book(session, host=house.host), house.book(session, 1)
    rivals = house.book(session, 2, tenant=house.rival)
    elsewhere = house.book(session, 3, studio=house.other)
    of_host = client.get(address_of(house.scheduler, f"host:{house.host.id}"))
    assert codes(of_host) == {hosted.code}
    of_studio = client.get(address_of(house.desk, f"studio:{house.studio.id}"))
    assert codes(of_studio) == {hosted.code, plain.code, rivals.code}
    assert elsewhere.code not in of_studio.text
    assert "对手传媒" in of_studio.get_data(as_text=True).replace("\r\n ", "")


def test_a_feed_reaches_from_ninety_days_back_to_a_year_ahead_and_forgets_old_cancellations(
    session: Session, house: House, client: FlaskClient, clock: FixedClock, address_of: Address
) -> None:
    near = {house.book(session, days).code for days in (-89, 0, 364)}
    for days in (-92, 368):
        house.book(session, days)
    house.book(session, 5, state="cancelled", cancelled_at=clock.now() - timedelta(days=31))
    assert codes(client.get(address_of(house.owner, f"tenant:{house.tenant.id}"))) == near


def test_nobody_makes_a_feed_of_what_is_not_theirs(session: Session, house: House, at_home: Open) -> None:
    for user, subject in (
        (house.scheduler, f"tenant:{house.rival.id}"),
        (house.scheduler, f"studio:{house.studio.id}"),
        (house.desk, f"tenant:{house.tenant.id}"),
        (house.desk, f"host:{house.host.id}"),
        (house.scheduler, "tenant:nonsense"),
    ):
        answer = at_home(user).post("/account/calendars", data={"subject": subject, "label": "x"})
        assert answer.status_code == 422, subject
    reviewer = make_user(session, "reviewer")
    assert at_home(reviewer).get("/account/calendars").status_code == 403
    assert session.scalar(sa.select(sa.func.count()).select_from(CalendarFeed)) == 0


def test_the_address_is_shown_once_and_only_its_digest_is_kept(
    session: Session, house: House, at_home: Open, address_of: Address
) -> None:
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) >= 43  # 256 bits
    assert secret not in at_home(house.scheduler).get("/account/calendars").text
    kept = session.execute(sa.text("select to_jsonb(f) #>> '{}' from calendar_feeds f")).scalar_one()
    assert secret not in kept
    trail = session.execute(sa.text("select string_agg(after::text, '') from audit_entries")).scalar_one()
    assert secret not in trail


def test_a_feed_that_is_switched_off_or_unknown_is_not_found(
    session: Session, house: House, client: FlaskClient, at_home: Open, address_of: Address
) -> None:
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    feed = session.scalars(sa.select(CalendarFeed)).one()
    outsider = make_user(session, "tenant_owner", tenant=house.rival)
    assert at_home(outsider).post(f"/account/calendars/{feed.id}/revocation").status_code == 404
    colleague = make_user(session, "tenant_scheduler", tenant=house.tenant)
    assert at_home(colleague).post(f"/account/calendars/{feed.id}/revocation").status_code == 403
    assert client.get(address).status_code == 200
    assert at_home(house.owner).post(f"/account/calendars/{feed.id}/revocation").status_code == 303
    assert client.get(address).status_code == 404
    assert client.get("/calendar/" + "A" * 43 + ".ics").status_code == 404
    assert "Revoked" in at_home(house.owner).get("/account/calendars").text


def test_a_feed_dies_with_its_makers_right_to_see_and_lives_again_with_it(
    session: Session, house: House, client: FlaskClient, clock: FixedClock, at_home: Open, address_of: Address
) -> None:
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    membership = session.scalars(sa.select(Membership).filter_by(user_id=house.scheduler.id)).one()
    membership.ended_at = clock.now()
    session.commit()
    assert client.get(address).status_code == 404
    assert "may no longer see it" in at_home(house.owner).get("/account/calendars").text
    membership.ended_at = None
    session.commit()
    assert client.get(address).status_code == 200
    house.scheduler.disabled_at = clock.now()
    session.commit()
    assert client.get(address).status_code == 404


def test_staff_of_another_base_keep_no_feed_of_a_studio_they_left(
    session: Session, house: House, client: FlaskClient, clock: FixedClock, address_of: Address
) -> None:
    address = address_of(house.desk, f"studio:{house.studio.id}")
    old = session.scalars(sa.select(Membership).filter_by(user_id=house.desk.id)).one()
    old.ended_at = clock.now()
    session.add(Membership(user_id=house.desk.id, role="reviewer", base_id=house.base.id, created_at=clock.now()))
    session.commit()
    assert client.get(address).status_code == 404


def test_an_unchanged_feed_is_not_sent_again_and_a_changed_one_is(
    session: Session, house: House, client: FlaskClient, address_of: Address
) -> None:
    booking = house.book(session)
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    booking.title, booking.version = "改名了", booking.version + 1
    session.commit()
    changed = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "改名了" in changed.text


def test_the_last_reading_is_noted_every_few_minutes(
    session: Session, house: House, client: FlaskClient, clock: FixedClock, address_of: Address
) -> None:
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")

    def used() -> object:
        session.expire_all()
        return session.scalar(sa.select(CalendarFeed.used_at))

    assert used() is None
    client.get(address)
    first = used()
    assert first == clock.now()
    clock.advance(timedelta(minutes=4))
    client.get(address)
    assert used() == first
    clock.advance(timedelta(minutes=2))
    client.get(address)
    assert used() == clock.now()


def test_the_content_is_one_question_however_many_bookings(
    session: Session, house: House, client: FlaskClient, address_of: Address, connection: sa.Connection
) -> None:
    address = address_of(house.desk, f"studio:{house.studio.id}")
    client.get(address)

    def asked() -> list[str]:
        with queries_counted(connection) as statements:
            assert client.get(address).status_code == 200
        return statements

    empty = asked()
    for days in range(40):
        house.book(session, days)
    session.commit()
    full = asked()
    assert len(full) == len(empty)
    assert sum("from bookings" in statement for statement in full) == 1


def test_a_feed_cannot_write_even_if_it_tried(
    session: Session, house: House, client: FlaskClient, address_of: Address, connection: sa.Connection
) -> None:
    address = address_of(house.desk, f"studio:{house.studio.id}")
    client.get(address)
    with queries_counted(connection) as statements:
        client.get(address)
    lowered = [statement.lower() for statement in statements]
    closed = lowered.index("set transaction read only")
    assert any("from bookings" in statement for statement in lowered[closed:])
    assert not any("from bookings" in statement for statement in lowered[:closed])


def test_a_client_gone_wild_is_told_to_wait(
    session: Session, house: House, client: FlaskClient, address_of: Address
) -> None:
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    answers = [client.get(address).status_code for _ in range(61)]
    assert answers[:60] == [200] * 60
    assert answers[60] == 429
    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    keys = session.scalars(sa.select(RateLimit.key)).all()
    assert keys
    assert not any(secret in key for key in keys)


def test_a_booking_comes_as_a_file_to_those_who_may_see_it(session: Session, house: House, at_home: Open) -> None:
    booking = house.book(session)
    session.commit()
    answer = at_home(house.scheduler).get(f"/bookings/{booking.id}.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert f"{booking.code}.ics" in answer.headers["Content-Disposition"]
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["UID"].startswith(str(booking.id))
    rival = make_user(session, "tenant_owner", tenant=house.rival)
    assert at_home(rival).get(f"/bookings/{booking.id}.ics").status_code == 404


def test_the_list_asks_the_same_however_many_feeds(
    session: Session, house: House, at_home: Open, address_of: Address, connection: sa.Connection
) -> None:
    browser = at_home(house.owner)

    def asked() -> int:
        with queries_counted(connection) as statements:
            assert browser.get("/account/calendars").status_code == 200
        return len(statements)

    asked()
    few = asked()
    for number in range(8):
        address_of(house.owner, f"tenant:{house.tenant.id}", f"手机{number}")
    assert asked() == few


def test_kit_samples_and_crew_stand_in_the_description(
    session: Session, house: House, client: FlaskClient, address_of: Address
) -> None:
    from tests.web.calendars.kit import give_kit

    booking = make_booking(session, house.studio, house.tenant, house.tonight, house.tonight + timedelta(hours=6))
    give_kit(session, booking)
    session.commit()
    (event,) = Calendar.from_ical(client.get(address_of(house.owner, f"tenant:{house.tenant.id}")).data).walk("VEVENT")
    assert "设备、样品与人员：口红 × 6、场控小周、相机 × 2" in event["DESCRIPTION"]

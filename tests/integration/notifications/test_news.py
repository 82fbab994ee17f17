"""Who hears what of a booking: once, in one mail, and never whoever did it."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.holding import lapse
from shared_base.bookings.queries import get_booking
from shared_base.catalogue.spaces import close_space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine, transaction
from shared_base.core.events import event_row, record_events
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications.letters import MOST_NAMED
from shared_base.notifications.mails import render
from shared_base.notifications.models import News
from shared_base.notifications.news import LONGEST_REST, QUIET, Told, tell_news, tell_rested
from shared_base.people.mail_choices import choose_kinds
from shared_base.people.models import User
from shared_base.people.models_mail import MAIL_KINDS
from shared_base.tenancy.models import Membership
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_actor
from tests.integration.bookings.conftest import NOW, House, hours, make_house
from tests.queries_counted import queries_counted

LATER = NOW + QUIET


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def mails(session: Session) -> list[dict[str, Any]]:
    """What waits in the outbox, in order: template, reader's address and values."""
    found = session.scalars(sa.select(OutboxMessage.payload).order_by(OutboxMessage.id))
    return [{"template": it["template"], "to": it["to"], **it["values"]} for it in found]


def tell(house: House, *, at: datetime = LATER) -> list[dict[str, Any]]:
    """Let the teller look once, and read what it wrote."""
    session = house.as_(SYSTEM)
    tell_rested(session, at=at)
    return mails(session)


def address(session: Session, actor: Actor) -> str:
    return session.get_one(User, actor.user_id).email


def words(mail: dict[str, Any], locale: str = "zh_Hans_CN") -> str:
    values = {key: value for key, value in mail.items() if key not in ("template", "to")}
    payload = {"template": mail["template"], "to": mail["to"], "name": "安娜", "locale": locale, "values": values}
    return render(payload, base_url="https://base.example.com").text


def test_what_a_tenant_books_for_itself_is_news_to_nobody_and_costs_no_row(house: House) -> None:
    house.book(hours(8), hours(10))
    assert house.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(News)) == 0
    assert tell(house) == []


def test_what_the_desk_books_is_told_to_owners_and_schedulers_with_a_calendar_file(house: House) -> None:
    owner = make_actor(house.session, "tenant_owner", tenant=house.tenant)
    booking = house.book(hours(8), hours(14), by=house.desk)
    told = tell(house)
    assert {mail["to"] for mail in told} == {address(house.session, it) for it in (owner, house.scheduler)}
    assert {mail["template"] for mail in told} == {"booking_made"}
    assert told[0]["calendar"] == [str(booking.id)]
    assert told[0]["path"] == f"/bookings/{booking.id}"
    text = words(told[0])
    assert f"{house.studio.code} · 2026年11月2日（周一）20:00–次日 02:00《晚八点专场》（{booking.code}）" in text
    assert house.desk.label in text
    assert "北京时间" in text


def test_a_hold_of_the_desk_is_told_when_the_desk_confirms_it_and_not_when_the_tenant_does(house: House) -> None:
    first, second = (house.book(hours(it), hours(it + 2), by=house.desk, hold=True) for it in (8, 12))
    actions.confirm_hold(house.as_(house.scheduler), booking=first, by=house.scheduler, at=NOW)
    assert tell(house) == []
    actions.confirm_hold(house.as_(house.desk), booking=second, by=house.desk, at=NOW)
    (mail,) = tell(house)
    assert (mail["template"], mail["calendar"]) == ("booking_confirmed", [str(second.id)])


def test_a_hold_that_nobody_confirms_is_given_up_and_told(house: House) -> None:
    booking = house.book(hours(8), hours(10), hold=True)
    assert booking.hold_until is not None
    lapse(house.as_(SYSTEM), at=booking.hold_until)
    (mail,) = tell(house, at=booking.hold_until + QUIET)
    assert (mail["template"], mail["to"]) == ("hold_lapsed", address(house.session, house.scheduler))


def test_a_move_by_the_desk_is_told_to_whoever_booked_with_before_and_after(house: House) -> None:
    make_actor(house.session, "tenant_owner", tenant=house.tenant)
    booking = house.book(hours(8), hours(10))
    actions.move(
        house.as_(house.desk), booking=booking, studio_id=house.other.id, start=hours(9), end=hours(11),
        by=house.desk, at=NOW,
    )  # fmt: skip
    (mail,) = tell(house)
    assert (mail["template"], mail["to"]) == ("booking_moved", address(house.session, house.scheduler))
    text = words(mail, "en")
    assert f"{house.other.code} · Mon 2 Nov 2026, 21:00–23:00" in text
    assert "Before: Mon 2 Nov 2026, 20:00–22:00" in text
    assert f"Studio before: {house.studio.code}" in text


def test_whoever_booked_and_left_the_tenant_is_told_nothing_more_the_others_are(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    owner = make_actor(house.session, "tenant_owner", tenant=house.tenant)
    session = house.as_(SYSTEM)
    session.execute(sa.update(Membership).filter_by(user_id=house.scheduler.user_id).values(ended_at=NOW))
    actions.cancel(house.as_(house.desk), booking=booking, by=house.desk, at=NOW, reason="设备故障")
    (mail,) = tell(house)
    assert (mail["template"], mail["to"], mail["reason"]) == ("booking_cancelled", address(session, owner), "设备故障")


def test_nobody_is_told_of_their_own_deed(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    actions.cancel(house.as_(house.scheduler), booking=booking, by=house.scheduler, at=NOW)
    assert tell(house) == []
    assert house.session.scalar(sa.select(sa.func.count()).select_from(News)) == 0


def test_ninety_nights_called_off_are_one_mail(house: House) -> None:
    nights = [house.book(hours(8 + 24 * night), hours(10 + 24 * night)) for night in range(90)]
    session = house.as_(house.desk)
    for booking in nights:
        actions.cancel(session, booking=booking, by=house.desk, at=NOW, reason="系列取消")
    (mail,) = tell(house)
    assert (mail["number"], len(mail["bookings"]), mail["path"]) == (90, MOST_NAMED, "/bookings")
    assert f"另有 {90 - MOST_NAMED} 场" in words(mail)


def test_telling_of_many_bookings_asks_no_more_questions_than_of_one(house: House, engine: sa.Engine) -> None:
    def look(number: int, first: int) -> int:
        booked = [house.book(hours(8 + 24 * (first + it)), hours(9 + 24 * (first + it))) for it in range(number)]
        session = house.as_(house.desk)
        for booking in booked:
            actions.move(session, booking=booking, studio_id=house.other.id, by=house.desk, at=NOW)
        session = house.as_(SYSTEM)
        with queries_counted(session.get_bind()) as asked:
            assert tell_rested(session, at=LATER).mails == 1
        return len(asked)

    assert look(1, 0) == look(12, 1)


def test_news_rests_until_nothing_more_comes_but_not_for_ever(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    at = NOW
    while at < NOW + LONGEST_REST:
        actions.move(
            house.as_(house.desk), booking=booking, start=at + timedelta(hours=9), end=at + timedelta(hours=11),
            by=house.desk, at=at,
        )  # fmt: skip
        assert tell(house, at=at) == []
        at += timedelta(seconds=10)
    (mail,) = tell(house, at=NOW + LONGEST_REST)
    assert mail["bookings"][0]["was"]["start"] == hours(8).isoformat()


def test_moved_away_and_back_is_no_news(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    for studio in (house.other, house.studio):
        actions.move(house.as_(house.desk), booking=booking, studio_id=studio.id, by=house.desk, at=NOW)
    assert tell(house) == []


def test_a_clock_that_was_set_back_makes_no_news_wait(house: House) -> None:
    house.book(hours(8), hours(10), by=house.desk)
    assert len(tell(house, at=NOW - timedelta(hours=1))) == 1


def test_a_request_is_for_the_staff_and_the_answer_for_whoever_asked(house: House) -> None:
    operator = make_actor(house.session, "operator", base=house.base)
    make_actor(house.session, "operator", base=make_base(house.session))
    booking = make_booking(
        house.session, house.studio, house.tenant, hours(8), hours(10),
        state="requested", created_by=house.scheduler.user_id, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    _event(house, "booking.requested", booking.id, by=house.scheduler)
    asked = tell(house)
    assert {mail["to"] for mail in asked} == {address(house.session, it) for it in (house.desk, operator)}
    assert {mail["template"] for mail in asked} == {"booking_requested"}
    row = get_booking(house.as_(house.desk), booking.id)
    actions.decline(house.session, booking=row, reason="当晚有检修", by=house.desk, at=LATER)
    answer = tell(house, at=LATER + QUIET)[-1]
    assert (answer["template"], answer["to"]) == ("booking_declined", address(house.session, house.scheduler))
    assert "当晚有检修" in words(answer)


def test_a_request_that_was_answered_meanwhile_no_longer_asks_the_staff(house: House) -> None:
    booking = make_booking(house.session, house.studio, house.tenant, hours(8), hours(10))
    _event(house, "booking.requested", booking.id, by=house.scheduler)
    assert tell(house) == []


def test_whom_a_closure_hits_is_told_when_and_why_and_where_else(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    close_space(
        house.as_(SYSTEM), house.studio, start=hours(7), end=hours(12), reason="空调检修", by=house.desk, at=NOW
    )
    (mail,) = tell(house)
    assert mail["template"] == "booking_hit"
    assert mail["path"] == f"/bookings/{booking.id}/move?studio={house.other.id}"
    text = words(mail)
    assert "停用原因：空调检修" in text
    assert "停用：2026年11月2日（周一）19:00–次日 00:00" in text
    assert f"同一时间可用：{house.other.code}" in text


def test_an_offer_from_the_waitlist_tells_whoever_waited_until_when_it_is_held(house: House) -> None:
    session = house.as_(SYSTEM)
    hold = make_booking(
        session, house.studio, house.tenant, hours(8), hours(10),
        state="held", hold_until=hours(2), created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    make_actor(session, "tenant_owner", tenant=house.tenant)
    entry = session.scalar(
        sa.text(
            "insert into waitlist_entries (base_id, tenant_id, during, state, offered_booking_id, created_at,"
            " created_by) select base_id, tenant_id, during, 'offered', id, created_at, :by from bookings"
            " where id = :id returning id"
        ),
        {"id": hold.id, "by": house.scheduler.user_id},
    )
    assert entry is not None
    _event(house, "waitlist.offered", entry)
    (mail,) = tell(house)
    assert (mail["template"], mail["path"]) == ("waitlist_offer", f"/bookings/{hold.id}")
    assert mail["to"] == address(session, house.scheduler)
    assert "保留至 2026年11月2日（周一）14:00" in words(mail)


def test_a_hold_that_lapsed_is_told_to_its_maker(house: House) -> None:
    hold = make_booking(
        house.session, house.studio, house.tenant, hours(8), hours(10),
        state="cancelled", created_by=house.scheduler.user_id,
    )  # fmt: skip
    _event(house, "booking.hold_lapsed", hold.id)
    (mail,) = tell(house)
    assert (mail["template"], mail["by"]) == ("hold_lapsed", "")
    assert "到期没有确认" in words(mail)


def test_what_is_over_is_told_no_more_but_a_no_show_is_for_two_days(house: House) -> None:
    booking = make_booking(
        house.session, house.studio, house.tenant, hours(-4), hours(-2),
        state="no_show", created_by=house.scheduler.user_id,
    )  # fmt: skip
    _event(
        house, "booking.moved", booking.id, before={"end": hours(-3).isoformat()}, after={"end": hours(-2).isoformat()}
    )
    assert tell(house) == []
    _event(house, "booking.no_show", booking.id)
    assert [mail["template"] for mail in tell(house)] == ["booking_no_show"]
    _event(house, "booking.no_show", booking.id)
    assert len(tell(house, at=NOW + timedelta(days=2))) == 1


def test_who_switched_a_kind_off_gets_none_of_it_and_all_of_the_others(house: House) -> None:
    booking = house.book(hours(8), hours(10))
    session = house.as_(SYSTEM)
    assert house.scheduler.user_id is not None
    choose_kinds(session, house.scheduler.user_id, set(MAIL_KINDS) - {"bookings"})
    actions.cancel(house.as_(house.desk), booking=booking, by=house.desk, at=NOW, reason="检修")
    assert tell(house) == []
    other = house.book(hours(12), hours(13))
    _event(
        house, "booking.hit_by_closure", other.id, reason="检修", start=hours(12).isoformat(), end=hours(13).isoformat()
    )
    assert [mail["template"] for mail in tell(house)] == ["booking_hit"]


def test_who_was_shut_out_is_written_to_no_more(house: House) -> None:
    house.book(hours(8), hours(10), by=house.desk)
    session = house.as_(SYSTEM)
    session.execute(sa.update(User).filter_by(id=house.scheduler.user_id).values(disabled_at=NOW))
    assert tell(house) == []


def _event(house: House, kind: str, subject: UUID, *, by: Actor = SYSTEM, **payload: Any) -> None:
    session = house.as_(SYSTEM)
    values = {"base_id": house.base.id, "tenant_id": house.tenant.id}
    record_events(session, [event_row(kind, by=by, at=NOW, subject_id=subject, **values, **payload)])


# — nothing lost, nothing told twice


@pytest.fixture
def committed(new_database: Any) -> TestDatabase:
    """A database of the test's own: what these tests are about happens between transactions."""
    database: TestDatabase = new_database()
    return database


def _cancelled(
    engine: sa.Engine, number: int, *, commit: tuple[threading.Event, threading.Event] | None = None
) -> None:
    """A house in which the desk calls so many bookings off, in one transaction.

    `commit`: it says when all is written, and commits when it is told to.
    """
    with transaction(engine, SYSTEM) as session:
        house = make_house(session)
        booked = [
            make_booking(
                session, house.studio, house.tenant, hours(8 + 24 * night), hours(9 + 24 * night),
                state="cancelled", created_by=house.scheduler.user_id,
            )
            for night in range(number)
        ]  # fmt: skip
        told = {"base_id": house.base.id, "tenant_id": house.tenant.id, "reason": "检修"}
        rows = [event_row("booking.cancelled", by=house.desk, at=NOW, subject_id=it.id, **told) for it in booked]  # type: ignore[arg-type]
        record_events(session, rows)
        session.flush()
        if commit is not None:
            commit[0].set()
            commit[1].wait(10)


def test_an_event_with_a_lower_number_that_commits_later_is_told_all_the_same(committed: TestDatabase) -> None:
    engine = make_engine(committed.app, pool_size=4)
    clock, written, commit = FixedClock(LATER), threading.Event(), threading.Event()
    slow = threading.Thread(target=_cancelled, args=(engine, 1), kwargs={"commit": (written, commit)})
    slow.start()
    assert written.wait(10)
    _cancelled(engine, 1)
    assert tell_news(engine, clock) == Told(events=1, mails=1)
    commit.set()
    slow.join()
    assert tell_news(engine, clock) == Told(events=1, mails=1)
    assert tell_news(engine, clock) == Told()
    engine.dispose()


def test_of_tellers_at_once_one_tells_and_a_burst_stays_one_mail(committed: TestDatabase) -> None:
    engine = make_engine(committed.app, pool_size=8)
    _cancelled(engine, 90)
    gate = threading.Barrier(6)
    done: list[Told] = []

    def teller() -> None:
        gate.wait()
        done.append(tell_news(engine, FixedClock(LATER)))

    threads = [threading.Thread(target=teller) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell_news(engine, FixedClock(LATER))  # every teller may have met another's lock but one
    assert sum(told.mails for told in done) == 1
    with transaction(engine, SYSTEM) as session:
        assert [mail["number"] for mail in mails(session)] == [90]
        assert session.scalar(sa.select(sa.func.count()).select_from(News)) == 0
    engine.dispose()


def test_a_teller_that_dies_before_its_commit_has_told_nothing(committed: TestDatabase) -> None:
    engine = make_engine(committed.app)
    _cancelled(engine, 3)
    with pytest.raises(RuntimeError), transaction(engine, SYSTEM) as session:
        assert tell_rested(session, at=LATER).mails == 1
        raise RuntimeError
    assert tell_news(engine, FixedClock(LATER)) == Told(events=3, mails=1)
    engine.dispose()

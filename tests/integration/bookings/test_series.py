"""Series: every occurrence checked, all or some of them booked, changed from one on, and called off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from shared_base.bookings import actions
from shared_base.bookings.actions_series import Asked, Booked, cancel_series, change_series, create_series, preview
from shared_base.bookings.errors import OutsideOpening, OverQuota
from shared_base.bookings.errors_series import SeriesOver, SeriesTaken
from shared_base.bookings.models import Booking
from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries_series import occurrences_of, series_for
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.series import Changes, SeriesRow
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.core.events import Event
from shared_base.resources.models import Allocation
from tests.factories.catalogue import days, make_outage, make_studio
from tests.factories.kit import make_kind, make_member, make_role, make_sample, make_shift, make_unit
from tests.factories.tenancy import make_host
from tests.integration.bookings.conftest import NOW, House, hours, make_house
from tests.queries_counted import queries_counted

#: tonight 20:00 to 02:00 in Shanghai; NOW is noon
START, END = hours(8), hours(14)
DAY = timedelta(days=1)


@dataclass
class Nights:
    """Somebody's series and what they do with it."""

    house: House
    series: SeriesRow

    def rows(self, series: SeriesRow | None = None) -> list[BookingRow]:
        return occurrences_of(self.house.as_(SYSTEM), SYSTEM, (series or self.series).id)

    def again(self) -> SeriesRow:
        return series_for(self.house.as_(SYSTEM), SYSTEM, self.series.id)

    def change(self, since: datetime | None, *, by: Actor | None = None, at: datetime = NOW, **asked: Any) -> Booked:
        actor = by or self.house.scheduler
        skip = {"on_conflict": asked.pop("on_conflict")} if "on_conflict" in asked else {}
        session = self.house.as_(actor)
        return change_series(
            session, series=self.series, since=since, changes=Changes(**asked), by=actor, at=at, **skip
        )

    def events(self, series: SeriesRow | None = None) -> list[Event]:
        session = self.house.as_(SYSTEM)
        subject = (series or self.series).id
        return list(session.scalars(sa.select(Event).where(Event.subject_id == subject).order_by(Event.id)))


def asked(house: House, **other: Any) -> Asked:
    values = {"studio_id": house.studio.id, "tenant_id": house.tenant.id, "start": START, "end": END}
    return Asked(**(values | {"rrule": "FREQ=DAILY;COUNT=10", "title": "晚八点专场"} | other))


def create(
    house: House, *, by: Actor | None = None, on_conflict: Any = "refuse", at: datetime = NOW, **other: Any
) -> Booked:
    actor = by or house.scheduler
    return create_series(house.as_(actor), asked=asked(house, **other), by=actor, at=at, on_conflict=on_conflict)


@pytest.fixture
def nights(house: House) -> Nights:
    """Ten nights from tonight."""
    return Nights(house, create(house).series)


def night(number: int) -> datetime:
    return START + number * DAY


# — booking it


def test_every_occurrence_is_a_booking_of_its_own(house: House) -> None:
    made = create(house, rrule="FREQ=DAILY;COUNT=3", platform="抖音")
    assert [(row.start, row.end) for row in made.bookings] == [(night(n), night(n) + (END - START)) for n in range(3)]
    rows = occurrences_of(house.as_(house.scheduler), house.scheduler, made.series.id)
    assert [row.id for row in rows] == [row.id for row in made.bookings]
    assert [row.occurrence_at for row in rows] == [night(n) for n in range(3)]
    assert {(row.state, row.title, row.platform, tuple(row.own_fields)) for row in rows} == {
        ("confirmed", "晚八点专场", "抖音", ())
    }
    assert house.held(house.studio.id) == [(row.start, row.end) for row in rows]
    assert [event.kind for event in house.events(rows[1])] == ["booking.created"]


def test_a_year_of_nights_with_kit_is_booked_in_a_handful_of_statements(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base))
    needs = Needs.of(equipment=[("camera", 1)])
    session = house.as_(house.scheduler)
    with queries_counted(session.connection()) as few:
        create(house, rrule="FREQ=DAILY;COUNT=3", needs=needs)
    with queries_counted(session.connection()) as many:
        made = create(house, rrule="FREQ=DAILY;COUNT=365", start=START + 5 * DAY, end=END + 5 * DAY, needs=needs)
    assert len(made.bookings) == 365
    assert len(many) == len(few) <= 20


def test_without_a_zone_of_its_own_a_series_follows_the_bases_clock(house: House) -> None:
    assert create(house).series.anchor == house.base.timezone
    with pytest.raises(Invalid, match="not a time zone"):
        create(house, timezone="Asia/Nowhere")


def test_one_conflict_refuses_the_whole_series_and_writes_nothing(house: House) -> None:
    house.book(night(4), night(4) + timedelta(hours=1), by=house.rival_scheduler)
    house.book(night(7), night(7) + timedelta(hours=1))
    with pytest.raises(SeriesTaken) as refusal:
        create(house)
    first, second = refusal.value.conflicts
    assert datetime.fromisoformat(first["start"]) == night(4)
    assert [it["kind"] for it in first["blockers"]] == ["booking"]
    assert "booking" not in first["blockers"][0], "a rival learns of busy time and no more"
    assert second["blockers"][0]["booking"]["title"] == "晚八点专场"
    assert house.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(Booking)) == 2


def test_conflicts_are_skipped_with_a_list_and_left_out_of_the_rule(house: House) -> None:
    house.book(night(4), night(4) + timedelta(hours=1), by=house.rival_scheduler)
    made = create(house, on_conflict="skip")
    assert len(made.bookings) == 9
    assert [it.start for it in made.skipped] == [night(4)]
    assert [it.start for it in made.series.recurrence.occurrences] == [row.start for row in made.bookings]
    told = Nights(house, made.series).events()
    assert [event.kind for event in told] == ["series.created"]
    assert len(told[0].payload["skipped"]) == 1


def test_only_conflicts_is_a_refusal_also_when_skipping(house: House) -> None:
    make_outage(house.session, house.base, night(0), night(30))
    with pytest.raises(SeriesTaken):
        create(house, on_conflict="skip")


def test_a_late_occurrence_is_checked_as_the_first_one_is(house: House) -> None:
    house.book(night(364), night(364) + timedelta(hours=1))
    with pytest.raises(SeriesTaken) as refusal:
        create(house, rrule="FREQ=DAILY;COUNT=365")
    assert [datetime.fromisoformat(it["start"]) for it in refusal.value.conflicts] == [night(364)]


def test_kit_that_is_short_on_one_night_blocks_that_night_alone(house: House) -> None:
    kind = make_kind(house.session, house.base)
    for _ in range(2):
        make_unit(house.session, kind)
    role = make_role(house.session, house.base)
    make_shift(house.session, make_member(house.session, house.base, role), night(0) - DAY, night(40))
    lot = make_sample(house.session, house.base, quantity=5)
    house.book(night(3), night(3) + DAY / 24, studio_id=house.other.id, needs=Needs.of(equipment=[("camera", 1)]))
    needs = Needs.of(equipment=[("camera", 2)], crew=[("director", 1)], samples=[(lot.id, 4)])
    made = create(house, needs=needs, on_conflict="skip")
    assert [it.start for it in made.skipped] == [night(3)]
    shortage = made.skipped[0].blockers[0]
    assert (shortage["kind"], shortage["code"], shortage["wanted"], shortage["free"]) == ("shortage", "camera", 2, 1)
    held = house.as_(SYSTEM).scalar(
        sa.select(sa.func.count()).where(Allocation.booking_id == made.bookings[0].id, Allocation.live)
    )
    assert held == 4  # studio, two cameras, a director; the lot is counted


def test_occurrences_within_each_others_buffers_are_told(house: House) -> None:
    studio = make_studio(house.session, house.base, buffer_minutes=30)
    with pytest.raises(SeriesTaken) as refusal:
        create(house, studio_id=studio.id, end=START + DAY, rrule="FREQ=DAILY;COUNT=4")
    assert [it["blockers"][0]["kind"] for it in refusal.value.conflicts] == ["series"] * 2


def test_a_rule_of_the_base_blocks_the_occurrences_that_break_it(house: House) -> None:
    house.session.add(BookingRule(base_id=house.base.id, valid=days(NOW.date(), None), horizon_days=5, created_at=NOW))
    made = create(house, on_conflict="skip")
    assert [it.start for it in made.skipped] == [night(n) for n in range(5, 10)]
    assert {it.blockers[0]["type"] for it in made.skipped} == {"against-rule"}


def test_what_is_wrong_with_all_is_said_as_for_one_booking(session: Any) -> None:
    house = make_house(session, opens="09:00", closes="22:00")
    with pytest.raises(OutsideOpening):
        create(house, on_conflict="skip")


def test_quotas_count_the_whole_series(house: House) -> None:
    house.session.add(
        BookingQuota(
            base_id=house.base.id, period="week", most_bookings=6, valid=days(NOW.date(), None), created_at=NOW
        )
    )
    with pytest.raises(OverQuota):
        create(house)
    assert len(create(house, rrule="FREQ=DAILY;INTERVAL=2;COUNT=6").bookings) == 6
    with pytest.raises(OverQuota):
        create(house, studio_id=house.other.id)


def test_a_series_for_a_rivals_tenant_host_or_by_a_stranger_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        create(house, by=house.rival_scheduler)
    rivals = make_host(house.session, house.rival)
    with pytest.raises(NotFound):
        create(house, host_id=rivals.id)
    with pytest.raises(NotFound):
        create(house, studio_id=house.tenant.id)
    made = create(house)
    with pytest.raises(NotFound):
        series_for(house.as_(house.rival_scheduler), house.rival_scheduler, made.series.id)
    session = house.as_(house.rival_scheduler)
    with pytest.raises((Forbidden, NotFound)):
        cancel_series(session, series=made.series, since=None, reason="x", by=house.rival_scheduler, at=NOW)


def test_a_preview_tells_what_would_be_and_locks_and_writes_nothing(house: House) -> None:
    house.book(night(1), night(1) + timedelta(hours=1))
    session = house.as_(house.scheduler)
    with queries_counted(session.connection()) as statements:
        _recurrence, _zone, found = preview(
            session, asked=asked(house, rrule="FREQ=DAILY;COUNT=3"), by=house.scheduler, at=NOW
        )
    assert [(it.start, bool(it.blockers)) for it in found] == [(night(0), False), (night(1), True), (night(2), False)]
    assert not any("for no key update" in it.lower() or it.lower().startswith("insert") for it in statements)


def test_a_preview_says_where_an_anchored_slot_moves_on_the_bases_clock(house: House) -> None:
    start = datetime.fromisoformat("2026-11-06T20:00-05:00")
    _recurrence, _zone, found = preview(
        house.as_(house.scheduler),
        asked=asked(
            house,
            start=start,
            end=start + timedelta(hours=1),
            rrule="FREQ=WEEKLY;COUNT=20",
            timezone="America/New_York",
        ),
        by=house.scheduler,
        at=NOW,
    )
    zone = house.base.timezone
    assert zone == "Asia/Shanghai"
    assert [number for number, it in enumerate(found) if it.moves] == [19]  # after 14 March 2027


# — this, this and following, all


def test_what_an_occurrence_changed_by_itself_stays_when_the_series_changes(nights: Nights) -> None:
    house, rows = nights.house, nights.rows()
    session = house.as_(house.scheduler)
    by = {"by": house.scheduler, "at": NOW}
    actions.move(session, booking=rows[3], start=rows[3].start + timedelta(hours=1), **by)
    actions.describe(session, booking=rows[4], title="特别节目", platform=None, **by)
    actions.cancel(session, booking=rows[5], **by)
    done = nights.change(None, title="新标题", start=START - timedelta(hours=1), end=END)
    assert done.series.id == nights.series.id
    after = nights.rows()
    assert [row.id for row in after] == [row.id for row in rows]
    earlier = [row.start for row in rows]
    assert [row.start for row in after] == [
        *(it - timedelta(hours=1) for it in earlier[:3]),
        earlier[3] + timedelta(hours=1),
        earlier[4] - timedelta(hours=1),
        earlier[5],
        *(it - timedelta(hours=1) for it in earlier[6:]),
    ]
    assert [row.title for row in after] == ["新标题"] * 4 + ["特别节目", "晚八点专场"] + ["新标题"] * 4
    assert [row.state for row in after] == ["confirmed"] * 5 + ["cancelled"] + ["confirmed"] * 4
    assert [row.occurrence_at for row in after] == [it - timedelta(hours=1) for it in earlier]
    standing = [(row.start, row.end) for row in after if row.state == "confirmed"]
    assert house.held(house.studio.id) == sorted(standing)


def test_this_and_following_splits_the_series(nights: Nights) -> None:
    house = nights.house
    actions.cancel(house.as_(house.scheduler), booking=nights.rows()[7], by=house.scheduler, at=NOW)
    done = nights.change(night(6), studio_id=house.other.id)
    assert done.series.id != nights.series.id
    assert done.series.split_from == nights.series.id
    assert (nights.again().rrule, done.series.rrule) == ("FREQ=DAILY;COUNT=6", "FREQ=DAILY;COUNT=4")
    assert [row.studio_id for row in nights.rows()] == [house.studio.id] * 6
    following = nights.rows(done.series)
    assert [row.state for row in following] == ["confirmed", "cancelled", "confirmed", "confirmed"]
    assert [row.studio_id == house.other.id for row in following] == [True, False, True, True]
    assert house.held(house.other.id) == [(row.start, row.end) for row in following if row.state == "confirmed"]
    assert [event.kind for event in nights.events()] == ["series.created", "series.split"]
    assert nights.events()[1].payload["after"] == {"rrule": "FREQ=DAILY;COUNT=6"}
    assert nights.events(done.series)[0].payload["split_from"] == str(nights.series.id)
    assert [event.kind for event in house.events(following[0])] == ["booking.created", "booking.moved"]


def test_a_change_from_the_first_on_is_one_of_all(nights: Nights) -> None:
    done = nights.change(START, title="新标题")
    assert done.series.id == nights.series.id
    assert {row.title for row in nights.rows()} == {"新标题"}
    assert nights.events()[-1].payload == {"before": {"title": "晚八点专场"}, "after": {"title": "新标题"}}


def test_what_has_begun_is_not_touched_and_a_new_time_begins_after_it(nights: Nights) -> None:
    at = night(3) + timedelta(hours=1)
    done = nights.change(None, at=at, start=night(4) + timedelta(hours=1), end=night(4) + timedelta(hours=5))
    assert done.series.split_from == nights.series.id
    assert [row.start for row in nights.rows()] == [night(n) for n in range(4)]
    assert [row.start for row in nights.rows(done.series)] == [night(n) + timedelta(hours=1) for n in range(4, 10)]
    titled = Nights(nights.house, done.series).change(None, at=night(5) + timedelta(hours=2), title="新标题")
    assert titled.series.id == done.series.id
    assert [row.title for row in nights.rows(done.series)] == ["晚八点专场"] * 2 + ["新标题"] * 4


def test_every_night_moves_by_a_day_although_each_stands_where_the_next_one_was(nights: Nights) -> None:
    nights.change(None, start=START + DAY, end=END + DAY)
    assert [row.occurrence_at for row in nights.rows()] == [night(n) for n in range(1, 11)]


def test_a_series_moves_onto_the_place_of_what_was_cancelled_beyond_its_end(nights: Nights) -> None:
    house = nights.house
    session = house.as_(house.scheduler)
    cancel_series(session, series=nights.series, since=night(5), reason=None, by=house.scheduler, at=NOW)
    nights.change(None, start=START + DAY, end=END + DAY)
    rows = [row for row in nights.rows() if row.state == "confirmed"]
    assert [row.occurrence_at for row in rows] == [night(n) for n in range(1, 6)]


def test_a_conflict_refuses_the_change_or_leaves_that_night_as_it_was(nights: Nights) -> None:
    house = nights.house
    house.book(night(2), night(2) + timedelta(hours=1), by=house.rival_scheduler, studio_id=house.other.id)
    attempt = house.session.begin_nested()
    with pytest.raises(SeriesTaken) as refusal:
        nights.change(None, studio_id=house.other.id)
    attempt.rollback()
    assert [datetime.fromisoformat(it["start"]) for it in refusal.value.conflicts] == [night(2)]
    assert {row.studio_id for row in nights.rows()} == {house.studio.id}
    done = nights.change(None, studio_id=house.other.id, title="新标题", on_conflict="skip")
    assert [it.start for it in done.skipped] == [night(2)]
    rows = nights.rows()
    assert [row.studio_id == house.studio.id for row in rows] == [n == 2 for n in range(10)]
    assert [list(row.own_fields) for row in rows] == [["studio"] if n == 2 else [] for n in range(10)]
    assert {row.title for row in rows} == {"新标题"}


def test_a_night_that_stays_where_it_was_keeps_those_from_moving_that_would_take_its_place(nights: Nights) -> None:
    house = nights.house
    house.as_(SYSTEM)
    make_outage(house.session, house.base, night(4), night(4) + timedelta(hours=1), space=house.studio)
    with queries_counted(house.as_(house.scheduler).connection()) as statements:
        done = nights.change(None, start=START + DAY, end=END + DAY, on_conflict="skip")
    assert [it.blockers[0]["kind"] for it in done.skipped] == ["series", "series", "series", "outage"]
    assert len(statements) <= 40
    rows = nights.rows()
    assert [row.start for row in rows] == [night(n) for n in (*range(4), *range(5, 11))]
    assert [row.occurrence_at for row in rows] == [night(n) for n in range(1, 11)]
    assert house.held(house.studio.id) == [(row.start, row.end) for row in rows]


def test_kit_follows_the_series_and_is_given_back(nights: Nights) -> None:
    house = nights.house
    unit = make_unit(house.session, make_kind(house.session, house.base))
    lot = make_sample(house.session, house.base, quantity=3)
    needs = Needs.of(equipment=[("camera", 1)], samples=[(lot.id, 2)])
    nights.change(night(5), needs=needs)
    assert [start for start, _end in house.held(unit.id)] == [night(n) for n in range(5, 10)]


def test_a_change_in_nothing_changes_nothing(nights: Nights) -> None:
    done = nights.change(None, title="晚八点专场", start=START)
    assert done.bookings == []
    assert done.series.version == nights.series.version
    assert len(nights.events()) == 1


@pytest.mark.parametrize(
    ("since", "at"), [(night(0) + timedelta(hours=1), NOW), (night(2), night(5)), (night(10), NOW)]
)
def test_a_change_begins_with_an_occurrence_that_lies_ahead(nights: Nights, since: datetime, at: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        nights.change(since, at=at, title="x")
    assert "from" in refusal.value.extra["errors"]


def test_a_series_that_is_over_cannot_be_changed(nights: Nights) -> None:
    with pytest.raises(SeriesOver):
        nights.change(None, at=night(20), title="x")


# — calling off


def cancel(
    nights: Nights, since: datetime | None, *, at: datetime = NOW, by: Actor | None = None, reason: str | None = None
) -> Any:
    actor = by or nights.house.scheduler
    return cancel_series(nights.house.as_(actor), series=nights.series, since=since, reason=reason, by=actor, at=at)


def test_the_rest_is_called_off_and_the_rule_ends_before_it(nights: Nights) -> None:
    series, cancelled, kept = cancel(nights, night(6), reason="换场地")
    assert (len(cancelled), kept) == (4, [])
    assert (series.rrule, series.cancelled_at) == ("FREQ=DAILY;COUNT=6", None)
    rows = nights.rows()
    assert [row.state for row in rows] == ["confirmed"] * 6 + ["cancelled"] * 4
    assert rows[7].cancel_reason == "换场地"
    assert [start for start, _end in nights.house.held(nights.house.studio.id)] == [night(n) for n in range(6)]
    assert [event.kind for event in nights.house.events(rows[7])] == ["booking.created", "booking.cancelled"]
    assert nights.events()[-1].kind == "series.cancelled"


def test_all_is_called_off_but_what_has_begun(nights: Nights) -> None:
    at = night(2) + timedelta(hours=1)
    series, cancelled, _kept = cancel(nights, None, at=at)
    assert [row.start for row in cancelled] == [night(n) for n in range(3, 10)]
    assert series.rrule == "FREQ=DAILY;COUNT=3"
    with pytest.raises(SeriesOver):
        cancel(nights, None, at=at)


def test_a_series_of_which_nothing_is_left_is_cancelled_itself(nights: Nights) -> None:
    series, _cancelled, _kept = cancel(nights, None)
    assert series.cancelled_at == NOW
    assert nights.house.held(nights.house.studio.id) == []
    with pytest.raises(SeriesOver):
        nights.change(None, title="x")


def test_staff_say_why_they_call_a_tenants_series_off(nights: Nights) -> None:
    with pytest.raises(Invalid, match="required"):
        cancel(nights, None, by=nights.house.desk)
    assert len(cancel(nights, None, by=nights.house.desk, reason="停电")[1]) == 10


def test_a_tenant_past_its_deadline_keeps_that_night(house: House) -> None:
    house.session.add(
        BookingRule(base_id=house.base.id, valid=days(NOW.date(), None), cancel_minutes=24 * 60, created_at=NOW)
    )
    made = Nights(house, create(house).series)
    series, cancelled, kept = cancel(made, None)
    assert [row.start for row, _why in kept] == [night(0)]
    assert len(cancelled) == 9
    assert (series.rrule, series.cancelled_at) == ("FREQ=DAILY;COUNT=1", None)


@pytest.mark.parametrize("number", [3, 40])
def test_a_change_of_many_asks_no_more_than_one_of_few(house: House, number: int) -> None:
    made = Nights(house, create(house, rrule=f"FREQ=DAILY;COUNT={number}").series)
    session = house.as_(house.scheduler)
    with queries_counted(session.connection()) as statements:
        made.change(night(1), studio_id=house.other.id, start=night(1) + timedelta(hours=1))
    assert len(statements) <= 32

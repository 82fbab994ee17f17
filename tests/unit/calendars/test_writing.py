"""Bookings as iCalendar: folded and escaped as the standard says, stable, and in a zone that every client can read."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from shared_base.calendars.rows import Appointment
from shared_base.calendars.vtimezones import vtimezone
from shared_base.calendars.writing import Place, feed, fingerprint, invitation

PLACE = Place("https://live.example.cn", "zh_Hans_CN")
NIGHT = Appointment(
    id=UUID("0193b3f0-0000-7000-8000-000000000001"),
    code="BK-7F3K9Q",
    title="晚八点, 专场; 𠮷野家\\\n第二行",
    state="confirmed",
    start=datetime(2026, 11, 2, 12, tzinfo=UTC),
    end=datetime(2026, 11, 2, 18, tzinfo=UTC),
    released_at=None,
    hold_until=None,
    created_at=datetime(2026, 10, 1, 1, 2, 3, 999, tzinfo=UTC),
    changed_at=datetime(2026, 10, 5, tzinfo=UTC),
    version=3,
    platform="抖音",
    cancel_reason=None,
    base_name="番禺基地",
    timezone="Asia/Shanghai",
    studio_code="A01",
    studio_name="绿幕直播间",
    floor="3F",
    tenant_name="星耀传媒",
    host_name="小林",
    kit=(("相机", 2), ("主灯", 1)),
)


def only_event(body: bytes) -> Calendar:
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    return event  # type: ignore[return-value]


def test_an_event_says_when_where_and_what_and_keeps_its_name() -> None:
    event = only_event(feed([NIGHT], name="星耀传媒", place=PLACE, staff=False))
    assert event["UID"] == f"{NIGHT.id}@live.example.cn"
    assert event["SEQUENCE"] == 3
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == NIGHT.title
    assert event["LOCATION"] == "番禺基地, A01 绿幕直播间, 3F"
    assert event["DTSTART"].to_ical() == b"20261102T200000"
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event["DTEND"].to_ical() == b"20261103T020000"
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NIGHT.changed_at
    told = event["DESCRIPTION"].splitlines()
    assert told == [
        "预订编号：BK-7F3K9Q",
        "主播：小林",
        "平台：抖音",
        "设备、样品与人员：相机 × 2、主灯",
        f"https://live.example.cn/bookings/{NIGHT.id}",
    ]


def test_a_calendar_has_a_name_a_rhythm_and_its_own_zone() -> None:
    calendar = Calendar.from_ical(feed([NIGHT], name="星耀传媒", place=PLACE, staff=False))
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "星耀传媒 预订"
    assert calendar["REFRESH-INTERVAL"].to_ical() == b"PT15M"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["X-PUBLISHED-TTL"].to_ical() == b"PT15M"
    assert "METHOD" not in calendar
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]


def test_a_studio_whose_name_says_its_code_is_not_told_twice() -> None:
    named = replace(NIGHT, studio_name="A01 绿幕直播间", floor=None)
    event = only_event(feed([named], name="", place=PLACE, staff=False))
    assert event["LOCATION"] == "番禺基地, A01 绿幕直播间"


def test_staff_read_whose_booking_it_is_and_tenants_do_not_need_to() -> None:
    assert only_event(feed([NIGHT], name="A01", place=PLACE, staff=True))["SUMMARY"].endswith(" · 星耀传媒")
    assert "星耀传媒" not in only_event(feed([NIGHT], name="A01", place=PLACE, staff=False))["SUMMARY"]
    assert only_event(feed([replace(NIGHT, title="")], name="", place=PLACE, staff=False))["SUMMARY"] == "BK-7F3K9Q"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("held", "TENTATIVE"),
        ("requested", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("checked_in", "CONFIRMED"),
        ("completed", "CONFIRMED"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_a_booking_that_is_not_sure_or_off_says_so(state: str, status: str) -> None:
    until = NIGHT.start if state == "held" else None
    event = only_event(feed([replace(NIGHT, state=state, hold_until=until)], name="", place=PLACE, staff=False))
    assert event["STATUS"] == status
    assert (event["TRANSP"] == "TRANSPARENT") == (state == "cancelled")
    if state == "held":
        assert "保留至 2026-11-02 20:00" in event["DESCRIPTION"]


def test_a_studio_given_back_ends_then_and_one_never_used_as_scheduled() -> None:
    back = replace(NIGHT, state="completed", released_at=NIGHT.start + timedelta(hours=1))
    assert only_event(feed([back], name="", place=PLACE, staff=False))["DTEND"].dt == back.released_at
    nobody = replace(NIGHT, state="no_show", released_at=NIGHT.start)
    assert only_event(feed([nobody], name="", place=PLACE, staff=False))["DTEND"].dt == NIGHT.end


def test_the_attachment_of_a_mail_is_published_by_somebody_and_a_download_by_nobody() -> None:
    sent = Calendar.from_ical(invitation(NIGHT, place=PLACE, organizer="no-reply@live.example.cn"))
    assert sent["METHOD"] == "PUBLISH"
    (event,) = sent.walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:no-reply@live.example.cn"
    assert event["UID"] == f"{NIGHT.id}@live.example.cn"
    kept = Calendar.from_ical(invitation(NIGHT, place=PLACE))
    assert "METHOD" not in kept
    assert "ORGANIZER" not in kept.walk("VEVENT")[0]


@given(title=st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200))
def test_no_title_breaks_a_line_or_gets_lost(title: str) -> None:
    body = feed([replace(NIGHT, title=title + "x")], name="a,b;c\n", place=PLACE, staff=False)
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()  # no sign is cut in two
    assert only_event(body)["SUMMARY"] == title + "x"
    assert r"NAME:a\,b\;c\n 预订" in body.decode().replace("\r\n ", "").splitlines()


def test_the_same_bookings_are_the_same_bytes_and_another_version_another_fingerprint() -> None:
    again = {feed([NIGHT], name="n", place=PLACE, staff=False) for _ in range(2)}
    assert len(again) == 1
    mark = fingerprint([NIGHT], name="n", place=PLACE, staff=False)
    for other in (
        fingerprint([replace(NIGHT, version=4)], name="n", place=PLACE, staff=False),
        fingerprint([NIGHT], name="m", place=PLACE, staff=False),
        fingerprint([NIGHT], name="n", place=PLACE, staff=True),
        fingerprint([NIGHT], name="n", place=Place(PLACE.base_url, "en"), staff=False),
    ):
        assert other != mark


ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Africa/Cairo",
)


@given(zone=st.sampled_from(ZONES), hours=st.integers(0, 24 * 400))
def test_the_zone_that_is_sent_along_tells_the_same_time_as_the_real_one(zone: str, hours: int) -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)
    component = vtimezone(zone, first, first + timedelta(days=401))
    calendar = b"BEGIN:VCALENDAR\r\n" + component.to_ical() + b"END:VCALENDAR\r\n"
    sent = tzical(io.StringIO(calendar.decode().replace("\r\n", "\n"))).get(zone)
    moment = first + timedelta(hours=hours, minutes=7)
    real = moment.astimezone(ZoneInfo(zone))
    assert moment.astimezone(sent).replace(tzinfo=None) == real.replace(tzinfo=None)

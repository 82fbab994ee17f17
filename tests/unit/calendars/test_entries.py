"""What an .ics asks for: whatever calendars write is read as they mean it, or refused with a reason."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from shared_base.bookings.recurrence import Recurrence
from shared_base.calendars.content_lines import MOST_BYTES, MOST_EVENTS, read
from shared_base.calendars.entries import CANCELLED, PASSED, Entry, entries
from shared_base.calendars.errors import NoCalendar

HOME = ZoneInfo("Asia/Shanghai")
#: Monday noon in Shanghai
AT = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
EIGHT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def calendar(*events: str, zones: str = "") -> bytes:
    """A file of these events, each given by its lines."""
    bodies = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{zones}{bodies}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def found(*events: str, zones: str = "", at: datetime = AT, until: datetime | None = None) -> list[Entry]:
    return entries(read(calendar(*events, zones=zones)), home=HOME, at=at, until=until)


def one(*events: str, zones: str = "", until: datetime | None = None) -> Entry:
    (entry,) = found(*events, zones=zones, until=until)
    return entry


def starts(entry: Entry) -> list[datetime]:
    """Every start, as the series' own plan will have them."""
    assert entry.refusal is None
    assert entry.start is not None
    assert entry.end is not None
    if entry.repeats is None:
        return [entry.start]
    plan = Recurrence.plan(
        rrule=entry.repeats.rrule,
        zone=entry.repeats.zone,
        start=entry.start,
        end=entry.end,
        without=entry.repeats.without,
        beside=entry.repeats.beside,
    )
    return [occurrence.start for occurrence in plan.occurrences]


NIGHT = "DTSTART;TZID=Asia/Shanghai:20261102T200000\nDTEND;TZID=Asia/Shanghai:20261103T020000"


def test_a_single_event_becomes_one_session_with_its_title_unfolded_and_unescaped() -> None:
    entry = one(f"UID:1\nSUMMARY:晚八点\\, 𠮷\n 野家\\n专场\nLOCATION:番禺\\, A01\n{NIGHT}")
    assert entry.title == "晚八点, 𠮷野家 专场"
    assert entry.location == "番禺, A01"
    assert (entry.start, entry.end) == (EIGHT, EIGHT + timedelta(hours=6))
    assert entry.repeats is None
    assert entry.notes == ()


@pytest.mark.parametrize(
    "times",
    [
        "DTSTART:20261102T120000Z\nDTEND:20261102T180000Z",
        "DTSTART:20261102T120000Z\nDURATION:PT6H",
        "DTSTART;TZID=China Standard Time:20261102T200000\nDURATION:PT360M",
        'DTSTART;TZID="China Standard Time";X-A="b:c;d":20261102T200000\nDTEND:20261102T180000Z',
        "DTSTART;TZID=/mozilla.org/20050126_1/Asia/Shanghai:20261102T200000\nDURATION:PT6H",
        "DTSTART;TZID=america/new_york:20261102T070000\nDURATION:PT6H",
        "DTSTART;TZID=Eastern Standard Time:20261102T070000\nDURATION:P0DT6H",
        "dtstart;tzid=Asia/Shanghai:20261102T200000\ndtend;tzid=America/New_York:20261102T130000",
    ],
)
def test_times_are_read_in_whatever_zone_they_are_written(times: str) -> None:
    entry = one(times)
    assert (entry.start, entry.end) == (EIGHT, EIGHT + timedelta(hours=6)), entry.refusal


def described(tzid: str, *offsets: str, more: str = "") -> str:
    parts = "".join(
        f"BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\n"
        for offset in offsets
    )
    return f"BEGIN:VTIMEZONE\nTZID:{tzid}\n{more}{parts}END:VTIMEZONE\n"


@pytest.mark.parametrize(
    ("zone", "local", "name"),
    [
        (described("(UTC+08:00) 北京", "+0800"), "20261102T200000", "Asia/Shanghai"),
        (described("(UTC+08:00) 北京", "+0900"), "20261102T210000", "Etc/GMT-9"),
        (described("(UTC+08:00) 北京", "-0300"), "20261102T090000", "Etc/GMT+3"),
        (described("(UTC+08:00) 北京", "+0800", more="X-LIC-LOCATION:Asia/Tokyo\n"), "20261102T210000", "Asia/Tokyo"),
    ],
)
def test_a_zone_of_the_files_own_is_known_by_its_place_or_its_one_offset(zone: str, local: str, name: str) -> None:
    entry = one(f'DTSTART;TZID="(UTC+08:00) 北京":{local}\nDURATION:PT6H\nRRULE:FREQ=DAILY;COUNT=2', zones=zone)
    assert entry.start == EIGHT, entry.refusal
    assert entry.repeats is not None
    assert entry.repeats.zone.key == name


@pytest.mark.parametrize(
    "zone", ["", described("Nowhere", "+0845"), described("Nowhere", "+0100", "+0200"), described("Nowhere", "soon")]
)
def test_a_zone_that_nobody_knows_is_refused_by_name(zone: str) -> None:
    refusal = one("DTSTART;TZID=Nowhere:20261102T200000\nDURATION:PT6H", zones=zone).refusal
    assert "“Nowhere”" in str(refusal)


def test_a_name_that_leads_out_of_the_zones_is_refused_like_any_other() -> None:
    for name in ("../../../../etc/passwd", "/etc/localtime", "localtime", "\x01", "Asia"):
        assert one(f"DTSTART;TZID={name}:20261102T200000\nDURATION:PT6H").refusal is not None


def test_times_without_a_zone_are_the_bases_own_and_say_so() -> None:
    entry = one("DTSTART:20261102T200000\nDURATION:PT6H")
    assert entry.start == EIGHT
    assert [str(note.text()) for note in entry.notes] == ["Its times name no zone: taken as those of Asia/Shanghai."]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("DTSTART;VALUE=DATE:20261103\nDTEND;VALUE=DATE:20261104", "whole days"),
        ("DTSTART:20261103", "whole days"),
        (NIGHT.partition("\n")[0], "no end"),
        ("SUMMARY:x", "no start"),
        (NIGHT.replace("20261103T02", "20261102T20"), "ends before"),
        ("DTSTART:20261102T120000Z\nDURATION:-PT6H", "its length".title()[:3]),
        ("DTSTART:20261102T120000Z\nDURATION:PT0S", "none"),
        ("DTSTART:20261102T120000Z\nDURATION:P", "none"),
        ("DTSTART:20270229T200000Z\nDURATION:PT6H", "no date and time"),
        ("DTSTART:20261102T235960Z\nDURATION:PT6H", "no date and time"),
        ("DTSTART:99991231T200000Z\nDURATION:PT6H", "year"),
        ("DTSTART:infinity\nDURATION:PT6H", "no date and time"),
        (f"{NIGHT}\nRRULE:FREQ=SECONDLY;COUNT=9", "SECONDLY"),
        (f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=DAILY;COUNT=3", "more than one rule"),
        (f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=2\nEXRULE:FREQ=DAILY;COUNT=1", "more than one rule"),
        (f"{NIGHT}\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=3", "never"),
        (f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=2\nRDATE;VALUE=PERIOD:20261105T120000Z/PT1H", "lengths of their own"),
        (f"{NIGHT}\nRDATE;VALUE=DATE:20261105", "without a time"),
        ("DTSTART:20150101T120000Z\nDURATION:PT6H\nRRULE:FREQ=DAILY", "ten years"),
    ],
)
def test_what_cannot_be_booked_says_why(event: str, why: str) -> None:
    refusal = one(event).refusal
    assert refusal is not None
    assert why.lower() in str(refusal).lower()


def test_one_faulty_event_leaves_the_others_alone() -> None:
    bad, good = found("DTSTART:20261103\nSUMMARY:节日", NIGHT)
    assert bad.refusal is not None
    assert bad.title == "节日"
    assert good.start == EIGHT


def test_what_has_passed_or_is_cancelled_is_left_out_and_no_fault() -> None:
    past, off = found("DTSTART:20261101T120000Z\nDURATION:PT6H", f"STATUS:CANCELLED\n{NIGHT}")
    assert (past.left_out, off.left_out) == (PASSED, CANCELLED)
    assert past.refusal is None
    assert off.refusal is None
    assert one("DTSTART:20250101T120000Z\nDURATION:PT6H\nRRULE:FREQ=DAILY;COUNT=9").left_out == PASSED


def test_a_rule_keeps_its_exceptions_and_added_dates() -> None:
    entry = one(
        f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=6\nEXDATE;TZID=Asia/Shanghai:20261104T200000,20261105T200000\n"
        "EXDATE;VALUE=DATE:20261106\nEXDATE:20300101T000000Z\nRDATE:20261120T120000Z"
    )
    assert [start.day for start in starts(entry)] == [2, 3, 7, 20]


def test_a_changed_occurrence_leaves_the_series_and_is_a_session_of_its_own() -> None:
    series, moved, off = found(
        f"UID:1\nSUMMARY:每晚\n{NIGHT}\nRRULE:FREQ=DAILY;COUNT=5",
        "UID:1\nSUMMARY:晚一点\nRECURRENCE-ID:20261103T120000Z\nDTSTART:20261103T140000Z\nDTEND:20261103T160000Z",
        "UID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;TZID=Asia/Shanghai:20261104T200000\nDTSTART:20261104T120000Z",
    )
    assert [start.day for start in starts(series)] == [2, 5, 6]
    assert (moved.title, moved.start) == ("晚一点", datetime(2026, 11, 3, 14, tzinfo=UTC))
    assert off.left_out == CANCELLED


def test_a_changed_occurrence_whose_series_is_elsewhere_is_booked_alone() -> None:
    assert one(f"UID:9\nRECURRENCE-ID:20261102T120000Z\n{NIGHT}").start == EIGHT


def test_this_and_following_in_one_entry_is_refused() -> None:
    series, _one = found(
        f"UID:1\n{NIGHT}\nRRULE:FREQ=DAILY;COUNT=5",
        f"UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261103T120000Z\n{NIGHT}",
    )
    assert "RANGE" in str(series.refusal)


def test_a_rule_without_an_end_is_booked_for_ninety_days_or_until_the_chosen_day() -> None:
    open_ended = f"{NIGHT}\nRRULE:FREQ=DAILY"
    assert len(starts(one(open_ended))) == 90
    assert "without end" in one(open_ended).notes[0].text()
    until = datetime(2026, 11, 6, 15, 59, 59, tzinfo=UTC)
    assert [start.day for start in starts(one(open_ended, until=until))] == [2, 3, 4, 5, 6]


def test_a_local_until_as_older_programs_write_it_counts_on_the_clock_of_the_start() -> None:
    entry = one(f"{NIGHT}\nRRULE:FREQ=DAILY;UNTIL=20261104T200000")
    assert [start.day for start in starts(entry)] == [2, 3, 4]


def test_a_slot_tied_to_new_york_moves_in_shanghai() -> None:
    entry = one(
        "DTSTART;TZID=America/New_York:20270312T070000\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=4",
    )
    assert [start.astimezone(HOME).hour for start in starts(entry)] == [20, 20, 19, 19]


RULES = st.sampled_from(
    [
        "FREQ=DAILY;COUNT=40",
        "FREQ=DAILY;INTERVAL=3;COUNT=20",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;COUNT=24",
        "FREQ=WEEKLY;BYDAY=TU,SA;UNTIL=20270201T000000Z",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=9",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=7",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1;COUNT=20",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3",
        "FREQ=DAILY;UNTIL=20261231T000000Z",
    ]
)


@given(rule=RULES, days=st.integers(0, 400), since=st.integers(-30, 400))
def test_what_lies_ahead_of_a_rule_is_what_the_rule_says_and_nothing_else(rule: str, days: int, since: int) -> None:
    first = EIGHT - timedelta(days=days)
    at = first + timedelta(days=since, hours=1)
    local = first.astimezone(HOME).replace(tzinfo=None)
    (entry,) = found(f"DTSTART;TZID=Asia/Shanghai:{local:%Y%m%dT%H%M%S}\nDURATION:PT4H\nRRULE:{rule}", at=at)
    told = rrulestr(rule, dtstart=first.astimezone(HOME))
    expected = [start.astimezone(UTC) for start in told if at <= start.astimezone(UTC) <= at + timedelta(days=1097)]
    if not expected:
        assert entry.left_out == PASSED or "never" in str(entry.refusal)
    else:
        assert starts(entry) == expected


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "BEGIN:VCALENDAR"),
        (b"PK\x03\x04", "BEGIN:VCALENDAR"),
        (b"\xff\xfeB\x00", "UTF-8"),
        (b"BEGIN:VCALENDAR\r\nX:\x00", "BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\n", "cut off"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "Line 3"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nEND:X\r\n", "Line 3"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:A\r\n" * 9, "too deep"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * (MOST_EVENTS + 1), "more than 500"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART\r\nEND:VEVENT\r\n", "Line 3"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:" + b"x" * 20_000, "Line 3"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x" + b"\r\n " * 20_000, ""),
        (b"BEGIN:VCALENDAR" + b"x" * MOST_BYTES, "512 KB"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_with_its_line(data: bytes, why: str) -> None:
    with pytest.raises(NoCalendar) as refusal:
        read(data)
    assert why in str(refusal.value)


def test_more_series_than_anybody_keeps_are_refused() -> None:
    with pytest.raises(NoCalendar, match="50 series"):
        found(*[f"UID:{number}\n{NIGHT}\nRRULE:FREQ=DAILY" for number in range(51)])


def test_lines_that_nobody_reads_may_be_as_broken_and_as_long_as_they_like() -> None:
    entry = one(f"X-ALT-DESC;FMTTYPE=text/html:{'<p>' * 9000}\nDESCRIPTION\n===\n\n{NIGHT}")
    assert entry.start == EIGHT


LINES = st.lists(
    st.one_of(
        st.sampled_from([*NIGHT.split("\n"), "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261103T120000Z", "BEGIN:VALARM"]),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
        st.builds(
            "{}{}:{}".format,
            st.sampled_from(["DTSTART", "DTEND", "RRULE", "RDATE", "EXDATE", "DURATION", "RECURRENCE-ID", "TZID"]),
            st.sampled_from(["", ";VALUE=DATE", ";TZID=x", ';TZID="a,b"', ";;=", ";TZID=Asia/Shanghai"]),
            st.text("0123456789TZPDHWM+-;,=FREQCOUNTBYDAILY", max_size=30),
        ),
    ),
    max_size=12,
)


@given(lines=LINES)
def test_whatever_a_file_holds_it_is_read_or_refused_and_nothing_else(lines: list[str]) -> None:
    try:
        told = found("\n".join(lines))
    except NoCalendar:
        return
    for entry in told:
        assert entry.refusal or entry.left_out or (entry.start and entry.end and entry.start < entry.end)

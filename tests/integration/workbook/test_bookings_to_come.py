"""Bookings that have not ended are bookings like any other; those that have are final."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from tests.conftest import NOON
from tests.integration.workbook.importing import load, load_only, one, rows
from tests.unit.workbook.building import row

NOT_YET = {"state": "confirmed", "checked_in_at": "", "checked_out_at": ""}
HOLDS = (
    "select b.ref, upper(a.during) from allocations a join bookings b on b.id = a.booking_id where live order by ref"
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_clean_down_follows_a_booking_to_come_and_none_that_has_ended(session: Session, tmp_path: Path) -> None:
    load(
        session,
        tmp_path,
        spaces=[row("spaces", buffer_minutes="30")],
        bookings=[
            row("bookings"),
            row("bookings", ref="B2", start="2026-10-01T02:00+08:00", end="2026-10-01T04:00+08:00", checked_in_at="",
                checked_out_at=""),
            row("bookings", ref="B3", start="2026-11-02T11:00+08:00", end="2026-11-02T13:00+08:00", **NOT_YET),
            row("bookings", ref="B4", start="2026-12-01T20:00+08:00", end="2026-12-01T22:00+08:00", **NOT_YET),
        ],
    )  # fmt: skip
    assert rows(session, HOLDS) == [
        ("B1", instant("2026-10-01T02:00+08:00")),
        ("B2", instant("2026-10-01T04:00+08:00")),
        ("B3", instant("2026-11-02T13:30+08:00")),
        ("B4", instant("2026-12-01T22:30+08:00")),
    ]


def test_a_clean_down_ends_where_the_operator_booked_the_room_again_and_says_so(
    session: Session, tmp_path: Path
) -> None:
    result = load(
        session,
        tmp_path,
        spaces=[row("spaces", buffer_minutes="30")],
        bookings=[
            row("bookings", start="2026-12-01T20:00+08:00", end="2026-12-01T22:00+08:00", **NOT_YET),
            row("bookings", ref="B2", start="2026-12-01T22:10+08:00", end="2026-12-01T23:00+08:00", **NOT_YET),
        ],
    )
    assert rows(session, HOLDS) == [
        ("B1", instant("2026-12-01T22:10+08:00")),
        ("B2", instant("2026-12-01T23:30+08:00")),
    ]
    assert [(warning.code, warning.ref) for warning in result.warnings] == [("buffer_cut", "B1")]
    # one that is imported later, before a stored one, gives way as well
    earlier = row("bookings", ref="B0", start="2026-12-01T19:00+08:00", end="2026-12-01T19:45+08:00", **NOT_YET)
    load_only(session, tmp_path, {"bookings": [earlier]})
    assert rows(session, HOLDS)[0] == ("B0", instant("2026-12-01T20:00+08:00"))


def test_guests_who_came_and_have_not_left_are_on_air_and_a_later_import_finds_no_difference(
    session: Session, tmp_path: Path
) -> None:
    running = row("bookings", start="2026-11-02T11:00+08:00", end="2026-11-02T13:00+08:00", state="confirmed",
                  checked_in_at="2026-11-02T10:58+08:00", checked_out_at="")  # fmt: skip
    load(session, tmp_path, bookings=[running])
    assert one(session, "select state from bookings") == "checked_in"
    assert load_only(session, tmp_path, {"bookings": [running]}, at=NOON.replace(day=20)).changed == 0


def test_a_room_given_back_early_is_free_from_then_on(session: Session, tmp_path: Path) -> None:
    load(
        session,
        tmp_path,
        bookings=[
            row("bookings", released_at="2026-10-01T01:00+08:00"),
            row("bookings", ref="B2", start="2026-10-01T01:00+08:00", end="2026-10-01T02:00+08:00", checked_in_at="",
                checked_out_at=""),
            # given back when it began: it held the room for no time
            row("bookings", ref="B3", start="2026-10-01T01:30+08:00", end="2026-10-01T02:00+08:00", checked_in_at="",
                checked_out_at="", released_at="2026-10-01T01:30+08:00"),
            # given back at its end: it was not early
            row("bookings", ref="B4", start="2026-10-01T03:00+08:00", end="2026-10-01T04:00+08:00", checked_in_at="",
                checked_out_at="", released_at="2026-10-01T04:00+08:00"),
        ],
    )  # fmt: skip
    assert [ref for ref, _ in rows(session, HOLDS)] == ["B1", "B2", "B4"]
    assert rows(session, HOLDS)[0] == ("B1", instant("2026-10-01T01:00+08:00"))
    assert one(session, "select released_at from bookings where ref = 'B4'") is None


def test_history_outside_opening_hours_and_service_is_kept_with_warnings(session: Session, tmp_path: Path) -> None:
    early = {"checked_in_at": "", "checked_out_at": ""}
    result = load(
        session,
        tmp_path,
        closures=[row("closures", start="2026-09-30T23:00+08:00", end="2026-09-30T23:30+08:00")],
        bookings=[
            row("bookings"),
            row("bookings", ref="B2", start="2026-09-29T23:00+08:00", end="2026-09-30T02:01+08:00", **early),
            row("bookings", ref="B3", start="2023-12-31T20:00+08:00", end="2023-12-31T22:00+08:00", **early),
            row("bookings", ref="B4", start="2023-12-30T03:00+08:00", end="2023-12-30T04:00+08:00", state="cancelled",
                **early),
        ],
    )  # fmt: skip
    assert sorted((warning.ref, warning.code) for warning in result.warnings) == [
        ("B1", "across_closure"),
        ("B2", "outside_opening_hours"),
        ("B3", "out_of_service"),
    ]
    assert one(session, "select count(*) from bookings") == 4


def test_text_that_a_stranger_typed_is_stored_as_it_is(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, bookings=[row("bookings", title='=HYPERLINK("x")<img onerror=1>', host="𠮷䶮")])
    assert rows(session, "select title, host_name, host_id from bookings") == [
        ('=HYPERLINK("x")<img onerror=1>', "𠮷䶮", None)
    ]


def test_every_booking_has_a_code_and_an_event_that_tells_what_was_imported(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    assert one(session, "select code from bookings").startswith("BK-")
    asked = (
        "select payload -> 'after' ->> 'ref', payload -> 'after' ->> 'start' from events where kind like 'booking.%'"
    )
    (told,) = rows(session, asked)
    assert told[0] == "B1"
    assert datetime.fromisoformat(told[1]) == instant("2026-09-30T22:00+08:00")

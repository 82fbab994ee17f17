"""The demo can be loaded at any moment of a night: what it says happened lies behind that moment, in whole seconds."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared_base.demo.houses import build_house
from shared_base.demo.nights import ZONE, build_bookings
from shared_base.workbook.rows import BookingRow

NIGHTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31))  # months of every length, a leap year


def sessions_at(now: datetime) -> list[BookingRow]:
    rng = random.Random(7)
    return build_bookings(build_house(now.astimezone(ZONE).date(), rng), now, rng)


@settings(max_examples=12, deadline=None)
@given(moment=NIGHTS)
def test_whenever_it_is_loaded_the_past_lies_behind_and_is_in_whole_seconds(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    rows = sessions_at(now)
    assert len({row.ref for row in rows}) == len(rows) > 5000
    for row in rows:
        for stamp in (row.checked_in_at, row.checked_out_at, row.released_at):
            assert stamp is None or (stamp.microsecond == 0 and stamp <= now)
        if row.checked_out_at:
            assert row.checked_in_at is not None
            assert row.checked_in_at <= row.checked_out_at
        if row.start > now:
            assert row.state in ("confirmed", "cancelled")
            assert row.checked_in_at is None


def test_two_sessions_of_a_studio_never_overlap_their_clean_down() -> None:
    until: dict[tuple[str, str], datetime] = {}
    for row in sessions_at(datetime(2026, 11, 22, 1, 4, 30, 123456, tzinfo=UTC)):
        place = (row.base, row.space)
        assert row.start >= until.get(place, row.start)
        until[place] = row.end + timedelta(minutes=30)

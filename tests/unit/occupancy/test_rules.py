"""When a month is due, and what a stay's times may be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared_base.core.periods import Month
from shared_base.occupancy import rules
from shared_base.occupancy.errors import BadStay

NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        ("Asia/Shanghai", datetime(2026, 9, 30, 17, 59, 59, tzinfo=UTC), Month(2026, 8)),
        ("Asia/Shanghai", datetime(2026, 9, 30, 18, tzinfo=UTC), Month(2026, 9)),
        ("Asia/Shanghai", datetime(2026, 12, 31, 18, tzinfo=UTC), Month(2026, 12)),
        ("America/New_York", datetime(2026, 12, 31, 18, tzinfo=UTC), Month(2026, 11)),
        # on the 1st of November at 01:00 Havana's clock goes back to midnight: 02:00 comes three hours after it
        ("America/Havana", datetime(2026, 11, 1, 6, 59, tzinfo=UTC), Month(2026, 9)),
        ("America/Havana", datetime(2026, 11, 1, 7, tzinfo=UTC), Month(2026, 10)),
    ],
)
def test_a_month_is_due_at_two_in_the_morning_of_the_next_1st(zone: str, at: datetime, month: Month) -> None:
    assert rules.last_due_month(ZoneInfo(zone), at=at) == month


def test_the_servers_clock_stepping_back_an_hour_makes_no_later_month_due() -> None:
    zone, due = ZoneInfo("Asia/Shanghai"), datetime(2026, 9, 30, 18, tzinfo=UTC)
    assert rules.last_due_month(zone, at=due) == Month(2026, 9)
    assert rules.last_due_month(zone, at=due - timedelta(hours=1)) == Month(2026, 8)


def test_a_stay_is_counted_in_whole_seconds_and_needs_an_offset() -> None:
    assert rules.whole_second(NOON.replace(microsecond=999_999)) == NOON
    with pytest.raises(BadStay, match="offset"):
        rules.whole_second(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("came", "left", "fine"),
    [
        (NOON, None, True),
        (NOON, NOON, True),  # in and out within a second
        (NOON - timedelta(hours=1), NOON, True),
        (NOON, NOON - timedelta(seconds=1), False),
        (NOON + timedelta(hours=1), None, False),
        (NOON, NOON + timedelta(hours=1), False),
        (NOON + timedelta(seconds=59), None, True),  # the desk's clock may be a little ahead
    ],
)
def test_out_is_not_before_in_and_neither_is_to_come(came: datetime, left: datetime | None, fine: bool) -> None:
    if fine:
        rules.check_stay(came, left, at=NOON)
    else:
        with pytest.raises(BadStay):
            rules.check_stay(came, left, at=NOON)

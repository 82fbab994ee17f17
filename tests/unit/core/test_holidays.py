"""The calendar of work and rest is the published one, and a year without one is told as such."""

from datetime import date, timedelta

import pytest

from shared_base.core.holidays import is_published, kind_of, spans_of


@pytest.mark.parametrize(
    ("day", "kind", "holiday"),
    [
        (date(2026, 2, 13), "workday", None),
        (date(2026, 2, 14), "workday_instead", "Spring Festival"),
        (date(2026, 2, 17), "holiday", "Spring Festival"),
        (date(2026, 10, 1), "holiday", "National Day"),
        (date(2026, 11, 21), "weekend", None),
        (date(2026, 9, 27), "holiday", "Mid-autumn Festival"),
    ],
)
def test_a_day_is_what_the_state_council_published(day: date, kind: str, holiday: str | None) -> None:
    found = kind_of(day)
    assert (found.kind, found.holiday, found.published) == (kind, holiday, True)
    assert found.is_rest == (kind in ("weekend", "holiday"))


def test_a_year_without_a_published_calendar_says_so_and_goes_by_the_weekday() -> None:
    assert not is_published(2030)
    assert spans_of(2030) == []
    new_year = kind_of(date(2030, 1, 1))
    assert (new_year.kind, new_year.published) == ("workday", False)
    assert kind_of(date(2030, 1, 5)).kind == "weekend"
    assert kind_of(date(1, 1, 1)).published is False


def test_a_holiday_is_one_span_with_its_names_and_the_days_worked_for_it() -> None:
    spring = next(span for span in spans_of(2026) if "Spring Festival" in span.names)
    assert (spring.first, spring.last, spring.days) == (date(2026, 2, 15), date(2026, 2, 23), 9)
    assert spring.worked_instead == (date(2026, 2, 14), date(2026, 2, 28))
    both = next(span for span in spans_of(2025) if span.first == date(2025, 10, 1))
    assert both.names == ("National Day", "Mid-autumn Festival")


def test_a_span_over_new_year_stands_in_the_year_in_which_it_begins() -> None:
    assert [span.last for span in spans_of(2022) if span.first == date(2022, 12, 31)] == [date(2023, 1, 2)]
    assert all(span.first.year == 2023 for span in spans_of(2023))


def test_spans_hold_every_holiday_of_a_published_year_once_and_every_day_worked_instead() -> None:
    for year in (2024, 2025, 2026):
        days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
        spans = [*spans_of(year - 1), *spans_of(year)]
        within = [span.first + timedelta(days=number) for span in spans for number in range(span.days)]
        assert sorted(day for day in within if day in days) == [day for day in days if kind_of(day).kind == "holiday"]
        worked = {day for span in spans for day in span.worked_instead if day.year == year}
        assert worked == {day for day in days if kind_of(day).kind == "workday_instead"}

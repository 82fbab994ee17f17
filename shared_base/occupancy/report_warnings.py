"""What a report warns of. A frozen text is read for years: it holds Chinese and English, parted by ` / `."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared_base.core.money import plain

BETWEEN = " / "

# No text holds a slash of its own, and none a name: the subject stands beside it.
AUTO_CLOSED = (
    "%(count)d 次到场没有签退：用时算到约定的结束时刻，签到更晚的算到签到时刻。",
    "%(count)d stays were never checked out: their use counts to the scheduled end, or to a check-in after it.",
)
UTILISATION = (
    "使用 %(part)d 秒，多于开放的 %(whole)d 秒。",
    "%(part)d seconds used are more than the %(whole)d seconds open.",
)
BOOKING_RATE = (
    "预订 %(part)d 秒，多于开放的 %(whole)d 秒。",
    "%(part)d seconds booked are more than the %(whole)d seconds open.",
)
LEASED = (
    "有 %(days)d 天的已租面积多于可租面积 %(lettable)s 平方米，最多的 %(day)s 为 %(leased)s 平方米。",
    "On %(days)d days more is leased than the %(lettable)s m² lettable; most on %(day)s: %(leased)s m².",
)


@dataclass(frozen=True)
class ReportWarning:
    """One warning: what kind, about which base or studio (its code), and what exactly."""

    code: str
    subject: str
    text: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "subject": self.subject, "text": self.text}


def _text(phrases: tuple[str, str], **values: object) -> str:
    return BETWEEN.join(phrase % values for phrase in phrases)


def in_language(text: str, language: Literal["zh", "en"]) -> str:
    """One language of a frozen warning's text; a text in one language only is given as it is."""
    chinese, between, english = text.partition(BETWEEN)
    return english if between and language == "en" else chinese


def of_stays(base: str, auto_closed: int) -> Iterator[ReportWarning]:
    """Stays that were checked in and never out: their end is an assumption."""
    if auto_closed:
        yield ReportWarning("auto_closed", base, _text(AUTO_CLOSED, count=auto_closed))


def of_ratios(subject: str, *, open_seconds: int, booked_seconds: int, used_seconds: int) -> Iterator[ReportWarning]:
    """A ratio above 1, of a studio or the base; over no opening at all there is no ratio."""
    if used_seconds > open_seconds > 0:
        yield ReportWarning("utilisation_above_one", subject, _text(UTILISATION, part=used_seconds, whole=open_seconds))
    if booked_seconds > open_seconds > 0:
        yield ReportWarning(
            "booking_rate_above_one", subject, _text(BOOKING_RATE, part=booked_seconds, whole=open_seconds)
        )


def of_leased_area(base: str, leased_by_day: Mapping[date, Decimal], lettable: Decimal) -> Iterator[ReportWarning]:
    """Days on which more is leased than the base has to let."""
    over: Sequence[date] = sorted(day for day, leased in leased_by_day.items() if leased > lettable)
    if over:
        most = max(over, key=lambda day: (leased_by_day[day], -day.toordinal()))
        yield ReportWarning(
            "leased_above_lettable",
            base,
            _text(
                LEASED,
                days=len(over),
                lettable=plain(lettable),
                day=most.isoformat(),
                leased=plain(leased_by_day[most]),
            ),
        )

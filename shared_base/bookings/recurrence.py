"""When a series takes place (系列): a rule on the wall clock of its own zone, as instants. Values in, values out.

The rule follows the clock of its *anchor zone*: a slot at 20:00 in New York stays at 20:00 there, and moves by an hour
in Beijing twice a year. Every occurrence lasts the same number of elapsed seconds, also in a night in which the clocks
change. Where the anchor zone's clock skips the start's time of day, the occurrence begins as if it had not been put
forward (02:30 becomes 03:30); where it shows it twice, at the first of the two (RFC 5545 §3.3.5). The first occurrence
is the instant that was asked for, also when the clock shows that twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared_base.bookings import rules
from shared_base.bookings.rrule import Rule, Weekday, refused
from shared_base.bookings.rules import FIRST_INSTANT, LAST_INSTANT
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

#: a series has at most so many occurrences, within so many days of its first
MOST_OCCURRENCES = 1000
MOST_DAYS = 3 * 366


class Occurrence(NamedTuple):
    """One time of a series, UTC, half-open."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Recurrence:
    """A rule with its start (DTSTART) and zone, and what is left out (EXDATE) or added (RDATE): instants, UTC."""

    rule: Rule
    zone: ZoneInfo
    first: datetime
    length: timedelta
    without: tuple[datetime, ...] = ()
    beside: tuple[datetime, ...] = ()

    @classmethod
    def plan(
        cls,
        *,
        rrule: str,
        zone: ZoneInfo,
        start: datetime,
        end: datetime,
        without: Iterable[datetime] = (),
        beside: Iterable[datetime] = (),
    ) -> "Recurrence":
        """What somebody asks for, checked: `Invalid` names what is wrong with the rule, its end or its dates.

        `start` and `end` are those of the first occurrence. Where the rule lacks that day, its first day after it is
        the first occurrence (the RFC leaves open what an unsynchronised DTSTART means).
        """
        rules.check_range(start, end)
        dates = _in_order("exdates", without), _in_order("rdates", beside)
        # on UTC: between two times of one zone Python counts the clock's hours, not those that pass
        first = start.astimezone(UTC)
        asked = cls(Rule.parse(rrule), zone, first, end.astimezone(UTC) - first, *dates)
        asked._check_end()
        if not asked.rule_starts:
            raise refused(N_("The rule has no occurrence from the start on; mend its days or its end."))
        begins = asked.rule_starts[0]
        found = replace(asked, first=begins) if asked._shows_wall(begins) else asked
        found._check()
        return found

    @property
    def wall(self) -> datetime:
        """The start as the anchor zone's clock shows it, without a zone."""
        return self.first.astimezone(self.zone).replace(tzinfo=None, fold=0)

    @cached_property
    def rule_starts(self) -> tuple[datetime, ...]:
        """The starts that the rule itself gives, before EXDATE and RDATE: at most `MOST_OCCURRENCES` and one more."""
        wall, found = self.wall, list[datetime]()
        for day in self.rule.days(wall.date(), wall.date() + timedelta(days=MOST_DAYS)):
            start = self.first if day == wall.date() else _instant(day, wall, self.zone)
            if len(found) in (self.rule.count, MOST_OCCURRENCES + 1) or _over(self.rule.until, day, start):
                break
            found.append(start)
        return tuple(found)

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Every occurrence, in order of time."""
        starts = (set(self.rule_starts) | set(self.beside)) - set(self.without)
        return tuple(Occurrence(start, start + self.length) for start in sorted(starts))

    def _check_end(self) -> None:
        rule, last = self.rule, self.wall.date() + timedelta(days=MOST_DAYS)
        if rule.until is not None and _over(last, *_day_and_instant(rule.until, self.zone)):
            raise refused(
                N_("A series runs for at most three years: end it by %(last)s, or begin another one then."),
                last=last.isoformat(),
            )
        if len(self.rule_starts) > MOST_OCCURRENCES or (rule.count or 0) > MOST_OCCURRENCES:
            raise refused(N_("A series has at most %(most)s occurrences; end it sooner."), most=MOST_OCCURRENCES)
        if rule.count is not None and 0 < len(self.rule_starts) < rule.count:
            raise refused(
                N_("Within three years the rule has only %(found)s occurrences; ask for no more (COUNT=%(found)s)."),
                found=len(self.rule_starts),
            )

    def _check(self) -> None:
        for start in self.without:
            if start not in self.rule_starts and start not in self.beside:
                raise faulty(
                    "exdates",
                    N_("%(start)s is to be left out, but is no occurrence of the rule; take it off the list."),
                    start=self._local(start),
                )
        for start in self.beside:
            if abs(start - self.first) > timedelta(days=MOST_DAYS):
                raise faulty(
                    "rdates",
                    N_("%(start)s is more than three years from the first occurrence."),
                    start=self._local(start),
                )
        if not self.occurrences:
            raise faulty("exdates", N_("Every occurrence is left out; leave at least one."))
        if len(self.occurrences) > MOST_OCCURRENCES:
            raise refused(N_("A series has at most %(most)s occurrences; end it sooner."), most=MOST_OCCURRENCES)
        for earlier, later in zip(self.occurrences, self.occurrences[1:], strict=False):
            if later.start < earlier.end:
                raise refused(
                    N_("Occurrences overlap: that of %(first)s still runs at %(second)s. Make them shorter or fewer."),
                    first=self._local(earlier.start),
                    second=self._local(later.start),
                )

    def _local(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    # — this and following

    def split(self, at: datetime) -> tuple["Recurrence", "Recurrence"]:
        """What begins before `at`, and what begins from then on; together they have exactly the same occurrences.

        COUNT is shared out (what EXDATE leaves out counts, as in the RFC); an UNTIL stays with the following part, and
        the part before ends at its own last start. `at` lies after the first occurrence and not after the last.
        """
        starts = [occurrence.start for occurrence in self.occurrences]
        assert starts[0] < at <= starts[-1], "a split leaves something on both sides"
        before = self._part([it for it in self.rule_starts if it < at], before=at)
        return before, self._part([it for it in self.rule_starts if it >= at], since=at)

    def until(self, last: datetime) -> "Recurrence":
        """The series ending with the occurrence at `last`, or the last one before that."""
        later = [occurrence.start for occurrence in self.occurrences if occurrence.start > last]
        return self.split(later[0])[0] if later and later[0] > self.occurrences[0].start else self

    def _part(
        self, starts: Sequence[datetime], *, since: datetime = FIRST_INSTANT, before: datetime = LAST_INSTANT
    ) -> "Recurrence":
        """The part whose rule gives `starts`, with the dates left out and added from `since` to `before`."""
        without, beside = (tuple(it for it in dates if since <= it < before) for dates in (self.without, self.beside))
        if not starts:  # added dates alone: the first of them stands for the rule
            left = tuple(it for it in beside if it not in without)
            return Recurrence(Rule("DAILY", count=1), self.zone, left[0], self.length, (), left[1:])
        if self.rule.count is not None:
            rule = self.rule.ending(count=len(starts))
        else:
            rule = self.rule if starts[-1] == self.rule_starts[-1] else self.rule.ending(until=starts[-1])
        if starts[0] == self.rule_starts[0] or self._shows_wall(starts[0]):
            first = self.first if starts[0] == self.rule_starts[0] else starts[0]
            return replace(self, rule=rule, first=first, without=without, beside=beside)
        # The clock skipped the rule's time of day that night, so it could not be read from that start: the part counts
        # from the last start before that shows it, and leaves out what lies between.
        anchor = max((it for it in self.rule_starts if it < starts[0] and self._shows_wall(it)), default=self.first)
        between = tuple(it for it in self.rule_starts if anchor <= it < starts[0])
        rule = replace(rule, count=rule.count and rule.count + len(between))
        return replace(self, rule=rule, first=anchor, without=tuple(sorted({*without, *between})), beside=beside)

    def _shows_wall(self, start: datetime) -> bool:
        return start.astimezone(self.zone).time() == self.wall.time()

    # — another time of day, another length

    def moved(self, at: datetime, *, start: datetime, end: datetime) -> "Recurrence":
        """The whole series as if the occurrence at `at` began at `start` and ended at `end`.

        On the anchor zone's clock each is shifted as that one is, added dates as well. Occurrences keep their order and
        number: the n-th before is the n-th after.
        """
        shift = start.astimezone(self.zone).replace(tzinfo=None, fold=0) - self._wall_of(at)
        # the rule's own days: an added date may begin at another time, and stay on its day where these do not
        days = ((self.wall + shift).date() - self.wall.date()).days

        def shifted(instant: datetime) -> datetime:
            wall = self._wall_of(instant) + shift
            return _instant(wall.date(), wall, self.zone)

        rule = _shifted(self.rule, days)
        if isinstance(rule.until, datetime):
            rule = replace(rule, until=shifted(self.rule_starts[-1]))
        elif rule.until is not None:
            rule = replace(rule, until=rule.until + timedelta(days=days))
        dates = (tuple(shifted(it) for it in instants) for instants in (self.without, self.beside))
        length = end.astimezone(UTC) - start.astimezone(UTC)
        found = Recurrence(rule, self.zone, shifted(self.first), length, *dates)
        found._check()
        return found

    def _wall_of(self, start: datetime) -> datetime:
        """What the anchor zone's clock would show at that start; of one by the rule, also where the clock skips it."""
        local = start.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return datetime.combine(local.date(), self.wall.time()) if start in self.rule_starts else local


def _instant(day: date, wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's clock shows that day and time; skipped or shown twice: RFC 5545 §3.3.5."""
    return datetime.combine(day, wall.time(), tzinfo=zone).astimezone(UTC)


def _day_and_instant(until: date | datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    if isinstance(until, datetime):
        return until.astimezone(zone).date(), until
    return until, datetime.combine(until, datetime.min.time(), tzinfo=zone).astimezone(UTC)


def _over(until: date | datetime | None, day: date, start: datetime) -> bool:
    """Whether the rule's end lies before that start."""
    if isinstance(until, datetime):
        return start > until
    return until is not None and day > until


def _in_order(field: str, instants: Iterable[datetime]) -> tuple[datetime, ...]:
    found = set()
    for instant in instants:
        if not FIRST_INSTANT <= instant <= LAST_INSTANT:
            raise faulty(field, N_("The year must lie between 2000 and 2199."))
        if instant.microsecond:
            raise faulty(field, N_("A booking starts and ends on a whole second; leave the fraction out."))
        found.add(instant.astimezone(UTC))
    if len(found) > MOST_OCCURRENCES:
        raise faulty(field, N_("At most %(most)s dates fit; make a second series of the rest."), most=MOST_OCCURRENCES)
    return tuple(sorted(found))


def _shifted(rule: Rule, days: int) -> Rule:
    """The rule some days later: a week's days turn with it; a rule that names days of the month or year cannot."""
    if days == 0 or (not rule.by_parts and rule.freq in ("DAILY", "WEEKLY")):
        return rule
    if rule.freq == "WEEKLY" and rule.by_parts == {"by_day"} and rule.interval == 1:
        turned = (Weekday(0, (wanted.day + days) % 7) for wanted in rule.by_day)
        return replace(rule, by_day=tuple(sorted(turned, key=lambda wanted: wanted.day)))
    raise faulty(
        "start",
        N_("The rule names its days: keep the day and change the time only, or cancel the rest and make a new series."),
    )

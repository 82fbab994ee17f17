"""What an iCalendar file asks for, read against a moment: single sessions and series, or why an entry is none of them.

An event that repeats becomes a series; an occurrence of it that was changed (RECURRENCE-ID) leaves the series and
becomes a session of its own, so that nothing done to the series later touches it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared_base.bookings.rrule import Rule
from shared_base.bookings.rules import LONGEST_TITLE
from shared_base.calendars.content_lines import Component
from shared_base.calendars.errors import EntryRefused, NoCalendar
from shared_base.calendars.moments import Moment, length, moments
from shared_base.calendars.zones import Zones
from shared_base.core.errors import SharedBaseError
from shared_base.core.i18n import N_, fill

#: a rule is followed so far beyond the present, and no further
FURTHEST = timedelta(days=3 * 366)
#: a series that began longer ago is not counted through
LONGEST_AGO = timedelta(days=10 * 366)
#: more series than anybody keeps in one calendar
MOST_SERIES = 50
#: a rule without an end is booked so far, unless told otherwise
ENDLESS_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Note:
    """Something to know about an entry that is booked all the same: an English template and its values."""

    message: str
    values: dict[str, Any]

    def text(self, translate: Any = None) -> str:
        return fill(translate(self.message) if translate else self.message, self.values)


PASSED = Note(N_("It has passed."), {})
CANCELLED = Note(N_("It is cancelled in the calendar."), {})


@dataclass(frozen=True)
class Repeats:
    """How an entry repeats, as a series takes it: a rule with an end, its clock, dates left out and added."""

    rrule: str
    zone: ZoneInfo
    without: tuple[datetime, ...]
    beside: tuple[datetime, ...]


@dataclass(frozen=True)
class Entry:
    """One thing to book; or, with a `refusal`, one that cannot be, and why.

    `number`: which event of the file it comes from. `left_out`: why there is nothing to book, which is no fault.
    """

    number: int
    title: str
    location: str = ""
    start: datetime | None = None
    end: datetime | None = None
    repeats: Repeats | None = None
    notes: tuple[Note, ...] = ()
    left_out: Note | None = None
    refusal: SharedBaseError | None = None


@dataclass(frozen=True)
class _Master:
    """The times of an event before anything is left out."""

    start: Moment
    length: timedelta
    notes: tuple[Note, ...]


def entries(
    components: Sequence[Component], *, home: ZoneInfo, at: datetime, until: datetime | None = None
) -> list[Entry]:
    """What the file asks for from `at` on, in its order. `home`: the base's zone, in which floating times are taken.

    `until`: where rules without an end stop (default: `ENDLESS_FOR` from `at`).
    """
    zones = Zones(components, home)
    if sum(component.first("RRULE") is not None for component in components) > MOST_SERIES:
        raise NoCalendar(
            N_("The file holds more than %(most)s series: export one calendar at a time."), most=MOST_SERIES
        )
    events = [component for component in components if component.name == "VEVENT"]
    changed: dict[str, list[Component]] = {}
    for event in events:
        if event.first("RECURRENCE-ID"):
            changed.setdefault(_uid(event), []).append(event)
    reading = _Reading(zones, at.astimezone(UTC), until or at + ENDLESS_FOR)
    found: list[Entry] = []
    for event in events:
        if event.first("RECURRENCE-ID") is None:
            found += reading.of(event, changed.pop(_uid(event), []))
    for alone in changed.values():  # changed occurrences whose series is not in the file
        found += [reading.single(event) for event in alone]
    return sorted(found, key=lambda entry: entry.number)


def _uid(event: Component) -> str:
    uid = event.first("UID")
    return uid.value if uid else f"#{event.number}"


@dataclass(frozen=True)
class _Reading:
    zones: Zones
    at: datetime
    endless_until: datetime

    def of(self, event: Component, changed: Sequence[Component]) -> list[Entry]:
        """The event's own entry, and one for each changed occurrence of it."""
        if event.first("RRULE") is None and event.first("RDATE") is None:
            return [self.single(event)]
        try:
            left_out = [self._replaced(one) for one in changed]
            series = self._series(event, left_out)
        except SharedBaseError as error:
            series = self._named(event, refusal=error)
        return [series, *(self.single(one) for one in changed)]

    def single(self, event: Component) -> Entry:
        """An event that takes place once."""
        try:
            if _cancelled(event):
                return self._named(event, left_out=CANCELLED)
            master = self._master(event)
        except SharedBaseError as error:
            return self._named(event, refusal=error)
        start = master.start.instant
        return self._named(
            event,
            start=start,
            end=start + master.length,
            left_out=PASSED if start < self.at else None,
            notes=master.notes,
        )

    def _replaced(self, event: Component) -> Moment | date:
        """Which occurrence a changed one stands for."""
        found = event.first("RECURRENCE-ID")
        assert found is not None
        if found.parameters.get("RANGE"):
            raise EntryRefused(
                N_("It changes “this and following” in one entry (RANGE): split the series in your calendar first.")
            )
        return moments(found, self.zones)[0]

    def _series(self, event: Component, replaced: Iterable[Moment | date]) -> Entry:
        if _cancelled(event):
            return self._named(event, left_out=CANCELLED)
        master = self._master(event)
        rules = event.all("RRULE")
        if len(rules) > 1 or event.first("EXRULE"):
            raise EntryRefused(N_("It repeats by more than one rule: make an event of each."))
        zone, notes = master.start.zone, list(master.notes)
        first = master.start.instant
        rule = None
        if rules:
            rule = self._rule(rules[0].value, zone, notes)
        starts = self._starts(rule, master.start, notes) if rule else [first]
        left_out = self._instants(event.all("EXDATE"), starts, zone) | _matching(replaced, starts, zone)
        added = {it.instant for line in event.all("RDATE") for it in self._timed(line)}
        beside = sorted(it for it in added - set(starts) if it >= self.at and it not in left_out)
        ahead = [it for it in starts if it >= self.at]
        if not starts and not added:
            raise EntryRefused(N_("Its rule never takes place; mend the rule."))
        booked = sorted((set(ahead) | set(beside)) - left_out)
        if not booked:
            begin = starts[-1] if starts else first
            return self._named(event, start=begin, end=begin + master.length, left_out=PASSED)
        if len(ahead) < len(starts):
            notes.append(
                Note(N_("%(number)s occurrences have passed and are left out."), {"number": len(starts) - len(ahead)})
            )
        repeats = _from(rule, zone, ahead, left_out, beside)
        begin = ahead[0] if ahead else beside[0]
        return self._named(event, start=begin, end=begin + master.length, repeats=repeats, notes=tuple(notes))

    def _rule(self, text: str, zone: ZoneInfo, notes: list[Note]) -> Rule:
        """The rule with an end, its UNTIL in UTC as beside a zone it must be."""
        parts = [part for part in text.strip().rstrip(";").split(";") if part]
        parts = [_until_in_utc(part, zone) for part in parts]
        if not any(part.upper().startswith(("COUNT=", "UNTIL=")) for part in parts):
            parts.append(f"UNTIL={self.endless_until.astimezone(UTC):%Y%m%dT%H%M%SZ}")
            last = f"{self.endless_until.astimezone(self.zones.home):%Y-%m-%d}"
            notes.append(Note(N_("It repeats without end: booked until %(last)s."), {"last": last}))
        return Rule.parse(";".join(parts))

    def _starts(self, rule: Rule, start: Moment, notes: list[Note]) -> list[datetime]:
        """The rule's starts, from the first on, no further than `FURTHEST` from now."""
        if start.instant < self.at - LONGEST_AGO:
            raise EntryRefused(N_("It began more than ten years ago: give it a later start and export again."))
        horizon = max(self.at + FURTHEST, start.instant).astimezone(start.zone).date()
        found: list[datetime] = []
        for day in rule.days(start.local.date(), horizon):
            instant = replace(start, local=datetime.combine(day, start.local.time())).instant
            if len(found) == rule.count or _over(rule.until, day, instant):
                break
            found.append(instant)
        if found and found[0] != start.instant:
            notes.append(
                Note(
                    N_("Its start is no day of its rule: the first session is %(first)s."),
                    {"first": f"{found[0].astimezone(self.zones.home):%Y-%m-%d %H:%M}"},
                )
            )
        return found

    def _instants(self, lines: Iterable[Any], starts: Sequence[datetime], zone: ZoneInfo) -> set[datetime]:
        return _matching((it for line in lines for it in moments(line, self.zones)), starts, zone)

    def _timed(self, line: Any) -> list[Moment]:
        found = moments(line, self.zones)
        if not all(isinstance(it, Moment) for it in found):
            raise EntryRefused(N_("Its added dates (RDATE) name days without a time: give each its time."))
        return [it for it in found if isinstance(it, Moment)]

    def _master(self, event: Component) -> _Master:
        """Start and length. Raises `EntryRefused` for whole days, and for what has no end."""
        begin = event.first("DTSTART")
        if begin is None:
            raise EntryRefused(N_("It has no start."))
        start = moments(begin, self.zones)[0]
        if not isinstance(start, Moment):
            raise EntryRefused(N_("It lasts whole days: a studio is booked by the hour; give it a start and an end."))
        notes: tuple[Note, ...] = ()
        if start.floating:
            notes = (Note(N_("Its times name no zone: taken as those of %(zone)s."), {"zone": self.zones.home.key}),)
        return _Master(start, self._length(event, start), notes)

    def _length(self, event: Component, start: Moment) -> timedelta:
        if (ending := event.first("DTEND")) is not None:
            end = moments(ending, self.zones)[0]
            if not isinstance(end, Moment) or end.instant <= start.instant:
                raise EntryRefused(N_("It ends before it starts, or on a day without a time; mend its end."))
            return end.instant - start.instant
        if (lasting := event.first("DURATION")) is not None:
            return length(lasting.value)
        raise EntryRefused(N_("It has no end: give it one, or a length."))

    def _named(self, event: Component, *, notes: tuple[Note, ...] = (), **values: Any) -> Entry:
        summary, location = event.first("SUMMARY"), event.first("LOCATION")
        title = _line(summary.text) if summary else ""
        if len(title) > LONGEST_TITLE:
            notes = (*notes, Note(N_("Its title is cut to %(longest)s characters."), {"longest": LONGEST_TITLE}))
            title = title[:LONGEST_TITLE]
        place = _line(location.text)[:LONGEST_TITLE] if location else ""
        return Entry(number=event.number, title=title, location=place, notes=notes, **values)


def _cancelled(event: Component) -> bool:
    status = event.first("STATUS")
    return status is not None and status.value.upper() == "CANCELLED"


def _line(text: str) -> str:
    """On one line, without what cannot be printed."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def _until_in_utc(part: str, zone: ZoneInfo) -> str:
    """A local UNTIL (`20261231T235959`), as older programs write it, on the clock of the start."""
    name, _sign, value = part.partition("=")
    if name.upper() != "UNTIL" or len(value) != len("20261231T235959"):
        return part
    try:
        local = datetime.strptime(value.upper(), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return part
    return f"UNTIL={local.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _over(until: date | datetime | None, day: date, start: datetime) -> bool:
    if isinstance(until, datetime):
        return start > until
    return until is not None and day > until


def _matching(values: Iterable[Moment | date], starts: Sequence[datetime], zone: ZoneInfo) -> set[datetime]:
    """The starts that are meant: by their instant, or every one of a day."""
    found: set[datetime] = set()
    for value in values:
        if isinstance(value, Moment):
            found |= {value.instant} & set(starts)
        else:
            found |= {start for start in starts if start.astimezone(zone).date() == value}
    return found


def _from(
    rule: Rule | None,
    zone: ZoneInfo,
    ahead: Sequence[datetime],
    left_out: set[datetime],
    beside: Sequence[datetime],
) -> Repeats:
    """The occurrences ahead as a series of their own, by the same rule where it still says the same from there on."""
    without = tuple(sorted(left_out & set(ahead)))
    if rule is not None and ahead:
        end: dict[str, Any] = {"count": len(ahead)} if rule.count is not None else {"until": ahead[-1]}
        shortened = rule.ending(**end)
        if _says(shortened, zone, ahead):
            return Repeats(str(shortened), zone, without, tuple(beside))
    starts = [*ahead, *beside]
    return Repeats("FREQ=DAILY;COUNT=1", zone, without, tuple(starts[1:]))


def _says(rule: Rule, zone: ZoneInfo, starts: Sequence[datetime]) -> bool:
    """Whether the rule, begun at the first of these starts, gives exactly them."""
    first, last = (starts[at].astimezone(zone).replace(tzinfo=None, fold=0) for at in (0, -1))
    days = rule.days(first.date(), last.date())
    found = [datetime.combine(day, first.time(), tzinfo=zone).astimezone(UTC) for day in days]
    return found == list(starts)

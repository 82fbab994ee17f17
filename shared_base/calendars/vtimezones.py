"""VTIMEZONE (RFC 5545 §3.6.5) of an IANA zone: exactly the offsets that hold within a time, no more."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_STEP = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def vtimezone(name: str, first: datetime, last: datetime) -> Timezone:
    """The zone's rules from `first` to `last`: what holds at `first`, then each change of the clock by itself.

    The onset of a change is written in the wall time before it, as the standard wants. Zones without changes, as
    Asia/Shanghai, have one part.
    """
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    begin = first.astimezone(UTC).replace(microsecond=0) - _STEP
    component.add_component(_part(zone, begin, _offset(zone, begin)))
    moment = begin
    while moment < last:
        following = moment + _STEP
        if _offset(zone, moment) != _offset(zone, following):
            onset = _onset(zone, moment, following)
            component.add_component(_part(zone, onset, _offset(zone, moment)))
        moment = following
    return component


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _onset(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the new offset."""
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _part(zone: ZoneInfo, onset: datetime, previous: timedelta) -> TimezoneStandard | TimezoneDaylight:
    local = onset.astimezone(zone)
    part = TimezoneDaylight() if local.dst() else TimezoneStandard()
    part.add("dtstart", (onset + previous).replace(tzinfo=None))
    part.add("tzoffsetfrom", previous)
    part.add("tzoffsetto", _offset(zone, onset))
    part.add("tzname", local.tzname())
    return part

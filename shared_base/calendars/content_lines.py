"""The lines of an iCalendar file (RFC 5545 §3.1) as a tree of components, under bounds: the file is a stranger's.

icalendar's own reader is not used on uploads: it builds a time zone of every VTIMEZONE it meets, by whatever rule
stands there, and keeps it for the whole process under the name that the file chose. Here nothing is computed while
reading, and lines that nobody asks for are passed over unread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared_base.calendars.errors import NoCalendar
from shared_base.core.i18n import N_

MOST_BYTES = 512 * 1024
MOST_EVENTS = 500
LONGEST_LINE = 16_384
#: VCALENDAR, VEVENT, VALARM; VTIMEZONE, STANDARD
DEEPEST = 4
#: what an event and a zone are read from
READ = frozenset(
    {
        "UID", "SUMMARY", "LOCATION", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE",
        "RECURRENCE-ID", "TZID", "X-LIC-LOCATION", "TZOFFSETTO",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^";:,]*)((?:,(?:"[^"]*"|[^";:,]*))*+)')
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True)
class Property:
    """One line: its parameters (upper-case names, first value each) and its value as written."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """A TEXT value (§3.3.11), unescaped."""
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass
class Component:
    """What stands between BEGIN and END; `number` counts its kind within the file, from 1."""

    name: str
    number: int
    properties: list[Property] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [it for it in self.properties if it.name == name]

    def first(self, name: str) -> Property | None:
        return next((it for it in self.properties if it.name == name), None)


def read(data: bytes) -> list[Component]:
    """The components within the file's VCALENDARs. Raises `NoCalendar`, which says what is wrong and in which line."""
    if len(data) > MOST_BYTES:
        raise NoCalendar(
            N_("The file is larger than %(most)s KB: export fewer months, or one calendar at a time."),
            most=MOST_BYTES // 1024,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoCalendar(N_("The file is not in UTF-8: export it again as iCalendar (.ics).")) from None
    if "\x00" in text or not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise NoCalendar(N_("This is no iCalendar file: it should begin with BEGIN:VCALENDAR. Export it as .ics."))
    top = Component("", 0)
    open_ones = [top]
    counted: dict[str, int] = {}
    for number, line in _lines(text):
        name = _NAME.match(line)
        word = name[0].upper() if name else ""
        if word == "BEGIN":
            _begin(open_ones, counted, line[len("BEGIN:") :].strip().upper(), number)
        elif word == "END":
            if len(open_ones) == 1 or open_ones.pop().name != line[len("END:") :].strip().upper():
                raise NoCalendar(
                    N_("Line %(line)s ends something that was not begun: export the file again."), line=number
                )
        elif word in READ:
            open_ones[-1].properties.append(_property(word, line, number))
    if len(open_ones) > 1:
        raise NoCalendar(N_("The file ends in the middle: it was cut off. Export or download it again."))
    return [part for calendar in top.parts if calendar.name == "VCALENDAR" for part in calendar.parts]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Unfolded lines with the number of the physical line on which each begins."""
    number = 1
    for line in _BREAK.split(_FOLD.sub("\x00", text)):
        if len(line) > LONGEST_LINE and _wanted(line):
            raise NoCalendar(N_("Line %(line)s is longer than any entry needs: export the file again."), line=number)
        yield number, line.replace("\x00", "")
        number += 1 + line.count("\x00")


def _wanted(line: str) -> bool:
    name = _NAME.match(line)
    return name is not None and name[0].upper() in READ


def _begin(open_ones: list[Component], counted: dict[str, int], name: str, line: int) -> None:
    if len(open_ones) > DEEPEST:
        raise NoCalendar(N_("Line %(line)s begins something too deep within others: export the file again."), line=line)
    counted[name] = counted.get(name, 0) + 1
    if counted[name] > MOST_EVENTS:
        raise NoCalendar(
            N_("The file holds more than %(most)s events: export fewer months, or one calendar at a time."),
            most=MOST_EVENTS,
        )
    component = Component(name, counted[name])
    open_ones[-1].parts.append(component)
    open_ones.append(component)


def _property(name: str, line: str, number: int) -> Property:
    at, parameters = len(name), dict[str, str]()
    while at < len(line) and line[at] == ";":
        found = _PARAMETER.match(line, at)
        if found is None:
            break
        parameters.setdefault(found[1].upper(), found[2].strip().strip('"'))
        at = found.end()
    if at >= len(line) or line[at] != ":":
        raise NoCalendar(
            N_("Line %(line)s cannot be read: after %(name)s a value is expected. Export the file again."),
            line=number,
            name=name,
        )
    return Property(name, parameters, line[at + 1 :].strip())

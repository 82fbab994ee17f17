"""What a closure must be: values in, values or a refusal out."""

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import Range

from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_

#: the years that every stored range lies in (the constraint `*_during_bounded`)
FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_REASON = 500


def closure_range(start: datetime, end: datetime) -> Range[datetime]:
    """`[start, end)`: aware instants on whole seconds, in order, in the years the house keeps; else `Invalid`."""
    for field, instant in (("start", start), ("end", end)):
        if instant.tzinfo is None:
            raise faulty(field, N_("A time needs its offset; write for example 2026-09-30T22:00+08:00."))
        if instant.microsecond:
            raise faulty(field, N_("A closure starts and ends on a whole second; leave the fraction out."))
        if not FIRST_INSTANT <= instant <= LAST_INSTANT:
            raise faulty(field, N_("The year must lie between 2000 and 2199."))
    if end <= start:
        raise faulty("end", N_("The closure must end after it starts; for a night the end is on the next day."))
    return Range(start.astimezone(UTC), end.astimezone(UTC))


def closure_reason(reason: str) -> str:
    """Why the room is shut, in one printable line: tenants who are hit read it."""
    cleaned = text_line(reason, "reason", longest=LONGEST_REASON, required=True)
    assert cleaned is not None
    return cleaned

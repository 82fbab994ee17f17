"""What a closure must be: values in, values or a refusal out."""

import unicodedata
from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import Range

from shared_base.core.i18n import N_
from shared_base.resources.errors import BadClosure

#: the years that every stored range lies in (the constraint `*_during_bounded`)
FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_REASON = 500


def closure_range(start: datetime, end: datetime) -> Range[datetime]:
    """`[start, end)`: aware instants on whole seconds, in order, in the years the house keeps; else `BadClosure`."""
    for field, instant in (("start", start), ("end", end)):
        if instant.tzinfo is None:
            raise BadClosure(field, N_("A time needs its offset; write for example 2026-09-30T22:00+08:00."))
        if instant.microsecond:
            raise BadClosure(field, N_("A closure starts and ends on a whole second; leave the fraction out."))
        if not FIRST_INSTANT <= instant <= LAST_INSTANT:
            raise BadClosure(field, N_("The year must lie between 2000 and 2199."))
    if end <= start:
        raise BadClosure("end", N_("The closure must end after it starts; for a night the end is on the next day."))
    return Range(start.astimezone(UTC), end.astimezone(UTC))


def closure_reason(reason: str) -> str:
    """Why the room is shut, in one printable line: tenants who are hit read it."""
    cleaned = reason.strip()
    if not cleaned:
        raise BadClosure("reason", N_("Say why it is closed, in a few words: the tenants who are hit read it."))
    if len(cleaned) > LONGEST_REASON:
        raise BadClosure(
            "reason",
            N_("The reason has %(length)s characters; at most %(longest)s fit."),
            length=len(cleaned),
            longest=LONGEST_REASON,
        )
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cleaned):
        raise BadClosure("reason", N_("The reason holds a character that cannot be printed; remove it."))
    return cleaned

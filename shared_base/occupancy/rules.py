"""When a month may be frozen, and what a stay's times must satisfy: values in, a value or a refusal out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.occupancy.errors import BadStay, MonthNotOver

#: the local hour of the 1st at which the scheduler freezes the month before: who was live at midnight has left or told
DUE_HOUR = 2
#: a desk's clock may run ahead of ours by this much
CLOCK_SKEW = timedelta(minutes=1)
LONGEST_REASON = 500


def refuse_running_month(month: Month, *, base: str, zone: ZoneInfo, at: datetime) -> None:
    """Raise `MonthNotOver` while the month runs in the base's zone or has not begun."""
    over = month.instants(zone)[1]
    if at < over:
        raise MonthNotOver(base=base, month=str(month), until=over.astimezone(zone).isoformat(timespec="minutes"))


def due_at(month: Month, zone: ZoneInfo) -> datetime:
    """When the scheduler freezes the month: 02:00 local on the 1st of the next."""
    first = month.plus(1).first
    return datetime(first.year, first.month, first.day, DUE_HOUR, tzinfo=zone).astimezone(UTC)


def last_due_month(zone: ZoneInfo, *, at: datetime) -> Month:
    """The newest month that is due at this instant."""
    local = at.astimezone(zone)
    before = Month(local.year, local.month).plus(-1)
    return before if at >= due_at(before, zone) else before.plus(-1)


def whole_second(instant: datetime) -> datetime:
    """The instant in UTC without its fraction: stays are counted in seconds."""
    if instant.tzinfo is None:
        raise BadStay(N_("A time needs its offset; write for example 2026-09-30T22:00+08:00."))
    return instant.astimezone(UTC).replace(microsecond=0)


def check_stay(checked_in_at: datetime, checked_out_at: datetime | None, *, at: datetime) -> None:
    """Out not before in, and neither in the future: a stay is what happened. Raises `BadStay`."""
    if checked_out_at is not None and checked_out_at < checked_in_at:
        raise BadStay(
            N_("The check-out %(out)s is before the check-in %(into)s; correct whichever is wrong."),
            extra={"errors": {"checked_out_at": ["before the check-in"]}},
            out=checked_out_at.isoformat(),
            into=checked_in_at.isoformat(),
        )
    for field, instant in (("checked_in_at", checked_in_at), ("checked_out_at", checked_out_at)):
        if instant is not None and instant > at + CLOCK_SKEW:
            raise BadStay(
                N_("%(instant)s has not come yet; a stay is recorded when it happened."),
                extra={"errors": {field: ["in the future"]}},
                instant=instant.isoformat(),
            )

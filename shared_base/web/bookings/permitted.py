"""Which deeds a booking's page offers: those that its room would accept from this person now."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shared_base.bookings import rules
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.errors import SharedBaseError

#: how long before its end a booking is on the list of those who leave; leaving earlier than that is asked twice
LEAVING_WITHIN = timedelta(minutes=30)


def _accepted(check: Callable[[], Any]) -> bool:
    try:
        check()
    except SharedBaseError:
        return False
    return True


def deeds(booking: BookingRow, *, by: Actor, at: datetime) -> set[str]:
    """Names of the deeds open to `by` now: `check_in`, `check_out`, `undo`, `no_show`, `cancel`, `change`, `release`,
    `swap`, `confirm`, `let_go`, `approve`, `decline`.

    Asked of the room's own rules, so that no page offers what would be refused for the state, the time or the person.
    """
    if by.is_reviewer or not (by.serves(booking.base_id) or by.acts_for(booking.tenant_id)):
        return set()
    checks: dict[str, Callable[[], Any]] = {
        "check_in": lambda: rules.check_move(booking, "checked_in", by=by, at=at),
        "check_out": lambda: rules.check_move(booking, "completed", by=by, at=at),
        "undo": lambda: rules.check_move(booking, "check_in_undone", by=by, at=at),
        "no_show": lambda: rules.check_move(booking, "no_show", by=by, at=at),
        "cancel": lambda: rules.check_move(booking, "cancelled", by=by, at=at),
        "change": lambda: rules.check_changeable(booking, by=by),
        "release": lambda: rules.release_time(booking, at, at=at),
        "swap": lambda: _swappable(booking, by=by),
    }
    return {name for name, check in checks.items() if _accepted(check)} | _agreeing(booking, by=by, at=at)


def _swappable(booking: BookingRow, *, by: Actor) -> None:
    rules.check_changeable(booking, by=by)
    rules.check_swappable(booking)


def _agreeing(booking: BookingRow, *, by: Actor, at: datetime) -> set[str]:
    """What is open to `by` while a booking is not agreed yet: `confirm`, `let_go` a hold; `approve`, `decline`."""
    if booking.state == "held":
        return {"confirm", "let_go"} if booking.hold_until and at < booking.hold_until else {"let_go"}
    return {"approve", "decline"} if booking.state == "requested" and by.serves(booking.base_id) else set()

"""Why a pass opens no door. Each is told in the reader's language, and kept as an event `pass.refused`."""

from datetime import datetime
from typing import ClassVar

from shared_base.bookings.rows import BookingRow
from shared_base.bookings.rules import local
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_


class PassRefused(Conflict):
    """The pass does not let anybody in now. `reason` is the stable word for it, in events and problem documents."""

    type = "pass-refused"
    title = N_("The pass does not open the door")
    reason: ClassVar[str]

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message, extra={"reason": self.reason}, **values)


class PassUnknown(PassRefused):
    """What was shown is none of our codes: mistyped, of another house, or invented."""

    status = 404
    type = "pass-unknown"
    title = N_("Not a pass of this house")
    reason = "unknown"

    def __init__(self) -> None:
        super().__init__(N_("This code is no pass of ours. Show the pass of your booking, or ask the front desk."))


class PassElsewhere(PassRefused):
    """A genuine pass, for a base that is not this one."""

    type = "pass-elsewhere"
    title = N_("For another base")
    reason = "elsewhere"

    def __init__(self) -> None:
        super().__init__(N_("This pass is for another base: ask the front desk for its address."))


class PassCancelled(PassRefused):
    """Its booking was cancelled."""

    type = "pass-cancelled"
    title = N_("Cancelled")
    reason = "cancelled"

    def __init__(self, booking: BookingRow) -> None:
        super().__init__(N_("%(code)s was cancelled: ask the front desk for another studio."), code=booking.code)


class PassRevoked(PassRefused):
    """A newer pass took its place."""

    type = "pass-revoked"
    title = N_("Replaced by a newer pass")
    reason = "revoked"

    def __init__(self, booking: BookingRow) -> None:
        super().__init__(N_("There is a newer pass for %(code)s: show that one."), code=booking.code)


class PassUsed(PassRefused):
    """Somebody came in with it, or was checked in by the desk: it opens once."""

    type = "pass-used"
    title = N_("Checked in already")
    reason = "used"

    def __init__(self, booking: BookingRow, used_at: datetime | None) -> None:
        if used_at is None:
            super().__init__(N_("%(code)s is checked in already: go to %(studio)s."), **_place(booking))
        else:
            super().__init__(
                N_("This pass of %(code)s was used at %(used)s and opens once: ask the front desk."),
                used=local(used_at, booking.zone),
                code=booking.code,
            )


class PassOver(PassRefused):
    """The booking's time has ended, or nobody came in time."""

    type = "pass-over"
    title = N_("The time is over")
    reason = "over"

    def __init__(self, booking: BookingRow) -> None:
        super().__init__(
            N_("%(code)s ended at %(end)s: ask the front desk whether a studio is free."),
            code=booking.code,
            end=local(booking.until, booking.zone),
        )


class PassTooEarly(PassRefused):
    """The doors are not open for it yet."""

    type = "pass-too-early"
    title = N_("Too early")
    reason = "too_early"

    def __init__(self, booking: BookingRow) -> None:
        super().__init__(
            N_("The doors open for %(code)s at %(earliest)s: come back then with the same pass."),
            code=booking.code,
            earliest=local(booking.doors_open, booking.zone),
        )


class PassUnconfirmed(PassRefused):
    """The booking is only held, or waits for the base's word."""

    type = "pass-unconfirmed"
    title = N_("Not confirmed yet")
    reason = "unconfirmed"

    def __init__(self, booking: BookingRow) -> None:
        super().__init__(N_("%(code)s is not confirmed yet: ask the front desk."), code=booking.code)


def _place(booking: BookingRow) -> dict[str, str]:
    return {"code": booking.code, "studio": booking.studio_code}

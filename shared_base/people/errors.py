"""Refusals of the room `people`."""

from datetime import datetime, timedelta

from shared_base.core.errors import SharedBaseError, TooMany, Unauthenticated
from shared_base.core.i18n import N_


class SignInRefused(Unauthenticated):
    """E-mail and password do not open an account. One text for every reason: unknown, wrong, disabled, not yet set."""

    type = "sign-in-refused"
    title = N_("Sign-in refused")

    def __init__(self) -> None:
        super().__init__(
            N_("The e-mail address and the password do not match. Check both, or choose a new password below.")
        )


class SignInExpired(Unauthenticated):
    """The second step came too late, or the session was ended meanwhile."""

    type = "sign-in-expired"

    def __init__(self) -> None:
        super().__init__(N_("The sign-in took too long. Begin again with your password."))


class TooManyAttempts(TooMany):
    """Too many failures in a while. `extra["retry_after"]`: whole seconds until the next try, for the header."""

    def __init__(self, *, until: datetime, at: datetime) -> None:
        seconds = max(1, -((at - until) // timedelta(seconds=1)))
        super().__init__(
            N_("Too many attempts. Try again in %(minutes)s minutes, or ask an administrator."),
            extra={"retry_after": seconds},
            minutes=-(-seconds // 60),
        )


class LinkSpent(SharedBaseError):
    """A one-time link that was used, replaced or is too old; an invented one is answered alike."""

    status = 410
    type = "link-spent"
    title = N_("This link no longer works")

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        super().__init__(
            N_("This invitation was already used or is older than 7 days. Ask whoever invited you for a new one.")
            if purpose == "invitation"
            else N_("This link was already used or is older than one hour. Ask for a new one on the sign-in page.")
        )

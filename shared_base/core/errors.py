"""Typed refusals: each carries its HTTP status, a stable problem type (RFC 9457) and says what to do next.

A message is an English template marked with `N_`; delivery translates it. `str(error)` is the English text.
"""

from typing import Any, ClassVar

from shared_base.core.i18n import N_, fill


class SharedBaseError(Exception):
    """A refusal that a person can act on. Nothing was changed when it is raised."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "refused"
    title: ClassVar[str] = N_("Refused")

    def __init__(self, message: str, /, *, extra: dict[str, Any] | None = None, **values: Any) -> None:
        self.message = message
        self.values = values
        #: further members of the problem document (blockers, alternatives, errors by field)
        self.extra = extra or {}
        super().__init__(fill(message, values))

    def text(self, translate: Any = None) -> str:
        """The message in a language: `translate` maps the English template to the reader's."""
        return fill(translate(self.message) if translate else self.message, self.values)


class Invalid(SharedBaseError):
    """The input is malformed or breaks a rule of its own; `extra["errors"]` names the fields."""

    status = 422
    type = "invalid"
    title = N_("The input is not valid")


class NotFound(SharedBaseError):
    """It does not exist, or it is not yours to see: the two are told apart nowhere."""

    status = 404
    type = "not-found"
    title = N_("Not found")


class Forbidden(SharedBaseError):
    status = 403
    type = "forbidden"
    title = N_("Not allowed")


class Unauthenticated(SharedBaseError):
    status = 401
    type = "unauthenticated"
    title = N_("Please sign in")


class Conflict(SharedBaseError):
    """The state of things forbids it; the same request may succeed later or elsewhere."""

    status = 409
    type = "conflict"
    title = N_("Conflict")


class Busy(SharedBaseError):
    """Contention or a fault outlived our retries: nothing was done, try again."""

    status = 503
    type = "busy"
    title = N_("Busy, please try again")


class TooMany(SharedBaseError):
    status = 429
    type = "too-many-requests"
    title = N_("Too many requests")

"""Why a closure is refused, and what to do instead."""

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, NotFound, SharedBaseError
from shared_base.core.i18n import N_


class UnknownClosure(NotFound):
    """There is no such closure, or it is not yours to see."""

    type = "unknown-closure"
    title = N_("No such closure")

    def __init__(self) -> None:
        super().__init__(N_("There is no such closure; look it up again in the list of closures."))


class UnknownResource(NotFound):
    """The base has nothing of that id that could be closed."""

    type = "unknown-resource"
    title = N_("No such resource")

    def __init__(self) -> None:
        super().__init__(N_("The base has no such space, unit, sample or person; look it up again."))


class ClosureRefTaken(Conflict):
    """Another closure carries the operator's own number."""

    type = "closure-ref-taken"
    title = N_("The number is taken")

    def __init__(self) -> None:
        super().__init__(
            N_("Another closure already has this number; give this one its own."), extra={"errors": {"ref": ["taken"]}}
        )


class ClosureOver(Conflict):
    """What has been called off, or has ended, is history."""

    type = "closure-over"
    title = N_("The closure is over")


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    return ClosureRefTaken() if violated_constraint(error) == "outages_ref_unique" else None

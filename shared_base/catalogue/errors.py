"""Why something about bases and spaces is refused, and the one place that reads this room's constraints."""

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, NotFound, SharedBaseError
from shared_base.core.i18n import N_


class UnknownBase(NotFound):
    """There is no base of that code, or it is not yours to see."""

    type = "unknown-base"
    title = N_("No such base")

    def __init__(self, code: str) -> None:
        super().__init__(N_("There is no base %(code)s; compare its code with the list of bases."), code=code)


class UnknownSpace(NotFound):
    """The base has no space of that code."""

    type = "unknown-space"
    title = N_("No such space")

    def __init__(self, code: str) -> None:
        super().__init__(N_("There is no space %(code)s in this base; compare it with the list of spaces."), code=code)


class CodeTaken(Conflict):
    """Another base, or another space of this base, has the code."""

    type = "code-taken"
    title = N_("The code is taken")

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extra["errors"] = {"code": [str(self)]}


class PeriodsOverlap(Conflict):
    """Two recognitions, or two opening hours, would hold on one day."""

    type = "periods-overlap"
    title = N_("The periods overlap")

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extra["errors"] = {"valid": [str(self)]}


class KindFixed(Conflict):
    """A space that was booked stays what it was: reports count studios only."""

    type = "kind-fixed"
    title = N_("The kind stays")

    def __init__(self) -> None:
        super().__init__(
            N_("This space has bookings and stays of its kind; take it out of service and enter a new one.")
        )
        self.extra["errors"] = {"kind": [str(self)]}


#: constraint → the refusal that a person can act on
REFUSALS: dict[str, tuple[type[CodeTaken] | type[PeriodsOverlap], str]] = {
    "bases_code_unique": (CodeTaken, N_("Another base already has this code; choose a different one.")),
    "spaces_code_unique_in_base": (
        CodeTaken,
        N_("Another space of this base already has this code; choose a different one."),
    ),
    "recognitions_one_at_a_time": (
        PeriodsOverlap,
        N_("Another recognition holds on some of these days; end it first, or begin this one later."),
    ),
    "opening_hours_one_rule_a_day": (
        PeriodsOverlap,
        N_("Somebody else changed the opening hours just now; look at them again before you change them."),
    ),
}


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    kind, message = REFUSALS.get(violated_constraint(error) or "", (None, ""))
    return kind(message) if kind else None

"""Why something about samples is refused, and the one place that reads this room's constraints."""

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, NotFound, SharedBaseError
from shared_base.core.i18n import N_


class UnknownSample(NotFound):
    """There is no such sample, or it is not yours to see."""

    type = "unknown-sample"
    title = N_("No such sample")

    def __init__(self) -> None:
        super().__init__(N_("There is no such sample; look it up in the list of samples."))


class SampleCodeTaken(Conflict):
    """Another sample of the base has the code: a retired one keeps it."""

    type = "sample-code-taken"
    title = N_("The code is taken")

    def __init__(self) -> None:
        super().__init__(
            N_("Another sample of this base already has this code, maybe one that was retired; choose a different one.")
        )
        self.extra["errors"] = {"code": [str(self)]}


class CountingFixed(Conflict):
    """What was booked once stays single, or stays counted: its holds are kept in different books."""

    type = "sample-counting-fixed"
    title = N_("Single or counted stays")

    def __init__(self) -> None:
        super().__init__(N_("This sample was booked as it is; retire it and enter a new one to count it otherwise."))
        self.extra["errors"] = {"counted": [str(self)]}


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    return SampleCodeTaken() if violated_constraint(error) == "samples_code_unique_in_base" else None

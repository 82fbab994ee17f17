"""Why a stay or a month report is refused, and what to do instead."""

from shared_base.core.errors import Conflict, Forbidden, Invalid, NotFound
from shared_base.core.i18n import N_


class MonthNotOver(Conflict):
    """The month still runs in the base's zone, or has not begun: there is nothing to freeze."""

    type = "month-not-over"
    title = N_("The month is not over")

    def __init__(self, *, base: str, month: str, until: str) -> None:
        super().__init__(
            N_("%(month)s of %(base)s is not over until %(until)s; close it after that, or name an earlier month."),
            base=base,
            month=month,
            until=until,
        )


class NoReport(NotFound):
    """The month is not frozen, or not in that revision, or not yours to see."""

    type = "no-report"
    title = N_("No such report")


class NothingChanged(Conflict):
    """A revision that says what the last one says would only confuse."""

    type = "nothing-changed"
    title = N_("Nothing changed")

    def __init__(self, *, base: str, month: str, revision: int) -> None:
        super().__init__(
            N_(
                "No figure of %(month)s of %(base)s differs from revision %(revision)s; record the correction first, "
                "then revise the report."
            ),
            base=base,
            month=month,
            revision=revision,
        )


class PersonNeeded(Forbidden):
    """A frozen month is corrected by a person who answers for it, never by a job."""

    type = "person-needed"
    title = N_("A person has to do this")

    def __init__(self) -> None:
        super().__init__(N_("A frozen month is revised by a person with a reason, never by a job; sign in to do it."))


class WrongStay(Conflict):
    """The stay's state does not allow the deed: in already, out already, or withdrawn."""

    type = "wrong-stay"
    title = N_("The stay does not allow it")


class BadStay(Invalid):
    """The times of a stay cannot be: out before in, or later than now."""

    type = "bad-stay"
    title = N_("The times cannot be")


class UnknownStay(NotFound):
    """There is no such stay, or it is not yours to see."""

    type = "unknown-stay"
    title = N_("No such stay")

    def __init__(self) -> None:
        super().__init__(N_("There is no such stay; look it up again on the booking's page."))

"""Why something about the crew is refused, and the one place that reads this room's constraints."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, NotFound, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.money import plain

#: the constraint behind `NotRested`, whose message needs to know the shift in the way
RESTED = "crew_shifts_rested"


class UnknownRole(NotFound):
    """The base has no such role of the crew, or it is not yours to see."""

    type = "unknown-crew-role"
    title = N_("No such role of the crew")

    def __init__(self) -> None:
        super().__init__(N_("There is no such role of the crew in this base; look it up in the list of roles."))


class UnknownMember(NotFound):
    """There is no such member of the crew, or they are not yours to see."""

    type = "unknown-crew-member"
    title = N_("No such member of the crew")

    def __init__(self) -> None:
        super().__init__(N_("There is no such member of the crew; look them up in the list."))


class UnknownShift(NotFound):
    """There is no such shift, or it is not yours to see."""

    type = "unknown-crew-shift"
    title = N_("No such shift")

    def __init__(self) -> None:
        super().__init__(N_("There is no such shift; look it up in the week's plan."))


class RoleCodeTaken(Conflict):
    """Another role of the base has the code."""

    type = "crew-role-code-taken"
    title = N_("The code is taken")

    def __init__(self) -> None:
        super().__init__(N_("Another role of this base already has this code; choose a different one."))
        self.extra["errors"] = {"code": [str(self)]}


class HasLeft(Conflict):
    """Who left the base works no shifts."""

    type = "crew-member-left"
    title = N_("No longer with the base")

    def __init__(self, name: str) -> None:
        super().__init__(N_("%(name)s is no longer with the base; take them back first."), name=name)


class ShiftOver(Conflict):
    """What was worked stays in the record."""

    type = "crew-shift-over"
    title = N_("The shift is over")


class NotRested(Conflict):
    """A shift would leave somebody without the base's rest. `next_from`: from when on the next shift may begin."""

    type = "crew-not-rested"
    title = N_("No rest between the shifts")

    def __init__(
        self,
        message: str,
        *,
        rest_minutes: int,
        field: str = "begins",
        blocker: tuple[UUID, datetime, datetime] | None = None,
        next_from: datetime | None = None,
        **values: Any,
    ) -> None:
        super().__init__(message, rest=plain(Decimal(rest_minutes) / 60), **values)
        self.extra["errors"] = {field: [str(self)]}
        if blocker is not None:
            shift_id, start, end = blocker
            self.extra["blockers"] = [{"shift_id": str(shift_id), "start": start.isoformat(), "end": end.isoformat()}]
        if next_from is not None:
            self.extra["next_from"] = next_from.isoformat()


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    return RoleCodeTaken() if violated_constraint(error) == "crew_roles_code_unique_in_base" else None

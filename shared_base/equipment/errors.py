"""Why something about equipment is refused, and the one place that reads this room's constraints."""

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, NotFound, SharedBaseError
from shared_base.core.i18n import N_


class UnknownKind(NotFound):
    """The base has no such kind of equipment, or it is not yours to see."""

    type = "unknown-equipment-kind"
    title = N_("No such kind of equipment")

    def __init__(self) -> None:
        super().__init__(N_("There is no such kind of equipment; look it up in the list of kinds."))


class UnknownUnit(NotFound):
    """There is no such unit, or it is not yours to see."""

    type = "unknown-equipment-unit"
    title = N_("No such unit of equipment")

    def __init__(self) -> None:
        super().__init__(N_("There is no such unit of equipment; look it up in the list of equipment."))


class NameTaken(Conflict):
    """Another kind of the base has the code, or another unit the tag: retired ones keep theirs."""

    type = "equipment-name-taken"
    title = N_("The code or tag is taken")

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.extra["errors"] = {field: [str(self)]}


class KindRetired(Conflict):
    """Nothing of the kind is left that could be retired."""

    type = "equipment-kind-retired"
    title = N_("The kind is retired")


#: constraint → the field to blame and what to do
REFUSALS = {
    "equipment_kinds_code_unique_in_base": (
        "code",
        N_("Another kind of this base already has this code; choose a different one."),
    ),
    "equipment_units_tag_unique_in_base": (
        "tag",
        N_("Another unit of this base already has this tag, maybe one that was retired; choose a different one."),
    ),
}


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    found = REFUSALS.get(violated_constraint(error) or "")
    return NameTaken(*found) if found else None

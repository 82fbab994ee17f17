"""Why a booking is refused. Each says what stands in the way and what to do instead."""

from typing import Any

from shared_base.core.errors import Conflict, Invalid
from shared_base.core.i18n import N_


class Taken(Conflict):
    """Something stands in the way for that time: a booking, an outage, or a lease of the whole room.

    `extra["blockers"]` names each, as far as the caller may know it; `extra["alternatives"]` is what is free instead.
    """

    type = "taken"
    title = N_("Not free at that time")

    @property
    def blockers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.extra["blockers"]
        return found

    @property
    def alternatives(self) -> dict[str, Any]:
        found: dict[str, Any] = self.extra["alternatives"]
        return found


class OutsideOpening(Invalid):
    """The base is not open for the whole time."""

    type = "outside-opening-hours"
    title = N_("Outside opening hours")


class NotInService(Invalid):
    """The studio is not in service on all of the days."""

    type = "not-in-service"
    title = N_("Not in service")


class MayNotBook(Conflict):
    """The tenant cannot book here as things stand: not admitted to the base, or suspended."""

    type = "tenant-may-not-book"
    title = N_("The tenant may not book here")


class AgainstRule(Invalid):
    """The base's rules for the studio do not allow it: too short, too long, too soon, too far ahead, or staff only."""

    type = "against-rule"
    title = N_("Against the base's rules")


class OverQuota(Conflict):
    """The tenant would book more than it may in that day, week or month."""

    type = "over-quota"
    title = N_("More than the quota")


class HostNotReady(Conflict):
    """The host cannot present then: unchecked, too young, without consent, or gone."""

    type = "host-not-ready"
    title = N_("The host may not present")


class WrongState(Conflict):
    """The booking's state does not allow the deed."""

    type = "wrong-state"
    title = N_("The booking's state does not allow it")


class Stale(Conflict):
    """Somebody changed the booking since it was read."""

    type = "stale"
    title = N_("Changed by somebody else")

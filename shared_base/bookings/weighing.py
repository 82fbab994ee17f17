"""Whether each of many times can be had for one thing asked, and why not: all of them in a handful of statements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings import holding, picking, rules
from shared_base.bookings.actions import lock_and_look
from shared_base.bookings.blocking import blockers
from shared_base.bookings.errors import AgainstRule, HostNotReady, NotInService, OutsideOpening
from shared_base.bookings.needs import Needs
from shared_base.bookings.picking import Picked
from shared_base.bookings.rows import Claim, Situation, Wanted
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.i18n import N_

#: what stands in the way is told one by one, with who holds what; past so many the rest is told without
MOST_DESCRIBED = 50
#: refusals that are one occurrence's own; any other is the whole request's
OWN_REFUSALS = (OutsideOpening, NotInService, AgainstRule, HostNotReady)


@dataclass
class Weighed:
    """One time, with how things stand for it. `blockers` (JSON) is empty where it can be had."""

    wanted: Wanted
    situation: Situation
    picked: Picked
    blockers: list[dict[str, Any]] = field(default_factory=list)
    refusal: SharedBaseError | None = None  #: what the rules say against it, for people

    @property
    def claims(self) -> list[Claim]:
        """What it would hold."""
        return self.wanted.claims(self.situation.terms, self.picked.resources)

    @property
    def busy(self) -> dict[str, Any]:
        """A blocker that says no more than that the studio cannot be had then."""
        zone = self.situation.zone
        return {
            "kind": "busy",
            "resource_id": str(self.wanted.studio_id),
            "resource_kind": "studio",
            "resource": self.situation.studio_code,
            "start": self.wanted.start.astimezone(zone).isoformat(),
            "end": self.wanted.end.astimezone(zone).isoformat(),
        }

    def refuse(self, refusal: SharedBaseError) -> None:
        """It cannot be had for a reason that is no other booking's."""
        self.refusal = refusal
        self.blockers.append(self.busy | {"kind": "rule", "type": refusal.type, "detail": str(refusal)})


#: the rules for the n-th of the times, which may be those of a new booking or of a move; raises what they refuse
Check = Callable[[int, Situation], None]


def new_booking(wanted: Sequence[Wanted], *, by: Actor, at: datetime) -> Check:
    """The rules of a new booking."""
    return lambda number, situation: rules.check_wanted(wanted[number], situation, by=by, at=at)


def weigh(
    session: Session,
    wanted: Sequence[Wanted],
    needs: Needs,
    *,
    check: Check,
    by: Actor,
    at: datetime,
    except_bookings: Sequence[UUID] = (),
    except_codes: frozenset[str] = frozenset(),
    also_lock: frozenset[UUID] = frozenset(),
    lock: bool = True,
) -> list[Weighed]:
    """Each of the times of one studio, tenant and host, with what blocks it. With `lock` all of it is locked first.

    `except_bookings` are about to be changed, so what they hold does not count; `except_codes` are theirs.

    Raises what is wrong with all of them: who asks, for whom, which studio or host. A time that only another of these
    times blocks (they are closer than the buffers) is told as well.
    """
    if lock:
        situations, picked = lock_and_look(
            session, wanted, needs, at=at, except_bookings=except_bookings, also_lock=also_lock
        )
    else:
        situations, picked = _look(session, wanted, needs, except_bookings)
    found = [Weighed(*it) for it in zip(wanted, situations, picked, strict=True)]
    described = 0
    for number, it in enumerate(found):
        try:
            check(number, it.situation)
        except OWN_REFUSALS as refusal:
            it.refuse(refusal)
        else:
            if it.situation.blocked or it.picked.missing:
                it.blockers = [it.busy]
                if described < MOST_DESCRIBED:
                    named = blockers(session, it.wanted, it.situation, it.picked, by=by)
                    others = [one for one in named if one.get("booking", {}).get("code") not in except_codes]
                    it.blockers = others or it.blockers
                described += 1
    if all(it.refusal for it in found) and found[0].refusal:
        raise found[0].refusal
    crossing(found)
    return found


def _look(
    session: Session, wanted: Sequence[Wanted], needs: Needs, except_bookings: Sequence[UUID]
) -> tuple[list[Situation], list[Picked]]:
    """As `lock_and_look`, for whoever only looks."""
    situations = holding.look(session, wanted, except_bookings=except_bookings)
    if situations is None:
        raise NotFound(N_("There is no such studio; choose one from the list of studios."))
    picked = [Picked() for _ in wanted]
    if needs:
        base_id = situations[0].base_id
        kinds = picking.known_kinds(session, needs, base_id=base_id)
        picked = picking.pick(session, kinds, wanted, except_bookings=except_bookings)
        picking.pick_samples(session, needs, wanted, picked, base_id=base_id, except_bookings=except_bookings)
    return situations, picked


def crossing(found: Sequence[Weighed]) -> None:
    """Mark the later of two times, both of which could be had alone, that are in each other's way."""
    earlier: Weighed | None = None
    for later in sorted((it for it in found if not it.blockers), key=lambda it: it.wanted.start):
        if earlier is None or not _cross(earlier, later):
            earlier = later
            continue
        zone, studio = earlier.situation.zone, earlier.claims[0]
        held = {"start": studio.start.astimezone(zone).isoformat(), "end": studio.end.astimezone(zone).isoformat()}
        later.blockers.append(later.busy | held | {"kind": "series"})


def _cross(earlier: Weighed, later: Weighed) -> bool:
    if earlier.wanted.studio_id == later.wanted.studio_id:
        return later.claims[0].start < earlier.claims[0].end
    # in two studios: host, units and people are one and the same, and are held without buffers
    return later.wanted.start < earlier.wanted.end

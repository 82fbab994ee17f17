"""What a booking must satisfy, and which state may follow which: values in, a refusal or nothing out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared_base.bookings.errors import (
    AgainstRule,
    HostNotReady,
    MayNotBook,
    NotInService,
    OutsideOpening,
    Stale,
    WrongState,
)
from shared_base.bookings.rows import BookingRow, Situation, Wanted
from shared_base.bookings.terms import Terms
from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden, NotFound
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.tenancy.rules_hosts import Presenter, refuse_presenter

LONGEST_TITLE = 200
LONGEST_PLATFORM = 50
LONGEST_REASON = 500
#: the years that every stored range lies in (the constraint `*_during_bounded`), the clean-down included
FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2199, 12, 31, tzinfo=UTC)
#: the desk may enter a walk-in that is already on air; a tenant books from the present minute on
WALK_IN = timedelta(hours=2)


@dataclass(frozen=True)
class Move:
    """A deed that changes a booking's state: from which states, to which."""

    sources: frozenset[str]
    target: str


MOVES = {
    "checked_in": Move(frozenset({"confirmed"}), "checked_in"),
    "check_in_undone": Move(frozenset({"checked_in"}), "confirmed"),
    "completed": Move(frozenset({"checked_in"}), "completed"),
    "no_show": Move(frozenset({"confirmed"}), "no_show"),
    "cancelled": Move(frozenset({"confirmed", "held", "requested"}), "cancelled"),
    "approved": Move(frozenset({"requested"}), "confirmed"),
    "declined": Move(frozenset({"requested"}), "cancelled"),
}
#: what only the staff does
STAFF_ONLY = frozenset({"no_show", "check_in_undone", "approved", "declined"})
#: what has ended is final: no later deed or job changes it
FINAL = frozenset({"completed", "no_show", "cancelled"})
#: why a booking in that state is not open for the deed, and what to do instead
STANDS = {
    "held": N_("%(code)s is only held: confirm it first."),
    "requested": N_("%(code)s waits for the base's approval: until then it stays as it is."),
    "confirmed": N_("%(code)s has not been checked in yet: check in first."),
    "checked_in": N_("%(code)s is checked in already: check it out, or undo the check-in."),
    "completed": N_("%(code)s has ended and stays as it is: book the studio again."),
    "no_show": N_("%(code)s was marked as a no-show and stays so: book the studio again."),
    "cancelled": N_("%(code)s was cancelled and stays so: book the studio again."),
}


def local(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as people of the base read it."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def check_range(start: datetime, end: datetime) -> None:
    """Aware instants on whole seconds, in order, in the years the house keeps."""
    for field, instant in (("start", start), ("end", end)):
        if instant.tzinfo is None:
            raise faulty(field, N_("A time needs its offset; write for example 2026-09-30T22:00+08:00."))
        if instant.microsecond:
            raise faulty(field, N_("A booking starts and ends on a whole second; leave the fraction out."))
        if not FIRST_INSTANT <= instant <= LAST_INSTANT:
            raise faulty(field, N_("The year must lie between 2000 and 2199."))
    if end <= start:
        raise faulty("end", N_("The booking must end after it starts; for a night the end is on the next day."))


def check_not_past(start: datetime, end: datetime, *, at: datetime, staff: bool, zone: ZoneInfo) -> None:
    """A tenant books from the present minute on; the desk may enter what began up to two hours ago and still runs."""
    earliest = at.replace(second=0, microsecond=0) - (WALK_IN if staff else timedelta(0))
    if start < earliest or end <= at:
        raise faulty(
            "start",
            N_("This time has passed: book from %(earliest)s on."),
            earliest=local(earliest, zone),
        )


def check_who(by: Actor, wanted: Wanted, situation: Situation) -> None:
    """Staff of the base book for its tenants, members for their own; another's tenant is not found."""
    if by.is_reviewer:
        raise Forbidden(N_("A reviewer reads and decides, but does not book."))
    if not by.acts_for(wanted.tenant_id) and not by.serves(situation.base_id):
        raise NotFound(N_("There is no such tenant among yours."))
    if situation.tenant_name is None or not situation.admitted:
        raise MayNotBook(
            N_("The tenant is not admitted to the base %(base)s: its desk admits a tenant before the first booking."),
            base=situation.base_name,
        )
    if situation.suspension_reason is not None:
        raise MayNotBook(
            N_("%(tenant)s is suspended (%(reason)s) and books nothing new: settle it with the base first."),
            tenant=situation.tenant_name,
            reason=situation.suspension_reason,
        )


def check_studio(wanted: Wanted, situation: Situation) -> None:
    """A studio, in service on every day touched, in a base open for the whole time."""
    if situation.studio_kind != "studio":
        raise faulty(
            "studio_id",
            N_("%(space)s is not a studio; choose a studio."),
            space=situation.studio_code,
        )
    if not situation.in_service:
        raise NotInService(
            N_("%(studio)s is in service from %(first)s to %(last)s; choose another time or another studio."),
            studio=situation.studio_code,
            first=situation.service_first,
            last=situation.service_last or "…",
        )
    if not situation.open:
        raise _outside(wanted, situation)


def _outside(wanted: Wanted, situation: Situation) -> OutsideOpening:
    if situation.opening_from is None or situation.opening_to is None:
        return OutsideOpening(
            N_("%(base)s is not open at that time; choose another day."),
            base=situation.base_name,
        )
    opens, closes = situation.opening_from, situation.opening_to
    return OutsideOpening(
        N_("%(base)s is open from %(opens)s to %(closes)s; book within that time."),
        extra={"opens": opens.isoformat(), "closes": closes.isoformat()},
        base=situation.base_name,
        opens=local(opens, situation.zone),
        closes=local(closes, situation.zone),
    )


def check_host(wanted: Wanted, situation: Situation) -> None:
    """The host is the tenant's own and may present on the day the booking starts."""
    if wanted.host_id is None:
        return
    if not situation.host_found or situation.host_born_on is None:
        raise NotFound(N_("There is no such host in your team; choose one from the list of hosts."))
    refuse_presenter(
        Presenter(
            name=situation.host_stage_name or "",
            born_on=situation.host_born_on,
            checked=situation.host_checked,
            consent=situation.host_consent,
            left=situation.host_left,
        ),
        on=wanted.start.astimezone(situation.zone).date(),
        error=HostNotReady,
    )


def check_wanted(wanted: Wanted, situation: Situation, *, by: Actor, at: datetime) -> None:
    """All rules that no other booking decides, in the order in which a person would mend them."""
    check_who(by, wanted, situation)
    check_studio(wanted, situation)
    check_not_past(wanted.start, wanted.end, at=at, staff=by.serves(situation.base_id), zone=situation.zone)
    check_terms(wanted, situation, by=by, at=at)
    check_host(wanted, situation)


def check_terms(wanted: Wanted, situation: Situation, *, by: Actor, at: datetime) -> None:
    """The base's rules for tenants: who books the studio, how soon, how far ahead, how short and how long."""
    if by.serves(situation.base_id):
        return
    terms, studio = situation.terms, situation.studio_code
    if terms.bookable_by == "staff":
        raise AgainstRule(N_("%(studio)s is booked by the front desk only; give it a call."), studio=studio)
    soonest = at + timedelta(minutes=terms.notice_minutes)
    if terms.notice_minutes and wanted.start < soonest:
        raise AgainstRule(
            N_("%(studio)s is booked at least %(minutes)s minutes ahead: from %(earliest)s on."),
            studio=studio,
            minutes=terms.notice_minutes,
            earliest=local(soonest, situation.zone),
        )
    if terms.horizon_days is not None and wanted.start > at + timedelta(days=terms.horizon_days):
        raise AgainstRule(
            N_("%(studio)s is booked at most %(days)s days ahead; choose an earlier time."),
            studio=studio,
            days=terms.horizon_days,
        )
    length = wanted.end - wanted.start
    if terms.shortest_minutes is not None and length < timedelta(minutes=terms.shortest_minutes):
        raise AgainstRule(
            N_("%(studio)s is booked for at least %(minutes)s minutes; choose a later end."),
            studio=studio,
            minutes=terms.shortest_minutes,
        )
    if terms.longest_minutes is not None and length > timedelta(minutes=terms.longest_minutes):
        raise AgainstRule(
            N_("%(studio)s is booked for at most %(minutes)s minutes; choose an earlier end."),
            studio=studio,
            minutes=terms.longest_minutes,
        )


def wants_approval(situation: Situation, *, by: Actor) -> bool:
    """Whether a booking by this person waits for the staff's word."""
    return situation.terms.needs_approval and not by.serves(situation.base_id)


def first_state(situation: Situation, *, hold: bool, by: Actor) -> str:
    """The state in which a new booking begins."""
    if hold:
        return "held"
    return "requested" if wants_approval(situation, by=by) else "confirmed"


def hold_end(wanted: Wanted, terms: Terms, *, at: datetime) -> datetime:
    """Until when a hold waits: as long as the rules say, but not past the start; a minute at least."""
    return max(min(at + timedelta(minutes=terms.hold_minutes), wanted.start), at + timedelta(minutes=1))


def check_hold(booking: BookingRow, *, by: Actor, at: datetime) -> None:
    """A hold that still holds, of theirs."""
    if not by.serves(booking.base_id) and not by.acts_for(booking.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may change this booking."))
    if booking.state != "held":
        raise WrongState(N_("%(code)s is not held."), extra={"state": booking.state}, code=booking.code)
    if booking.hold_until is not None and booking.hold_until <= at:
        raise WrongState(
            N_("The hold %(code)s lapsed at %(until)s: book the studio again."),
            extra={"state": "cancelled"},
            code=booking.code,
            until=local(booking.hold_until, booking.zone),
        )


def check_swappable(booking: BookingRow) -> None:
    """Only what has not begun changes places with another."""
    if booking.state == "checked_in":
        raise WrongState(N_("%(code)s is on air: move it by itself if it has to go elsewhere."), code=booking.code)


def check_move(booking: BookingRow, move: str, *, by: Actor, at: datetime) -> str:
    """The state that follows, or why the deed is refused now or to this person."""
    deed = MOVES[move]
    staff = by.serves(booking.base_id)
    if not staff and not by.acts_for(booking.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may change this booking."))
    if booking.state not in deed.sources:
        raise WrongState(STANDS[booking.state], extra={"state": booking.state}, code=booking.code)
    check = {"checked_in": _check_in_time, "no_show": _no_show_time, "cancelled": _cancel_time}.get(move)
    if check:
        check(booking, at, staff)
    if move in STAFF_ONLY and not staff:
        raise Forbidden(N_("Only the base's staff may do this; call the front desk."))
    return deed.target


def _check_in_time(booking: BookingRow, at: datetime, staff: bool) -> None:
    earliest = booking.doors_open
    if at < earliest:
        raise WrongState(
            N_("It is too early to check in to %(code)s: the doors open for it at %(earliest)s."),
            code=booking.code,
            earliest=local(earliest, booking.zone),
        )
    if at >= booking.end:
        raise WrongState(
            N_("%(code)s ended at %(end)s: book the studio again for the time that is left to you."),
            code=booking.code,
            end=local(booking.end, booking.zone),
        )


def _no_show_time(booking: BookingRow, at: datetime, staff: bool) -> None:
    earliest = booking.overdue_from
    if at < earliest:
        raise WrongState(
            N_("%(code)s is no no-show yet: wait until %(earliest)s."),
            code=booking.code,
            earliest=local(earliest, booking.zone),
        )


def _cancel_time(booking: BookingRow, at: datetime, staff: bool) -> None:
    """From its start on a booking counts as booked: only the desk, which knows why nobody came, may still cancel it."""
    if at >= booking.start and not staff:
        raise WrongState(
            N_("%(code)s began at %(start)s: from then on only the front desk can cancel it; give it a call."),
            code=booking.code,
            start=local(booking.start, booking.zone),
        )
    if booking.state == "confirmed" and at > booking.cancellable_until and not staff:
        raise WrongState(
            N_("%(code)s could be cancelled until %(until)s; now only the front desk can: give it a call."),
            code=booking.code,
            until=local(booking.cancellable_until, booking.zone),
        )


def check_changeable(booking: BookingRow, *, by: Actor, version: int | None = None) -> None:
    """A booking changes until it has ended, by its tenant and the staff. `version`: the one the caller had read."""
    if not by.serves(booking.base_id) and not by.acts_for(booking.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may change this booking."))
    if version is not None and version != booking.version:
        raise Stale(
            N_("%(code)s was changed by somebody else in the meantime; look at it again before you change it."),
            extra={"version": booking.version},
            code=booking.code,
        )
    if booking.state in FINAL:
        raise WrongState(STANDS[booking.state], extra={"state": booking.state}, code=booking.code)
    if booking.released_at is not None:
        raise WrongState(N_("The rest of %(code)s was given back; book the studio again."), code=booking.code)


def check_moved(booking: BookingRow, wanted: Wanted, situation: Situation, *, by: Actor, at: datetime) -> None:
    """All rules of a new booking that a change of studio, time or host touches, and those of what has begun."""
    staff = by.serves(booking.base_id)
    starts_anew = wanted.start != booking.start
    if starts_anew and booking.state == "checked_in":
        raise WrongState(
            N_("%(code)s is on air: its start has happened. Change its end or its studio."), code=booking.code
        )
    if starts_anew and at >= booking.start and not staff:
        raise WrongState(
            N_("%(code)s began at %(start)s: from then on only the front desk can move it; give it a call."),
            code=booking.code,
            start=local(booking.start, booking.zone),
        )
    check_who(by, wanted, situation)
    check_studio(wanted, situation)
    if starts_anew or wanted.end != booking.end or wanted.studio_id != booking.studio_id:
        # one that keeps its start was booked in good time
        check_terms(wanted, situation, by=by, at=at if starts_anew else booking.created_at)
    if starts_anew:
        check_not_past(wanted.start, wanted.end, at=at, staff=staff, zone=situation.zone)
    elif wanted.end <= at:
        raise faulty("end", N_("This end has passed: choose a later one, or check the booking out."))
    if starts_anew or wanted.host_id != booking.host_id:
        check_host(wanted, situation)


def release_time(booking: BookingRow, until: datetime, *, at: datetime) -> datetime:
    """When a running booking gives its studio back, on the second; refused before now and at or after its end."""
    if booking.state != "checked_in":
        raise WrongState(STANDS[booking.state], extra={"state": booking.state}, code=booking.code)
    moment = max(until.replace(microsecond=0), booking.start)
    if moment < at.replace(microsecond=0) or moment >= booking.end:
        raise faulty(
            "until",
            N_("Give the studio back between now and %(end)s."),
            end=local(booking.end, booking.zone),
        )
    return moment

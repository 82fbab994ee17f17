"""Which event is what news, and what is left of several that tell of one booking. Values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

#: event → the mail's template; `offered` is of a waitlist's entry, the others are of a booking
TEMPLATES = {
    "booking.approved": "booking_confirmed",
    "booking.cancelled": "booking_cancelled",
    "booking.confirmed": "booking_confirmed",
    "booking.created": "booking_made",
    "booking.declined": "booking_declined",
    "booking.delayed_by_overrun": "booking_delayed",
    "booking.hit_by_closure": "booking_hit",
    "booking.hold_lapsed": "hold_lapsed",
    "booking.hold_released": "hold_lapsed",
    "booking.moved": "booking_moved",
    "booking.no_show": "booking_no_show",
    "booking.requested": "booking_requested",
    "waitlist.offered": "waitlist_offer",
}
#: template → the kind of mail that people may switch off (`people.models_mail.MAIL_KINDS`)
MAIL_KIND_OF = {
    "booking_made": "bookings",
    "booking_confirmed": "bookings",
    "booking_declined": "bookings",
    "booking_moved": "bookings",
    "booking_cancelled": "bookings",
    "booking_no_show": "bookings",
    "booking_hit": "disruptions",
    "booking_delayed": "disruptions",
    "hold_ending": "holds",
    "hold_lapsed": "holds",
    "waitlist_offer": "holds",
    "booking_reminder": "reminders",
    "booking_requested": "requests",
}
#: after these nothing that happened before matters
ENDINGS = frozenset({"booking_cancelled", "booking_declined", "booking_no_show", "hold_lapsed"})
#: these tell how the booking stands: what was moved meanwhile is in them
BEGINNINGS = frozenset({"booking_made", "booking_confirmed"})
#: what a move may change and a mail tells
MOVED = ("start", "end", "studio_id", "host_id", "needs")


@dataclass(frozen=True)
class Telling:
    """An event as it is told: the template that says it, who did it, and what the event carries."""

    template: str
    at: datetime
    actor_id: UUID | None
    by: str
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


def telling(event: Any) -> Telling:
    """What a row of `events` says to people."""
    payload: Mapping[str, Any] = event.payload
    return Telling(
        template=TEMPLATES[event.kind],
        at=event.at,
        actor_id=event.actor_id,
        by=event.actor_label if event.actor_id else "",
        reason=payload.get("reason") or "",
        before=payload.get("before") or {},
        after=payload.get("after") or {},
        payload=payload,
    )


def news_of(tellings: Sequence[Telling], *, reader: UUID) -> list[Telling]:
    """What one reader hears of a booking of which all this was told, in order; often one thing, at times none.

    Whoever did something themselves knows how it stood then. What was made and called off between two looks never was.
    Several moves are one, from where the booking first stood; back where it was is none.
    """
    own = [number for number, it in enumerate(tellings, 1) if it.actor_id == reader]
    told = [it for it in tellings[own[-1] if own else 0 :] if it.template != "booking_requested"]
    endings = [it for it in told if it.template in ENDINGS]
    beginnings = [it for it in told if it.template in BEGINNINGS]
    if endings:
        return [] if any(it.template == "booking_made" for it in beginnings) else endings[-1:]
    moves = [it for it in told if it.template == "booking_moved"]
    others = {it.template: it for it in told if it.template not in BEGINNINGS | {"booking_moved"}}
    if moves and "booking_hit" in others and others["booking_hit"].at < moves[-1].at:
        del others["booking_hit"]  # the move is the answer to it
    if beginnings:
        return [beginnings[-1], *others.values()]
    return [*_one_move(moves), *others.values()]


def _one_move(moves: Sequence[Telling]) -> list[Telling]:
    if not moves:
        return []
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for move in moves:
        needs = move.payload.get("needs") or {}
        before = {**move.before, **({"needs": needs["before"]} if needs else {}), **before}
        after |= {**move.after, **({"needs": needs["after"]} if needs else {})}
    changed = [name for name in MOVED if name in after and after[name] != before.get(name)]
    if not changed:
        return []
    last = moves[-1]
    return [
        Telling(
            template=last.template,
            at=last.at,
            actor_id=last.actor_id,
            by=last.by,
            reason=last.reason,
            before={name: before.get(name) for name in changed},
            after={name: after[name] for name in changed},
            payload=last.payload,
        )
    ]

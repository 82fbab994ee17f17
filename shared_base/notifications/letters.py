"""From pieces of news to mails: what one reader hears of the same kind, from the same hand, is one mail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.notifications.facts import Facts
from shared_base.notifications.kinds import MAIL_KIND_OF
from shared_base.people.mail_choices import who_muted
from shared_base.people.mails import post_mail
from shared_base.people.models import User

#: how many bookings a mail names one by one; of more it says how many there are
MOST_NAMED = 20
#: and how many of them its calendar file holds: a series of every night of a quarter
MOST_KEPT = 100
#: mails that say that a booking stands carry it for the reader's calendar
WITH_CALENDAR = frozenset({"booking_made", "booking_confirmed"})


@dataclass(frozen=True)
class Piece:
    """What one reader hears of one booking. `details` are JSON that the template says beside the booking itself."""

    reader: UUID
    template: str
    facts: Facts
    by: str = ""
    reason: str = ""
    path: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class _Bundle(NamedTuple):
    """What pieces have in common that go into one mail."""

    reader: UUID
    template: str
    base_id: UUID
    tenant_id: UUID
    by: str
    reason: str


def post_letters(session: Session, pieces: Iterable[Piece], *, at: datetime) -> int:
    """Put the mails in the outbox, but for readers who were shut out or want none of the kind; how many they are."""
    bundles: defaultdict[_Bundle, dict[UUID, Piece]] = defaultdict(dict)
    for it in pieces:
        bundle = _Bundle(it.reader, it.template, it.facts.base_id, it.facts.tenant_id, it.by, it.reason)
        bundles[bundle][it.facts.id] = it
    readers = {bundle.reader for bundle in bundles}
    if not readers:
        return 0
    users = {user.id: user for user in session.scalars(sa.select(User).where(User.id.in_(readers)))}
    muted = who_muted(session, readers)
    posted = 0
    for bundle, found in bundles.items():
        user = users[bundle.reader]
        if user.disabled_at is None and (user.id, MAIL_KIND_OF[bundle.template]) not in muted:
            about = sorted(found.values(), key=lambda it: (it.facts.start, it.facts.studio))
            post_mail(session, user, bundle.template, at=at, **_values(bundle, about))
            posted += 1
    return posted


def _values(bundle: _Bundle, pieces: Sequence[Piece]) -> dict[str, Any]:
    """What the template needs. One booking: the mail's action opens it; of several it opens the list."""
    first = pieces[0]
    values: dict[str, Any] = {
        "base": first.facts.base,
        "tenant": first.facts.tenant,
        "zone": first.facts.timezone,
        "by": bundle.by,
        "reason": bundle.reason,
        "number": len(pieces),
        "bookings": [it.facts.as_json() | dict(it.details) for it in pieces[:MOST_NAMED]],
        "path": (first.path or f"/bookings/{first.facts.id}") if len(pieces) == 1 else "/bookings",
    }
    if bundle.template in WITH_CALENDAR:
        values["calendar"] = [str(it.facts.id) for it in pieces[:MOST_KEPT]]
    return values

"""Making calendar feeds and switching them off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.calendars.errors import TooManyFeeds
from shared_base.calendars.models import CalendarFeed
from shared_base.calendars.queries import may_keep
from shared_base.calendars.rows import KINDS, FeedRow
from shared_base.catalogue.models import Space
from shared_base.core.actor import Actor
from shared_base.core.database import violated_constraint
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.people.secret import digest, new_secret
from shared_base.tenancy.models import Host, Tenant

LONGEST_LABEL = 100
#: more addresses than anybody remembers having given away
MOST_EACH = 50
#: how often a use is written down
TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class NewFeed:
    """A feed just made: `secret` is the end of its address, to be shown now and never again."""

    id: UUID
    kind: str
    label: str
    secret: str
    created_at: datetime


def make_feed(
    session: Session,
    *,
    kind: str,
    subject_id: UUID,
    label: str | None,
    by: Actor,
    at: datetime,
    secret: str | None = None,
) -> NewFeed:
    """An address at which calendar clients read the bookings of a tenant, a host or a studio.

    Members of a tenant make those of the tenant and its hosts, staff of a base those of its studios; what is not
    theirs is not found. `secret`: 256 bits of the caller's own (an idempotent request derives them), else new ones.
    Raises `TooManyFeeds` for somebody who keeps `MOST_EACH`.
    """
    name = text_line(label, "label", longest=LONGEST_LABEL, required=True)
    assert by.user_id is not None, "a person makes a feed"
    assert name is not None, "required"
    columns = _subject(session, kind, subject_id, by)
    kept = session.scalar(
        sa.select(sa.func.count()).where(CalendarFeed.created_by == by.user_id, CalendarFeed.revoked_at.is_(None))
    )
    if (kept or 0) >= MOST_EACH:
        raise TooManyFeeds(
            N_("You keep %(most)s calendar addresses: switch off those that nobody reads any more."), most=MOST_EACH
        )
    secret = secret or new_secret()
    feed = CalendarFeed(
        kind=kind, label=name, secret_hash=digest(secret), created_at=at, created_by=by.user_id, **columns
    )
    session.add(feed)
    session.flush()
    return NewFeed(feed.id, kind, name, secret, at)


def make_feed_once(
    session: Session, *, secret: str, kind: str, subject_id: UUID, label: str | None, by: Actor, at: datetime
) -> NewFeed:
    """As `make_feed` with a secret of the caller's own: again it is the same feed, so that a retry is one effect.

    No answer with an address is ever kept for a retry: the secret is derived anew, and the feed found by its digest.
    `Invalid` if that secret is already another calendar's.
    """
    found = _made_with(session, secret, by)
    if found is None:
        try:
            with session.begin_nested():
                return make_feed(session, kind=kind, subject_id=subject_id, label=label, by=by, at=at, secret=secret)
        except IntegrityError as error:
            if violated_constraint(error) != "calendar_feeds_secret_unique":
                raise
            found = _made_with(session, secret, by)
            assert found is not None, "it was in the way just now"
    of = {"tenant": found.tenant_id, "host": found.host_id, "studio": found.studio_id}[found.kind]
    if (found.kind, of, found.label) != (kind, subject_id, (label or "").strip()):
        raise Invalid(N_("This Idempotency-Key was used for another request. Use a new key for a new request."))
    return NewFeed(found.id, found.kind, found.label, secret, found.created_at)


def _made_with(session: Session, secret: str, by: Actor) -> CalendarFeed | None:
    return session.scalar(
        sa.select(CalendarFeed).where(CalendarFeed.secret_hash == digest(secret), CalendarFeed.created_by == by.user_id)
    )


def _subject(session: Session, kind: str, subject_id: UUID, by: Actor) -> dict[str, UUID]:
    """The columns that say of what a feed is; `NotFound` for what is not the actor's."""
    if kind not in KINDS:
        raise faulty("kind", N_("A calendar is of a tenant, a host or a studio."))
    if by.is_reviewer:
        raise Forbidden(N_("A reviewer reads reports; calendars are made by tenants and staff."))
    if kind == "studio":
        base_id = session.scalar(sa.select(Space.base_id).where(Space.id == subject_id, Space.kind == "studio"))
        if base_id is not None and by.serves(base_id):
            return {"base_id": base_id, "studio_id": subject_id}
        raise NotFound(N_("There is no such studio among yours; choose one from the list."))
    if kind == "host":
        tenant_id = session.scalar(sa.select(Host.tenant_id).where(Host.id == subject_id))
        if tenant_id is not None and (by.is_admin or by.acts_for(tenant_id)):
            return {"tenant_id": tenant_id, "host_id": subject_id}
        raise NotFound(N_("There is no such host in your team; choose one from the list of hosts."))
    found = session.scalar(sa.select(Tenant.id).where(Tenant.id == subject_id))
    if found is not None and (by.is_admin or by.acts_for(found)):
        return {"tenant_id": found}
    raise NotFound(N_("There is no such tenant among yours."))


def revoke_feed(session: Session, feed_id: UUID, *, by: Actor, at: datetime) -> None:
    """Switch a feed off at once: by whoever made it, or who answers for the tenant or the base; again is one effect.

    `NotFound` for a feed that the actor does not look after.
    """
    feed = session.scalar(sa.select(CalendarFeed).where(CalendarFeed.id == feed_id, may_keep(by)).with_for_update())
    if feed is None:
        raise NotFound(N_("There is no such calendar among yours."))
    if not may_revoke(feed, by=by):
        raise Forbidden(N_("Whoever made this calendar switches it off, or the owner or operator does."))
    feed.revoked_at = feed.revoked_at or at
    session.flush()


def may_revoke(feed: CalendarFeed | FeedRow, *, by: Actor) -> bool:
    """Whoever made it, the tenant's owner, the base's operators and administrators."""
    if feed.tenant_id is not None and by.acts_for(feed.tenant_id, "tenant_owner"):
        return True
    if feed.base_id is not None and by.serves(feed.base_id, "operator"):
        return True
    return feed.created_by == by.user_id or by.is_admin


def mark_used(session: Session, feed_id: UUID, *, at: datetime) -> None:
    """Remember that somebody read the feed; worth calling once the last such mark is `TOUCH_EVERY` old."""
    session.execute(sa.update(CalendarFeed).where(CalendarFeed.id == feed_id).values(used_at=at))

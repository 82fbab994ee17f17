"""Which mails a person wants: everything, but for the kinds switched off on the own account page."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.people.models_mail import MAIL_KINDS, MutedMail


def wanted_kinds(session: Session, user_id: UUID) -> frozenset[str]:
    """The kinds of mail that the person gets."""
    muted = session.scalars(sa.select(MutedMail.kind).where(MutedMail.user_id == user_id))
    return frozenset(MAIL_KINDS) - frozenset(muted)


def choose_kinds(session: Session, user_id: UUID, wanted: Collection[str]) -> None:
    """Get these kinds of mail from now on, and no others."""
    if unknown := set(wanted) - set(MAIL_KINDS):
        raise faulty("kinds", N_("There is no kind of mail %(kind)s."), kind=", ".join(sorted(unknown)))
    session.execute(sa.delete(MutedMail).where(MutedMail.user_id == user_id, MutedMail.kind.in_(wanted)))
    muted = [{"user_id": user_id, "kind": kind} for kind in MAIL_KINDS if kind not in wanted]
    if muted:
        session.execute(pg.insert(MutedMail).on_conflict_do_nothing(), muted)


def who_muted(session: Session, user_ids: Collection[UUID]) -> frozenset[tuple[UUID, str]]:
    """Of these people, who switched off which kind."""
    found = session.execute(sa.select(MutedMail.user_id, MutedMail.kind).where(MutedMail.user_id.in_(user_ids)))
    return frozenset((row.user_id, row.kind) for row in found)

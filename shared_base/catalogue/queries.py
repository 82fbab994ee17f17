"""Reads of what there is. Bases and spaces are no secret: whoever is signed in may know them."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.errors import UnknownBase, UnknownSpace
from shared_base.catalogue.models import Base, OpeningHours, Recognition, Space, SpecialDay
from shared_base.catalogue.rules import Opening


def base(session: Session, code: str) -> Base:
    """The base of that code, else `UnknownBase`."""
    found = session.scalar(sa.select(Base).where(Base.code == code))
    if found is None:
        raise UnknownBase(code)
    return found


def bases(session: Session, ids: Collection[UUID] | None = None) -> list[Base]:
    """All bases, or those of `ids`, by code."""
    wanted = sa.select(Base).order_by(Base.code)
    return list(session.scalars(wanted if ids is None else wanted.where(Base.id.in_(ids))))


def base_for_update(session: Session, base_id: UUID) -> Base:
    """The base, its row locked: whoever changes what holds for the whole base waits here for the other."""
    found = session.scalar(
        sa.select(Base)
        .where(Base.id == base_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownBase(str(base_id))
    return found


def opening_hours(session: Session, base_id: UUID) -> list[OpeningHours]:
    """A base's opening hours, every rule in order of its days."""
    return list(
        session.scalars(sa.select(OpeningHours).where(OpeningHours.base_id == base_id).order_by(OpeningHours.valid))
    )


def opening_on(session: Session, base_id: UUID, day: date) -> Opening | None:
    """The opening that begins on that local day, a special day's before the rule's; None when the base stays shut."""
    return openings_by_day(session, base_id, day, day)[day]


def openings_by_day(session: Session, base_id: UUID, first: date, last: date) -> dict[date, Opening | None]:
    """For every local day from `first` to `last`, both included, the opening that begins on it; two statements."""
    ruling = list(
        session.scalars(
            sa.select(OpeningHours).where(
                OpeningHours.base_id == base_id, OpeningHours.valid.overlaps(Range(first, last, bounds="[]"))
            )
        )
    )
    special = {each.day: each.opening for each in special_days(session, base_id, first, last)}
    found: dict[date, Opening | None] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        rule = next((rule for rule in ruling if day in rule.valid), None)
        usual = Opening(rule.opens_minute, rule.closes_minute) if rule else None
        found[day] = special.get(day, usual)
    return found


def special_days(session: Session, base_id: UUID, first: date, last: date) -> list[SpecialDay]:
    """A base's special days from `first` to `last`, both included, in order."""
    return list(
        session.scalars(
            sa.select(SpecialDay)
            .where(SpecialDay.base_id == base_id, SpecialDay.day.between(first, last))
            .order_by(SpecialDay.day)
        )
    )


def recognitions(session: Session, base_id: UUID) -> list[Recognition]:
    """A base's recognitions in order of their days."""
    return list(
        session.scalars(sa.select(Recognition).where(Recognition.base_id == base_id).order_by(Recognition.valid))
    )


def space(session: Session, base_id: UUID, code: str) -> Space:
    """The base's space of that code, else `UnknownSpace`."""
    found = session.scalar(sa.select(Space).where(Space.base_id == base_id, Space.code == code))
    if found is None:
        raise UnknownSpace(code)
    return found


def space_of(session: Session, space_id: UUID, *, base_ids: Collection[UUID] | None = None) -> Space:
    """One space, else `UnknownSpace`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(Space, space_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownSpace(str(space_id))
    return found


def spaces(session: Session, base_id: UUID, *, kind: str | None = None) -> list[Space]:
    """A base's spaces, or those of one kind, by code."""
    wanted = sa.select(Space).where(Space.base_id == base_id).order_by(Space.code)
    return list(session.scalars(wanted if kind is None else wanted.where(Space.kind == kind)))

"""Bases as they are entered and changed: refused with the field's name, dated where time matters, told in events."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.catalogue import actions, queries
from shared_base.catalogue.actions import BaseDetails, RecognitionPeriod
from shared_base.catalogue.errors import CodeTaken, PeriodsOverlap, UnknownBase
from shared_base.catalogue.models import Base, OpeningHours, Recognition
from shared_base.catalogue.rules import Opening, clock_minutes
from shared_base.core.actor import SYSTEM
from shared_base.core.audit import AuditEntry
from shared_base.core.errors import Invalid
from shared_base.core.events import Event

#: the last evening of October in Shanghai is the 1st of November in no zone yet
AT = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)
NIGHT = Opening.between(clock_minutes("08:00", "opens"), clock_minutes("02:00", "closes"))
DETAILS = {
    "name": "哈尔滨直播电商共享基地",
    "tier": "large",
    "division_code": "２３０１０２",
    "lettable_area_m2": Decimal("6200.25"),
    "operator_uscc": "914401136fe56rg154",
}


def create(session: Session, code: str = "hrb", **changes: Any) -> Base:
    opening = changes.pop("opening", NIGHT)
    recognition = changes.pop("recognition", None)
    details = BaseDetails(**{**DETAILS, **changes})
    return actions.create_base(
        session, code=code, details=details, opening=opening, recognition=recognition, by=SYSTEM, at=AT
    )


def rules(session: Session, base: Base) -> list[tuple[date | None, date | None, int, int]]:
    return [
        (rule.valid.lower, rule.valid.upper, rule.opens_minute, rule.closes_minute)
        for rule in queries.opening_hours(session, base.id)
    ]


def told(session: Session, base: Base) -> list[str]:
    return list(session.scalars(sa.select(Event.kind).where(Event.base_id == base.id).order_by(Event.id)))


def test_what_was_typed_is_stored_in_its_one_form(session: Session) -> None:
    base = create(session, recognition=RecognitionPeriod("HLJ-2021-001", date(2024, 1, 1)))
    assert (base.code, base.division_code, base.operator_uscc) == ("HRB", "230102", "914401136FE56RG154")
    assert rules(session, base) == [(None, None, 480, 1560)]
    assert [(it.number, it.valid) for it in queries.recognitions(session, base.id)] == [
        ("HLJ-2021-001", Range(date(2024, 1, 1), None))
    ]
    assert queries.base(session, "HRB").id == base.id
    assert told(session, base) == ["base.created"]


@pytest.mark.parametrize(("zone", "month"), [("Asia/Shanghai", 10), ("Asia/Tokyo", 11), ("America/New_York", 10)])
def test_reports_begin_with_the_month_in_which_the_base_was_entered_on_its_own_calendar(
    session: Session, zone: str, month: int
) -> None:
    assert create(session, timezone=zone).reports_from == date(2026, month, 1)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("code", "H RB"),
        ("code", ""),
        ("name", " "),
        ("name", "名" * 201),
        ("name", "a\x00b"),
        ("tier", "huge"),
        ("division_code", "23010"),
        ("lettable_area_m2", Decimal(0)),
        ("lettable_area_m2", Decimal("NaN")),
        ("lettable_area_m2", Decimal("1.00001")),
        ("operator_uscc", "91440113"),
        ("timezone", "Asia/Harbin2"),
        ("timezone", "../etc/passwd"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field_and_nothing_is_entered(
    session: Session, field: str, wrong: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        create(session, **{field: wrong})
    assert list(refused.value.extra["errors"]) == [field]
    assert session.scalars(sa.select(Base)).all() == []


def test_a_code_serves_once(session: Session) -> None:
    create(session)
    with pytest.raises(CodeTaken):
        create(session, "HRB")
    with pytest.raises(UnknownBase, match="XX"):
        queries.base(session, "XX")


@pytest.mark.parametrize(
    ("opens", "closes", "minutes"),
    [("00:00", "24:00", (0, 1440)), ("08:00", "02:00", (480, 1560)), ("０８：００", "08:00 ", (480, 1920))],
)
def test_a_close_not_after_the_opening_is_the_next_days(opens: str, closes: str, minutes: tuple[int, int]) -> None:
    opening = Opening.between(clock_minutes(opens, "opens"), clock_minutes(closes, "closes"))
    assert (opening.opens_minute, opening.closes_minute) == minutes


@pytest.mark.parametrize("wrong", ["8:00", "24:01", "25:00", "12:60", "noon", "", "１２:00x"])
def test_what_is_no_time_of_day_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        clock_minutes(wrong, "opens")


def test_a_base_opens_at_24_00_never(session: Session) -> None:
    with pytest.raises(Invalid):
        Opening.between(1440, 120)


def test_new_opening_hours_hold_from_their_day_on_and_the_old_ones_until_then(session: Session) -> None:
    base = create(session)
    day_and_night = Opening(0, 1440)
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    actions.set_opening_hours(session, base, opening=day_and_night, first=december, by=SYSTEM, at=AT)
    actions.set_opening_hours(session, base, opening=NIGHT, first=date(2027, 1, 1), by=SYSTEM, at=AT)
    assert rules(session, base) == [
        (None, december, 480, 1560),
        (december, date(2027, 1, 1), 0, 1440),
        (date(2027, 1, 1), None, 480, 1560),
    ]
    # decided anew: what was planned for later days gives way
    actions.set_opening_hours(session, base, opening=Opening(600, 1320), first=november, by=SYSTEM, at=AT)
    assert rules(session, base) == [(None, november, 480, 1560), (november, None, 600, 1320)]
    assert queries.opening_on(session, base.id, date(2026, 10, 31)).closes_minute == 1560  # type: ignore[union-attr]
    assert queries.opening_on(session, base.id, november).closes_minute == 1320  # type: ignore[union-attr]


def test_the_same_opening_hours_again_change_nothing(session: Session) -> None:
    base = create(session)
    actions.set_opening_hours(session, base, opening=NIGHT, first=date(2026, 12, 1), by=SYSTEM, at=AT)
    actions.set_opening_hours(session, base, opening=NIGHT, first=None, by=SYSTEM, at=AT)
    assert rules(session, base) == [(None, None, 480, 1560)]
    assert told(session, base) == ["base.created"]


def test_a_change_is_told_with_what_changed_and_audited_and_no_change_leaves_no_trace(session: Session) -> None:
    base = create(session)
    actions.change_base(session, base, details=BaseDetails(**DETAILS), by=SYSTEM, at=AT)  # type: ignore[arg-type]
    assert told(session, base) == ["base.created"]
    details = BaseDetails(**{**DETAILS, "lettable_area_m2": Decimal("6300")})  # type: ignore[arg-type]
    actions.change_base(session, base, details=details, by=SYSTEM, at=AT)
    assert told(session, base) == ["base.created", "base.changed"]
    payload = session.scalars(sa.select(Event.payload).where(Event.kind == "base.changed")).one()
    assert payload == {"changed": {"lettable_area_m2": "6300"}}
    entry = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject_id == str(base.id), AuditEntry.action == "update")
    ).one()
    assert (entry.before or {})["lettable_area_m2"] == 6200.25
    assert (entry.after or {})["lettable_area_m2"] == 6300


def test_recognitions_follow_one_another_and_never_overlap(session: Session) -> None:
    base = create(session, recognition=RecognitionPeriod("2024-1", date(2024, 1, 1)))
    renewed = RecognitionPeriod("2026-1", date(2026, 3, 1))
    with pytest.raises(PeriodsOverlap):
        actions.recognise(session, base, period=renewed, by=SYSTEM, at=AT)
    first = queries.recognitions(session, base.id)[0]
    ended = RecognitionPeriod("2024-1", date(2024, 1, 1), date(2026, 2, 28))
    actions.change_recognition(session, base, first, period=ended, by=SYSTEM, at=AT)
    actions.recognise(session, base, period=renewed, by=SYSTEM, at=AT)
    assert [it.valid for it in queries.recognitions(session, base.id)] == [
        Range(date(2024, 1, 1), date(2026, 3, 1)),
        Range(date(2026, 3, 1), None),
    ]
    with pytest.raises(Invalid):
        RecognitionPeriod("x", date(2026, 3, 1), date(2026, 2, 1)).cleaned()


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        (lambda base: OpeningHours(base_id=base.id, valid=Range(None, None), opens_minute=0, closes_minute=1),
         "opening_hours_one_rule_a_day"),
        (lambda base: OpeningHours(base_id=base.id, valid=Range(empty=True), opens_minute=0, closes_minute=1),
         "opening_hours_valid_not_empty"),
        (lambda base: OpeningHours(base_id=base.id, valid=Range(None, None), opens_minute=10, closes_minute=10),
         "opening_hours_within_a_day"),
        (lambda base: Recognition(base_id=base.id, valid=Range(None, date(2026, 1, 1))),
         "recognitions_valid_begins"),
    ],
)  # fmt: skip
def test_the_database_holds_the_rules_by_itself(session: Session, row: Any, constraint: str) -> None:
    base = create(session)
    session.add(row(base))
    with pytest.raises(IntegrityError, match=constraint):
        session.flush()

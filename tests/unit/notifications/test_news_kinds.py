"""What is told of a booking to which several things happened between two looks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared_base.notifications.kinds import MAIL_KIND_OF, TEMPLATES, Telling, news_of
from shared_base.notifications.mails import FOLDER
from shared_base.notifications.models import KINDS
from shared_base.people.models_mail import MAIL_KINDS, MutedMail

ANNA, DESK = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
EIGHT, NINE, TEN = ({"start": f"2026-11-02T{hour}:00:00+08:00"} for hour in (20, 21, 22))


def story(*deeds: tuple[str, UUID] | tuple[str, UUID, dict[str, Any], dict[str, Any]]) -> list[Telling]:
    return [
        Telling(deed[0], NOON + timedelta(seconds=number), deed[1], "前台", "", *deed[2:])  # type: ignore[arg-type]
        for number, deed in enumerate(deeds)
    ]


@pytest.mark.parametrize(
    ("deeds", "told"),
    [
        ([("booking_made", DESK)], ["booking_made"]),
        ([("booking_made", DESK), ("booking_moved", DESK, EIGHT, NINE)], ["booking_made"]),
        ([("booking_made", DESK), ("booking_cancelled", DESK)], []),
        ([("booking_confirmed", DESK), ("booking_cancelled", DESK)], ["booking_cancelled"]),
        ([("booking_moved", DESK, EIGHT, NINE), ("booking_cancelled", DESK)], ["booking_cancelled"]),
        ([("booking_moved", DESK, EIGHT, NINE), ("booking_moved", DESK, NINE, EIGHT)], []),
        ([("booking_moved", DESK, EIGHT, NINE), ("booking_moved", ANNA, NINE, TEN)], []),
        ([("booking_moved", ANNA, EIGHT, NINE), ("booking_moved", DESK, NINE, TEN)], ["booking_moved"]),
        (
            [("booking_made", DESK), ("booking_moved", ANNA, EIGHT, NINE), ("booking_cancelled", DESK)],
            ["booking_cancelled"],
        ),
        ([("booking_hit", DESK), ("booking_moved", DESK, EIGHT, NINE)], ["booking_moved"]),
        ([("booking_moved", DESK, EIGHT, NINE), ("booking_hit", DESK)], ["booking_moved", "booking_hit"]),
        ([("booking_requested", ANNA), ("booking_confirmed", DESK)], ["booking_confirmed"]),
        ([("booking_requested", ANNA)], []),
        ([("booking_cancelled", ANNA)], []),
    ],
)
def test_a_reader_hears_what_they_do_not_know_and_what_still_matters(deeds: Any, told: list[str]) -> None:
    assert [it.template for it in news_of(story(*deeds), reader=ANNA)] == told


def test_several_moves_are_told_as_one_from_where_the_booking_first_stood() -> None:
    (move,) = news_of(
        story(
            ("booking_moved", DESK, EIGHT, NINE),
            ("booking_moved", DESK, {**NINE, "studio_id": "a"}, {**TEN, "studio_id": "b"}),
        ),
        reader=ANNA,
    )
    assert (move.before, move.after) == ({**EIGHT, "studio_id": "a"}, {**TEN, "studio_id": "b"})


def test_a_move_is_told_from_where_the_reader_left_the_booking() -> None:
    (move,) = news_of(story(("booking_moved", ANNA, EIGHT, NINE), ("booking_moved", DESK, NINE, TEN)), reader=ANNA)
    assert (move.before, move.after) == (NINE, TEN)


def test_a_change_of_kit_alone_is_a_change_and_taken_back_it_is_none() -> None:
    none: dict[str, Any] = {"equipment": []}
    two = {"equipment": [{"kind": "camera", "quantity": 2}]}

    def moved(before: dict[str, Any], after: dict[str, Any]) -> Telling:
        return Telling("booking_moved", NOON, DESK, "前台", payload={"needs": {"before": before, "after": after}})

    (change,) = news_of([moved(none, two)], reader=ANNA)
    assert change.before == {"needs": none}
    assert news_of([moved(none, two), moved(two, none)], reader=ANNA) == []


def test_every_kind_of_news_has_its_words_and_can_be_switched_off() -> None:
    assert set(TEMPLATES) == set(KINDS)
    assert set(TEMPLATES.values()) <= set(MAIL_KIND_OF)
    assert set(MAIL_KIND_OF.values()) == set(MAIL_KINDS)
    assert all((FOLDER / "en" / f"{template}.txt").exists() for template in MAIL_KIND_OF)
    constraint = next(it for it in MutedMail.__table__.constraints if it.name == "muted_mails_kind_known")  # type: ignore[attr-defined]
    assert all(f"'{kind}'" in str(constraint.sqltext) for kind in MAIL_KINDS)

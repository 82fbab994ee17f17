"""Needs: numbers of kinds, roles and samples, as people and programs write them."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_base.bookings.needs import MOST_LINES, NOTHING, Needs
from shared_base.core.errors import Invalid

CODES = st.sampled_from(["camera", "key_light", "wireless_mic"])
LINES = st.lists(st.tuples(CODES, st.integers(1, 20)), max_size=5)


@given(LINES, LINES, st.lists(st.tuples(st.uuids(), st.integers(1, 9)), max_size=3))
def test_what_is_written_as_json_is_read_back(
    equipment: list[tuple[str, int]], crew: list[tuple[str, int]], samples: list[tuple[UUID, int]]
) -> None:
    needs = Needs.of(equipment=equipment, crew=crew, samples=samples)
    assert Needs.from_json(needs.as_json()) == needs


@given(LINES, LINES)
def test_less_what_is_added_is_what_was(first: list[tuple[str, int]], more: list[tuple[str, int]]) -> None:
    needs, added = Needs.of(equipment=first), Needs.of(equipment=more)
    assert needs.and_also(added).without(added) == needs


def test_a_kind_named_twice_is_added_up() -> None:
    assert Needs.of(equipment=[("camera", 1), ("key_light", 1), ("camera", 2)]).equipment == (
        ("camera", 3),
        ("key_light", 1),
    )


@pytest.mark.parametrize("number", [0, -1, True, 1.5, 1001])
def test_a_quantity_that_cannot_be_is_refused(number: int) -> None:
    with pytest.raises(Invalid):
        Needs.of(samples=[(uuid4(), number)])


def test_a_request_without_end_is_refused() -> None:
    with pytest.raises(Invalid):
        Needs.of(equipment=[(f"kind{n}", 1) for n in range(MOST_LINES + 1)])


def test_nothing_is_needed_where_nothing_is_named() -> None:
    assert not NOTHING
    assert NOTHING.as_json() == {}
    assert Needs.from_json({}) == NOTHING

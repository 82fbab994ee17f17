"""The demo's kit is the same each time, fits its house, and its crew is rested."""

import random
from collections import Counter
from datetime import date
from itertools import pairwise

from shared_base.core.periods import CHINA
from shared_base.crew.rules import ShiftPlan, too_close
from shared_base.demo.houses import HARBIN, PANYU, build_house
from shared_base.demo.kit import KINDS, ROLES, SAMPLES, WEEKS_AHEAD, WORKERS, build_equipment

TODAY = date(2026, 11, 22)


def test_every_unit_has_a_tag_of_its_own_and_fixed_ones_stand_in_studios_of_their_base() -> None:
    house = build_house(TODAY, random.Random(7))
    rows = build_equipment(house)
    assert rows == build_equipment(build_house(TODAY, random.Random(7)))
    assert len({(row.base, row.tag) for row in rows}) == len(rows)
    for base in (HARBIN, PANYU):
        studios = {studio.code for studio in house.studios(base)}
        fixed = [row for row in rows if row.base == base and row.fixed_to]
        assert {row.fixed_to for row in fixed} <= studios
        assert fixed
        assert {row.kind for row in rows if row.base == base} == {code for code, *_ in KINDS}


def test_every_role_is_there_every_evening_and_nobody_goes_without_rest() -> None:
    known = {code for code, _ in ROLES}
    for base, workers in WORKERS.items():
        assert {role for worker in workers for role in worker.roles} == known
        evenings: Counter[tuple[int, str]] = Counter()
        for worker in workers:
            week = frozenset(range(7)) - worker.free
            plan = ShiftPlan(date(2026, 11, 16), worker.begins, worker.ends % 1440, date(2026, 11, 29), week)
            shifts = plan.ranges(CHINA)
            assert too_close(shifts, 660) is None
            assert all(first.lower < second.lower for first, second in pairwise(shifts) if first.lower and second.lower)
            if worker.ends >= 24 * 60:
                evenings.update((day, role) for day in week for role in worker.roles)
        assert {day for day, _ in evenings} == set(range(7)), base
        assert {role for _, role in evenings} == known, base


def test_a_quarter_of_nights_from_eight_to_two_finds_a_director_at_the_base_that_never_closes() -> None:
    directors = [worker for worker in WORKERS[PANYU] if "director" in worker.roles]
    late = [worker for worker in directors if worker.begins <= 20 * 60 and worker.ends >= 27 * 60]
    assert {day for worker in late for day in range(7) if day not in worker.free} == set(range(7))
    assert WEEKS_AHEAD * 7 >= 7 + 90 + 1


def test_there_are_single_items_and_counted_lots_at_each_base() -> None:
    for samples in SAMPLES.values():
        assert len({code for code, *_ in samples}) == len(samples)
        assert {quantity is None for *_, quantity in samples} == {True, False}
    assert sum(map(len, SAMPLES.values())) == 20

"""Who does what: the matching of people to roles, against trying everything."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from shared_base.bookings.matching import match

PEOPLE = "abcdef"


def most(candidates: dict[str, list[str]], numbers: dict[str, int]) -> int:
    """How many places can be filled, by trying every order of giving people away."""
    places = [role for role, number in numbers.items() for _ in range(number)]
    best = 0
    for order in permutations(places):
        used: set[str] = set()
        for role in order:
            used |= set([one for one in candidates[role] if one not in used][:1])
        best = max(best, len(used))
    return best


@given(
    st.dictionaries(
        st.sampled_from(["director", "assistant", "operations"]),
        st.tuples(st.lists(st.sampled_from(PEOPLE), unique=True), st.integers(0, 2)),
        max_size=3,
    )
)
def test_as_many_places_as_possible_are_filled_and_nobody_fills_two(asked: dict[str, tuple[list[str], int]]) -> None:
    candidates = {role: ones for role, (ones, _) in asked.items()}
    numbers = {role: number for role, (_, number) in asked.items()}
    given_ = match(candidates, numbers)
    everybody = [one for ones in given_.values() for one in ones]
    assert len(everybody) == len(set(everybody))
    assert len(everybody) >= most(candidates, numbers)
    for role, ones in given_.items():
        assert len(ones) <= numbers[role]
        assert set(ones) <= set(candidates[role])


def test_somebody_who_can_do_both_leaves_the_role_that_others_can_fill() -> None:
    given_ = match({"assistant": ["li", "wang"], "director": ["li"]}, {"assistant": 1, "director": 1})
    assert given_ == {"assistant": ["wang"], "director": ["li"]}


def test_the_first_candidates_are_taken_where_it_makes_no_difference() -> None:
    assert match({"camera": ["C1", "C2", "C3"]}, {"camera": 2}) == {"camera": ["C1", "C2"]}

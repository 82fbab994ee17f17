"""A code can be said over a counter and is written down right."""

import re

from shared_base.bookings.codes import ALPHABET, new_code


def test_a_code_has_six_signs_none_of_which_is_taken_for_another() -> None:
    codes = {new_code() for _ in range(2000)}
    assert all(re.fullmatch(f"BK-[{ALPHABET}]{{6}}", code) for code in codes)
    assert not set("01OILUV") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 29


def test_codes_are_drawn_from_the_whole_alphabet_and_rarely_meet() -> None:
    codes = [new_code() for _ in range(2000)]
    assert set("".join(code[3:] for code in codes)) == set(ALPHABET)
    assert len(set(codes)) > 1995

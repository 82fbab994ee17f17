"""The code of a pass: whatever a scanner or a person makes of it, it is read; anything else is not."""

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared_base.bookings import pass_codes

KEY = pass_codes.key_of("a secret of the house, long enough to be one")
ID = UUID("01940000-0000-7000-8000-00000000abcd")
CODE = pass_codes.write(KEY, ID)


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


@given(st.uuids(), st.text(min_size=32, max_size=80))
def test_every_pass_is_read_back_by_the_house_that_wrote_it_and_by_no_other(pass_id: UUID, secret: str) -> None:
    code = pass_codes.write(KEY, pass_id)
    assert pass_codes.read(KEY, code) == pass_id
    assume(pass_codes.key_of(secret) != KEY)
    assert pass_codes.read(pass_codes.key_of(secret), code) is None


@pytest.mark.parametrize(
    "shown",
    [
        CODE.lower(),
        f"  {CODE}\r\n",
        "-".join(pass_codes.in_groups(CODE)),
        " ".join(pass_codes.in_groups(CODE)),
        full_width(CODE),
        CODE.replace("0", "O").replace("1", "l"),
        f"https://base.example.com/p/{CODE}",
        f"HTTPS://BASE.EXAMPLE.COM/P/{CODE}/",
        full_width(f"https://base.example.com/p/{CODE}"),
    ],
)
def test_what_scanners_and_people_make_of_a_code_is_the_same_pass(shown: str) -> None:
    assert pass_codes.read(KEY, shown) == ID


@given(st.integers(0, pass_codes.LENGTH - 1), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_code_with_one_sign_changed_is_none(at: int, sign: str) -> None:
    assume(CODE[at] != sign)
    assert pass_codes.read(KEY, CODE[:at] + sign + CODE[at + 1 :]) is None


@given(st.text(max_size=600))
def test_nothing_that_people_hold_before_a_scanner_is_a_pass(text: str) -> None:
    assert pass_codes.read(KEY, text) is None


@pytest.mark.parametrize(
    "text", ["", CODE[:-1], CODE + "0", CODE + CODE, "U" * pass_codes.LENGTH, "https://pay.example/134567890123456789"]
)
def test_what_is_no_code_of_ours_is_none(text: str) -> None:
    assert pass_codes.read(KEY, text) is None


def test_a_code_has_no_sign_that_looks_like_another_and_fits_an_address() -> None:
    assert len(CODE) == pass_codes.LENGTH
    assert not set(CODE) & set("ILOU")
    assert urlsplit(f"https://base.example.com/p/{CODE}").path == f"/p/{CODE}"


def test_the_key_of_passes_is_not_the_secret_itself() -> None:
    secret = "a secret of the house, long enough to be one"
    assert pass_codes.key_of(secret) != secret.encode()
    assert len(pass_codes.seal(KEY, ID)) * 8 == 128

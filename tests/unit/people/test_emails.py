"""One address, one account."""

import pytest

from shared_base.core.errors import Invalid
from shared_base.people.accounts import parse_name
from shared_base.people.emails import parse_email


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Anna@Example.COM ", "anna@example.com"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "anna@example.com"),
        ("li.wei+base@mail.gov.cn", "li.wei+base@mail.gov.cn"),
        ("duty@mailhost", "duty@mailhost"),
    ],
)
def test_an_address_has_one_spelling_however_it_is_typed(typed: str, stored: str) -> None:
    assert parse_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "@example.com", "anna@example.com, eva@example.com", "anna@exa mple.com", "a@b@c.com",
     "anna@example.com\nBcc: all@example.com", "张伟@example.com", "Anna <anna@example.com>",
     "a" * 65 + "@example.com"],
)  # fmt: skip
def test_what_is_no_single_mail_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid, match=r"name@example\.com"):
        parse_email(typed)


def test_a_name_is_one_printable_line() -> None:
    assert parse_name("  张 \n\t 伟\u202e ") == "张 伟"
    for bad in ("", "  \n", "\u200b", "名" * 81):
        with pytest.raises(Invalid, match="1 to 80"):
            parse_name(bad)

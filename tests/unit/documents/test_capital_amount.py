"""中文大写金额, by the rules of 《支付结算办法》附一 and its own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_base.subsidies.documents.capital_amount import capital_amount


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (123456, "壹仟贰佰叁拾肆元伍角陆分"),
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (99, "玖角玖分"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (150, "壹元伍角整"),
        (1000, "壹拾元整"),
        (1500, "壹拾伍元整"),
        # the regulation's own examples
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元叁角贰分"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        # zeros between 亿, 万 and 元
        (10000000, "壹拾万元整"),
        (10000100, "壹拾万零壹元整"),
        (10101000, "壹拾万壹仟零壹拾元整"),  # a zero 万 before a figure of 仟: no 零
        (100000000000, "壹拾亿元整"),
        (10000000100, "壹亿零壹元整"),
        (10001000000, "壹亿零壹万元整"),
        (11000000000, "壹亿壹仟万元整"),
        (100000000000000, "壹万亿元整"),
        (56536403, "伍拾陆万伍仟叁佰陆拾肆元零叁分"),
        (-2501, "负贰拾伍元零壹分"),
    ],
)
def test_amounts_are_written_as_the_regulation_writes_them(fen: int, capitals: str) -> None:
    assert capital_amount(fen) == capitals


def read_back(capitals: str) -> int:
    """The fen that a reader makes of capitals."""
    digits, places = "零壹贰叁肆伍陆柒捌玖", {"拾": 10, "佰": 100, "仟": 1000}

    def whole(text: str) -> int:
        for name, unit in (("亿", 10**8), ("万", 10**4)):
            if name in text:
                high, low = text.rsplit(name, 1) if name == "亿" else text.split(name, 1)
                return whole(high) * unit + whole(low)
        total = digit = 0
        for letter in text:
            if letter in places:
                total, digit = total + digit * places[letter], 0
            else:
                digit = digits.index(letter)
        return total + digit

    if capitals.startswith("负"):
        return -read_back(capitals[1:])
    yuan, _, rest = capitals.rpartition("元")
    jiao, _, fen = rest.rpartition("角")
    fen = fen.removesuffix("分").removesuffix("整").removeprefix("零")
    return whole(yuan) * 100 + (digits.index(jiao) * 10 if jiao else 0) + (digits.index(fen) if fen else 0)


@given(st.integers(min_value=-(10**20), max_value=10**20))
def test_a_reader_of_the_capitals_reads_the_same_amount(fen: int) -> None:
    capitals = capital_amount(fen)
    assert read_back(capitals) == fen
    assert "零零" not in capitals
    assert capitals.endswith(("整", "分"))

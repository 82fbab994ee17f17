"""Money is integer fen (1 元 = 100 fen). Exact intermediate values are `Fraction`; nothing is ever a float."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, NewType

Fen = NewType("Fen", int)

Rounding = Literal["half_up", "down"]


def rounded(value: Fraction, mode: Rounding = "half_up") -> int:
    """The one rounding function: an exact value to an integer.

    `half_up`: to the nearest, a half away from zero (rent due, quote lines, ratios).
    `down`: toward zero (a subsidy line: never a fen more than the policy gives).
    """
    sign = -1 if value < 0 else 1
    magnitude = abs(value)
    if mode == "half_up":
        magnitude += Fraction(1, 2)
    return sign * (magnitude.numerator // magnitude.denominator)


def ratio(part: int | Decimal | Fraction, whole: int | Decimal | Fraction) -> str | None:
    """`part / whole` with four places, half up, as a string; `None` over a zero denominator. Never clamped."""
    if whole == 0:
        return None
    ten_thousandths = rounded(Fraction(part) / Fraction(whole) * 10_000)
    sign = "-" if ten_thousandths < 0 else ""
    return f"{sign}{abs(ten_thousandths) // 10_000}.{abs(ten_thousandths) % 10_000:04d}"


def plain(value: Decimal) -> str:
    """The shortest plain decimal of an area: `50235.5`, `161200`, `0`; no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def yuan(fen: int) -> str:
    """How readers write an amount: `1,234,567.80` (元)."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"

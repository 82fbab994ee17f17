"""What a claim says, in both languages at once.

A claim is frozen evidence: its sentences are written when it is computed and hashed with the figures, Chinese first and
English beside it. They therefore stand here and not in the interface's message catalogue, which may change later.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared_base.core.money import plain, yuan
from shared_base.core.periods import Month


@dataclass(frozen=True)
class Wording:
    """One sentence in Chinese and in English; both are templates with the same `%(name)s` placeholders until filled."""

    zh: str
    en: str

    def fill(self, **values: Any) -> "Wording":
        """Both texts with `values` put in; a value that is itself a `Wording` gives each text its own language."""
        zh = {name: value.zh if isinstance(value, Wording) else value for name, value in values.items()}
        en = {name: value.en if isinstance(value, Wording) else value for name, value in values.items()}
        return Wording(self.zh % zh, self.en % en)

    def __add__(self, other: "Wording") -> "Wording":
        return Wording(self.zh + other.zh, self.en + other.en)


def exact_yuan(fen: Fraction) -> str:
    """An exact amount in 元: to the fen where it is whole, else cut after four more places and marked `…`."""
    if fen.denominator == 1:
        return yuan(fen.numerator)
    scaled = fen * 10_000
    whole, parts = divmod(scaled.numerator // scaled.denominator, 10_000)
    digits = f"{parts:04d}" if scaled.denominator != 1 else f"{parts:04d}".rstrip("0")
    return f"{yuan(whole)}{digits}{'' if scaled.denominator == 1 else '…'}"


def percent(share: Decimal) -> str:
    """A share as people read it: `0.5` is `50%`."""
    return f"{plain(share * 100)}%"


def month_spans(months: list[Month]) -> str:
    """Months as the command line takes them, runs joined: `2025-01/2025-03, 2025-06`."""
    runs: list[tuple[Month, Month]] = []
    for month in sorted(set(months)):
        if runs and month.minus(runs[-1][1]) == 1:
            runs[-1] = (runs[-1][0], month)
        else:
            runs.append((month, month))
    return ", ".join(str(first) if first == last else f"{first}/{last}" for first, last in runs)

"""What stands beside a claim's figures: names, quoted clauses and the payments and report rows behind each line.

Plain JSON objects, since they are kept with the claim as it was built; the claim's own bytes hold codes only.
"""

from dataclasses import dataclass
from typing import NotRequired, TypedDict


class Sentence(TypedDict):
    """One text in both languages."""

    zh: str
    en: str


class Clause(TypedDict):
    """A clause that steps and conditions cite, with the words of the source, quoted in its own language.

    A clause quoted in several places comes several times.
    """

    clause: str
    text: str
    source: NotRequired[str]


class LeaseName(TypedDict):
    """Where a lease is: its base's name, and the spaces it lets."""

    base_name: str
    spaces: NotRequired[str]


class Payment(TypedDict):
    """A payment for one service month, as it was recorded; `kind` is rent, property_fee or utilities."""

    ref: str
    paid_on: str
    kind: str
    amount_fen: int
    invoice_no: str | None


class LineEvidence(TypedDict):
    """Behind one line (a lease in a month): the frozen report's own row of the lease, and every payment for it."""

    lease: str
    month: str
    area_m2: str
    days_in_force: int
    payable_days: int
    days_of_month: int
    rent_due_fen: int
    property_fee_due_fen: int
    payments: list[Payment]


class ClaimNames(TypedDict):
    """All that a claim's documents print beside its JSON."""

    tenant: str
    policy: Sentence
    clauses: list[Clause]
    leases: dict[str, LeaseName]
    evidence: list[LineEvidence]


@dataclass(frozen=True)
class ClaimFigures:
    """What became of the computed amount, in fen; each is a figure of its own and `None` until it is known."""

    claimed_fen: int | None = None
    approved_fen: int | None = None
    paid_fen: int | None = None
    clawed_back_fen: int | None = None

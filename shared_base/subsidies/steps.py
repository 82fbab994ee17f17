"""The explanation of a claim: each step with its clause, the figure before it, the figure after it, and why."""

from dataclasses import dataclass

from shared_base.subsidies.wording import Wording


@dataclass(frozen=True)
class Step:
    """One line of the explanation. `step` is a stable name; amounts are fen; `clause` cites the policy or the rule."""

    step: str
    clause: str
    before_fen: int
    after_fen: int
    why: Wording


class Explanation:
    """Collects steps in order. `total_fen` runs through the steps over the whole claim: each begins where the one
    before it ended, so that a reader can follow the figure from the rent due to the amount computed."""

    def __init__(self, total_fen: int) -> None:
        self.total_fen = total_fen
        self.steps: list[Step] = []

    def total(self, step: str, clause: str, after_fen: int, why: Wording) -> None:
        """A step over the whole claim."""
        self.steps.append(Step(step, clause, self.total_fen, after_fen, why))
        self.total_fen = after_fen

    def note(self, step: str, clause: str, why: Wording) -> None:
        """A step that changes no figure."""
        self.total(step, clause, self.total_fen, why)

    def line(self, clause: str, before_fen: int, after_fen: int, why: Wording) -> None:
        """One line's own step; the running total waits for their sum."""
        self.steps.append(Step("line", clause, before_fen, after_fen, why))

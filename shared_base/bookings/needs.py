"""What a session needs beside its studio and host: equipment by kind, crew by role, samples one by one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

#: of one kind, role or lot, and how many of them
MOST_OF_ONE = 1000
MOST_LINES = 50


K = TypeVar("K", str, UUID)


@dataclass(frozen=True)
class Needs:
    """Numbers of kinds, of roles and of samples; each named once, in order. Nothing is needed twice over."""

    equipment: tuple[tuple[str, int], ...] = ()  #: code of a kind of the base, quantity
    crew: tuple[tuple[str, int], ...] = ()  #: code of a role of the base, quantity
    samples: tuple[tuple[UUID, int], ...] = ()  #: a sample of the base; more than one only of a counted lot

    def __bool__(self) -> bool:
        return bool(self.equipment or self.crew or self.samples)

    @property
    def by_kind(self) -> bool:
        """Whether units or people have to be picked."""
        return bool(self.equipment or self.crew)

    @classmethod
    def of(
        cls,
        *,
        equipment: Iterable[tuple[str, int]] = (),
        crew: Iterable[tuple[str, int]] = (),
        samples: Iterable[tuple[UUID, int]] = (),
    ) -> "Needs":
        """Needs as somebody wrote them: what is named twice is added up. `Invalid` for a quantity that cannot be."""
        return cls(_summed(equipment, "equipment"), _summed(crew, "crew"), _summed(samples, "samples"))

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Needs":
        """From the form that `as_json` writes."""
        return cls.of(
            equipment=[(line["kind"], line["quantity"]) for line in told.get("equipment", ())],
            crew=[(line["role"], line["quantity"]) for line in told.get("crew", ())],
            samples=[(UUID(str(line["id"])), line["quantity"]) for line in told.get("samples", ())],
        )

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """As requests of the API name them; what is not needed is left out."""
        told: dict[str, list[dict[str, Any]]] = {
            "equipment": [{"kind": kind, "quantity": number} for kind, number in self.equipment],
            "crew": [{"role": role, "quantity": number} for role, number in self.crew],
            "samples": [{"id": str(sample), "quantity": number} for sample, number in self.samples],
        }
        return {name: lines for name, lines in told.items() if lines}

    def and_also(self, other: "Needs") -> "Needs":
        """Both together."""
        return Needs.of(
            equipment=self.equipment + other.equipment,
            crew=self.crew + other.crew,
            samples=self.samples + other.samples,
        )

    def without(self, missing: "Needs") -> "Needs":
        """What is left once as many of each as `missing` names are given up."""
        return Needs(
            _less(self.equipment, missing.equipment),
            _less(self.crew, missing.crew),
            _less(self.samples, missing.samples),
        )


NOTHING = Needs()


def _summed(lines: Iterable[tuple[K, int]], field: str) -> tuple[tuple[K, int], ...]:
    counted: Counter[K] = Counter()
    for key, number in lines:
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise faulty(field, N_("A quantity is a whole number from 1 on; leave the line out for none."))
        counted[key] += number
    if len(counted) > MOST_LINES or any(number > MOST_OF_ONE for number in counted.values()):
        raise faulty(
            field,
            N_("At most %(lines)s lines and %(number)s of one: book the rest by itself."),
            lines=MOST_LINES,
            number=MOST_OF_ONE,
        )
    return tuple(sorted(counted.items(), key=lambda line: str(line[0])))


def _less(lines: tuple[tuple[K, int], ...], missing: tuple[tuple[K, int], ...]) -> tuple[tuple[K, int], ...]:
    gone = dict(missing)
    return tuple((key, number - gone.get(key, 0)) for key, number in lines if number > gone.get(key, 0))

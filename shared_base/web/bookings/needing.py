"""What a session needs beside its studio, as pages write it: fields of a form, and lines of an address.

A form's fields are `equipment.camera=2`, `crew.director=1`, `sample.<id>=1`; an address says the same shorter:
`equipment=camera:2&crew=director:1&sample=<id>:1`.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from shared_base.bookings.needs import Needs
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

#: what an address and a form call the three sorts
EQUIPMENT, CREW, SAMPLE = "equipment", "crew", "sample"


def _number(text: str, field: str) -> int:
    """A quantity as somebody typed it; nothing is 0."""
    cleaned = text.strip()
    if not cleaned:
        return 0
    if not cleaned.isdecimal() or len(cleaned) > 6:
        raise faulty(field, N_("A quantity is a whole number; write for example 2."))
    return int(cleaned)


def _lines(values: MultiDict[str, str], sort: str) -> dict[str, int]:
    """Quantities by code or id, those of the form's fields before those of the address; what is 0 is not needed."""
    found: dict[str, int] = {}
    for line in values.getlist(sort):
        key, _colon, number = line.rpartition(":")
        found[key or number] = _number(number, sort) if key else 1
    for name, text in values.items():
        head, dot, key = name.partition(".")
        if dot and head == sort:
            found[key] = _number(text, sort)
    return {key: number for key, number in found.items() if number}


def equipment_lines(lines: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """`["camera:2"]` → `(("camera", 2),)`; `Invalid` for a number that is none."""
    return Needs.of(equipment=_lines(MultiDict([(EQUIPMENT, line) for line in lines]), EQUIPMENT).items()).equipment


def needs_of(values: MultiDict[str, str]) -> Needs:
    """The needs of a request's form or address; `Invalid` for a quantity or an id that cannot be."""
    samples = []
    for key, number in _lines(values, SAMPLE).items():
        try:
            samples.append((UUID(key), number))
        except ValueError:
            raise faulty(SAMPLE, N_("This sample is not known; choose it from the list of samples.")) from None
    return Needs.of(equipment=_lines(values, EQUIPMENT).items(), crew=_lines(values, CREW).items(), samples=samples)


def in_address(needs: Needs) -> dict[str, Any]:
    """Values for `url_for` that fill a form in with the needs."""
    told: Mapping[str, Iterable[tuple[Any, int]]] = {
        EQUIPMENT: needs.equipment,
        CREW: needs.crew,
        SAMPLE: needs.samples,
    }
    return {name: [f"{key}:{number}" for key, number in lines] for name, lines in told.items() if lines}

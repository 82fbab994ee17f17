"""What must hold between rows: keys once, references known, no two in one room at once. Pure: what is stored is given.

The database has the last word on overlaps; it is asked here first because only here both rows can be named.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from shared_base.core.i18n import N_
from shared_base.workbook.errors import CellError
from shared_base.workbook.rows import BookingRow, EquipmentRow, LeaseRow
from shared_base.workbook.table import Table

Key = tuple[str, ...]
_Row = TypeVar("_Row", BookingRow, LeaseRow)
#: Natural keys by sheet name.
Keys = Mapping[str, set[Key]]

_UNKNOWN = {
    "bases": N_("there is no base %(key)s, neither in the workbook nor stored"),
    "spaces": N_("the base %(base)s has no space %(key)s, neither in the workbook nor stored"),
    "tenants": N_("there is no tenant %(key)s, neither in the workbook nor stored"),
    "leases": N_("there is no lease %(key)s, neither in the workbook nor stored"),
}


def _records(table: Table) -> Iterator[tuple[int, Callable[[str], Any]]]:
    """Every row with how to read its cells: records, then what is left of refused rows."""
    for row in table.rows:
        yield row.row, row.__getattribute__
    for number, values in table.partial.items():
        yield number, values.get


def _keys(table: Table) -> Iterator[tuple[int, Key]]:
    for number, get in _records(table):
        parts = tuple(get(name) for name in table.sheet.key)
        if all(part is not None for part in parts):
            yield number, parts


def within(table: Table) -> Iterator[CellError]:
    """Every fault between the rows of one sheet."""
    yield from _duplicates(table)
    if table.sheet.name == "bookings":
        yield from _overlapping_bookings(table)
    if table.sheet.name == "leases":
        yield from _overlapping_leases(table)
    if table.sheet.name == "equipment":
        yield from _kinds_of_two_names(table)


def _duplicates(table: Table) -> Iterator[CellError]:
    """Rows whose natural key stands further up, also where they agree in everything: which one is meant?"""
    first: dict[Key, int] = {}
    for number, key in sorted(_keys(table)):
        if key in first:
            yield table.fault(
                number,
                table.sheet.key[-1],
                N_("%(key)s stands in row %(first)s already"),
                key=" ".join(key),
                first=first[key],
            )
        else:
            first[key] = number


def named(tables: Mapping[str, Table]) -> dict[str, set[Key]]:
    """The natural keys that rows have or refer to, of the sheets that can be referred to."""
    keys: dict[str, set[Key]] = {name: set() for name in _UNKNOWN}
    for name, table in tables.items():
        if name in keys:
            keys[name].update(key for _, key in _keys(table))
        for _, get in _records(table):
            for reference in table.sheet.references:
                keys[reference.to].update(reference.keys(get))
    return keys


def unknown_references(tables: Mapping[str, Table], stored: Keys) -> Iterator[CellError]:
    """References to rows that are neither in the workbook nor stored. A base that is unknown is named once a row."""
    known = {name: set(stored.get(name, ())) for name in _UNKNOWN}
    for name, table in tables.items():
        if name in known:
            known[name].update(key for _, key in _keys(table))
    unsure = {name for name, table in tables.items() if not table.whole}
    for table in tables.values():
        for number, get in _records(table):
            for reference in table.sheet.references:
                if reference.to in unsure:
                    continue
                for key in reference.keys(get):
                    if key in known[reference.to] or (reference.within and (key[0],) not in known["bases"]):
                        continue
                    yield table.fault(number, reference.column, _UNKNOWN[reference.to], key=key[-1], base=key[0])


def _kinds_of_two_names(table: Table) -> Iterator[CellError]:
    """Rows that call a kind of equipment otherwise than a row further up: which name is meant?"""
    first: dict[Key, EquipmentRow] = {}
    for unit in table.rows:
        other = first.setdefault((unit.base, unit.kind), unit)
        if unit.kind_name != other.kind_name:
            yield table.fault(
                unit.row,
                "kind_name",
                N_("the kind %(kind)s is called “%(name)s” here and “%(other)s” in row %(first)s"),
                kind=unit.kind,
                name=unit.kind_name,
                other=other.kind_name,
                first=other.row,
            )


def _overlapping_bookings(table: Table) -> Iterator[CellError]:
    """Two bookings of one space, neither cancelled, whose scheduled times (up to `released_at`) overlap."""
    taken: dict[Key, list[BookingRow]] = {}
    for booking in table.rows:
        if booking.state != "cancelled" and booking.start < booking.until:
            taken.setdefault((booking.base, booking.space), []).append(booking)
    for (base, space), bookings in taken.items():
        latest, *others = sorted(bookings, key=lambda booking: (booking.start, booking.row))
        for booking in others:
            if booking.start < latest.until:
                later, other = _in_file_order(booking, latest)
                yield table.fault(
                    later.row,
                    "start",
                    N_("the bookings %(ref)s and %(other)s (row %(row)s) have %(space)s of %(base)s at the same time"),
                    ref=later.ref,
                    other=other.ref,
                    row=other.row,
                    space=space,
                    base=base,
                )
            if booking.until > latest.until:
                latest = booking


def _overlapping_leases(table: Table) -> Iterator[CellError]:
    """Two leases that let the same space on the same day."""
    let: dict[Key, list[LeaseRow]] = {}
    for lease in table.rows:
        for space in lease.spaces:
            let.setdefault((lease.base, space), []).append(lease)
    for (base, space), leases in let.items():
        latest, *others = sorted(leases, key=lambda lease: (lease.start_date, lease.row))
        for lease in others:
            if lease.start_date <= latest.end_date:
                later, other = _in_file_order(lease, latest)
                yield table.fault(
                    later.row,
                    "spaces",
                    N_("the leases %(ref)s and %(other)s (row %(row)s) both let %(space)s of %(base)s on %(day)s"),
                    ref=later.ref,
                    other=other.ref,
                    row=other.row,
                    space=space,
                    base=base,
                    day=lease.start_date.isoformat(),
                )
            if lease.end_date > latest.end_date:
                latest = lease


def _in_file_order(one: _Row, two: _Row) -> tuple[_Row, _Row]:
    """The row further down, which is blamed, and the other."""
    return (one, two) if one.row > two.row else (two, one)

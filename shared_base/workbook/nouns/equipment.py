"""Units of equipment: each is a resource. Their kinds come with them, and are called as the rows say."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from shared_base.core.i18n import N_
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.plans import Change, Plan, Stored, Values, display
from shared_base.workbook.rows import EquipmentRow
from shared_base.workbook.table import Faults, TooManyErrors

_STORED = sa.text("""
    select u.id, b.code as base, u.tag, k.code as kind, k.name as kind_name, u.serial, s.code as fixed_to
    from equipment_units u join bases b on b.id = u.base_id join equipment_kinds k on k.id = u.kind_id
      left join spaces s on s.id = u.fixed_to
    where b.code = any(:bases)
""")

_KINDS = sa.text("""
    select b.code as base, k.code, k.name, k.id from equipment_kinds k join bases b on b.id = k.base_id
    where b.code = any(:bases)
""")

# A unit has the id of its resource: made here, used twice.
_INSERT = sa.text("""
    with given as (
      select uuidv7() as id, g.*
      from unnest(cast(:base_ids as uuid[]), cast(:kind_ids as uuid[]), cast(:tags as text[]),
                  cast(:serials as text[]), cast(:fixed as uuid[])) as g (base_id, kind_id, tag, serial, fixed_to)
    ), resource as (
      insert into resources (id, kind, base_id) select id, 'unit', base_id from given
    )
    insert into equipment_units (id, base_id, kind_id, tag, serial, fixed_to, created_at)
    select id, base_id, kind_id, tag, serial, fixed_to, :at from given
""")

_RENAMED = N_(
    "the kind %(kind)s is stored as “%(stored)s”, here it is called “%(found)s”; import with --update to correct it"
)
_NO_STUDIO = N_("%(key)s is no studio: equipment is fixed to a studio of its base")


class Equipment(PlainNoun):
    """A retired unit is left alone: the sheet tells what a unit is, not whether it is in service."""

    sheet = sheets.EQUIPMENT

    def stored(self, loading: Loading, rows: Sequence[EquipmentRow]) -> dict[Key, Stored]:
        names = [column.name for column in self.sheet.columns]
        found = loading.session.execute(_STORED, {"bases": sorted({row.base for row in rows})})
        return {(unit.base, unit.tag): Stored({name: getattr(unit, name) for name in names}, unit.id) for unit in found}

    def conflicts(self, loading: Loading, plan: Plan) -> Iterator[CellError]:
        """A new unit, or one that changes its kind, may not rename a kind in passing without `--update`."""
        if loading.update:
            return
        column = self.sheet.by_name["kind_name"]
        known = self._kinds(
            loading, [(row.base, row.kind) for row in plan.new] + [_kind(c.after) for c in plan.changed]
        )
        moved = [(change.row, change.after) for change in plan.changed if "kind_name" not in change.columns]
        for row, values in [*((new.row, self.wanted(new)) for new in plan.new), *moved]:
            name = known.get(_kind(values), (None, values["kind_name"]))[1]
            if name != values["kind_name"]:
                yield plan.table.fault(
                    row,
                    column.name,
                    _RENAMED,
                    kind=values["kind"],
                    stored=display(column, name, loading.zone_of(plan.table)),
                    found=values["kind_name"],
                )

    def write(self, loading: Loading, plan: Plan) -> None:
        _refuse_other_rooms(loading, plan)
        wanted = [self.wanted(row) for row in plan.new] + [change.after for change in plan.changed]
        self._name_kinds(loading, {_kind(values): values["kind_name"] for values in wanted})
        super().write(loading, plan)

    def insert(self, loading: Loading, rows: Sequence[EquipmentRow]) -> None:
        kinds = self._kinds(loading, [(row.base, row.kind) for row in rows])
        loading.session.execute(
            _INSERT,
            {
                "base_ids": [loading.ids.bases[(row.base,)].id for row in rows],
                "kind_ids": [kinds[row.base, row.kind][0] for row in rows],
                "tags": [row.tag for row in rows],
                "serials": [row.serial for row in rows],
                "fixed": [_fixed_to(loading, self.wanted(row)) for row in rows],
                "at": loading.at,
            },
        )

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        kinds = self._kinds(loading, [_kind(change.after) for change in changes])
        loading.session.execute(
            sa.update(EquipmentUnit),
            [
                {
                    "id": change.ids,
                    "kind_id": kinds[_kind(change.after)][0],
                    "serial": change.after["serial"],
                    "fixed_to": _fixed_to(loading, change.after),
                }
                for change in changes
            ],
        )

    def _kinds(self, loading: Loading, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[UUID, str]]:
        """The stored kinds of the bases, with their names."""
        found = loading.session.execute(_KINDS, {"bases": sorted({base for base, _ in keys})})
        return {(kind.base, kind.code): (kind.id, kind.name) for kind in found}

    def _name_kinds(self, loading: Loading, names: dict[tuple[str, str], str]) -> None:
        """Enter the kinds that are new, and rename those that are called otherwise now."""
        known = self._kinds(loading, list(names))
        new = [
            {"base_id": loading.ids.bases[(base,)].id, "code": code, "name": name, "created_at": loading.at}
            for (base, code), name in names.items()
            if (base, code) not in known
        ]
        renamed = [
            {"id": known[key][0], "name": name} for key, name in names.items() if key in known and known[key][1] != name
        ]
        if new:
            loading.session.execute(sa.insert(EquipmentKind), new)
        if renamed:
            loading.session.execute(sa.update(EquipmentKind), renamed)


def _kind(values: Values) -> tuple[str, str]:
    return values["base"], values["kind"]


def _fixed_to(loading: Loading, values: Values) -> Any:
    return loading.ids.spaces[values["base"], values["fixed_to"]].id if values["fixed_to"] else None


def _refuse_other_rooms(loading: Loading, plan: Plan) -> None:
    """Whether a space is a studio is known once the sheet of spaces is stored: only then can it be told."""
    errors: list[CellError] = []
    faults = Faults(errors)
    given = [*((row.row, row.base, row.fixed_to) for row in plan.new)]
    given += [(change.row, change.after["base"], change.after["fixed_to"]) for change in plan.changed]
    try:
        for row, base, space in given:
            if space and loading.ids.spaces[base, space].kind != "studio":
                faults.add(plan.table.fault(row, "fixed_to", _NO_STUDIO, key=space))
    except TooManyErrors:
        raise WorkbookInvalid(errors, more=True) from None
    if errors:
        raise WorkbookInvalid(errors)

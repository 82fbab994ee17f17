"""The sheet of equipment: kinds come with their units, and what is fixed is fixed to a studio."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.integration.workbook.importing import contents, load, load_only, one, refused, refused_before_writing, rows
from tests.unit.workbook.building import in_chinese, row, tables

UNITS = "select u.tag, k.code, k.name, s.code from equipment_units u join equipment_kinds k on k.id = u.kind_id"
STORED = f"{UNITS} left join spaces s on s.id = u.fixed_to order by u.tag"


def load_house(session: Session, folder: Path) -> None:
    """All but equipment."""
    load_only(session, folder, {name: sheet for name, sheet in tables().items() if name != "equipment"})


def test_units_are_resources_that_bookings_can_take_and_their_kinds_come_with_them(
    session: Session, tmp_path: Path
) -> None:
    equipment = [
        row("equipment"),
        row("equipment", tag="CAM-02", fixed_to="S01"),
        row("equipment", tag="KL-01", kind="Key_Light", kind_name="主灯", serial=""),
    ]
    result = load(session, tmp_path, equipment=equipment)
    assert result.sheets["equipment"].added == 3
    assert rows(session, STORED) == [
        ("CAM-01", "camera", "相机", None),
        ("CAM-02", "camera", "相机", "S01"),
        ("KL-01", "key_light", "主灯", None),
    ]
    joined = "select count(*) from equipment_units u join resources r on r.id = u.id and r.kind = 'unit'"
    assert one(session, joined) == 3
    before = contents(session)
    assert load_only(session, tmp_path, {"equipment": equipment}).changed == 0
    assert contents(session) == before


def test_a_dry_run_and_chinese_headers_are_understood(session: Session, tmp_path: Path) -> None:
    load_house(session, tmp_path)
    before = contents(session)
    sheets = in_chinese({"equipment": [row("equipment")]})
    assert load_only(session, tmp_path, sheets, dry_run=True).sheets["equipment"].added == 1
    assert contents(session) == before
    load_only(session, tmp_path, sheets)
    assert rows(session, STORED) == [("CAM-01", "camera", "相机", None)]


def test_a_kind_of_two_names_in_one_file_is_refused(session: Session, tmp_path: Path) -> None:
    load_house(session, tmp_path)
    equipment = [row("equipment"), row("equipment", tag="CAM-02", kind_name="摄像机")]
    (error,) = refused_before_writing(session, tmp_path, update=True, equipment=equipment)
    assert (error.row, error.column) == (3, "kind_name")
    assert "“摄像机” here and “相机” in row 2" in error.what()


def test_a_new_unit_renames_a_stored_kind_with_update_only(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    new = [row("equipment", tag="CAM-02", kind_name="摄像机")]
    (error,) = refused_before_writing(session, tmp_path, equipment=new)
    assert error.column == "kind_name"
    assert "stored as “相机”, here it is called “摄像机”" in error.what()
    load_only(session, tmp_path, {"equipment": new}, update=True)
    assert [name for _, _, name, _ in rows(session, STORED)] == ["摄像机", "摄像机"]
    assert one(session, "select count(*) from audit_entries where subject_table = 'equipment_kinds'") == 2


def test_equipment_fixed_to_what_is_no_studio_or_does_not_exist_is_refused(session: Session, tmp_path: Path) -> None:
    office = row("spaces", code="O01", kind="office")
    load(session, tmp_path, spaces=[row("spaces"), office])
    (error,) = refused(session, tmp_path, equipment=[row("equipment", tag="CAM-02", fixed_to="O01")])
    assert (error.column, error.row) == ("fixed_to", 2)
    assert "O01 is no studio" in error.what()
    (error,) = refused_before_writing(session, tmp_path, equipment=[row("equipment", tag="CAM-02", fixed_to="S99")])
    assert "has no space S99" in error.what()


def test_a_retired_unit_stays_retired_whatever_is_imported(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    session.execute(sa.text("update equipment_units set retired_at = now()"))
    assert load_only(session, tmp_path, {"equipment": [row("equipment")]}).changed == 0
    load_only(session, tmp_path, {"equipment": [row("equipment", serial="SN2")]}, update=True)
    assert rows(session, "select serial, retired_at is not null from equipment_units") == [("SN2", True)]


def test_every_bad_cell_is_told_at_once(session: Session, tmp_path: Path) -> None:
    load_house(session, tmp_path)
    equipment = [row("equipment", kind="相机"), row("equipment", tag="A B"), row("equipment", kind_name="")]
    errors = refused_before_writing(session, tmp_path, equipment=equipment)
    assert {(error.row, error.column) for error in errors} >= {(2, "kind"), (3, "tag"), (4, "kind_name")}

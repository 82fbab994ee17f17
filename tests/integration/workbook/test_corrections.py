"""A row that differs from what is stored: an error without `--update`, a correction that leaves its trace with it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.conftest import NOON
from tests.integration.workbook.importing import contents, load, load_only, one, refused_before_writing, rows
from tests.unit.workbook.building import BRAND, row

CORRECTIONS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("bases", {"name": "新名字"}, "name", "哈尔滨直播电商共享基地", "新名字"),
    ("bases", {"closes": "24:00"}, "closes", "02:00", "24:00"),
    ("bases", {"recognition_no": "HLJ-1", "recognised_from": "2024-01-01"}, "recognised_from", "", "2024-01-01"),
    ("spaces", {"area_m2": "90"}, "area_m2", "88.25", "90"),
    ("spaces", {"in_service_to": "2026-12-31"}, "in_service_to", "", "2026-12-31"),
    ("closures", {"end": "2026-08-04T12:00+08:00"}, "end", "2026-08-04T11:00:00+08:00", "2026-08-04T12:00:00+08:00"),
    ("closures", {"space": ""}, "space", "S01", ""),
    ("tenants", {"kind": "brand"}, "kind", "mcn", "brand"),
    ("leases", {"monthly_rent_fen": "8453251"}, "monthly_rent_fen", "8453250", "8453251"),
    ("leases", {"end_date": "2027-06-01"}, "end_date", "2027-05-31", "2027-06-01"),
    ("leases", {"rent_free": ""}, "rent_free", "2024-06-01/2024-06-20", ""),
    ("equipment", {"serial": "SN2"}, "serial", "SN1", "SN2"),
    ("equipment", {"fixed_to": "S01"}, "fixed_to", "", "S01"),
    ("equipment", {"kind_name": "摄像机"}, "kind_name", "相机", "摄像机"),
    ("equipment", {"kind": "camcorder"}, "kind", "camera", "camcorder"),
    ("bookings", {"state": "no_show"}, "state", "completed", "no_show"),
    ("bookings", {"title": "晚九点专场"}, "title", "晚八点专场", "晚九点专场"),
    ("bookings", {"checked_out_at": "2026-10-01T01:31+08:00"}, "checked_out_at", "2026-10-01T01:30:00+08:00",
     "2026-10-01T01:31:00+08:00"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "cells", "column", "stored", "found"), CORRECTIONS)
def test_a_row_that_differs_is_refused_with_both_values_and_corrected_with_update(
    session: Session, tmp_path: Path, sheet: str, cells: dict[str, Any], column: str, stored: str, found: str
) -> None:
    # the file states every optional column, so that a blank is a value
    blank = {"recognition_no": "", "recognised_from": ""} if sheet == "bases" else {}
    blank = {"in_service_to": ""} if sheet == "spaces" else blank
    original = {sheet: [row(sheet, **blank)]}
    load(session, tmp_path, **original)
    changed = {sheet: [row(sheet, **{**blank, **cells})]}
    errors = refused_before_writing(session, tmp_path, **changed)
    error = next(each for each in errors if each.column == column)
    assert (error.sheet, error.row) == (sheet, 2)
    assert f"stored with “{stored}”, here it has “{found}”; import with --update" in error.what()

    result = load_only(session, tmp_path, changed, update=True)
    assert (result.sheets[sheet].corrected, result.sheets[sheet].added) == (1, 0)
    after = contents(session)
    again = load_only(session, tmp_path, changed)
    assert again.changed == 0
    assert contents(session) == after
    if sheet != "bookings":
        assert one(session, "select count(*) from audit_entries where action <> 'insert'") >= 1
    load_only(session, tmp_path, original, update=True)
    assert load_only(session, tmp_path, original).changed == 0


def test_a_column_that_the_file_leaves_out_is_neither_compared_nor_cleared(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, tenants=[row("tenants", contact_name="李经理")])
    assert load_only(session, tmp_path, {"tenants": [row("tenants")]}).changed == 0
    load_only(session, tmp_path, {"tenants": [row("tenants", name="新名字")]}, update=True)
    assert rows(session, "select name, contact_name from tenants") == [("新名字", "李经理")]


def test_the_order_of_a_leases_spaces_says_nothing(session: Session, tmp_path: Path) -> None:
    spaces = [row("spaces", code=code, kind="office") for code in ("S01", "O01")]
    load(session, tmp_path, spaces=spaces, leases=[row("leases", spaces="S01;O01")])
    assert load_only(session, tmp_path, {"leases": [row("leases", spaces="O01;S01")]}).changed == 0
    load_only(session, tmp_path, {"leases": [row("leases", spaces="O01")]}, update=True)
    assert one(session, "select count(*) from lease_spaces") == 1


def test_a_booked_payment_is_never_changed_also_with_update(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    for update in (False, True):
        errors = refused_before_writing(
            session, tmp_path, update=update, rent_payments=[row("rent_payments", amount_fen="1", paid_on="2024-05-07")]
        )
        assert [error.column for error in errors] == ["paid_on", "amount_fen"]
        assert "“8453250”, here it has “1”" in errors[1].what()
        assert "red-letter row" in errors[1].what()


def test_a_changed_check_in_is_a_new_statement_about_the_stay_with_its_reason(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    load_only(session, tmp_path, {"bookings": [row("bookings", checked_in_at="2026-09-30T22:10+08:00")]}, update=True)
    assert rows(session, "select revision, checked_in_at, reason, recorder_label from stay_records order by 1") == [
        (1, datetime(2026, 9, 30, 13, 56, 30, tzinfo=UTC), None, "system"),
        (2, datetime(2026, 9, 30, 14, 10, tzinfo=UTC), "workbook import --update", "system"),
    ]
    assert rows(session, "select revision, checked_in_at, voided from stays") == [
        (2, datetime(2026, 9, 30, 14, 10, tzinfo=UTC), False)
    ]
    (told,) = rows(session, "select payload from events where kind = 'booking.corrected'")
    assert told[0] == {
        "reason": "workbook import --update",
        "before": {"checked_in_at": "2026-09-30T13:56:30+00:00"},
        "after": {"checked_in_at": "2026-09-30T14:10:00+00:00"},
    }


def test_a_check_in_taken_back_voids_the_stay_and_one_added_later_makes_another(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path)
    none = row("bookings", checked_in_at="", checked_out_at="", state="no_show")
    load_only(session, tmp_path, {"bookings": [none]}, update=True)
    assert rows(session, "select revision, voided from stays") == [(2, True)]
    assert load_only(session, tmp_path, {"bookings": [none]}).changed == 0
    load_only(session, tmp_path, {"bookings": [row("bookings")]}, update=True)
    assert rows(session, "select revision, voided from stays order by 1") == [(1, False), (2, True)]


def test_a_booking_that_moves_gives_up_its_room_and_takes_the_other(session: Session, tmp_path: Path) -> None:
    spaces = [row("spaces"), row("spaces", code="S02")]
    load(session, tmp_path, spaces=spaces, bookings=[row("bookings"), row("bookings", ref="B2", space="S02")])
    # the two change places: neither is in the other's way
    swapped = [row("bookings", space="S02"), row("bookings", ref="B2", space="S01")]
    load_only(session, tmp_path, {"bookings": swapped}, update=True)
    held = "select b.ref, s.code, live from allocations a join spaces s on s.id = a.resource_id"
    assert rows(session, f"{held} join bookings b on b.id = booking_id order by live, ref") == [
        ("B1", "S01", False),
        ("B2", "S02", False),
        ("B1", "S02", True),
        ("B2", "S01", True),
    ]
    assert rows(
        session, "select b.ref, s.code from stays x join bookings b on b.id = booking_id join spaces s"
        " on s.id = x.studio_id order by 1"
    ) == [("B1", "S02"), ("B2", "S01")]  # fmt: skip
    assert rows(session, "select version, changed_at from bookings") == [(2, NOON)] * 2


def test_cancelling_by_correction_frees_the_room_for_a_new_booking_of_the_same_file(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path)
    bookings = [row("bookings", state="cancelled"), row("bookings", ref="B2")]
    result = load_only(session, tmp_path, {"bookings": bookings}, update=True)
    assert (result.sheets["bookings"].added, result.sheets["bookings"].corrected) == (1, 1)
    assert rows(session, "select ref, state, cancelled_at from bookings order by ref") == [
        ("B1", "cancelled", NOON),
        ("B2", "completed", None),
    ]
    assert one(session, "select count(*) from allocations where live") == 1


@pytest.mark.parametrize("sheet", ["bookings", "leases"])
def test_whose_a_booking_or_lease_is_cannot_be_corrected(session: Session, tmp_path: Path, sheet: str) -> None:
    tenants = [row("tenants"), row("tenants", uscc=BRAND)]
    load(session, tmp_path, tenants=tenants)
    (error,) = refused_before_writing(session, tmp_path, update=True, **{sheet: [row(sheet, tenant_uscc=BRAND)]})
    assert error.column == "tenant_uscc"
    assert "a ref of its own" in error.what()


def test_a_booking_with_several_stays_is_corrected_on_its_page_only(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    session.execute(
        sa.text(
            "insert into stay_records (stay_id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at,"
            " recorded_at, recorder_label) select uuidv7(), 1, booking_id, studio_id, base_id, tenant_id,"
            " checked_in_at + interval '1 hour', recorded_at, 'desk' from stay_records"
        )
    )
    (error,) = refused_before_writing(
        session, tmp_path, update=True, bookings=[row("bookings", checked_out_at="2026-10-01T01:31+08:00")]
    )
    assert "has 2 stays" in error.what()


def test_a_closure_that_was_called_off_is_a_difference_and_update_brings_it_back(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path)
    session.execute(sa.text("update outages set cancelled_at = now()"))
    (error,) = refused_before_writing(session, tmp_path, closures=[row("closures")])
    assert "(called off)" in error.what()
    load_only(session, tmp_path, {"closures": [row("closures")]}, update=True)
    assert one(session, "select count(*) from outages where cancelled_at is null") == 1


def test_the_newest_opening_and_recognition_of_a_base_are_the_workbooks(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, bases=[row("bases", recognised_from="2024-01-01", recognised_to="2024-12-31")])
    session.execute(sa.text("update opening_hours set valid = daterange(null, '2026-01-01')"))
    session.execute(
        sa.text(
            "insert into opening_hours (base_id, valid, opens_minute, closes_minute)"
            " select id, daterange('2026-01-01', null), 600, 1200 from bases"
        )
    )
    session.execute(
        sa.text(
            "insert into recognitions (base_id, number, valid)"
            " select id, 'N2', daterange('2026-01-01', null) from bases"
        )
    )
    later = row("bases", opens="10:00", closes="20:00", recognised_from="2026-01-01", recognised_to="")
    assert load_only(session, tmp_path, {"bases": [later]}).changed == 0
    load_only(
        session, tmp_path, {"bases": [{**later, "closes": "21:00", "recognised_from": "2026-02-01"}]}, update=True
    )
    assert rows(session, "select opens_minute, closes_minute from opening_hours order by valid") == [
        (480, 1560),
        (600, 1260),
    ]
    assert rows(session, "select number, lower(valid) from recognitions order by valid") == [
        (None, date(2024, 1, 1)),
        ("N2", date(2026, 2, 1)),
    ]

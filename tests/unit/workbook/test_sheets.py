"""The declaration of the workbook is consistent with itself: what reading, template and documents rest on."""

from dataclasses import fields

import pytest

from shared_base.workbook.columns import Sheet
from shared_base.workbook.sheets import BY_HEADING, BY_NAME, LATER, NOTES_HEADINGS, SHEETS
from shared_base.workbook.texts import heading_key

CONTRACT = {
    "bases": "code, name, tier, division_code, timezone?, opens, closes, lettable_area_m2, operator_uscc?,"
    " recognition_no?, recognised_from?, recognised_to?",
    "spaces": "base, code, name, kind, area_m2, scene?, in_service_from, in_service_to?, buffer_minutes?",
    "closures": "ref, base, space?, start, end, reason",
    "tenants": "uscc, name, kind, division_code?, contact_name?, contact_phone?",
    "leases": "ref, tenant_uscc, base, spaces, area_m2, start_date, end_date, monthly_rent_fen, property_fee_fen?,"
    " rent_free?",
    "rent_payments": "ref, lease_ref, service_month, paid_on, kind, amount_fen, invoice_no?",
    "equipment": "base, tag, kind, kind_name, serial?, fixed_to?",
    "bookings": "ref, space, base, tenant_uscc, start, end, state, checked_in_at?, checked_out_at?, released_at?,"
    " title?, platform?, host?",
}


def test_the_sheets_have_exactly_the_columns_of_the_contract() -> None:
    declared = {
        sheet.name: ", ".join(column.name + ("" if column.required else "?") for column in sheet.columns)
        for sheet in SHEETS
    }
    assert declared == CONTRACT


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_heading_of_a_sheet_names_one_column(sheet: Sheet) -> None:
    headings = [heading_key(word) for column in sheet.columns for word in (column.name, *column.zh)]
    assert len(headings) == len(set(headings))
    assert all(column.zh and any(ord(c) > 0x2E7F for c in column.zh[0]) for column in sheet.columns)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_record_of_a_row_has_the_fields_of_the_sheet_in_its_order(sheet: Sheet) -> None:
    assert [field.name for field in fields(sheet.row)] == ["row", *(column.name for column in sheet.columns)]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_sheet_refers_only_to_sheets_above_it_by_columns_that_exist(sheet: Sheet) -> None:
    above = [other.name for other in SHEETS[: SHEETS.index(sheet)]]
    for reference in sheet.references:
        assert reference.to in above
        assert reference.column in sheet.by_name
        assert reference.within is None or reference.within in sheet.by_name
    assert set(sheet.key) <= {column.name for column in sheet.columns if column.required}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_example_of_every_column_is_read_by_its_own_kind(sheet: Sheet) -> None:
    for column in sheet.columns:
        assert column.example
        column.kind.parse(column.example)


def test_names_of_sheets_are_told_apart_in_both_languages() -> None:
    assert len(BY_HEADING) == sum(1 + len(sheet.zh) for sheet in SHEETS)
    assert not set(BY_HEADING) & LATER
    assert not (set(BY_HEADING) | LATER) & NOTES_HEADINGS
    assert set(BY_NAME) == {sheet.name for sheet in SHEETS}


def test_what_is_expected_is_said_in_both_languages_and_fills_in() -> None:
    for sheet in SHEETS:
        for column in sheet.columns:
            for language in ("zh", "en"):
                text = column.kind.expected.in_(language) % dict(column.kind.limits)
                assert text
                assert "%" not in text
            if column.note:
                assert column.note.en
                assert column.note.zh

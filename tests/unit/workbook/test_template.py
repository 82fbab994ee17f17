"""The template: importable as it is, in both languages, with its notes and lists; its examples import too."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shared_base.workbook.reading import read_workbook
from shared_base.workbook.sheets import NOTES, SHEETS
from shared_base.workbook.template import Language, write_template


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> Language:
    chosen: Language = request.param
    return chosen


@pytest.fixture
def template(tmp_path: Path, language: Language) -> Path:
    path = tmp_path / "template.xlsx"
    write_template(path, language)
    return path


def names(language: Language) -> dict[str, str]:
    return {sheet.name: sheet.zh[0] if language == "zh" else sheet.name for sheet in SHEETS}


def test_the_empty_template_imports_without_an_error_and_without_a_row(template: Path) -> None:
    workbook = read_workbook(template)
    workbook.check_references({})
    assert workbook.errors == []
    assert {name: table.rows for name, table in workbook.tables.items()} == {sheet.name: [] for sheet in SHEETS}
    assert all(len(table.headings) == len(table.sheet.columns) for table in workbook.tables.values())


def test_every_column_carries_a_note_and_closed_lists_can_be_chosen_from(template: Path, language: Language) -> None:
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == [NOTES[language], *names(language).values()]
    for declared in SHEETS:
        sheet = book[names(language)[declared.name]]
        assert sheet.freeze_panes == "A2"
        lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
        for at, column in enumerate(declared.columns, start=1):
            cell = sheet.cell(1, at)
            assert cell.value == (column.zh[0] if language == "zh" else column.name)
            assert cell.comment is not None
            assert ("必填" if language == "zh" else "Required") in cell.comment.text or not column.required
            if column.kind.choices:
                words = [choice.zh[0] if language == "zh" else choice.value for choice in column.kind.choices]
                assert lists[f"{cell.column_letter}2"] == f'"{",".join(words)}"'


def test_the_example_rows_of_the_notes_import_when_they_are_copied_into_their_sheets(
    tmp_path: Path, template: Path, language: Language
) -> None:
    book = openpyxl.load_workbook(template)
    notes: list[tuple[Any, ...]] = list(book[NOTES[language]].iter_rows(values_only=True))
    for declared in SHEETS:
        headings = [column.zh[0] if language == "zh" else column.name for column in declared.columns]
        width = len(headings)
        at = next(number for number, cells in enumerate(notes) if list(cells[:width]) == headings)
        sheet = book[names(language)[declared.name]]
        for column, value in enumerate(notes[at + 1][:width], start=1):
            sheet.cell(2, column, value)
    book.save(tmp_path / "filled.xlsx")
    workbook = read_workbook(tmp_path / "filled.xlsx")
    assert workbook.errors == []
    assert {name: len(table.rows) for name, table in workbook.tables.items()} == {sheet.name: 1 for sheet in SHEETS}


def test_columns_that_excel_would_spoil_are_formatted_as_text(template: Path, language: Language) -> None:
    book = openpyxl.load_workbook(template)
    for declared in SHEETS:
        sheet = book[names(language)[declared.name]]
        # neighbours of one width and format are written as one range
        ranges = list(sheet.column_dimensions.values())
        for at, column in enumerate(declared.columns, start=1):
            (dimension,) = [each for each in ranges if each.min <= at <= each.max]
            assert (dimension.number_format == "@") == column.kind.as_text, (declared.name, column.name)


def test_the_template_of_a_release_is_always_the_same_file(language: Language) -> None:
    one, two = io.BytesIO(), io.BytesIO()
    write_template(one, language)
    write_template(two, language)
    assert one.getvalue() == two.getvalue()

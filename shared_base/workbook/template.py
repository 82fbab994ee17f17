"""The empty workbook that operators fill in: a sheet a kind, each column with its note, lists where a list is closed.

Columns whose cells are text to us (codes, dates, instants) are formatted as text, so that Excel neither rounds a
20-digit invoice number nor turns an instant with its offset into one without. Imported as it is, it changes nothing.
"""

from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from shared_base.core.i18n import fill
from shared_base.workbook.columns import Column, Sheet
from shared_base.workbook.sheets import BY_NAME, NOTES, SHEETS
from shared_base.workbook.texts import Phrase

Language = Literal["zh", "en"]

_LAST_ROW = 1_048_575
# How many rows of the sheet `bases` feed the lists of base codes elsewhere: more bases than any operator has.
_BASES_LISTED = 500
_REQUIRED = Phrase("Required.", "必填。")
_OPTIONAL = Phrase("Optional.", "选填。")
_INTRODUCTION = Phrase(
    "Fill in the sheets that you need; leave the headers as they are. Sheets may be left empty or taken out. "
    "Importing the same file twice changes nothing the second time.",
    "填写需要的工作表，表头保持不变；不需要的工作表可以留空或删除。同一文件重复导入，第二次不会有任何变化。",
)
_COLUMNS_OF_NOTES = (
    (Phrase("Sheet", "工作表"), 16),
    (Phrase("Column", "列"), 26),
    (Phrase("The other header", "英文表头"), 22),
    (Phrase("Required", "必填"), 10),
    (Phrase("What is expected", "填写要求"), 60),
    (Phrase("Remark", "说明"), 44),
)
_YES = Phrase("yes", "是")
_EXAMPLES = Phrase("Examples (a row of each sheet)", "示例（每个工作表一行）")


def write_template(target: Path | IO[bytes], language: Language = "zh") -> None:
    """Write the template as .xlsx; headers, notes and lists in Chinese (`zh`) or English (`en`)."""
    book = xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), {"in_memory": True})
    # XlsxWriter stamps the present into a file; the template of one release is one file.
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - the format knows no zone
    formats = {
        "required": book.add_format({"bold": True, "bg_color": "#CFE2FF", "border": 1, "num_format": "@"}),
        "optional": book.add_format({"bg_color": "#F1F3F5", "border": 1, "num_format": "@"}),
        "text": book.add_format({"num_format": "@"}),
        "fen": book.add_format({"num_format": "0"}),
        "minutes": book.add_format({"num_format": "0"}),
        "area": book.add_format({"num_format": "0.####"}),
        "bold": book.add_format({"bold": True}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    _write_notes(book.add_worksheet(NOTES[language]), formats, language)
    for declared in SHEETS:
        _write_sheet(book.add_worksheet(_sheet_name(declared, language)), declared, formats, language)
    book.get_worksheet_by_name(_sheet_name(SHEETS[0], language)).activate()
    book.close()


def _sheet_name(declared: Sheet, language: Language) -> str:
    return declared.zh[0] if language == "zh" else declared.name


def _write_sheet(sheet: Any, declared: Sheet, formats: dict[str, Any], language: Language) -> None:
    for at, column in enumerate(declared.columns):
        heading = declared.heading(column, language)
        sheet.write_string(0, at, heading, formats["required" if column.required else "optional"])
        # A Chinese character is as wide as two digits; the example is the widest cell that a person will type.
        width = max(_width(heading), _width(column.example), 10) + 2
        sheet.set_column(at, at, width, formats["text" if column.kind.as_text else column.kind.name])
        sheet.write_comment(0, at, _note(column, language), {"x_scale": 2.2, "y_scale": 1.2})
        if listed := _list(declared, column, language):
            sheet.data_validation(1, at, _LAST_ROW, at, listed)
    sheet.freeze_panes(1, 0)


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _expected(column: Column, language: Language) -> str:
    return fill(column.kind.expected.in_(language), dict(column.kind.limits))


def _note(column: Column, language: Language) -> str:
    parts = [(_REQUIRED if column.required else _OPTIONAL).in_(language), _expected(column, language)]
    if column.note:
        parts.append(column.note.in_(language))
    return "\n".join(parts)


def _list(declared: Sheet, column: Column, language: Language) -> dict[str, Any] | None:
    """A closed list to choose from; for a base, the codes of the sheet of bases, others being allowed."""
    if column.kind.choices:
        words = [choice.zh[0] if language == "zh" else choice.value for choice in column.kind.choices]
        return {"validate": "list", "source": words, "error_message": "\n".join(words)}
    if any(reference.column == column.name and reference.to == "bases" for reference in declared.references):
        bases = BY_NAME["bases"]
        letter = xl_col_to_name(bases.columns.index(bases.by_name["code"]))
        source = f"='{_sheet_name(bases, language)}'!${letter}$2:${letter}${_BASES_LISTED + 1}"
        return {"validate": "list", "source": source, "show_error": False}
    return None


def _write_notes(sheet: Any, formats: dict[str, Any], language: Language) -> None:
    """The explanations: every column, then an example row of each sheet. The import skips this sheet."""
    sheet.write_string(0, 0, _INTRODUCTION.in_(language))
    for at, (heading, width) in enumerate(_COLUMNS_OF_NOTES):
        sheet.set_column(at, at, width, formats["wrapped"])
        sheet.write_string(2, at, heading.in_(language), formats["bold"])
    number = 3
    for declared in SHEETS:
        for column in declared.columns:
            cells = (
                _sheet_name(declared, language),
                declared.heading(column, language),
                declared.heading(column, "en" if language == "zh" else "zh"),
                _YES.in_(language) if column.required else "",
                _expected(column, language),
                column.note.in_(language) if column.note else "",
            )
            for at, cell in enumerate(cells):
                sheet.write_string(number, at, cell, formats["wrapped"])
            number += 1
    sheet.write_string(number + 1, 0, _EXAMPLES.in_(language), formats["bold"])
    number += 2
    for declared in SHEETS:
        title = f"{_sheet_name(declared, language)}：{declared.title.zh}"
        if language == "en":
            title = f"{declared.name}: {declared.title.en}"
        sheet.write_string(number, 0, title, formats["bold"])
        for at, column in enumerate(declared.columns):
            sheet.write_string(number + 1, at, declared.heading(column, language), formats["optional"])
            sheet.write_string(number + 2, at, column.example, formats["text"])
        number += 4
    sheet.freeze_panes(3, 0)

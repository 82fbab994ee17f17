"""`docs/workbook.md` says what the declarations say."""

from pathlib import Path

from shared_base.workbook.columns import Column
from shared_base.workbook.result import ImportWarning
from shared_base.workbook.sheets import LATER, SHEETS

PAGE = Path(__file__).parents[3] / "docs" / "workbook.md"


def column_line(column: Column) -> str:
    """The line of a column in its sheet's table."""
    limits = dict(column.kind.limits)
    zh, en = column.kind.expected.zh % limits, column.kind.expected.en % limits
    if column.note:
        zh, en = f"{zh}。{column.note.zh}", f"{en}. {column.note.en}"
    cells = (
        f"`{column.name}`",
        "、".join(column.zh),
        "是 yes" if column.required else "",
        zh,
        en,
        f"`{column.example}`",
    )
    return f"| {' | '.join(cells)} |"


def test_the_page_lists_every_sheet_and_column_with_both_headers_expectation_and_example() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for sheet in SHEETS:
        assert f"### `{sheet.name}` · {sheet.zh[0]}" in page
        for column in sheet.columns:
            assert column_line(column) in page, f"{sheet.name}.{column.name}: run the line above into the page"


def test_the_page_lists_every_choice_in_both_languages() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for sheet in SHEETS:
        for column in sheet.columns:
            for choice in column.kind.choices:
                assert f"`{choice.value}` {'、'.join(choice.zh)}" in page


def test_the_page_explains_every_warning_and_names_the_sheets_of_later_releases() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for code in ("outside_opening_hours", "across_closure", "out_of_service", "buffer_cut"):
        assert ImportWarning(code, "bookings", 2, "B1").text()
        assert f"`{code}`" in page
    assert all(f"`{name}`" in page for name in LATER if name.isascii())

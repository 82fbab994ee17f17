"""What holds for every printed page: fonts, plain text, equal bytes."""

import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
import typst

from shared_base.core.typst import TEMPLATES, TEXT_FAMILY, fonts, plain_text
from tests.unit.documents import samples
from tests.unit.documents.pixels import picture

TYPST_FILES = sorted(TEMPLATES.rglob("*.typ"))


def drawn(tmp_path: Path, markup: str) -> bytes:
    page = tmp_path / "page.typ"
    page.write_text(
        f'#set page(width: 120pt, height: 40pt, margin: 4pt)\n#set text(font: "{TEXT_FAMILY}", size: 20pt)\n{markup}',
        encoding="utf-8",
    )
    compiler = typst.Compiler(page, font_paths=fonts(), ignore_system_fonts=True)
    png, warnings = compiler.compile_with_warnings(format="png", ppi=72)
    assert not warnings
    assert isinstance(png, bytes)
    return png


@pytest.mark.parametrize("letters", ["使用率报表", "0123456789", "Utilisation"])
def test_bold_is_a_heavier_face_than_regular(tmp_path: Path, letters: str) -> None:
    regular = picture(drawn(tmp_path, f"#text(weight: 400)[{letters}]")).ink()
    medium = picture(drawn(tmp_path, f"#text(weight: 500)[{letters}]")).ink()
    bold = picture(drawn(tmp_path, f"#text(weight: 700)[{letters}]")).ink()
    assert bold > 1.25 * regular
    assert regular < medium < bold


@pytest.mark.parametrize("letter", ["𠮷", "䶮", "□"])
def test_rare_letters_of_names_have_glyphs_of_their_own(tmp_path: Path, letter: str) -> None:
    # an unassigned code point shows what a missing glyph looks like
    assert drawn(tmp_path, letter) != drawn(tmp_path, "\U0003fffd")


def test_pages_use_no_font_of_the_machine() -> None:
    assert {font.path for font in fonts().fonts() if TEXT_FAMILY in font.family} == {
        path for font in fonts().fonts() if (path := font.path) and "manimgx_fonts_cjk" in path
    }


def test_templates_take_no_package_no_file_and_evaluate_no_data() -> None:
    assert TYPST_FILES
    for path in TYPST_FILES:
        source = path.read_text(encoding="utf-8")
        for forbidden in ("@preview", "@local", "eval(", "read(", "image(", "plugin(", "datetime.today"):
            assert forbidden not in source, f"{path.name}: {forbidden}"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("竖\x0b线", "竖 线"),
        ("零\x00宽\u200b", "零宽"),
        ("两\r\n行\t名", "两 行 名"),
        ("价\u202e格001\u2066", "价格001"),
        ("\ud800坏", "坏"),
        ("𠮷䶮 #raw =1+1", "𠮷䶮 #raw =1+1"),
        ("Ünïcode “引号” ￥１２", "Ünïcode “引号” ￥１２"),
    ],
)
def test_only_what_no_page_can_hold_is_taken_out_of_a_text(typed: str, plain: str) -> None:
    assert plain_text(typed) == plain


PRINT = """
import hashlib
from shared_base.occupancy.documents.pdf import report_pdf
from shared_base.occupancy.documents.xlsx import report_xlsx
from shared_base.subsidies.documents.pdf import claim_pdf
from shared_base.subsidies.documents.xlsx import claim_xlsx
from tests.unit.documents import samples
report, names = samples.hrb_report(), samples.hrb_names()
claim, beside = samples.claim("nanshan")
for made in (report_pdf, report_xlsx):
    print(hashlib.sha256(made(report, names)).hexdigest())
for made in (claim_pdf, claim_xlsx):
    print(hashlib.sha256(made(claim, beside)).hexdigest())
"""


def test_the_same_input_gives_the_same_bytes_in_any_process_place_and_zone() -> None:
    def run(seed: str, zone: str, language: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PRINT],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "PYTHONPATH": str(TEMPLATES.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    one = run("1", "Asia/Shanghai", "zh_CN.UTF-8")
    assert len(set(one)) == 4
    assert run("2", "America/New_York", "C") == one


def test_a_pdf_says_what_it_is_in_which_language_and_of_when() -> None:
    from shared_base.occupancy.documents.pdf import report_pdf

    reader = pypdf.PdfReader(BytesIO(report_pdf(samples.hrb_report(), samples.hrb_names(), language="en")))
    assert reader.metadata is not None
    assert reader.metadata.title == "哈尔滨直播电商共享基地 Occupancy report August 2026"
    assert reader.metadata.creation_date == datetime(2026, 8, 31, 18, 0, tzinfo=UTC)
    assert reader.root_object["/Lang"] == "en"
    assert reader.root_object["/MarkInfo"]["/Marked"], "tagged, so that a screen reader can follow it"

"""Everything people read is Chinese and English: no text without its Chinese, none that extraction cannot find."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")
MARKERS = {"_", "_l", "N_", "gettext", "lazy_gettext", "ngettext"}


def pybabel(*arguments: object) -> None:
    command = [Path(sys.executable).with_name("pybabel"), "--quiet", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every message that stands in code and templates, extracted anew (the command of `docs/developer.md`)."""
    file = tmp_path_factory.mktemp("messages") / "messages.pot"
    pybabel("extract", "-F", "babel.cfg", "-k", "_l", "--no-location", "--sort-output", "-o", file,
            "shared_base", "config", "templates")  # fmt: skip
    return file


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def texts(message: Message) -> tuple[str, str]:
    """English and Chinese of a message; of a plural the form with the number, since Chinese has only that one."""
    english: Any = message.id if isinstance(message.id, str) else message.id[-1]
    found: Any = message.string if isinstance(message.string, str) else message.string[0]
    return english, found


def test_every_text_has_its_chinese_and_none_is_a_guess(template: Path, chinese: Catalog) -> None:
    with template.open("rb") as file:
        wanted = [message for message in read_po(file) if message.id]
    assert len(wanted) > 1000, "extraction found too little: look at babel.cfg"
    found = {message.id: texts(message)[1] for message in chinese if message.id and not message.fuzzy}
    missing = [message.id for message in wanted if not found.get(message.id, "").strip()]
    assert missing == [], "add their Chinese to messages.po (docs/developer.md)"


def test_the_catalogue_is_what_extraction_makes_of_it(template: Path, tmp_path: Path) -> None:
    copy = tmp_path / "messages.po"
    copy.write_bytes(CATALOGUE.read_bytes())
    pybabel("update", "--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date", "-w", 120,
            "-i", template, "-o", copy, "-l", "zh_Hans_CN")  # fmt: skip
    assert copy.read_text(encoding="utf-8") == CATALOGUE.read_text(encoding="utf-8"), (
        "run the commands of docs/developer.md"
    )


def test_chinese_and_english_have_the_same_placeholders(chinese: Catalog) -> None:
    different = []
    for message in chinese:
        if message.id:
            english, found = texts(message)
            if sorted(set(PLACEHOLDER.findall(english))) != sorted(set(PLACEHOLDER.findall(found))):
                different.append((english, found))
    assert different == []


def test_marked_texts_are_literals_so_that_extraction_finds_them() -> None:
    lost = []
    for folder in ("shared_base", "config"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                    first = node.args[0] if node.args else None
                    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                        lost.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    # the one place that translates a domain room's template, found where the room marked it
    assert [place for place in lost if not place.startswith("shared_base/http/language.py:")] == []

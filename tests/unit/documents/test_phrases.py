"""The phrases of the documents: both languages complete, none idle."""

import re
from pathlib import Path

import pytest

from shared_base.core.typst import TEMPLATES
from shared_base.occupancy.documents.phrases import COMMON, REPORT
from shared_base.occupancy.documents.words import Phrases
from shared_base.subsidies.documents.phrases import CLAIM

HOUSE = TEMPLATES.parent / "shared_base"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in (
        *HOUSE.glob("*/documents/*.py"),
        *TEMPLATES.glob("common/*.typ"),
        *TEMPLATES.glob("occupancy/*.typ"),
        *TEMPLATES.glob("subsidies/*.typ"),
    )
    if path.name != "phrases.py"
}
#: keys put together from data or from another key
COMPOSED = re.compile(
    r"(month|weekday|rule|step|kind|warning|input|basis)_\w+|\w+_(parts|fen|in_seconds|hours)|by_hour_in_\w+"
)
HAN = re.compile(r"[\u4e00-\u9fff]")
PLACES = re.compile(r"%\((\w+)\)[sd]|\{(\w)\}")


@pytest.mark.parametrize("phrases", [REPORT, CLAIM], ids=["report", "claim"])
def test_every_phrase_is_chinese_and_english_with_the_same_places(phrases: Phrases) -> None:
    for key, (chinese, english) in phrases.items():
        assert HAN.search(chinese) or chinese == "；", key
        assert english.strip(), key
        assert not HAN.search(english), key
        if not key.startswith("month"):
            assert sorted(PLACES.findall(chinese)) == sorted(PLACES.findall(english)), key


@pytest.mark.parametrize("phrases", [REPORT, CLAIM], ids=["report", "claim"])
def test_no_phrase_is_idle(phrases: Phrases) -> None:
    written = "\n".join(SOURCES.values())
    used = set(re.findall(r"""["'](\w+)["']""", written)) | set(re.findall(r"\b(?:w|words)\s*\.\s*(\w+)", written))
    idle = {key for key in phrases if key not in used and not COMPOSED.fullmatch(key)}
    assert not idle


def test_templates_ask_for_no_phrase_that_is_not_there() -> None:
    known = {"common": set(COMMON), "occupancy": set(REPORT), "subsidies": set(CLAIM)}
    for path, source in SOURCES.items():
        if path.suffix == ".typ":
            asked = set(re.findall(r"\bw\.(\w+)", source)) | set(re.findall(r"\bwords\s*\.\s*(\w+)", source))
            assert asked <= known[Path(path).parent.name], path.name

"""PDF pages set by typst: the data goes in as JSON only, and the same data gives the same bytes.

Templates live under `templates/`; they read `json(bytes(sys.inputs.data))`, so no text of a person is ever parsed as
markup. Only the fonts that come with our packages are used, never the machine's: a page printed anywhere is the same
page (`docs/decisions/0004-documents-and-fonts.md`).
"""

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FONT_PACKAGE = "manimgx_fonts_cjk"
#: the one family of text, a variable font with true weights from 100 to 900
TEXT_FAMILY = "Noto Sans CJK SC"
#: digests and identifiers; typst carries it
CODE_FAMILY = "DejaVu Sans Mono"

logger = logging.getLogger(__name__)

# Line breaks and tabs inside a cell become blanks; other controls, bidirectional overrides (which would let a name
# rewrite the amount printed beside it), lone surrogates and non-characters vanish.
BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]"
)
# Pictographs and private-use characters are in no font of ours: a white square says that something stood here.
NO_GLYPH = re.compile(r"[\U0001f000-\U0001faff\ue000-\uf8ff\U000f0000-\U0010ffff][\ufe00-\ufe0f]*")


def plain_text(text: str) -> str:
    """`text` on one line, without the characters that no page or sheet may hold; every letter and sign stays."""
    return UNSEEN.sub("", BLANKS.sub(" ", text))


def _printable(value: Any) -> Any:
    """`value` with every string in it fit for the page's fonts, down through lists and objects."""
    if isinstance(value, str):
        return NO_GLYPH.sub("□", plain_text(value))
    if isinstance(value, Mapping):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return value


@cache
def fonts() -> typst.Fonts:
    """The fonts of our packages. Raises `RuntimeError` where the Chinese font is missing: no page of empty boxes."""
    package = find_spec(FONT_PACKAGE)
    found = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=list(package.submodule_search_locations or ()) if package else [],
    )
    missing = {TEXT_FAMILY, CODE_FAMILY} - set(found.families())
    if missing:
        raise RuntimeError(
            f"The fonts {sorted(missing)} are missing; install the locked packages again (requirements/run.txt)."
        )
    return found


def compiler(template: str, data: Mapping[str, Any]) -> typst.Compiler:
    """A compiler of `template` (a path below `templates/`) over `data` (JSON values)."""
    return typst.Compiler(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
    )


def compile_pdf(template: str, data: Mapping[str, Any], *, created: datetime) -> bytes:
    """The PDF of `template` over `data`; its creation date is `created` (aware), so equal input gives equal bytes."""
    pdf, warnings = compiler(template, data).compile_with_warnings(format="pdf", timestamp=int(created.timestamp()))
    for warning in warnings:
        logger.warning("typst, %s: %s", template, warning)
    assert isinstance(pdf, bytes)
    return pdf

"""What people type, made comparable: full-width forms, blanks around a cell, headers.

Unicode's NFKC is deliberately not used on cells: it turns `10²` into `102`, `①` into `1`, a company's `（）` into `()`
and a rare ideograph of a name into another one. Only what Chinese input methods produce by accident is folded; every
ideograph (`𠮷` and `䶮` among them) stays the one that was typed.
"""

import re
import unicodedata
from dataclasses import dataclass

# U+FF01–U+FF5E are the ASCII characters in full width; U+3000 is the blank of the same input methods.
_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(0x5E)} | {0x3000: 0x20}
# In prose the punctuation is the language's own and stays: only digits, letters and the blank are folded.
_FULL_WIDTH_ALPHANUMERIC = {
    wide: narrow for wide, narrow in _FULL_WIDTH.items() if chr(narrow).isalnum() or narrow == 0x20
}
# Blanks that `str.strip` does not know: a byte order mark and zero-width characters pasted from web pages.
_INVISIBLE = "\ufeff\u200b\u2060"
# Controls, lone surrogates, line and paragraph separators, and the marks that reverse the reading direction.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHOWN_AT_MOST = 80


@dataclass(frozen=True)
class Phrase:
    """One text of the workbook (label, note, expectation) in both languages; `en` is also the catalogue's msgid."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


def trimmed(text: str) -> str:
    """`text` without the blanks around it, visible or not."""
    text = text.strip()
    if text.isascii():
        return text
    return text.strip(_INVISIBLE).strip()


def folded(text: str) -> str:
    """A code, number, date or instant as it would be typed in half width, without blanks around."""
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    return trimmed(text)


def prose(text: str) -> str:
    """A name or title: digits, letters and blanks in half width, all else as typed, without blanks around."""
    if not text.isascii():
        text = text.translate(_FULL_WIDTH_ALPHANUMERIC)
    return trimmed(text)


def heading_key(text: str) -> str:
    """What two spellings of one header or sheet name have in common: `面积（㎡）` and `面积(m2)`; `Ref ` and `ref`."""
    return "".join(
        unicodedata.normalize("NFKC", text).translate({ord(mark): None for mark in _INVISIBLE}).split()
    ).casefold()


def shown(text: str) -> str:
    """A stranger's text, fit for a message: shortened, and without what could move a terminal's cursor."""
    if len(text) > _SHOWN_AT_MOST:
        text = text[: _SHOWN_AT_MOST - 1] + "…"
    return UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)

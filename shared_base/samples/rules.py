"""What may be said of a sample: values in, clean values or a refusal out."""

import unicodedata

from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_

LONGEST_CODE = 40
LONGEST_NAME = 200
LONGEST_SKU = 64
LARGEST_LOT = 1_000_000


def code(text: str) -> str:
    """What stands on the label: 1 to 40 characters, in half width."""
    cleaned = text_line(unicodedata.normalize("NFKC", text), "code", longest=LONGEST_CODE, required=True)
    assert cleaned is not None
    return cleaned


def quantity(number: int, *, counted: bool) -> int:
    """How many a lot holds, 0 to a million; a single item is one."""
    if not counted and number != 1:
        raise faulty("quantity", N_("A single item is one; mark it as a counted lot to have more of it."))
    if not 0 <= number <= LARGEST_LOT:
        raise faulty("quantity", N_("A lot holds between 0 and 1000000."))
    return number

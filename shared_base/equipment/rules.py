"""What may be said of equipment: values in, clean values or a refusal out."""

import unicodedata

from shared_base.core.fields import text_line

LONGEST_NAME = 100
LONGEST_TAG = 40
LONGEST_SERIAL = 100


def tag(text: str) -> str:
    """What stands on a unit's label: 1 to 40 characters, in half width."""
    cleaned = text_line(unicodedata.normalize("NFKC", text), "tag", longest=LONGEST_TAG, required=True)
    assert cleaned is not None
    return cleaned

"""Golden texts: what a reader of the PDF can select and copy. `SHARED_BASE_WRITE_GOLDEN=1` writes them anew."""

import os

from tests.unit.documents.samples import GOLDEN, pages


def assert_golden(pdf: bytes, name: str) -> None:
    """The pages' text is that of `tests/data/golden/NAME`; a form feed parts the pages."""
    path = GOLDEN / name
    text = "\n\f\n".join(pages(pdf)) + "\n"
    if os.environ.get("SHARED_BASE_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name}: look at the page, then write it anew if it is right"

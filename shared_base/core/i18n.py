"""Marks texts for translation where Flask is unknown.

Domain rooms raise errors and name steps in English with named placeholders; delivery translates them into the
reader's language. `N_` only marks: it returns its argument, and `pybabel extract -k N_` finds it.
"""

from typing import Any


def N_(text: str) -> str:
    """Mark `text` (English, `%(name)s` placeholders) for extraction; returned unchanged."""
    return text


def fill(template: str, values: dict[str, Any]) -> str:
    """Put `values` into a (translated) template; a template without placeholders is returned as it is."""
    return template % values if values else template

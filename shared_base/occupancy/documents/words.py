"""The fixed phrases of a document in the reader's language.

A document is an archived object with its own two languages, printed also where no web request is running: its phrases
stand beside each other in one table a document, not in the catalogues of the user interface.
"""

from collections.abc import Mapping
from typing import Any, Literal

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_, fill

Language = Literal["zh", "en"]
#: key → (Chinese, English)
Phrases = Mapping[str, tuple[str, str]]


class Words:
    """One language's view of a table of phrases; an unknown key is a mistake in our code and raises `KeyError`."""

    def __init__(self, phrases: Phrases, language: str) -> None:
        if language not in ("zh", "en"):
            raise Invalid(N_("%(language)s is not a language of documents; write zh or en."), language=language)
        self.language: Language = "zh" if language == "zh" else "en"
        self._texts = {key: pair[0 if language == "zh" else 1] for key, pair in phrases.items()}

    def __call__(self, key: str, **values: Any) -> str:
        """The phrase `key`, its `%(name)s` places filled with `values`."""
        return fill(self._texts[key], values)

    def known(self, key: str, otherwise: str) -> str:
        """The phrase `key`, or `otherwise` for a word that comes from data and may be new."""
        return self._texts.get(key, otherwise)

    def texts(self) -> dict[str, str]:
        """All phrases, for a template."""
        return dict(self._texts)

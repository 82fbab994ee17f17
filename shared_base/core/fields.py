"""What people type into a field: cleaned to one form, or refused with the field's name."""

import re
import unicodedata
from typing import Any

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_


def faulty(field: str, message: str, /, **values: Any) -> Invalid:
    """A refusal of one field; `extra["errors"]` maps it to the English text, for programs."""
    refusal = Invalid(message, **values)
    refusal.extra["errors"] = {field: [str(refusal)]}
    return refusal


def folded(text: str) -> str:
    """Full-width letters and digits as half-width ones, upper case, without blanks and hyphens: codes and numbers."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


_SCRIPT_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


def script_code(text: str, field: str = "code") -> str:
    """A code that scripts and workbooks write (`key_light`): small letters, digits, `_` and `-`, at most 40."""
    code = unicodedata.normalize("NFKC", text).strip().lower()
    if not _SCRIPT_CODE.fullmatch(code):
        raise faulty(
            field,
            N_("%(code)s cannot be a code; use up to 40 small letters, digits, hyphens and underscores."),
            code=code[:40],
        )
    return code


def text_line(text: str | None, field: str, *, longest: int, required: bool = False) -> str | None:
    """One printable line without the blanks around it; None when empty. Markup is text like any other.

    Refused: more than `longest` characters, controls (PostgreSQL stores no NUL, a line no break), lone surrogates.
    """
    cleaned = (text or "").strip()
    if required and not cleaned:
        raise faulty(field, N_("This field is required; fill it in."))
    if len(cleaned) > longest:
        raise faulty(
            field,
            N_("This text has %(length)s characters; at most %(longest)s fit: shorten it."),
            length=len(cleaned),
            longest=longest,
        )
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cleaned):
        raise faulty(field, N_("This text holds a character that cannot be printed; remove it."))
    return cleaned or None


def pattern(text: str) -> str:
    """What `ILIKE` looks for to find a typed text anywhere: its own `%` and `_` mean themselves."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text.strip().replace("\x00", "")) + "%"

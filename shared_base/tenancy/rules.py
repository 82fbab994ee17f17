"""Tenants: their code (GB 32100) and the texts people enter about them."""

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from shared_base.core.fields import faulty, folded
from shared_base.core.i18n import N_
from shared_base.tenancy.errors import BadCode

_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_DIVISION = re.compile(r"\d{6}", re.ASCII)
_PHONE = re.compile(r"[+0-9][0-9 ()-]{4,29}", re.ASCII)


def canonical_uscc(text: str) -> str:
    """A unified social credit code in its one form: 18 signs, upper case, half width; else `BadCode`."""
    code = folded(text)
    try:
        return str(uscc.validate(code))
    except ValidationError:
        raise BadCode(
            N_("%(code)s is not a unified social credit code: compare its 18 signs with the business licence."),
            extra={"errors": {"uscc": ["check digit, length or letters"]}},
            code=code[:40],
        ) from None


def overridden_uscc(text: str) -> str:
    """The form of a real code whose check digit fails (rare; accepted with a reason, which the audit trail keeps)."""
    code = folded(text)
    if not _SHAPE.fullmatch(code):
        raise BadCode(
            N_("%(code)s cannot be accepted: a code has 18 signs, digits and capitals without I, O, S, V and Z."),
            extra={"errors": {"uscc": ["length or letters"]}},
            code=code[:40],
        )
    return code


def division(text: str | None) -> str | None:
    """Six digits of GB/T 2260 or None; a place without districts (442000) is complete as it is."""
    code = folded(text or "")
    if code and not _DIVISION.fullmatch(code):
        raise faulty(
            "division_code",
            N_("%(code)s is not a division code; write six digits, for example 440113."),
            code=code[:20],
        )
    return code or None


def phone(text: str | None) -> str | None:
    """A telephone number as people write it, or None."""
    number = unicodedata.normalize("NFKC", text or "").strip()
    if number and not _PHONE.fullmatch(number):
        raise faulty(
            "contact_phone",
            N_("%(number)s is not a telephone number; write digits, blanks, hyphens and a leading + only."),
            number=number[:40],
        )
    return number or None

"""Tenants: their code (GB 32100) and what people enter about them."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from shared_base.catalogue.rules import division, one_of
from shared_base.core.fields import faulty, folded, text_line
from shared_base.core.i18n import N_
from shared_base.tenancy.errors import BadCode

TENANT_KINDS = ("mcn", "brand", "platform", "service")
LONGEST_NAME = 200
LONGEST_REASON = 500
LONGEST_PLAN = 40

_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_PHONE = re.compile(r"[+(0-9][0-9 ()-]{4,29}", re.ASCII)


@dataclass(frozen=True)
class TenantDetails:
    """What is said of a tenant beside its code."""

    name: str
    kind: str
    division_code: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        return {
            "name": text_line(self.name, "name", longest=LONGEST_NAME, required=True),
            "kind": one_of(self.kind, TENANT_KINDS, "kind"),
            "division_code": division(self.division_code)
            if self.division_code and self.division_code.strip()
            else None,
            "contact_name": text_line(self.contact_name, "contact_name", longest=100),
            "contact_phone": phone(self.contact_phone),
        }


def canonical_uscc(text: str) -> str:
    """A unified social credit code in its one form: 18 signs, upper case, half width; else `BadCode`."""
    code = folded(text)
    try:
        return str(uscc.validate(code))
    except ValidationError:
        raise BadCode(
            N_("%(code)s is not a unified social credit code: compare its 18 signs with the business licence."),
            field="uscc",
            code=code[:40],
        ) from None


def overridden_uscc(text: str) -> str:
    """The form of a real code whose check digit fails (rare; accepted with a reason, which the audit trail keeps)."""
    code = folded(text)
    if not _SHAPE.fullmatch(code):
        raise BadCode(
            N_("%(code)s cannot be accepted: a code has 18 signs, digits and capitals without I, O, S, V and Z."),
            field="uscc",
            code=code[:40],
        )
    return code


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


def reason_given(text: str | None) -> str:
    """Why, in one line that somebody else can read later; `Invalid` when empty."""
    return text_line(text, "reason", longest=LONGEST_REASON, required=True) or ""

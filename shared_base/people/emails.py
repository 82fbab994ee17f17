"""E-mail addresses: one spelling for each, so that one person is one account."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from shared_base.core.fields import faulty
from shared_base.core.i18n import N_


def canonical(text: str) -> str:
    """How an address is stored and looked up: half width, lower case, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def parse_email(text: str) -> str:
    """The canonical form of a mail address, or `Invalid`. Addresses of a house's own network (`anna@mail`) are good."""
    address = canonical(text)
    try:
        validate_email(
            address, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise faulty(
            "email", N_("“%(text)s” is not an e-mail address; write one such as name@example.com."), text=text.strip()
        ) from None
    return address

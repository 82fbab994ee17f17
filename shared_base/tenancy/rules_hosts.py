"""Hosts (主播): identity numbers (GB 11643), age, and who may present on a day.

网络直播营销管理办法(试行) 2021, article 17: hosts are 16 or older; at 16 and 17 a guardian consents.
直播电商监督管理办法, in force 2026-02-01: the operator of a room verifies who the host really is.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from shared_base.core.errors import Conflict
from shared_base.core.fields import folded
from shared_base.core.i18n import N_
from shared_base.tenancy.errors import BadCode

YOUNGEST = 16
OF_AGE = 18
_SHAPE = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)


@dataclass(frozen=True)
class Presenter:
    """What decides whether a host may present."""

    name: str
    born_on: date
    checked: bool  #: somebody compared the person with the identity card
    consent: bool  #: of a guardian
    left: bool  #: no longer with the tenant


def canonical_id_number(text: str) -> str:
    """A resident identity number in its one form (18 characters, `X` upper case, half width), or `BadCode`.

    Length, digits, check digit (ISO 7064 MOD 11-2) and a real date of birth are tested. The first six digits are not
    matched against the divisions of the year of birth: they say where the number was issued, perhaps years later.
    """
    number = folded(text)
    if not _SHAPE.fullmatch(number):
        raise _bad(N_("An identity number has 17 digits and a check digit or X; compare it with the card."))
    try:
        ric.get_birth_date(number)
    except ValidationError:
        raise _bad(N_("The digits 7 to 14 of the identity number are no date of birth; compare it.")) from None
    if ric.calc_check_digit(number) != number[-1]:
        raise _bad(N_("The identity number's check digit does not fit; compare it with the card digit by digit."))
    return number


def _bad(message: str) -> BadCode:
    # the number itself is never repeated: messages end up in logs
    return BadCode(message, field="id_number")


def born_on(number: str) -> date:
    """The date of birth in a canonical identity number."""
    day: date = ric.get_birth_date(number)
    return day


def masked(number: str) -> str:
    """`110105********1234`: enough to compare with a card in the hand, not enough to use."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}"


def id_number_hash(number: str, *, key: bytes) -> bytes:
    """HMAC-SHA256 under the house's key: finds a twin; without the key nothing can be tried against it."""
    assert len(key) >= 32, "the key of identity numbers has at least 256 bits"
    return hmac.new(key, number.encode("ascii"), hashlib.sha256).digest()


def age_on(born: date, day: date) -> int:
    """Full years on a day; who was born on 29 February is a year older from 1 March in common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def refuse_presenter(host: Presenter, *, on: date, error: type[Conflict]) -> None:
    """Raise `error`, with what to do, when the host may not present on the day."""
    if host.left:
        raise error(N_("%(host)s has left the team; choose another host."), host=host.name)
    if not host.checked:
        raise error(
            N_("Nobody has checked %(host)s's identity card yet: let the front desk check it, or choose another host."),
            host=host.name,
        )
    age = age_on(host.born_on, on)
    if age < YOUNGEST:
        raise error(
            N_("%(host)s is %(age)s on that day; hosts must be 16 or older. Choose another host."),
            host=host.name,
            age=age,
        )
    if age < OF_AGE and not host.consent:
        raise error(
            N_("%(host)s is %(age)s on that day: record a guardian's consent first, or choose another host."),
            host=host.name,
            age=age,
        )

"""Attempts that are counted before they are answered: sign-ins, codes, passwords typed again, reset requests.

The count is a short transaction of its own and comes first: it outlives the refusal, and a hundred guesses at once are
a hundred counts. A good attempt is taken back. Known and unknown accounts are counted alike.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core import limit_storage
from shared_base.people.errors import TooManyAttempts


@dataclass(frozen=True)
class Limit:
    """At most so many attempts within a window that begins with the first of them."""

    allowed: int
    window: timedelta


QUARTER_HOUR, HOUR = timedelta(minutes=15), timedelta(hours=1)
#: one guesser at one account
SIGN_IN_PAIR = Limit(10, QUARTER_HOUR)
#: one guesser at many accounts; a whole base may stand behind one address, but good sign-ins do not count
SIGN_IN_ADDRESS = Limit(100, QUARTER_HOUR)
#: many guessers at one account (NIST SP 800-63B-4, 3.2.2: no more than 100)
SIGN_IN_ACCOUNT = Limit(100, HOUR)
#: a million codes, three good at a time: this many tries leave a guesser one chance in 700 a day
CODE = Limit(5, QUARTER_HOUR)
#: who sits at somebody's open session and guesses the password
PASSWORD_AGAIN = Limit(10, QUARTER_HOUR)
RESET_ACCOUNT = Limit(3, HOUR)
RESET_ADDRESS = Limit(20, HOUR)


@dataclass(frozen=True)
class Attempt:
    """One attempt: what it counts against. `own` counters are forgotten when it was good, `shared` ones given back."""

    engine: sa.Engine
    own: Mapping[str, Limit] = field(default_factory=dict)
    shared: Mapping[str, Limit] = field(default_factory=dict)

    def count(self, *, at: datetime) -> None:
        """Count it, and refuse (`TooManyAttempts`) what is over a limit."""
        limits = {**self.own, **self.shared}
        with self.engine.begin() as connection:
            windows = limit_storage.count(connection, {key: limit.window for key, limit in limits.items()}, at=at)
        exceeded = [window.ends_at for key, window in windows.items() if window.used > limits[key].allowed]
        if exceeded:
            raise TooManyAttempts(until=max(exceeded), at=at)

    def succeeded(self) -> None:
        """It was good: count anew for the account, and do not hold it against the address."""
        with self.engine.begin() as connection:
            limit_storage.forget(connection, self.own)
            limit_storage.give_back(connection, self.shared)


def sign_in(session: Session, *, email: str, address: str) -> Attempt:
    account, place = _hashed(email), _network(address)
    return Attempt(
        _engine(session),
        own={f"sign-in:{account}:{place}": SIGN_IN_PAIR, f"sign-in:{account}": SIGN_IN_ACCOUNT},
        shared={f"sign-in-from:{place}": SIGN_IN_ADDRESS},
    )


def code(session: Session, *, user_id: UUID) -> Attempt:
    return Attempt(_engine(session), own={f"code:{user_id}": CODE})


def password_again(session: Session, *, user_id: UUID) -> Attempt:
    return Attempt(_engine(session), own={f"password:{user_id}": PASSWORD_AGAIN})


def reset_request(session: Session, *, email: str, address: str) -> Attempt:
    return Attempt(
        _engine(session),
        own={f"reset:{_hashed(email)}": RESET_ACCOUNT},
        shared={f"reset-from:{_network(address)}": RESET_ADDRESS},
    )


def _engine(session: Session) -> sa.Engine:
    """Where to open a transaction beside the session's own."""
    return session.get_bind().engine


def _hashed(email: str) -> str:
    # people type passwords into the wrong field: the table must not show them
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def _network(address: str) -> str:
    """The address, or for IPv6 its /64, which is one customer's."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)

"""Contention: a transaction that lost to another is done again, whole, a few times; then the caller is told to wait."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from shared_base.core.errors import Busy
from shared_base.core.i18n import N_

#: serialization failure, deadlock, lock not available within `lock_timeout`
CONTENTION = frozenset({"40001", "40P01", "55P03"})
MOST_RETRIES = 5
#: what `Retry-After` says when we give up, in seconds
RETRY_AFTER = 2

T = TypeVar("T")


class Again(Exception):
    """The transaction met another one's work half-way: undo it and do the whole once more. Never shown to anybody."""


def is_contention(error: BaseException) -> bool:
    """Whether the same transaction, done again, may well succeed."""
    if isinstance(error, Again):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in CONTENTION


def retrying(
    attempt: Callable[[], T], *, rollback: Callable[[], None], pause: Callable[[float], None] = time.sleep
) -> T:
    """The result of `attempt`: one whole transaction, its commit included.

    After a contention it is undone (`rollback`) and done again, at most five times, a little later each
    time and never in step with its rivals; then `Busy` (503, `extra["retry_after"]` seconds). Other errors pass
    through as they are, not undone.
    """
    for retry in range(MOST_RETRIES + 1):
        try:
            return attempt()
        except (Again, DBAPIError) as error:
            if not is_contention(error):
                raise
            rollback()
            if retry == MOST_RETRIES:
                raise Busy(
                    N_("Too many people are at this at once. Nothing was done; please try again in a moment."),
                    extra={"retry_after": RETRY_AFTER},
                ) from error
        pause(random.uniform(0.005, 0.02) * 2**retry)  # noqa: S311 (a spread, not a secret)
    raise AssertionError("unreachable")

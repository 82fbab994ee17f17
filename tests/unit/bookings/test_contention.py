"""A transaction that lost to another is done again, whole, at most five times; then the caller is told to wait."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shared_base.core.errors import Busy, Conflict
from shared_base.core.retry import MOST_RETRIES, Again, retrying


def lost(cause: type[psycopg.Error]) -> DBAPIError:
    return OperationalError("update …", {}, cause("lost"))


class Attempts:
    """Fails as told, one error after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tried = self.rolled_back = 0
        self.pauses: list[float] = []

    def __call__(self) -> str:
        self.tried += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def run(self) -> str:
        return retrying(self, rollback=self.rollback, pause=self.pauses.append)

    def rollback(self) -> None:
        self.rolled_back += 1


@pytest.mark.parametrize(
    "error",
    [
        lost(psycopg.errors.SerializationFailure),
        lost(psycopg.errors.DeadlockDetected),
        lost(psycopg.errors.LockNotAvailable),
        Again(),
    ],
    ids=["40001", "40P01", "55P03", "again"],
)
def test_contention_is_undone_and_done_again(error: Exception) -> None:
    attempts = Attempts(error, error)
    assert attempts.run() == "done"
    assert (attempts.tried, attempts.rolled_back) == (3, 2)


def test_after_five_retries_the_caller_is_told_to_wait() -> None:
    attempts = Attempts(*[lost(psycopg.errors.DeadlockDetected)] * 99)
    with pytest.raises(Busy) as busy:
        attempts.run()
    assert (attempts.tried, attempts.rolled_back) == (MOST_RETRIES + 1, MOST_RETRIES + 1)
    assert busy.value.status == 503
    assert busy.value.extra["retry_after"] >= 1


def test_each_pause_is_longer_and_none_is_in_step_with_a_rivals() -> None:
    runs = []
    for _ in range(20):
        attempts = Attempts(*[Again()] * MOST_RETRIES)
        attempts.run()
        runs.append(attempts.pauses)
    assert all(0.005 * 2**n <= pause <= 0.02 * 2**n for pauses in runs for n, pause in enumerate(pauses))
    assert len({pauses[0] for pauses in runs}) > 1


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("insert …", {}, psycopg.errors.UniqueViolation("twice")),
        Conflict("no"),
        ZeroDivisionError(),
    ],
    ids=["constraint", "refusal", "bug"],
)
def test_any_other_error_is_the_callers(error: Exception) -> None:
    attempts = Attempts(error)
    with pytest.raises(type(error)):
        attempts.run()
    assert (attempts.tried, attempts.rolled_back, attempts.pauses) == (1, 0, [])

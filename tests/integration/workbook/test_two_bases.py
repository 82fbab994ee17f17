"""The whole workbook of two bases: imported once, twice, and tried dry."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from tests.conftest import NOON

TWO_BASES = Path(__file__).parents[2] / "data" / "two-bases"


def test_x(session: Session) -> None:
    import time
    t = time.time()
    workbook = read_workbook(TWO_BASES)
    print(time.time()-t); t=time.time()
    result = import_workbook(session, workbook, by=SYSTEM, at=NOON)
    print(result.as_text()[-1500:])
    print(time.time()-t); t=time.time()
    result = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    print(result.as_text())
    print(time.time()-t)
    for t in ("bookings","allocations","stays","stay_records","events","audit_entries","lease_spaces","lease_rent_free","admissions", "opening_hours","recognitions"):
        print(t, session.execute(sa.text(f"select count(*) from {t}")).scalar())
    assert 0

"""The four reports of the operator's workbook, to the second (issue 2, Shows 3)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.periods import Month
from shared_base.occupancy import actions, queries
from tests.integration.occupancy import two_bases

EXPECTED = json.loads((Path(__file__).parents[2] / "data" / "two-bases-expected.json").read_text(encoding="utf-8"))
LATER = datetime(2026, 10, 2, tzinfo=UTC)


@pytest.fixture
def bases(session: Session) -> dict[str, Base]:
    return two_bases.load(session)


def report(session: Session, base: Base, month: str) -> dict[str, Any]:
    row = actions.close_month(session, base=base, month=Month.parse(month), by=SYSTEM, at=LATER)
    return queries.document_of(row)


def test_every_figure_of_the_four_reports_is_as_expected_to_the_second(
    session: Session, bases: dict[str, Base]
) -> None:
    assert len(EXPECTED["reports"]) == 4
    for expected in EXPECTED["reports"]:
        document = report(session, bases[expected["base"]], expected["month"])
        for member, value in expected.items():
            assert document[member] == value, (expected["base"], expected["month"], member)

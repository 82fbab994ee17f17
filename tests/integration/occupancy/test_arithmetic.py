"""Whatever happens in a month, the report says what the contract's arithmetic says, and says it again."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.occupancy.queries import document_of
from tests.integration.occupancy import model
from tests.integration.occupancy.houses import houses, store
from tests.integration.occupancy.model import House

PROPERTY = settings(
    max_examples=120,
    deadline=None,
    # every example is undone: the transaction of the test serves them all
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _closed(session: Session, house: House, *, backwards: bool = False) -> tuple[dict[str, object], list[str]]:
    """The house's month, frozen and undone again."""
    at: datetime = house.instant(house.length) + timedelta(hours=2)
    with session.begin_nested() as undone:
        base, usccs = store(session, house, backwards=backwards)
        month = Month(house.year, house.month)
        document = document_of(close_month(session, base=base, month=month, by=SYSTEM, at=at))
        undone.rollback()
    session.expunge_all()
    return document, usccs


@PROPERTY
@given(house=houses())
def test_every_figure_is_that_of_the_contracts_arithmetic(session: Session, house: House) -> None:
    document, usccs = _closed(session, house)
    expected = model.report(house, "HOUSE", usccs)
    for member, value in expected.items():
        assert document[member] == value, member
    warnings = document["warnings"]
    assert isinstance(warnings, list)
    found = {(it["code"], it["subject"]): it["text"] for it in warnings}
    assert len(found) == len(warnings)
    assert found.keys() == model.warnings(house, expected["studios"], expected["totals"], "HOUSE")
    if number := model.auto_closed(house):
        assert found["auto_closed", "HOUSE"].startswith(f"{number} ")


@settings(PROPERTY, max_examples=25)
@given(house=houses())
def test_the_same_inputs_give_the_same_bytes_in_whatever_order_they_came(session: Session, house: House) -> None:
    forwards, _ = _closed(session, house)
    backwards, _ = _closed(session, house, backwards=True)
    assert forwards == backwards

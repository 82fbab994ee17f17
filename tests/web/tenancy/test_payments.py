"""The pages of payments: recorded as they came, corrected by red-letter entries, and what is due and unpaid."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.tenancy.models import RentPayment
from tests.factories.tenancy import make_payment
from tests.web.tenancy.house import House, words


def payment(house: House, **changes: str) -> dict[str, str]:
    return {
        "lease": str(house.lease.id),
        "service_month": "2026-03",
        "kind": "rent",
        "amount_fen": "3,100.00",
        "paid_on": "2026-03-05",
        "invoice_no": "20052132068804992909",
        "ref": "P-NEW",
        "note": "",
        **changes,
    }


def refs(session: Session) -> set[str]:
    return set(session.scalars(sa.select(RentPayment.ref)))


def test_a_payment_is_recorded_as_it_came(operator: FlaskClient, session: Session, house: House) -> None:
    page = operator.post("/payments/new", data=payment(house), follow_redirects=True)
    assert "P-NEW" in words(page.text)
    stored = session.scalars(sa.select(RentPayment).where(RentPayment.ref == "P-NEW")).one()
    assert (stored.amount_fen, stored.service_month, stored.recorded_by) == (
        310_000,
        date(2026, 3, 1),
        house.people["operator"].id,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount_fen": "-3100"}, "must be above 0"),
        ({"amount_fen": "0"}, "must be above 0"),
        ({"amount_fen": "three"}, "Write an amount in yuan"),
        ({"paid_on": "2026-11-03"}, "lies ahead"),
        ({"service_month": "2027-01"}, "is none of its months"),
        ({"service_month": "2026-13"}, "is not a month"),
        ({"invoice_no": "123"}, "is not an invoice number"),
        ({"ref": "P-OWN"}, "Another payment already has this number"),
        ({"lease": "00000000-0000-0000-0000-000000000000"}, "Not a valid choice"),
    ],
)
def test_a_bad_payment_is_told_and_not_recorded(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], said: str
) -> None:
    before = refs(session)
    answer = operator.post("/payments/new", data=payment(house, **changes))
    assert answer.status_code in (409, 422)
    assert said in words(answer.text)
    assert refs(session) == before


def test_a_refusal_speaks_the_readers_language(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    answer = browser_of("operator", language="zh_Hans_CN").post("/payments/new", data=payment(house, amount_fen=""))
    assert answer.status_code == 422
    error = answer.text.split('id="amount_fen-error"')[1].split("</p>")[0]
    assert "required" not in error
    assert any("一" <= sign <= "鿿" for sign in error)


def test_a_correction_is_filled_in_with_what_is_left_and_linked_to_its_original(
    operator: FlaskClient, session: Session, house: House
) -> None:
    address = f"/payments/{house.payment.id}/correction"
    assert 'value="3100.00"' in operator.get(address).text
    form = {"amount_fen": "1000", "paid_on": "2026-10-30", "reason": "重复入账", "ref": "P-RED", "invoice_no": ""}
    page = operator.post(address, data=form, follow_redirects=True)
    assert "takes back part or all of P-OWN" in words(page.text)
    assert "-¥1,000.00" in words(page.text)
    red = session.scalars(sa.select(RentPayment).where(RentPayment.ref == "P-RED")).one()
    assert (red.amount_fen, red.corrects_id, red.note) == (-100_000, house.payment.id, "重复入账")
    assert 'value="2100.00"' in operator.get(address).text
    original = words(operator.get(f"/payments/{house.payment.id}").text)
    assert "P-RED" in original
    assert "重复入账" in original


def test_a_correction_takes_back_no_more_than_is_left(operator: FlaskClient, session: Session, house: House) -> None:
    before = refs(session)
    form = {"amount_fen": "3100.01", "paid_on": "2026-10-30", "reason": "x", "ref": "", "invoice_no": ""}
    answer = operator.post(f"/payments/{house.payment.id}/correction", data=form)
    assert answer.status_code == 409
    assert "Only 3,100.00 yuan of this payment are left" in words(answer.text)
    assert refs(session) == before


def test_the_ledger_is_filtered_with_totals_of_what_the_filters_let_through(
    operator: FlaskClient, session: Session, house: House
) -> None:
    make_payment(session, house.lease, month=date(2026, 2, 1), amount_fen=31_000, kind="property_fee", ref="P-FEE")
    make_payment(session, house.lease, month=date(2026, 4, 1), amount_fen=9_900, kind="utilities", ref="P-POWER")
    session.commit()
    february = words(operator.get("/payments/?month=2026-02").text)
    assert "P-FEE" in february
    assert "P-POWER" not in february
    assert "Rent ¥3,100.00" in february
    assert "Property fee ¥310.00" in february
    assert "Utilities ¥0.00" in february
    assert "P-FEE" not in words(operator.get("/payments/?kind=rent").text)
    of_lease = words(operator.get(f"/payments/?lease={house.lease.id}").text)
    assert "P-RIVAL" not in of_lease
    assert "P-OWN" in operator.get("/payments/?format=csv&kind=rent").text


def test_arrears_name_the_leases_that_owe_and_since_when(operator: FlaskClient, session: Session, house: House) -> None:
    text = words(operator.get("/payments/arrears?month=2026-02").text)
    # January 1,100.00 + 310.00 unpaid, February's property fee too; the rival's lease begins in May
    assert "¥1,720.00" in text
    assert "January 2026" in text
    assert "L-RIVAL" not in text
    everything = words(operator.get("/payments/arrears").text)
    assert "L-RIVAL" in everything
    sheet = operator.get("/payments/arrears?format=csv&month=2026-02").text
    assert "L-OWN" in sheet
    assert "1720" in sheet


def test_a_base_that_is_paid_up_says_so(operator: FlaskClient, session: Session, house: House) -> None:
    text = words(operator.get("/payments/arrears?month=2025-12").text)
    assert "Nothing is owed" in text


def test_a_tenant_reads_its_own_arrears(owner: FlaskClient, house: House) -> None:
    text = words(owner.get("/payments/arrears").text)
    assert "L-OWN" in text
    assert "L-RIVAL" not in text

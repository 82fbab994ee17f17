"""The pages of leases: found, signed, amended, ended early, each with its account month by month."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.tenancy.models import Lease, LeaseSpace, RentFree
from tests.factories.tenancy import make_lease, make_payment
from tests.web.tenancy.house import House, words


def terms(house: House, **changes: str) -> dict[str, str]:
    return {
        "tenant": str(house.rival.id),
        "ref": "L-NEW",
        "area_m2": "86.5",
        "first": "2026-12-01",
        "last": "2028-11-30",
        "monthly_rent_fen": "12,345.60",
        "property_fee_fen": "",
        "space_ids": str(house.free_office.id),
        "rent_free-0-first": "2026-12-01",
        "rent_free-0-last": "2026-12-20",
        "rent_free-1-first": "",
        "rent_free-1-last": "",
        **changes,
    }


def refs(session: Session) -> set[str]:
    return set(session.scalars(sa.select(Lease.ref)))


def test_a_lease_is_signed_with_its_spaces_and_rent_free_days(
    operator: FlaskClient, session: Session, house: House
) -> None:
    page = operator.post("/leases/new", data=terms(house), follow_redirects=True)
    assert page.status_code == 200
    lease = session.scalars(sa.select(Lease).where(Lease.ref == "L-NEW")).one()
    assert lease.monthly_rent_fen == 1_234_560
    assert session.scalars(sa.select(LeaseSpace.space_id).where(LeaseSpace.lease_id == lease.id)).all() == [
        house.free_office.id
    ]
    free = session.scalars(sa.select(RentFree).where(RentFree.lease_id == lease.id)).one()
    assert (free.days.lower, free.days.upper) == (date(2026, 12, 1), date(2026, 12, 21))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last": "2026-11-30"}, "is before the first day"),
        ({"monthly_rent_fen": "1e9"}, "Write an amount in yuan"),
        ({"monthly_rent_fen": "1_000"}, "Write an amount in yuan"),
        ({"monthly_rent_fen": "NaN"}, "Write an amount in yuan"),
        ({"monthly_rent_fen": "12.345"}, "Write an amount in yuan"),
        ({"rent_free-0-last": ""}, "give both, or clear both"),
        ({"rent_free-0-first": "2026-12-30"}, "is before the first day"),
        ({"rent_free-0-first": "2026-11-30"}, "Rent-free days lie within the lease"),
        ({"rent_free-1-first": "2026-12-10", "rent_free-1-last": "2026-12-31"}, "name the same day"),
        ({"rent_free-0-first": "soon"}, "Write each day as a date"),
        ({"ref": "L-OWN"}, "Another lease already has this number"),
        ({"ref": ""}, "required"),
        ({"area_m2": "0"}, "area"),
    ],
)
def test_bad_terms_are_told_and_sign_nothing(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], said: str
) -> None:
    before = refs(session)
    answer = operator.post("/leases/new", data=terms(house, **changes))
    assert answer.status_code in (409, 422)
    assert said in words(answer.text)
    assert refs(session) == before


def test_full_width_digits_of_an_amount_are_read_as_digits(
    operator: FlaskClient, session: Session, house: House
) -> None:
    operator.post("/leases/new", data=terms(house, monthly_rent_fen="１２.５"))
    assert session.scalars(sa.select(Lease.monthly_rent_fen).where(Lease.ref == "L-NEW")).one() == 1_250


def test_a_space_that_is_let_already_is_refused_naming_the_lease(
    operator: FlaskClient, session: Session, house: House
) -> None:
    before = refs(session)
    taken = {"space_ids": str(house.office.id), "rent_free-0-first": "", "rent_free-0-last": ""}
    answer = operator.post("/leases/new", data=terms(house, first="2026-12-31", **taken))
    assert answer.status_code == 409
    assert "L-OWN" in words(answer.text)
    assert refs(session) == before


def test_an_amended_lease_keeps_its_rent_free_days_when_the_form_is_sent_as_it_was_shown(
    operator: FlaskClient, session: Session, house: House
) -> None:
    page = operator.get(f"/leases/{house.lease.id}/edit").text
    assert 'value="3100.00"' in page
    assert page.count('value="2026-01-20"') == 1
    form = {
        "area_m2": "300",
        "first": "2026-01-01",
        "last": "2026-12-31",
        "monthly_rent_fen": "3100.00",
        "property_fee_fen": "310.00",
        "space_ids": str(house.office.id),
        "rent_free-0-first": "2026-01-01",
        "rent_free-0-last": "2026-01-20",
    }
    operator.post(f"/leases/{house.lease.id}/edit", data=form)
    free = session.scalars(sa.select(RentFree).where(RentFree.lease_id == house.lease.id)).one()
    assert free.days.upper == date(2026, 1, 21)


def test_a_lease_ends_early_on_a_day_before_its_last_with_a_reason(
    operator: FlaskClient, session: Session, house: House
) -> None:
    address = f"/leases/{house.lease.id}/end"
    assert operator.post(address, data={"last": "2026-11-30", "reason": ""}).status_code == 422
    late = operator.post(address, data={"last": "2027-01-01", "reason": "搬迁"})
    assert late.status_code == 422
    assert "an early end lies before its last day" in words(late.text)
    session.expire_all()
    assert session.get_one(Lease, house.lease.id).term.upper == date(2027, 1, 1)
    assert operator.post(address, data={"last": "2026-11-30", "reason": "搬迁"}).status_code == 303
    session.expire_all()
    assert session.get_one(Lease, house.lease.id).term.upper == date(2026, 12, 1)


def test_the_account_prorates_rent_free_days_and_says_what_is_still_to_pay(
    operator: FlaskClient, session: Session, house: House
) -> None:
    make_payment(session, house.lease, month=date(2026, 2, 1), amount_fen=31_000, kind="property_fee")
    session.commit()
    sheet = operator.get(f"/leases/{house.lease.id}?format=csv").text.splitlines()
    rows = [line.split(",") for line in sheet[1:]]
    assert len(rows) == 12
    # 3,100.00 × 11 of 31 days, and the whole property fee of 310.00
    assert rows[0][:4] == ["2026-01", "31", "11", "1100"]
    assert rows[0][7] == "1410"
    assert rows[1][7] == "0"
    page = words(operator.get(f"/leases/{house.lease.id}").text)
    assert "¥1,410.00" in page
    assert "Part paid" not in page


def test_a_tenant_and_a_reviewer_read_the_account(owner: FlaskClient, reviewer: FlaskClient, house: House) -> None:
    for client in (owner, reviewer):
        text = words(client.get(f"/leases/{house.lease.id}").text)
        assert "¥3,100.00" in text
        assert "O-1" in text


def test_a_list_is_filtered_by_state_and_searched(operator: FlaskClient, session: Session, house: House) -> None:
    make_lease(session, house.own, house.base, ref="L-PAST", first=date(2025, 1, 1), last=date(2025, 12, 31))
    make_lease(session, house.own, house.base, ref="L-NEXT", first=date(2027, 1, 1), last=date(2027, 12, 31))
    session.commit()
    for state, expected in (("in_force", {"L-OWN", "L-RIVAL"}), ("ended", {"L-PAST"}), ("upcoming", {"L-NEXT"})):
        text = words(operator.get(f"/leases/?state={state}").text)
        assert {ref for ref in ("L-OWN", "L-RIVAL", "L-PAST", "L-NEXT") if ref in text} == expected
    assert "L-OWN" not in words(operator.get("/leases/?q=北岸").text)
    assert "L-PAST" in operator.get("/leases/?format=csv&state=ended").text
    assert "No lease matches" in words(operator.get("/leases/?q=nothing").text)


def test_a_cursor_that_cannot_be_read_is_the_beginning_of_the_list(operator: FlaskClient, house: House) -> None:
    for path in ("/leases/", "/tenants/", "/hosts/", "/payments/"):
        for cursor in ("x", "WyJ4Il0", "////", "e30"):
            assert operator.get(f"{path}?cursor={cursor}").status_code == 200, (path, cursor)

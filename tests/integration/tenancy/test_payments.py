"""Rent is recorded as it came; a mistake is taken back by a red-letter row, never more than was paid."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Forbidden, Invalid
from shared_base.core.periods import Month
from shared_base.tenancy import actions_payments as payments
from shared_base.tenancy.errors import AlreadyThere, NotNow, TooMuch, UnknownLease, UnknownPayment
from shared_base.tenancy.models import Lease, RentPayment
from shared_base.tenancy.queries_leases import lease_for
from shared_base.tenancy.queries_payments import (
    PaymentFilter,
    account,
    arrears,
    list_payments,
    payment_for,
)
from tests.factories.tenancy import make_lease, make_payment, make_tenant
from tests.integration.tenancy.conftest import NOW, Town

SEPTEMBER = Month(2026, 9)


@pytest.fixture
def lease(town: Town) -> Lease:
    """From 12 May 2026, rent-free to the 31st; 1,800,000 fen of rent and 90,000 of property fee a month."""
    return make_lease(
        town.session,
        town.tenant,
        town.base,
        ref="L-1",
        first=date(2026, 5, 12),
        last=date(2027, 4, 30),
        rent_free=[(date(2026, 5, 12), date(2026, 5, 31))],
        monthly_rent_fen=1_800_000,
        property_fee_fen=90_000,
    )


def paid(town: Town, lease: Lease, **asked: Any) -> RentPayment:
    values: dict[str, Any] = {
        "service_month": SEPTEMBER,
        "paid_on": date(2026, 9, 5),
        "kind": "rent",
        "amount_fen": 1_800_000,
        "by": town.operator,
        "at": NOW,
        **asked,
    }
    return payments.record_payment(town.as_(values["by"]), lease=lease, **values)


def taken_back(town: Town, payment: RentPayment, fen: int, **asked: Any) -> RentPayment:
    values: dict[str, Any] = {"paid_on": date(2026, 10, 8), "reason": "多开发票", "by": town.operator, **asked}
    return payments.correct_payment(town.as_(values["by"]), payment=payment, amount_fen=fen, at=NOW, **values)


def test_a_payment_is_recorded_with_its_recorder_and_an_event(town: Town, lease: Lease) -> None:
    payment = paid(town, lease, ref=" P-1 ", invoice_no="20052132068804992909", note="对公转账")
    found = payment_for(town.as_(town.owner), town.owner, payment.id)
    assert (found.ref, found.amount_fen, found.service_month, found.invoice_no, found.recorded_by) == (
        "P-1",
        1_800_000,
        date(2026, 9, 1),
        "20052132068804992909",
        town.operator.user_id,
    )
    (event,) = town.events(payment.id, town.owner)
    assert event.kind == "rent_payment.recorded"
    assert event.payload["amount_fen"] == 1_800_000


def test_a_payment_without_a_number_is_given_one(town: Town, lease: Lease) -> None:
    first, second = paid(town, lease), paid(town, lease)
    assert first.ref.startswith("RP-")
    assert first.ref != second.ref


def test_a_number_is_given_once(town: Town, lease: Lease) -> None:
    paid(town, lease, ref="P-1")
    with pytest.raises(AlreadyThere) as refused:
        paid(town, lease, ref="P-1")
    assert list(refused.value.extra["errors"]) == ["ref"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"service_month": Month(2026, 4)},
        {"service_month": Month(2027, 5)},
        {"paid_on": date(2026, 11, 3)},
        {"kind": "deposit"},
        {"amount_fen": 0},
        {"amount_fen": -5},
        {"invoice_no": "12"},
        {"note": "a\x00b"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_payment_that_cannot_be_is_refused(town: Town, lease: Lease, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        paid(town, lease, **wrong)
    assert town.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(RentPayment)) == 0


@pytest.mark.parametrize("who", ["desk", "owner", "reviewer", "other_operator"])
def test_only_an_operator_of_the_base_records_and_corrects(town: Town, lease: Lease, who: str) -> None:
    payment = paid(town, lease)
    actor = getattr(town, who)
    refusal = UnknownLease if who == "other_operator" else Forbidden
    with pytest.raises(refusal):
        paid(town, lease, by=actor)
    with pytest.raises(refusal):
        taken_back(town, payment, 5, by=actor)


def test_a_correction_is_a_red_letter_row_linked_to_its_original(town: Town, lease: Lease) -> None:
    payment = paid(town, lease, ref="P-1")
    back = taken_back(town, payment, 300_000)
    assert (back.amount_fen, back.corrects_id, back.kind, back.service_month, back.note) == (
        -300_000,
        payment.id,
        "rent",
        date(2026, 9, 1),
        "多开发票",
    )
    assert town.events(back.id)[0].payload["corrects"] == "P-1"
    rows = list_payments(town.as_(town.owner), town.owner, PaymentFilter(lease_id=lease.id), limit=50)
    assert [(row.amount_fen, row.corrects_ref, row.taken_back_fen) for row in rows] == [
        (-300_000, "P-1", 0),
        (1_800_000, None, 300_000),
    ]


def test_corrections_together_never_take_back_more_than_was_paid(town: Town, lease: Lease) -> None:
    payment = paid(town, lease)
    taken_back(town, payment, 1_000_000)
    with pytest.raises(TooMuch, match=r"8,000\.00"):
        taken_back(town, payment, 800_001)
    taken_back(town, payment, 800_000)
    with pytest.raises(TooMuch):
        taken_back(town, payment, 1)


def test_a_correction_is_not_corrected_and_says_why(town: Town, lease: Lease) -> None:
    payment = paid(town, lease)
    with pytest.raises(Invalid):
        taken_back(town, payment, 5, reason=" ")
    back = taken_back(town, payment, 5)
    with pytest.raises(NotNow, match="a correction itself"):
        taken_back(town, back, 5)


def test_the_database_keeps_what_was_paid(town: Town, lease: Lease) -> None:
    payment = paid(town, lease)
    session = town.as_(SYSTEM)
    for statement in ("update rent_payments set amount_fen = 1", "delete from rent_payments"):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(sa.text(statement))
    assert payment_for(session, SYSTEM, payment.id).amount_fen == 1_800_000


def test_the_account_nets_each_month_against_what_was_due(town: Town, lease: Lease) -> None:
    payment = paid(town, lease, service_month=Month(2026, 6), paid_on=date(2026, 6, 5))
    taken_back(town, payment, 200_000)
    paid(town, lease, service_month=Month(2026, 5), kind="property_fee", amount_fen=58_065, paid_on=date(2026, 6, 5))
    paid(town, lease, service_month=Month(2026, 6), kind="utilities", amount_fen=12_345)
    months = account(town.session, lease_for(town.session, town.operator, lease.id), through=Month(2026, 7))
    assert [str(month.month) for month in months] == ["2026-05", "2026-06", "2026-07"]
    may, june, july = months
    assert (may.days_in_force, may.payable_days, may.rent_due_fen) == (20, 0, 0)
    assert (may.property_fee_due_fen, may.property_fee_paid_fen, may.owed_fen) == (58_065, 58_065, 0)  # 90,000 × 20/31
    assert (june.rent_due_fen, june.rent_paid_fen, june.utilities_paid_fen) == (1_800_000, 1_600_000, 12_345)
    assert (june.owed_fen, july.owed_fen) == (290_000, 1_890_000)
    whole = account(town.session, lease_for(town.session, town.operator, lease.id), through=Month(2030, 1))
    assert (len(whole), whole[-1].month) == (12, Month(2027, 4))
    assert account(town.session, lease_for(town.session, town.operator, lease.id), through=Month(2026, 4)) == []


def test_arrears_name_who_owes_the_largest_debt_first_and_since_when(town: Town, lease: Lease) -> None:
    neighbour = make_tenant(town.session, town.base)
    second = make_lease(town.session, neighbour, town.base, ref="L-2", first=date(2026, 8, 1), monthly_rent_fen=100)
    settled = make_lease(town.session, neighbour, town.base, ref="L-3", first=date(2026, 10, 1), monthly_rent_fen=100)
    make_payment(town.session, second, month=date(2026, 8, 1), amount_fen=100)
    make_payment(town.session, settled, month=date(2026, 11, 1), amount_fen=100)  # paid under the wrong month
    make_lease(town.session, town.rival, town.other_base, ref="L-9", first=date(2026, 1, 1))
    found = arrears(town.as_(town.operator), town.operator, base_id=town.base.id, through=Month(2026, 10))
    assert [(one.lease_ref, str(one.since)) for one in found] == [
        ("L-1", "2026-05"),
        ("L-2", "2026-09"),
        ("L-3", "2026-10"),
    ]
    assert found[0].owed_fen == 58_065 + 5 * 1_890_000
    assert [one.owed_fen for one in found[1:]] == [200, 100]
    november = arrears(town.session, town.operator, base_id=town.base.id, through=Month(2026, 11))
    assert ("L-3", 100) in [(one.lease_ref, one.owed_fen) for one in november]
    own = arrears(town.as_(town.owner), town.owner, base_id=town.base.id, through=Month(2026, 10))
    assert [one.lease_ref for one in own] == ["L-1"]
    assert arrears(town.as_(town.rival_owner), town.rival_owner, base_id=town.base.id, through=Month(2026, 10)) == []


def test_arrears_take_the_same_number_of_statements_however_many_leases(town: Town, lease: Lease) -> None:
    for _ in range(8):
        make_lease(town.session, make_tenant(town.session, town.base), town.base)
    session = town.as_(town.operator)
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(session.connection(), "before_cursor_execute", note)
    assert len(arrears(session, town.operator, base_id=town.base.id, through=Month(2026, 10))) == 9
    sa.event.remove(session.connection(), "before_cursor_execute", note)
    assert len(seen) == 4


def test_everybody_lists_their_own_payments_the_last_paid_first(town: Town, lease: Lease) -> None:
    rivals = make_lease(town.session, town.rival, town.other_base)
    for month in (6, 7, 8):
        make_payment(town.session, lease, month=date(2026, month, 1), amount_fen=month, ref=f"P-{month}")
    make_payment(town.session, rivals, month=date(2026, 6, 1), amount_fen=1, ref="P-R", kind="utilities")
    make_payment(town.session, lease, month=date(2026, 8, 1), amount_fen=9, ref="P-9", kind="property_fee")

    def seen(who: str, **asked: Any) -> list[str]:
        actor = getattr(town, who)
        limit, after = asked.pop("limit", 50), asked.pop("after", None)
        rows = list_payments(town.as_(actor), actor, PaymentFilter(**asked), after=after, limit=limit)
        return [row.ref for row in rows]

    for who in ("operator", "desk", "reviewer", "owner"):
        assert seen(who) == ["P-9", "P-8", "P-7", "P-6"]
    assert seen("rival_owner") == seen("other_operator") == ["P-R"]
    assert len(seen("admin")) == 5
    assert seen("admin", base_id=town.other_base.id) == ["P-R"]
    assert seen("owner", month=Month(2026, 7)) == ["P-7"]
    assert seen("owner", kind="property_fee") == ["P-9"]
    assert seen("admin", tenant_id=town.rival.id) == ["P-R"]
    assert seen("admin", search="p-7") == ["P-7"]
    rows = list_payments(town.as_(town.owner), town.owner, PaymentFilter(), limit=2)
    assert seen("owner", after=(rows[-1].paid_on, rows[-1].id)) == ["P-7", "P-6"]
    session = town.as_(SYSTEM)
    assert [row.ref for row in list_payments(session, town.rival_owner, PaymentFilter(), limit=9)] == ["P-R"]
    with pytest.raises(UnknownPayment):
        payment_for(session, town.rival_owner, rows[0].id)
    with pytest.raises(UnknownPayment):
        payment_for(town.as_(town.rival_owner), SYSTEM, rows[0].id)

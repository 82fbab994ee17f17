"""Two operators at once: a space is let once, a payment is taken back once, a person is enrolled once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import SharedBaseError
from shared_base.core.retry import retrying
from shared_base.tenancy import actions, actions_hosts, actions_leases, actions_payments
from shared_base.tenancy.models import RentPayment, Tenant
from shared_base.tenancy.rules import TenantDetails
from shared_base.tenancy.rules_leases import LeaseTerms
from tests.conftest import TestDatabase
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_actor, make_id_number, make_lease, make_payment, make_tenant, make_uscc
from tests.integration.tenancy.conftest import NOW

CLIENTS = 8


@dataclass
class Office:
    engine: sa.Engine
    base: Base
    tenants: list[Tenant]
    operator: Actor

    def at_once(self, deed: Callable[[Session, int], Any]) -> Counter[str]:
        """The deed by all clients from one starting shot; `done`, or the type of the refusal."""
        gate = threading.Barrier(CLIENTS)

        def run(client: int) -> str:
            with Session(self.engine, info={"actor": self.operator}, expire_on_commit=False) as session:

                def once() -> str:
                    deed(session, client)
                    session.commit()
                    return "done"

                gate.wait()
                try:
                    return retrying(once, rollback=session.rollback)
                except SharedBaseError as error:
                    session.rollback()
                    return error.type

        with ThreadPoolExecutor(CLIENTS) as pool:
            return Counter(pool.map(run, range(CLIENTS)))


@pytest.fixture(scope="module")
def office(new_database: Callable[[], TestDatabase]) -> Iterator[Office]:
    engine = make_engine(new_database().app, pool_size=CLIENTS, max_overflow=2)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session)
        tenants = [make_tenant(session, base) for _ in range(CLIENTS)]
        yield_to = Office(engine, base, tenants, make_actor(session, "operator", base=base))
    yield yield_to
    engine.dispose()


def test_two_spaces_wanted_crosswise_are_let_to_one_and_nobody_deadlocks(office: Office) -> None:
    for round_ in range(5):
        with transaction(office.engine, SYSTEM) as session:
            spaces = [make_studio(session, office.base).id for _ in range(2)]

        def sign(session: Session, client: int, spaces: list[Any] = spaces, round_: int = round_) -> None:
            terms = LeaseTerms(
                area_m2=Decimal(60),
                first=date(2026, 12, 1),
                last=date(2027, 11, 30),
                monthly_rent_fen=1,
                space_ids=spaces if client % 2 else spaces[::-1],
            )
            actions_leases.sign_lease(
                session,
                tenant=office.tenants[client],
                base=office.base,
                ref=f"R-{round_}-{client}",
                terms=terms,
                by=office.operator,
                at=NOW,
            )

        assert office.at_once(sign) == {"done": 1, "let-already": CLIENTS - 1}


def test_a_payment_is_taken_back_once_however_many_ask(office: Office) -> None:
    with transaction(office.engine, SYSTEM) as session:
        lease = make_lease(session, office.tenants[0], office.base)
        payment = make_payment(session, lease, month=date(2026, 9, 1), amount_fen=100)

    def correct(session: Session, client: int) -> None:
        actions_payments.correct_payment(
            session,
            payment=payment,
            amount_fen=30,
            paid_on=date(2026, 10, 1),
            reason="多开",
            by=office.operator,
            at=NOW,
        )

    assert office.at_once(correct) == {"done": 3, "too-much": CLIENTS - 3}
    with transaction(office.engine, SYSTEM) as session:
        net = session.scalar(sa.select(sa.func.sum(RentPayment.amount_fen)).where(RentPayment.lease_id == lease.id))
    assert net == 10


def test_one_enterprise_and_one_person_are_entered_once(office: Office) -> None:
    def register(session: Session, client: int) -> None:
        actions.register_tenant(
            session,
            uscc=make_uscc(910_001),
            details=TenantDetails(name=f"并发{client}", kind="mcn"),
            base_id=office.base.id,
            by=office.operator,
            at=NOW,
        )

    assert office.at_once(register) == {"done": 1, "already-there": CLIENTS - 1}

    number = make_id_number(date(1998, 5, 20), 5)

    def enrol(session: Session, client: int) -> None:
        details = actions_hosts.HostDetails(stage_name=f"主播{client}", real_name="林晓", id_number=number)
        actions_hosts.enrol_host(
            session, tenant=office.tenants[0], details=details, key=b"k" * 32, by=office.operator, at=NOW
        )

    assert office.at_once(enrol) == {"done": 1, "already-there": CLIENTS - 1}

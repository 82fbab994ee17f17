"""No page of tenants, hosts, leases or payments asks the database more because there is more to show."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_space
from tests.factories.tenancy import make_host, make_lease, make_payment, make_tenant, make_user
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House

PAGES = {
    "/tenants/": 10,
    "/tenants/?format=csv": 5,
    "/tenants/new": 4,
    "/tenants/{own}": 19,
    "/hosts/": 6,
    "/hosts/{host}": 9,
    "/leases/": 9,
    "/leases/new": 6,
    "/leases/{lease}": 9,
    "/leases/{lease}/edit": 8,
    "/payments/": 6,
    "/payments/arrears": 8,
    "/payments/new": 5,
    "/payments/{payment}": 11,
    "/payments/{payment}/correction": 9,
}


def crowd(session: Session, house: House) -> None:
    """Thirty more of everything; the own lease and tenant get longer histories too."""
    for number in range(30):
        tenant = make_tenant(session, house.base)
        room = make_space(session, house.base, kind="office")
        lease = make_lease(session, tenant, house.base, spaces=[room], rent_free=[(date(2025, 1, 1), date(2025, 1, 9))])
        make_payment(session, lease, month=date(2025, 2, 1), amount_fen=100)
        host = make_host(session, house.own)
        make_lease(session, house.own, house.base)
        first = make_payment(session, house.lease, month=date(2026, 1 + number % 10, 1), amount_fen=100)
        make_payment(session, house.lease, month=first.service_month, amount_fen=-50, corrects_id=house.payment.id)
        make_user(session, "tenant_scheduler", tenant=house.own)
        start = datetime(2026, 10, 1 + number % 28, 12, tzinfo=UTC)
        make_booking(
            session,
            house.studios[number % 3],
            house.own,
            start,
            start + timedelta(hours=1),
            state="completed",
            host=host,
        )
    session.commit()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, path: str
) -> None:
    address = path.format(own=house.own.id, host=house.host.id, lease=house.lease.id, payment=house.payment.id)
    with queries_counted(connection) as few:
        assert operator.get(address).status_code == 200
    crowd(session, house)
    with queries_counted(connection) as many:
        assert operator.get(address).status_code == 200
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= PAGES[path], "\n".join(many)

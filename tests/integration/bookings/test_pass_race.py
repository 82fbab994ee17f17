"""The same pass before many scanners at once: it opens one door, once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings import pass_codes, passes
from shared_base.bookings.queries import get_booking
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import SharedBaseError
from shared_base.core.retry import retrying
from shared_base.occupancy import arrivals
from tests.conftest import TestDatabase
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_actor, make_tenant
from tests.integration.bookings.conftest import NOW, hours
from tests.live import rows

SCANNERS, ROUNDS = 8, 10
KEY = pass_codes.key_of("the secret of the house of these tests")


def test_a_pass_scanned_at_once_by_eight_readers_checks_in_exactly_once(
    new_database: Callable[[], TestDatabase],
) -> None:
    database = new_database()
    engine = make_engine(database.app, pool_size=SCANNERS * 2)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session)
        tenant = make_tenant(session, base)
        desks = [make_actor(session, "front_desk", base=base) for _ in range(SCANNERS)]
        bookings: list[UUID] = []
        codes: list[str] = []
        for _ in range(ROUNDS):
            made = make_booking(session, make_studio(session, base), tenant, hours(0.5), hours(4))
            shown = passes.issue(session, booking=get_booking(session, made.id), by=SYSTEM, at=NOW)
            bookings.append(made.id)
            codes.append(pass_codes.write(KEY, shown.id))
    gate = threading.Barrier(SCANNERS)

    def scan(code: str, by: Actor) -> str:
        gate.wait()
        with Session(engine, info={"actor": by}, expire_on_commit=False) as session:

            def once() -> str:
                arrivals.check_in_by_pass(session, shown=code, key=KEY, base_id=None, by=by, at=NOW)
                session.commit()
                return "in"

            try:
                return retrying(once, rollback=session.rollback)
            except SharedBaseError as error:
                session.rollback()
                return error.type

    with ThreadPoolExecutor(SCANNERS) as pool:
        for code in codes:
            answers = Counter(pool.map(scan, [code] * SCANNERS, desks))
            assert answers == {"in": 1, "pass-used": SCANNERS - 1}
    assert rows(database, "select count(*), count(distinct booking_id) from stay_records") == [(ROUNDS, ROUNDS)]
    refused = rows(database, "select count(*) from events where kind = 'pass.refused'")
    assert refused == [(ROUNDS * (SCANNERS - 1),)]
    used = rows(database, "select count(*) from events where kind in ('pass.used', 'booking.checked_in')")
    assert used == [(ROUNDS * 2,)]
    engine.dispose()

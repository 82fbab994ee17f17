from shared_base.bookings import actions, queries
from tests.integration.bookings.conftest import *

def test_smoke(session, house):
    with Seeing(session, house.scheduler):
        row = actions.book(session, studio_id=house.studio.id, tenant_id=house.tenant.id, start=hours(8), end=hours(14), title="晚八点", by=house.scheduler, at=NOW)
        assert queries.booking_for(session, house.scheduler, row.id) == row
        import pytest
        from shared_base.bookings.errors import Taken
    with Seeing(session, house.rival_scheduler):
        with pytest.raises(Taken) as e:
            actions.book(session, studio_id=house.studio.id, tenant_id=house.rival.id, start=hours(9), end=hours(10), title="晚八点", by=house.rival_scheduler, at=NOW)
        print(e.value, e.value.extra)

"""Whatever tenants, a desk and the scheduler do, in whatever order: the database holds what a plain model holds.

200 sequences of up to 50 deeds, in four parts that can run beside each other.
"""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

pytest.register_assert_rewrite("tests.integration.bookings.life_machine")

from tests.integration.bookings.life_machine import Life  # noqa: E402

SEQUENCES = 200
DEEDS = 50
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_any_order_of_deeds_keeps_to_the_model(engine: sa.Engine, part: int) -> None:
    bound = type(f"Life{part}", (Life,), {"engine": engine})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=SEQUENCES // PARTS,
            stateful_step_count=DEEDS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

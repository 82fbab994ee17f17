"""The life of a booking: kit, crew and samples with it, series, rules, holds, the waitlist, passes, calendars.

Made from the models, as 0001 was; what changes in tables that stand is written by hand at its beginning.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes(), prepare=False)


def downgrade() -> None:
    raise NotImplementedError("data is not unmade: restore a backup instead")

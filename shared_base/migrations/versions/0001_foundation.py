"""The foundation: people, resources, catalogue, tenancy, bookings, occupancy, claims.

Its DDL is plain SQL beside it: there is one dialect, and exclusion constraints, policies, triggers and functions are
half of what this schema promises.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # the driver itself runs it: SQLAlchemy would look for parameters in it
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes(), prepare=False)


def downgrade() -> None:
    raise NotImplementedError("data is not unmade: restore a backup instead")

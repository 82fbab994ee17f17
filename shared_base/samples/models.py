"""Samples as bookings take them. A single item is held like a studio; of a counted lot bookings take a number."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.core.audit import audited
from shared_base.core.database import Model
from shared_base.resources.models import Resource


class Sample(Model):
    """Something of the sample room: one item, or a lot of `quantity` alike. Its row in `resources` is what is locked.

    At no instant do bookings hold more of a lot than there are: peaks count, never sums (`resources.lot_claims`).
    """

    __tablename__ = "samples"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "code", name="samples_code_unique_in_base"),
        sa.UniqueConstraint("base_id", "id", name="samples_base_and_id"),
        sa.CheckConstraint("length(btrim(code)) between 1 and 40", name="samples_code_given"),
        sa.CheckConstraint("length(btrim(name)) between 1 and 200", name="samples_name_given"),
        sa.CheckConstraint("quantity between 0 and 1000000 and (counted or quantity = 1)", name="samples_quantity"),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name="samples_resource_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="samples_base_fkey"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    base_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(doc="what stands on its label")
    name: Mapped[str]
    sku: Mapped[str | None]
    counted: Mapped[bool] = mapped_column(server_default=sa.false(), doc="a lot: bookings take a number of it")
    quantity: Mapped[int] = mapped_column(sa.Integer, server_default="1")
    retired_at: Mapped[datetime | None] = mapped_column(doc="nobody takes it any more")
    created_at: Mapped[datetime]

    resource: Mapped[Resource] = relationship(lazy="raise")


audited(Sample)

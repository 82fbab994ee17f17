"""The rules of booking (预约规则), dated: of a base, or of one studio, which then go before the base's; and quotas."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, NO_REVIEWER, TENANTS, protect


class BookingRule(Model):
    """What holds for bookings that begin on the days of `valid`. A field that is null says nothing: the base's rule
    speaks for a studio's, and the house's usual figures (`rules.Terms`) for the base's.
    """

    __tablename__ = "booking_rules"
    __table_args__ = (
        # one rule a day for a base, and one for each studio: two would be two truths
        pg.ExcludeConstraint(
            ("base_id", "="),
            (sa.text("coalesce(space_id, '00000000-0000-0000-0000-000000000000'::uuid)"), "="),
            ("valid", "&&"),
            using="gist",
            name="booking_rules_one_a_day",
        ),
        sa.CheckConstraint("not isempty(valid)", name="booking_rules_valid_not_empty"),
        sa.CheckConstraint(
            "buffer_before between 0 and 720 and buffer_after between 0 and 720", name="booking_rules_buffers_bounded"
        ),
        sa.CheckConstraint(
            "notice_minutes between 0 and 525600 and cancel_minutes between 0 and 525600"
            " and horizon_days between 1 and 3660",
            name="booking_rules_notice_bounded",
        ),
        sa.CheckConstraint(
            "shortest_minutes between 1 and 525600 and longest_minutes between 1 and 525600"
            " and longest_minutes >= shortest_minutes",
            name="booking_rules_lengths_bounded",
        ),
        sa.CheckConstraint(
            "early_minutes between 0 and 1440 and grace_minutes between 0 and 1440"
            " and hold_minutes between 1 and 10080",
            name="booking_rules_windows_bounded",
        ),
        sa.CheckConstraint("bookable_by in ('tenants', 'staff')", name="booking_rules_bookable_by_known"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="booking_rules_base_fkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "space_id"], ["spaces.base_id", "spaces.id"], name="booking_rules_space_fkey"
        ),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    space_id: Mapped[UUID | None] = mapped_column(doc="null: the whole base")
    valid: Mapped[Range[date]] = mapped_column(pg.DATERANGE, doc="local days on which a booking begins")
    buffer_before: Mapped[int | None] = mapped_column(sa.Integer, doc="minutes to set up, before each booking")
    buffer_after: Mapped[int | None] = mapped_column(sa.Integer, doc="minutes to clean, after; else the studio's own")
    notice_minutes: Mapped[int | None] = mapped_column(sa.Integer, doc="tenants book at least so long ahead")
    horizon_days: Mapped[int | None] = mapped_column(sa.Integer, doc="tenants book at most so far ahead")
    shortest_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    longest_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    needs_approval: Mapped[bool | None] = mapped_column(doc="a tenant's booking waits for the staff's word")
    bookable_by: Mapped[str | None] = mapped_column(doc="`staff`: the desk alone books it")
    cancel_minutes: Mapped[int | None] = mapped_column(sa.Integer, doc="tenants cancel at least so long before")
    early_minutes: Mapped[int | None] = mapped_column(sa.Integer, doc="check-in opens so long before the start")
    grace_minutes: Mapped[int | None] = mapped_column(sa.Integer, doc="nobody is a no-show before so long after it")
    hold_minutes: Mapped[int | None] = mapped_column(sa.Integer, doc="how long a hold waits to be confirmed")
    created_at: Mapped[datetime]


audited(BookingRule)


class BookingQuota(Model):
    """The most that a tenant books at a base in a local day, ISO week or month: of time, of bookings, or of both.

    For one tenant, for all of a plan, or for everyone. All that apply hold. Staff may book past them.
    """

    __tablename__ = "booking_quotas"
    __table_args__ = (
        sa.CheckConstraint("period in ('day', 'week', 'month')", name="booking_quotas_period_known"),
        sa.CheckConstraint("tenant_id is null or plan is null", name="booking_quotas_for_one"),
        sa.CheckConstraint(
            "most_minutes > 0 and most_bookings > 0 and (most_minutes is not null or most_bookings is not null)",
            name="booking_quotas_say_something",
        ),
        sa.CheckConstraint("not isempty(valid)", name="booking_quotas_valid_not_empty"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="booking_quotas_base_fkey"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="booking_quotas_tenant_fkey"),
        sa.Index("booking_quotas_base", "base_id"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID | None]
    plan: Mapped[str | None]
    period: Mapped[str]
    most_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    most_bookings: Mapped[int | None] = mapped_column(sa.Integer)
    valid: Mapped[Range[date]] = mapped_column(pg.DATERANGE, doc="local days on which a booking begins")
    created_at: Mapped[datetime]


# a quota for everyone is no secret; one for a tenant is that tenant's and the staff's
protect(
    BookingQuota,
    read=f"{EVERYTHING} OR tenant_id IS NULL OR base_id = ANY ({BASES}) OR tenant_id = ANY ({TENANTS})",
    write=f"{NO_REVIEWER} AND ({EVERYTHING} OR base_id = ANY ({BASES}))",
)
audited(BookingQuota)

"""What there is: bases (基地), when they are open and recognised, and their spaces (空间)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.catalogue.rules import Opening
from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.resources.models import Resource


class Base(Model):
    """A shared live-streaming base. Its zone cuts days and months; its tier (大型、中型、区域) is its recognition's."""

    __tablename__ = "bases"
    __table_args__ = (
        sa.UniqueConstraint("code", name="bases_code_unique"),
        sa.CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'", name="bases_code_shape"),
        sa.CheckConstraint("tier in ('large', 'medium', 'regional')", name="bases_tier_known"),
        sa.CheckConstraint("division_code ~ '^[0-9]{6}$'", name="bases_division_shape"),
        sa.CheckConstraint("lettable_area_m2 > 0", name="bases_area_positive"),
        sa.CheckConstraint("extract(day from reports_from) = 1", name="bases_reports_from_is_a_month"),
        sa.CheckConstraint("crew_rest_minutes between 0 and 2880", name="bases_crew_rest_bounded"),
    )

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str]
    name: Mapped[str]
    tier: Mapped[str]
    division_code: Mapped[str] = mapped_column(doc="GB/T 2260, six digits")
    timezone: Mapped[str] = mapped_column(server_default="Asia/Shanghai", doc="IANA name")
    lettable_area_m2: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))
    operator_uscc: Mapped[str | None] = mapped_column(doc="its own leases are out of every claim")
    crew_rest_minutes: Mapped[int] = mapped_column(
        sa.Integer, server_default="660", doc="rest of the crew between two shifts"
    )
    reports_from: Mapped[date] = mapped_column(doc="the scheduler closes no month before this one")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]

    opening_hours: Mapped[list["OpeningHours"]] = relationship(order_by="OpeningHours.valid", lazy="raise")
    recognitions: Mapped[list["Recognition"]] = relationship(order_by="Recognition.valid", lazy="raise")


audited(Base)


class OpeningHours(Model):
    """A base's daily opening while `valid` (local days). Minutes run from local midnight; past 1440: the next day."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        # one opening a day: two rules for one day would be two truths
        pg.ExcludeConstraint(("base_id", "="), ("valid", "&&"), using="gist", name="opening_hours_one_rule_a_day"),
        sa.CheckConstraint("not isempty(valid)", name="opening_hours_valid_not_empty"),
        sa.CheckConstraint(
            "opens_minute between 0 and 1439 and closes_minute > opens_minute and closes_minute <= opens_minute + 1440",
            name="opening_hours_within_a_day",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="opening_hours_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    valid: Mapped[Range[date]] = mapped_column(pg.DATERANGE)
    opens_minute: Mapped[int] = mapped_column(sa.Integer)
    closes_minute: Mapped[int] = mapped_column(sa.Integer)


audited(OpeningHours)


class SpecialDay(Model):
    """A local day with an opening of its own (a holiday, a festival, a stock-take), or with none: then it is closed."""

    __tablename__ = "special_days"
    __table_args__ = (
        sa.PrimaryKeyConstraint("base_id", "day", name="special_days_pkey"),
        sa.CheckConstraint(
            "(opens_minute is null) = (closes_minute is null) and opens_minute between 0 and 1439"
            " and closes_minute > opens_minute and closes_minute <= opens_minute + 1440",
            name="special_days_within_a_day",
        ),
        sa.CheckConstraint("length(btrim(note)) between 1 and 100", name="special_days_note_given"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="special_days_base_fkey"),
    )

    base_id: Mapped[UUID]
    day: Mapped[date]
    opens_minute: Mapped[int | None] = mapped_column(sa.Integer, doc="null: closed all day")
    closes_minute: Mapped[int | None] = mapped_column(sa.Integer)
    note: Mapped[str] = mapped_column(doc="why: 除夕, 盘点")

    @property
    def opening(self) -> Opening | None:
        """The opening that begins on it; None: it stays shut."""
        if self.opens_minute is None or self.closes_minute is None:
            return None
        return Opening(self.opens_minute, self.closes_minute)


audited(SpecialDay)


class Recognition(Model):
    """A period in which the government recognises the base (认定)."""

    __tablename__ = "recognitions"
    __table_args__ = (
        pg.ExcludeConstraint(("base_id", "="), ("valid", "&&"), using="gist", name="recognitions_one_at_a_time"),
        sa.CheckConstraint("not isempty(valid) and not lower_inf(valid)", name="recognitions_valid_begins"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="recognitions_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    number: Mapped[str | None]
    valid: Mapped[Range[date]] = mapped_column(pg.DATERANGE)


audited(Recognition)


class Space(Model):
    """A room of a base: studio (直播间), office, sample room or hall. Its id is that of the resource it is."""

    __tablename__ = "spaces"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "code", name="spaces_code_unique_in_base"),
        sa.UniqueConstraint("base_id", "id", name="spaces_base_and_id"),
        sa.CheckConstraint("kind in ('studio', 'office', 'sample_room', 'hall')", name="spaces_kind_known"),
        sa.CheckConstraint("area_m2 > 0", name="spaces_area_positive"),
        sa.CheckConstraint("buffer_minutes between 0 and 720", name="spaces_buffer_bounded"),
        sa.CheckConstraint("not isempty(in_service) and not lower_inf(in_service)", name="spaces_in_service_begins"),
        sa.CheckConstraint("length(btrim(code)) between 1 and 40", name="spaces_code_given"),
        sa.CheckConstraint("length(btrim(floor)) between 1 and 20", name="spaces_floor_given"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="spaces_base_fkey"),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name="spaces_resource_fkey"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    base_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    area_m2: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))
    floor: Mapped[str | None] = mapped_column(doc="as its lift says it: 3F, B1")
    scene: Mapped[str | None] = mapped_column(doc="what it is fitted for (美妆, 绿幕, 厨房)")
    in_service: Mapped[Range[date]] = mapped_column(pg.DATERANGE, doc="local days, half-open")
    buffer_minutes: Mapped[int] = mapped_column(sa.Integer, server_default="0", doc="clean-down after each booking")
    notes: Mapped[str | None]
    created_at: Mapped[datetime]

    base: Mapped[Base] = relationship(lazy="raise")
    resource: Mapped[Resource] = relationship(lazy="raise")


audited(Space)

"""Calendar feeds: an address that nobody guesses, readable by any calendar client, revocable."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import after_tables, protect


class CalendarFeed(Model):
    """The bookings of a tenant, of a host or of a studio, for whoever knows the address. Its secret is kept hashed."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        sa.CheckConstraint("kind in ('tenant', 'host', 'studio')", name="calendar_feeds_kind_known"),
        sa.CheckConstraint(
            "case kind when 'tenant' then tenant_id is not null and host_id is null and studio_id is null"
            " when 'host' then tenant_id is not null and host_id is not null and studio_id is null"
            " else base_id is not null and studio_id is not null and tenant_id is null and host_id is null end",
            name="calendar_feeds_of_one",
        ),
        sa.CheckConstraint("length(label) between 1 and 100", name="calendar_feeds_label_given"),
        sa.UniqueConstraint("secret_hash", name="calendar_feeds_secret_unique"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="calendar_feeds_tenant_fkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "host_id"], ["hosts.tenant_id", "hosts.id"], name="calendar_feeds_host_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "studio_id"], ["spaces.base_id", "spaces.id"], name="calendar_feeds_studio_fkey"
        ),
        sa.Index("calendar_feeds_tenant", "tenant_id"),
        sa.Index("calendar_feeds_base", "base_id"),
    )

    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str]
    tenant_id: Mapped[UUID | None]
    host_id: Mapped[UUID | None]
    base_id: Mapped[UUID | None]
    studio_id: Mapped[UUID | None]
    label: Mapped[str]
    secret_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", name="calendar_feeds_creator_fkey"))
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


protect(CalendarFeed, tenant_writes=True)
audited(CalendarFeed, "secret_hash", ignored=("used_at",))

# A feed lives as long as whoever made it may see what it shows: asked at each read, so that a person who leaves takes
# the addresses that they gave away with them (`docs/decisions/0016-calendar-feeds.md`).
after_tables(
    """
CREATE FUNCTION calendar_feed_stands(creator uuid, of_tenant uuid, of_base uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT EXISTS (
    SELECT FROM users u JOIN memberships m ON m.user_id = u.id
    WHERE u.id = creator AND u.disabled_at IS NULL AND m.ended_at IS NULL
      AND (m.role = 'admin' OR m.tenant_id = of_tenant
           OR m.base_id = of_base AND m.role IN ('operator', 'front_desk')));
END
"""
)
# Whoever knows an address is nobody yet, and nobody sees the table: the feed comes by its secret's digest alone.
after_tables(
    """
CREATE FUNCTION open_calendar_feed(secret bytea) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', f.id, 'kind', f.kind, 'tenant_id', f.tenant_id, 'host_id', f.host_id,
    'base_id', f.base_id, 'studio_id', f.studio_id, 'used_at', f.used_at, 'locale', u.locale, 'creator', u.id)
  FROM calendar_feeds f JOIN users u ON u.id = f.created_by
  WHERE f.secret_hash = secret AND f.revoked_at IS NULL AND calendar_feed_stands(f.created_by, f.tenant_id, f.base_id);
END
"""
)

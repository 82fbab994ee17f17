"""News (待告知的事件): events that somebody may have to hear of, until the mails about them are in the outbox.

A trigger puts the row beside the event, in the deed's own transaction (`docs/decisions/0015-news-by-mail.md`).
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model
from shared_base.core.row_security import after_tables

#: the events that may be news to somebody; `kinds.py` says what each means
KINDS = (
    "booking.approved",
    "booking.cancelled",
    "booking.confirmed",
    "booking.created",
    "booking.declined",
    "booking.delayed_by_overrun",
    "booking.hit_by_closure",
    "booking.hold_lapsed",
    "booking.hold_released",
    "booking.moved",
    "booking.no_show",
    "booking.requested",
    "waitlist.offered",
)


class News(Model):
    """That an event is still to be told. Its number alone: whom it concerns is read with the event."""

    __tablename__ = "news"

    # No foreign key: events are never deleted, and looking for one would cost every booking.
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


after_tables(
    """
CREATE FUNCTION keep_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO news (event_id) VALUES (NEW.id);
  RETURN NULL;
END $$
"""
)
# What a member books or confirms for their own tenant is news to nobody: the hot path writes no row more than before.
_OWN = "new.tenant_id::text = any (string_to_array(current_setting('app.tenants', true), ','))"
_TOLD = ", ".join(f"'{kind}'" for kind in KINDS)
after_tables(
    f"CREATE TRIGGER events_news AFTER INSERT ON events FOR EACH ROW"
    f" WHEN (new.kind in ({_TOLD}) and "
    f"(new.kind not in ('booking.created', 'booking.confirmed') or ({_OWN}) is not true))"
    f" EXECUTE FUNCTION keep_news()",
)

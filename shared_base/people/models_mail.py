"""Which kinds of mail a person does not want."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from shared_base.core.database import Model

#: mails about bookings, by what they are good for; what concerns the account itself (passwords, roles) always comes
MAIL_KINDS = ("bookings", "disruptions", "holds", "reminders", "requests")


class MutedMail(Model):
    """A kind of mail that a person switched off. No row: it comes, so a kind that is new begins switched on."""

    __tablename__ = "muted_mails"
    __table_args__ = (
        sa.PrimaryKeyConstraint("user_id", "kind", name="muted_mails_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="muted_mails_user_fkey"),
        sa.CheckConstraint(
            "kind in ('bookings', 'disruptions', 'holds', 'reminders', 'requests')", name="muted_mails_kind_known"
        ),
    )

    user_id: Mapped[UUID]
    kind: Mapped[str]

"""What goes with a mail: the bookings it confirms, as a calendar file (RFC 5545) made when the mail leaves."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from config.settings import Settings
from shared_base.calendars.queries import appointment_of
from shared_base.calendars.writing import Place, feed, invitation
from shared_base.core.actor import SYSTEM
from shared_base.core.database import transaction
from shared_base.notifications.mails import Attachment


def attachments_of(engine: sa.Engine, payload: Mapping[str, Any], settings: Settings) -> list[Attachment]:
    """The files of an outbox payload: of the bookings that its value `calendar` names, as they stand now."""
    values = payload["values"]
    if not (ids := values.get("calendar")):
        return []
    with transaction(engine, SYSTEM) as session:
        found = [appointment_of(session, UUID(booking_id)) for booking_id in ids]
    place = Place(settings.base_url, payload["locale"])
    if len(found) == 1:
        organizer = parseaddr(settings.mail_from)[1]
        content, parameters = invitation(found[0], place=place, organizer=organizer), {"method": "PUBLISH"}
    else:
        content, parameters = feed(found, name=values["base"], place=place, staff=False), {}
    return [Attachment("booking.ics", "text", "calendar", content, {"charset": "utf-8", **parameters})]

"""One booking as a file for the calendar on somebody's phone."""

from uuid import UUID

from flask import Blueprint, Response

from shared_base.calendars.queries import appointment_of
from shared_base.calendars.writing import Place, invitation
from shared_base.http.exports import attachment
from shared_base.http.extensions import session, settings
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.language import locale_code
from shared_base.web.bookings.scope import own_booking
from shared_base.web.calendars.feed import ICS

bp = Blueprint("booking_file", __name__)


@bp.get("/bookings/<uuid:booking_id>.ics")
@allow(*STAFF, *TENANT, "reviewer")
def show(booking_id: UUID) -> Response:
    booking = own_booking(booking_id)
    body = invitation(appointment_of(session(), booking.id), place=Place(settings().base_url, locale_code()))
    return attachment(body, f"{booking.code}.ics", ICS)

"""What people are written about: requests for mail, put in the outbox and rendered above (`notifications`)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared_base.core import outbox
from shared_base.people.models import User

#: the outbox's topics of this room
MAIL, PASSWORD_RESET = "mail", "password_reset"


def post_mail(session: Session, user: User, template: str, *, at: datetime, **values: Any) -> None:
    """Ask for the mail `template` (`templates/mail/<locale>/<template>.*`) to a person, in their language.

    `values` are JSON. An address in them is a path: the sender puts the installation's own base URL before it, never
    a host that a request named. They are erased once the mail has left, for a path may open an account.
    """
    payload = {"template": template, "to": user.email, "name": user.name, "locale": user.locale, "values": values}
    outbox.post(session, MAIL, payload, at=at)

"""Which mails one gets: everything, but for the kinds switched off here."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField

from shared_base.http.extensions import session
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor, identity
from shared_base.http.transactions import writes
from shared_base.people.mail_choices import choose_kinds, wanted_kinds
from shared_base.people.models_mail import MAIL_KINDS

bp = Blueprint("account_mails", __name__, url_prefix="/account/mails")


class MailsForm(Form):
    """A box a kind; a person sees those that somebody with their roles is ever sent."""

    bookings = BooleanField(
        _l("Bookings that others make or change"),
        description=_l("Booked for you, confirmed or declined, moved, cancelled, marked as a no-show."),
    )
    disruptions = BooleanField(
        _l("What stands in the way of a booking"),
        description=_l("A closure of the studio, or a session before yours that runs over; with a way out."),
    )
    holds = BooleanField(
        _l("Holds and the waitlist"),
        description=_l("A place is free for you, a hold is about to lapse or has lapsed."),
    )
    reminders = BooleanField(
        _l("Reminders"), description=_l("A day and an hour before a booking begins, unless it was made later.")
    )
    requests = BooleanField(
        _l("Bookings to approve"), description=_l("A tenant asks for a time that wants the staff's word.")
    )

    def boxes(self) -> list[Any]:
        """Those of the person's roles."""
        actor = current_actor()
        kinds = [kind for kind in MAIL_KINDS if kind != "requests"] if actor.tenants else []
        return [self[kind] for kind in (*kinds, *(["requests"] if actor.is_staff and not actor.is_admin else []))]


def _page(form: MailsForm) -> str:
    return render_template("people/account_mails.html", form=form, boxes=form.boxes())


@bp.get("")
@allow()
def edit() -> str:
    wanted = wanted_kinds(session(), identity().user_id)
    return _page(MailsForm(formdata=None, data={kind: kind in wanted for kind in MAIL_KINDS}))


@bp.post("")
@allow()
@writes
def update() -> BaseResponse | tuple[str, int]:
    form, me = MailsForm(), identity().user_id
    if not form.validate_on_submit():
        return _page(form), 422
    # a kind that is not on the page stays as it was chosen in another role
    shown = {box.name for box in form.boxes()}
    kept = wanted_kinds(session(), me) - shown
    choose_kinds(session(), me, kept | {kind for kind in shown if form[kind].data})
    flash(_("Your choice of mails is saved."), "success")
    return redirect(url_for("account_mails.edit"), 303)

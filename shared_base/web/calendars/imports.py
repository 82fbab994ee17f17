"""日历导入: an .ics from somebody's own calendar, tried out, shown, and only then booked.

Nothing is kept between the two: the preview carries the file in its own form, and booking reads it from the start.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, HiddenField, SelectField
from wtforms.validators import InputRequired, Optional

from shared_base.bookings.errors import Taken
from shared_base.calendars.content_lines import MOST_BYTES, MOST_EVENTS
from shared_base.calendars.errors import CalendarRefused
from shared_base.calendars.importing import Line, Outcome, Wish, import_calendar, preview_calendar
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone, said, translate
from shared_base.http.transactions import writes
from shared_base.web.bookings import refusals
from shared_base.web.bookings.scope import hosts_of, studios
from shared_base.web.current import current_base, tenant_choices

bp = Blueprint("calendar_imports", __name__, url_prefix="/bookings/import")

#: what the domain calls a field → what this form calls it
FIELDS = {"studio_id": "studio", "tenant_id": "tenant", "host_id": "host"}
#: occurrences of one series that the preview lists; the rest are counted
SHOWN = 12


class CalendarForm(Form):
    """An .ics file, and for whom and where it is booked."""

    file = FileField(_l("Calendar (.ics)"))
    text = HiddenField()
    studio = SelectField(_l("Studio"), [InputRequired()], description=_l("An event whose place names another is there"))
    tenant = SelectField(_l("Tenant"), [InputRequired()])
    host = SelectField(_l("Host"), [Optional()])
    until = DateField(_l("Series without an end until"), [Optional()], description=_l("Empty: for 90 days"))
    on_conflict = SelectField(_l("What cannot be booked"))

    def fill(self) -> "CalendarForm":
        base = current_base()
        tenants = tenant_choices()
        self.studio.choices = [
            (str(studio.id), " · ".join(part for part in (studio.code, studio.name, studio.scene) if part))
            for studio in studios(base.id)
        ]
        self.tenant.choices = [(str(tenant.id), tenant.name) for tenant in tenants]
        if len(tenants) > 1:
            self.tenant.choices.insert(0, ("", _("Choose a tenant")))
        hosts = hosts_of([tenant.id for tenant in tenants])
        self.host.choices = [("", _("Nobody named yet"))] + [(str(host.id), host.stage_name) for host in hosts]
        self.on_conflict.choices = [("refuse", _("Then book nothing")), ("skip", _("Leave it out, book the rest"))]
        return self

    @property
    def data_sent(self) -> bytes:
        """The chosen file; or, from the preview, what it carried."""
        chosen = self.file.data
        if chosen:
            return bytes(chosen.stream.read(MOST_BYTES + 1))
        return (self.text.data or "").encode()

    @property
    def wish(self) -> Wish:
        return Wish(
            studio_id=UUID(self.studio.data),
            tenant_id=UUID(self.tenant.data),
            host_id=UUID(self.host.data) if self.host.data else None,
            on_conflict="skip" if self.on_conflict.data == "skip" else "refuse",
            until=_end_of(self.until.data),
        )


def _end_of(day: Any) -> datetime | None:
    """The day's last instant on the base's clock; a year that no zone knows is none."""
    if day is None or not 2000 <= day.year < 2199:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=page_zone()) + timedelta(days=1, seconds=-1)


def _page(form: CalendarForm) -> str:
    return render_template(
        "calendars/import.html", form=form, largest=MOST_BYTES // 1024, events=MOST_EVENTS, tenants=form.tenant.choices
    )


@bp.get("")
@allow(*STAFF, *TENANT)
def new() -> str:
    form = CalendarForm(formdata=None).fill()
    form.studio.data = request.args.get("studio")
    return _page(form)


@bp.post("")
@allow(*STAFF, *TENANT)
@writes
def preview() -> str | tuple[str, int]:
    """Try the file out; nothing is written."""
    form = CalendarForm().fill()
    if not form.validate_on_submit():
        return _page(form), 422
    data = form.data_sent
    if not data:
        form.file.errors = [_("Choose a file first.")]
        return _page(form), 422
    try:
        outcome = preview_calendar(session(), data=data, wish=form.wish, by=current_actor(), at=now())
    except SharedBaseError as error:
        status = _refused(form, error)
        return _page(form), status
    # what was read is UTF-8: the room has decoded it
    form.text.data = data.decode("utf-8-sig")
    return _shown(form, outcome)


@bp.post("/commit")
@allow(*STAFF, *TENANT)
@writes
def create() -> str | BaseResponse | tuple[str, int]:
    """Book what was previewed. What changed meanwhile counts: then the preview is shown as it now is."""
    form = CalendarForm().fill()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        outcome = import_calendar(session(), data=form.data_sent, wish=form.wish, by=current_actor(), at=now())
    except CalendarRefused as refusal:
        return _shown(form, refusal.outcome, refused=said(refusal)), refusal.status
    except SharedBaseError as error:
        status = _refused(form, error)
        return _page(form), status
    flash(ngettext("%(num)s booking was made.", "%(num)s bookings were made.", outcome.booked), "success")
    return redirect(url_for("bookings.index"), 303)


def _refused(form: CalendarForm, error: SharedBaseError) -> int:
    """What is wrong with the file stands at the file."""
    if error.extra.get("errors"):
        return form.refuse(error, **FIELDS)
    form.file.errors = [said(error)]
    return error.status


def _shown(form: CalendarForm, outcome: Outcome, refused: str | None = None) -> str:
    return render_template(
        "calendars/import_preview.html", form=form, outcome=outcome, refused=refused, shown=SHOWN,
        lines=[_line(line) for line in outcome.lines],
    )  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    """An entry in the reader's words."""
    entry = line.entry
    state = "refused" if line.refusal else "left_out" if entry.left_out else "booked"
    notes = [note.text(translate) for note in entry.notes]
    if entry.left_out:
        notes.append(entry.left_out.text(translate))
    return {
        "title": entry.title,
        "studio": line.studio,
        "start": entry.start,
        "end": entry.end,
        "rrule": entry.repeats.rrule if entry.repeats else None,
        "zone": entry.repeats.zone.key if entry.repeats else None,
        "times": [(booking.start, booking.end) for booking in line.bookings],
        "skipped": line.skipped,
        "notes": notes,
        "refusal": said(line.refusal) if line.refusal else None,
        "blockers": refusals.in_words(line.refusal, entry.start, entry.end, to=_nowhere)["blockers"]
        if isinstance(line.refusal, Taken) and entry.start and entry.end
        else [],
        "state": state,
    }


def _nowhere(**_instead: Any) -> str:
    return ""

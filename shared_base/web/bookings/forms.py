"""The forms of a booking: who has which studio when, and what is done to it later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.bookings.rules import LONGEST_PLATFORM, LONGEST_REASON, LONGEST_TITLE
from shared_base.http.forms import Form, LocalInstantField
from shared_base.http.language import page_zone

#: where people stream; offered, not required
PLATFORMS = ("抖音", "快手", "淘宝", "视频号", "小红书", "京东", "拼多多", "哔哩哔哩", "TikTok")

#: what the domain calls a field → what these forms call it
FIELDS = {"studio_id": "studio", "tenant_id": "tenant", "host_id": "host"}


def wall(instant: datetime) -> str:
    """An instant as these forms and their addresses write it: the base's clock, `2026-11-21T20:00`."""
    return instant.astimezone(page_zone()).strftime("%Y-%m-%dT%H:%M")


def from_wall(text: str | None) -> datetime | None:
    """The instant that the base's clock shows as `text`, or written with an offset; None for anything else."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=page_zone())
    # an address may say anything; beyond these years no zone can be applied
    return moment if 2000 <= moment.year < 2200 else None


class MoveForm(Form):
    """Another studio, time or host for a booking."""

    studio = SelectField(_l("Studio"), [InputRequired()])
    start = LocalInstantField(_l("Starts"), [InputRequired()])
    end = LocalInstantField(_l("Ends"), [InputRequired()], description=_l("A night ends on the next day"))
    host = SelectField(_l("Host"), [Optional()])
    version = HiddenField()

    def offer(self, studios: Sequence[Any], hosts: Sequence[Any], tenants: Sequence[Any] = ()) -> None:
        """Fill the selects; hosts stand under their tenant where there is more than one."""
        self.studio.choices = [
            (str(studio.id), " · ".join(part for part in (studio.code, studio.name, studio.scene) if part))
            for studio in studios
        ]
        nobody = [("", _("Nobody named yet"))]
        if len(tenants) > 1:
            names = {tenant.id: tenant.name for tenant in tenants}
            groups: dict[str, list[tuple[str, str]]] = {_("No host"): nobody}
            for host in hosts:
                groups.setdefault(names[host.tenant_id], []).append(_host_option(host))
            self.host.choices = groups
        else:
            self.host.choices = nobody + [_host_option(host) for host in hosts]

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Start and end, once the form is valid."""
        assert self.start.data
        assert self.end.data
        return self.start.data, self.end.data

    @property
    def host_id(self) -> UUID | None:
        return UUID(self.host.data) if self.host.data else None


def _host_option(host: Any) -> tuple[str, str]:
    return str(host.id), host.stage_name if host.checked else _("%(host)s (identity not checked)", host=host.stage_name)


class DetailsForm(Form):
    """What a booking is about."""

    title = StringField(
        _l("Title"), [Optional(), Length(max=LONGEST_TITLE)], description=_l("What is on; shown on the timeline")
    )
    platform = StringField(_l("Platform"), [Optional(), Length(max=LONGEST_PLATFORM)])


class BookingForm(MoveForm, DetailsForm):
    """A new booking."""

    tenant = SelectField(_l("Tenant"), [InputRequired()])


class ExtensionForm(Form):
    end = LocalInstantField(_l("New end"), [InputRequired()])


class ReleaseForm(Form):
    """Giving the studio back before its time; empty: now."""

    until = LocalInstantField(_l("Give back at"), [Optional()], description=_l("Empty: now"))


class ReasonForm(Form):
    reason = StringField(_l("Reason"), [InputRequired(), Length(max=LONGEST_REASON)])

"""The forms of a lease: its terms, and its early end."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.catalogue.models import Space
from shared_base.http.formatting import area
from shared_base.http.forms import Form, choices
from shared_base.tenancy.rules_leases import LONGEST_REF, LeaseTerms
from shared_base.web.tenancy.fields import SpansField, YuanField

#: rooms that are let whole stand first; studios are mostly booked by the hour
KINDS = ("office", "sample_room", "hall", "studio")


class Checkboxes(SelectMultipleField):  # type: ignore[misc]
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class LeaseForm(Form):
    """The terms of a lease that may be amended."""

    #: a field of the domain → this form's
    FIELDS: ClassVar[dict[str, str]] = {"in_service_to": "last", "valid": "last"}

    first = DateField(_l("First day"), [InputRequired()])
    last = DateField(_l("Last day"), [InputRequired()], description=_l("Included"))
    area_m2 = DecimalField(_l("Leased area"), [InputRequired(), NumberRange(min=0)], places=None)
    monthly_rent_fen = YuanField(_l("Rent a month"), [InputRequired()])
    property_fee_fen = YuanField(_l("Property fee a month"), [Optional()], description=_l("Empty: none"))
    space_ids = Checkboxes(
        _l("Spaces let whole"),
        [Optional()],
        description=_l(
            "Only the tenant books them while the lease runs. None: the area is let without a room of its own."
        ),
    )
    rent_free = SpansField(
        _l("Rent-free periods"),
        description=_l("No rent is due on these days; the property fee is. Both days included."),
    )

    def terms(self) -> LeaseTerms:
        """What was entered in a valid form. Raises `Invalid` for a rent-free period that is no span."""
        assert self.monthly_rent_fen.data is not None
        return LeaseTerms(
            area_m2=self.area_m2.data,
            first=self.first.data,
            last=self.last.data,
            monthly_rent_fen=self.monthly_rent_fen.data,
            property_fee_fen=self.property_fee_fen.data or 0,
            rent_free=self.rent_free.spans(),
            space_ids=[UUID(space_id) for space_id in self.space_ids.data],
        )


class NewLeaseForm(LeaseForm):
    tenant = SelectField(_l("Tenant"), [InputRequired()])
    ref = StringField(
        _l("Lease number"), [InputRequired(), Length(max=LONGEST_REF)], description=_l("As on the contract")
    )


class EndForm(Form):
    last = DateField(_l("Ends on"), [InputRequired()], description=_l("The last day, included"))
    reason = TextAreaField(_l("Reason"), [InputRequired(), Length(max=500)])


def offer_spaces(form: Any, spaces: Iterable[Space]) -> None:
    """Fill the choices: the base's spaces, those that are usually let whole first."""
    ordered = sorted(spaces, key=lambda space: (KINDS.index(space.kind), space.code))
    form.space_ids.choices = choices((space.id, f"{space.code} · {area(space.area_m2)}") for space in ordered)

"""The form of a claim: the policy's own conditions to declare, and its own open figures to give."""

from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.core.periods import CHINA, Month
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.identity import current_actor
from shared_base.subsidies.assumptions import EXAMPLES, unit_of
from shared_base.subsidies.policies import Policy
from shared_base.tenancy.models import Tenant
from shared_base.web.subsidies.figures import parameter
from shared_base.web.subsidies.policies import language

ASSUMED = "assume_"


class Checkboxes(SelectMultipleField):  # type: ignore[misc]
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def claim_form(policy: Policy) -> Any:
    """The form for one policy, filled from the address where it is opened."""

    class ClaimForm(Form):
        tenant = SelectField(_l("Enterprise"), [InputRequired()])
        period = StringField(
            _l("Period"),
            [InputRequired()],
            description=_l("A year (2026), a quarter (2026Q3) or months (2026-01/2026-06)"),
        )
        as_of = DateField(_l("Cut-off"), [InputRequired()], description=_l("The last day whose payments count"))
        declarations = Checkboxes(_l("Declared conditions"), [Optional()])

    today = now().astimezone(CHINA).date()
    for name in policy.open_parameters([Month.of(today)]):
        field = StringField(
            _("%(name)s: the authority's figure", name=parameter(name)),
            [InputRequired()],
            description=_("The source leaves it open; every document will say that the claim rests on it."),
            render_kw={"inputmode": "decimal", "placeholder": EXAMPLES[unit_of(policy, name)]},
        )
        setattr(ClaimForm, f"{ASSUMED}{name}", field)
    form = ClaimForm()
    form.tenant.choices = choices((tenant.uscc, f"{tenant.name} · {tenant.uscc}") for tenant in claimants())
    form.declarations.choices = choices(
        (condition.id, f"{getattr(condition.text, language())} ({condition.clause})")
        for condition in policy.declared_conditions
    )
    if request.method == "GET":
        form.as_of.data = form.as_of.data or today
        form.period.data = form.period.data or request.args.get("period") or str(today.year)
        form.tenant.data = request.args.get("tenant") or form.tenant.data
    return form


def assumed_fields(form: Any) -> list[Any]:
    """The fields for what the source leaves open."""
    return [field for field in form if field.name.startswith(ASSUMED)]


def assumptions(form: Any) -> dict[str, str]:
    """What the form gives for each of them, by parameter."""
    return {field.name.removeprefix(ASSUMED): field.data.strip() for field in assumed_fields(form)}


def claimants() -> list[Tenant]:
    """The enterprises for which this person may claim: their own; for staff those admitted to their bases."""
    actor = current_actor()
    query = sa.select(Tenant).order_by(Tenant.name)
    if not actor.is_staff:
        query = query.where(Tenant.id.in_([grant.tenant_id for grant in actor.grants if grant.role == "tenant_owner"]))
    return list(session().scalars(query))

"""申报: build a claim, read why it is what it is, and take it along as PDF, sheet or JSON."""

import json
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound as NoSuchPage
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.core.errors import SharedBaseError
from shared_base.core.money import yuan
from shared_base.core.periods import CHINA, Month
from shared_base.http.exports import XLSX, attachment, export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import locale_code
from shared_base.http.transactions import writes
from shared_base.subsidies import queries
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.claim_document import read_document
from shared_base.subsidies.documents.pdf import claim_pdf
from shared_base.subsidies.documents.xlsx import claim_xlsx
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import Policy, shipped_policies
from shared_base.tenancy.models import Tenant
from shared_base.web.subsidies.policies import policy_or_404

bp = Blueprint("claims", __name__, url_prefix="/claims")

ROLES = ("operator", "tenant_owner", "reviewer")


class Checkboxes(SelectMultipleField):  # type: ignore[misc]
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def language() -> str:
    """The language key of bilingual texts and documents: `zh` or `en`."""
    return "en" if locale_code() == "en" else "zh"


def claim_form(policy: Policy) -> Any:
    """A form with the policy's own conditions to declare and its own open figures to assume."""

    class ClaimForm(Form):
        tenant = SelectField(_l("Enterprise"), [InputRequired()])
        period = StringField(
            _l("Period"),
            [InputRequired()],
            description=_l("A year (2026), a quarter (2026Q3) or months (2026-01/2026-06)"),
        )
        as_of = DateField(_l("Cut-off"), [InputRequired()], description=_l("The last day whose payments count"))
        declarations = Checkboxes(_l("Declared conditions"), [Optional()])

    for name in policy.open_parameters([Month.of(now().astimezone(CHINA).date())]):
        label = _("The authority's figure for %(name)s", name=_(name.replace("_", " ")))
        field = StringField(
            label,
            [InputRequired()],
            description=_("The source leaves it open; every document will say that the claim rests on it"),
        )
        setattr(ClaimForm, f"assume_{name}", field)
    form = ClaimForm()
    form.tenant.choices = [(tenant.uscc, f"{tenant.name} · {tenant.uscc}") for tenant in _claimants()]
    form.declarations.choices = [
        (condition.id, f"{getattr(condition.text, language())} ({condition.clause})")
        for condition in policy.declared_conditions
    ]
    if request.method == "GET":
        today = now().astimezone(CHINA).date()
        form.as_of.data = form.as_of.data or today
        form.period.data = form.period.data or request.args.get("period") or str(today.year)
        form.tenant.data = request.args.get("tenant") or form.tenant.data
    return form


def _claimants() -> list[Tenant]:
    """The enterprises for which this person may claim: their own; for staff those admitted to their bases."""
    actor = current_actor()
    query = sa.select(Tenant).order_by(Tenant.name)
    if not actor.is_staff:
        query = query.where(Tenant.id.in_([grant.tenant_id for grant in actor.grants if grant.role == "tenant_owner"]))
    return list(session().scalars(query))


@bp.get("/")
@allow(*ROLES)
def index() -> str | Response:
    claims = queries.claims_for(session(), current_actor())
    wanted = request.args.get("q", "").strip().lower()
    policy_id = request.args.get("policy", "")
    shown = [
        claim
        for claim in claims
        if (not policy_id or claim.policy_id == policy_id)
        and (not wanted or wanted in f"{claim.code} {claim.tenant.name} {claim.tenant.uscc}".lower())
    ]
    if request.args.get("format") in ("xlsx", "csv"):
        headings = [
            _("Claim"),
            _("Enterprise"),
            "USCC",
            _("Policy"),
            _("Period"),
            _("Cut-off"),
            _("Computed (元)"),
            _("Built by"),
        ]
        cells = [
            (
                c.code,
                c.tenant.name,
                c.tenant.uscc,
                c.policy_id,
                c.period,
                c.as_of,
                Decimal(c.computed_fen) / 100,
                c.created_by,
            )
            for c in shown
        ]
        return export(_("Subsidy claims"), headings, cells, request.args["format"])
    return render_template(
        "subsidies/claims.html", claims=shown, policies=shipped_policies().by_id, language=language(),
        policy_choices=[(policy.id, getattr(policy.name, language())) for policy in shipped_policies()],
        q=request.args.get("q", ""), may_build=_may_build(), total=sum(claim.computed_fen for claim in shown),
    )  # fmt: skip


def _may_build() -> bool:
    actor = current_actor()
    return actor.is_admin or any(grant.role in ("operator", "tenant_owner") for grant in actor.grants)


@bp.get("/new")
@allow("operator", "tenant_owner")
def new() -> str:
    if not request.args.get("policy"):
        return render_template("subsidies/claim_policies.html", policies=list(shipped_policies()), language=language())
    policy = policy_or_404(request.args["policy"])
    return render_template("subsidies/claim_form.html", form=claim_form(policy), policy=policy, language=language())


@bp.post("/new")
@allow("operator", "tenant_owner")
@writes
def create() -> Any:
    policy = policy_or_404(request.args.get("policy", ""))
    form = claim_form(policy)
    problem: SharedBaseError | None = None
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                claim = build_claim(
                    session(),
                    tenant_uscc=form.tenant.data,
                    policy_id=policy.id,
                    period=form.period.data,
                    as_of=form.as_of.data,
                    declarations=form.declarations.data,
                    assumptions={name.removeprefix("assume_"): form[name].data.strip() for name in _assumed(form)},
                    by=current_actor(),
                    at=now(),
                    policies=shipped_policies(),
                )
        except SharedBaseError as error:
            problem = error
            form.refuse(error)
        else:
            flash(_("%(code)s was computed and kept as a draft.", code=claim.code), "success")
            return redirect(url_for("claims.show", code=claim.code), 303)
    status = problem.status if problem else 422
    page = render_template("subsidies/claim_form.html", form=form, policy=policy, language=language())
    return page, status


def _assumed(form: Any) -> list[str]:
    return [name for name in form._fields if name.startswith("assume_")]


def _claim(code: str) -> tuple[Claim, dict[str, Any]]:
    claim = queries.claim_for(session(), current_actor(), code=code.upper())
    return claim, read_document(claim.canonical, claim.digest)


@bp.get("/<code>")
@allow(*ROLES)
def show(code: str) -> str:
    claim, document = _claim(code)
    policies = shipped_policies()
    english = language() == "en"
    steps = [{**step, "text": step["why_en"] if english else step["why"]} for step in document["explanation"]]
    evidence = {(row["lease"], row["month"]): row for row in claim.names["evidence"]}
    waterfall = {
        "unit": "元",
        "steps": [
            {"label": step["step"], "before": step["before_fen"] / 100, "after": step["after_fen"] / 100}
            for step in steps
            if step["before_fen"] is not None and step["after_fen"] is not None
        ],
    }
    return render_template(
        "subsidies/claim.html", claim=claim, document=document, steps=steps, evidence=evidence, waterfall=waterfall,
        policy=policies.by_id.get(claim.policy_id), names=claim.names, language=language(), english=english, yuan=yuan,
    )  # fmt: skip


@bp.get("/<code>.<kind>")
@allow(*ROLES)
def download(code: str, kind: str) -> Response:
    """The claim as a document: `pdf`, `xlsx` or `json`; the same bytes each time."""
    claim, document = _claim(code)
    names: Any = claim.names
    if kind == "pdf":
        return attachment(claim_pdf(document, names, language=language()), f"{claim.code}.pdf", "application/pdf")
    if kind == "xlsx":
        return attachment(claim_xlsx(document, names, language=language()), f"{claim.code}.xlsx", XLSX)
    if kind == "json":
        body = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        return attachment(body, f"{claim.code}.json", "application/json")
    raise NoSuchPage

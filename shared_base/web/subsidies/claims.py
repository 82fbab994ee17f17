"""申报: build a claim, read why it is what it is, and take it along as PDF, sheet or JSON."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as NoSuchPage

from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import XLSX, attachment, export
from shared_base.http.extensions import now, session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.occupancy.models import MonthReport
from shared_base.subsidies import queries
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.claim_document import read_document
from shared_base.subsidies.documents.pdf import claim_pdf
from shared_base.subsidies.documents.xlsx import claim_xlsx
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import shipped_policies
from shared_base.tenancy.models import Lease
from shared_base.web.subsidies.explained import Explained
from shared_base.web.subsidies.figures import summary
from shared_base.web.subsidies.forms import assumed_fields, assumptions, claim_form
from shared_base.web.subsidies.policies import language, policy_or_404

bp = Blueprint("claims", __name__, url_prefix="/claims")

ROLES = ("operator", "tenant_owner", "reviewer")

#: what the list of claims can be ordered by
SORTS: dict[str, Callable[[Claim], Any]] = {
    "code": lambda claim: claim.code,
    "tenant": lambda claim: claim.tenant.name,
    "policy": lambda claim: claim.policy_id,
    "period": lambda claim: claim.period,
    "as_of": lambda claim: claim.as_of,
    "computed": lambda claim: claim.computed_fen,
}


@bp.get("/")
@allow(*ROLES)
def index() -> str | Response:
    claims = queries.claims_for(session(), current_actor())
    sort = request.args.get("sort", "")
    shown = _sorted(_wanted(claims), sort)
    policies = shipped_policies()
    names = {policy.id: getattr(policy.name, language()) for policy in policies}
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(shown, names)
    return render_template(
        "subsidies/claims.html", claims=shown, any=bool(claims), names=names, sort=sort, q=request.args.get("q", ""),
        may_build=_may_build(), total=sum(claim.computed_fen for claim in shown),
    )  # fmt: skip


def _wanted(claims: Sequence[Claim]) -> list[Claim]:
    """Those that the filters of the list ask for."""
    text = request.args.get("q", "").strip().lower()
    policy_id = request.args.get("policy", "")
    return [
        claim
        for claim in claims
        if (not policy_id or claim.policy_id == policy_id)
        and (not text or text in f"{claim.code} {claim.tenant.name} {claim.tenant.uscc}".lower())
    ]


def _sorted(claims: list[Claim], sort: str) -> list[Claim]:
    key = SORTS.get(sort.removeprefix("-"))
    return sorted(claims, key=key, reverse=sort.startswith("-")) if key else claims


def _exported(claims: list[Claim], names: dict[str, str]) -> Response:
    headings = [
        _("Claim"), _("Enterprise"), _("USCC"), _("Policy"), _("Period"), _("Cut-off"), _("Computed (yuan)"),
        _("Built by"),
    ]  # fmt: skip
    cells = [
        (
            claim.code,
            claim.tenant.name,
            claim.tenant.uscc,
            names.get(claim.policy_id, claim.policy_id),
            claim.period,
            claim.as_of,
            Decimal(claim.computed_fen) / 100,
            claim.created_by,
        )
        for claim in claims
    ]
    return export(_("Subsidy claims"), headings, cells, request.args["format"])


def _may_build() -> bool:
    actor = current_actor()
    return actor.is_admin or any(grant.role in ("operator", "tenant_owner") for grant in actor.grants)


@bp.get("/new")
@allow("operator", "tenant_owner")
def new() -> str:
    if not request.args.get("policy"):
        policies = [(policy, summary(policy)) for policy in shipped_policies()]
        return render_template("subsidies/claim_policies.html", policies=policies, lang=language())
    policy = policy_or_404(request.args["policy"])
    return _form_page(claim_form(policy), policy)


def _form_page(form: Any, policy: Any) -> str:
    return render_template(
        "subsidies/claim_form.html", form=form, policy=policy, lang=language(), assumed=assumed_fields(form),
        summary=summary(policy),
    )  # fmt: skip


@bp.post("/new")
@allow("operator", "tenant_owner")
@writes
def create() -> Any:
    policy = policy_or_404(request.args.get("policy", ""))
    form = claim_form(policy)
    status = 422
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
                    assumptions=assumptions(form),
                    by=current_actor(),
                    at=now(),
                    policies=shipped_policies(),
                )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was computed and kept as a draft.", code=claim.code), "success")
            return redirect(url_for("claims.show", code=claim.code), 303)
    return _form_page(form, policy), status


def _claim(code: str) -> tuple[Claim, dict[str, Any]]:
    claim = queries.claim_for(session(), current_actor(), code=code.upper())
    return claim, read_document(claim.canonical, claim.digest)


@bp.get("/<code>")
@allow(*ROLES)
def show(code: str) -> str:
    claim, document = _claim(code)
    reports, leases = _behind(document)
    return render_template(
        "subsidies/claim.html", claim=claim, document=document, said=Explained(document, claim.names, language()),
        policy=shipped_policies().by_id.get(claim.policy_id), names=claim.names, lang=language(),
        reports=reports, leases=leases,
    )  # fmt: skip


def _behind(document: dict[str, Any]) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Ids of the reports (by digest) and leases (by ref) behind the lines, those that the reader may open."""
    digests = {line["report_digest"] for line in document["lines"]}
    refs = {row["lease"] for row in (*document["lines"], *document["excluded"])}
    reports = sa.select(MonthReport.digest, MonthReport.id).where(MonthReport.digest.in_(digests))
    leases = sa.select(Lease.ref, Lease.id).where(Lease.ref.in_(refs))
    return dict(session().execute(reports).all()), dict(session().execute(leases).all())


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

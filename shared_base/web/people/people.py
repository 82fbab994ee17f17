"""The people one looks after: found, invited, shut out and helped."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import LOCALES, locale_code, page_zone
from shared_base.http.transactions import writes
from shared_base.people import accounts
from shared_base.tenancy import directory, memberships
from shared_base.web.people.browser import options, refused
from shared_base.web.people.names import MEANINGS, ROLES, STATES, role_at

bp = Blueprint("people", __name__, url_prefix="/people")

PAGE_LENGTH = 50
LONGEST_EXPORT = 10_000


class InvitationForm(Form):
    email = StringField(_l("E-mail"), [InputRequired(), Length(max=300)])
    name = StringField(_l("Full name"), [InputRequired(), Length(max=accounts.LONGEST_NAME)])
    role = SelectField(_l("Role"), [InputRequired()], validate_choice=False)
    locale = SelectField(_l("Language of the invitation"), choices=options(LOCALES.items()))


class RoleForm(Form):
    role = SelectField(_l("Role"), [InputRequired()], validate_choice=False)


def offered(form: Any) -> dict[str, directory.Offer]:
    """The roles that the reader may give, as the choices of the form's `role`."""
    offers = {offer.key: offer for offer in directory.offers(session(), by=current_actor())}
    form.role.choices = options([("", ""), *((key, role_at(offer.role, offer.place)) for key, offer in offers.items())])
    return offers


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.args[name])
    except (KeyError, ValueError):
        return None


def _known(name: str, values: Any) -> str | None:
    """A query argument, if it is one of `values`."""
    return request.args.get(name) if request.args.get(name) in values else None


def _offset() -> int:
    text = request.args.get("cursor", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


@bp.get("")
@allow("operator", "tenant_owner")
def index() -> str | Response:
    by = current_actor()
    wanted = directory.Wanted(
        text=request.args.get("q", "").strip() or None,
        role=_known("role", ROLES),
        state=_known("state", STATES),
        base_id=_uuid("base"),
        tenant_id=_uuid("tenant"),
    )
    order = request.args.get("sort", "name")
    sort = order if order.removeprefix("-") in directory.SORTS else "name"
    if request.args.get("format") in ("xlsx", "csv"):
        return _export(directory.people(session(), by=by, wanted=wanted, sort=sort, limit=LONGEST_EXPORT))
    offset = _offset()
    rows = directory.people(session(), by=by, wanted=wanted, sort=sort, offset=offset, limit=PAGE_LENGTH)
    total = directory.count(session(), by=by, wanted=wanted)
    return render_template(
        "people/people.html",
        rows=rows,
        total=total,
        sort=sort,
        q=wanted.text or "",
        filtered=wanted != directory.Wanted(),
        roles=ROLES,
        states=STATES,
        role_at=role_at,
        next_cursor=str(offset + PAGE_LENGTH) if offset + len(rows) < total else None,
        previous_cursor=str(max(0, offset - PAGE_LENGTH)) if offset else None,
    )


def _export(rows: list[directory.PersonRow]) -> Response:
    headings = [_("Full name"), _("E-mail"), _("Roles"), _("State"), _("Two-step sign-in"), _("Last seen"), _("Since")]
    cells = [
        (
            row.name,
            row.email,
            "; ".join(role_at(role.role, role.place) for role in row.roles),
            str(STATES[row.state]),
            _("on") if row.two_step else _("off"),
            row.seen_at.astimezone(page_zone()) if row.seen_at else None,
            row.created_at.astimezone(page_zone()),
        )
        for row in rows
    ]
    return export(_("People"), headings, cells, request.args["format"])


@bp.get("/new")
@allow("operator", "tenant_owner")
def new() -> str:
    form = InvitationForm(locale=locale_code(), formdata=None)
    offered(form)
    return render_template("people/invite.html", form=form, meanings=MEANINGS, roles=ROLES)


@bp.post("/new")
@allow("operator", "tenant_owner")
@writes
def create() -> BaseResponse | tuple[str, int]:
    form = InvitationForm()
    offers = offered(form)
    if form.validate_on_submit() and form.role.data not in offers:
        form.role.errors = [_("Choose one of the roles offered.")]
    if form.errors:
        return render_template("people/invite.html", form=form, meanings=MEANINGS, roles=ROLES), 422
    offer = offers[form.role.data]
    try:
        invitation = memberships.invite(
            session(),
            email=form.email.data,
            name=form.name.data,
            role=offer.role,
            base_id=offer.base_id,
            tenant_id=offer.tenant_id,
            locale=form.locale.data,
            by=current_actor(),
            at=now(),
        )
    except SharedBaseError as error:
        return refused(form, error, "people/invite.html", meanings=MEANINGS, roles=ROLES)
    email = invitation.user.email
    flash(
        _("An invitation is on its way to %(email)s.", email=email)
        if invitation.path
        else _("%(email)s has an account already: the role is given, and a mail says so.", email=email),
        "success",
    )
    return redirect(url_for("people.show", user_id=invitation.user.id), 303)


def person_page(user_id: UUID, form: RoleForm, status: int = 200) -> tuple[str, int]:
    """A person with their roles, and what the reader may do for them."""
    by = current_actor()
    person = directory.person(session(), user_id, by=by)
    offers = offered(form)
    body = render_template(
        "people/person.html",
        person=person,
        form=form,
        role_at=role_at,
        meanings=MEANINGS,
        mine={(offer.role, offer.base_id, offer.tenant_id) for offer in offers.values()},
        administers=by.is_admin,
        myself=user_id == by.user_id,
    )
    return body, status


@bp.get("/<uuid:user_id>")
@allow("operator", "tenant_owner")
def show(user_id: UUID) -> tuple[str, int]:
    return person_page(user_id, RoleForm(formdata=None))


@bp.post("/<uuid:user_id>/invitation")
@allow("operator", "tenant_owner")
@writes
def invite_again(user_id: UUID) -> BaseResponse:
    person = directory.person(session(), user_id, by=current_actor())
    memberships.invite_again(session(), person.id, by=current_actor(), at=now())
    flash(
        _("A new invitation is on its way to %(email)s. The earlier link no longer works.", email=person.email),
        "success",
    )
    return redirect(url_for("people.show", user_id=person.id), 303)


@bp.post("/<uuid:user_id>/disabling")
@allow("admin")
@writes
def disable(user_id: UUID) -> BaseResponse:
    user = memberships.disable(session(), user_id, by=current_actor(), at=now())
    flash(_("%(name)s can no longer sign in and was signed out everywhere.", name=user.name), "success")
    return redirect(url_for("people.show", user_id=user_id), 303)


@bp.post("/<uuid:user_id>/enabling")
@allow("admin")
@writes
def enable(user_id: UUID) -> BaseResponse:
    user = memberships.enable(session(), user_id, by=current_actor())
    flash(_("%(name)s can sign in again.", name=user.name), "success")
    return redirect(url_for("people.show", user_id=user_id), 303)


@bp.post("/<uuid:user_id>/password-reset")
@allow("admin")
@writes
def reset_password(user_id: UUID) -> BaseResponse:
    memberships.send_password_reset(session(), user_id, by=current_actor(), at=now())
    flash(_("A link to choose a new password is on its way. It works for one hour."), "success")
    return redirect(url_for("people.show", user_id=user_id), 303)


@bp.post("/<uuid:user_id>/two-step-reset")
@allow("admin")
@writes
def reset_two_step(user_id: UUID) -> BaseResponse:
    memberships.reset_second_factor(session(), user_id, by=current_actor(), at=now())
    flash(_("Two-step sign-in is off for this person, who was signed out everywhere and told by mail."), "success")
    return redirect(url_for("people.show", user_id=user_id), 303)

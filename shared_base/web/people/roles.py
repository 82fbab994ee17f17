"""Roles of a person: given and taken."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.tenancy import directory, memberships
from shared_base.web.people.people import RoleForm, offered, person_page

bp = Blueprint("roles", __name__, url_prefix="/people/<uuid:user_id>/roles")


@bp.post("")
@allow("operator", "tenant_owner")
@writes
def create(user_id: UUID) -> BaseResponse | tuple[str, int]:
    form = RoleForm()
    person = directory.person(session(), user_id, by=current_actor())
    offer = offered(form).get(form.role.data or "")
    if not form.validate_on_submit() or offer is None:
        form.role.errors = [_("Choose one of the roles offered.")]
        return person_page(user_id, form, 422)
    try:
        memberships.grant(
            session(),
            user_id,
            role=offer.role,
            base_id=offer.base_id,
            tenant_id=offer.tenant_id,
            by=current_actor(),
            at=now(),
        )
    except SharedBaseError as error:
        return person_page(user_id, form, form.refuse(error))
    flash(_("The role is given. It counts from %(name)s's next click on.", name=person.name), "success")
    return redirect(url_for("people.show", user_id=user_id), 303)


@bp.post("/<uuid:membership_id>/end")
@allow("operator", "tenant_owner")
@writes
def end(user_id: UUID, membership_id: UUID) -> BaseResponse:
    person = directory.person(session(), user_id, by=current_actor())
    memberships.end(session(), membership_id, by=current_actor(), at=now())
    flash(_("The role is ended. %(name)s loses it with the next click.", name=person.name), "success")
    # who loses the last role in sight is out of sight
    return redirect(url_for("people.index"), 303)

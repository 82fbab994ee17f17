"""Who may call a route. Every view carries a guard or is listed as public; a test walks all routes.

A guard asks for a role held anywhere; *where* is decided by scoped loading: what is not yours is not found.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from shared_base.core.actor import BASE_ROLES, ROLES, TENANT_ROLES
from shared_base.core.errors import Forbidden, Unauthenticated
from shared_base.core.i18n import N_
from shared_base.http.extensions import settings
from shared_base.http.identity import current_actor, identity, is_api

View = TypeVar("View", bound=Callable[..., Any])

STAFF = BASE_ROLES
TENANT = TENANT_ROLES
#: roles that must pass a second factor in production
TWO_FACTOR_ROLES = frozenset({"admin", "operator", "reviewer"})


def public(view: View) -> View:
    """Anybody may call it."""
    view.guard = "public"  # type: ignore[attr-defined]
    return view


def allow(*roles: str, second_factor: bool = True) -> Callable[[View], View]:
    """Signed-in people who hold one of `roles` (none named: any signed-in person); administrators always.

    `second_factor=False`: pages on which the second factor is set up or entered.
    """
    assert set(roles) <= set(ROLES), roles

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refusal = _refusal(roles, second_factor)
            return view(*args, **kwargs) if refusal is None else refusal

        guarded.guard = roles or ("signed-in",)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def _refusal(roles: tuple[str, ...], second_factor: bool) -> Response | None:
    actor = current_actor()
    if actor.user_id is None:
        if is_api() or request.method != "GET":
            raise Unauthenticated(N_("Sign in first; over the API send `Authorization: Bearer` with a valid token."))
        return redirect(url_for("sign_in.new", next=safe_next(request.full_path.rstrip("?"))), 303)
    held = {grant.role for grant in actor.grants}
    if second_factor and settings().production and held & TWO_FACTOR_ROLES and not identity().second_factor:
        if is_api() or request.method != "GET":
            raise Forbidden(N_("Your role needs a second factor: set it up on your account page first."))
        return redirect(url_for("two_factor.show", next=safe_next(request.full_path.rstrip("?"))), 303)
    if roles and not actor.is_admin and not held & set(roles):
        raise Forbidden(N_("Your role does not allow this. Ask whoever runs the base for the role you need."))
    return None


def safe_next(target: str | None, default: str = "/") -> str:
    """A path of this site to go on to; anything that a browser could read as another site becomes `default`."""
    if not target or "\\" in target or any(ord(sign) < 32 for sign in target):
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return default
    return target

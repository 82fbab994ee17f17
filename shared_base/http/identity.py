"""Who is calling: the session cookie or the bearer token, through Flask-Login, once a request.

Flask-Login's own client-side session is not used: a cookie from before a log-out would still be believed. Its
`request_loader` asks the database each time, so that a log-out, a disabled account or a changed role count at once.
"""

from typing import Any
from uuid import UUID

from flask import Request, Response, current_app, g, request
from flask_login import UserMixin, current_user

from shared_base.core.actor import ANONYMOUS, Actor
from shared_base.core.errors import Unauthenticated
from shared_base.core.i18n import N_
from shared_base.http.extensions import clock, login_manager, session, settings
from shared_base.tenancy.identity import Identity, identify


class SignedIn(UserMixin):  # type: ignore[misc]
    """The signed-in person as Flask-Login and templates see them."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def get_id(self) -> str:
        return str(self.identity.user_id)

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def email(self) -> str:
        return self.identity.email

    @property
    def actor(self) -> Actor:
        return self.identity.actor


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and HTTPS; over plain HTTP browsers would refuse it."""
    return "__Host-shared_base" if settings().base_url.startswith("https://") else "shared_base"


def is_api(req: Request | None = None) -> bool:
    return (req or request).path.startswith("/api/")


@login_manager.request_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def load_caller(req: Request) -> SignedIn | None:
    """The API believes bearer tokens only, pages the cookie only: neither can be tricked with the other's."""
    if is_api(req):
        scheme, _, secret = req.headers.get("Authorization", "").partition(" ")
        found = identify(session(), "token", secret.strip(), at=clock().now()) if scheme.lower() == "bearer" else None
    else:
        secret = req.cookies.get(cookie_name(), "")
        found = identify(session(), "session", secret, at=clock().now()) if secret else None
    if found is None:
        return None
    for hook in current_app.extensions["shared_base_on_identified"]:
        hook(found)
    return SignedIn(found)


def on_identified(app: Any, hook: Any) -> None:
    """Run `hook(identity)` when a caller is known (touching last-seen times, in a transaction of its own)."""
    app.extensions.setdefault("shared_base_on_identified", []).append(hook)


def identity() -> Identity:
    """The caller, who must be known."""
    if not current_user.is_authenticated:
        raise Unauthenticated(N_("Sign in first."))
    found: Identity = current_user.identity
    return found


def current_actor() -> Actor:
    """Who acts in this request; nobody in particular on public routes."""
    return current_user.actor if current_user.is_authenticated else ANONYMOUS


def chosen_base_id() -> UUID | None:
    """The base the person last chose, if any."""
    return current_user.identity.current_base_id if current_user.is_authenticated else None


def set_session_cookie(response: Response, secret: str, *, max_age: int) -> None:
    secure = settings().base_url.startswith("https://")
    response.set_cookie(cookie_name(), secret, max_age=max_age, httponly=True, secure=secure, samesite="Lax", path="/")


def clear_session_cookie(response: Response) -> None:
    secure = settings().base_url.startswith("https://")
    response.delete_cookie(cookie_name(), httponly=True, secure=secure, samesite="Lax", path="/")
    g.pop("_login_user", None)

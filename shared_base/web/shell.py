"""What every page's frame shows: navigation by role, the base, the reader, languages."""

from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from shared_base.core.actor import BASE_ROLES, TENANT_ROLES
from shared_base.http.language import locale_code
from shared_base.web.current import base_choices, current_base_or_none

STAFF = set(BASE_ROLES)
TENANT = set(TENANT_ROLES)

#: endpoint, label, icon, roles that see it, group, in the phone's tab bar for
NAVIGATION: tuple[tuple[str, Any, str, set[str], Any, set[str]], ...] = (
    ("today.show", _l("Today"), "layout-dashboard", STAFF, _l("Run"), STAFF),
    ("timeline.show", _l("Timeline"), "timeline", STAFF | TENANT, _l("Run"), STAFF | TENANT),
    ("find.show", _l("Find a studio"), "search", STAFF | TENANT, _l("Run"), TENANT),
    ("agenda.show", _l("Agenda"), "calendar-month", TENANT, _l("Run"), TENANT),
    ("bookings.index", _l("Bookings"), "calendar-event", STAFF | TENANT, _l("Run"), STAFF),
    ("waitlist.index", _l("Waitlist"), "hourglass", STAFF | TENANT, _l("Run"), set()),
    ("approvals.index", _l("Approvals"), "user-question", STAFF, _l("Run"), set()),
    ("spaces.index", _l("Spaces"), "door", STAFF, _l("House"), set()),
    ("equipment.index", _l("Equipment"), "camera", STAFF, _l("House"), set()),
    ("crew.index", _l("Crew"), "headset", STAFF, _l("House"), set()),
    ("samples.index", _l("Samples"), "package", STAFF, _l("House"), set()),
    ("booking_rules.index", _l("Booking rules"), "scale", STAFF, _l("House"), set()),
    ("tenants.index", _l("Tenants"), "building-store", STAFF, _l("House"), set()),
    ("hosts.index", _l("Hosts"), "microphone", STAFF | TENANT, _l("House"), set()),
    ("leases.index", _l("Leases"), "contract", STAFF | TENANT | {"reviewer"}, _l("House"), {"reviewer"}),
    ("payments.index", _l("Rent payments"), "receipt", STAFF | TENANT | {"reviewer"}, _l("House"), set()),
    ("reports.index", _l("Month reports"), "report-analytics", {"operator", "reviewer"}, _l("Account for"),
     {"reviewer"}),
    ("claims.index", _l("Subsidy claims"), "certificate", {"operator", "tenant_owner", "reviewer"}, _l("Account for"),
     {"tenant_owner", "reviewer"}),
    ("imports.new", _l("Import"), "file-upload", {"operator"}, _l("Administer"), set()),
    ("bases.index", _l("Bases"), "building-broadcast-tower", {"operator"}, _l("Administer"), set()),
    ("people.index", _l("People"), "users", {"operator", "tenant_owner"}, _l("Administer"), set()),
    ("audit.index", _l("Audit trail"), "history", {"operator", "reviewer"}, _l("Administer"), set()),
)  # fmt: skip


#: rooms without an entry of their own stand under another's
UNDER = {
    "calendar_imports": "bookings",
    "closures": "spaces",
    "policies": "claims",
    "equipment_kinds": "equipment",
    "crew_roles": "crew",
    "crew_shifts": "crew",
}


def navigation() -> list[dict[str, Any]]:
    """The entries that the reader's roles open; `active` for the page they are on."""
    actor = current_user.actor
    held = {grant.role for grant in actor.grants}
    here = (request.endpoint or "").partition(".")[0]
    room = UNDER.get(here, here)
    base = current_base_or_none()
    # how much waits for somebody's word there: it came with the bases, at no question more
    waiting = {"approvals.index": base.requested} if base else {}
    return [
        {
            "endpoint_url": url_for(endpoint),
            "label": label,
            "icon": icon,
            "active": endpoint.partition(".")[0] == room,
            "group": group,
            "count": waiting.get(endpoint, 0),
            "primary": bool(held & tabs) or (actor.is_admin and bool(STAFF & tabs)),
        }
        for endpoint, label, icon, roles, group, tabs in NAVIGATION
        if actor.is_admin or held & roles
    ]


def frame() -> dict[str, Any]:
    """Context of every template. A broken database is not asked again for the frame of its own error page."""
    locale = locale_code()
    shell: dict[str, Any] = {"home": "/", "language": url_for("choices.language"), "sign_in": url_for("sign_in.new")}
    context: dict[str, Any] = {"locale": locale, "nav": [], "current_base": None, "shell": shell}
    if g.get("broken"):
        return context | {"current_user": None}
    if not current_user.is_authenticated:
        return context
    shell |= {
        "account": url_for("account.show"),
        "sign_out": url_for("sign_in.end"),
        "base": url_for("choices.current_base"),
        "bases": [{"code": base.code, "name": base.name} for base in base_choices()],
    }
    return context | {"nav": navigation(), "current_base": current_base_or_none()}


def init_app(app: Flask) -> None:
    app.context_processor(frame)

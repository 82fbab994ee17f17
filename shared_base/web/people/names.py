"""Roles and devices in the reader's words."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ROLES: dict[str, Any] = {
    "admin": _l("Administrator"),
    "operator": _l("Operator"),
    "front_desk": _l("Front desk"),
    "tenant_owner": _l("Tenant's owner"),
    "tenant_scheduler": _l("Tenant's scheduler"),
    "reviewer": _l("Reviewer"),
}
#: what each may do, for whoever gives them
MEANINGS: dict[str, Any] = {
    "admin": _l("Everything, in every base: bases, people, policies, audit trail."),
    "operator": _l("Runs one base: spaces, tenants, leases, bookings, reports, claims, its staff."),
    "front_desk": _l("The counter of one base: bookings, check-in and check-out, hosts."),
    "tenant_owner": _l("One tenant: bookings, leases, claims, and who else acts for it."),
    "tenant_scheduler": _l("One tenant: finds and books studios."),
    "reviewer": _l("Reads reports and evidence, decides on claims; never holds another role."),
}
STATES: dict[str, Any] = {"active": _l("Active"), "invited": _l("Invited"), "disabled": _l("Disabled")}

# The first that matches: many browsers also call themselves what they descend from.
BROWSERS = (
    (r"MicroMessenger", _l("WeChat")), (r"DingTalk", _l("DingTalk")), (r"Lark|Feishu", _l("Feishu")),
    (r"wxwork", _l("WeCom")), (r"Edg", "Edge"), (r"OPR|Opera", "Opera"), (r"QQBrowser", "QQ"), (r"UCBrowser", "UC"),
    (r"Firefox|FxiOS", "Firefox"), (r"Chrome|CriOS|Chromium", "Chrome"), (r"Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    (r"HarmonyOS|OpenHarmony", "HarmonyOS"), (r"iPhone", "iPhone"), (r"iPad", "iPad"), (r"Android", "Android"),
    (r"Windows", "Windows"), (r"Mac OS X|Macintosh", "macOS"), (r"CrOS", "ChromeOS"), (r"Linux", "Linux"),
)  # fmt: skip


def role_at(role: str, place: str | None) -> str:
    """A role and where it holds, `基地运营 · 番禺万博`; one that holds everywhere says so."""
    name = str(ROLES[role])
    if place:
        return f"{name} · {place}"
    return name if role == "admin" else _("%(role)s · every base", role=name)


def device(agent: str) -> str:
    """A browser as its owner would call it, `Chrome · Windows`."""
    found = [_first(BROWSERS, agent), _first(SYSTEMS, agent)]
    return " · ".join(name for name in found if name) or _("Unknown device")


def _first(known: Any, agent: str) -> str | None:
    return next((str(name) for shape, name in known if re.search(shape, agent)), None)

"""The terms of a booking in a reader's words."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

#: term → its name, in the order in which the pages show them
TERMS: dict[str, Any] = {
    "bookable_by": _l("Who may book"),
    "needs_approval": _l("Needs approval"),
    "notice_minutes": _l("Notice"),
    "horizon_days": _l("Bookable ahead"),
    "shortest_minutes": _l("Shortest"),
    "longest_minutes": _l("Longest"),
    "buffer_before": _l("Set-up"),
    "buffer_after": _l("Clean-down"),
    "cancel_minutes": _l("Cancel until"),
    "early_minutes": _l("Check-in from"),
    "grace_minutes": _l("Grace"),
    "hold_minutes": _l("A hold waits"),
}
#: who says it
SOURCES: dict[str, Any] = {
    "studio": _l("studio's rule"),
    "base": _l("base's rule"),
    "room": _l("studio's own"),
    "house": _l("usual"),
}
PERIODS: dict[str, Any] = {"day": _l("day"), "week": _l("week"), "month": _l("month")}
WHO: dict[str, Any] = {"tenants": _l("tenants and staff"), "staff": _l("staff only")}
#: terms for which nothing and none are the same
NONE_AT_ZERO = frozenset({"notice_minutes", "cancel_minutes"})


def hours_of(minutes: int) -> str:
    """Minutes as hours in the shortest plain decimal: 90 → `1.5`, 100 → `1.67`."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def in_words(name: str, value: Any) -> str:
    """The value of a term; nothing said is no bound."""
    text: str
    if value is None:
        text = _("no limit")
    elif name == "bookable_by":
        text = str(WHO[value])
    elif name == "needs_approval":
        text = _("yes") if value else _("no")
    elif name == "horizon_days":
        text = ngettext("%(num)s day", "%(num)s days", value)
    elif name in NONE_AT_ZERO and not value:
        text = _("up to the start")
    elif value >= 120 and value % 6 == 0:
        text = _("%(hours)s h", hours=hours_of(value))
    else:
        text = _("%(n)s min", n=value)
    return text

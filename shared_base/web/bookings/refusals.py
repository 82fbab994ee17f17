"""A refusal in words: what stands in the way, as far as the reader may know it, and each way out as one tap."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from shared_base.bookings.errors import Taken
from shared_base.http.formatting import span
from shared_base.http.language import said, translate

#: from the values of a way out (`studio`, `start`, `end`; what is missing stays) to its address
Way = Callable[..., str]


def when(start: datetime, end: datetime) -> str:
    """A time as plain text, for labels."""
    text: str = span(start, end).striptags()
    return text


def in_words(taken: Taken, start: datetime, end: datetime, *, to: Way) -> dict[str, Any]:
    """The refusal of that time as the `problem` component takes it: `title`, `text`, `blockers`, `alternatives`."""
    return {
        "title": translate(taken.title),
        "text": said(taken),
        "blockers": [_blocker(blocker) for blocker in taken.blockers],
        "alternatives": _ways_out(taken, start, end, to),
    }


def _blocker(blocker: dict[str, Any]) -> str:
    values = {"name": blocker["resource"], "reason": blocker.get("reason")}
    text: str
    if blocker["kind"] == "lease":
        text = _("%(name)s is let whole to another tenant", **values)
        return text
    start, end = (datetime.fromisoformat(blocker[name]) for name in ("start", "end"))
    values["time"] = when(start, end)
    if blocker["kind"] == "outage":
        text = _("%(name)s is closed %(time)s: %(reason)s", **values)
    elif blocker["resource_kind"] == "host":
        text = _("%(name)s presents elsewhere %(time)s", **values)
    elif "booking" in blocker:
        booking = blocker["booking"]
        whose = " ".join(part for part in (booking["code"], booking["tenant"], booking["title"]) if part)
        text = _("%(name)s is held %(time)s, clean-down included: %(whose)s", whose=whose, **values)
    else:
        text = _("%(name)s is held %(time)s, clean-down included", **values)
    return text


def _ways_out(taken: Taken, start: datetime, end: datetime, to: Way) -> list[dict[str, str]]:
    """What is free instead as `{label, url}`: other studios for the same time, then this one's next free time."""
    instead = taken.alternatives
    ways = [
        {
            "label": " · ".join(part for part in (studio["code"], studio["scene"], f"{studio['area_m2']} ㎡") if part),
            "url": to(studio=studio["id"], start=start, end=end),
        }
        for studio in instead["studios"]
    ]
    if instead["next"]:
        first, last = (datetime.fromisoformat(instead["next"][name]) for name in ("start", "end"))
        ways.append({"label": _("This studio, %(time)s", time=when(first, last)), "url": to(start=first, end=last)})
    return ways

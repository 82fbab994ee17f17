"""A refusal in words: what stands in the way, as far as the reader may know it, and each way out as one tap."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from shared_base.bookings.errors import Taken
from shared_base.bookings.needs import Needs
from shared_base.http.formatting import span
from shared_base.http.language import said, translate

#: from the values of a way out (`studio`, `start`, `end`, `needs`; what is missing stays) to its address
Way = Callable[..., str]


def when(start: datetime, end: datetime) -> str:
    """A time as plain text, for labels."""
    text: str = span(start, end).striptags()
    return text


def in_words(
    taken: Taken, start: datetime, end: datetime, *, to: Way, with_needs: bool = False, wait: str | None = None
) -> dict[str, Any]:
    """The refusal of that time as the `problem` component takes it: title, text, blockers, alternatives, wait.

    `with_needs`: whether a way out can say what is needed beside the studio. `wait`: where to wait for it instead.
    """
    return {
        "title": translate(taken.title),
        "text": said(taken),
        "blockers": [blocker_in_words(blocker) for blocker in taken.blockers],
        "alternatives": _ways_out(taken, start, end, to, with_needs),
        "wait": wait,
    }


def blocker_in_words(blocker: dict[str, Any]) -> str:
    """What stands in the way, named as far as the reader may know it."""
    values = {"name": blocker["resource"], "reason": blocker.get("reason")}
    text: str
    if blocker["kind"] == "lease":
        text = _("%(name)s is let whole to another tenant", **values)
        return text
    if blocker["kind"] == "shortage":
        text = _("%(name)s: %(free)s of the %(wanted)s are free", **values, **_numbers(blocker))
        return text
    start, end = (datetime.fromisoformat(blocker[name]) for name in ("start", "end"))
    values["time"] = when(start, end)
    if blocker["kind"] == "outage":
        text = _("%(name)s is closed %(time)s: %(reason)s", **values)
    elif blocker["resource_kind"] == "host":
        text = _("%(name)s presents elsewhere %(time)s", **values)
    elif blocker["resource_kind"] in ("unit", "crew", "sample"):
        values["whose"] = _whose(blocker)
        text = _("%(name)s is with %(whose)s %(time)s", **values)
    elif "booking" in blocker:
        text = _("%(name)s is held %(time)s, clean-down included: %(whose)s", whose=_whose(blocker), **values)
    else:
        text = _("%(name)s is held %(time)s, clean-down included", **values)
    return text


def _numbers(blocker: dict[str, Any]) -> dict[str, int]:
    return {"free": blocker["free"], "wanted": blocker["wanted"]}


def _whose(blocker: dict[str, Any]) -> str:
    """The booking that holds it, as far as the reader may know it."""
    booking = blocker.get("booking")
    if booking is None:
        text: str = _("another booking")
        return text
    return " ".join(part for part in (booking["code"], booking["tenant"], booking["title"]) if part)


def _ways_out(taken: Taken, start: datetime, end: datetime, to: Way, with_needs: bool) -> list[dict[str, str]]:
    """What is free instead as `{label, url}`: other studios for the same time, this one's next free time, and this one
    now without what there is too little of.
    """
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
    if with_needs and instead.get("without") is not None:
        missing = ", ".join(
            f"{blocker['resource']} × {blocker['wanted'] - blocker['free']}"
            for blocker in taken.blockers
            if blocker["kind"] == "shortage"
        )
        left = Needs.from_json(instead["without"])
        ways.append({"label": _("Without %(missing)s", missing=missing), "url": to(needs=left)})
    return ways

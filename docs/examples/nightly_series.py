#!/usr/bin/env python3
"""A live-streaming agency's quarter, over the API: a nightly session of 90 days, moved, cancelled and changed.

    SHARED_BASE_TOKEN=… python3 docs/examples/nightly_series.py http://127.0.0.1:8000 PYWB W101

Books the studio every night from 20:00 to 02:00 with two cameras and a director (场控), moves one night, cancels
another, changes "this and following", and prints what has become of each night: exceptions survive. Nights that cannot
be had are skipped and listed. Standard library only.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

NIGHTS, LENGTH = 90, timedelta(hours=6)


class Api:
    """The API as one caller sees it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; a refusal ends the program with what it says."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (the address is the caller's)
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode()}")

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.call("POST", path, body)


def studio_of(api: Api, base: str, code: str) -> str:
    """The id of the studio with that code on its door."""
    cursor = ""
    while True:
        page = api.get(f"/studios?base={base}&limit=200{cursor}")
        for studio in page["items"]:
            if studio["code"] == code:
                return str(studio["id"])
        if not page["next_cursor"]:
            sys.exit(f"{base} has no studio {code}.")
        cursor = f"&cursor={page['next_cursor']}"


def main() -> None:
    parser = argparse.ArgumentParser(description="A nightly series of 90 days, and what becomes of it.")
    parser.add_argument("url")
    parser.add_argument("base")
    parser.add_argument("studio")
    parser.add_argument("--first", type=date.fromisoformat, help="the first night (default: in a week)")
    parser.add_argument("--tenant-id", help="for whom; needed by those who book for several")
    parser.add_argument("--timezone", default="Asia/Shanghai")
    asked = parser.parse_args()
    api = Api(asked.url, os.environ["SHARED_BASE_TOKEN"])
    zone = ZoneInfo(asked.timezone)
    day = asked.first or datetime.now(zone).date() + timedelta(days=7)
    start = datetime.combine(day, time(20), tzinfo=zone)

    series = api.post(
        "/booking-series",
        {
            "studio_id": studio_of(api, asked.base, asked.studio),
            "start": start.isoformat(),
            "end": (start + LENGTH).isoformat(),
            "title": "晚八点专场",
            "platform": "抖音",
            "rrule": f"FREQ=DAILY;COUNT={NIGHTS}",
            "equipment": [{"kind": "camera", "quantity": 2}],
            "crew": [{"role": "director", "quantity": 1}],
            "on_conflict": "skip",
        }
        | ({"tenant_id": asked.tenant_id} if asked.tenant_id else {}),
    )
    booked = series["bookings"]
    print(f"booked {len(booked)} nights, skipped {len(series['skipped'])}")
    for night in series["skipped"]:
        print(f"  skipped {night['start']}: {', '.join(sorted({it['kind'] for it in night['blockers']}))}")

    if len(booked) < 9:
        sys.exit("Too few nights to go on with: choose another studio or another first night.")
    moved, cancelled, changed_from = (booked[len(booked) * ninths // 9] for ninths in (1, 2, 3))
    later = datetime.fromisoformat(moved["start"]) + timedelta(hours=1)
    api.post(f"/bookings/{moved['id']}/move", {"start": later.isoformat(), "end": (later + LENGTH).isoformat()})
    print(f"moved     {moved['start']} by an hour")
    api.post(f"/bookings/{cancelled['id']}/cancellation", {"reason": "主播请假"})
    print(f"cancelled {cancelled['start']}")
    following = api.post(
        f"/booking-series/{series['id']}/changes",
        {
            "from": changed_from["start"],
            "start": (datetime.fromisoformat(changed_from["start"]) - timedelta(minutes=30)).isoformat(),
            "title": "晚七点半专场",
            "on_conflict": "skip",
        },
    )
    print(f"changed   {changed_from['start']} and following: {len(following['bookings'])} nights")
    # the whole once more, an hour's exception and a cancelled night included: what they are of their own, they stay
    api.post(f"/booking-series/{series['id']}/changes", {"platform": "快手"})
    print("changed   the platform of all nights before that")

    print(f"\n{'night':12}{'start':8}{'end':8}{'state':12}{'title':10}own")
    for series_id in (series["id"], following["id"]):
        whole = api.get(f"/booking-series/{series_id}")
        print(f"— {whole['rrule']} {whole['title']} ({whole['platform']})")
        for night in whole["bookings"]:
            first, last = (datetime.fromisoformat(night[name]) for name in ("start", "end"))
            own = ", ".join(night["own_fields"])
            print(f"{first:%Y-%m-%d}  {first:%H:%M}   {last:%H:%M}   {night['state']:12}{own}")


if __name__ == "__main__":
    main()

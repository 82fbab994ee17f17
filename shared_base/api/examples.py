"""What requests and answers look like: one night of one tenant, told through. A test holds each against its model."""

from collections.abc import Mapping
from typing import Any

STUDIO = "01936f6e-5d3a-7c1e-9f0b-2a4c6e8f1b3d"
OTHER_STUDIO = "01936f6e-5d3a-7c1e-9f0b-2a4c6e8f1b3e"
TENANT = "01936f6e-61c2-7d40-8a17-5b9d3f7e2c11"
HOST = "01936f6e-64b8-7e02-b6c5-0f1a2b3c4d5e"
BOOKING = "01936f70-0a1b-7c2d-8e3f-405162738495"
OTHER_BOOKING = "01936f70-0a1b-7c2d-8e3f-405162738496"
SERIES = "01936f70-4c5d-7e6f-9a8b-112233445566"
ENTRY = "01936f71-1111-7222-8333-444455556666"
FEED = "01936f72-aaaa-7bbb-8ccc-ddddeeeeffff"
UNIT = "01936f6e-7000-7111-8222-333344445555"
PERSON = "01936f6e-7100-7111-8222-333344445555"
ROLE = "01936f6e-7200-7111-8222-333344445555"
SAMPLE = "01936f6e-7300-7111-8222-333344445555"

START, END = "2026-11-21T20:00:00+08:00", "2026-11-22T02:00:00+08:00"
CREATED = "2026-11-02T12:00:00+08:00"
KIT: dict[str, Any] = {
    "equipment": [{"kind": "camera", "quantity": 2}],
    "crew": [{"role": "director", "quantity": 1}],
    "samples": [{"id": SAMPLE, "quantity": 3}],
}


def example(value: Mapping[str, Any]) -> dict[str, Any]:
    """For `json_schema_extra` of a model: what one looks like."""
    return {"examples": [dict(value)]}


def page(item: Mapping[str, Any]) -> dict[str, Any]:
    """For `json_schema_extra` of a list: its only page."""
    return example({"items": [item], "next_cursor": None})


SESSION_IN = {
    "studio_id": STUDIO,
    "start": START,
    "end": END,
    "title": "晚八点专场",
    "host_id": HOST,
    "platform": "抖音",
    **KIT,
}
BOOKING_IN = {**SESSION_IN, "hold": False}
BOOKING_OUT = {
    "id": BOOKING,
    "code": "BK-7F3K9Q",
    "base": "HRB",
    "studio_id": STUDIO,
    "studio": "A-101",
    "tenant_id": TENANT,
    "host_id": HOST,
    "title": "晚八点专场",
    "platform": "抖音",
    "start": START,
    "end": END,
    "released_at": None,
    "state": "confirmed",
    "hold_until": None,
    "series_id": None,
    "version": 1,
    "created_at": CREATED,
    "cancelled_at": None,
    "cancel_reason": None,
    "equipment": [{"kind": "camera", "unit_id": UNIT, "tag": "CAM-001"}],
    "crew": [{"role": "director", "crew_id": PERSON, "name": "周宁"}],
    "samples": [{"id": SAMPLE, "code": "SP-0001", "quantity": 3}],
}
MOVE_IN = {"studio_id": OTHER_STUDIO, "start": "2026-11-21T21:00:00+08:00", "end": "2026-11-22T03:00:00+08:00"}
SWAPPED_OUT = {
    "bookings": [
        {**BOOKING_OUT, "studio_id": OTHER_STUDIO, "studio": "A-102", "version": 2},
        {**BOOKING_OUT, "id": OTHER_BOOKING, "code": "BK-2M8XTW", "version": 2},
    ]
}
PASS_CODE = "069PYW2CBNZ6Z6MB24H36H2NCTK7Y7SKF0A1D07PXEBF5KMC1HQG"  # noqa: S105  # what one looks like
PASS_OUT = {
    "booking_id": BOOKING,
    "code": PASS_CODE,
    "url": f"https://live.example.cn/p/{PASS_CODE}",
    "from": "2026-11-21T19:00:00+08:00",
    "until": END,
    "issued_at": CREATED,
    "used_at": None,
}

NIGHTLY = {**SESSION_IN, "rrule": "FREQ=DAILY;COUNT=90", "timezone": "Asia/Shanghai"}
BOOKED = {"id": BOOKING, "start": START, "end": END}
BLOCKED = {
    "start": "2026-11-23T20:00:00+08:00",
    "end": "2026-11-24T02:00:00+08:00",
    "blockers": [
        {
            "kind": "booking",
            "resource_id": STUDIO,
            "resource_kind": "studio",
            "resource": "A-101",
            "start": "2026-11-23T18:00:00+08:00",
            "end": "2026-11-23T22:30:00+08:00",
        }
    ],
}
CREATED_OUT = {"id": SERIES, "bookings": [BOOKED], "skipped": [BLOCKED]}
PREVIEWED = {"start": START, "end": END, "anchor_start": START, "moves": False, "blockers": []}
PREVIEW_OUT = {"rrule": "FREQ=DAILY;COUNT=90", "timezone": "Asia/Shanghai", "occurrences": [PREVIEWED]}
SERIES_OUT = {
    "id": SERIES,
    "base": "HRB",
    "studio_id": STUDIO,
    "studio": "A-101",
    "tenant_id": TENANT,
    "host_id": HOST,
    "title": "晚八点专场",
    "platform": "抖音",
    "rrule": "FREQ=DAILY;COUNT=90",
    "timezone": "Asia/Shanghai",
    "start": START,
    "duration_seconds": 21600,
    "exdates": [],
    "rdates": [],
    "needs": KIT,
    "split_from": None,
    "cancelled_at": None,
    "created_at": CREATED,
    "version": 1,
    "bookings": [
        {
            "occurrence": START,
            "id": BOOKING,
            "code": "BK-7F3K9Q",
            "start": "2026-11-21T21:00:00+08:00",
            "end": "2026-11-22T03:00:00+08:00",
            "studio_id": STUDIO,
            "state": "confirmed",
            "own_fields": ["time"],
        }
    ],
}
CHANGE_IN = {
    "from": "2026-12-01T20:00:00+08:00",
    "start": "2026-12-01T21:00:00+08:00",
    "title": "晚九点专场",
    "on_conflict": "skip",
}
CHANGED_OUT = {"id": SERIES, "split_from": None, "bookings": [BOOKED], "skipped": []}
CANCELLED_OUT = {
    "id": SERIES,
    "cancelled_at": None,
    "bookings": [BOOKED],
    "kept": [{**BOOKED, "id": OTHER_BOOKING, "reason": "距开始已不足取消期限。"}],
}

WAIT_IN = {"base": "HRB", "start": START, "end": END, "scene": "美妆", "min_area_m2": 40, "title": "晚八点专场", **KIT}
WAIT_OUT = {
    "id": ENTRY,
    "base": "HRB",
    "tenant_id": TENANT,
    "studio_id": None,
    "studio": None,
    "host_id": None,
    "scene": "美妆",
    "min_area_m2": 40,
    "start": START,
    "end": END,
    "title": "晚八点专场",
    "needs": KIT,
    "state": "offered",
    "place": None,
    "offer": {
        "booking_id": BOOKING,
        "code": "BK-7F3K9Q",
        "studio": "A-101",
        "hold_until": "2026-11-20T20:30:00+08:00",
    },
    "created_at": CREATED,
    "ended_at": None,
}

FEED_OUT = {
    "id": FEED,
    "kind": "tenant",
    "label": "手机",
    "subject": "星河直播",
    "state": "active",
    "created_at": "2026-11-02T04:00:00+00:00",
    "used_at": None,
    "revoked_at": None,
}
NEW_FEED_OUT = {
    "id": FEED,
    "kind": "tenant",
    "label": "手机",
    "address": "https://live.example.cn/calendar/3q2-7wECAwQ.ics",
    "created_at": "2026-11-02T04:00:00+00:00",
}
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:每晚专场\r\n"
    "DTSTART;TZID=Asia/Shanghai:20261201T200000\r\nDURATION:PT6H\r\nRRULE:FREQ=DAILY;COUNT=5\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
IMPORT_IN = {"calendar": CALENDAR, "studio_id": STUDIO, "on_conflict": "skip", "preview": False}
IMPORT_OUT = {
    "preview": False,
    "bookings": 1,
    "entries": [
        {
            "title": "每晚专场",
            "state": "booked",
            "studio": "A-101",
            "series_id": SERIES,
            "rrule": "FREQ=DAILY;COUNT=5",
            "timezone": "Asia/Shanghai",
            "bookings": [{**BOOKED, "code": "BK-7F3K9Q"}],
            "skipped": [{"start": "2026-12-03T20:00:00+08:00", "end": "2026-12-04T02:00:00+08:00"}],
            "notes": [],
            "refusal": None,
        }
    ],
}

BASE_OUT = {
    "id": "01936f6e-5000-7111-8222-333344445555",
    "code": "HRB",
    "name": "海港直播基地",
    "tier": "large",
    "division_code": "440305",
    "timezone": "Asia/Shanghai",
    "lettable_area_m2": 50235.5,
}
STUDIO_OUT = {
    "id": STUDIO,
    "base": "HRB",
    "code": "A-101",
    "name": "美妆直播间 1",
    "scene": "美妆",
    "floor": "3F",
    "area_m2": 60,
    "buffer_minutes": 30,
    "in_service_from": "2026-01-01",
    "in_service_to": None,
}
FREE_STUDIO = {
    "id": STUDIO,
    "code": "A-101",
    "name": "美妆直播间 1",
    "scene": "美妆",
    "area_m2": 60,
    "buffer_minutes": 30,
    "quote": None,
}
EQUIPMENT = {
    "id": UNIT,
    "base": "HRB",
    "tag": "CAM-001",
    "kind": "camera",
    "kind_name": "相机",
    "serial": "SN20260001",
    "fixed_to": None,
}
CREW = {
    "id": ROLE,
    "base": "HRB",
    "role": "director",
    "name": "场控",
    "count": 1,
    "members": [{"id": PERSON, "name": "周宁"}],
}
SAMPLE_ITEM = {
    "id": SAMPLE,
    "base": "HRB",
    "code": "SP-0001",
    "name": "口红 3.4 g",
    "sku": "LIP-01",
    "counted": True,
    "quantity": 12,
}
PROBLEM = {
    "type": "https://shared-base.dev/problems/wrong-state",
    "title": "预订状态不允许此操作",
    "status": 409,
    "detail": "这个预订已取消，不能再签到。",
}

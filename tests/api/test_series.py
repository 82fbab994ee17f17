"""Series over the API: what callers' scripts may rely on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_series import Series
from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.kit import make_kind, make_unit
from tests.factories.tenancy import make_tenant, make_user


def body(house: House, **changed: Any) -> dict[str, Any]:
    return house.body(rrule="FREQ=DAILY;COUNT=5", **changed)


def night(house: House, number: int) -> str:
    return (house.tonight + number * timedelta(days=1)).isoformat()


def count(session: Session) -> tuple[int, int]:
    session.rollback()
    return tuple(session.scalar(sa.select(sa.func.count()).select_from(it)) or 0 for it in (Series, Booking))  # type: ignore[return-value]


def test_a_series_is_booked_in_one_request_and_lists_its_bookings(tenant_api: Api, house: House) -> None:
    answer = tenant_api.post("/booking-series", body(house))
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert set(made) == {"id", "bookings", "skipped"}
    assert made["skipped"] == []
    assert [set(it) for it in made["bookings"]] == [{"id", "start", "end"}] * 5
    assert [it["start"] for it in made["bookings"]] == [f"2026-11-{day:02d}T20:00:00+08:00" for day in range(2, 7)]
    assert answer.headers["Location"] == f"/api/v1/booking-series/{made['id']}"
    shown = tenant_api.get(f"/booking-series/{made['id']}").json
    assert shown["rrule"] == "FREQ=DAILY;COUNT=5"
    assert shown["timezone"] == "Asia/Shanghai"
    assert [it["occurrence"] for it in shown["bookings"]] == [it["start"] for it in made["bookings"]]
    booking = tenant_api.get(f"/bookings/{made['bookings'][2]['id']}").json
    assert booking["series_id"] == made["id"]


def test_a_conflict_refuses_all_or_is_skipped_with_its_blockers(
    tenant_api: Api, house: House, session: Session
) -> None:
    taken = house.tonight + timedelta(days=2, hours=1)
    tenant_api.post("/bookings", house.body(start=taken.isoformat(), end=(taken + timedelta(hours=1)).isoformat()))
    refused = tenant_api.post("/booking-series", body(house))
    assert refused.status_code == 409
    assert refused.json["type"].endswith("series-taken")
    (conflict,) = refused.json["conflicts"]
    assert conflict["start"] == "2026-11-04T20:00:00+08:00"
    assert conflict["blockers"][0]["kind"] == "booking"
    assert refused.json["blockers"] == conflict["blockers"]
    assert count(session) == (0, 1)
    made = tenant_api.post("/booking-series", body(house, on_conflict="skip")).json
    assert len(made["bookings"]) == 4
    assert made["skipped"] == [conflict]


def test_a_preview_tells_every_occurrence_and_books_nothing(tenant_api: Api, house: House, session: Session) -> None:
    tenant_api.post("/bookings", house.body())
    start = datetime.fromisoformat("2026-11-02T07:00-05:00")
    asked = body(
        house, start=start.isoformat(), end=(start + timedelta(hours=1)).isoformat(), timezone="America/New_York"
    )
    found = tenant_api.post("/booking-series/preview", asked).json
    assert [it["anchor_start"][:16] for it in found["occurrences"]] == [
        f"2026-11-{day:02d}T07:00" for day in range(2, 7)
    ]
    assert [bool(it["blockers"]) for it in found["occurrences"]] == [True, False, False, False, False]
    assert count(session) == (0, 1)


def test_a_retry_with_the_same_key_is_one_series(tenant_api: Api, house: House, session: Session) -> None:
    first = tenant_api.post("/booking-series", body(house), key="quarter")
    again = tenant_api.post("/booking-series", body(house), key="quarter")
    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert count(session) == (1, 5)


def test_this_and_following_splits_and_exceptions_survive(tenant_api: Api, house: House, session: Session) -> None:
    make_unit(session, make_kind(session, house.base))
    session.commit()
    made = tenant_api.post("/booking-series", body(house, equipment=[{"kind": "camera"}])).json
    tenant_api.post(f"/bookings/{made['bookings'][3]['id']}/cancellation", {"reason": "x"})
    changed = tenant_api.post(
        f"/booking-series/{made['id']}/changes",
        {"from": night(house, 2), "title": "新标题", "equipment": [], "host_id": None},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json["split_from"] == made["id"]
    assert [it["id"] for it in changed.json["bookings"]] == [made["bookings"][n]["id"] for n in (2, 4)]
    following = tenant_api.get(f"/booking-series/{changed.json['id']}").json
    assert (following["title"], following["needs"]) == ("新标题", {})
    assert [it["state"] for it in following["bookings"]] == ["confirmed", "cancelled", "confirmed"]
    assert tenant_api.get(f"/booking-series/{made['id']}").json["needs"] == {
        "equipment": [{"kind": "camera", "quantity": 1}]
    }


def test_the_rest_and_then_all_are_called_off(tenant_api: Api, house: House) -> None:
    made = tenant_api.post("/booking-series", body(house)).json
    path = f"/booking-series/{made['id']}/cancellation"
    rest = tenant_api.post(path, {"from": night(house, 3)}).json
    assert [it["id"] for it in rest["bookings"]] == [it["id"] for it in made["bookings"][3:]]
    assert (rest["cancelled_at"], rest["kept"]) == (None, [])
    everything = tenant_api.post(path, {}).json
    assert len(everything["bookings"]) == 3
    assert everything["cancelled_at"] is not None
    assert tenant_api.post(path, {}).status_code == 409


@pytest.mark.parametrize(
    "changed",
    [
        {"rrule": "FREQ=SECONDLY;COUNT=5"},
        {"rrule": "FREQ=DAILY"},
        {"rrule": "FREQ=DAILY;COUNT=1001"},
        {"rrule": ""},
        {"rrule": 7},
        {"rrule": "x" * 501},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"on_conflict": "overbook"},
        {"exdates": ["2026-11-03T20:00:00"]},
        {"exdates": ["2026-11-03T21:00:00+08:00"]},
        {"rdates": ["9999-12-31T20:00:00-08:00"]},
        {"end": "2026-11-03T21:00:00+08:00"},  # longer than a day: they overlap
        {"hold": True},
        {"start": "9999-12-31T20:00:00-08:00", "end": "9999-12-31T21:00:00-08:00"},
    ],
)
def test_what_cannot_be_a_series_is_refused_by_its_field(
    tenant_api: Api, house: House, session: Session, changed: dict[str, Any]
) -> None:
    answer = tenant_api.post("/booking-series", body(house) | changed)
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]
    assert count(session) == (0, 0)


def test_a_rivals_series_is_not_found(
    tenant_api: Api, house: House, session: Session, api_as: Callable[[User | None], Api]
) -> None:
    made = tenant_api.post("/booking-series", body(house)).json
    rival = api_as(make_user(session, "tenant_owner", tenant=make_tenant(session, house.base)))
    path = f"/booking-series/{made['id']}"
    assert rival.get(path).status_code == 404
    assert rival.post(f"{path}/changes", {"title": "x"}).status_code == 404
    assert rival.post(f"{path}/cancellation", {}).status_code == 404
    assert rival.post("/booking-series", body(house, tenant_id=str(house.tenant.id))).status_code == 404
    reviewer = api_as(make_user(session, "reviewer", base=house.base))
    assert reviewer.get(path).status_code == 200
    assert reviewer.post("/booking-series", body(house)).status_code == 403


def test_unknown_fields_of_a_change_are_refused(tenant_api: Api, house: House) -> None:
    made = tenant_api.post("/booking-series", body(house)).json
    for changed in ({"tenant_id": str(house.tenant.id)}, {"rrule": "FREQ=DAILY;COUNT=2"}, {"state": "cancelled"}):
        assert tenant_api.post(f"/booking-series/{made['id']}/changes", changed).status_code == 422

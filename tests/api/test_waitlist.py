"""The waitlist over the API: join, read, take, withdraw; what scripts may rely on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from shared_base.bookings import actions_waitlist, queries_waitlist
from shared_base.core.clock import FixedClock
from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.tenancy import make_tenant, make_user


def body(house: House, **changed: Any) -> dict[str, Any]:
    asked = house.body(base=house.base.code)
    return asked | changed


def offer(session: Session, house: House, clock: FixedClock) -> None:
    for candidate in queries_waitlist.candidates(session, house.base.id, start_after=clock.now()):
        actions_waitlist.offer(session, candidate, at=clock.now())
    session.commit()


def test_a_taken_time_is_waited_for_and_read_again(tenant_api: Api, desk_api: Api, house: House) -> None:
    other = make_tenant_booking(desk_api, house)
    assert other == 201
    answer = tenant_api.post("/waitlist", body(house))
    assert answer.status_code == 201, answer.text
    entry = answer.json
    assert (entry["state"], entry["place"], entry["studio"], entry["offer"]) == (
        "waiting",
        1,
        house.studio.code,
        None,
    )
    assert entry["start"] == "2026-11-02T20:00:00+08:00"
    assert answer.headers["Location"] == f"/api/v1/waitlist/{entry['id']}"
    assert tenant_api.get(f"/waitlist/{entry['id']}").json == entry
    assert desk_api.get("/waitlist", base=house.base.code).json == {"items": [entry], "next_cursor": None}
    assert tenant_api.get("/waitlist", state="offered").json["items"] == []


def make_tenant_booking(desk_api: Api, house: House) -> int:
    return desk_api.post("/bookings", house.body(tenant_id=str(house.tenant.id))).status_code


def test_a_retry_with_its_key_is_one_entry(tenant_api: Api, house: House) -> None:
    first = tenant_api.post("/waitlist", body(house), key="night-1")
    again = tenant_api.post("/waitlist", body(house), key="night-1")
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert len(tenant_api.get("/waitlist").json["items"]) == 1
    twice = tenant_api.post("/waitlist", body(house))
    assert twice.status_code == 409
    assert twice.json["type"].endswith("already-waiting")


def test_what_is_offered_is_taken(tenant_api: Api, session: Session, house: House, clock: FixedClock) -> None:
    entry = tenant_api.post("/waitlist", body(house, studio_id=None, scene="美妆", min_area_m2=20)).json
    assert (entry["scene"], entry["min_area_m2"], entry["studio"]) == ("美妆", 20, None)
    early = tenant_api.post(f"/waitlist/{entry['id']}/acceptance")
    assert early.status_code == 409
    assert early.json["type"].endswith("waitlist-entry-over")
    offer(session, house, clock)
    offered = tenant_api.get(f"/waitlist/{entry['id']}").json
    assert (offered["state"], offered["place"]) == ("offered", None)
    hold = tenant_api.get(f"/bookings/{offered['offer']['booking_id']}").json
    assert (hold["state"], hold["hold_until"]) == ("held", offered["offer"]["hold_until"])
    taken = tenant_api.post(f"/waitlist/{entry['id']}/acceptance")
    assert (taken.status_code, taken.json["state"], taken.json["id"]) == (200, "confirmed", hold["id"])
    assert tenant_api.get(f"/waitlist/{entry['id']}").json["state"] == "taken"


def test_withdrawing_ends_it(tenant_api: Api, house: House) -> None:
    entry = tenant_api.post("/waitlist", body(house)).json
    gone = tenant_api.post(f"/waitlist/{entry['id']}/withdrawal")
    assert (gone.status_code, gone.json["state"]) == (200, "withdrawn")
    assert tenant_api.post(f"/waitlist/{entry['id']}/withdrawal").status_code == 409


def test_a_rival_finds_nothing_of_it(
    tenant_api: Api, session: Session, house: House, api_as: Callable[[User | None], Api]
) -> None:
    rival = api_as(make_user(session, "tenant_scheduler", tenant=make_tenant(session, house.base)))
    entry = tenant_api.post("/waitlist", body(house)).json
    assert rival.get(f"/waitlist/{entry['id']}").status_code == 404
    assert rival.post(f"/waitlist/{entry['id']}/withdrawal").status_code == 404
    assert rival.post(f"/waitlist/{entry['id']}/acceptance").status_code == 404
    assert rival.get("/waitlist").json["items"] == []
    assert rival.post("/waitlist", body(house)).json["place"] == 2
    assert rival.post("/waitlist", body(house, tenant_id=str(house.tenant.id))).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"base": "NONE"}, 404),
        ({"studio_id": "01890000-0000-7000-8000-000000000000"}, 404),
        ({"start": "2026-11-01T20:00:00+08:00"}, 422),
        ({"start": "2026-11-02T20:00:00"}, 422),
        ({"min_area_m2": -1}, 422),
        ({"place": 1}, 422),
        ({"crew": [{"role": "director", "quantity": 0}]}, 422),
        ({"studio_id": None, "scene": "没有"}, 409),
    ],
)
def test_what_cannot_be_waited_for_is_refused(
    tenant_api: Api, house: House, changed: dict[str, Any], status: int
) -> None:
    assert tenant_api.post("/waitlist", body(house, **changed)).status_code == status
    assert tenant_api.get("/waitlist").json["items"] == []


def test_pages_follow_in_order_of_arrival(tenant_api: Api, house: House) -> None:
    made = [
        tenant_api.post("/waitlist", body(house, end=(house.tonight + timedelta(hours=1 + number)).isoformat())).json[
            "id"
        ]
        for number in range(5)
    ]
    seen, cursor = [], None
    while True:
        page = tenant_api.get("/waitlist", limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [item["id"] for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == made

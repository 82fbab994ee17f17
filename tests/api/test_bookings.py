"""Bookings over the API: what callers' scripts may rely on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.clock import FixedClock
from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_host, make_tenant, make_user


def count(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Booking)) or 0


def test_a_booking_runs_through_midnight_as_one_and_says_where_it_is(tenant_api: Api, house: House) -> None:
    answer = tenant_api.post("/bookings", house.body())
    assert answer.status_code == 201, answer.text
    booked = answer.json
    assert booked["start"] == "2026-11-02T20:00:00+08:00"
    assert booked["end"] == "2026-11-03T02:00:00+08:00"
    assert booked["state"] == "confirmed"
    assert booked["tenant_id"] == str(house.tenant.id)
    assert answer.headers["Location"] == f"/api/v1/bookings/{booked['id']}"
    assert tenant_api.get(f"/bookings/{booked['id']}").json == booked


def test_second_booking_of_a_taken_studio_is_refused_with_blockers_and_alternatives(
    tenant_api: Api, house: House
) -> None:
    first = tenant_api.post("/bookings", house.body()).json
    refused = tenant_api.post("/bookings", house.body())
    assert refused.status_code == 409
    assert refused.mimetype == "application/problem+json"
    problem = refused.json
    assert problem["blockers"][0]["booking"]["code"] == first["code"]
    kinds = {alternative["kind"] for alternative in problem["alternatives"]}
    assert kinds == {"another_studio", "next_time"}
    elsewhere = next(a for a in problem["alternatives"] if a["kind"] == "another_studio")
    assert tenant_api.post("/bookings", house.body(studio_id=elsewhere["id"])).status_code == 201


def test_a_rival_learns_that_the_time_is_taken_but_not_by_whom(
    tenant_api: Api, house: House, session: Session, api_as: Callable[[User | None], Api]
) -> None:
    booked = tenant_api.post("/bookings", house.body(title="秘密首发")).json
    rival = api_as(make_user(session, "tenant_owner", tenant=make_tenant(session, house.base)))
    refused = rival.post("/bookings", house.body())
    assert refused.status_code == 409
    assert "秘密首发" not in refused.text
    assert booked["code"] not in refused.text
    assert rival.get(f"/bookings/{booked['id']}").status_code == 404
    assert rival.get("/bookings").json["items"] == []
    assert rival.post(f"/bookings/{booked['id']}/cancellation", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"start": "2026-11-02T20:00:00"},  # no offset
        {"start": "2026-11-02T23:59:60+08:00"},
        {"start": "2027-02-29T20:00:00+08:00"},
        {"end": "2026-11-02T20:00:00+08:00"},  # empty
        {"end": "2026-11-02T19:00:00+08:00"},  # reversed
        {"end": "infinity"},
        {"end": "9999-12-31T23:59:59+08:00"},
        {"studio_id": "not-a-uuid"},
        {"title": "x" * 201},
        {"title": "a\x00b"},
        {"title": 7},
        {"state": "checked_in"},  # unknown field
        {"role": "admin"},
        {"start": 1_700_000_000},
        {"start": None},
    ],
)
def test_malformed_requests_are_refused_and_change_nothing(
    tenant_api: Api, house: House, session: Session, changed: dict[str, object]
) -> None:
    refused = tenant_api.post("/bookings", house.body(**changed))
    assert refused.status_code == 422, refused.text
    assert refused.mimetype == "application/problem+json"
    assert refused.json["detail"]
    assert count(session) == 0


def test_end_at_24_00_is_the_next_days_midnight(tenant_api: Api, house: House) -> None:
    booked = tenant_api.post("/bookings", house.body(end="2026-11-02T24:00+08:00"))
    assert booked.status_code == 201
    assert booked.json["end"] == "2026-11-03T00:00:00+08:00"


def test_bodies_that_are_not_json_objects_are_refused(tenant_api: Api) -> None:
    headers = tenant_api._headers()
    path = "/api/v1/bookings"
    assert tenant_api.client.post(path, data="x=1", headers=headers).status_code == 415
    broken = tenant_api.client.post(path, data="{", content_type="application/json", headers=headers)
    assert broken.status_code == 400
    assert broken.mimetype == "application/problem+json"
    for body in ("[]", '"text"', "null", "3"):
        answer = tenant_api.client.post(path, data=body, content_type="application/json", headers=headers)
        assert answer.status_code in (400, 422), body


def test_another_tenants_studio_host_or_name_cannot_be_used(tenant_api: Api, house: House, session: Session) -> None:
    rival = make_tenant(session, house.base)
    host = make_host(session, rival)
    elsewhere = make_studio(session, make_base(session))  # a base that never admitted our tenant
    session.commit()
    assert tenant_api.post("/bookings", house.body(tenant_id=str(rival.id))).status_code in (403, 404, 409)
    assert tenant_api.post("/bookings", house.body(host_id=str(host.id))).status_code in (404, 409, 422)
    assert tenant_api.post("/bookings", house.body(studio_id=str(elsewhere.id))).status_code in (403, 404, 409)
    assert count(session) == 0


def test_same_key_and_body_is_one_booking_and_the_same_answer(tenant_api: Api, house: House, session: Session) -> None:
    answers = [tenant_api.post("/bookings", house.body(), key="tonight") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert count(session) == 1


def test_a_key_used_for_another_body_is_refused(tenant_api: Api, house: House, session: Session) -> None:
    assert tenant_api.post("/bookings", house.body(), key="k").status_code == 201
    refused = tenant_api.post("/bookings", house.body(studio_id=str(house.other.id)), key="k")
    assert refused.status_code == 422
    assert count(session) == 1


def test_a_refusal_is_told_again_for_the_same_key(tenant_api: Api, house: House) -> None:
    taken = tenant_api.post("/bookings", house.body()).json
    first = tenant_api.post("/bookings", house.body(), key="k")
    assert tenant_api.post(f"/bookings/{taken['id']}/cancellation", {"reason": "改期"}).status_code == 200
    again = tenant_api.post("/bookings", house.body(), key="k")
    assert (first.status_code, again.status_code) == (409, 409)
    assert first.text == again.text


def test_keys_of_two_callers_do_not_meet(tenant_api: Api, desk_api: Api, house: House, session: Session) -> None:
    assert tenant_api.post("/bookings", house.body(), key="k").status_code == 201
    other = house.body(studio_id=str(house.other.id), tenant_id=str(house.tenant.id))
    assert desk_api.post("/bookings", other, key="k").status_code == 201
    assert count(session) == 2


def test_a_stay_is_checked_in_and_out_and_the_rest_is_free_again(
    tenant_api: Api, desk_api: Api, house: House, clock: FixedClock
) -> None:
    booked = tenant_api.post("/bookings", house.body()).json
    early = desk_api.post(f"/bookings/{booked['id']}/check-in")
    assert early.status_code == 409
    clock.at = house.tonight + timedelta(minutes=3)
    assert desk_api.post(f"/bookings/{booked['id']}/check-in").json["state"] == "checked_in"
    assert desk_api.post(f"/bookings/{booked['id']}/check-in").status_code == 409
    clock.at = house.tonight + timedelta(hours=4)
    out = desk_api.post(f"/bookings/{booked['id']}/check-out")
    assert out.status_code == 200, out.text
    assert out.json["state"] == "completed"
    late = house.body(start=(house.tonight + timedelta(hours=4, minutes=30)).isoformat())
    assert tenant_api.post("/bookings", late).status_code == 201


def test_an_extension_takes_the_time_after_if_it_is_free(tenant_api: Api, house: House) -> None:
    booked = tenant_api.post("/bookings", house.body()).json
    path = f"/bookings/{booked['id']}/extension"
    longer = tenant_api.post(path, {"end": "2026-11-03T03:00:00+08:00"})
    assert longer.status_code == 200, longer.text
    assert longer.json["end"] == "2026-11-03T03:00:00+08:00"
    assert tenant_api.post(path, {"end": "2026-11-03T01:00:00+08:00"}).status_code == 422
    next_one = house.body(start="2026-11-03T04:00:00+08:00", end="2026-11-03T06:00:00+08:00")
    assert tenant_api.post("/bookings", next_one).status_code == 201
    taken = tenant_api.post(path, {"end": "2026-11-03T05:00:00+08:00"})
    assert taken.status_code == 409
    assert taken.json["blockers"]


def test_lists_page_by_cursor_without_a_gap_or_a_repeat(tenant_api: Api, house: House) -> None:
    for number in range(5):
        start = house.tonight + timedelta(hours=number)
        body = house.body(start=start.isoformat(), end=(start + timedelta(minutes=50)).isoformat())
        assert tenant_api.post("/bookings", body).status_code == 201
    seen, cursor = [], None
    while True:
        page = tenant_api.get("/bookings", limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [item["start"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert seen == sorted(set(seen))
    assert tenant_api.get("/bookings", cursor="!!").status_code == 422
    window = {"from": "2026-11-02T20:55:00+08:00", "to": "2026-11-02T22:10:00+08:00", "base": house.base.code}
    assert len(tenant_api.get("/bookings", **window).json["items"]) == 2
    assert tenant_api.get("/bookings", state="cancelled").json["items"] == []


def test_without_a_token_nothing_is_answered(api_as: Callable[[User | None], Api], house: House) -> None:
    nobody = api_as(None)
    for answer in (nobody.get("/bookings"), nobody.post("/bookings", house.body()), nobody.get("/bases")):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_reviewers_read_and_never_write(
    house: House, session: Session, api_as: Callable[[User | None], Api], tenant_api: Api
) -> None:
    booked = tenant_api.post("/bookings", house.body()).json
    reviewer = api_as(make_user(session, "reviewer", base=house.base))
    assert reviewer.get("/bases").status_code == 200
    assert reviewer.post("/bookings", house.body(studio_id=str(house.other.id))).status_code == 403
    assert reviewer.post(f"/bookings/{booked['id']}/cancellation", {"reason": "x"}).status_code == 403

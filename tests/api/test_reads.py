"""Lists, availability, the OpenAPI document, and how callers are refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.catalogue import make_base, make_studios
from tests.factories.kit import make_kind, make_unit
from tests.factories.tenancy import make_lease, make_tenant, make_user


def test_bases_and_studios_are_listed_with_what_scripts_need(tenant_api: Api, house: House) -> None:
    bases = {base["code"]: base for base in tenant_api.get("/bases").json["items"]}
    assert bases[house.base.code]["timezone"] == "Asia/Shanghai"
    studios = tenant_api.get("/studios", base=house.base.code).json
    assert [studio["code"] for studio in studios["items"]] == sorted([house.studio.code, house.other.code])
    assert studios["next_cursor"] is None
    assert tenant_api.get("/studios", colour="red").status_code == 422


def test_lists_of_studios_page_without_a_gap(tenant_api: Api, session: Session) -> None:
    base = make_base(session)
    studios = make_studios(session, base, 7)
    session.commit()
    seen, cursor = [], None
    while True:
        page = tenant_api.get("/studios", base=base.code, limit=3, **({"cursor": cursor} if cursor else {})).json
        seen += [studio["id"] for studio in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(str(studio.id) for studio in studios)


def test_availability_leaves_out_what_is_taken_and_has_no_price_without_a_tariff(tenant_api: Api, house: House) -> None:
    window = {
        "base": house.base.code,
        "start": house.tonight.isoformat(),
        "end": (house.tonight + timedelta(hours=2)).isoformat(),
    }
    free = tenant_api.get("/availability", **window).json
    assert {studio["id"] for studio in free["items"]} == {str(house.studio.id), str(house.other.id)}
    assert all(studio["quote"] is None for studio in free["items"])
    assert tenant_api.post("/bookings", house.body()).status_code == 201
    free = tenant_api.get("/availability", **window).json
    assert [studio["id"] for studio in free["items"]] == [str(house.other.id)]
    assert tenant_api.get("/availability", **window, min_area_m2="500").json["items"] == []
    assert tenant_api.get("/availability", **window, scene="绿幕").json["items"] == []
    assert tenant_api.get("/availability", **(window | {"end": window["start"]})).status_code == 422
    assert tenant_api.get("/availability", **window, min_area_m2="NaN").status_code == 422
    assert tenant_api.get("/availability", **(window | {"base": "NOWHERE"})).status_code == 404


def test_availability_asks_for_one_kind_of_kit_or_several(tenant_api: Api, house: House, session: Session) -> None:
    camera, light = make_kind(session, house.base), make_kind(session, house.base, "key_light", "主灯")
    make_unit(session, camera)
    make_unit(session, camera, fixed_to=house.studio)
    make_unit(session, light)
    session.commit()
    window = {
        "base": house.base.code,
        "start": house.tonight.isoformat(),
        "end": (house.tonight + timedelta(hours=2)).isoformat(),
    }

    def free(*kit: str) -> set[str]:
        answer = tenant_api.get("/availability", **window, equipment=list(kit))
        assert answer.status_code == 200, answer.text
        return {studio["code"] for studio in answer.json["items"]}

    both = {house.studio.code, house.other.code}
    assert free() == free("camera") == free("camera:1") == both
    assert free("camera:2") == {house.studio.code}, "one of the two cameras is built into it"
    assert free("camera:1", "key_light:1") == both
    assert free("camera:2", "key_light") == {house.studio.code}
    assert free("camera", "camera") == {house.studio.code}, "named twice is asked for twice"
    assert free("camera:3") == free("camera:1", "key_light:2") == set()


@pytest.mark.parametrize(
    "line", ["", ":2", "camera:", "camera:0", "camera:-1", "camera:two", "camera:1.5", "camera:1001", "x" * 41]
)
def test_a_line_of_kit_that_cannot_be_read_is_refused_by_name(tenant_api: Api, house: House, line: str) -> None:
    window = {"base": house.base.code, "start": house.tonight.isoformat(), "end": "2026-11-03T02:00:00+08:00"}
    for kit in ([line], ["camera:1", line]):
        answer = tenant_api.get("/availability", **window, equipment=kit)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
        assert list(answer.json["errors"]) == [f"equipment.{len(kit) - 1}"], "the line at fault, by its place"


def test_tenants_and_leases_are_ones_own(
    tenant_api: Api, desk_api: Api, house: House, session: Session, api_as: Callable[[User | None], Api]
) -> None:
    rival = make_tenant(session, house.base)
    mine, theirs = make_lease(session, house.tenant, house.base), make_lease(session, rival, house.base)
    session.commit()
    assert [tenant["id"] for tenant in tenant_api.get("/tenants").json["items"]] == [str(house.tenant.id)]
    assert [lease["ref"] for lease in tenant_api.get("/leases").json["items"]] == [mine.ref]
    refs = {lease["ref"] for lease in desk_api.get("/leases").json["items"]}
    assert refs == {mine.ref, theirs.ref}
    stranger = api_as(make_user(session, "operator", base=make_base(session)))
    assert stranger.get("/tenants").json["items"] == []
    assert stranger.get("/leases").json["items"] == []


def test_the_openapi_document_names_every_answer_and_requires_every_body(app: Flask) -> None:
    spec = app.test_client().get("/api/v1/openapi.json").json
    assert spec["openapi"].startswith("3.1")
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"], (method, path)
            assert operation["summary"], (method, path)
            success = [status for status in operation["responses"] if status.startswith("2")]
            assert success, (method, path)
            assert {"401", "403", "422"} <= set(operation["responses"])
            if "requestBody" in operation:
                assert operation["requestBody"]["required"] is True
                assert "415" in operation["responses"]
    names = set(spec["components"]["schemas"])
    assert {"BookingIn", "BookingOut", "Problem"} <= names


def test_the_reference_page_is_public_and_complete(app: Flask) -> None:
    page = app.test_client().get("/api/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "/api/v1/bookings" in page.text


def test_an_unknown_address_and_method_answer_with_problems(tenant_api: Api) -> None:
    missing = tenant_api.get("/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    wrong = tenant_api.post("/bases", {})
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")


def test_a_foreign_host_header_is_refused(app: Flask) -> None:
    assert app.test_client().get("/api/v1/bases", headers={"Host": "evil.example"}).status_code == 400

"""`GET /equipment`, `/samples`, `/crew`: what a booking can take along, and who may see whose names."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import make_kind, make_member, make_role, make_sample, make_unit
from tests.factories.tenancy import make_user
from tests.queries_counted import queries_counted

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)


def every(api: Api, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {})).json
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_equipment_is_listed_by_unit_with_its_kind_and_studio(tenant_api: Api, house: House, session: Session) -> None:
    camera, light = make_kind(session, house.base), make_kind(session, house.base, "key_light", "主灯")
    unit = make_unit(session, camera, tag="CAM-1", serial="SN1")
    make_unit(session, light, tag="KL-1", fixed_to=house.studio)
    make_unit(session, light, tag="KL-2", retired_at=AT)
    session.commit()
    items = tenant_api.get("/equipment", base=house.base.code).json["items"]
    assert items[0] == {
        "id": str(unit.id),
        "base": house.base.code,
        "tag": "CAM-1",
        "kind": "camera",
        "kind_name": "相机",
        "serial": "SN1",
        "fixed_to": None,
    }
    assert [(item["tag"], item["fixed_to"]) for item in items] == [("CAM-1", None), ("KL-1", house.studio.code)]
    assert [item["tag"] for item in tenant_api.get("/equipment", kind="key_light").json["items"]] == ["KL-1"]
    assert tenant_api.get("/equipment", colour="red").status_code == 422


def test_samples_are_listed_with_what_there_is_of_them(tenant_api: Api, house: House, session: Session) -> None:
    item = make_sample(session, house.base, code="A-1", name="口红", sku="K1")
    make_sample(session, house.base, code="B-1", quantity=12)
    make_sample(session, house.base, code="C-1", retired_at=AT)
    session.commit()
    items = tenant_api.get("/samples", base=house.base.code).json["items"]
    assert items[0] == {
        "id": str(item.id),
        "base": house.base.code,
        "code": "A-1",
        "name": "口红",
        "sku": "K1",
        "counted": False,
        "quantity": 1,
    }
    assert [(found["code"], found["counted"], found["quantity"]) for found in items[1:]] == [("B-1", True, 12)]


def test_staff_read_who_is_in_the_crew_and_tenants_only_how_many(
    tenant_api: Api, desk_api: Api, house: House, session: Session, api_as: Callable[[User | None], Api]
) -> None:
    director, assistant = make_role(session, house.base), make_role(session, house.base, "assistant", "助播")
    people = [make_member(session, house.base, director, name=name, phone="139") for name in ("乙", "甲")]
    make_member(session, house.base, director, name="丙", left_at=AT)
    session.commit()
    staff = desk_api.get("/crew", base=house.base.code).json["items"]
    assert staff[0] == {
        "id": str(assistant.id),
        "base": house.base.code,
        "role": "assistant",
        "name": "助播",
        "count": 0,
        "members": [],
    }
    told = sorted(({"id": str(one.id), "name": one.name} for one in people), key=lambda one: one["name"])
    assert sorted(staff[1]["members"], key=lambda one: one["name"]) == told
    reviewer = api_as(make_user(session, "reviewer", base=house.base))
    for api in (tenant_api, reviewer):
        answer = api.get("/crew", base=house.base.code)
        assert [(item["count"], item["members"]) for item in answer.json["items"]] == [(0, None), (2, None)]
        assert "甲" not in answer.text
        assert "139" not in answer.text


def make_crowd(session: Session, house: House, number: int) -> None:
    for one in range(number):
        make_unit(session, make_kind(session, house.base, f"kind-{one}"), tag=f"T-{one:02d}")
        make_sample(session, house.base, code=f"S-{one:02d}")
        make_member(session, house.base, make_role(session, house.base, f"role-{one:02d}"))
    session.commit()


@pytest.mark.parametrize("path", ["/equipment", "/samples", "/crew"])
def test_lists_page_without_a_gap_and_ask_one_question_a_page(
    tenant_api: Api, house: House, session: Session, connection: sa.Connection, path: str
) -> None:
    make_crowd(session, house, 7)
    items = every(tenant_api, path, limit=3)
    assert len({item["id"] for item in items}) == len(items) == 7
    with queries_counted(connection) as few:
        tenant_api.get(path, limit=1)
    with queries_counted(connection) as many:
        tenant_api.get(path, limit=200)
    assert len(many) == len(few)
    assert tenant_api.get(path, cursor="nonsense").status_code == 422


@pytest.mark.parametrize("path", ["/equipment", "/samples", "/crew"])
def test_bases_that_are_none_of_the_callers_are_not_listed(
    tenant_api: Api, house: House, session: Session, api_as: Callable[[User | None], Api], path: str
) -> None:
    make_crowd(session, house, 1)
    stranger = api_as(make_user(session, "operator", base=make_base(session)))
    assert stranger.get(path).json["items"] == []
    assert stranger.get(path, base=house.base.code).json["items"] == []
    assert len(tenant_api.get(path).json["items"]) == 1
    assert len(api_as(make_user(session, "admin")).get(path).json["items"]) == 1
    assert api_as(None).get(path).status_code == 401


def test_a_studio_says_on_which_floor_it_is(tenant_api: Api, house: House, session: Session) -> None:
    make_studio(session, house.base, code="Z-9", floor="B1")
    session.commit()
    studios = tenant_api.get("/studios", base=house.base.code).json["items"]
    assert {studio["code"]: studio["floor"] for studio in studios}["Z-9"] == "B1"
    assert {studio["code"]: studio["floor"] for studio in studios}[house.studio.code] is None

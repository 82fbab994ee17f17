"""Whatever is sent: the API answers as its OpenAPI document says it does, and what does not fit is refused.

schemathesis makes the requests from the document. In half of those that fit, ids, codes and times are of a house that
exists, so that they reach the rooms behind the API; each request finds the house as it was. The same at every run.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.api.conftest import Api, House
from tests.factories.kit import make_kind, make_member, make_role, make_sample, make_shift, make_unit
from tests.factories.tenancy import make_host

ANSWERS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REFUSED = [schemathesis.checks.not_a_server_error, status_code_conformance, negative_data_rejection]
FITTING, UNFITTING = 20, 6

Known = Mapping[str, list[Any]]


@pytest.fixture
def document(app: Flask) -> Any:
    """The OpenAPI document as schemathesis reads it: the token is ours to send, not to be guessed."""
    config = SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(generation=GenerationConfig(deterministic=True, with_security_parameters=False))
        )
    )
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)


@pytest.fixture
def known(session: Session, house: House, clock: FixedClock, tenant_api: Api) -> Known:
    """Bookings in each state that a script can bring about, with what is needed to make, move and leave them."""
    make_unit(session, make_kind(session, house.base))
    make_unit(session, make_kind(session, house.base, "key_light", "主灯"))
    member = make_member(session, house.base, make_role(session, house.base))
    make_shift(session, member, house.tonight - timedelta(hours=6), house.tonight + timedelta(hours=30))
    lot, item = make_sample(session, house.base, quantity=5), make_sample(session, house.base)
    host = make_host(session, house.tenant)
    session.commit()
    kit = {"equipment": [{"kind": "camera"}], "crew": [{"role": "director"}], "samples": [str(item.id)]}

    def posted(path: str, body: Any = None) -> Any:
        answer = tenant_api.post(path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    def night(number: int, **changed: Any) -> dict[str, Any]:
        start = house.tonight + timedelta(days=number)
        return house.body(start=start.isoformat(), end=(start + timedelta(hours=4)).isoformat(), **changed)

    soon = clock.now() + timedelta(minutes=5)
    bookings = [
        posted("/bookings", house.body(**kit)),
        posted("/bookings", house.body(studio_id=str(house.other.id), hold=True)),
        posted("/bookings", house.body(start=soon.isoformat(), end=(soon + timedelta(hours=2)).isoformat())),
    ]
    posted(f"/bookings/{bookings[2]['id']}/check-in")
    shown = posted(f"/bookings/{bookings[0]['id']}/pass")
    series = posted("/booking-series", night(2, rrule="FREQ=DAILY;COUNT=3"))
    waiting = posted("/waitlist", house.body(base=house.base.code))
    feed = posted("/calendar-feeds", {"kind": "tenant", "subject_id": str(house.tenant.id), "label": "手机"})
    ids = [booking["id"] for booking in bookings]
    return {
        "booking_id": ids,
        "with_id": ids,
        "series_id": [series["id"]],
        "entry_id": [waiting["id"]],
        "feed_id": [feed["id"]],
        "studio_id": [str(house.studio.id), str(house.other.id)],
        "tenant_id": [str(house.tenant.id)],
        "subject_id": [str(house.tenant.id), str(house.studio.id), str(host.id)],
        "host_id": [str(host.id), None],
        "base": [house.base.code],
        "start": [(house.tonight + timedelta(hours=hours)).isoformat() for hours in (0, 6, 24)],
        "end": [(house.tonight + timedelta(hours=hours)).isoformat() for hours in (2, 8, 28)],
        "until": [(clock.now() + timedelta(hours=1)).isoformat()],
        "at": [clock.now().isoformat()],
        "from": [house.tonight.isoformat(), series["bookings"][1]["start"]],
        "to": [(house.tonight + timedelta(days=9)).isoformat()],
        "equipment": [[], [{"kind": "camera", "quantity": 1}], [{"kind": "crane", "quantity": 2}]],
        "crew": [[], [{"role": "director", "quantity": 1}]],
        "samples": [[], [str(item.id)], [{"id": str(lot.id), "quantity": 3}, str(item.id)]],
        "pass": [shown["code"], shown["url"]],
        "rrule": ["FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5"],
        "timezone": [None, "America/New_York"],
        "exdates": [[]],
        "rdates": [[]],
        "version": [bookings[0]["version"]],
        "cursor": [None],
    }


@pytest.fixture
def callers(tenant_api: Api, desk_api: Api) -> Mapping[str, Api]:
    return {"tenant": tenant_api, "desk": desk_api}


def really(case: Case, known: Known, choose: Callable[[list[Any]], Any]) -> None:
    """Name things that exist wherever the request names any."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = choose(known.get(name, [case.path_parameters[name]]))
    query = case.query or {}
    body = case.body if isinstance(case.body, dict) else {}
    for told in (query, body):
        for name in [name for name in told if name in known]:
            told[name] = choose(known[name])
    if isinstance(query.get("equipment"), list):
        query["equipment"] = choose([["camera:1"], ["camera:1", "key_light"], []])
    for name in [name for name, value in query.items() if value is None]:
        del query[name]


@contextmanager
def undone(connection: sa.Connection) -> Iterator[None]:
    """What happens inside has not happened."""
    before = connection.begin_nested()
    try:
        yield
    finally:
        before.rollback()


#: how an operation's path begins; several parts, so that workers share them
PARTS = ("bookings", "booking-series", "waitlist", "calendar", "availability", "catalogue")


def part_of(path: str) -> str:
    word = path.removeprefix("/api/v1/").partition("/")[0]
    return next((part for part in PARTS if word.startswith(part)), "catalogue")


@pytest.mark.parametrize("caller", ["tenant", "desk"])
@pytest.mark.parametrize("part", PARTS)
def test_the_api_answers_as_its_document_says(
    document: Any,
    callers: Mapping[str, Api],
    known: Known,
    connection: sa.Connection,
    subtests: pytest.Subtests,
    part: str,
    caller: str,
) -> None:
    api = callers[caller]
    token = {"Authorization": f"Bearer {api.token}"}
    operations = [found.ok() for found in document.get_all_operations()]
    mine = [operation for operation in operations if part_of(operation.path) == part]
    assert mine
    told: set[int] = set()
    for operation in mine:
        with subtests.test(operation.label):
            _try(operation, token, known, connection, told)
    assert told & {200, 201}, "requests that fit and name what exists are granted"


def _try(operation: Any, token: dict[str, str], known: Known, connection: sa.Connection, told: set[int]) -> None:
    @always(FITTING)
    @given(case=operation.as_strategy(GenerationMode.POSITIVE), data=st.data(), real=st.booleans())
    def fitting(case: Case, data: st.DataObject, real: bool) -> None:
        if real:
            really(case, known, lambda some: data.draw(st.sampled_from(some)))
        with undone(connection):
            told.add(case.call_and_validate(headers=token, checks=ANSWERS).status_code)

    @always(UNFITTING)
    @given(case=operation.as_strategy(GenerationMode.NEGATIVE))
    def unfitting(case: Case) -> None:
        with undone(connection):
            case.call_and_validate(headers=token, checks=REFUSED)

    fitting()
    if operation.query or operation.headers or operation.body:  # an id alone is refused by its address: 404
        unfitting()


def always(number: int) -> Callable[[Any], Any]:
    """The same few requests every time, however slow the machine is."""
    return settings(
        max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )

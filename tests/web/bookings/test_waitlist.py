"""The pages of the waitlist: join it from a refusal or an empty search, see one's place, take or withdraw."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings import actions_waitlist, queries_waitlist
from shared_base.bookings.models import Booking
from shared_base.bookings.models_waitlist import WaitlistEntry
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries_waitlist import WaitlistRow
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening, hour

TIME = {"start": "2026-11-02T15:00", "end": "2026-11-02T18:00"}  # `ahead` has the studio then


def wait(session: Session, evening: Evening, clock: FixedClock, *, tenant: int = 0, **asked: Any) -> WaitlistRow:
    values: dict[str, Any] = {
        "studio_id": evening.studios[7].id,
        "start": hour(clock.now(), 3),
        "end": hour(clock.now(), 6),
        "title": "等",
        **asked,
    }
    row = actions_waitlist.join(
        session,
        base_id=evening.base.id,
        tenant_id=evening.tenants[tenant].id,
        by=SYSTEM,
        at=clock.now(),
        **values,
    )
    session.commit()
    return row


def offer(session: Session, clock: FixedClock) -> None:
    at = clock.now()
    base = session.scalars(sa.select(WaitlistEntry.base_id)).first()
    assert base is not None
    for candidate in queries_waitlist.candidates(session, base, start_after=at):
        actions_waitlist.offer(session, candidate, at=at)
    session.commit()


def state(session: Session, row: WaitlistRow) -> str:
    session.expire_all()
    return session.get_one(WaitlistEntry, row.id).state


def form(evening: Evening, **changed: Any) -> dict[str, Any]:
    asked = {"tenant": str(evening.tenants[0].id), "studio": str(evening.studios[7].id), "title": "羊绒", **TIME}
    return asked | changed


def test_a_refused_booking_leads_to_the_waitlist_with_all_that_was_filled_in(
    scheduler: FlaskClient, evening: Evening
) -> None:
    sent = form(evening, host="", platform="")
    refused = scheduler.post("/bookings/new", data=sent)
    assert refused.status_code == 409
    link = refused.text.split('href="/waitlist/new?')[1].split('"')[0].replace("&amp;", "&")
    page = scheduler.get(f"/waitlist/new?{link}").text
    assert f'<option selected value="{evening.studios[7].id}">' in page
    assert 'value="2026-11-02T15:00"' in page
    assert 'value="羊绒"' in page


def test_a_search_that_finds_nothing_leads_there_too(scheduler: FlaskClient, evening: Evening) -> None:
    query = {"start": "2026-11-02T20:00", "end": "2026-11-03T02:00", "scene": "不存在"}
    page = scheduler.get("/find", query_string=query).text
    assert "/waitlist/new?base=PYW" in page
    assert "start=2026-11-02T20:00" in page.replace("%3A", ":")


def test_joining_says_ones_place_and_nothing_of_others(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    theirs = wait(session, evening, clock, tenant=3, title="their secret")
    answer = scheduler.post("/waitlist/new?base=PYW", data=form(evening), follow_redirects=True)
    assert answer.status_code == 200
    assert "Number 2 in line" in answer.text
    assert "number 2 in line" in answer.text
    assert theirs.title not in answer.text
    assert str(theirs.id) not in answer.text


def test_any_studio_of_a_scene_can_be_waited_for_with_what_is_needed(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    sent = form(evening, studio="", scene="绿幕", min_area="20", crew="director:2")
    assert scheduler.post("/waitlist/new", data=sent).status_code == 303
    row = session.scalars(sa.select(WaitlistEntry)).one()
    assert (row.studio_id, row.scene, row.min_area_m2) == (None, "绿幕", 20)
    assert Needs.from_json(row.needs) == Needs(crew=(("director", 2),))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start": "2026-11-02T08:00", "end": "2026-11-02T10:00"}, "waitlist is for times to come"),
        ({"end": "2026-11-02T14:00"}, "must end after it starts"),
        ({"studio": "", "min_area": "9000"}, "No studio of the base is like that"),
        ({"start": ""}, "required"),
        ({"crew": "director:x"}, "whole number"),
    ],
)
def test_what_cannot_be_waited_for_is_refused_beside_its_field(
    scheduler: FlaskClient, session: Session, evening: Evening, changed: dict[str, str], said: str
) -> None:
    answer = scheduler.post("/waitlist/new", data=form(evening, **changed))
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert session.query(WaitlistEntry).count() == 0


def test_what_is_offered_is_taken_with_one_tap(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    row = wait(session, evening, clock, studio_id=evening.studios[13].id)
    offer(session, clock)
    page = scheduler.get("/waitlist").text
    assert "held until" in page
    answer = scheduler.post(f"/waitlist/{row.id}/acceptance")
    assert answer.status_code == 303
    booking = session.get_one(Booking, UUID(answer.location.rpartition("/")[2]))
    assert (booking.state, booking.tenant_id) == ("confirmed", evening.tenants[0].id)
    assert state(session, row) == "taken"


def test_an_offer_that_lapsed_is_refused_in_words(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    row = wait(session, evening, clock, studio_id=evening.studios[13].id)
    offer(session, clock)
    clock.advance(timedelta(minutes=30))
    page = scheduler.post(f"/waitlist/{row.id}/acceptance", follow_redirects=True)
    assert "lapsed" in page.text
    assert state(session, row) == "offered"


def test_withdrawing_takes_it_from_the_list_of_those_who_wait(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    row = wait(session, evening, clock)
    assert scheduler.post(f"/waitlist/{row.id}/withdrawal").status_code == 303
    assert state(session, row) == "withdrawn"
    assert f"entry-{row.id}" not in scheduler.get("/waitlist").text
    assert f"entry-{row.id}" in scheduler.get("/waitlist?when=past").text
    again = scheduler.post(f"/waitlist/{row.id}/withdrawal", follow_redirects=True)
    assert "was withdrawn: wait anew" in again.text


def test_the_desk_sees_the_whole_list_narrows_and_exports_it(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    rows = [wait(session, evening, clock, tenant=n, title=f"wish {n}") for n in range(3)]

    def shown(query: str) -> list[int]:
        page = desk.get(f"/waitlist?{query}").text
        return [n for n, row in enumerate(rows) if f"entry-{row.id}" in page]

    assert shown("") == [0, 1, 2]
    assert shown("q=wish+1") == [1]
    assert shown(f"tenant={evening.tenants[2].id}") == [2]
    assert shown(f"studio={evening.studios[1].id}") == []
    assert shown("day=2026-11-02") == [0, 1, 2]
    assert shown("day=2026-11-04") == []
    for unreadable in ("day=x", "tenant=1", "state=gone", "when=never", "cursor=x"):
        assert shown(unreadable) == [0, 1, 2]
    text = desk.get("/waitlist?format=csv").data.decode("utf-8-sig")
    assert [line.split(",")[1] for line in text.splitlines()[1:]] == ["wish 0", "wish 1", "wish 2"]
    assert desk.get("/waitlist?format=xlsx").status_code == 200
    assert "Nobody waits for that" in desk.get("/waitlist?q=nothing").text


def test_anothers_entry_is_not_found_and_a_reviewer_changes_none(
    rival: FlaskClient, reviewer: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    row = wait(session, evening, clock)
    for deed in ("acceptance", "withdrawal"):
        assert rival.post(f"/waitlist/{row.id}/{deed}").status_code == 404
        assert reviewer.post(f"/waitlist/{row.id}/{deed}").status_code == 403
    assert f"entry-{row.id}" not in rival.get("/waitlist?when=all").text
    assert f"entry-{row.id}" in reviewer.get("/waitlist").text
    assert reviewer.get("/waitlist/new").status_code == 403
    assert state(session, row) == "waiting"


def test_a_tenant_waits_for_nobody_else(scheduler: FlaskClient, session: Session, evening: Evening) -> None:
    sent = form(evening, tenant=str(evening.tenants[3].id))
    assert scheduler.post("/waitlist/new", data=sent).status_code == 422
    assert session.query(WaitlistEntry).count() == 0


@pytest.mark.parametrize("path", ["/waitlist", "/waitlist?when=all&format=csv"])
def test_a_long_list_asks_no_more_than_a_short_one(
    desk: FlaskClient, session: Session, connection: sa.Connection, evening: Evening, clock: FixedClock, path: str
) -> None:
    wait(session, evening, clock)
    with queries_counted(connection) as few:
        desk.get(path)
    for number in range(20):
        wait(session, evening, clock, tenant=number % 5, title=str(number))
    with queries_counted(connection) as many:
        assert desk.get(path).status_code == 200
    assert len(many) == len(few), "\n".join(many)


def test_the_lists_pages_follow_in_order(
    browser_of: Callable[..., FlaskClient], session: Session, evening: Evening, clock: FixedClock
) -> None:
    rows = [wait(session, evening, clock, tenant=n % 5, title=str(n)) for n in range(52)]
    desk = browser_of("operator")
    page = desk.get("/waitlist").text
    assert f"entry-{rows[49].id}" in page
    assert f"entry-{rows[50].id}" not in page
    assert f"entry-{rows[51].id}" in desk.get(f"/waitlist?cursor={rows[49].id}").text

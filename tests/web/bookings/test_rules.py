"""The pages of booking rules and quotas: entered from a day on, shown with who says them, ended, never written over."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.people.models import User
from shared_base.tenancy.models import Admission
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening
from tests.web.tenancy.house import words

RULE = {"space": "base", "first": "2026-11-02", "notice_hours": "2", "longest_hours": "6.5", "needs_approval": "yes"}
QUOTA = {"whom": "", "plan": "", "period": "week", "most_hours": "20", "most_bookings": "", "first": "2026-11-02"}


@pytest.fixture
def operator(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("operator")


def test_a_rule_is_entered_and_shows_for_every_studio_with_who_says_it(
    operator: FlaskClient, session: Session, evening: Evening
) -> None:
    page = operator.post("/booking-rules/new", data=RULE, follow_redirects=True)
    assert page.status_code == 200
    rule = session.scalars(sa.select(BookingRule)).one()
    assert (rule.notice_minutes, rule.longest_minutes, rule.needs_approval, rule.buffer_after) == (120, 390, True, None)
    studio = evening.studios[0]
    operator.post("/booking-rules/new", data={"space": str(studio.id), "first": "2026-11-02", "longest_hours": "3"})
    text = words(operator.get(f"/booking-rules/?q={studio.code}").text)
    assert "6.5 h" not in text
    assert "3 h studio's rule" in text
    assert "2 h base's rule" in text
    assert "30 min studio's own" in text
    assert "6.5 h base's rule" in words(operator.get(f"/booking-rules/?q={evening.studios[1].code}").text)


def test_the_form_begins_with_the_rule_that_holds(operator: FlaskClient, evening: Evening) -> None:
    operator.post("/booking-rules/new", data=RULE)
    form = operator.get("/booking-rules/new").text
    assert 'value="6.5"' in form
    assert '<option selected value="yes">' in form
    studio = operator.get(f"/booking-rules/new?space={evening.studios[0].id}").text
    assert 'value="6.5"' not in studio
    assert 'placeholder="else 6.5 h"' in studio


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first": "2026-11-01"}, "first"),
        ({"first": ""}, "first"),
        ({"notice_hours": "-1"}, "notice_hours"),
        ({"notice_hours": "two"}, "notice_hours"),
        ({"longest_hours": "1e400"}, "longest_hours"),
        ({"shortest_hours": "7"}, "longest_hours"),
        ({"buffer_before": "721"}, "buffer_before"),
        ({"horizon_days": "0"}, "horizon_days"),
        ({"space": "00000000-0000-0000-0000-000000000000"}, "space"),
    ],
)
def test_a_bad_rule_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, evening: Evening, changes: dict[str, str], field: str
) -> None:
    answer = operator.post("/booking-rules/new", data=RULE | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert session.scalars(sa.select(BookingRule)).all() == []


def test_a_rule_is_ended_and_stays_in_the_history(operator: FlaskClient, session: Session, evening: Evening) -> None:
    operator.post("/booking-rules/new", data=RULE)
    operator.post("/booking-rules/new", data=RULE | {"first": "2026-12-01", "notice_hours": "5"})
    text = words(operator.get("/booking-rules/history").text)
    assert text.count("The whole base") >= 2
    assert "Notice 5 h" in text
    planned, running = session.scalars(sa.select(BookingRule).order_by(BookingRule.valid.desc()))
    operator.post(f"/booking-rules/{planned.id}/end", data={"last": "2026-11-01"})
    page = operator.post(f"/booking-rules/{running.id}/end", data={"last": "2026-10-01"}, follow_redirects=True)
    assert "stays as it was" in page.text
    operator.post(f"/booking-rules/{running.id}/end", data={"last": "2026-11-02"})
    assert [str(row) for row in session.scalars(sa.select(BookingRule.valid))] == ["[2026-11-02,2026-11-03)"]


def test_quotas_are_entered_for_everyone_a_plan_and_a_tenant_and_exported(
    operator: FlaskClient, session: Session, evening: Evening
) -> None:
    operator.post("/booking-rules/quotas/new", data=QUOTA)
    operator.post("/booking-rules/quotas/new", data=QUOTA | {"plan": "旗舰", "most_bookings": "9"})
    operator.post("/booking-rules/quotas/new", data=QUOTA | {"whom": str(evening.tenants[0].id), "most_hours": "1.5"})
    text = words(operator.get("/booking-rules/quotas").text)
    assert "Every tenant 20 h a week" in text
    assert "Plan 旗舰 20 h · 9 bookings a week" in text
    assert f"{evening.tenants[0].name} 1.5 h a week" in text
    assert "旗舰" in operator.get("/booking-rules/quotas?format=csv").text
    assert "No quota matches" in words(operator.get("/booking-rules/quotas?q=nothing").text)
    quota = session.scalars(sa.select(BookingQuota).where(BookingQuota.plan == "旗舰")).one()
    operator.post(f"/booking-rules/quotas/{quota.id}/end", data={"last": "2026-11-01"})
    assert session.scalars(sa.select(BookingQuota.plan)).all() == [None, None]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"most_hours": ""}, "most_hours"),
        ({"most_hours": "0"}, "most_hours"),
        ({"period": "year"}, "period"),
        ({"first": "2026-11-01"}, "first"),
        ({"plan": "字" * 41}, "plan"),
    ],
)
def test_a_bad_quota_is_told_beside_its_field(
    operator: FlaskClient, session: Session, evening: Evening, changes: dict[str, str], field: str
) -> None:
    answer = operator.post("/booking-rules/quotas/new", data=QUOTA | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert session.scalars(sa.select(BookingQuota)).all() == []


def test_the_desk_reads_the_rules_and_changes_none_and_tenants_do_neither(
    desk: FlaskClient, scheduler: FlaskClient, evening: Evening
) -> None:
    for path in ("/booking-rules/", "/booking-rules/history", "/booking-rules/quotas"):
        page = desk.get(path)
        assert page.status_code == 200
        assert "/new" not in page.text.split('id="main"')[1]
        assert scheduler.get(path).status_code == 403
    assert desk.post("/booking-rules/new", data=RULE).status_code == 403
    assert desk.get("/booking-rules/new").status_code == 403


def test_another_bases_rule_is_not_found(
    operator: FlaskClient, at_home: Callable[[User], FlaskClient], session: Session, evening: Evening
) -> None:
    operator.post("/booking-rules/new", data=RULE)
    rule = session.scalars(sa.select(BookingRule)).one()
    other = make_base(session)
    elsewhere, stranger = make_studio(session, other), at_home(make_user(session, "operator", base=other))
    session.commit()
    assert operator.post("/booking-rules/new", data=RULE | {"space": str(elsewhere.id)}).status_code == 422
    page = stranger.post(f"/booking-rules/{rule.id}/end", data={"last": "2026-11-02"}, follow_redirects=True)
    assert "no such rule" in page.text
    assert session.scalars(sa.select(BookingRule.valid)).one().upper is None


def test_a_tenants_plan_is_noted_on_its_page(operator: FlaskClient, session: Session, evening: Evening) -> None:
    tenant = evening.tenants[0]
    assert "Change the plan" in words(operator.get(f"/tenants/{tenant.id}").text)
    data = {"base": str(evening.base.id), "plan": "旗舰"}
    page = operator.post(f"/tenants/{tenant.id}/plan", data=data, follow_redirects=True)
    assert "Plan 旗舰" in words(page.text)
    page = operator.post(f"/tenants/{tenant.id}/plan", data=data | {"plan": "字" * 41}, follow_redirects=True)
    assert "at most 40 signs" in page.text
    session.expire_all()
    assert session.get_one(Admission, (tenant.id, evening.base.id)).plan == "旗舰"


@pytest.mark.parametrize("path", ["/booking-rules/", "/booking-rules/history", "/booking-rules/quotas"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, evening: Evening, path: str
) -> None:
    operator.post("/booking-rules/new", data=RULE)
    operator.post("/booking-rules/quotas/new", data=QUOTA | {"whom": str(evening.tenants[0].id)})
    with queries_counted(connection) as few:
        assert operator.get(path).status_code == 200
    for number in range(12):
        room, tenant = make_studio(session, evening.base), make_tenant(session, evening.base)
        session.commit()
        operator.post("/booking-rules/new", data=RULE | {"space": str(room.id), "notice_hours": str(number)})
        operator.post("/booking-rules/quotas/new", data=QUOTA | {"whom": str(tenant.id)})
    with queries_counted(connection) as many:
        assert operator.get(path).status_code == 200
    assert len(many) == len(few), "\n".join(many)

"""Rules of booking are dated: what held on a day stays, what holds next is entered from a day on."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.bookings.actions_rules import (
    QuotaTerms,
    RuleTerms,
    end_quota,
    end_rule,
    set_quota,
    set_rule,
)
from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.bookings.queries_rules import plans_of, quotas_of, rules_of, terms_in_force
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Conflict, Forbidden, Invalid, NotFound
from shared_base.core.events import Event
from shared_base.tenancy.actions import set_plan
from tests.factories.catalogue import make_base, make_space, make_studio
from tests.factories.tenancy import make_actor, make_tenant
from tests.integration.bookings.conftest import NOW, House

TODAY = date(2026, 11, 2)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.fixture
def operator(house: House) -> Actor:
    return make_actor(house.session, "operator", base=house.base)


def spans(house: House) -> list[tuple[int, int | None, int | None]]:
    """First day, end and clean-down of the base's rules, as days from today, in order."""
    found = [row.rule for row in rules_of(house.session, house.base.id) if row.studio is None][::-1]
    numbers = [tuple(bound and (bound - TODAY).days for bound in (it.valid.lower, it.valid.upper)) for it in found]
    return [(*pair, it.buffer_after) for pair, it in zip(numbers, found, strict=True)]  # type: ignore[misc]


def put(house: House, by: Actor, first: int, minutes: int, at: datetime = NOW) -> BookingRule:
    terms = RuleTerms(buffer_after=minutes)
    return set_rule(house.session, house.base, None, terms=terms, first=day(first), by=by, at=at)


def test_a_new_rule_ends_the_one_before_and_what_was_planned_gives_way(house: House, operator: Actor) -> None:
    put(house, operator, 0, 10)
    put(house, operator, 30, 20)
    put(house, operator, 60, 30)
    assert spans(house) == [(0, 30, 10), (30, 60, 20), (60, None, 30)]
    put(house, operator, 40, 25)
    assert spans(house) == [(0, 30, 10), (30, 40, 20), (40, None, 25)]


def test_the_same_rule_again_changes_and_tells_nothing(house: House, operator: Actor) -> None:
    first = put(house, operator, 0, 10)
    assert put(house, operator, 5, 10).id == first.id
    kinds = house.session.scalars(sa.select(Event.kind).where(Event.subject_id == first.id)).all()
    assert kinds == ["booking_rule.set"]


def test_what_held_on_a_day_that_is_past_is_never_written_over(house: House, operator: Actor) -> None:
    rule = put(house, operator, 0, 10)
    later = NOW + timedelta(days=10)
    with pytest.raises(Invalid, match="stays as it was"):
        put(house, operator, 9, 20, at=later)
    with pytest.raises(Invalid, match="stays as it was"):
        end_rule(house.session, house.base, rule.id, last=day(5), by=operator, at=later)
    end_rule(house.session, house.base, rule.id, last=day(10), by=operator, at=later)
    assert spans(house) == [(0, 11, 10)]
    with pytest.raises(Invalid, match="already"):
        end_rule(house.session, house.base, rule.id, last=day(12), by=operator, at=later)
    with pytest.raises(Conflict, match="stays in the record"):
        end_rule(house.session, house.base, rule.id, last=day(20), by=operator, at=later + timedelta(days=9))


def test_today_is_the_bases_own(session: Session) -> None:
    base = make_base(session, timezone="America/New_York")
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)  # still the 2nd there
    set_rule(session, base, None, terms=RuleTerms(grace_minutes=5), first=TODAY, by=SYSTEM, at=at)
    with pytest.raises(Invalid):
        set_rule(session, base, None, terms=RuleTerms(grace_minutes=6), first=day(-1), by=SYSTEM, at=at)


def test_a_rule_that_never_began_is_withdrawn_whole(house: House, operator: Actor) -> None:
    put(house, operator, 0, 10)
    planned = put(house, operator, 30, 20)
    end_rule(house.session, house.base, planned.id, last=day(3), by=operator, at=NOW)
    assert spans(house) == [(0, 30, 10)]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (RuleTerms(), "first"),
        (RuleTerms(buffer_before=721), "buffer_before"),
        (RuleTerms(notice_minutes=-1), "notice_minutes"),
        (RuleTerms(horizon_days=0), "horizon_days"),
        (RuleTerms(shortest_minutes=120, longest_minutes=60), "longest_minutes"),
        (RuleTerms(bookable_by="anybody"), "bookable_by"),
        (RuleTerms(hold_minutes=0), "hold_minutes"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_field(
    house: House, operator: Actor, terms: RuleTerms, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_rule(house.session, house.base, None, terms=terms, first=TODAY, by=operator, at=NOW)
    assert list(refused.value.extra["errors"]) == [field]
    assert spans(house) == []


def test_the_studios_rule_speaks_before_the_bases_and_that_before_the_house(house: House, operator: Actor) -> None:
    house.studio.buffer_minutes = 15
    everywhere = RuleTerms(notice_minutes=120, longest_minutes=600, needs_approval=True)
    set_rule(house.session, house.base, None, terms=everywhere, first=TODAY, by=operator, at=NOW)
    here = RuleTerms(needs_approval=False, shortest_minutes=660)
    set_rule(house.session, house.base, house.studio, terms=here, first=day(1), by=operator, at=NOW)
    today = {it.code: it for it in terms_in_force(house.session, house.base.id, TODAY)}
    tomorrow = {it.code: it for it in terms_in_force(house.session, house.base.id, day(1))}
    before, after, beside = today[house.studio.code], tomorrow[house.studio.code], tomorrow[house.other.code]
    assert (before.terms.longest_minutes, before.sources["longest_minutes"]) == (600, "base")
    assert (after.terms.shortest_minutes, after.sources["shortest_minutes"]) == (660, "studio")
    assert (after.terms.needs_approval, beside.terms.needs_approval) == (False, True)
    assert (after.terms.notice_minutes, after.sources["notice_minutes"]) == (120, "base")
    assert (after.terms.buffer_after, after.sources["buffer_after"]) == (15, "room")
    assert (after.terms.grace_minutes, after.sources["grace_minutes"]) == (15, "house")
    assert (before.never, after.never, beside.never) == (False, True, False)


def test_only_operators_of_the_base_make_rules(house: House, operator: Actor) -> None:
    for actor in (house.desk, house.scheduler):
        with pytest.raises(Forbidden):
            put(house, actor, 0, 10)
    elsewhere = make_base(house.session)
    rule = put(house, operator, 0, 10)
    with pytest.raises(NotFound):
        end_rule(house.session, elsewhere, rule.id, last=TODAY, by=SYSTEM, at=NOW)


def test_a_rule_for_a_hall_or_for_another_bases_studio_is_refused(house: House, operator: Actor) -> None:
    for space in (
        make_space(house.session, house.base, kind="hall"),
        make_studio(house.session, make_base(house.session)),
    ):
        with pytest.raises(Invalid):
            set_rule(
                house.session, house.base, space, terms=RuleTerms(grace_minutes=5), first=TODAY, by=operator, at=NOW
            )


def test_the_database_holds_one_rule_a_day_past_every_lock(house: House) -> None:
    for _ in range(2):
        house.session.add(BookingRule(base_id=house.base.id, valid=Range(TODAY, None), grace_minutes=5, created_at=NOW))
    with pytest.raises(IntegrityError, match="booking_rules_one_a_day"):
        house.session.flush()


def test_quotas_are_dated_by_whom_they_are_for_and_their_period(house: House, operator: Actor) -> None:
    for terms in (
        QuotaTerms("week", most_minutes=600),
        QuotaTerms("month", most_bookings=20),
        QuotaTerms("week", most_minutes=1200, plan="旗舰"),
        QuotaTerms("week", most_minutes=300, tenant_id=house.tenant.id),
    ):
        set_quota(house.session, house.base, terms=terms, first=TODAY, by=operator, at=NOW)
    later = QuotaTerms("week", most_minutes=900)
    set_quota(house.session, house.base, terms=later, first=day(7), by=operator, at=NOW)
    found = [
        (row.quota.plan or row.tenant, row.quota.period, row.quota.most_minutes, row.quota.valid.upper)
        for row in quotas_of(house.session, house.base.id)
    ]
    assert found == [
        (None, "week", 900, None),
        (None, "week", 600, day(7)),
        (None, "month", None, None),
        ("旗舰", "week", 1200, None),
        (house.tenant.name, "week", 300, None),
    ]
    assert plans_of(house.session, house.base.id) == ["旗舰"]


def test_a_quota_for_one_tenant_is_seen_by_it_and_by_no_other(house: House, operator: Actor) -> None:
    terms = QuotaTerms("day", most_bookings=1, tenant_id=house.tenant.id)
    quota = set_quota(house.session, house.base, terms=terms, first=TODAY, by=operator, at=NOW)
    seen = {
        actor: [row.quota.id for row in quotas_of(house.as_(actor), house.base.id)]
        for actor in (house.scheduler, house.rival_scheduler, house.desk)
    }
    assert list(seen.values()) == [[quota.id], [], [quota.id]]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"period": "year", "most_minutes": 5}, "period"),
        ({"period": "day"}, "most_minutes"),
        ({"period": "day", "most_minutes": 0}, "most_minutes"),
        ({"period": "day", "most_bookings": -1}, "most_bookings"),
        ({"period": "day", "most_bookings": 1, "plan": "字" * 41}, "plan"),
    ],
)
def test_a_quota_that_cannot_be_is_refused_with_its_field(
    house: House, operator: Actor, terms: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_quota(house.session, house.base, terms=QuotaTerms(**terms), first=TODAY, by=operator, at=NOW)  # type: ignore[arg-type]
    assert list(refused.value.extra["errors"]) == [field]


def test_a_quota_is_for_a_tenant_of_the_base_only_and_ends_as_a_rule_does(house: House, operator: Actor) -> None:
    stranger = make_tenant(house.session, make_base(house.session))
    with pytest.raises(Invalid, match="not admitted"):
        terms = QuotaTerms("day", most_bookings=1, tenant_id=stranger.id)
        set_quota(house.session, house.base, terms=terms, first=TODAY, by=operator, at=NOW)
    quota = set_quota(
        house.session, house.base, terms=QuotaTerms("day", most_bookings=1), first=TODAY, by=operator, at=NOW
    )
    end_quota(house.session, house.base, quota.id, last=day(4), by=operator, at=NOW)
    assert house.session.scalars(sa.select(BookingQuota.valid)).one().upper == day(5)


def test_a_plan_is_noted_by_the_operator_told_once_and_taken_back(house: House, operator: Actor) -> None:
    for plan in (" 旗舰 ", "旗舰", ""):
        set_plan(house.session, house.tenant, base_id=house.base.id, plan=plan, by=operator, at=NOW)
    told = house.session.scalars(
        sa.select(Event.payload).where(Event.kind == "tenant.plan_changed").order_by(Event.id)
    ).all()
    assert told == [{"before": None, "after": "旗舰"}, {"before": "旗舰", "after": None}]
    with pytest.raises(Forbidden):
        set_plan(house.session, house.tenant, base_id=house.base.id, plan="旗舰", by=house.desk, at=NOW)


class Ruling:
    """What a base's rules say of a day, simple and slow: for each day the clean-down that holds."""

    def __init__(self) -> None:
        self.by_day: dict[int, int] = {}

    def put(self, first: int, minutes: int) -> None:
        self.by_day = {number: it for number, it in self.by_day.items() if number < first}
        self.by_day |= dict.fromkeys(range(first, 400), minutes)


deeds = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40), st.sampled_from([10, 20, 30])), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds)
def test_whatever_is_entered_when_the_days_before_keep_what_they_had(
    house: House, operator: Actor, deeds: list[tuple[int, int, int]]
) -> None:
    ruling, today = Ruling(), 0
    with house.session.begin_nested() as undone:
        for passes, ahead, minutes in deeds:
            today += passes
            put(house, operator, today + ahead, minutes, at=NOW + timedelta(days=today))
            ruling.put(today + ahead, minutes)
        found = {
            number: next(
                (it.buffer_after for it in (row.rule for row in rules_of(house.session, house.base.id))
                 if day(number) in it.valid), None)
            for number in range(160)
        }  # fmt: skip
        undone.rollback()
    house.session.expire_all()
    assert found == {number: ruling.by_day.get(number) for number in range(160)}

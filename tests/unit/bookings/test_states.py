"""Which deed is open in which state, to whom and when: the whole table."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared_base.bookings import rules
from shared_base.bookings.errors import WrongState
from shared_base.bookings.models import STATES
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.errors import Forbidden, SharedBaseError

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
BASE, TENANT = uuid4(), uuid4()


def person(role: str, *, base: UUID | None = None, tenant: UUID | None = None) -> Actor:
    return Actor(uuid4(), "某人", "member", (Grant(role, base, tenant),))


DESK = person("front_desk", base=BASE)
OPERATOR = person("operator", base=BASE)
SCHEDULER = person("tenant_scheduler", tenant=TENANT)
OWNER = person("tenant_owner", tenant=TENANT)
OTHER_DESK = person("front_desk", base=uuid4())
RIVAL = person("tenant_owner", tenant=uuid4())
REVIEWER = Actor(uuid4(), "审核", "reviewer", (Grant("reviewer", BASE),), bases=frozenset({BASE}))


def booking(state: str) -> BookingRow:
    return BookingRow(
        id=uuid4(),
        code="BK-7F3K9Q",
        ref=None,
        base_id=BASE,
        base_code="HRB",
        base_name="哈尔滨基地",
        timezone="Asia/Shanghai",
        studio_id=uuid4(),
        studio_code="S01",
        studio_name="1号直播间",
        tenant_id=TENANT,
        tenant_name="海禾传媒",
        tenant_uscc="",
        host_id=None,
        host_name=None,
        title="",
        platform=None,
        start=START,
        end=START + timedelta(hours=6),
        released_at=None,
        state=state,
        created_at=START,
        cancelled_at=None,
        cancel_reason=None,
        changed_at=START,
        version=1,
    )


FOLLOWS = {
    ("confirmed", "checked_in"): "checked_in",
    ("confirmed", "no_show"): "no_show",
    ("confirmed", "cancelled"): "cancelled",
    ("held", "cancelled"): "cancelled",
    ("requested", "cancelled"): "cancelled",
    ("requested", "approved"): "confirmed",
    ("requested", "declined"): "cancelled",
    ("checked_in", "completed"): "completed",
    ("checked_in", "check_in_undone"): "confirmed",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", rules.MOVES)
def test_exactly_these_states_follow_one_another(state: str, move: str) -> None:
    at = START + timedelta(hours=1)
    if (state, move) in FOLLOWS:
        assert rules.check_move(booking(state), move, by=DESK, at=at) == FOLLOWS[state, move]
    else:
        with pytest.raises(WrongState) as refused:
            rules.check_move(booking(state), move, by=DESK, at=at)
        assert refused.value.extra == {"state": state}
        assert "BK-7F3K9Q" in str(refused.value)


def test_every_state_that_refuses_says_what_to_do_instead() -> None:
    assert set(rules.STANDS) == set(STATES)
    assert all(":" in text for text in rules.STANDS.values())


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [
        (DESK, {"checked_in", "no_show", "cancelled", "completed", "check_in_undone", "approved", "declined"}),
        (OPERATOR, {"checked_in", "no_show", "cancelled", "completed", "check_in_undone", "approved", "declined"}),
        (SYSTEM, {"checked_in", "no_show", "cancelled", "completed", "check_in_undone", "approved", "declined"}),
        (SCHEDULER, {"checked_in", "completed"}),
        (OWNER, {"checked_in", "completed"}),
        (OTHER_DESK, set()),
        (RIVAL, set()),
        (REVIEWER, set()),
    ],
    ids=["desk", "operator", "system", "scheduler", "owner", "other desk", "rival", "reviewer"],
)
def test_an_hour_into_the_booking_exactly_these_deeds_are_open(actor: Actor, allowed: set[str]) -> None:
    at = START + timedelta(hours=1)
    found = set()
    for (state, move), _ in FOLLOWS.items():
        try:
            rules.check_move(booking(state), move, by=actor, at=at)
            found.add(move)
        except SharedBaseError as refusal:
            refused = type(refusal)
            if actor in (OTHER_DESK, RIVAL, REVIEWER):
                assert refused is Forbidden
    assert found == allowed


@pytest.mark.parametrize(
    ("move", "state", "first", "last"),
    [
        ("checked_in", "confirmed", START - timedelta(hours=1), START + timedelta(hours=6, microseconds=-1)),
        ("no_show", "confirmed", START + timedelta(minutes=15), None),
        ("cancelled", "confirmed", None, None),
    ],
)
def test_a_deed_is_open_from_one_instant_to_another(
    move: str, state: str, first: datetime | None, last: datetime | None
) -> None:
    tick = timedelta(microseconds=1)
    for at in (first, last):
        if at is not None:
            rules.check_move(booking(state), move, by=DESK, at=at)
    for at in (first and first - tick, last and last + tick):
        if at is not None:
            with pytest.raises(WrongState):
                rules.check_move(booking(state), move, by=DESK, at=at)


def test_a_tenant_cancels_to_the_last_instant_before_the_start() -> None:
    rules.check_move(booking("confirmed"), "cancelled", by=SCHEDULER, at=START - timedelta(microseconds=1))
    with pytest.raises(WrongState, match="front desk"):
        rules.check_move(booking("confirmed"), "cancelled", by=SCHEDULER, at=START)

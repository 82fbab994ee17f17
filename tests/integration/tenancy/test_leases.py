"""A lease lets space for days at a rent; a space is let whole to one tenant at a time."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from shared_base.catalogue.models import Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.audit import AuditEntry
from shared_base.core.errors import Forbidden, Invalid
from shared_base.core.periods import DaySpan
from shared_base.tenancy import actions_leases as leases
from shared_base.tenancy.actions_leases import Let
from shared_base.tenancy.errors import AlreadyThere, LetAlready, UnknownLease
from shared_base.tenancy.models import Lease, Tenant
from shared_base.tenancy.queries import admissions_of
from shared_base.tenancy.queries_leases import (
    LeaseFilter,
    lease_by_ref,
    lease_for,
    list_leases,
    rent_free_of,
    term_of,
)
from shared_base.tenancy.rules_leases import LeaseTerms
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_space, make_studio
from tests.factories.tenancy import make_lease, make_tenant
from tests.integration.tenancy.conftest import NOW, Town

FIRST, LAST = date(2026, 12, 1), date(2027, 11, 30)


def terms(**changes: Any) -> LeaseTerms:
    values: dict[str, Any] = {
        "area_m2": Decimal("300.5"),
        "first": FIRST,
        "last": LAST,
        "monthly_rent_fen": 1_800_000,
        "property_fee_fen": 90_000,
        **changes,
    }
    return LeaseTerms(**values)


def signed(
    town: Town, *, tenant: Tenant | None = None, by: Actor | None = None, ref: str = "L-1", **changes: Any
) -> Let:
    actor = by or town.operator
    return leases.sign_lease(
        town.as_(actor),
        tenant=tenant or town.tenant,
        base=town.base,
        ref=ref,
        terms=terms(**changes),
        by=actor,
        at=NOW,
    )


@pytest.fixture
def room(town: Town) -> Space:
    return make_studio(town.session, town.base, code="S01")


def test_a_lease_is_read_as_it_was_signed(town: Town, room: Space) -> None:
    free = [DaySpan(date(2027, 2, 1), date(2027, 2, 28)), DaySpan(date(2026, 12, 1), date(2026, 12, 15))]
    lease = signed(town, rent_free=free, space_ids=[room.id, room.id]).lease
    found = lease_for(town.as_(town.owner), town.owner, lease.id)
    assert (found.ref, found.area_m2, found.monthly_rent_fen, found.property_fee_fen) == (
        "L-1",
        Decimal("300.5"),
        1_800_000,
        90_000,
    )
    assert term_of(found) == DaySpan(FIRST, LAST)
    assert rent_free_of(found) == [free[1], free[0]]
    assert [each.space.code for each in found.spaces] == ["S01"]
    (event,) = town.events(lease.id, town.owner)
    assert event.kind == "lease.signed"
    assert event.payload["after"] == {
        "ref": "L-1",
        "area_m2": "300.5",
        "first": "2026-12-01",
        "last": "2027-11-30",
        "monthly_rent_fen": 1_800_000,
        "property_fee_fen": 90_000,
        "spaces": ["S01"],
        "rent_free": [["2026-12-01", "2026-12-15"], ["2027-02-01", "2027-02-28"]],
    }


def test_a_lease_admits_its_tenant_to_the_base(town: Town) -> None:
    guest = make_tenant(town.session)
    leases.sign_lease(
        town.as_(town.admin), tenant=guest, base=town.base, ref="L-2", terms=terms(), by=town.admin, at=NOW
    )
    assert [base.id for base, _ in admissions_of(town.session, guest.id)] == [town.base.id]


@pytest.mark.parametrize("who", ["desk", "owner", "reviewer", "other_operator"])
def test_only_an_operator_of_the_base_signs_amends_and_ends(town: Town, who: str) -> None:
    lease = signed(town).lease
    actor = getattr(town, who)
    with pytest.raises(Forbidden):
        signed(town, by=actor, ref="L-9")
    hidden = who == "other_operator"
    for deed in (
        lambda s: leases.amend_lease(s, lease, terms=terms(), by=actor, at=NOW),
        lambda s: leases.end_lease(s, lease, last=date(2027, 1, 31), reason="x", by=actor, at=NOW),
    ):
        with pytest.raises(UnknownLease if hidden else Forbidden):
            deed(town.as_(actor))


def test_a_number_is_given_once(town: Town) -> None:
    signed(town)
    with pytest.raises(AlreadyThere) as refused:
        signed(town)
    assert list(refused.value.extra["errors"]) == ["ref"]


def test_a_space_that_is_let_already_is_refused_naming_the_other_lease(town: Town, room: Space) -> None:
    second = make_tenant(town.session, town.base)
    signed(town, space_ids=[room.id])
    with pytest.raises(LetAlready) as refused:
        signed(town, tenant=second, ref="L-2", first=date(2027, 11, 1), last=date(2028, 5, 31), space_ids=[room.id])
    assert f"S01 is let to {town.tenant.name} under L-1 from 2027-11-01 to 2027-11-30" in str(refused.value)
    assert refused.value.extra["leases"] == [
        {"space": "S01", "ref": "L-1", "tenant": town.tenant.name, "first": "2027-11-01", "last": "2027-11-30"}
    ]
    assert town.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(Lease)) == 1
    signed(town, tenant=second, ref="L-2", first=date(2027, 12, 1), last=date(2028, 5, 31), space_ids=[room.id])


def test_one_tenant_may_not_let_a_space_twice_either(town: Town, room: Space) -> None:
    signed(town, space_ids=[room.id])
    with pytest.raises(LetAlready):
        signed(town, ref="L-2", space_ids=[room.id])


def test_a_space_of_another_base_is_not_let(town: Town) -> None:
    elsewhere = make_space(town.session, town.other_base, kind="office")
    with pytest.raises(Invalid, match="not in this base"):
        signed(town, space_ids=[elsewhere.id])


def test_bookings_of_others_that_still_hold_the_space_are_named(town: Town, room: Space) -> None:
    guest = make_tenant(town.session, town.base)

    def at(day: int) -> datetime:
        return datetime(2026, 12, day, 12, tzinfo=UTC)

    hit = make_booking(town.session, room, guest, at(5), at(6))
    make_booking(town.session, room, town.tenant, at(7), at(8))
    make_booking(town.session, room, guest, at(9), at(10), state="cancelled")
    make_booking(town.session, room, guest, datetime(2026, 11, 29, 12, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    found = signed(town, space_ids=[room.id])
    assert [each.booking_id for each in found.hits] == [hit.id]


def test_an_amendment_writes_the_terms_anew_and_tells_both(town: Town, room: Space) -> None:
    other = make_studio(town.session, town.base, code="S02")
    free = [DaySpan(date(2027, 2, 1), date(2027, 2, 28))]
    lease = signed(town, rent_free=free, space_ids=[room.id]).lease
    changed = terms(monthly_rent_fen=2_000_000, last=date(2028, 11, 30), space_ids=[other.id])
    for _ in range(2):
        amended = leases.amend_lease(town.as_(town.operator), lease, terms=changed, by=town.operator, at=NOW).lease
    assert (amended.monthly_rent_fen, term_of(amended).last) == (2_000_000, date(2028, 11, 30))
    assert rent_free_of(amended) == []
    assert [each.space.code for each in amended.spaces] == ["S02"]
    events = town.events(lease.id)
    assert [event.kind for event in events] == ["lease.signed", "lease.amended"]  # the second time nothing changed
    assert events[1].payload["before"]["spaces"] == ["S01"]
    assert events[1].payload["after"]["spaces"] == ["S02"]
    entries = town.as_(SYSTEM).scalars(
        sa.select(AuditEntry.action).where(AuditEntry.subject_table == "leases", AuditEntry.action == "update")
    )
    assert list(entries) == ["update"]
    signed(town, ref="L-2", space_ids=[room.id])  # the first room is free again


def test_an_amendment_onto_anothers_space_changes_nothing(town: Town, room: Space) -> None:
    other = make_studio(town.session, town.base, code="S02")
    signed(town, ref="L-2", space_ids=[other.id])
    lease = signed(town, space_ids=[room.id]).lease
    with pytest.raises(LetAlready, match="L-2"):
        leases.amend_lease(
            town.as_(town.operator), lease, terms=terms(space_ids=[room.id, other.id]), by=town.operator, at=NOW
        )
    assert [each.space.code for each in lease_for(town.session, town.operator, lease.id).spaces] == ["S01"]


def test_a_lease_ends_early_with_its_spaces_and_rent_free_days(town: Town, room: Space) -> None:
    free = [DaySpan(date(2026, 12, 1), date(2026, 12, 15)), DaySpan(date(2027, 3, 20), date(2027, 4, 10))]
    lease = signed(town, rent_free=free, space_ids=[room.id]).lease
    ended = leases.end_lease(
        town.as_(town.operator), lease, last=date(2027, 3, 31), reason="提前退租", by=town.operator, at=NOW
    )
    assert term_of(ended) == DaySpan(FIRST, date(2027, 3, 31))
    assert rent_free_of(ended) == [free[0], DaySpan(date(2027, 3, 20), date(2027, 3, 31))]
    event = town.events(lease.id, town.operator)[-1]
    assert (event.kind, event.payload["reason"]) == ("lease.ended_early", "提前退租")
    assert (event.payload["before"]["last"], event.payload["after"]["last"]) == ("2027-11-30", "2027-03-31")
    signed(town, ref="L-2", first=date(2027, 4, 1), last=date(2027, 12, 31), space_ids=[room.id])


@pytest.mark.parametrize("last", [date(2026, 11, 30), LAST, date(2028, 1, 1)])
def test_an_early_end_lies_within_the_lease_before_its_last_day(town: Town, last: date) -> None:
    lease = signed(town).lease
    with pytest.raises(Invalid, match="early end"):
        leases.end_lease(town.as_(town.operator), lease, last=last, reason="x", by=town.operator, at=NOW)


def test_an_early_end_says_why(town: Town) -> None:
    lease = signed(town).lease
    with pytest.raises(Invalid):
        leases.end_lease(town.as_(town.operator), lease, last=FIRST, reason="", by=town.operator, at=NOW)


def test_everybody_lists_their_own_leases(town: Town, room: Space) -> None:
    make_lease(town.session, town.tenant, town.base, ref="A", spaces=[room])
    make_lease(town.session, town.tenant, town.base, ref="B", first=date(2020, 1, 1), last=date(2026, 11, 1))
    make_lease(town.session, town.tenant, town.base, ref="C", first=date(2026, 11, 3))
    make_lease(town.session, town.rival, town.other_base, ref="D")

    def seen(who: str, **asked: Any) -> list[str]:
        actor = getattr(town, who)
        limit, after = asked.pop("limit", 50), asked.pop("after", None)
        rows = list_leases(town.as_(actor), actor, LeaseFilter(**asked), on=date(2026, 11, 2), after=after, limit=limit)
        return [row.ref for row in rows]

    for who in ("operator", "desk", "reviewer", "owner"):
        assert seen(who) == ["A", "B", "C"]
    assert seen("rival_owner") == seen("other_operator") == ["D"]
    assert seen("admin") == ["A", "B", "C", "D"]
    assert seen("admin", base_id=town.other_base.id) == ["D"]
    assert seen("admin", tenant_id=town.tenant.id) == ["A", "B", "C"]
    assert seen("owner", standing="in_force") == ["A"]
    assert seen("owner", standing="ended") == ["B"]
    assert seen("owner", standing="upcoming") == ["C"]
    assert seen("admin", search=town.rival.name) == ["D"]
    assert seen("admin", search="a") == ["A"]
    assert seen("admin", after="A", limit=2) == ["B", "C"]
    (row,) = list_leases(town.as_(town.owner), town.owner, LeaseFilter(search="A"), on=date(2026, 11, 2), limit=50)[:1]
    assert (row.spaces, row.base_code, row.first, row.last) == (
        ["S01"],
        town.base.code,
        date(2025, 1, 1),
        date(2027, 12, 31),
    )
    assert row.stands(date(2025, 1, 1)) == row.stands(date(2027, 12, 31)) == "in_force"
    assert (row.stands(date(2024, 12, 31)), row.stands(date(2028, 1, 1))) == ("upcoming", "ended")


def test_what_is_not_theirs_is_not_found_by_either_lock(town: Town) -> None:
    lease = make_lease(town.session, town.tenant, town.base, ref="A")
    for session in (town.as_(town.rival_owner), town.as_(SYSTEM)):
        with pytest.raises(UnknownLease):
            lease_for(session, town.rival_owner, lease.id)
        with pytest.raises(UnknownLease):
            lease_by_ref(session, town.rival_owner, "A")
    assert lease_by_ref(town.as_(town.owner), town.owner, " A ").id == lease.id
    with pytest.raises(UnknownLease):  # row-level security, past our filter
        lease_for(town.as_(town.rival_owner), SYSTEM, lease.id)

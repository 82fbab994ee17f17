"""Building a claim on the real database: the figures, what is kept, and who may."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.audit import AuditEntry
from shared_base.core.database import set_scope, violated_constraint
from shared_base.core.events import Event
from shared_base.core.periods import Month, months_between
from shared_base.subsidies import actions, queries
from shared_base.subsidies.claim_document import read_document
from shared_base.subsidies.errors import MissingReport, NotYourClaim, UnknownClaim, UnknownPolicy, UnknownTenant
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import shipped_policies
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_actor, make_lease, make_payment, make_tenant
from tests.integration.subsidies.reports import freeze, leased, report_lease, two_bases
from tests.unit.subsidies.workbook import expected_claims

AT = datetime(2026, 10, 15, 2, 0, tzinfo=UTC)
SPRING = list(months_between(Month(2026, 1), Month(2026, 3)))


def build(session: Session, tenant: Tenant, *, by: Actor = SYSTEM, **given: Any) -> Claim:
    """The claim for January to March 2026 under the Longgang policy, unless told otherwise."""
    return actions.build_claim(
        session,
        **{
            "tenant_uscc": tenant.uscc,
            "policy_id": "longgang-software-2023",
            "period": "2026-01/2026-03",
            "as_of": date(2026, 10, 15),
            "declarations": ["all"],
            "assumptions": {},
            "by": by,
            "at": AT,
            "policies": shipped_policies(),
            **given,
        },
    )


@contextmanager
def acting(session: Session, actor: Actor) -> Iterator[None]:
    """As `actor` for the database too: row-level security shows only theirs."""
    session.flush()
    session.expunge_all()
    set_scope(session, actor)
    yield
    session.expunge_all()
    set_scope(session, SYSTEM)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    yield sent
    sa.event.remove(connection, "before_cursor_execute", note)


def test_all_eighty_expected_claims_come_out_of_the_database_to_the_fen(session: Session) -> None:
    two_bases(session)
    wrong = []
    for expected in expected_claims():
        claim = actions.build_claim(
            session,
            tenant_uscc=expected["tenant"],
            policy_id=expected["policy"],
            period=expected["period"],
            as_of=date.fromisoformat(expected["as_of"]),
            declarations=[expected["declare"]],
            assumptions=expected["assume"],
            by=SYSTEM,
            at=AT,
            policies=shipped_policies(),
        )
        if claim.computed_fen != expected["computed_fen"]:
            wrong.append((expected, claim.computed_fen))
    assert wrong == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 80


def test_a_claim_is_kept_as_a_draft_with_the_exact_bytes_that_were_hashed(session: Session) -> None:
    base = make_base(session, code="SZ", division_code="440307")
    tenant = make_tenant(session, base)
    lease = leased(session, tenant, base, SPRING, monthly_rent_fen=1_500_000)
    claim = build(session, tenant)
    assert re.fullmatch(r"CL-[2-9A-HJ-NP-TW-Z]{6}", claim.code)
    assert claim.state == "draft"
    assert claim.base_ids == [base.id]
    assert claim.tenant.name == tenant.name
    assert hashlib.sha256(claim.canonical).hexdigest() == claim.digest
    document = read_document(claim.canonical, claim.digest)
    assert document["code"] == claim.code
    assert document["policy"]["id"] == "longgang-software-2023"
    assert document["tenant"] == tenant.uscc
    assert document["period"] == "2026-01/2026-03"
    assert document["as_of"] == "2026-10-15"
    assert document["computed_fen"] == claim.computed_fen == 3 * 750_000
    assert [(line["lease"], line["month"], line["due_fen"]) for line in document["lines"]] == [
        (lease.ref, "2026-01", 1_500_000),
        (lease.ref, "2026-02", 1_500_000),
        (lease.ref, "2026-03", 1_500_000),
    ]
    assert document["declarations"][0]["declared_by"] == "system"
    assert claim.names["tenant"] == tenant.name
    assert claim.names["leases"][lease.ref]["base_name"] == base.name
    assert [len(line["payments"]) for line in claim.names["evidence"]] == [1, 1, 1]
    assert {clause["clause"] for clause in claim.names["clauses"]} == {"第二条"}


def test_a_tampered_claim_is_not_read(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    leased(session, tenant, base, SPRING)
    claim = build(session, tenant)
    with pytest.raises(AssertionError, match="not what was hashed"):
        read_document(claim.canonical.replace(b'"computed_fen":', b'"computed_fen":1'), claim.digest)


def test_building_leaves_an_event_and_an_audit_entry(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    leased(session, tenant, base, SPRING)
    owner = make_actor(session, "tenant_owner", tenant=tenant)
    with acting(session, owner):
        claim = build(session, tenant, by=owner)
    event = session.scalars(sa.select(Event).where(Event.subject_id == claim.id)).one()
    assert (event.kind, event.actor_label, event.payload["code"]) == ("claim.built", owner.label, claim.code)
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_id == str(claim.id))).one()
    assert (entry.action, entry.actor_label) == ("insert", owner.label)
    assert entry.after is not None
    assert entry.after["computed_fen"] == claim.computed_fen


def test_building_the_same_claim_again_gives_another_draft_with_the_same_figures(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    leased(session, tenant, base, SPRING)
    first, second = build(session, tenant), build(session, tenant)
    assert first.code != second.code
    documents = [read_document(claim.canonical, claim.digest) for claim in (first, second)]
    for document in documents:
        del document["code"], document["digest"]
    assert documents[0] == documents[1]


def test_the_newest_revision_of_a_report_is_read_and_said(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    lease = leased(session, tenant, base, SPRING, monthly_rent_fen=1_000_000)
    before = build(session, tenant).computed_fen
    revised = freeze(session, base, Month(2026, 2), revision=2)
    report_lease(session, revised, lease, tenant, rent_due_fen=400_000)
    claim = build(session, tenant)
    assert claim.computed_fen == before - 300_000
    document = read_document(claim.canonical, claim.digest)
    assert [line["report_revision"] for line in document["lines"]] == [1, 2, 1]
    assert document["lines"][1]["report_digest"] == revised.digest
    assert [w["subject"] for w in document["warnings"] if w["code"] == "revised_report"] == [f"{base.code} 2026-02"]


def test_a_lease_moved_to_another_base_since_still_counts_where_the_frozen_report_saw_it(session: Session) -> None:
    before, now = make_base(session), make_base(session)
    tenant = make_tenant(session, [before, now])
    lease = leased(session, tenant, before, SPRING, monthly_rent_fen=100_000)
    lease.base_id = now.id
    for month in SPRING:
        freeze(session, now, month)
    for policy_id in ("longgang-software-2023", "baoan-culture-2018"):
        document = read_document(*_stored(build(session, tenant, policy_id=policy_id, as_of=date(2027, 1, 1))))
        assert {line["base"] for line in document["lines"]} == {before.code}
        assert len(document["lines"]) == 3
    assert set(build(session, tenant).base_ids) == {before.id, now.id}
    operator = make_actor(session, "operator", base=now)
    with acting(session, operator), pytest.raises(NotYourClaim, match="bases that you do not serve"):
        build(session, tenant, by=operator)


def _stored(claim: Claim) -> tuple[bytes, str]:
    return claim.canonical, claim.digest


def test_only_payments_by_the_cut_off_count_and_all_are_in_the_evidence(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    lease = leased(session, tenant, base, SPRING[:1], monthly_rent_fen=1_000_000, paid=False)
    make_payment(session, lease, month=date(2026, 1, 1), amount_fen=600_000, paid_on=date(2026, 2, 1))
    make_payment(session, lease, month=date(2026, 1, 1), amount_fen=-100_000, paid_on=date(2026, 2, 2))
    make_payment(session, lease, month=date(2026, 1, 1), amount_fen=500_000, paid_on=date(2026, 2, 3))
    claim = build(session, tenant, period="2026-01", as_of=date(2026, 2, 2))
    assert claim.computed_fen == 250_000
    assert [payment["amount_fen"] for payment in claim.names["evidence"][0]["payments"]] == [600_000, -100_000, 500_000]


def test_an_enterprise_without_a_lease_computes_to_nothing(session: Session) -> None:
    tenant = make_tenant(session, make_base(session))
    claim = build(session, tenant)
    assert claim.computed_fen == 0
    assert read_document(claim.canonical, claim.digest)["lines"] == []


def test_the_number_of_statements_does_not_grow_with_months_leases_and_bases(session: Session) -> None:
    small_base = make_base(session)
    small = make_tenant(session, small_base)
    leased(session, small, small_base, SPRING[:1])
    large = make_tenant(session)
    for base in (make_base(session), make_base(session)):
        for _ in range(3):
            leased(session, large, base, SPRING)
    counts = []
    for tenant, period in ((small, "2026-01"), (large, "2026-01/2026-03")):
        session.expire_all()
        _ = tenant.uscc
        with statements(session) as sent:
            build(session, tenant, period=period)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[1] <= 10


def test_a_missing_report_keeps_nothing(session: Session) -> None:
    base = make_base(session)
    tenant = make_tenant(session, base)
    leased(session, tenant, base, SPRING)
    make_lease(session, tenant, base, first=date(2026, 4, 1), last=date(2026, 4, 30))
    with pytest.raises(MissingReport, match=f"no frozen report of {base.code} 2026-04"):
        build(session, tenant, period="2026-01/2026-04")
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 0


def test_an_unknown_policy_and_an_unknown_enterprise_are_refused(session: Session) -> None:
    tenant = make_tenant(session)
    with pytest.raises(UnknownPolicy):
        build(session, tenant, policy_id="nanshan")
    with pytest.raises(UnknownTenant, match="91440300MA5EXAMPLE"):
        build(session, tenant, tenant_uscc="91440300MA5EXAMPLE")


def test_a_uscc_is_understood_however_it_is_typed(session: Session) -> None:
    tenant = make_tenant(session, uscc="912301024EYHTTTF2X")
    assert build(session, tenant, tenant_uscc=" ９12301024eyhtttf2x ").tenant_id == tenant.id


class TestWhoMayBuild:
    """An owner for its own enterprise, staff for those wholly in their bases, nobody for another's."""

    def test_an_owner_builds_its_own_claim_over_all_its_bases(self, session: Session) -> None:
        here, there = make_base(session), make_base(session)
        tenant = make_tenant(session, [here, there])
        leased(session, tenant, here, SPRING, monthly_rent_fen=100_000)
        leased(session, tenant, there, SPRING, monthly_rent_fen=200_000)
        owner = make_actor(session, "tenant_owner", tenant=tenant)
        with acting(session, owner):
            claim = build(session, tenant, by=owner)
        assert claim.computed_fen == 3 * 150_000
        assert set(claim.base_ids) == {here.id, there.id}

    def test_an_owner_does_not_even_find_another_enterprise(self, session: Session) -> None:
        base = make_base(session)
        mine, rival = make_tenant(session, base), make_tenant(session, base)
        leased(session, rival, base, SPRING)
        owner = make_actor(session, "tenant_owner", tenant=mine)
        with acting(session, owner), pytest.raises(UnknownTenant):
            build(session, rival, by=owner)

    def test_a_scheduler_of_the_enterprise_builds_none(self, session: Session) -> None:
        base = make_base(session)
        tenant = make_tenant(session, base)
        leased(session, tenant, base, SPRING)
        scheduler = make_actor(session, "tenant_scheduler", tenant=tenant)
        with acting(session, scheduler), pytest.raises(NotYourClaim):
            build(session, tenant, by=scheduler)

    def test_staff_builds_for_an_enterprise_that_is_only_in_their_base(self, session: Session) -> None:
        base = make_base(session)
        tenant = make_tenant(session, base)
        leased(session, tenant, base, SPRING, monthly_rent_fen=100_000)
        operator = make_actor(session, "operator", base=base)
        with acting(session, operator):
            assert build(session, tenant, by=operator).computed_fen == 3 * 50_000

    def test_staff_of_one_base_is_refused_a_claim_that_covers_another(self, session: Session) -> None:
        here, there = make_base(session), make_base(session)
        tenant = make_tenant(session, [here, there])
        leased(session, tenant, here, SPRING)
        leased(session, tenant, there, SPRING)
        operator = make_actor(session, "operator", base=here)
        with acting(session, operator), pytest.raises(NotYourClaim, match="bases that you do not serve"):
            build(session, tenant, by=operator)
        both = Actor(
            user_id=operator.user_id,
            label=operator.label,
            reach="member",
            grants=(Grant("operator", here.id), Grant("front_desk", there.id)),
            bases=frozenset({here.id, there.id}),
        )
        with acting(session, both):
            assert len(build(session, tenant, by=both).base_ids) == 2

    def test_staff_builds_the_empty_claim_of_an_enterprise_admitted_without_a_lease(self, session: Session) -> None:
        base = make_base(session)
        tenant = make_tenant(session, base)
        operator = make_actor(session, "operator", base=base)
        with acting(session, operator):
            assert build(session, tenant, by=operator).computed_fen == 0

    def test_a_reviewer_builds_none(self, session: Session) -> None:
        base = make_base(session)
        tenant = make_tenant(session, base)
        leased(session, tenant, base, SPRING)
        reviewer = make_actor(session, "reviewer", base=base)
        with acting(session, reviewer), pytest.raises(NotYourClaim):
            build(session, tenant, by=reviewer)


class TestWhoSees:
    """A claim is seen by its tenant and by staff and reviewers of its bases; others do not find it."""

    @pytest.fixture
    def claims(self, session: Session) -> dict[str, Any]:
        here, there = make_base(session), make_base(session)
        mine, rival = make_tenant(session, here), make_tenant(session, there)
        leased(session, mine, here, SPRING)
        leased(session, rival, there, SPRING)
        return {
            "here": here,
            "mine": mine,
            "my_claim": build(session, mine).code,
            "rivals_claim": build(session, rival).code,
        }

    @pytest.mark.parametrize(
        "actor_of",
        [
            lambda session, claims: make_actor(session, "tenant_owner", tenant=claims["mine"]),
            lambda session, claims: make_actor(session, "operator", base=claims["here"]),
            lambda session, claims: make_actor(session, "reviewer", base=claims["here"]),
        ],
        ids=["owner", "operator", "reviewer"],
    )
    def test_ones_own_and_no_other(
        self, session: Session, claims: dict[str, Any], actor_of: Callable[[Session, dict[str, Any]], Actor]
    ) -> None:
        actor = actor_of(session, claims)
        with acting(session, actor):
            assert [claim.code for claim in queries.claims_for(session, actor)] == [claims["my_claim"]]
            assert queries.claim_for(session, actor, code=claims["my_claim"].lower()).tenant.id == claims["mine"].id
            with pytest.raises(UnknownClaim):
                queries.claim_for(session, actor, code=claims["rivals_claim"])
            # with the application's own filter taken out, the database still shows no other
            assert session.scalars(sa.select(Claim.code)).all() == [claims["my_claim"]]

    def test_the_filter_of_the_application_holds_without_the_database(
        self, session: Session, claims: dict[str, Any]
    ) -> None:
        owner = make_actor(session, "tenant_owner", tenant=claims["mine"])
        assert [claim.code for claim in queries.claims_for(session, owner)] == [claims["my_claim"]]
        assert len(queries.claims_for(session, SYSTEM)) == 2
        assert len(queries.claims_for(session, SYSTEM, tenant_id=claims["mine"].id)) == 1


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("computed_fen", -1, "claims_computed_not_negative"),
        ("digest", "ab", "claims_digest_shape"),
        ("state", "paid", "claims_state_known"),
    ],
)
def test_the_database_refuses_a_claim_that_cannot_be(
    session: Session, column: str, value: Any, constraint: str
) -> None:
    claim = build(session, make_tenant(session))
    with pytest.raises(IntegrityError) as refusal:
        session.execute(sa.update(Claim).where(Claim.id == claim.id).values({column: value}))
    assert violated_constraint(refusal.value) == constraint


def test_two_claims_never_share_a_code(session: Session) -> None:
    tenant = make_tenant(session)
    first, second = build(session, tenant), build(session, tenant)
    with pytest.raises(IntegrityError) as refusal:
        session.execute(sa.update(Claim).where(Claim.id == first.id).values(code=second.code))
    assert violated_constraint(refusal.value) == "claims_code_unique"


def test_a_code_that_is_taken_is_passed_over(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = make_tenant(session)
    letters = iter("222222" + "222222" + "333333")
    monkeypatch.setattr(actions.secrets, "choice", lambda _: next(letters))
    assert [build(session, tenant).code, build(session, tenant).code] == ["CL-222222", "CL-333333"]

"""The pages of claims and policies: built on frozen months, explained down to payment and clause, never typed."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import shipped_policies
from tests.factories.tenancy import make_payment
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

DRAFT = "nanshan-live-draft"


@pytest.fixture
def frozen(session: Session, house: House, clock: FixedClock) -> House:
    """Two frozen months, the first paid in full, the second in half."""
    for month in (Month(2026, 8), Month(2026, 9)):
        close_month(session, base=house.base, month=month, by=SYSTEM, at=clock.now())
    make_payment(session, house.lease, month=Month(2026, 8).first, amount_fen=310_000, ref="P-AUG")
    make_payment(session, house.lease, month=Month(2026, 9).first, amount_fen=155_000, ref="P-SEP")
    session.commit()
    return house


def claim(house: House, **changes: str) -> dict[str, str]:
    return {
        "tenant": house.own.uscc,
        "period": "2026-08/2026-09",
        "as_of": "2026-10-31",
        "declarations": "live-streaming-firm",
        "assume_rate": "0.5",
        **changes,
    }


def build(client: FlaskClient, house: House, **changes: str) -> str:
    answer = client.post(f"/claims/new?policy={DRAFT}", data=claim(house, **changes))
    assert answer.status_code == 303, words(answer.text)
    return str(answer.location)


def count(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Claim)) or 0


def test_a_claim_is_built_and_opens_down_to_lease_report_payment_and_clause(owner: FlaskClient, frozen: House) -> None:
    page = owner.get(build(owner, frozen)).text
    text = words(page)
    # half of 3,100.00 and of the 1,550.00 paid
    assert "¥2,325.00" in text
    assert "P-AUG" in text
    assert "P-SEP" in text
    assert "给予每年最高70万元房租补贴" in text
    assert "rate = 0.5" in text
    assert f"/leases/{frozen.lease.id}" in page


def test_the_steps_are_words_in_the_readers_language(browser_of: Callable[..., FlaskClient], frozen: House) -> None:
    owner = browser_of("tenant_owner")
    address = build(owner, frozen)
    english = words(owner.get(address).text)
    assert "Months that count" in english
    assert "service_months" not in english
    owner.set_cookie("locale", "zh_Hans_CN")
    chinese = words(owner.get(address).text)
    assert "计入的月份" in chinese
    assert "南山区直播企业房租补贴（征求意见稿）" in chinese
    assert "Months that count" not in chinese


def test_an_operator_opens_the_frozen_report_behind_a_line_and_a_tenant_does_not(
    browser_of: Callable[..., FlaskClient], owner: FlaskClient, frozen: House
) -> None:
    address = build(owner, frozen)
    assert "/reports/" not in main_of(owner.get(address).text)
    assert "/reports/" in main_of(browser_of("operator").get(address).text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assume_rate": ""}, "required"),
        ({"assume_rate": "50"}, "is not a share"),
        ({"period": "last year"}, "is not a period"),
        ({"period": "2026-08/2026-10"}, "2026-10"),
        ({"declarations": ""}, "declare"),
        ({"as_of": "2026-02-30"}, "Not a valid date"),
    ],
)
def test_a_claim_that_cannot_be_built_is_refused_and_none_is_kept(
    owner: FlaskClient, session: Session, frozen: House, changes: dict[str, str], said: str
) -> None:
    form = {name: value for name, value in claim(frozen, **changes).items() if value}
    answer = owner.post(f"/claims/new?policy={DRAFT}", data=form)
    assert answer.status_code in (409, 422)
    assert said in words(answer.text)
    assert count(session) == 0


def test_a_tenant_claims_for_itself_alone(owner: FlaskClient, session: Session, frozen: House) -> None:
    answer = owner.post(f"/claims/new?policy={DRAFT}", data=claim(frozen, tenant=frozen.rival.uscc))
    assert answer.status_code == 422
    assert frozen.rival.name not in answer.text
    assert count(session) == 0


def test_a_rivals_claim_is_not_found_in_any_form(
    browser_of: Callable[..., FlaskClient], owner: FlaskClient, frozen: House
) -> None:
    address = build(owner, frozen)
    for role in ("rival", "elsewhere"):
        client = browser_of(role)
        for suffix in ("", ".pdf", ".xlsx", ".json"):
            assert client.get(address + suffix).status_code == 404
        assert address not in client.get("/claims/").text


def test_a_reviewer_reads_claims_and_builds_none(
    reviewer: FlaskClient, owner: FlaskClient, session: Session, frozen: House
) -> None:
    address = build(owner, frozen)
    for path in ("/claims/", address, "/policies/", f"/policies/{DRAFT}"):
        page = reviewer.get(path)
        assert page.status_code == 200
        assert "/claims/new" not in main_of(page.text)
    assert reviewer.get("/claims/new").status_code == 403
    assert reviewer.post(f"/claims/new?policy={DRAFT}", data=claim(frozen)).status_code == 403
    assert count(session) == 1


@pytest.mark.parametrize("role", ["tenant_scheduler", "front_desk"])
def test_who_has_no_part_in_claims_sees_none(browser_of: Callable[..., FlaskClient], house: House, role: str) -> None:
    assert browser_of(role).get("/claims/").status_code == 403


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "json"])
def test_a_claim_is_taken_along(owner: FlaskClient, frozen: House, kind: str) -> None:
    address = build(owner, frozen)
    answer = owner.get(f"{address}.{kind}")
    assert answer.status_code == 200
    assert f".{kind}" in answer.headers["Content-Disposition"]
    assert owner.get(f"{address}.exe").status_code == 404


def test_claims_are_searched_sorted_and_exported(owner: FlaskClient, frozen: House) -> None:
    small = build(owner, frozen, assume_rate="0.1").rsplit("/", 1)[1]
    large = build(owner, frozen, assume_rate="0.9").rsplit("/", 1)[1]
    owner.get("/claims/")  # the page that says so once
    ordered = words(owner.get("/claims/?sort=-computed").text)
    assert ordered.index(large) < ordered.index(small)
    assert small not in words(owner.get(f"/claims/?q={large}").text)
    assert "No claim matches" in words(owner.get("/claims/?policy=pingshan-2020").text)
    assert large in owner.get("/claims/?format=csv").text


def test_a_page_of_claims_asks_no_more_for_more_claims_and_lines(
    owner: FlaskClient, session: Session, connection: sa.Connection, frozen: House
) -> None:
    short = build(owner, frozen, period="2026-08")
    with queries_counted(connection) as few:
        owner.get(short)
    with queries_counted(connection) as one:
        owner.get("/claims/")
    for number in range(10):
        make_payment(session, frozen.lease, month=Month(2026, 9).first, amount_fen=100 + number)
    session.commit()
    long = build(owner, frozen)
    with queries_counted(connection) as many:
        owner.get(long)
    with queries_counted(connection) as several:
        owner.get("/claims/")
    assert len(many) == len(few), "\n".join(many)
    assert len(several) == len(one), "\n".join(several)


@pytest.mark.parametrize("policy_id", sorted(shipped_policies().by_id))
@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_policy_can_be_read_and_chosen_without_raw_values(
    browser_of: Callable[..., FlaskClient], house: House, policy_id: str, language: str
) -> None:
    client = browser_of("operator", language=language)
    for path in (f"/policies/{policy_id}", f"/claims/new?policy={policy_id}"):
        page = client.get(path)
        assert page.status_code == 200
        for raw in ("Decimal(", "up_to_m2", "yuan_per_m2", "{'", "None"):
            assert raw not in words(page.text)


def test_an_unknown_policy_is_not_found(operator: FlaskClient, house: House) -> None:
    assert operator.get("/policies/none-such").status_code == 404
    assert operator.get("/claims/new?policy=none-such").status_code == 404
    assert operator.post("/claims/new?policy=none-such").status_code == 404


def test_policies_are_listed_with_what_they_give(operator: FlaskClient, house: House) -> None:
    text = words(operator.get("/policies/").text)
    assert "¥700,000" in text
    assert "left open" in text
    assert "0–1,000 ㎡: 90%" in text
    assert "20 yuan/㎡·month" in text

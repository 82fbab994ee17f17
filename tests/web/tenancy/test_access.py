"""Who may see and do what on the pages of tenants, hosts, leases and payments."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.tenancy.models import Host, Lease, RentPayment, Tenant
from tests.web.tenancy.house import House, main_of

LISTS = ("/tenants/", "/hosts/", "/leases/", "/payments/", "/payments/arrears")
FORMS = ("/tenants/new", "/tenants/admission", "/hosts/new", "/leases/new", "/payments/new")


def pages_of(house: House) -> dict[str, str]:
    return {
        "tenant": f"/tenants/{house.own.id}",
        "host": f"/hosts/{house.host.id}",
        "lease": f"/leases/{house.lease.id}",
        "payment": f"/payments/{house.payment.id}",
    }


def deeds_of(house: House) -> list[str]:
    """Every address that changes something about what belongs to the own tenant."""
    return [
        f"/tenants/{house.own.id}/edit",
        f"/tenants/{house.own.id}/suspension",
        f"/tenants/{house.own.id}/resumption",
        f"/hosts/{house.host.id}/real-name-check",
        f"/hosts/{house.host.id}/consent",
        f"/hosts/{house.host.id}/name",
        f"/hosts/{house.host.id}/departure",
        f"/hosts/{house.host.id}/return",
        f"/leases/{house.lease.id}/edit",
        f"/leases/{house.lease.id}/end",
        f"/payments/{house.payment.id}/correction",
    ]


def stored(session: Session) -> list[tuple[object, ...]]:
    """All that these pages could change."""
    session.expire_all()
    tenants = sa.select(Tenant.id, Tenant.name, Tenant.suspended_at).order_by(Tenant.id)
    hosts = sa.select(Host.id, Host.stage_name, Host.left_at, Host.guardian_name).order_by(Host.id)
    leases = sa.select(Lease.id, Lease.term, Lease.monthly_rent_fen).order_by(Lease.id)
    payments = sa.select(RentPayment.id).order_by(RentPayment.id)
    return [tuple(row) for query in (tenants, hosts, leases, payments) for row in session.execute(query)]


@pytest.mark.parametrize("path", [*LISTS, *FORMS])
def test_a_stranger_is_led_to_signing_in(stranger: FlaskClient, house: House, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert "/sign" in answer.location


@pytest.mark.parametrize("path", [*LISTS, *FORMS])
def test_an_operator_opens_every_list_and_form(operator: FlaskClient, path: str) -> None:
    assert operator.get(path).status_code == 200


@pytest.mark.parametrize("kind", ["tenant", "host", "lease", "payment"])
def test_the_staff_and_the_tenant_itself_open_its_page(
    browser_of: Callable[..., FlaskClient], house: House, kind: str
) -> None:
    for role in ("operator", "front_desk", "tenant_owner", "tenant_scheduler", "admin"):
        assert browser_of(role).get(pages_of(house)[kind]).status_code == 200, role


@pytest.mark.parametrize("kind", ["tenant", "host", "lease", "payment"])
@pytest.mark.parametrize("role", ["rival", "elsewhere"])
def test_another_tenant_and_another_bases_staff_find_nothing(
    browser_of: Callable[..., FlaskClient], house: House, kind: str, role: str
) -> None:
    assert browser_of(role).get(pages_of(house)[kind]).status_code == 404


@pytest.mark.parametrize("role", ["rival", "elsewhere"])
def test_nobody_else_changes_what_is_the_tenants(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, role: str
) -> None:
    client, before = browser_of(role), stored(session)
    form = {
        "name": "x",
        "stage_name": "x",
        "reason": "x",
        "guardian_name": "x",
        "last": "2026-11-30",
        "amount_fen": "1",
    }
    for deed in deeds_of(house):
        assert client.post(deed, data=form).status_code in (403, 404), deed
    assert stored(session) == before


@pytest.mark.parametrize("role", ["tenant_owner", "tenant_scheduler"])
def test_a_tenant_changes_nothing_that_is_the_bases(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, role: str
) -> None:
    client, before = browser_of(role), stored(session)
    of_the_base = [deed for deed in deeds_of(house) if not deed.endswith(("/name", "/departure", "/return"))]
    for deed in (*of_the_base, "/tenants/new", "/tenants/admission", "/leases/new", "/payments/new"):
        assert client.post(deed, data={"reason": "x", "name": "x"}).status_code == 403, deed
    assert stored(session) == before


def test_a_reviewer_reads_leases_payments_and_the_tenant_and_is_offered_no_deed(
    reviewer: FlaskClient, house: House
) -> None:
    for path in (
        "/leases/",
        "/payments/",
        "/payments/arrears",
        *(pages_of(house)[k] for k in ("tenant", "lease", "payment")),
    ):
        answer = reviewer.get(path)
        assert answer.status_code == 200, path
        assert 'method="post"' not in main_of(answer.text), path
        assert "/new" not in main_of(answer.text), path
        assert "/edit" not in main_of(answer.text), path


def test_a_reviewer_writes_nothing(reviewer: FlaskClient, session: Session, house: House) -> None:
    before = stored(session)
    for deed in (*deeds_of(house), "/tenants/new", "/hosts/new", "/leases/new", "/payments/new"):
        assert reviewer.post(deed, data={"reason": "x"}).status_code == 403, deed
    assert stored(session) == before


@pytest.mark.parametrize("path", ["/tenants/", "/tenants/new", "/leases/new", "/payments/new"])
def test_what_is_the_staffs_is_not_the_tenants(owner: FlaskClient, path: str) -> None:
    assert owner.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/leases/", "/payments/", "/payments/arrears", "/hosts/"])
def test_a_tenants_lists_and_exports_hold_its_own_rows_only(owner: FlaskClient, house: House, path: str) -> None:
    for address in (path, f"{path}?format=csv"):
        text = owner.get(address).text
        for foreign in ("L-RIVAL", "P-RIVAL", "阿北", "北岸文化"):
            assert foreign not in text, address


def test_a_foreign_id_in_a_filter_shows_nothing_of_it(owner: FlaskClient, house: House) -> None:
    assert "L-RIVAL" not in owner.get(f"/leases/?tenant={house.rival.id}").text
    assert "P-RIVAL" not in owner.get(f"/payments/?tenant={house.rival.id}").text
    assert owner.get(f"/payments/?lease={house.rival_lease.id}").status_code == 404


def test_a_tenant_cannot_enrol_a_host_for_another(owner: FlaskClient, session: Session, house: House) -> None:
    before = stored(session)
    form = {"tenant": str(house.rival.id), "stage_name": "x", "real_name": "x", "id_number": "11010519491231002X"}
    assert owner.post("/hosts/new", data=form).status_code == 422
    assert stored(session) == before
